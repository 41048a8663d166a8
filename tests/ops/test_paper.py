"""The paper's configuration: made once, changed later, and never half."""

from __future__ import annotations

import json

import msgspec
import pytest

from infra.ops.paper import read_paper, set_paper
from shared.domain.articles import Article, texts_of
from shared.domain.paper import PAPER_KEY, Paper
from shared.domain.refusals import DocumentChanged, InvalidPaper
from shared.domain.text import is_tidy, unbalanced_tag
from tests.ops.upkeep_case import ESSAY, NEWS, NOW, PAPER, SITE, PaperCase
from tests.samples import SAMPLE
from tests.steps import EDITION, Steps

FIRST = {"name": "The Paper", "description": "Of the river."}


def nameless() -> PaperCase:
    case = PaperCase(NEWS, ESSAY)
    case.documents.delete((PAPER_KEY,))
    case.purge.asked.clear()
    return case


def given(case: PaperCase, **values: str) -> tuple[Paper, bool]:
    return set_paper(case.documents, case.purge, values, SITE, NOW)


def test_the_first_time_it_gets_an_id_and_the_stack_s_address() -> None:
    case = nameless()

    made, changed = given(case, **FIRST)

    assert changed
    assert (made.name, made.language, made.url) == ("The Paper", "en", SITE)
    assert read_paper(case.documents)[0] == made
    assert given(nameless(), **FIRST)[0].id != made.id
    assert case.examine().findings == ()


def test_a_change_keeps_what_is_not_given_and_the_id_for_good() -> None:
    case = PaperCase()

    changed, _ = given(case, language="de-AT")

    assert changed == Paper(1, PAPER.id, PAPER.name, PAPER.description, "de-AT", SITE)


def test_everything_made_of_it_is_purged_also_when_nothing_changed() -> None:
    case = nameless()
    given(case, **FIRST)

    _, changed = given(case, **FIRST)

    assert not changed
    (tags,) = case.purge.asked.values()  # asked twice for the same moment: the same purge
    assert set(tags) == {
        *("list-latest", "list-sections", "list-authors", "list-section-city", "list-section-life"),
        *("list-author-ada-moor", "list-tag-river", "list-tag-boats"),
    }


@pytest.mark.parametrize("articles", [(NEWS, ESSAY), ()], ids=["articles", "nothing published"])
def test_a_new_edition_is_out_behind_the_paper_and_before_the_purge(articles: tuple[Article, ...]) -> None:
    case = PaperCase(*articles)
    steps = Steps(case.documents, case.purge)

    given(case, name="Another")

    assert steps.taken == [PAPER_KEY, EDITION, "purge"]


def test_somebody_who_brings_out_an_edition_meanwhile_is_no_fault() -> None:
    case = nameless()
    Steps(case.documents, case.purge).happens[EDITION] = lambda: case.documents.raw.update({EDITION: b"{}"})

    given(case, **FIRST)

    assert case.purge.asked


@pytest.mark.parametrize("missing", ["name", "description"])
def test_the_first_time_it_needs_a_name_and_a_description(missing: str) -> None:
    case = nameless()

    with pytest.raises(InvalidPaper, match=f"give --{missing} too"):
        given(case, **{name: value for name, value in FIRST.items() if name != missing})

    assert PAPER_KEY not in case.documents.raw


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("name", "", "a line of text"),
        ("name", "x" * 501, "500 characters"),
        ("description", "", "5,000 characters"),
        ("language", "English", "such as `en`"),
        ("url", "https://paper.example/", "no slash"),
        ("url", "paper.example", "https://paper.example"),
        ("url", "https://Paper.example", "lower case"),
    ],
)
def test_a_value_that_cannot_be_gets_a_sentence_and_changes_nothing(option: str, value: str, words: str) -> None:
    case = PaperCase()
    before = dict(case.documents.raw)

    with pytest.raises(InvalidPaper) as caught:
        given(case, **{option: value})

    assert caught.value.detail.startswith(f"{option} cannot be “{value}”")
    assert words in caught.value.detail
    assert case.documents.raw == before


def test_one_that_cannot_be_read_is_made_anew() -> None:
    case = PaperCase()
    case.put(PAPER_KEY, b"{")

    given(case, **FIRST)

    assert case.examine().findings == ()


def test_of_two_who_change_it_at_once_one_is_told() -> None:
    case = PaperCase()

    def overtake(step: str, key: str) -> None:
        if (step, key) == ("write", PAPER_KEY):
            case.documents.raw[PAPER_KEY] = msgspec.json.encode(PAPER) + b" "

    case.documents.before = overtake  # type: ignore[method-assign]

    with pytest.raises(DocumentChanged):
        given(case, name="Other")


def test_the_sample_paper_can_be_and_names_what_there_is() -> None:
    sample = msgspec.convert({**json.loads((SAMPLE / "paper.json").read_text()), "url": SITE}, Paper)
    articles = [json.loads(path.read_text()) for path in (SAMPLE / "articles").glob("*.json")]

    assert sample.name == "The Sounding"
    assert set(sample.sections) == {article["section"]["slug"] for article in articles}
    assert {*sample.front} <= {article["slug"] for article in articles}
    assert all(is_tidy(html) and unbalanced_tag(html) is None for html in texts_of(sample.process))

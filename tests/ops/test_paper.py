"""The paper's configuration: made once, changed later, and never half."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from infra.ops.paper import error_page, read_paper, set_paper, whole
from shared.domain.articles import Article, texts_of
from shared.domain.paper import PAPER_KEY, Paper
from shared.domain.refusals import DocumentChanged, InvalidPaper
from shared.domain.text import is_tidy, unbalanced_tag
from shared.mail_texts import MAIL_TEXTS
from tests.ops.upkeep_case import ESSAY, NEWS, NOW, PAPER, SITE, PaperCase
from tests.samples import SAMPLE
from tests.steps import EDITION, Steps

ROOT = Path(__file__).parents[2]
FIRST = {"name": "The Paper", "description": "Of the river."}


def nameless() -> PaperCase:
    case = PaperCase(NEWS, ESSAY)
    case.documents.delete((PAPER_KEY,))
    case.purge.asked.clear()
    return case


def given(case: PaperCase, **values: Any) -> tuple[Paper, bool]:
    return set_paper(case.documents, case.purge, values, SITE, NOW)


def test_the_first_time_it_gets_an_id_and_the_stack_s_address() -> None:
    case = nameless()

    made, changed = given(case, **FIRST)

    assert changed
    assert (made.name, made.language, made.url) == ("The Paper", "en", SITE)
    assert read_paper(case.documents)[0] == made
    assert given(nameless(), **FIRST)[0].id != made.id
    assert case.examine().findings == ()


def test_the_words_of_mails_can_be_the_paper_s_own_too() -> None:
    texts = {name: f"{text}!" for name, text in MAIL_TEXTS.items()}

    assert given(PaperCase(), texts=texts)[0].texts == texts


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

    assert caught.value.detail.startswith(f"{option}: ")
    assert words in caught.value.detail
    assert case.documents.raw == before


def test_the_id_stays_whatever_is_given_and_comes_along_to_where_there_is_none() -> None:
    other = "11111111-8c1f-4d5e-9a57-3b1d1c0f6a11"

    assert given(PaperCase(), id=other, name="Other")[0].id == PAPER.id
    assert given(nameless(), id=other, **FIRST)[0].id == other


def test_what_is_not_given_is_not_asked_about() -> None:
    case = PaperCase()
    case.put(PAPER_KEY, msgspec.json.encode(replace(PAPER, icon="/media/member/icon.png")))

    assert given(case, url="https://new.example")[0].url == "https://new.example"
    with pytest.raises(InvalidPaper) as caught:
        given(case, icon="/media/member/icon.png", texts={"nobody_knows": "it"})
    assert len(caught.value.problems) == 2


def test_all_of_it_can_be_shown_changed_and_set_again() -> None:
    case = PaperCase()
    full = given(case, **json.loads((SAMPLE / "paper.json").read_text()))[0]
    shown = json.loads(json.dumps(whole(full)))

    assert list(shown) == [field.encode_name for field in msgspec.structs.fields(Paper)]
    assert shown["dark"]["ink"] == full.dark.ink  # a default, too, is there to be changed
    assert shown["tiers"]["member"] == {"one": "member", "many": "members"}
    assert given(case, **shown) == (full, False)


def test_operations_md_has_every_field() -> None:
    said = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    table = said.partition("## How the paper looks and what it says")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]

    assert re.findall(r"`(\w+)`", " ".join(rows)) == [field.encode_name for field in msgspec.structs.fields(Paper)]


def test_what_is_null_is_taken_out() -> None:
    case = PaperCase()
    given(case, giving={"offers": [{"currency": "EUR", "amounts": [500]}]})

    assert given(case, giving=None)[0] == PAPER


def test_the_error_page_says_the_paper_s_own_words_and_is_whole_in_itself() -> None:
    texts = {"unavailable_title": "Gerade nicht", "unavailable": "In einer Minute & noch einmal."}
    paper = replace(PAPER, name="Ufer <& $name>", language="de-AT", texts=texts)

    page = error_page(paper).decode()

    assert '<html lang="de-AT">' in page
    assert "<h1>Gerade nicht</h1>" in page
    assert "Minute &amp; noch einmal." in page
    assert '<a href="/">Ufer &lt;&amp; $name&gt;</a>' in page
    assert not any(part in page for part in ("<style", "<script", "style=", " src=", "<link"))


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

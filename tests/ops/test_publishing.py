"""Publishing from files: all or nothing at the check, two editors at once, and runs that are cut off and completed."""

from __future__ import annotations

import datetime as dt
import json
import signal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from infra.ops import publishing
from infra.ops.files import at_moment, check_files, check_moments
from infra.ops.publishing import Written
from shared.domain.articles import Article, Renamed, Stored, Unpublished
from shared.domain.refusals import ArticleChanged, ContentUnavailable, InvalidArticle, Refusal, SlugTaken
from tests.ops.twin_stack import TwinStack
from tests.samples import NIGHT_FERRY, raw_article
from tests.twins import MemoryArticles

NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=1)
SLUG = NIGHT_FERRY.slug
SECOND = replace(NIGHT_FERRY, title="Second")


def put(stack: TwinStack, *articles: Article, seen: dict[str, str] | None = None) -> list[str]:
    """Publish without asking anybody; what was done to each."""
    changes, refusals = publishing.compare(articles, stack.shelf, seen, NOW)
    assert not refusals
    done: list[Written] = []
    publishing.write(changes, stack.shelf, stack.kept_documents, done.append)
    return [one.what for one in sorted(done, key=lambda one: one.slug)]


def no_to(article: Article, shelf: MemoryArticles, seen: dict[str, str] | None) -> Refusal:
    changes, refusals = publishing.compare([article], shelf, seen, NOW)
    assert not changes
    return refusals[0]


def many(count: int) -> list[Article]:
    return [replace(NIGHT_FERRY, slug=f"piece-{i:04}", id=f"a-{i}") for i in range(count)]


def files(folder: Path, **documents: Any) -> list[Path]:
    for name, document in documents.items():
        (folder / f"{name}.json").write_text(document if isinstance(document, str) else json.dumps(document))
    return [folder / f"{name}.json" for name in documents]


# The check ----------------------------------------------------------------------------------------------------------


def test_every_problem_of_every_file_is_told_with_its_file(tmp_path: Path) -> None:
    paths = files(
        tmp_path,
        good=raw_article(),
        odd=raw_article(slug="No", title=1),
        not_json="{",
        twin=raw_article(id="a-3"),
    )

    articles, problems = check_files([*paths, tmp_path / "missing.json", tmp_path], NOW)

    assert {problem.path.stem for problem in problems} == {"odd", "not_json", "twin", "missing", tmp_path.stem}
    assert [problem.words for problem in problems if problem.path.stem == "odd"][1].startswith("title:")
    assert "good" in {path.stem for path, _ in articles}


@pytest.mark.parametrize(
    ("ahead", "is_ahead", "cure"),
    [
        (dt.timedelta(hours=1), False, "frontline schedule"),
        (dt.timedelta(minutes=1), False, None),  # clocks differ
        (dt.timedelta(0), False, None),
        (dt.timedelta(minutes=1), True, None),
        (dt.timedelta(0), True, "frontline publish"),
        (dt.timedelta(days=-9), True, "frontline publish"),
    ],
)
def test_what_is_yet_to_come_is_scheduled_and_what_is_past_is_published(
    ahead: dt.timedelta, is_ahead: bool, cure: str | None
) -> None:
    article = replace(NIGHT_FERRY, published_at=NOW + ahead)

    problems = check_moments([(Path("x.json"), article)], NOW, is_ahead=is_ahead)

    assert [cure in one.words for one in problems if cure] == ([True] if cure else [])
    assert len(problems) == bool(cure)


def test_another_time_of_publication_must_fit_the_rest() -> None:
    corrected = replace(NIGHT_FERRY, updated_at=NOW)

    articles, problems = at_moment([(Path("a"), NIGHT_FERRY), (Path("b"), corrected)], LATER)

    assert articles == [(Path("a"), replace(NIGHT_FERRY, published_at=LATER))]
    assert [(one.path, "take it out" in one.words) for one in problems] == [(Path("b"), True)]


# What is there ------------------------------------------------------------------------------------------------------


def test_an_article_is_new_then_unchanged_then_changed() -> None:
    stack = TwinStack()

    assert put(stack, NIGHT_FERRY) == ["new"]
    assert put(stack, NIGHT_FERRY) == ["unchanged"]
    assert put(stack, SECOND) == ["changed"]
    assert stack.shelf.read(SLUG) == SECOND
    assert stack.shelf.writes == [SLUG, SLUG]


def test_what_nobody_followed_up_is_written_once_more() -> None:
    stack = TwinStack()
    stack.shelf.stopped = True
    put(stack, NIGHT_FERRY)
    stack.shelf.stopped = False

    assert put(stack, NIGHT_FERRY) == ["resumed"]
    assert put(stack, NIGHT_FERRY) == ["unchanged"]


@pytest.mark.parametrize("there", [b"{", b'{"status":"gold"}'])
def test_publishing_mends_what_is_not_an_article(there: bytes) -> None:
    stack = TwinStack()
    stack.shelf.spoil(SLUG, there)

    assert put(stack, NIGHT_FERRY, seen={}) == ["changed"]


def test_a_withdrawn_article_can_be_published_again() -> None:
    stack = TwinStack()
    stack.shelf.write(Unpublished(1, SLUG, NOW), None)

    assert put(stack, NIGHT_FERRY, seen={}) == ["changed"]


def test_another_article_s_slug_is_taken_whoever_asks() -> None:
    shelf = MemoryArticles(replace(NIGHT_FERRY, id="a-7"))

    for no in (no_to(NIGHT_FERRY, shelf, None), no_to(NIGHT_FERRY, shelf, {})):
        assert (type(no), "a-7" in no.detail) == (SlugTaken, True)


def test_a_file_that_still_has_the_old_slug_does_not_undo_the_renaming() -> None:
    shelf = MemoryArticles(Renamed(1, SLUG, "day-ferry"))

    no = no_to(NIGHT_FERRY, shelf, {})

    assert (type(no), "`slug: day-ferry`" in no.detail) == (SlugTaken, True)
    assert publishing.compare([NIGHT_FERRY], shelf, None, NOW)[1] == []


def test_an_article_that_is_out_is_not_scheduled_away() -> None:
    shelf = MemoryArticles(NIGHT_FERRY)

    no = no_to(replace(NIGHT_FERRY, published_at=LATER), shelf, None)

    assert (type(no), "frontline unpublish night-ferry" in no.detail) == (InvalidArticle, True)


# Two editors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now_there", "told"),
    [
        (replace(NIGHT_FERRY, title="Theirs"), "title “Theirs”, published 2026-11-01 08:00"),
        (replace(NIGHT_FERRY, title="Theirs", updated_at=NOW), "updated 2026-11-23 00:00"),
        (Unpublished(1, SLUG, NOW), "withdrawn 2026-11-23"),
        (None, "deleted"),
    ],
)
def test_what_somebody_else_has_changed_is_not_overwritten(now_there: Stored | None, told: str) -> None:
    shelf = MemoryArticles()
    seen = {SLUG: shelf.write(NIGHT_FERRY, None)}
    if now_there is None:
        shelf.delete(SLUG, seen[SLUG])
    else:
        shelf.write(now_there, seen[SLUG])

    no = no_to(SECOND, shelf, seen)

    assert (type(no), no.code) == (ArticleChanged, "article_changed")
    assert told in no.detail
    assert all(cure in no.detail for cure in ("frontline history night-ferry", "frontline fetch night-ferry", "--over"))


def test_who_saw_the_present_version_or_has_the_same_text_or_saw_none_goes_on() -> None:
    shelf = MemoryArticles()
    first = shelf.write(NIGHT_FERRY, None)
    present = shelf.write(SECOND, first)

    def what(article: Article, seen: dict[str, str] | None) -> str:
        changes, refusals = publishing.compare([article], shelf, seen, NOW)
        assert not refusals
        return changes[0].what

    third = replace(NIGHT_FERRY, title="Third")
    assert what(third, {SLUG: present}) == "changed"
    assert what(SECOND, {SLUG: first}) == "unchanged"
    assert what(third, {}) == "changed"
    assert what(third, None) == "changed"  # --over


def test_every_no_is_told_at_once_and_nothing_is_written() -> None:
    shelf = MemoryArticles()
    seen = dict.fromkeys(("piece-0001", "piece-0003"), "older")
    for article in many(5):
        shelf.write(article, None)

    changes, refusals = publishing.compare([replace(one, title="X") for one in many(5)], shelf, seen, NOW)

    assert len(changes) == 3
    assert ["piece-0001" in refusals[0].detail, "piece-0003" in refusals[1].detail] == [True, True]


def test_whoever_is_faster_between_look_and_write_wins_and_the_other_hears_of_it() -> None:
    stack = TwinStack()
    put(stack, NIGHT_FERRY)
    changes, _ = publishing.compare([SECOND], stack.shelf, None, NOW)
    put(stack, replace(NIGHT_FERRY, title="Theirs"))

    with pytest.raises(ArticleChanged):
        publishing.write(changes, stack.shelf, stack.kept_documents, lambda _: None)
    assert stack.shelf.read(SLUG) == replace(NIGHT_FERRY, title="Theirs")


# Many, and cut off --------------------------------------------------------------------------------------------------


def test_a_thousand_articles_cost_a_read_and_a_write_each() -> None:
    stack = TwinStack()
    stack.shelf.stopped = True

    assert put(stack, *many(1_000)) == ["new"] * 1_000
    assert (stack.shelf.reads, len(stack.shelf.writes)) == (1_000, 1_000)


def test_ctrl_c_stops_between_articles_and_the_same_again_completes() -> None:
    stack = TwinStack()
    changes, _ = publishing.compare(many(1_000), stack.shelf, {}, NOW)
    done: set[str] = set()

    def interrupt(slug: str) -> None:
        if slug == "piece-0100":
            signal.raise_signal(signal.SIGINT)  # what the terminal does on Ctrl-C

    stack.shelf.before = interrupt  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        publishing.write(changes, stack.shelf, stack.kept_documents, lambda one: done.add(one.slug))

    assert 100 <= len(done) < 1_000
    assert done == set(stack.shelf.writes)  # what is written is told, and what is told is written
    stack.shelf.before = lambda slug: None  # type: ignore[method-assign]
    whats = put(stack, *many(1_000), seen={})
    assert (whats.count("unchanged"), whats.count("new")) == (len(done), 1_000 - len(done))


def test_when_one_fails_the_others_that_were_written_are_told() -> None:
    stack = TwinStack()
    changes, _ = publishing.compare(many(50), stack.shelf, {}, NOW)
    stack.shelf.write(replace(NIGHT_FERRY, slug="piece-0020", id="a-20", title="Theirs"), None)
    stack.shelf.writes.clear()
    done: list[str] = []

    with pytest.raises(ArticleChanged):
        publishing.write(changes, stack.shelf, stack.kept_documents, lambda one: done.append(one.slug))

    assert sorted(set(done)) == sorted(stack.shelf.writes)
    assert "piece-0020" not in done


def test_publishing_all_at_once_raises_the_first_no_and_an_outage() -> None:
    stack = TwinStack()
    assert publishing.publish([NIGHT_FERRY], stack.shelf, stack.kept_documents) == {
        SLUG: stack.shelf.read_version(SLUG)[1]  # type: ignore[index]
    }
    with pytest.raises(SlugTaken):
        publishing.publish([replace(NIGHT_FERRY, id="a-9")], stack.shelf, stack.kept_documents)
    stack.shelf.broken = True
    with pytest.raises(ContentUnavailable):
        publishing.publish([NIGHT_FERRY], stack.shelf, stack.kept_documents)

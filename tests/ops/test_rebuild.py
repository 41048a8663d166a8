"""Making everything anew: nothing changes for readers, whatever others do meanwhile, and wherever it ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import nullcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.publishing.catch_up import catch_up
from infra.ops.rebuild import TAGS_AT_ONCE, purge_lists, rebuild
from infra.ops.survey import list_files, silently
from shared.domain.articles import Article, Author, Renamed, Section, Unpublished
from shared.domain.list_parts import directory_key, index_key
from shared.domain.refusals import ContentUnavailable
from tests.ops.upkeep_case import ESSAY, NEWS, NOW, PROFILE, SOON, PaperCase, article
from tests.steps import Steps
from tests.twins import MemoryDocuments, MemoryPurge

SLUGS = ("one", "two", "three", "four")
Step = Callable[[PaperCase], None]


class CutOff(Exception):
    """The laptop's lid was closed."""


def cut_off() -> None:
    raise CutOff


def paper() -> PaperCase:
    return PaperCase(NEWS, ESSAY, PROFILE, SOON)


def run(case: PaperCase) -> tuple[str, ...]:
    """What was caught up with."""
    return rebuild(case.doors, case.clock, silently).followed


def publishing(slug: str, section: str, author: str, tags: tuple[str, ...], hours: int) -> Step:
    piece = article(
        slug,
        section=Section(section, f"{section} as {slug} calls it"),
        author=Author(author, f"{author} as in {slug}", "person", "Writes."),
        tags=tags,
        published_at=NOW - dt.timedelta(hours=hours),
    )
    return lambda case: case.publish(piece)


slugs = st.sampled_from(SLUGS)
names = st.sampled_from(["city", "life"])
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(publishing, slugs, names, names, st.lists(names, max_size=2).map(tuple), st.integers(-40, 40)),
    slugs.map(lambda slug: lambda case: case.withdraw(slug)),
    slugs.map(lambda slug: lambda case: case.publish(Renamed(1, slug, f"{slug}-now"))),
    slugs.map(lambda slug: lambda case: (case.delete(slug), case.catch_up(slug))[1]),
)


@given(st.lists(steps, max_size=12))
def test_after_whatever_was_published_all_is_well_and_a_rebuild_changes_nothing(history: list[Step]) -> None:
    case = PaperCase()
    for step in history:
        step(case)
    assert [str(finding) for finding in case.examine().findings] == []
    before, sent = case.shown(), list(case.announcements.sent)

    run(case)

    assert case.shown() == before == case.as_built_freshly()
    assert case.announcements.sent == sent
    assert [str(finding) for finding in case.examine().findings] == []


@settings(max_examples=25)
@given(st.lists(steps, max_size=6), st.lists(st.tuples(st.integers(0, 90), steps), max_size=4))
def test_whatever_is_published_during_a_rebuild_is_not_lost(
    history: list[Step], meanwhile: list[tuple[int, Step]]
) -> None:
    case = PaperCase()
    for step in history:
        step(case)
    waiting = dict(meanwhile)
    count = 0

    def intervene(step: str, key: str) -> None:
        nonlocal count
        count += 1
        if (now := waiting.pop(count, None)) is not None:
            now(case)

    case.documents.before = intervene  # type: ignore[method-assign]
    run(case)
    left = list(waiting.values())
    waiting.clear()  # or they would come a second time, in the midst of what is looked at below
    for step in left:
        step(case)

    assert case.shown() == case.as_built_freshly()
    assert [str(finding) for finding in case.examine().findings] == []


def test_a_rebuild_that_is_cut_off_anywhere_loses_nothing_and_is_completed_by_the_next() -> None:
    for at in range(1, 200):
        case = paper()
        before = case.shown()
        steps = iter(range(1, at + 1))

        def cut(step: str, key: str, steps: object = steps) -> None:
            if next(steps, None) is None:  # type: ignore[call-overload]
                raise CutOff

        case.documents.before = cut  # type: ignore[method-assign]
        try:
            run(case)
        except CutOff:
            is_cut = True
        else:
            is_cut = False
        del case.documents.before
        assert case.shown() == before
        run(case)
        assert case.shown() == before
        assert case.examine().findings == ()
        if not is_cut:
            return
    pytest.fail("it never came to its end")


def test_a_publication_that_overtakes_the_writing_of_a_list_wins() -> None:
    case = paper()
    armed = [True]

    def publish(step: str, key: str) -> None:
        if armed and (step, key) == ("write", index_key("latest")):
            armed.clear()
            case.publish(article("other"))
            case.withdraw("essay")

    case.documents.before = publish  # type: ignore[method-assign]
    run(case)

    assert not armed
    assert case.shown() == case.as_built_freshly()
    assert any(place.endswith("/other") for place, _ in case.shown()["latest"])


def test_an_article_enters_a_list_while_that_is_being_forgotten() -> None:
    case = paper()
    case.withdraw("essay")
    assert "tag/boats" in list_files(case.documents)
    armed = [True]

    def publish(step: str, key: str) -> None:
        if armed and (step, key) == ("delete", index_key("tag/boats")):
            armed.clear()
            case.publish(ESSAY)

    case.documents.before = publish  # type: ignore[method-assign]
    followed = run(case)

    assert followed == ("essay",)
    assert case.shown() == case.as_built_freshly()
    assert [place for place, _ in case.shown()["tag/boats"]] == ["2026-11-01T08:00:00.000000Z/essay"]


def test_an_article_that_comes_due_during_a_rebuild_is_not_lost() -> None:
    case = paper()
    armed = [True]

    def come_due(step: str, key: str) -> None:
        if armed and (step, key) == ("write", index_key("latest")):
            armed.clear()
            case.now = SOON.published_at
            case.catch_up("soon")

    case.documents.before = come_due  # type: ignore[method-assign]
    run(case)

    assert any(place.endswith("/soon") for place, _ in case.shown()["latest"])
    assert case.shown() == case.as_built_freshly()


def test_a_change_whose_event_is_late_is_caught_up_with() -> None:
    case = paper()
    armed = [True]

    def change(step: str, key: str) -> None:
        if armed and (step, key) == ("write", directory_key("authors")):
            armed.clear()
            case.write(replace(NEWS, title="Changed"))

    case.documents.before = change  # type: ignore[method-assign]

    assert run(case) == ("news",)
    assert b"Changed" in case.shown()["latest"][0][1]


def test_lists_that_no_article_is_in_are_gone() -> None:
    case = paper()
    case.withdraw("essay")

    done = rebuild(case.doors, case.clock, silently)

    assert done.gone == ("section/life", "tag/boats")
    assert not [key for key in case.documents.raw if key.startswith(("lists/section/life/", "lists/tag/boats/"))]


def test_everything_comes_back_from_the_articles_alone() -> None:
    case = paper()
    before = case.shown()
    case.documents.delete(tuple(key for key in case.documents.raw if key.startswith(("lists/", "placements/"))))

    run(case)

    assert case.shown() == before
    assert case.examine().findings == ()
    assert case.announcements.sent == [("a-news", "news")]


def test_what_nobody_can_read_is_made_anew() -> None:
    case = paper()
    before = case.shown()
    for key in [key for key in case.documents.raw if key.startswith(("lists/", "placements/"))]:
        case.put(key, b"{")

    run(case)

    assert case.shown() == before
    assert case.examine().findings == ()
    assert case.announcements.sent == [("a-news", "news")]


@pytest.mark.parametrize(
    ("published_at", "is_told", "is_announced"),
    [
        (NOW - dt.timedelta(hours=1), False, False),
        (NOW - dt.timedelta(hours=1), True, True),
        (NOW - dt.timedelta(days=3), False, True),
    ],
)
def test_a_rebuild_announces_nothing_and_says_what_has_not_been(
    published_at: dt.datetime, is_told: bool, is_announced: bool
) -> None:
    case = PaperCase()
    case.write(article("piece", published_at=published_at))
    if is_told:
        case.put("announced/a-piece.json", b"{}")

    done = rebuild(case.doors, case.clock, silently)

    assert case.announcements.sent == []
    assert case.placement("piece").is_announced is is_announced
    assert done.unannounced == (() if is_announced else ("piece",))
    case.catch_up("piece")
    assert len(case.announcements.sent) == (not is_announced)


def test_a_schedule_that_was_never_set_is_set() -> None:
    case = PaperCase()
    case.write(SOON)

    run(case)

    assert case.schedules.at == {"soon": SOON.published_at}
    assert case.examine().findings == ()


@pytest.mark.parametrize("cut_at", [None, index_key("tag/river"), directory_key("sections"), directory_key("authors")])
def test_a_new_edition_is_out_behind_all_lists_and_before_their_purge(cut_at: str | None) -> None:
    case = paper()
    case.delete("essay")  # so that lists are forgotten too
    case.put_placement("news", due=NOW)  # and an article is caught up with
    steps = Steps(case.documents, case.purge)
    if cut_at is not None:
        steps.happens[cut_at] = cut_off

    with nullcontext() if cut_at is None else pytest.raises(CutOff):
        run(case)

    assert not steps.happens
    steps.hold_an_edition_before_each_purge()


def test_all_lists_are_purged_also_when_it_is_cut_off() -> None:
    case = paper()
    case.purge.asked.clear()
    Steps(case.documents, case.purge).happens[directory_key("authors")] = cut_off

    with pytest.raises(CutOff):
        run(case)

    tags = {tag for tags in case.purge.asked.values() for tag in tags}
    assert tags == {
        *("list-latest", "list-sections", "list-authors", "list-section-city", "list-section-life"),
        *("list-author-ada-moor", "list-author-bo-lind", "list-tag-river", "list-tag-boats"),
    }


def test_where_no_edition_can_be_brought_out_nothing_is_purged_and_it_says_what_to_do() -> None:
    purge, documents = MemoryPurge(), MemoryDocuments()
    documents.write(directory_key("authors"), b"{", None)

    with pytest.raises(ContentUnavailable, match="frontline doctor --repair"):
        purge_lists(documents, purge, ["latest"], NOW)

    assert not purge.asked


def test_many_tags_are_purged_in_requests_that_cloudfront_takes() -> None:
    purge = MemoryPurge()

    purge_lists(MemoryDocuments(), purge, [f"tag/t{number}" for number in range(2 * TAGS_AT_ONCE)], NOW)

    assert [len(tags) for tags in purge.asked.values()] == [TAGS_AT_ONCE, TAGS_AT_ONCE, 2]


def test_it_gives_up_with_a_sentence_where_a_list_never_stands_still() -> None:
    case = paper()
    count = iter(range(10_000))
    inside: list[bool] = []

    def change(step: str, key: str) -> None:
        if not inside and (step, key) == ("write", index_key("latest")):
            inside.append(True)
            case.publish(article(f"other-{next(count)}"))
            inside.clear()

    case.documents.before = change  # type: ignore[method-assign]

    with pytest.raises(ContentUnavailable, match=r"change latest.* faster than it can be written"):
        run(case)


def test_somebody_slow_leaves_nothing_old_behind() -> None:
    """Publishing reads an article, and before it writes a list somebody else does all of it for a newer version."""
    case = paper()
    newer: Article = replace(NEWS, title="Newer")
    armed = [True]

    def overtake(step: str, key: str) -> None:
        if armed and (step, key) == ("write", index_key("latest")):
            armed.clear()
            case.write(newer)
            catch_up(["news"], case.doors, NOW.timestamp())

    case.write(replace(NEWS, title="Older"))
    case.documents.before = overtake  # type: ignore[method-assign]
    catch_up(["news"], case.doors, NOW.timestamp())

    assert case.shown() == case.as_built_freshly()
    assert case.examine().findings == ()


def test_a_withdrawn_article_leaves_when_the_rebuild_is_the_first_to_hear() -> None:
    case = paper()
    case.write(Unpublished(1, "news", NOW))

    run(case)

    assert case.placement("news").entered == ()
    assert case.shown() == case.as_built_freshly()
    assert case.examine().findings == ()

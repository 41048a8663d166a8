"""Publishing follows the articles: whatever comes twice, late, out of order or ends half-way."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.publishing.batch import PAUSES, work_off
from functions.publishing.catch_up import NEWS_FOR
from functions.publishing.events import slug_in
from shared.domain.articles import (
    Article,
    Audio,
    Author,
    Image,
    Paragraph,
    Picture,
    Renamed,
    Section,
    Stored,
    Unpublished,
)
from shared.domain.decoding import UNREADABLE
from shared.domain.tiers import Tier
from tests import strategies
from tests.press import NOW, Press, piece
from tests.samples import gate

OPINION = Section("opinion", "Opinion")
SOON = NOW + dt.timedelta(hours=1)


def test_a_published_article_stands_in_each_of_its_lists_and_in_no_other() -> None:
    press = Press(piece(1, tags=("ferry", "night")), piece(2, section=OPINION))

    assert press.slugs() == ["piece-2", "piece-1"]
    assert press.slugs("section/opinion") == ["piece-2"]
    assert press.slugs("section/city") == press.slugs("tag/ferry") == press.slugs("tag/night") == ["piece-1"]
    assert press.slugs("author/ada-moor") == ["piece-2", "piece-1"]
    assert [json.loads(facts)["slug"] for facts in press.lists.directory("sections")] == ["city", "opinion"]
    [author] = press.lists.directory("authors")
    assert json.loads(author)["articles"] == 2
    assert json.loads(author)["biography"] == "Writes about the river."


def test_an_article_that_changes_changes_where_it_stands() -> None:
    press = Press(piece(1, tags=("ferry",)), piece(2))

    press.publish(piece(1, section=OPINION, tags=("night",), standfirst="Other. Words."))

    assert press.slugs("section/city") == ["piece-2"]
    assert press.slugs("section/opinion") == press.slugs("tag/night") == ["piece-1"]
    assert press.slugs("tag/ferry") == []
    assert press.entries("section/opinion")[0].standfirst == "Other. Words."


def test_another_time_is_another_place_and_never_a_second_one() -> None:
    press = Press(piece(1), piece(2))

    press.publish(replace(piece(1), published_at=piece(3).published_at))

    assert press.slugs() == ["piece-1", "piece-2"]


ANOTHERS = b'{"schema":1,"status":"renamed","slug":"x","to":"y"}'


@pytest.mark.parametrize(
    "left", [Unpublished(1, "piece-1", NOW), Renamed(1, "piece-1", "piece-9"), None, b"{", ANOTHERS]
)
def test_what_readers_do_not_see_stands_nowhere(left: Stored | bytes | None) -> None:
    press = Press(piece(1, section=OPINION, tags=("ferry",)), piece(2))

    if left is None:
        found = press.articles.read_version("piece-1")
        press.articles.delete("piece-1", found[1] if found else "")
    elif isinstance(left, bytes):
        press.articles.spoil("piece-1", left)
    else:
        press.put(left)
    press.catch_up("piece-1")

    assert press.everything() == Press(piece(2)).everything()


def test_a_document_that_is_no_article_is_told() -> None:
    press = Press()
    press.articles.spoil("torn", b"{")

    assert press.catch_up("torn").unreadable == ("torn",)


def test_the_newest_article_says_who_the_author_is() -> None:
    press = Press(piece(1), piece(2, author=Author("ada-moor", "Ada Moor-Vance", "person", "Writes about money.")))

    assert json.loads(press.lists.directory("authors")[0])["name"] == "Ada Moor-Vance"
    press.withdraw("piece-2")
    assert json.loads(press.lists.directory("authors")[0])["name"] == "Ada Moor"
    press.publish(piece(1, author=Author("ada-moor", "Ada Moor", "person", "Has moved.")))
    assert json.loads(press.lists.directory("authors")[0])["biography"] == "Has moved."


# What the CDN is told -----------------------------------------------------------------------------------------------


def test_exactly_what_changed_is_purged() -> None:
    press = Press(piece(1, tags=("ferry",)), piece(2, section=OPINION, tags=("night",)))
    press.purged()

    press.publish(piece(1, tags=("ferry",), body=(Paragraph("Other words."),)))
    assert press.purged() == {"article-a-1", "slug-piece-1"}  # no list shows the body

    press.publish(piece(1, tags=("ferry",), kind="essay"))
    assert press.purged() == {
        *("article-a-1", "slug-piece-1", "list-latest", "list-section-city", "list-author-ada-moor", "list-tag-ferry"),
        *("list-sections", "list-authors"),
    }


def test_an_event_that_comes_again_purges_nothing() -> None:
    press = Press(piece(1))
    press.purged()

    press.catch_up("piece-1", "piece-1", "piece-1")

    assert press.purged() == set()


def test_coming_back_to_an_earlier_version_is_a_purge_of_its_own() -> None:
    """CloudFront takes a purge with a reference that it knows for the one that it has done."""
    press = Press(piece(1))
    for _ in range(3):
        press.withdraw("piece-1")
        press.publish(piece(1))

    assert len(press.purge.asked) == 7


# Time ---------------------------------------------------------------------------------------------------------------


def test_an_article_whose_time_has_not_come_stands_nowhere_and_is_looked_at_again_then() -> None:
    press = Press(piece(2))
    before = press.everything()

    press.publish(replace(piece(1), published_at=SOON))

    assert press.everything() == before
    assert press.schedules.at == {"piece-1": SOON}
    press.catch_up("piece-1", now=SOON - dt.timedelta(microseconds=1))
    assert press.everything() == before
    press.catch_up("piece-1", now=SOON)
    assert press.slugs() == ["piece-1", "piece-2"]


def test_a_new_time_replaces_the_old_one_and_an_old_call_does_no_harm() -> None:
    press = Press()
    press.publish(replace(piece(1), published_at=SOON))
    later = SOON + dt.timedelta(hours=1)

    press.publish(replace(piece(1), published_at=later))
    press.catch_up("piece-1", now=SOON)

    assert press.schedules.at == {"piece-1": later}
    assert press.slugs() == []


@pytest.mark.parametrize("early", [dt.timedelta(milliseconds=1), dt.timedelta(seconds=59)])
def test_a_call_that_comes_a_moment_early_is_asked_for_again(early: dt.timedelta) -> None:
    press = Press()
    press.publish(replace(piece(1), published_at=SOON))
    press.schedules.at.clear()

    press.catch_up("piece-1", now=SOON - early)

    assert press.slugs() == []
    assert press.schedules.at["piece-1"] == SOON


PICTURE = Picture("/media/anonymous/quay.png", "A quay", 8, 8, "photograph")
SOUND = Audio("/media/member/bells.mp3", "Bells", 9)


def with_files(number: int) -> Article:
    """A scheduled article that names a picture, and a sound inside a gate."""
    gated = replace(gate("sound", Tier.MEMBER, "Listen."), blocks=(SOUND,))
    return piece(number, published_at=SOON, lead_picture=PICTURE, body=(Image(PICTURE), gated))


def test_the_files_of_an_article_come_out_with_it_and_not_before() -> None:
    press = Press()
    for path in (PICTURE.src, SOUND.src, "/media/anonymous/another.png"):
        press.waiting.put(path, b"", "image/png", "a")

    press.publish(with_files(1))
    assert not press.media.files
    press.purged()
    press.catch_up("piece-1", now=SOON)

    assert press.media.files.keys() == {PICTURE.src, SOUND.src}
    assert {PICTURE.src, SOUND.src} <= press.purged()
    assert press.waiting.files.keys() == {"/media/anonymous/another.png"}


# Announcing ---------------------------------------------------------------------------------------------------------


def fresh(number: int, **changes: Any) -> Any:
    return replace(piece(number, **changes), published_at=NOW - dt.timedelta(minutes=5))


def test_an_article_is_announced_once_for_good() -> None:
    press = Press(fresh(1))
    assert press.announcements.sent == [("a-1", "piece-1")]

    press.publish(fresh(1, kind="essay"))
    press.withdraw("piece-1")
    press.publish(fresh(1))
    press.publish(Renamed(1, "piece-1", "piece-9"))
    press.publish(replace(fresh(1), slug="piece-9"))

    assert press.announcements.sent == [("a-1", "piece-1")]


def test_old_articles_are_not_announced_and_scheduled_ones_are_when_they_are_out() -> None:
    press = Press(replace(piece(1), published_at=NOW - NEWS_FOR))
    press.publish(replace(piece(2), published_at=SOON))
    assert press.announcements.sent == []

    press.catch_up("piece-2", now=SOON)

    assert press.announcements.sent == [("a-2", "piece-2")]


# Order, repetition, crashes -----------------------------------------------------------------------------------------

CHANGES: tuple[Stored, ...] = (
    piece(1, tags=("ferry",)),
    piece(2),
    piece(1, tags=("night",), section=OPINION, title="Changed"),
    Unpublished(1, "piece-2", NOW),
    piece(3, tags=("ferry",)),
)


@pytest.mark.parametrize("first", range(5))
def test_events_in_every_order_and_three_times_leave_the_same_lists(first: int) -> None:
    wanted = Press(CHANGES[2], CHANGES[4]).everything()
    slugs = [change.slug for change in CHANGES]
    for order in itertools.permutations(range(5)):
        if order[0] != first:
            continue
        press = Press()
        for change, event in zip(CHANGES, order, strict=True):  # an event may come before or long after its write
            press.put(change)
            press.catch_up(slugs[event])
        for _ in range(2):
            for event in order:
                press.catch_up(slugs[event])
        assert press.everything() == wanted, order


class CrashError(Exception):
    """The function ends here, as when its process dies."""


DOORS = {
    "documents": ("read", "write", "delete"),
    "articles": ("read_version",),
    "waiting": ("bring_out", "discard"),
    "purge": ("tags", "paths"),
    "announcements": ("announce",),
    "schedules": ("set",),
}


def at_step(press: Press, number: int, happens: Callable[[], None], *, after: bool = False) -> Callable[[], bool]:
    """Let something happen before (or after) the step of that number, once. Returns what says whether it has, and
    takes the hooks away."""
    steps = itertools.count()
    happened: list[int] = []

    def release() -> bool:
        for door, methods in DOORS.items():
            for name in methods:
                vars(getattr(press, door)).pop(name, None)
        return bool(happened)

    def hooked(work: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any) -> Any:
            is_it = next(steps) == number
            if is_it and not after:
                release()
                happened.append(number)
                happens()
            done = work(*arguments)
            if is_it and after:
                release()
                happened.append(number)
                happens()
            return done

        return step

    for door, methods in DOORS.items():
        for name in methods:
            setattr(getattr(press, door), name, hooked(getattr(getattr(press, door), name)))
    return release


def crash() -> None:
    raise CrashError


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "change",
    [piece(1, section=OPINION, tags=("night",)), Unpublished(1, "piece-1", NOW), fresh(9, lead_picture=PICTURE)],
)
def test_a_crash_at_any_step_is_put_right_by_the_redelivery(change: Any, after: bool) -> None:
    def begin() -> Press:
        press = Press(piece(1, tags=("ferry",)), piece(2))
        press.waiting.put(PICTURE.src, b"", "image/png", "a")
        press.purged()
        press.put(change)
        return press

    undisturbed = begin()
    undisturbed.catch_up(change.slug)
    wanted, purged = undisturbed.everything(), undisturbed.purged()
    for number in itertools.count():
        press = begin()
        happened = at_step(press, number, crash, after=after)
        with suppress(CrashError):
            press.catch_up(change.slug)
        if not happened():
            break
        press.catch_up(change.slug)
        assert press.everything() == wanted, number
        assert press.purged() == purged, number
        assert press.media.files == undisturbed.media.files
        assert set(press.announcements.sent) == set(undisturbed.announcements.sent)
        assert press.placement(change.slug) == undisturbed.placement(change.slug)
    assert number > 20  # it was really tried at many steps


def test_many_writers_at_once_lose_nothing() -> None:
    press = Press()
    pieces = [piece(number, tags=(f"t-{number % 3}",)) for number in range(24)]
    for each in pieces:
        press.put(each)
    failed: list[str] = []

    def work(slugs: list[str]) -> None:
        for slug in slugs:
            for _ in range(20):  # as the queue delivers again
                try:
                    press.catch_up(slug)
                    break
                except Exception as error:  # noqa: BLE001
                    last = type(error).__name__
            else:
                failed.append(last)

    threads = [threading.Thread(target=work, args=([each.slug for each in pieces[i::4]],)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert press.everything() == Press(*pieces).everything()


@pytest.mark.parametrize("dies", [False, True], ids=["goes on", "dies"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_writer_who_was_slow_does_not_bring_back_what_has_gone(after: bool, dies: bool) -> None:
    """At each of its steps in turn, the article is withdrawn, and another writer does all that this entails."""
    wanted = Press(piece(2)).everything()
    for number in itertools.count():
        press = Press(piece(2))
        press.put(piece(1))

        def another(press: Press = press) -> None:
            press.withdraw("piece-1")
            if dies:
                raise CrashError

        happened = at_step(press, number, another, after=after)
        with suppress(CrashError):
            press.catch_up("piece-1")
        if not happened():
            break
        if dies:
            press.catch_up("piece-1")  # delivered again
        assert press.everything() == wanted, number
    assert number > 20


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.booleans(), st.booleans()), max_size=12))
def test_whatever_is_done_and_heard_of_the_lists_end_up_as_if_made_anew(
    steps: list[tuple[int, int, bool, bool]],
) -> None:
    """Each step: which article, in which version, whether it is withdrawn, and whether its event comes at once."""
    press = Press()
    last: dict[str, Any] = {}
    for number, variant, is_withdrawn, is_heard in steps:
        change: Any = piece(
            number, tags=("ferry", "night")[: variant % 3], section=(OPINION, piece(0).section)[variant // 2]
        )
        change = Unpublished(1, change.slug, NOW) if is_withdrawn else change
        press.put(change)
        last[change.slug] = change
        if is_heard:
            press.catch_up(change.slug)
    press.catch_up(*reversed(last))

    assert press.everything() == Press(*last.values()).everything()


@given(strategies.articles, st.data())
def test_lists_and_all_beside_them_hold_nothing_gated(article: Any, data: st.DataObject) -> None:
    """R1, R2: of an article that only members may read whole, the lists are the same whatever stands in its gates."""
    tier = Tier.ANONYMOUS
    one, two = (
        Press(strategies.with_canaries(article, tier)),
        Press(data.draw(strategies.with_other_gated_content(article, tier))),
    )

    assert strategies.CANARY not in repr({**one.documents.raw, **one.purge.asked})
    assert one.everything() == two.everything()
    public = {key for key in one.documents.raw if key.startswith("lists/")}
    assert {key: one.documents.raw[key] for key in public} == {key: two.documents.raw.get(key) for key in public}


# Events -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ('{"detail-type":"Object Created","detail":{"object":{"key":"articles/a-b.json","size":1}}}', "a-b"),
        ('{"slug":"a-b","at":"2026-11-05T06:30:00Z"}', "a-b"),
        ('{"detail":{"object":{"key":"articles/A.json"}}}', None),
        ('{"detail":{"object":{"key":"articles/a/b.json"}}}', None),
        ('{"detail":{"object":{"key":"lists/latest/index.json"}}}', None),
        ('{"detail":{"object":{"key":"articles/a"}}}', None),
        ('{"slug":"../x"}', None),
    ],
)
def test_an_event_says_which_article_or_that_it_is_none(body: str, slug: str | None) -> None:
    assert slug_in(body) == slug


@pytest.mark.parametrize(
    "body", ["", "{", "{}", "[]", "null", '{"detail":{}}', '{"slug":1}', "[" * 9999, '{"slug":"\ud800"}']
)
def test_what_is_no_event_is_not_taken_for_one(body: str) -> None:
    with pytest.raises((*UNREADABLE, UnicodeEncodeError)):
        slug_in(body)


def record(number: int, body: str, times: int = 1) -> dict[str, Any]:
    return {
        "messageId": f"m-{number}",
        "receiptHandle": f"r-{number}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(times)},
    }


def changed(slug: str) -> str:
    return json.dumps({"detail": {"object": {"key": f"articles/{slug}.json"}}})


def test_a_message_that_cannot_be_handled_holds_up_no_other() -> None:
    press = Press()
    for number in (1, 2, 3):
        press.put(piece(number))

    def poisoned(step: str, key: str) -> None:
        if key == "placements/piece-2.json":
            raise RuntimeError("piece-2")

    press.documents.before = poisoned  # type: ignore[method-assign]
    bodies = [changed("piece-1"), changed("piece-2"), "{", changed("piece-3"), changed("piece-2"), changed("A")]
    worked = work_off(
        [record(number, body, number) for number, body in enumerate(bodies)], press.doors, NOW.timestamp()
    )

    assert press.slugs() == ["piece-3", "piece-1"]
    assert [(one.message_id, one.slug, one.receipt) for one in worked.failures] == [
        ("m-2", None, "r-2"),
        ("m-1", "piece-2", "r-1"),
        ("m-4", "piece-2", "r-4"),
    ]
    assert [one.pause for one in worked.failures] == [PAUSES[1], PAUSES[0], PAUSES[3]]


def test_what_cannot_be_handled_comes_again_soon_and_then_less_soon() -> None:
    pauses = [work_off([record(1, "{", times)], Press().doors, 0).failures[0].pause for times in (1, 2, 3, 4, 5, 99)]

    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (2, 60)


def test_a_batch_is_worked_off_at_once() -> None:
    press = Press()
    press.put(piece(1))

    worked = work_off([record(n, changed("piece-1")) for n in range(9)] + [record(9, changed("A"))], press.doors, 1e10)

    assert (worked.done[0].listed, len(worked.done), worked.failures) == (("piece-1",), 1, ())

"""Publishing when events come twice, late or out of order, when it ends half-way, and when others write too."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.domain.articles import Section, Stored, Unpublished
from shared.domain.blocks import Picture
from shared.domain.lists import Directory
from shared.ports.reading import ListPage
from tests.press import NOW, Press, piece
from tests.twins import MemoryLists

OPINION = Section("opinion", "Opinion")
PICTURE = Picture("/media/anonymous/quay.png", "A quay", 8, 8, "photograph")


def fresh(number: int, **changes: Any) -> Any:
    return replace(piece(number, **changes), published_at=NOW - dt.timedelta(minutes=5))


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


class KeepingLists(MemoryLists):
    """Lists as somebody reads them who asks for the edition alone."""

    def page(self, name: str, after: str | None, limit: int, edition: str | None = None) -> ListPage:
        return super().page(name, after, limit, self.edition())

    def directory(self, kind: Directory, edition: str | None = None) -> tuple[bytes, ...]:
        return super().directory(kind, self.edition())


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
    """Also for readers who keep what they have read while the edition is the same."""

    def begin() -> Press:
        press = Press(piece(1, tags=("ferry",)), piece(2))
        press.lists = KeepingLists(press.documents)
        press.everything()
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
        press.everything()
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

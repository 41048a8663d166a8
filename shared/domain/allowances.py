"""What a member may open beyond the tier: articles given to somebody else, and articles read by the meter, so many a
calendar month (in UTC)."""

from __future__ import annotations

import datetime as dt
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from shared.domain.refusals import GiftsUsedUp, MeterUsedUp

DAY: Final = 24 * 3600
READ_SECONDS: Final = DAY
"""How long an article stays open that was opened by the meter. To open it again in the same month costs nothing."""
KEPT_SECONDS: Final = 31 * DAY
"""How long a month is remembered when it is over: as long as a gift of its last day may live."""


class Opened(Struct, frozen=True):
    """One article that was opened: when, and until when (seconds since 1970)."""

    slug: str
    at: int
    until: int


class Allowance(Struct, frozen=True):
    """What one member has given and read by the meter in one month (`2026-12`)."""

    month: str
    given: tuple[Opened, ...] = ()
    read: tuple[Opened, ...] = ()


def month_of(now: float) -> str:
    """The calendar month at `now`, in UTC."""
    return f"{dt.datetime.fromtimestamp(now, dt.UTC):%Y-%m}"


def month_before(month: str) -> str:
    """The one before."""
    return f"{_begins(month) - dt.timedelta(days=1):%Y-%m}"


def ends_at(month: str) -> int:
    """When the next one begins (seconds since 1970)."""
    return int((_begins(month) + dt.timedelta(days=32)).replace(day=1).timestamp())


def give(of: Allowance, slug: str, now: float, most: int, days: int) -> tuple[Allowance, Opened]:
    """The same with that article given away, and the gift. A gift of it that lives still is that gift: it counts once.

    Raises GiftsUsedUp.
    """
    if (living := _living(of.given, slug, now)) is not None:
        return of, living
    if left_of(of.given, most) == 0:
        raise GiftsUsedUp(f"That is all for this month: {_articles(most)} can be given away. {_again(of)}")
    gift = Opened(slug, int(now), int(now) + days * DAY)
    return replace(of, given=(*of.given, gift)), gift


def read(of: Allowance, slug: str, now: float, most: int) -> tuple[Allowance, Opened]:
    """The same with that article opened by the meter, and until when. What has been opened in this month is opened
    again without being counted.

    Raises MeterUsedUp.
    """
    before = next((one for one in of.read if one.slug == slug), None)
    if before is None and left_of(of.read, most) == 0:
        raise MeterUsedUp(f"You have read {_articles(most)} for members this month. {_again(of)}")
    opened = Opened(slug, int(now) if before is None else before.at, int(now) + READ_SECONDS)
    return replace(of, read=(*(one for one in of.read if one.slug != slug), opened)), opened


def left_of(opened: tuple[Opened, ...], most: int) -> int:
    """How many more there may be this month."""
    return max(0, most - len(opened))


def living(opened: tuple[Opened, ...], now: float) -> tuple[Opened, ...]:
    """Those that are open still, the latest first."""
    return tuple(sorted((one for one in opened if now < one.until), key=lambda one: one.at, reverse=True))


def _living(opened: tuple[Opened, ...], slug: str, now: float) -> Opened | None:
    return next((one for one in opened if one.slug == slug and now < one.until), None)


def _begins(month: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{month}-01T00:00:00+00:00")


def _articles(count: int) -> str:
    return "one article" if count == 1 else f"{count} articles"


def _again(of: Allowance) -> str:
    return f"The next month begins on {ends_on(of.month)} (UTC)."


def ends_on(month: str) -> str:
    """The day on which the next month begins, as ISO 8601 has it."""
    return f"{dt.datetime.fromtimestamp(ends_at(month), dt.UTC):%Y-%m-%d}"

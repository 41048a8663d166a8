"""What a member may open beyond the tier: articles given to somebody else, and articles read by the meter, so many a
calendar month (in UTC)."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from shared.domain.refusals import GiftsUsedUp, MeterUsedUp

DAY: Final = 24 * 3600
READ_SECONDS: Final = DAY
"""How long an article stays open that was opened by the meter. To open it again in the same month costs nothing."""
GIVEN_SECONDS: Final = 31 * DAY
"""How long it is remembered after its month what was given away in it: a gift of the last day may live as long."""


class Way(enum.Enum):
    """How an article is opened beyond the tier."""

    GIVEN = "given"
    READ = "read"


class Opened(Struct, frozen=True):
    """One article that was opened: when, and until when (seconds since 1970)."""

    slug: str
    at: int
    until: int


class Allowance(Struct, frozen=True):
    """What one member has opened in one way in one month (`2026-12`)."""

    way: Way
    month: str
    opened: tuple[Opened, ...] = ()

    @property
    def kept_until(self) -> int:
        """When it is forgotten (seconds since 1970): what somebody has read, with the month that it counts for."""
        return int(begins_after(self.month).timestamp()) + (GIVEN_SECONDS if self.way is Way.GIVEN else 0)

    def left(self, most: int) -> int:
        """How many more there may be this month."""
        return max(0, most - len(self.opened))


def month_of(now: float) -> str:
    """The calendar month at `now`, in UTC."""
    return f"{dt.datetime.fromtimestamp(now, dt.UTC):%Y-%m}"


def month_before(month: str) -> str:
    """The one before."""
    return f"{_begins(month) - dt.timedelta(days=1):%Y-%m}"


def kept_months(way: Way, now: float) -> tuple[str, ...]:
    """The month at `now`, and those before it that are remembered still, the latest first."""
    months = [month_of(now)]
    while now < Allowance(way, before := month_before(months[-1])).kept_until:
        months.append(before)
    return tuple(months)


def begins_after(month: str) -> dt.datetime:
    """When the next one begins."""
    return (_begins(month) + dt.timedelta(days=32)).replace(day=1)


def give(of: Allowance, slug: str, now: float, most: int, days: int) -> tuple[Allowance, Opened]:
    """The same with that article given away, and the gift. A gift of it that lives still is that gift: it counts once.

    Raises GiftsUsedUp.
    """
    if (gift := next((one for one in of.opened if one.slug == slug and now < one.until), None)) is not None:
        return of, gift
    if of.left(most) == 0:
        raise GiftsUsedUp(f"That is all for this month: {_articles(most)} can be given away. {_again(of)}")
    gift = Opened(slug, int(now), int(now) + days * DAY)
    return replace(of, opened=(*of.opened, gift)), gift


def read(of: Allowance, slug: str, now: float, most: int) -> tuple[Allowance, Opened]:
    """The same with that article opened by the meter, and until when. What has been opened in this month is opened
    again without being counted.

    Raises MeterUsedUp.
    """
    before = next((one for one in of.opened if one.slug == slug), None)
    if before is None and of.left(most) == 0:
        raise MeterUsedUp(f"You have read {_articles(most)} for members this month. {_again(of)}")
    opened = Opened(slug, int(now) if before is None else before.at, int(now) + READ_SECONDS)
    return replace(of, opened=(*(one for one in of.opened if one.slug != slug), opened)), opened


def living(opened: Iterable[Opened], now: float) -> tuple[Opened, ...]:
    """Those that are open still, the latest first. Of one article that was given in two months it is the later gift."""
    latest = {one.slug: one for one in sorted(opened, key=lambda one: one.at) if now < one.until}
    return tuple(sorted(latest.values(), key=lambda one: one.at, reverse=True))


def _begins(month: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{month}-01T00:00:00+00:00")


def _articles(count: int) -> str:
    return "one article" if count == 1 else f"{count} articles"


def _again(of: Allowance) -> str:
    return f"The next month begins on {ends_on(of.month)} (UTC)."


def ends_on(month: str) -> str:
    """The day on which the next month begins, as ISO 8601 has it."""
    return f"{begins_after(month):%Y-%m-%d}"

"""When a period ends: the same day of a later month, or that month's last (https://docs.stripe.com/billing/subscriptions/billing-cycle)."""

from __future__ import annotations

import calendar
import datetime as dt


def period_end(anchor: int, interval: str, after: int) -> int:
    """The first end of a period behind `after`, counted from `anchor` (seconds since 1970) in whole months or years."""
    start = dt.datetime.fromtimestamp(anchor, dt.UTC)
    step = 12 if interval == "year" else 1
    here = dt.datetime.fromtimestamp(after, dt.UTC)
    months = (here.year - start.year) * 12 + here.month - start.month
    months -= months % step
    while (end := _later(start, months)) <= after:
        months += step
    return end


def _later(start: dt.datetime, months: int) -> int:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())

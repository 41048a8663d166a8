"""What a member may open beyond the tier: counted by the month, never twice for the same."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.allowances import (
    READ_SECONDS,
    Allowance,
    Opened,
    ends_at,
    ends_on,
    give,
    living,
    month_before,
    month_of,
    read,
)
from shared.domain.refusals import GiftsUsedUp, MeterUsedUp

DAY = 86_400
NOW = dt.datetime(2026, 12, 10, 12, tzinfo=dt.UTC).timestamp()
NEW = Allowance("2026-12")
SLUGS = st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), max_size=12)


@pytest.mark.parametrize(
    ("at", "month", "before", "end"),
    [
        ("2026-12-31T23:59:59", "2026-12", "2026-11", "2027-01-01"),
        ("2027-01-01T00:00:00", "2027-01", "2026-12", "2027-02-01"),
        ("2028-02-29T12:00:00", "2028-02", "2028-01", "2028-03-01"),
    ],
)
def test_a_month_is_the_calendars_in_utc(at: str, month: str, before: str, end: str) -> None:
    now = dt.datetime.fromisoformat(f"{at}+00:00").timestamp()
    assert (month_of(now), month_before(month), ends_on(month)) == (month, before, end)
    assert ends_at(month) == dt.datetime.fromisoformat(f"{end}T00:00:00+00:00").timestamp()
    assert now < ends_at(month)


@given(SLUGS, st.integers(1, 4))
def test_no_more_articles_are_given_or_read_than_are_allowed(slugs: list[str], most: int) -> None:
    month = NEW
    for slug in slugs:
        given, was_read = {one.slug for one in month.given}, {one.slug for one in month.read}
        if slug not in given and len(given) == most:
            with pytest.raises(GiftsUsedUp, match="2027-01-01"):
                give(month, slug, NOW, most, 14)
        else:
            month, opened = give(month, slug, NOW, most, 14)
            assert opened.slug == slug
        if slug not in was_read and len(was_read) == most:
            with pytest.raises(MeterUsedUp, match="2027-01-01"):
                read(month, slug, NOW, most)
        else:
            month, opened = read(month, slug, NOW, most)
            assert opened.slug == slug
    assert len(month.given) <= most
    assert {one.slug for one in month.given} == {one.slug for one in month.read}


def test_a_gift_that_is_open_still_is_that_gift_and_one_that_has_ended_counts_anew() -> None:
    month, gift = give(NEW, "a", NOW, 2, 3)
    assert gift == Opened("a", int(NOW), int(NOW) + 3 * DAY)
    same, again = give(month, "a", NOW + 3 * DAY - 1, 2, 3)
    assert (same, again) == (month, gift)
    later, new = give(month, "a", NOW + 3 * DAY, 2, 3)
    assert (len(later.given), new.until) == (2, int(NOW) + 6 * DAY)
    with pytest.raises(GiftsUsedUp):
        give(later, "b", NOW + 3 * DAY, 2, 3)
    assert living(later.given, NOW + 3 * DAY) == (new,)


def test_an_article_that_was_read_by_the_meter_is_opened_again_all_month() -> None:
    month, first = read(NEW, "a", NOW, 1)
    assert first.until == int(NOW) + READ_SECONDS
    later, again = read(month, "a", NOW + 9 * DAY, 1)
    assert (len(later.read), again.at, again.until) == (1, first.at, int(NOW) + 9 * DAY + READ_SECONDS)
    with pytest.raises(MeterUsedUp):
        read(later, "b", NOW + 9 * DAY, 1)


def test_giving_and_reading_are_counted_apart() -> None:
    month, _ = give(NEW, "a", NOW, 1, 14)
    month, _ = read(month, "b", NOW, 1)
    assert ([one.slug for one in month.given], [one.slug for one in month.read]) == (["a"], ["b"])

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
    Way,
    begins_after,
    ends_on,
    give,
    kept_months,
    living,
    month_before,
    month_of,
    read,
)
from shared.domain.refusals import GiftsUsedUp, MeterUsedUp

DAY = 86_400
NOW = dt.datetime(2026, 12, 10, 12, tzinfo=dt.UTC).timestamp()
GIVEN = Allowance(Way.GIVEN, "2026-12")
READ = Allowance(Way.READ, "2026-12")
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
    assert begins_after(month) == dt.datetime.fromisoformat(f"{end}T00:00:00+00:00")
    assert now < begins_after(month).timestamp()


@given(SLUGS, st.integers(1, 4))
def test_no_more_articles_are_given_or_read_than_are_allowed(slugs: list[str], most: int) -> None:
    given, was_read, seen = GIVEN, READ, set[str]()
    for slug in slugs:
        if slug not in seen and len(seen) == most:
            with pytest.raises(GiftsUsedUp, match="2027-01-01"):
                give(given, slug, NOW, most, 14)
            with pytest.raises(MeterUsedUp, match="2027-01-01"):
                read(was_read, slug, NOW, most)
        else:
            seen.add(slug)
            given, gift = give(given, slug, NOW, most, 14)
            was_read, opened = read(was_read, slug, NOW, most)
            assert gift.slug == opened.slug == slug
        for month in (given, was_read):
            assert {one.slug for one in month.opened} == seen
            assert (len(month.opened), month.left(most)) == (len(seen), most - len(seen))


def test_a_gift_that_is_open_still_is_that_gift_and_one_that_has_ended_counts_anew() -> None:
    month, gift = give(GIVEN, "a", NOW, 2, 3)
    assert gift == Opened("a", int(NOW), int(NOW) + 3 * DAY)
    same, again = give(month, "a", NOW + 3 * DAY - 1, 2, 3)
    assert (same, again) == (month, gift)
    later, new = give(month, "a", NOW + 3 * DAY, 2, 3)
    assert (len(later.opened), new.until) == (2, int(NOW) + 6 * DAY)
    with pytest.raises(GiftsUsedUp):
        give(later, "b", NOW + 3 * DAY, 2, 3)
    assert living(later.opened, NOW + 3 * DAY) == (new,)


def test_of_an_article_that_is_given_in_two_months_the_later_gift_is_shown() -> None:
    _, before = give(Allowance(Way.GIVEN, "2026-11"), "a", NOW - 12 * DAY, 2, 14)
    month, other = give(GIVEN, "b", NOW - 1, 2, 14)
    month, after = give(month, "a", NOW, 2, 14)
    assert living((*month.opened, before), NOW) == (after, other)


def test_an_article_that_was_read_by_the_meter_is_opened_again_all_month() -> None:
    month, first = read(READ, "a", NOW, 1)
    assert first.until == int(NOW) + READ_SECONDS
    later, again = read(month, "a", NOW + 9 * DAY, 1)
    assert (len(later.opened), again.at, again.until) == (1, first.at, int(NOW) + 9 * DAY + READ_SECONDS)
    with pytest.raises(MeterUsedUp):
        read(later, "b", NOW + 9 * DAY, 1)


@pytest.mark.parametrize(
    ("at", "given"),
    [
        ("2027-03-03T23:59:59", ("2027-03", "2027-02", "2027-01")),
        ("2027-03-04T00:00:00", ("2027-03", "2027-02")),
        ("2027-01-31T23:59:59", ("2027-01", "2026-12")),
        ("2027-02-01T00:00:00", ("2027-02", "2027-01")),
    ],
)
def test_gifts_are_remembered_while_one_may_be_open_and_what_was_read_while_it_counts(
    at: str, given: tuple[str, ...]
) -> None:
    now = dt.datetime.fromisoformat(f"{at}+00:00").timestamp()
    assert kept_months(Way.GIVEN, now) == given
    assert kept_months(Way.READ, now) == given[:1]


@given(st.integers(0, 4_000_000_000), st.integers(0, 30 * DAY - 1))
def test_no_gift_is_forgotten_that_is_open_still(at: int, later: int) -> None:
    _, gift = give(Allowance(Way.GIVEN, month_of(at)), "a", at, 1, 30)
    assert at + later < gift.until
    assert month_of(at) in kept_months(Way.GIVEN, at + later)

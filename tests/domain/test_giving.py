"""What a wish comes to: never more than the paper takes, and no text that does harm elsewhere."""

from __future__ import annotations

import datetime as dt
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.domain.giving import Wish, cleaned, granted, is_open, present_campaign
from shared.domain.money import digits_of, parse_typed, written
from shared.domain.paper import Campaign, Giving, Offer, Paper
from shared.domain.refusals import InvalidField, UnknownCampaign

NOW = dt.datetime(2026, 12, 10, 23, 59, 59, tzinfo=dt.UTC).timestamp()
WINTER = Campaign("winter", "Winter", "Long.", 5, "EUR", dt.date(2026, 12, 10))
PAPER = Paper(
    1,
    "4fa3c1de-5b7a-4c39-9a5e-0d2f6b1c8e77",
    "The Quay",
    "News.",
    "en",
    "https://paper.example",
    giving=Giving((Offer("EUR", (500,), 200, 50_000), Offer("JPY", (500,), 300, 9_000)), ("once", "year")),
    campaigns=(WINTER,),
)


@given(
    st.builds(
        Wish,
        amount=st.none() | st.integers(),
        currency=st.sampled_from(["EUR", "JPY", "USD", "", "eur"]),
        interval=st.sampled_from(["once", "month", "year", ""]),
        typed=st.text(max_size=12) | st.from_regex(r"[0-9]{1,6}([.,][0-9]{1,3})?", fullmatch=True),
        name=st.text(max_size=90),
        message=st.text(max_size=510),
        public=st.booleans(),
        campaign=st.sampled_from(["", "winter", "spring"]),
    )
)
def test_whatever_is_wished_for_what_comes_of_it_is_offered(wish: Wish) -> None:
    try:
        gift = granted(wish, PAPER, NOW)
    except (InvalidField, UnknownCampaign):
        return
    assert PAPER.giving is not None
    offer = next(one for one in PAPER.giving.offers if one.currency == gift.currency)
    assert offer.minimum <= gift.amount <= offer.maximum
    assert gift.interval.value in PAPER.giving.intervals
    assert gift.name != ""
    assert not gift.public or gift.name is not None
    for text, most in ((gift.name or "", 80), (gift.message or "", 500)):
        assert len(text) <= most
        assert not [one for one in text if unicodedata.category(one) in ("Cc", "Cs") and one != "\n"]
    assert "\n" not in (gift.name or "")


@given(st.text(max_size=200))
def test_a_clean_text_is_clean(text: str) -> None:
    once = cleaned(text, "message", 1_000)
    assert once is None or cleaned(once, "message", 1_000) == once


@given(st.integers(0, 10**9 - 1), st.sampled_from(["EUR", "JPY"]))
def test_an_amount_is_typed_as_it_is_written(amount: int, currency: str) -> None:
    figures = written(amount, currency)[1:].replace(",", "")  # between thousands: typed, it could be a point
    assert parse_typed(figures, currency) == amount
    assert parse_typed(figures.replace(".", ","), currency) == amount
    assert digits_of(currency) in (0, 2)


@pytest.mark.parametrize(
    ("typed", "amount"), [("7", 700), ("7.5", 750), ("7,05", 705), ("0.01", 1), ("000007", 700), (" 7 ", 700)]
)
def test_a_typed_amount_is_minor_units(typed: str, amount: int) -> None:
    assert parse_typed(typed, "EUR") == amount


def test_a_campaign_is_open_to_the_last_second_of_its_last_day() -> None:
    assert is_open(WINTER, NOW)
    assert not is_open(WINTER, NOW + 1)
    assert is_open(replace(WINTER, until=None), NOW + 1)
    assert present_campaign(PAPER, NOW) == WINTER
    assert present_campaign(PAPER, NOW + 1) is None

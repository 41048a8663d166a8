"""Amounts of money, as they are typed."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.money import WITHOUT_MINOR, digits_of, parse_typed, written
from shared.domain.refusals import InvalidField


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("7", "EUR", 700),
        ("7.5", "EUR", 750),
        ("7.50", "EUR", 750),
        ("7,5", "EUR", 750),
        (" 7,05 ", "EUR", 705),
        ("0.01", "EUR", 1),
        ("0", "EUR", 0),
        ("007", "EUR", 700),
        ("750", "JPY", 750),
        ("999999999", "JPY", 999_999_999),
    ],
)
def test_an_amount_is_taken_as_it_was_meant(text: str, currency: str, amount: int) -> None:
    assert parse_typed(text, currency) == amount


@pytest.mark.parametrize("currency", ["EUR", "JPY"])
@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "-7", "+7", "7.", ".5", "7.505", "1.000", "1,000", "1.000,50", "1,000.50", "1 000", "7 €", "€7"),
        *("seven", "7e2", "0x7", "1_000", "٧", "7٫5", "７", "1000000000", "7\n7", "nan", "inf", "7.5.5", "7,5,5"),
    ],
)
def test_an_amount_that_could_be_meant_otherwise_is_asked_for_again(text: str, currency: str) -> None:
    with pytest.raises(InvalidField) as raised:
        parse_typed(text, currency)

    assert raised.value.field == "amount"
    assert ("7.50" in raised.value.detail) is (currency == "EUR")


@pytest.mark.parametrize("text", ["7.5", "7,50", "7.00"])
def test_a_currency_without_a_minor_unit_has_no_point(text: str) -> None:
    with pytest.raises(InvalidField):
        parse_typed(text, "JPY")


@given(st.integers(0, 99_999_999_999), st.sampled_from(["EUR", "GBP", "USD"]), st.sampled_from(".,"))
def test_every_amount_comes_back_as_it_was_written(amount: int, currency: str, point: str) -> None:
    assert parse_typed(f"{amount // 100}{point}{amount % 100:02}", currency) == amount


@given(st.text(max_size=20), st.sampled_from(["EUR", "JPY"]))
def test_whatever_is_typed_is_an_amount_or_a_refusal(text: str, currency: str) -> None:
    with contextlib.suppress(InvalidField):
        assert parse_typed(text, currency) >= 0


def test_currencies_have_two_digits_or_none() -> None:
    assert digits_of("EUR") == 2
    assert {digits_of(one) for one in WITHOUT_MINOR} == {0}


@pytest.mark.parametrize(
    ("amount", "currency", "as_read"),
    [(-550, "EUR", "−€5.50"), (-1, "GBP", "−£0.01"), (-120_000, "JPY", "−¥120,000"), (0, "EUR", "€0")],
)
def test_money_that_has_left_is_written_with_its_sign_before(amount: int, currency: str, as_read: str) -> None:
    assert written(amount, currency) == as_read

"""`Checkouts`: the twin and Stripe's adapter, at the till, keep the same promises."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from shared.domain.orders import Interval, Kind
from shared.domain.paper import Plan
from shared.domain.standing import PageState
from tests.contracts.desks import DESKS, PLAN, Desk, begin, desk_of, order


@pytest.fixture(params=DESKS)
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with desk_of(request.param) as made:
        yield made


@pytest.mark.parametrize("interval", Interval)
def test_a_page_is_for_exactly_what_was_ordered(desk: Desk, interval: Interval) -> None:
    asked = order(interval, amount=1234, currency="USD")

    standing = desk.processor.standing(begin(desk, asked).id)

    assert (standing.reference, standing.amount, standing.currency) == (asked.id, 1234, "USD")
    assert standing.is_recurring is (interval is not Interval.ONCE)
    assert (standing.page, standing.livemode, standing.payments) == (PageState.OPEN, False, ())


@pytest.mark.parametrize(("currency", "amount"), [("JPY", 500), ("EUR", 199), ("KRW", 10_000)])
def test_amounts_are_minor_units_of_whatever_currency(desk: Desk, currency: str, amount: int) -> None:
    page = begin(desk, order(amount=amount, currency=currency))
    desk.pay(page.id)

    (payment,) = desk.processor.standing(page.id).payments

    assert (payment.amount, payment.currency) == (amount, currency)


def test_asked_again_for_an_order_it_is_the_same_page(desk: Desk) -> None:
    first = begin(desk, order())

    assert begin(desk, order()) == first
    assert begin(desk, order(number=2)) != first


def test_a_page_that_has_expired_takes_no_money(desk: Desk) -> None:
    page = begin(desk, order())

    assert desk.checkouts.expire(page.id)
    assert desk.checkouts.expire(page.id)

    assert desk.processor.standing(page.id).page is PageState.EXPIRED


def test_expiring_a_page_that_was_paid_on_is_no_fault(desk: Desk) -> None:
    page = begin(desk, order())
    desk.pay(page.id)

    assert not desk.checkouts.expire(page.id)

    assert desk.processor.standing(page.id).page is PageState.COMPLETE


def test_a_member_has_one_customer(desk: Desk) -> None:
    first = desk.checkouts.customer("member-1", "ada@reader.example")

    assert desk.checkouts.customer("member-1", "ada@reader.example") == first
    assert desk.checkouts.customer("member-2", "bo@reader.example") != first


def test_a_plan_that_is_not_sold_has_no_price(desk: Desk) -> None:
    assert desk.checkouts.price("nothing") is None


@pytest.mark.parametrize("interval", ["month", "year"])
def test_a_plan_is_sold_for_what_it_costs(desk: Desk, interval: str) -> None:
    sold = desk.sell(Plan(id="member", label="Member", amount=700, currency="EUR", interval=interval))  # type: ignore[arg-type]

    assert desk.checkouts.price("member") == sold
    assert (sold.amount, sold.currency, sold.interval) == (700, "EUR", Interval(interval))


def test_a_membership_is_paid_by_its_plans_price(desk: Desk) -> None:
    price = desk.sell(PLAN)
    customer = desk.checkouts.customer("member-1", "ada@reader.example")
    asked = replace(order(Interval.MONTH, amount=700), kind=Kind.MEMBERSHIP, plan="member", price=price.id)
    page = begin(desk, asked, customer)
    desk.pay(page.id)

    standing = desk.processor.standing(page.id)

    assert standing.subscription is not None
    assert (standing.subscription.price, standing.subscription.amount) == (price.id, 700)
    assert standing.customer == customer

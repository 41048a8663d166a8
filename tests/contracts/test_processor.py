"""`Processor`: the twin and Stripe's adapter, at the till, keep the same promises."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from shared.domain.orders import Interval
from shared.domain.refusals import ProcessorRefused, UnknownOrder
from shared.domain.settling import DAY
from shared.domain.standing import DisputeOutcome, PageState, Standing, SubscriptionStatus
from tests.contracts.desks import DESKS, Desk, begin, desk_of, order
from tests.processor_twin import NOW


@pytest.fixture(params=DESKS)
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with desk_of(request.param) as made:
        yield made


@pytest.fixture
def once(desk: Desk) -> str:
    """The id of a page on which is paid once."""
    return begin(desk, order()).id


@pytest.fixture
def monthly(desk: Desk) -> str:
    """The id of a page on which a monthly contribution was begun."""
    page = begin(desk, order(Interval.MONTH)).id
    desk.pay(page)
    return page


def look(desk: Desk, page: str) -> Standing:
    return desk.processor.standing(page)


# Paid once.


def test_a_page_that_is_not_known_has_no_standing(desk: Desk) -> None:
    with pytest.raises(UnknownOrder):
        look(desk, "cs_test_nothing")


def test_what_is_paid_once_is_one_payment(desk: Desk, once: str) -> None:
    payment = desk.pay(once)

    standing = look(desk, once)

    assert standing.page is PageState.COMPLETE
    assert [(one.id, one.amount, one.currency, one.at, one.until) for one in standing.payments] == [
        (payment, 500, "EUR", NOW, None)
    ]
    assert (standing.subscription, standing.is_settling, standing.failed) == (None, False, False)
    assert standing.email is not None


def test_a_card_that_is_declined_leaves_the_page_open(desk: Desk, once: str) -> None:
    desk.decline(once)
    assert (look(desk, once).page, look(desk, once).payments) == (PageState.OPEN, ())

    desk.pay(once)
    assert len(look(desk, once).payments) == 1


def test_what_takes_days_is_no_payment_before_it_is_there(desk: Desk, once: str) -> None:
    desk.pay_later(once)
    standing = look(desk, once)
    assert (standing.page, standing.is_settling, standing.payments) == (PageState.COMPLETE, True, ())

    payment = desk.settle_later(once)
    standing = look(desk, once)
    assert [one.id for one in standing.payments] == [payment]
    assert (standing.is_settling, standing.failed) == (False, False)


def test_what_takes_days_may_never_come(desk: Desk, once: str) -> None:
    desk.pay_later(once)
    desk.fail_later(once)

    standing = look(desk, once)

    assert (standing.is_settling, standing.failed, standing.payments) == (False, True, ())


def test_a_payment_is_the_same_however_often_one_looks(desk: Desk, once: str) -> None:
    desk.pay(once)
    first = look(desk, once)
    desk.pass_time(40 * DAY)

    assert look(desk, once) == first


# Paid again and again.


def test_the_first_payment_pays_for_the_first_month(desk: Desk, monthly: str) -> None:
    standing = look(desk, monthly)

    (payment,) = standing.payments
    assert payment.until is not None
    assert 28 * DAY <= payment.until - payment.at <= 31 * DAY
    assert standing.customer is not None


def test_a_year_is_a_year(desk: Desk) -> None:
    page = begin(desk, order(Interval.YEAR, amount=6000)).id
    desk.pay(page)

    (payment,) = look(desk, page).payments

    assert payment.until is not None
    assert 365 * DAY <= payment.until - payment.at <= 366 * DAY


def test_a_subscription_is_what_was_begun(desk: Desk, monthly: str) -> None:
    subscription = look(desk, monthly).subscription

    assert subscription is not None
    assert subscription.status is SubscriptionStatus.ACTIVE
    assert (subscription.amount, subscription.currency, subscription.interval) == (500, "EUR", Interval.MONTH)
    assert (subscription.started_at, subscription.ended_at) == (NOW, None)
    assert (subscription.cancels, subscription.paused) == (False, False)


def test_each_renewal_pays_for_the_month_behind_the_last(desk: Desk, monthly: str) -> None:
    paid = [look(desk, monthly).payments[0].id, desk.renew(monthly), desk.renew(monthly)]

    payments = look(desk, monthly).payments

    assert [one.id for one in payments] == paid
    ends = [one.until or 0 for one in payments]
    assert [one.at for one in payments[1:]] == ends[:-1]
    assert all(28 * DAY <= after - before <= 31 * DAY for before, after in pairwise(ends))


def test_a_renewal_that_fails_is_no_payment(desk: Desk, monthly: str) -> None:
    desk.fail_renewal(monthly)

    standing = look(desk, monthly)

    assert standing.subscription is not None
    assert standing.subscription.status is SubscriptionStatus.PAST_DUE
    assert len(standing.payments) == 1


def test_a_subscription_may_end_with_what_is_paid_for(desk: Desk, monthly: str) -> None:
    desk.cancel_at_end(monthly)
    standing = look(desk, monthly)
    assert standing.subscription is not None
    assert (standing.subscription.cancels, standing.subscription.status) == (True, SubscriptionStatus.ACTIVE)

    desk.run_out(monthly)
    after = look(desk, monthly).subscription
    assert after is not None
    assert (after.status, after.ended_at) == (SubscriptionStatus.CANCELED, standing.payments[0].until)


def test_one_may_change_ones_mind_before_it_has_ended(desk: Desk, monthly: str) -> None:
    desk.cancel_at_end(monthly)
    desk.cancel_at_end(monthly, cancels=False)
    desk.renew(monthly)

    standing = look(desk, monthly)

    assert standing.subscription is not None
    assert standing.subscription.cancels is False
    assert len(standing.payments) == 2


def test_a_subscription_may_be_paused(desk: Desk, monthly: str) -> None:
    desk.pause(monthly)
    paused = look(desk, monthly).subscription
    desk.pause(monthly, False)
    resumed = look(desk, monthly).subscription

    assert paused is not None
    assert resumed is not None
    assert (paused.paused, resumed.paused) == (True, False)


def test_what_is_cancelled_ends_at_once(desk: Desk, monthly: str) -> None:
    standing = look(desk, monthly)
    assert standing.subscription is not None

    desk.processor.cancel(standing.subscription.id)
    desk.processor.cancel(standing.subscription.id)
    desk.processor.cancel("sub_nothing")

    after = look(desk, monthly).subscription
    assert after is not None
    assert (after.status, after.ended_at) == (SubscriptionStatus.CANCELED, NOW)


def test_whoever_is_forgotten_pays_no_more_and_what_they_paid_stays(desk: Desk, monthly: str) -> None:
    before = look(desk, monthly)
    assert before.customer is not None

    desk.processor.forget(before.customer)
    desk.processor.forget(before.customer)
    desk.processor.forget("cus_nothing")

    after = look(desk, monthly)
    assert after.subscription is not None
    assert after.subscription.status is SubscriptionStatus.CANCELED
    assert after.payments == before.payments


# Given back.


def test_a_payment_can_be_given_back_in_parts(desk: Desk, once: str) -> None:
    payment = desk.pay(once)

    part = desk.processor.refund(payment, 200, "a")
    rest = desk.processor.refund(payment, None, "b")

    (paid,) = look(desk, once).payments
    assert {one.id: (one.amount, one.failed) for one in paid.refunds} == {part.id: (200, False), rest.id: (300, False)}
    assert (part.amount, rest.amount) == (200, 300)
    assert paid.is_refunded


def test_a_refund_of_the_same_key_is_the_same_refund(desk: Desk, once: str) -> None:
    payment = desk.pay(once)

    first = desk.processor.refund(payment, 200, "a")

    assert desk.processor.refund(payment, 200, "a") == first
    assert len(look(desk, once).payments[0].refunds) == 1


def test_more_than_is_left_is_not_given_back(desk: Desk, once: str) -> None:
    payment = desk.pay(once)
    desk.processor.refund(payment, 400, "a")

    with pytest.raises(ProcessorRefused):
        desk.processor.refund(payment, 200, "b")
    with pytest.raises(ProcessorRefused):
        desk.processor.refund("pi_nothing", None, "c")


def test_a_refund_may_come_back(desk: Desk, once: str) -> None:
    payment = desk.pay(once)
    refund = desk.processor.refund(payment, None, "a")

    desk.refund_fails(refund.id)

    (paid,) = look(desk, once).payments
    assert [(one.id, one.failed) for one in paid.refunds] == [(refund.id, True)]
    assert not paid.is_refunded


def test_a_renewal_can_be_given_back(desk: Desk, monthly: str) -> None:
    second = desk.renew(monthly)
    desk.processor.refund(second, None, "a")

    first, last = look(desk, monthly).payments

    assert (first.is_refunded, last.is_refunded) == (False, True)


# Taken back.


@pytest.mark.parametrize("outcome", [DisputeOutcome.WON, DisputeOutcome.LOST])
def test_a_dispute_is_open_and_then_decided(desk: Desk, once: str, outcome: DisputeOutcome) -> None:
    payment = desk.pay(once)
    dispute = desk.dispute(payment)
    (opened,) = look(desk, once).payments[0].disputes
    desk.pass_time(10 * DAY)
    desk.decide(dispute, outcome)

    (decided,) = look(desk, once).payments[0].disputes

    assert (opened.id, opened.amount, opened.at, opened.outcome) == (dispute, 500, NOW, DisputeOutcome.OPEN)
    assert (decided.id, decided.amount, decided.at, decided.outcome) == (dispute, 500, NOW, outcome)
    assert decided.settled_at == (NOW + 10 * DAY if outcome is DisputeOutcome.WON else None)


def test_a_renewal_can_be_disputed(desk: Desk, monthly: str) -> None:
    second = desk.renew(monthly)
    desk.dispute(second)

    first, last = look(desk, monthly).payments

    assert (first.is_disputed, last.is_disputed) == (False, True)


# What belongs to what, and what has happened.


def test_whatever_happens_leads_to_the_page_by_which_it_came(desk: Desk) -> None:
    pages = [begin(desk, order(interval, number)).id for number, interval in enumerate(Interval)]
    for page in pages:
        payment = desk.pay(page)
        desk.processor.refund(payment, 100, page)
        desk.dispute(payment)

    seen = {desk.processor.session_behind(one.object) for one in desk.processor.happened(NOW)}

    assert seen == set(pages)


@pytest.mark.parametrize(
    "id", ["pi_x", "ch_x", "re_x", "du_x", "dp_x", "sub_x", "in_x", "inpay_x", "cus_x", "price_x", "", "?", "x" * 300]
)
def test_what_is_not_known_came_by_no_page(desk: Desk, id: str) -> None:
    assert desk.processor.session_behind(id) is None


def test_what_has_happened_is_told_the_oldest_first(desk: Desk, monthly: str) -> None:
    desk.pass_time(DAY)
    desk.processor.refund(look(desk, monthly).payments[0].id, None, "a")
    happened = [*desk.processor.happened(NOW)]

    assert [one.at for one in happened] == sorted(one.at for one in happened)
    assert {"checkout.session.completed", "customer.subscription.created"} <= {one.type for one in happened}
    assert len({one.event for one in happened}) == len(happened)
    since = max(one.at for one in happened)
    assert {one.event for one in desk.processor.happened(since)} == {one.event for one in happened if one.at >= since}
    assert [*desk.processor.happened(since + 1)] == []


def test_what_was_longer_ago_than_thirty_days_is_not_remembered(desk: Desk, once: str) -> None:
    desk.pay(once)
    desk.pass_time(31 * DAY)

    assert [*desk.processor.happened(0)] == []


def test_every_page_since_then_is_found(desk: Desk) -> None:
    early = begin(desk, order(number=1)).id
    desk.pass_time(DAY)
    late = begin(desk, order(number=2)).id

    assert set(desk.processor.sessions(NOW)) == {early, late}
    assert set(desk.processor.sessions(NOW + DAY)) == {late}

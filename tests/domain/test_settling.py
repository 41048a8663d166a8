"""What follows for an order from how it stands with the processor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.domain.ledger import EntryKind, entries_of
from shared.domain.members import MembershipState
from shared.domain.orders import Interval, Kind, Notice, NoticeKind, Order, OrderState
from shared.domain.refusals import ImpossibleTransition, PaymentMismatch
from shared.domain.settling import DAY, RENEWING, membership_of, settle, state_of
from shared.domain.standing import (
    Dispute,
    DisputeOutcome,
    PageState,
    Payment,
    Refund,
    Standing,
    SubscriptionStatus,
)
from tests.money_cases import (
    GIFT,
    MEMBERSHIP,
    MONTHLY_GIFT,
    ONCE_STEPS,
    UNTIL,
    lives,
    paid,
    payment_of,
    play,
    standing_of,
    subscription_of,
)
from tests.processor_twin import NOW, MemoryProcessor

MONTH = UNTIL - NOW
FIRST = payment_of(MEMBERSHIP)
SECOND = payment_of(MEMBERSHIP, id="pi_2", at=UNTIL, until=UNTIL + MONTH)
WHOLE, PART = Refund("re_1", 800, NOW + 5), Refund("re_2", 300, NOW + 5)
FAILED = replace(WHOLE, failed=True)
OPEN = Dispute("dp_1", 800, NOW + 5, DisputeOutcome.OPEN)
LOST, WON = replace(OPEN, outcome=DisputeOutcome.LOST), replace(OPEN, outcome=DisputeOutcome.WON, settled_at=NOW + 9)
S, M, T = OrderState, MembershipState, SubscriptionStatus


def joined(*payments: Payment, **subscription: Any) -> Standing:
    return paid(MEMBERSHIP, *payments, subscription=subscription_of(MEMBERSHIP, **subscription))


def unpaid(status: SubscriptionStatus) -> Standing:
    return replace(joined(status=status), payments=())


@pytest.mark.parametrize(
    ("standing", "state"),
    [
        (standing_of(GIFT), S.OPEN),
        (standing_of(GIFT, page=PageState.EXPIRED), S.EXPIRED),
        (standing_of(GIFT, page=PageState.COMPLETE, is_settling=True), S.PENDING),
        (standing_of(GIFT, page=PageState.COMPLETE), S.PENDING),
        (standing_of(GIFT, page=PageState.COMPLETE, failed=True), S.FAILED),
        (paid(GIFT), S.PAID),
        (paid(GIFT, payment_of(GIFT, refunds=(Refund("re_1", 499, NOW),))), S.PAID),
        (paid(GIFT, payment_of(GIFT, refunds=(Refund("re_1", 500, NOW),))), S.REFUNDED),
        (paid(GIFT, payment_of(GIFT, refunds=(Refund("re_1", 250, NOW), Refund("re_2", 250, NOW)))), S.REFUNDED),
        (paid(GIFT, payment_of(GIFT, refunds=(Refund("re_1", 500, NOW, failed=True),))), S.PAID),
        (paid(GIFT, payment_of(GIFT, disputes=(OPEN,))), S.DISPUTED),
        (paid(GIFT, payment_of(GIFT, disputes=(LOST,))), S.DISPUTED),
        (paid(GIFT, payment_of(GIFT, disputes=(WON,))), S.PAID),
        (paid(GIFT, payment_of(GIFT, disputes=(WON,), refunds=(Refund("re_1", 500, NOW),))), S.REFUNDED),
    ],
)
def test_the_state_of_what_is_paid_once(standing: Standing, state: OrderState) -> None:
    assert state_of(standing) is state


_UNPAID = {
    T.INCOMPLETE_EXPIRED: S.FAILED,
    T.CANCELED: S.FAILED,
    **dict.fromkeys((T.INCOMPLETE, T.TRIALING, T.ACTIVE, T.PAST_DUE, T.UNPAID, T.PAUSED), S.PENDING),
}
_PAID = {
    T.INCOMPLETE_EXPIRED: S.FAILED,
    T.CANCELED: S.ENDED,
    T.PAUSED: S.PAUSED,
    **dict.fromkeys((T.TRIALING, T.ACTIVE), S.RUNNING),
    **dict.fromkeys((T.INCOMPLETE, T.PAST_DUE, T.UNPAID), S.PAST_DUE),
}
_RETURNED = {T.INCOMPLETE_EXPIRED: S.FAILED, T.CANCELED: S.ENDED}


@pytest.mark.parametrize("status", SubscriptionStatus)
def test_the_state_of_what_renews_itself_whatever_its_status(status: SubscriptionStatus) -> None:
    assert state_of(unpaid(status)) is _UNPAID[status]
    assert state_of(joined(status=status)) is _PAID[status]
    for returned, state in (((WHOLE,), S.REFUNDED), ((PART,), None), ((FAILED,), None)):
        assert state_of(joined(replace(FIRST, refunds=returned), status=status)) is (
            _PAID[status] if state is None else _RETURNED.get(status, state)
        )
    for disputed, state in (((OPEN,), S.DISPUTED), ((LOST,), S.DISPUTED), ((WON,), None)):
        assert state_of(joined(replace(FIRST, disputes=disputed), status=status)) is (
            _PAID[status] if state is None else _RETURNED.get(status, state)
        )


def test_a_pause_of_collecting_is_one_only_where_nothing_is_owed() -> None:
    assert state_of(joined(paused=True)) is S.PAUSED
    assert state_of(joined(paused=True, status=T.PAST_DUE)) is S.PAST_DUE
    assert state_of(joined(replace(FIRST, refunds=(WHOLE,)), paused=True)) is S.REFUNDED


@pytest.mark.parametrize(("disputed_at", "state"), [(NOW + 5, S.RUNNING), (UNTIL, S.DISPUTED), (UNTIL + 5, S.DISPUTED)])
def test_a_dispute_of_an_older_payment_counts_until_another_is_paid(disputed_at: int, state: OrderState) -> None:
    older = replace(FIRST, disputes=(replace(LOST, at=disputed_at),))

    assert state_of(joined(older, SECOND)) is state


def test_a_refund_of_an_older_payment_changes_no_state() -> None:
    assert state_of(joined(replace(FIRST, refunds=(WHOLE,)), SECOND)) is S.RUNNING


# What is compared with our own record (R8).

_TAMPERED: list[tuple[Order, Callable[[Standing], Standing], str]] = [
    (GIFT, lambda it: replace(it, session="cs_2"), "session"),
    (GIFT, lambda it: replace(it, reference="0" * 31 + "2"), "reference"),
    (GIFT, lambda it: replace(it, reference=None), "reference"),
    (GIFT, lambda it: replace(it, livemode=True), "livemode"),
    (replace(GIFT, livemode=True), lambda it: replace(it, livemode=False), "livemode"),
    (GIFT, lambda it: replace(it, is_recurring=True), "mode"),
    (MEMBERSHIP, lambda it: replace(it, is_recurring=False), "mode"),
    (GIFT, lambda it: replace(it, amount=499), "amount"),
    (GIFT, lambda it: replace(it, amount=50_000), "amount"),
    (MEMBERSHIP, lambda it: replace(it, amount=0), "amount"),
    (GIFT, lambda it: replace(it, currency="USD"), "currency"),
    (GIFT, lambda it: replace(it, currency="eur"), "currency"),
    (GIFT, lambda it: replace(it, payments=(payment_of(GIFT, amount=499),)), "amount of pi_1"),
    (GIFT, lambda it: replace(it, payments=(payment_of(GIFT, currency="JPY"),)), "currency of pi_1"),
    (MEMBERSHIP, lambda it: replace(it, payments=(payment_of(MEMBERSHIP, currency="JPY"),)), "currency of pi_1"),
    (GIFT, lambda it: replace(it, subscription=subscription_of(MEMBERSHIP)), "interval"),
    (MEMBERSHIP, lambda it: replace(it, subscription=subscription_of(MEMBERSHIP, price="price_2")), "price"),
    (replace(MEMBERSHIP, price=None), lambda it: replace(it, subscription=subscription_of(MEMBERSHIP)), "price"),
    (
        MEMBERSHIP,
        lambda it: replace(it, subscription=subscription_of(MEMBERSHIP, interval=Interval.YEAR)),
        "interval",
    ),
    (
        MEMBERSHIP,
        lambda it: replace(it, subscription=subscription_of(MEMBERSHIP, amount=1)),
        "subscription's amount",
    ),
    (
        MONTHLY_GIFT,
        lambda it: replace(it, subscription=subscription_of(MONTHLY_GIFT, currency="USD")),
        "subscription's currency",
    ),
]


@pytest.mark.parametrize(
    ("order", "tamper", "what"), _TAMPERED, ids=[f"{what}-{n}" for n, (_, _, what) in enumerate(_TAMPERED)]
)
def test_nothing_follows_from_what_was_not_ordered(
    order: Order, tamper: Callable[[Standing], Standing], what: str
) -> None:
    with pytest.raises(PaymentMismatch) as raised:
        settle(order, tamper(paid(order)), (), 7)

    assert raised.value.what == what


@pytest.mark.parametrize("order", [GIFT, MONTHLY_GIFT, MEMBERSHIP])
def test_an_order_without_a_page_was_paid_by_nobody(order: Order) -> None:
    with pytest.raises(PaymentMismatch):
        settle(replace(order, session=None), paid(order), (), 7)


def test_a_renewal_may_cost_what_the_processor_has_agreed_on_with_the_payer() -> None:
    settled = settle(MEMBERSHIP, joined(FIRST, replace(SECOND, amount=400)), (), 7)

    assert (settled.order.state, settled.order.received) == (S.RUNNING, 1200)


# From state to state.

_STANDINGS: dict[OrderState, Standing] = {
    S.OPEN: standing_of(MONTHLY_GIFT),
    S.PENDING: paid(MONTHLY_GIFT, payments=()),
    S.RUNNING: paid(MONTHLY_GIFT),
    S.PAST_DUE: paid(MONTHLY_GIFT, subscription=subscription_of(MONTHLY_GIFT, status=T.PAST_DUE)),
    S.PAUSED: paid(MONTHLY_GIFT, subscription=subscription_of(MONTHLY_GIFT, paused=True)),
    S.REFUNDED: paid(MONTHLY_GIFT, payment_of(MONTHLY_GIFT, refunds=(WHOLE,))),
    S.DISPUTED: paid(MONTHLY_GIFT, payment_of(MONTHLY_GIFT, disputes=(OPEN,))),
    S.ENDED: paid(MONTHLY_GIFT, subscription=subscription_of(MONTHLY_GIFT, status=T.CANCELED)),
    S.EXPIRED: standing_of(MONTHLY_GIFT, page=PageState.EXPIRED),
    S.FAILED: paid(MONTHLY_GIFT, payments=(), subscription=subscription_of(MONTHLY_GIFT, status=T.CANCELED)),
}
_GOING = {S.RUNNING, S.PAST_DUE, S.PAUSED, S.REFUNDED, S.DISPUTED, S.ENDED}
_MAY_FOLLOW: dict[OrderState, set[OrderState]] = {
    S.OPEN: set(_STANDINGS),
    S.PENDING: set(_STANDINGS) - {S.OPEN},
    **dict.fromkeys(_GOING - {S.ENDED}, _GOING),
    S.PAID: {S.REFUNDED, S.DISPUTED},
    S.ENDED: {S.ENDED},
    S.EXPIRED: {S.EXPIRED},
    S.FAILED: {S.FAILED, S.REFUNDED, S.DISPUTED, S.ENDED},
}


@pytest.mark.parametrize("before", OrderState)
@pytest.mark.parametrize("after", _STANDINGS)
def test_a_state_follows_another_only_where_it_can(before: OrderState, after: OrderState) -> None:
    order = replace(MONTHLY_GIFT, state=before)
    if after in _MAY_FOLLOW[before]:
        assert settle(order, _STANDINGS[after], (), 7).order.state is after
    else:
        with pytest.raises(ImpossibleTransition):
            settle(order, _STANDINGS[after], (), 7)


@pytest.mark.parametrize(
    ("before", "follows"),
    [
        *((state, True) for state in (S.OPEN, S.PENDING, S.PAID, S.REFUNDED, S.DISPUTED, S.FAILED)),
        *((state, False) for state in (S.RUNNING, S.PAST_DUE, S.PAUSED, S.ENDED, S.EXPIRED)),
    ],
)
def test_what_is_paid_once_follows_where_it_can(before: OrderState, follows: bool) -> None:
    order = replace(GIFT, state=before)
    if follows:
        assert settle(order, paid(GIFT), (), 7).order.state is S.PAID
    else:
        with pytest.raises(ImpossibleTransition):
            settle(order, paid(GIFT), (), 7)


# Memberships.

_GRACE = 7 * DAY


@pytest.mark.parametrize("days", [0, 7, 60])
def test_a_membership_lasts_as_far_as_the_money_reaches_and_the_grace_beyond(days: int) -> None:
    table: list[tuple[Standing, MembershipState, int, int]] = [
        (joined(), M.ACTIVE, UNTIL, UNTIL + max(days * DAY, RENEWING)),
        (joined(FIRST, SECOND), M.ACTIVE, UNTIL + MONTH, UNTIL + MONTH + max(days * DAY, RENEWING)),
        (joined(SECOND, FIRST), M.ACTIVE, UNTIL + MONTH, UNTIL + MONTH + max(days * DAY, RENEWING)),
        (joined(status=T.TRIALING), M.ACTIVE, UNTIL, UNTIL + max(days * DAY, RENEWING)),
        (joined(cancels=True), M.ACTIVE, UNTIL, UNTIL),
        (joined(status=T.PAST_DUE), M.PAST_DUE, UNTIL, UNTIL + days * DAY),
        (joined(status=T.INCOMPLETE), M.PAST_DUE, UNTIL, UNTIL + days * DAY),
        (joined(status=T.UNPAID), M.ENDED, UNTIL, 0),
        (joined(paused=True), M.PAUSED, UNTIL, UNTIL),
        (joined(status=T.PAUSED), M.PAUSED, UNTIL, UNTIL),
        (joined(status=T.CANCELED), M.ENDED, UNTIL, 0),
        (joined(status=T.INCOMPLETE_EXPIRED), M.ENDED, UNTIL, 0),
        (joined(replace(FIRST, refunds=(PART,))), M.ACTIVE, UNTIL, UNTIL + max(days * DAY, RENEWING)),
        (joined(replace(FIRST, refunds=(WHOLE,))), M.ENDED, 0, 0),
        (joined(replace(FIRST, refunds=(FAILED,))), M.ACTIVE, UNTIL, UNTIL + max(days * DAY, RENEWING)),
        (joined(replace(FIRST, disputes=(OPEN,))), M.ENDED, 0, 0),
        (joined(replace(FIRST, disputes=(LOST,))), M.ENDED, 0, 0),
        (joined(replace(FIRST, disputes=(WON,))), M.ACTIVE, UNTIL, UNTIL + max(days * DAY, RENEWING)),
        (joined(FIRST, replace(SECOND, refunds=(WHOLE,))), M.ENDED, UNTIL, 0),
        (joined(replace(FIRST, disputes=(replace(OPEN, at=UNTIL + 1),)), SECOND), M.ENDED, UNTIL + MONTH, 0),
    ]  # fmt: skip
    for standing, state, paid_until, good_until in table:
        membership = membership_of(MEMBERSHIP, standing, state_of(standing), days)
        assert membership is not None
        assert (membership.state, membership.paid_until, membership.good_until) == (state, paid_until, good_until)
        assert membership.since == NOW
        assert membership.cancels is (standing.subscription is not None and standing.subscription.cancels)


@pytest.mark.parametrize("status", SubscriptionStatus)
def test_nobody_is_a_member_before_there_is_a_payment(status: SubscriptionStatus) -> None:
    standing = unpaid(status)

    assert membership_of(MEMBERSHIP, standing, state_of(standing), 60) is None


@pytest.mark.parametrize("status", SubscriptionStatus)
def test_nobody_is_a_member_by_a_part_of_the_first_payment(status: SubscriptionStatus) -> None:
    """It pays until no later than the period begins."""
    standing = joined(replace(FIRST, amount=1, until=NOW), status=status)
    membership = membership_of(MEMBERSHIP, standing, state_of(standing), 60)

    assert membership is not None
    assert (membership.state, membership.good_until) == (M.ENDED, 0)


@given(lives, st.sampled_from([Interval.ONCE, Interval.MONTH, Interval.YEAR]), st.integers(0, 60))
def test_a_contribution_of_any_shape_never_yields_a_membership(
    life: tuple[str, ...], interval: Interval, days: int
) -> None:
    """Not even one that has all that a membership has (R8)."""
    order = replace(MEMBERSHIP, kind=Kind.CONTRIBUTION, interval=interval, session=None)
    order, processor = begun(order)
    for step in life:
        play(processor, order.session or "", step)
        settled = settle(order, processor.truth(order.session or ""), (), days)
        assert settled.order.membership is None


# Whole lives.


def begun(order: Order) -> tuple[Order, MemoryProcessor]:
    processor = MemoryProcessor()
    page = processor.begin(order, title="", success="", cancel="", customer=None, email=None)
    return replace(order, session=page.id), processor


def steps_of(order: Order, life: tuple[str, ...]) -> tuple[Order, list[Standing]]:
    """How it stood after each step of a life."""
    order, processor = begun(replace(order, session=None))
    session = order.session or ""
    return order, [processor.truth(session) for step in life if play(processor, session, step)]


@given(lives, st.sampled_from([GIFT, MONTHLY_GIFT, MEMBERSHIP]), st.data())
def test_whatever_is_heard_of_a_life_the_same_comes_out(
    life: tuple[str, ...], order: Order, data: st.DataObject
) -> None:
    order, standings = steps_of(order, life)
    assume(standings)
    last = standings[-1]
    heard = data.draw(st.lists(st.booleans(), min_size=len(standings), max_size=len(standings)))
    at_once, step_by_step = settle(order, last, (), 7).order, order
    known: dict[str, int] = {}
    raised = supporters = 0
    for standing in [one for one, is_heard in zip(standings, heard, strict=True) if is_heard] + [last, last]:
        settled = settle(step_by_step, standing, known, 7)
        step_by_step = settled.order
        assert not known.keys() & {entry.id for entry in settled.entries}
        known |= {entry.id: entry.amount for entry in settled.entries}
        raised += settled.raised
        supporters += settled.supporters

    assert replace(step_by_step, notices=()) == replace(at_once, notices=())
    assert known == {entry.id: entry.amount for entry in entries_of(order.id, last)}
    assert step_by_step.received == sum(known.values()) == raised
    assert supporters == step_by_step.supports
    assert {one.key for one in at_once.notices} <= {one.key for one in step_by_step.notices}


@given(lives, st.sampled_from([GIFT, MONTHLY_GIFT, MEMBERSHIP]))
def test_the_ledger_holds_what_was_received_less_what_was_returned(life: tuple[str, ...], order: Order) -> None:
    order, standings = steps_of(order, life)
    assume(standings)
    settled = settle(order, standings[-1], (), 7)
    payments = standings[-1].payments
    returned = [one.amount for payment in payments for one in payment.refunds if not one.failed]
    returned += [
        one.amount for payment in payments for one in payment.disputes if one.outcome is not DisputeOutcome.WON
    ]

    assert settled.order.received == sum(one.amount for one in payments) - sum(returned)


@given(lives, st.sampled_from([GIFT, MONTHLY_GIFT, MEMBERSHIP]))
def test_settling_twice_gives_nothing_new(life: tuple[str, ...], order: Order) -> None:
    order, standings = steps_of(order, life)
    assume(standings)
    once = settle(order, standings[-1], (), 7)
    twice = settle(once.order, standings[-1], [entry.id for entry in once.entries], 7)

    assert (twice.order, twice.entries, twice.raised, twice.supporters) == (once.order, (), 0, 0)


@given(lives)
def test_who_has_paid_nothing_that_was_kept_is_no_member(life: tuple[str, ...]) -> None:
    order, standings = steps_of(MEMBERSHIP, life)
    for standing in standings:
        membership = settle(order, standing, (), 60).order.membership
        kept = [one for one in standing.payments if not one.is_disputed and not one.is_refunded]
        if not kept:
            assert membership is None or membership.good_until == 0
        elif membership is not None:
            assert membership.good_until <= max(one.until or 0 for one in kept) + 60 * DAY


def test_what_the_ledger_holds_stays_where_the_processor_does_not_say_it_any_more() -> None:
    both = settle(MEMBERSHIP, joined(FIRST, SECOND), (), 7)
    settled = settle(both.order, joined(SECOND), [entry.id for entry in both.entries], 7)

    assert (settled.entries, settled.raised, settled.order.received) == ((), 0, 1600)


def test_what_the_processor_says_twice_is_one_movement() -> None:
    assert [entry.id for entry in settle(MEMBERSHIP, joined(FIRST, FIRST), (), 7).entries] == ["pi_1"]


def test_every_movement_has_an_entry_of_its_own() -> None:
    payment = replace(FIRST, refunds=(PART, replace(FAILED, id="re_3")), disputes=(WON,))
    entries = settle(MEMBERSHIP, joined(payment), (), 7).entries

    assert [(one.id, one.kind, one.amount, one.at) for one in entries] == [
        ("pi_1", EntryKind.PAYMENT, 800, NOW),
        ("re_2", EntryKind.REFUND, -300, NOW + 5),
        ("re_3", EntryKind.REFUND, -800, NOW + 5),
        ("re_3-failed", EntryKind.REFUND_FAILED, 800, NOW + 5),
        ("dp_1", EntryKind.DISPUTE, -800, NOW + 5),
        ("dp_1-won", EntryKind.DISPUTE_WON, 800, NOW + 9),
    ]
    assert {one.payment for one in entries} == {"pi_1"}


# Campaigns and mails.


@pytest.mark.parametrize(
    ("payment", "received", "supports"),
    [
        (payment_of(GIFT), 500, True),
        (payment_of(GIFT, refunds=(Refund("re_1", 499, NOW),)), 1, True),
        (payment_of(GIFT, refunds=(Refund("re_1", 500, NOW),)), 0, False),
        (payment_of(GIFT, refunds=(Refund("re_1", 500, NOW, failed=True),)), 500, True),
        (payment_of(GIFT, disputes=(replace(OPEN, amount=500),)), 0, False),
        (payment_of(GIFT, disputes=(replace(WON, amount=500),)), 500, True),
    ],
)
def test_who_has_all_their_money_back_supports_nothing(payment: Payment, received: int, supports: bool) -> None:
    before = settle(GIFT, paid(GIFT), (), 7).order
    settled = settle(before, paid(GIFT, payment), ["pi_1"], 7)

    assert (settled.order.received, settled.order.supports) == (received, supports)
    assert (settled.raised, settled.supporters) == (received - 500, supports - 1)


def test_a_gift_for_no_campaign_supports_none() -> None:
    settled = settle(replace(GIFT, campaign=None), paid(GIFT), (), 7)

    assert (settled.order.supports, settled.supporters) == (False, 0)


def mailed(order: Order, *standings: Standing) -> list[tuple[NoticeKind, int, int | None]]:
    known: list[str] = []
    for standing in standings:
        settled = settle(order, standing, known, 7)
        order, known = settled.order, [*known, *(entry.id for entry in settled.entries)]
    assert len({one.key for one in order.notices}) == len(order.notices)
    return [(one.kind, one.amount, one.until) for one in order.notices]


N = NoticeKind


def test_a_payer_is_told_of_each_step_once() -> None:
    assert mailed(GIFT, standing_of(GIFT), paid(GIFT), paid(GIFT)) == [(N.THANKS, 500, None)]
    assert mailed(MONTHLY_GIFT, paid(MONTHLY_GIFT)) == [(N.THANKS, 500, UNTIL)]
    assert mailed(GIFT, paid(GIFT, payment_of(GIFT, refunds=(Refund("re_1", 200, NOW),)))) == [
        (N.THANKS, 500, None),
        (N.REFUNDED, 200, None),
    ]
    late = joined(status=T.PAST_DUE)
    assert mailed(MEMBERSHIP, joined(), late, late, joined(FIRST, SECOND)) == [
        (N.WELCOME, 800, UNTIL),
        (N.PAYMENT_FAILED, 800, UNTIL + _GRACE),
        (N.RECEIPT, 800, UNTIL + MONTH),
    ]
    ends = joined(cancels=True)
    assert mailed(MEMBERSHIP, joined(), ends, ends, joined(status=T.CANCELED, cancels=True)) == [
        (N.WELCOME, 800, UNTIL),
        (N.CANCELLED, 800, UNTIL),
        (N.ENDED, 800, None),
    ]


def test_who_has_paid_since_we_looked_last_is_told_again_that_it_fails_or_ends() -> None:
    """What was in between, a renewal or a change of mind, nobody has heard of."""
    late = joined(status=T.PAST_DUE), joined(FIRST, SECOND, status=T.PAST_DUE)
    assert mailed(MEMBERSHIP, *late)[1:] == [
        (N.PAYMENT_FAILED, 800, UNTIL + _GRACE),
        (N.RECEIPT, 800, UNTIL + MONTH),
        (N.PAYMENT_FAILED, 800, UNTIL + MONTH + _GRACE),
    ]
    ends = joined(cancels=True), joined(FIRST, SECOND, cancels=True)
    assert mailed(MEMBERSHIP, *ends)[1:] == [
        (N.CANCELLED, 800, UNTIL),
        (N.RECEIPT, 800, UNTIL + MONTH),
        (N.CANCELLED, 800, UNTIL + MONTH),
    ]


def test_nobody_is_told_of_what_nobody_has_paid() -> None:
    for status in SubscriptionStatus:
        assert mailed(MEMBERSHIP, unpaid(status)) == []
    assert mailed(GIFT, standing_of(GIFT), standing_of(GIFT, page=PageState.EXPIRED)) == []


def test_mails_that_are_due_stay_due() -> None:
    notice = Notice(N.RECEIPT, "pi_0", 800, NOW)

    assert settle(replace(MEMBERSHIP, notices=(notice,)), joined(), (), 7).order.notices[0] == notice


def test_a_gift_that_is_paid_once_ends_in_a_state_of_its_own() -> None:
    """Whatever happens, and whenever it is looked at."""
    for first in ("pay", "pay_later"):
        for second in ONCE_STEPS:
            order, standings = steps_of(GIFT, (first, "settle_later", second, "refund_fails", "win"))
            states = {settle(order, standing, (), 7).order.state for standing in standings}
            assert states <= {S.PAID, S.PENDING, S.REFUNDED, S.DISPUTED, S.FAILED}

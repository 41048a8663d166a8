"""What the account's page says of money: the membership, what is given again and again, and what has been paid."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from msgspec import Struct

from functions.members.money import Bought, Money, money_of, order_behind, say_unavailable
from functions.members.route import Asked
from shared.domain.ledger import Entry, EntryKind
from shared.domain.members import Member, Membership, MembershipState
from shared.domain.money import written
from shared.domain.orders import Interval, Kind, Order, OrderState
from shared.domain.paper import Paper
from shared.domain.refusals import StoreUnavailable
from shared.site.words import Words, day

ON_PAGE: Final = 12
_GOES_ON: Final = frozenset(
    {OrderState.RUNNING, OrderState.PAST_DUE, OrderState.PAUSED, OrderState.REFUNDED, OrderState.DISPUTED}
)


class PaymentView(Struct, frozen=True):
    """A payment, or one that is on its way: what it was for, and what has become of it, in words. `amount` is in minor
    units."""

    at: dt.datetime
    what: str
    amount: int
    currency: str
    state: str


class MoneyView(Struct, frozen=True):
    """`standing`: a sentence on the membership, and one on each contribution that goes on; `is_faulty`: whether there
    is something to do about any. `is_managed`: whether there is a page on which it can be; `more`: how many payments
    are not shown."""

    standing: tuple[str, ...] = ()
    is_faulty: bool = False
    is_managed: bool = False
    payments: tuple[PaymentView, ...] = ()
    more: int = 0
    is_unknown: bool = False


def money_shown(asked: Asked, member: Member, words: Words) -> MoneyView:
    """What there is to say of a member's money. Where the ledger cannot be read the rest of the account is shown all
    the same, and the membership, which the member's own record holds."""
    try:
        money = money_of(member.id, asked.doors.ledger)
    except StoreUnavailable as refusal:
        say_unavailable(refusal)
        return MoneyView(_membership(member, None, asked, words), _is_past_due(member), is_unknown=True)
    order = order_behind(member, tuple(one.order for one in money.bought))
    giving = tuple(one.order for one in money.bought if _is_given_on(one.order))
    payments = _payments(money, asked.paper, words)
    return MoneyView(
        (*_membership(member, order, asked, words), *(_given(one, words) for one in giving)),
        _is_past_due(member) or any(one.state is OrderState.PAST_DUE for one in giving),
        money.payer is not None,
        payments[:ON_PAGE],
        len(payments[ON_PAGE:]),
    )


# How it stands -------------------------------------------------------------------------------------------------------


def _membership(member: Member, order: Order | None, asked: Asked, words: Words) -> tuple[str, ...]:
    paid = member.membership
    if paid is None:
        return ()
    label = _label(order, asked.paper)
    its_name = words.say("membership_named", plan=label) if label else words.membership
    dates = {"day": _day(paid.paid_until, words), "good": _day(paid.good_until, words)}
    return (_standing(paid, order, asked.now, partial(words.say, membership=its_name, **dates)),)


def _standing(paid: Membership, order: Order | None, now: float, say: Callable[[str], str]) -> str:
    """How the membership stands, in a sentence."""
    match paid.state:
        case MembershipState.ACTIVE if paid.cancels:
            return say("membership_ends") if now < paid.paid_until else say("membership_ended")
        case MembershipState.ACTIVE:
            return say("membership_renews")
        case MembershipState.PAST_DUE:
            return say("membership_past_due") if now < paid.good_until else say("membership_shut")
        case MembershipState.PAUSED:
            return say("membership_paused")
    state = None if order is None else order.state
    if state is OrderState.DISPUTED:
        return say("membership_disputed")
    return say("membership_refunded") if state is OrderState.REFUNDED else say("membership_ended")


def _is_past_due(member: Member) -> bool:
    return member.membership is not None and member.membership.state is MembershipState.PAST_DUE


def _is_given_on(order: Order) -> bool:
    return order.kind is Kind.CONTRIBUTION and order.interval is not Interval.ONCE and order.state in _GOES_ON


def _given(order: Order, words: Words) -> str:
    every = words.every_month if order.interval is Interval.MONTH else words.every_year
    amount = words.say("price", price=written(order.amount, order.currency), interval=every)
    match order.state:
        case OrderState.PAST_DUE:
            return words.say("giving_past_due", amount=amount)
        case OrderState.PAUSED:
            return words.say("giving_paused", amount=amount)
    return words.say("giving_ends", amount=amount) if order.cancels else words.say("giving_runs", amount=amount)


# What has been paid --------------------------------------------------------------------------------------------------


def _payments(money: Money, paper: Paper, words: Words) -> tuple[PaymentView, ...]:
    """The latest first."""
    shown = (one for bought in money.bought for one in _of_order(bought, paper, words))
    return tuple(sorted(shown, key=lambda one: one.at, reverse=True))


def _of_order(bought: Bought, paper: Paper, words: Words) -> Iterator[PaymentView]:
    order = bought.order
    what = _what(order, paper, words)
    if order.state is OrderState.PENDING:
        yield PaymentView(_at(order.asked_at), what, order.amount, order.currency, words.payment_pending)
    for entry in bought.entries:
        if entry.kind is EntryKind.PAYMENT:
            state = _state(entry, bought.entries, words)
            yield PaymentView(_at(entry.at), what, entry.amount, entry.currency, state)


def _state(payment: Entry, entries: tuple[Entry, ...], words: Words) -> str:
    """What has become of a payment, by all that belongs to it."""
    of_it = [one for one in entries if one.payment == payment.payment]
    taken = -sum(one.amount for one in of_it if one.kind in (EntryKind.DISPUTE, EntryKind.DISPUTE_WON))
    returned = -sum(one.amount for one in of_it if one.kind in (EntryKind.REFUND, EntryKind.REFUND_FAILED))
    if taken > 0:
        return words.say("payment_disputed")
    if returned >= payment.amount:
        return words.say("payment_refunded")
    if returned > 0:
        return words.say("payment_partly_refunded", amount=written(returned, payment.currency))
    return words.say("payment_paid")


def _what(order: Order, paper: Paper, words: Words) -> str:
    if order.kind is Kind.MEMBERSHIP:
        label = _label(order, paper)
        return words.say("paid_for_plan", plan=label) if label else words.paid_for_membership
    given = {
        Interval.ONCE: words.paid_once,
        Interval.MONTH: words.paid_by_month,
        Interval.YEAR: words.paid_by_year,
    }[order.interval]
    title = next((one.title for one in paper.campaigns if one.slug == order.campaign), None)
    return words.say("paid_for_campaign", what=given, campaign=title) if title else given


def _label(order: Order | None, paper: Paper) -> str | None:
    """What the paper calls the plan; None for one that it has no more."""
    return next((one.label for one in paper.plans if order is not None and one.id == order.plan), None)


def _day(seconds: int, words: Words) -> str:
    return day(_at(seconds), words)


def _at(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)

"""What follows for an order from how it stands with the processor: its state, the ledger's new entries, the membership,
the campaign's sums, the mails. A pure rule: the same standing gives the same, whatever was heard before."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from shared.domain.ledger import Entry, EntryKind, entries_of
from shared.domain.members import Membership, MembershipState
from shared.domain.orders import TRANSITIONS, Interval, Kind, Notice, NoticeKind, Order, OrderState
from shared.domain.refusals import ImpossibleTransition, PaymentMismatch
from shared.domain.standing import DisputeOutcome, PageState, Payment, Standing, Subscription, SubscriptionStatus

DAY: Final = 86_400
MOST_AT_ONCE: Final = 80
"""Entries that one step takes: what is written together has to fit into one transaction, of 100 writes at most."""
RENEWING: Final = DAY
"""How long after the end of what is paid for a renewal may be under way (seconds): Stripe charges about an hour after
it, and then the word has to come. No payment has failed by then, so this is no grace."""

_OVER: Final = frozenset({OrderState.REFUNDED, OrderState.DISPUTED, OrderState.ENDED, OrderState.FAILED})


class Settled(Struct, frozen=True):
    """The order as it is now, what the ledger lacks of it, and by how much its campaign's sum (minor units) and number
    of supporters change. `more`: the ledger lacks still more, for the next step to take; the sums are those of what it
    has by then."""

    order: Order
    entries: tuple[Entry, ...]
    raised: int
    supporters: int
    more: bool = False


def settle(order: Order, standing: Standing, known: Collection[str], grace_days: int) -> Settled:
    """What follows. `known`: the ids of the order's entries that the ledger holds; `grace_days`: how long a member
    stays one whose renewal fails.

    Raises PaymentMismatch where the processor speaks of something else than was ordered, ImpossibleTransition where
    what it says cannot follow from what it said: in both cases nothing is granted.
    """
    check(order, standing)
    state = state_of(standing)
    if state is not order.state and state not in TRANSITIONS[order.state]:
        raise ImpossibleTransition(f"{order.state.value} cannot become {state.value}.")
    # What the ledger has stays, also where the processor does not say it any more.
    lacking = {entry.id: entry for entry in entries_of(order.id, standing) if entry.id not in known}
    new = tuple(lacking.values())[:MOST_AT_ONCE]
    raised = sum(entry.amount for entry in new)
    received = order.received + raised
    supports = order.campaign is not None and received > 0
    subscription = standing.subscription
    settled = replace(
        order,
        state=state,
        received=received,
        cancels=subscription is not None and subscription.cancels and state is OrderState.RUNNING,
        subscription=subscription.id if subscription else None,
        supports=supports,
        membership=membership_of(order, standing, state, grace_days),
    )
    settled = replace(settled, notices=(*order.notices, *_notices(order, settled, standing, new)))
    return Settled(settled, new, raised, supports - order.supports, more=len(lacking) > len(new))


def check(order: Order, standing: Standing) -> None:
    """Raises PaymentMismatch unless the processor speaks of exactly what was ordered (R8)."""
    is_recurring = order.interval is not Interval.ONCE
    asked: dict[str, tuple[object, object]] = {
        "session": (order.session, standing.session),
        "reference": (order.id, standing.reference),
        "livemode": (order.livemode, standing.livemode),
        "mode": (is_recurring, standing.is_recurring),
        "amount": (order.amount, standing.amount),
        "currency": (order.currency, standing.currency),
    }
    if (subscription := standing.subscription) is not None:
        asked["interval"] = (order.interval, subscription.interval)
        asked["subscription's amount"] = (order.amount, subscription.amount)
        asked["subscription's currency"] = (order.currency, subscription.currency)
        if order.kind is Kind.MEMBERSHIP:
            asked["price"] = (order.price, subscription.price)
    for payment in standing.payments:
        asked[f"currency of {payment.id}"] = (order.currency, payment.currency)
        if not is_recurring:
            asked[f"amount of {payment.id}"] = (order.amount, payment.amount)
    for what, (ours, theirs) in asked.items():
        if ours != theirs:
            raise PaymentMismatch(what)


def state_of(standing: Standing) -> OrderState:
    """The state that the processor's word means: the one table."""
    if standing.page is PageState.OPEN:
        return OrderState.OPEN
    if standing.page is PageState.EXPIRED:
        return OrderState.EXPIRED
    last, returned = _last(standing.payments), _returned(standing.payments)
    if standing.subscription is not None:
        return _state_of_subscription(standing.subscription, last, returned)
    if last is not None:
        return returned or OrderState.PAID
    return OrderState.FAILED if standing.failed else OrderState.PENDING


def _state_of_subscription(subscription: Subscription, last: Payment | None, returned: OrderState | None) -> OrderState:
    match subscription.status:
        case SubscriptionStatus.INCOMPLETE_EXPIRED:
            return OrderState.FAILED
        case SubscriptionStatus.CANCELED if last is None:
            return OrderState.FAILED
        case SubscriptionStatus.CANCELED:
            return OrderState.ENDED
        case _ if last is None:
            return OrderState.PENDING
        case _ if returned is not None:
            return returned
        case SubscriptionStatus.PAUSED:
            return OrderState.PAUSED
        case SubscriptionStatus.PAST_DUE | SubscriptionStatus.UNPAID | SubscriptionStatus.INCOMPLETE:
            return OrderState.PAST_DUE
    return OrderState.PAUSED if subscription.paused else OrderState.RUNNING


def _returned(payments: tuple[Payment, ...]) -> OrderState | None:
    """Whether the money that counts now has left again. A dispute counts whichever payment it is about, until another
    payment has come after it: who takes back January in February does not read on through March."""
    last = _last(payments)
    if last is None:
        return None
    open_ones = (one for payment in payments for one in payment.disputes if one.outcome is not DisputeOutcome.WON)
    if last.is_disputed or any(one.at >= last.at for one in open_ones):
        return OrderState.DISPUTED
    return OrderState.REFUNDED if last.is_refunded else None


def membership_of(order: Order, standing: Standing, state: OrderState, grace_days: int) -> Membership | None:
    """The membership that follows. None for whatever is no membership, or has not begun: the one place where money
    becomes a tier, and no contribution comes past its first line (R8)."""
    if order.kind is not Kind.MEMBERSHIP or standing.subscription is None or not standing.payments:
        return None
    subscription = standing.subscription
    kept = (one for one in standing.payments if not (one.is_disputed or one.is_refunded))
    paid_until = max((one.until or 0 for one in kept), default=0)
    grace = paid_until + grace_days * DAY
    if paid_until <= subscription.started_at:  # a part of what the first period costs, which opens nothing yet
        return Membership(MembershipState.ENDED, subscription.started_at, paid_until, 0)
    match state:
        case OrderState.RUNNING:
            # Paying for the next period takes its time; where there will be none, nothing is waited for.
            good_until = paid_until if subscription.cancels else max(grace, paid_until + RENEWING)
            return Membership(
                MembershipState.ACTIVE, subscription.started_at, paid_until, good_until, subscription.cancels
            )
        case OrderState.PAST_DUE if subscription.status is not SubscriptionStatus.UNPAID:
            return Membership(MembershipState.PAST_DUE, subscription.started_at, paid_until, grace)
        case OrderState.PAUSED:
            return Membership(MembershipState.PAUSED, subscription.started_at, paid_until, paid_until)
    return Membership(MembershipState.ENDED, subscription.started_at, paid_until, 0)


def withdrawn(order: Order, standing: Standing) -> Order | None:
    """What an order is over which the processor speaks of something else than was ordered, now that its money has left,
    or no more will come: nothing is granted for it, and nothing that it gave is kept (R11). None where it keeps what it
    has, and where this is said of another page."""
    given, subscription = order.membership, standing.subscription
    if given is None or given.state is MembershipState.ENDED:
        return None
    if (order.session, order.id, order.livemode) != (standing.session, standing.reference, standing.livemode):
        return None
    is_unpaid = subscription is not None and subscription.status is SubscriptionStatus.UNPAID
    if not is_unpaid and state_of(standing) not in _OVER:
        return None
    ended = Membership(MembershipState.ENDED, given.since, given.paid_until, 0)
    return replace(order, membership=ended)


def _last(payments: tuple[Payment, ...]) -> Payment | None:
    return max(payments, key=lambda one: (one.until or 0, one.at, one.id), default=None)


def _notices(before: Order, after: Order, standing: Standing, new: tuple[Entry, ...]) -> Iterator[Notice]:
    """The mails that are due after this step."""
    is_membership = after.kind is Kind.MEMBERSHIP
    paid = sorted(standing.payments, key=lambda one: (one.at, one.id))
    until = {one.id: one.until for one in paid}
    for entry in new:
        if entry.kind is EntryKind.PAYMENT:
            first = NoticeKind.WELCOME if is_membership else NoticeKind.THANKS
            kind = first if entry.payment == paid[0].id else NoticeKind.RECEIPT
            yield Notice(kind, entry.id, entry.amount, entry.at, until[entry.id])
        elif entry.kind is EntryKind.REFUND:
            yield Notice(NoticeKind.REFUNDED, entry.id, -entry.amount, entry.at)
    good = after.membership.good_until if after.membership else None
    last = _last(standing.payments)
    if last is None:
        return
    about = f"{after.id}-{last.id}"
    # Who has paid since we looked last is told again: what was said before was of another time.
    since = any(entry.id == last.id for entry in new)
    if after.state is OrderState.PAST_DUE and (since or before.state is not OrderState.PAST_DUE):
        yield Notice(NoticeKind.PAYMENT_FAILED, f"{about}-failed", after.amount, last.at, good)
    if after.cancels and (since or not before.cancels):
        yield Notice(NoticeKind.CANCELLED, f"{about}-cancelled", after.amount, last.at, last.until)
    if after.state is OrderState.ENDED and before.state is not OrderState.ENDED:
        yield Notice(NoticeKind.ENDED, f"{about}-ended", after.amount, last.at)

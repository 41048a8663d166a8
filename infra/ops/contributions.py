"""Orders as ops sees them: what the ledger and the processor say of each, side by side, and giving money back.

What changes anything is done by the same steps as when payments hears of it: the processor is asked to do it, and then
the order is looked at.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from functions.payments.doors import Doors
from functions.payments.look import Looked, look
from shared.domain.ledger import Entry, entries_of
from shared.domain.money import parse_typed, written
from shared.domain.orders import ORDER_ID, Kind, Order, OrderState
from shared.domain.refusals import ImpossibleTransition, InvalidField, PaymentMismatch, UnknownOrder
from shared.domain.settling import DAY, settle, state_of
from shared.domain.standing import Payment, Standing, SubscriptionStatus
from shared.ports.money import Ledger

GOES_ON: Final = frozenset(
    {OrderState.RUNNING, OrderState.PAST_DUE, OrderState.PAUSED, OrderState.REFUNDED, OrderState.DISPUTED}
)
"""The states in which more may be collected, where it is not paid once."""
_LOOK: Final = "`frontline contributions list` shows all of them."
_theirs = re.compile(r"[a-z]{2,12}_[A-Za-z0-9_]{4,250}\Z")
_OVER: Final = frozenset({SubscriptionStatus.CANCELED, SubscriptionStatus.INCOMPLETE_EXPIRED})


# Finding --------------------------------------------------------------------------------------------------------------


class Wanted(Struct, frozen=True):
    """Which orders are meant: those of all that is said. `since`: seconds since 1970."""

    kind: Kind | None = None
    state: OrderState | None = None
    campaign: str | None = None
    member: str | None = None
    since: int | None = None

    def has(self, order: Order) -> bool:
        return (
            self.kind in (None, order.kind)
            and self.state in (None, order.state)
            and self.campaign in (None, order.campaign)
            and self.member in (None, order.member)
            and (self.since is None or self.since <= order.asked_at)
        )


def listed(ledger: Ledger, wanted: Wanted, step: Callable[[], None]) -> list[Order]:
    """The orders that are meant, the latest first. `step` is called with each that is looked at."""
    found: list[Order] = []
    for order, _ in ledger.everything():
        step()
        if wanted.has(order):
            found.append(order)
    return sorted(found, key=lambda one: (-one.asked_at, one.id))


def is_id(said: str) -> bool:
    """Whether that can be an order's id, or one of the processor's."""
    return ORDER_ID.match(said) is not None or _theirs.match(said) is not None


def find_order(said: str, doors: Doors) -> Order:
    """The order of that id, or that something of the processor's belongs to (a page, payment, subscription, refund…).
    Raises UnknownOrder."""
    id: str | None = said
    if ORDER_ID.match(said) is None:
        session = said if said.startswith("cs_") else doors.processor.session_behind(said)
        id = None if session is None else doors.ledger.of_session(session)
    found = None if id is None else doors.ledger.read(id)
    if found is None:
        raise UnknownOrder(f"There is no order of this id, and none that this belongs to. {_LOOK}")
    return found[0]


# Comparing ------------------------------------------------------------------------------------------------------------


class Verdict(enum.Enum):
    """How the ledger and the processor agree over an order."""

    AGREE = "agree"
    BEHIND = "behind"  # the processor knows more: a look settles it
    MISMATCHED = "mismatched"  # it is not what was ordered: no look settles it
    UNPAID = "unpaid"  # nobody has been sent to the processor's page


class Row(Struct, frozen=True):
    """One thing, as we have it and as the processor says it."""

    what: str
    here: str
    there: str


class Compared(Struct, frozen=True):
    """An order beside its standing. `entries`: every movement, whether it is in the ledger, and whether the processor
    knows it; `why`: what is mismatched."""

    verdict: Verdict
    rows: tuple[Row, ...] = ()
    entries: tuple[tuple[Entry, bool, bool], ...] = ()
    why: str | None = None


def compare(order: Order, known: tuple[Entry, ...], standing: Standing, grace_days: int) -> Compared:
    """How our order and the processor's word of it agree: by the rule that settles it, and nothing is written."""
    ours, theirs = {one.id: one for one in known}, {one.id: one for one in entries_of(order.id, standing)}
    every = sorted({**theirs, **ours}.values(), key=lambda one: (one.at, one.id))
    entries = tuple((one, one.id in ours, one.id in theirs) for one in every)
    verdict, why = Verdict.AGREE, None
    try:
        settled = settle(order, standing, frozenset(ours), grace_days)
        if settled.entries or replace(settled.order, notices=()) != replace(order, notices=()):
            verdict = Verdict.BEHIND
    except PaymentMismatch as error:
        verdict, why = Verdict.MISMATCHED, f"the {error.what} is not what was ordered"
    except ImpossibleTransition as error:
        verdict, why = Verdict.MISMATCHED, error.detail.rstrip(".")
    return Compared(verdict, tuple(_rows(order, standing, sum(one.amount for one in theirs.values()))), entries, why)


def _rows(order: Order, standing: Standing, received: int) -> Iterator[Row]:
    subscription = standing.subscription
    interval = subscription.interval.value if subscription else "once" if not standing.is_recurring else "recurring"
    yield Row("state", order.state.value, state_of(standing).value)
    yield Row("amount", written(order.amount, order.currency), written(standing.amount, standing.currency))
    yield Row("how often", order.interval.value, interval)
    yield Row("mode", mode(order.livemode), mode(standing.livemode))
    yield Row("received", written(order.received, order.currency), written(received, standing.currency))
    if order.subscription is not None or subscription is not None:
        theirs = f"{subscription.id}, {subscription.status.value}" if subscription else "none"
        yield Row("subscription", order.subscription or "none", theirs)
        yield Row("cancels", _yes(order.cancels), _yes(subscription is not None and subscription.cancels))


def mode(livemode: bool) -> str:
    return "live" if livemode else "test"


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


# Giving back ----------------------------------------------------------------------------------------------------------


class Returning(Struct, frozen=True):
    """What is to be given back: `amount` of a `payment` (minor units; 0 where all of it was given back before), of
    which `left` had not been. `ends`: the subscription that ends with it."""

    order: Order
    payment: Payment
    amount: int
    left: int
    ends: str | None

    @property
    def key(self) -> str:
        """The same until the processor lists what was given back by it, and another one from then on."""
        return f"refund-{self.payment.id}-{len(self.payment.refunds)}-{self.amount}"


def plan_refund(
    order: Order,
    standing: Standing,
    *,
    payment: str | None = None,
    amount: str | None = None,
    keep: bool = False,
    again: bool = False,
    now: float,
) -> Returning:
    """What giving back means for this order: all that is left of its last payment, unless another is named or an
    `amount` is, as it is typed. A membership whose last payment is given back whole ends, unless it is to be kept.

    Raises InvalidField for what cannot be given back, and where the same was given back within a day and is not meant
    `again`: whoever lost the answer is not to pay twice.
    """
    paid = sorted(standing.payments, key=lambda one: (one.until or 0, one.at, one.id))
    if not paid:
        raise InvalidField("order", "Nothing has been paid for it that could be given back.")
    chosen = next((one for one in paid if one.id == payment), None) if payment is not None else paid[-1]
    if chosen is None:
        raise InvalidField("payment", f"It is none of this order's payments: {', '.join(one.id for one in paid)}.")
    if chosen.is_disputed:
        raise InvalidField("payment", "The payer's bank has taken it back, or asks for it: it cannot be given twice.")
    returned = tuple(one for one in chosen.refunds if not one.failed)
    left = chosen.amount - sum(one.amount for one in returned)
    wanted = left if amount is None else parse_typed(amount, order.currency)
    if amount is not None and not 0 < wanted <= left:
        raise InvalidField("amount", f"Of this payment {written(left, order.currency)} is left to be given back.")
    if amount is not None and not again:
        for one in returned:
            if one.amount == wanted and now - one.at < DAY:
                said = f"{written(wanted, order.currency)} of it was given back within the last day ({one.id})."
                raise InvalidField("amount", f"{said} With --again it is given once more.")
    is_whole = wanted == left and chosen == paid[-1]
    ends = is_whole and order.kind is Kind.MEMBERSHIP and not keep
    return Returning(order, chosen, wanted, left, _running(standing) if ends else None)


def give_back(returning: Returning, doors: Doors) -> Looked:
    """Give it back, end what ends with it, and look at the order, so that the ledger is true at once. Whoever is cut
    off does it again."""
    if returning.amount:
        doors.processor.refund(returning.payment.id, returning.amount, returning.key)
    if returning.ends is not None:
        doors.processor.cancel(returning.ends)
    return look(_session(returning.order), doors)


def running(order: Order, doors: Doors) -> str:
    """The subscription by which the order is renewed. Raises InvalidField where none is."""
    found = _running(standing_of(order, doors))
    if found is None:
        raise InvalidField("order", "Nothing is collected for it any more.")
    return found


def end(subscription: str, order: Order, doors: Doors) -> Looked:
    """End what renews the order now, and look at it."""
    doors.processor.cancel(subscription)
    return look(_session(order), doors)


def standing_of(order: Order, doors: Doors) -> Standing:
    """How the processor says it stands with the order. Raises UnknownOrder where it knows none."""
    return doors.processor.standing(_session(order))


def look_at(order: Order, doors: Doors) -> Looked:
    """Have the order be what the processor says."""
    return look(_session(order), doors)


def grace_for(order: Order, doors: Doors) -> int:
    """For how many days a member stays one whose renewal fails; nothing else asks the paper."""
    return doors.papers.read().past_due_grace_days if order.kind is Kind.MEMBERSHIP else 0


def _running(standing: Standing) -> str | None:
    subscription = standing.subscription
    return None if subscription is None or subscription.status in _OVER else subscription.id


def _session(order: Order) -> str:
    if order.session is None:
        raise UnknownOrder("Nobody has been sent to a page to pay for it: it leads nowhere.")
    return order.session

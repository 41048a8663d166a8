"""What a reader has asked to pay for, and what has become of it. An order is our own record: whatever the processor or
anybody else says of a payment is compared with it, and nothing is believed instead of it (R8)."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Annotated, Final

from msgspec import Meta, Struct

from shared.domain.members import Membership

ORDER_ID: Final = re.compile(r"[0-9a-f]{32}\Z")
ShortLine = Annotated[str, Meta(max_length=80)]
Message = Annotated[str, Meta(max_length=500)]


class Kind(enum.Enum):
    """A contribution never opens anything, whatever its amount; a membership never is a gift."""

    CONTRIBUTION = "contribution"
    MEMBERSHIP = "membership"


class Interval(enum.Enum):
    """How often it is paid."""

    ONCE = "once"
    MONTH = "month"
    YEAR = "year"


class OrderState(enum.Enum):
    """How it stands with an order, by what the processor said last."""

    OPEN = "open"  # the processor's page is there, and nobody has paid
    PENDING = "pending"  # paid in a way that takes days
    PAID = "paid"  # once, and the money is here
    RUNNING = "running"  # every month or year, and in good standing
    PAST_DUE = "past_due"  # a renewal has failed, and is tried again
    PAUSED = "paused"
    REFUNDED = "refunded"  # the last payment was given back whole
    DISPUTED = "disputed"  # the payer's bank has taken the last payment back
    ENDED = "ended"  # renewed no more
    EXPIRED = "expired"  # nobody has paid in time
    FAILED = "failed"  # it was tried, and no money came


_S = OrderState
_GOING: Final = frozenset({_S.RUNNING, _S.PAST_DUE, _S.PAUSED, _S.REFUNDED, _S.DISPUTED, _S.ENDED})
TRANSITIONS: Final[Mapping[OrderState, frozenset[OrderState]]] = {
    # Nobody hears of every step: what comes next is whatever may come at all.
    _S.OPEN: frozenset(OrderState),
    _S.PENDING: frozenset(OrderState) - {_S.OPEN},
    _S.PAID: frozenset({_S.REFUNDED, _S.DISPUTED}),
    _S.RUNNING: _GOING,
    _S.PAST_DUE: _GOING,
    _S.PAUSED: _GOING,
    _S.REFUNDED: _GOING | {_S.PAID},  # a refund may fail
    _S.DISPUTED: _GOING | {_S.PAID},  # a dispute may be won
    _S.ENDED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.FAILED: frozenset({_S.PAID, _S.REFUNDED, _S.DISPUTED, _S.ENDED}),  # and yet some came, later
}
"""From each state, those that may follow it, beside itself. What the processor says against this is not applied."""


class NoticeKind(enum.Enum):
    """What a payer is told by mail."""

    THANKS = "thanks"  # for a contribution, with its receipt
    WELCOME = "welcome"  # to a membership, with its receipt
    RECEIPT = "receipt"  # of a renewal
    PAYMENT_FAILED = "payment_failed"
    CANCELLED = "cancelled"  # it will not be renewed: until when it runs
    ENDED = "ended"
    REFUNDED = "refunded"


class Notice(Struct, frozen=True):
    """A mail that is due. `key`: what it is about; a mail of one key is sent once. `amount` in minor units, `at` and
    `until` in seconds since 1970."""

    kind: NoticeKind
    key: str
    amount: int
    at: int
    until: int | None = None


class Order(Struct, frozen=True):
    """An order. `amount` is in minor units of `currency` (three capitals), times in seconds since 1970.

    `member`: whose it is, None for a contribution of somebody who was not signed in, and after an erasure; `plan` and
    `price` (the processor's) are those of a membership; `session`: the processor's page for it. `name` and `message`
    are the giver's, and shown only where `public`.

    What has been settled: `received` is what its entries in the ledger sum up to; `cancels`: it is not renewed any
    more; `supports`: whether it is counted among its campaign's supporters; `notices`: mails that are due. `forgotten`:
    whose it was has had everything erased, and gets no mail.
    """

    id: str
    kind: Kind
    amount: int
    currency: str
    interval: Interval
    livemode: bool
    asked_at: int
    member: str | None = None
    plan: str | None = None
    price: str | None = None
    campaign: str | None = None
    name: str | None = None
    message: str | None = None
    public: bool = False
    session: str | None = None
    subscription: str | None = None
    state: OrderState = OrderState.OPEN
    received: int = 0
    cancels: bool = False
    supports: bool = False
    membership: Membership | None = None
    notices: tuple[Notice, ...] = ()
    forgotten: bool = False

    def __repr__(self) -> str:  # a name and a message are somebody's
        return f"Order({self.id}, {self.kind.value}, {self.state.value})"


class Payer(Struct, frozen=True):
    """A member as the processor knows them."""

    member: str
    customer: str

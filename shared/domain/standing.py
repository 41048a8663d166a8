"""How a payment stands with the processor at present, in our words. The processor's own objects stay in its adapter."""

from __future__ import annotations

import enum

from msgspec import Struct

from shared.domain.orders import Interval


class DisputeOutcome(enum.Enum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Refund(Struct, frozen=True):
    """Money given back. One that `failed` has come back to us."""

    id: str
    amount: int
    at: int
    failed: bool = False


class Dispute(Struct, frozen=True):
    """Money that the payer's bank has taken back, or asks for. Inquiries, for which no money moves, are none.
    `settled_at`: when a won one's came back."""

    id: str
    amount: int
    at: int
    outcome: DisputeOutcome
    settled_at: int | None = None


class Payment(Struct, frozen=True):
    """Money that has come: `amount` in minor units, `at` in seconds since 1970. `until`: to when it pays for a
    recurring order, None for one that is paid once."""

    id: str
    amount: int
    currency: str
    at: int
    until: int | None = None
    refunds: tuple[Refund, ...] = ()
    disputes: tuple[Dispute, ...] = ()

    @property
    def is_disputed(self) -> bool:
        """Whether its payer's bank has, or keeps, the money."""
        return any(one.outcome is not DisputeOutcome.WON for one in self.disputes)

    @property
    def is_refunded(self) -> bool:
        """Whether it was given back whole."""
        return sum(one.amount for one in self.refunds if not one.failed) >= self.amount


class SubscriptionStatus(enum.Enum):
    """Stripe's words (https://docs.stripe.com/api/subscriptions/object#subscription_object-status)."""

    INCOMPLETE = "incomplete"
    INCOMPLETE_EXPIRED = "incomplete_expired"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    CANCELED = "canceled"
    PAUSED = "paused"


class Subscription(Struct, frozen=True):
    """What renews itself. `paused`: whether collecting is; `cancels`: whether it ends with what is paid for;
    `ended_at`: when it has ended (seconds since 1970)."""

    id: str
    status: SubscriptionStatus
    price: str
    amount: int
    currency: str
    interval: Interval
    started_at: int
    cancels: bool = False
    paused: bool = False
    ended_at: int | None = None


class PageState(enum.Enum):
    """How it stands with the processor's page."""

    OPEN = "open"
    EXPIRED = "expired"
    COMPLETE = "complete"  # something was paid there, or will be


class Standing(Struct, frozen=True):
    """All that the processor says of one order's page and what came of it, at one moment.

    `reference`: whose order it says it is for; `amount`: the page's total in minor units; `is_settling`: paid in a way
    that takes days; `failed`: so paid, and nothing came. `email`: what the payer has given there, which proves nothing.
    """

    session: str
    reference: str | None
    livemode: bool
    is_recurring: bool
    page: PageState
    amount: int
    currency: str
    customer: str | None = None
    email: str | None = None
    is_settling: bool = False
    failed: bool = False
    payments: tuple[Payment, ...] = ()
    subscription: Subscription | None = None

    def __repr__(self) -> str:  # an address is in it
        return f"Standing({self.session})"

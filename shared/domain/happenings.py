"""What lies on the payments' queue: that something has happened at the processor, never what. Whoever takes it from
there asks how it stands now, so order, repetition and loss of these change nothing in the end (R20)."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

EVENT_TYPES: Final = frozenset(
    {
        "charge.dispute.closed",
        "charge.dispute.created",
        "charge.dispute.funds_reinstated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.refunded",
        "checkout.session.async_payment_failed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.completed",
        "checkout.session.expired",
        "customer.subscription.created",
        "customer.subscription.deleted",
        "customer.subscription.paused",
        "customer.subscription.resumed",
        "customer.subscription.updated",
        "invoice.marked_uncollectible",
        "invoice.paid",
        "invoice.payment_failed",
        "invoice.voided",
        "invoice_payment.paid",
        "refund.created",
        "refund.failed",
        "refund.updated",
    }
)
"""What we want to hear of, in the processor's words: after each of these an order may stand otherwise than before."""


class Happened(Struct, frozen=True, tag_field="kind", tag="event"):
    """An event of the processor's: its id and type, the id of the object that it is about, and when it was made
    (seconds since 1970)."""

    event: str
    type: str
    object: str
    at: int
    livemode: bool


class Forget(Struct, frozen=True, tag_field="kind", tag="forget"):
    """A member has had their account erased: nothing of theirs goes on, and nothing here leads to them (R32)."""

    member: str


PaymentsMessage = Happened | Forget

"""The ledger: every movement of money, once, for good. An entry's id is made of the processor's, so that the same
movement is the same entry, however often and in whatever order it is heard of."""

from __future__ import annotations

import enum
from collections.abc import Iterator

from msgspec import Struct

from shared.domain.standing import DisputeOutcome, Payment, Standing


class EntryKind(enum.Enum):
    PAYMENT = "payment"
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"
    DISPUTE = "dispute"
    DISPUTE_WON = "dispute_won"


class Entry(Struct, frozen=True):
    """A movement. `amount` is in minor units of `currency`, negative where money has left; `at`: seconds since 1970.
    `payment`: the one that it belongs to. Nothing in it leads to a person but its order, as long as that does (R32)."""

    id: str
    order: str
    kind: EntryKind
    amount: int
    currency: str
    at: int
    payment: str


def entries_of(order: str, standing: Standing) -> Iterator[Entry]:
    """Every movement that the processor knows of for an order."""
    for payment in standing.payments:
        yield Entry(payment.id, order, EntryKind.PAYMENT, payment.amount, payment.currency, payment.at, payment.id)
        yield from _returned(order, payment)


def _returned(order: str, payment: Payment) -> Iterator[Entry]:
    def entry(id: str, kind: EntryKind, amount: int, at: int) -> Entry:
        return Entry(id, order, kind, amount, payment.currency, at, payment.id)

    for refund in payment.refunds:
        yield entry(refund.id, EntryKind.REFUND, -refund.amount, refund.at)
        if refund.failed:
            yield entry(f"{refund.id}-failed", EntryKind.REFUND_FAILED, refund.amount, refund.at)
    for dispute in payment.disputes:
        yield entry(dispute.id, EntryKind.DISPUTE, -dispute.amount, dispute.at)
        if dispute.outcome is DisputeOutcome.WON:
            at = dispute.settled_at or dispute.at
            yield entry(f"{dispute.id}-won", EntryKind.DISPUTE_WON, dispute.amount, at)

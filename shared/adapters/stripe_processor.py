"""What Stripe knows of payments: how it stands with each, in our words, and what has happened.

As of API version 2026-10-28.endive: what a subscription's period is stands on its item, what an invoice was paid with
in its payments, and how long it pays for on its lines (its own `period_end` is that of the period before).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, TypeVar, cast

from shared.adapters.stripe_checkouts import PERIODS
from shared.adapters.stripe_client import PAGE, NotThere, StripeAt
from shared.domain.happenings import EVENT_TYPES, Happened
from shared.domain.orders import Interval
from shared.domain.refusals import ProcessorRefused, UnknownOrder
from shared.domain.standing import (
    Dispute,
    DisputeOutcome,
    PageState,
    Payment,
    Refund,
    Standing,
    Subscription,
    SubscriptionStatus,
)

if TYPE_CHECKING:
    import stripe as lib
    from stripe._v1_services import V1Services
    from stripe.checkout import Session

_Moved = TypeVar("_Moved", Payment, Refund, Dispute)
TYPES_A_QUESTION: Final = 20  # how many types of event may be asked for at once
DAY: Final = 86_400
_NO_PAYMENT: Final = frozenset({"requires_payment_method", "canceled"})
_NO_REFUND: Final = frozenset({"failed", "canceled"})
_DISPUTES: Final = {
    "needs_response": DisputeOutcome.OPEN,
    "under_review": DisputeOutcome.OPEN,
    "won": DisputeOutcome.WON,
    "lost": DisputeOutcome.LOST,
}
"""Every other status is one for which no money moves: inquiries, and what was prevented."""


class StripeProcessor:
    """`shared.ports.money.Processor`. A payment's id is that of Stripe's PaymentIntent."""

    def __init__(self, at: StripeAt) -> None:
        self._at = at

    def standing(self, session: str) -> Standing:
        try:
            with self._at.asking() as stripe:
                expand = ["payment_intent.latest_charge.refunds", "subscription"]
                page = stripe.checkout.sessions.retrieve(session, {"expand": expand})
                return _standing(stripe, page)
        except NotThere:
            raise UnknownOrder("There is no such page.") from None

    def session_behind(self, object: str) -> str | None:
        try:
            with self._at.asking() as stripe:
                return _session_behind(stripe, object)
        except NotThere:
            return None

    def happened(self, since: int) -> Iterator[Happened]:
        wanted = sorted(EVENT_TYPES)
        found: list[Happened] = []
        with self._at.asking() as stripe:
            for start in range(0, len(wanted), TYPES_A_QUESTION):
                some = wanted[start : start + TYPES_A_QUESTION]
                asked = stripe.events.list({"created": {"gte": since}, "types": some, "limit": PAGE})
                found += [_happened(event) for event in asked.auto_paging_iter()]
        yield from sorted(found, key=lambda one: one.at)

    def sessions(self, since: int) -> Iterator[str]:
        with self._at.asking() as stripe:
            asked = stripe.checkout.sessions.list({"created": {"gte": since}, "limit": PAGE})
            yield from (page.id for page in asked.auto_paging_iter())

    def refund(self, payment: str, amount: int | None, key: str) -> Refund:
        asked: lib.params.RefundCreateParams = {"payment_intent": payment}
        if amount is not None:
            asked["amount"] = amount
        with self._at.asking() as stripe:
            return _refund(stripe.refunds.create(asked, {"idempotency_key": key}))

    def cancel(self, subscription: str) -> None:
        try:
            with self._at.asking() as stripe:
                stripe.subscriptions.cancel(subscription)
        except NotThere:  # so says Stripe of one that has ended
            return

    def forget(self, customer: str) -> None:
        try:
            with self._at.asking() as stripe:
                stripe.customers.delete(customer)
        except NotThere:
            return


# How it stands -------------------------------------------------------------------------------------------------------


def _standing(stripe: V1Services, page: Session) -> Standing:
    intent = cast("lib.PaymentIntent | None", page.payment_intent)
    subscription = cast("lib.Subscription | None", page.subscription)
    is_waited_for = page.status == "complete" and page.payment_status == "unpaid"
    has_failed = is_waited_for and page.mode == "payment" and (intent is None or intent.status in _NO_PAYMENT)
    if page.amount_total is None or page.currency is None:
        raise ProcessorRefused("a page without an amount")
    return Standing(
        session=page.id,
        reference=page.client_reference_id,
        livemode=page.livemode,
        is_recurring=page.mode == "subscription",
        page=PageState(page.status),
        amount=page.amount_total,
        currency=page.currency.upper(),
        customer=_id(page.customer),
        email=page.customer_details.email if page.customer_details else page.customer_email,
        is_settling=is_waited_for and not has_failed,
        failed=has_failed,
        payments=_oldest_first(_renewals(stripe, subscription) if subscription else _once(stripe, intent)),
        subscription=_subscription(subscription) if subscription else None,
    )


def _once(stripe: V1Services, intent: lib.PaymentIntent | None) -> Iterator[Payment]:
    """What was paid on the page itself."""
    charge = cast("lib.Charge | None", intent and intent.latest_charge)
    if intent is not None and intent.status == "succeeded" and charge is not None:
        yield _payment(stripe, intent.id, charge, intent.amount_received, charge.created, None)


def _renewals(stripe: V1Services, subscription: lib.Subscription) -> Iterator[Payment]:
    """What was paid by the subscription's invoices, in three questions for each hundred of them, or a few more."""
    asked = stripe.invoices.list({"subscription": subscription.id, "limit": PAGE, "expand": ["data.payments"]})
    paid = [(invoice, one) for invoice in asked.auto_paging_iter() for one in _paid(stripe, invoice)]
    if not paid:
        return
    charges = _charges(stripe, subscription)
    for invoice, payment in paid:
        intent = _id(payment.payment.payment_intent) if payment.payment.type == "payment_intent" else None
        if intent is None:  # paid by cash, or in another way that Stripe has only been told of
            continue
        charge = charges.get(intent) or _charge_of(stripe, intent)
        at = payment.status_transitions.paid_at or payment.created
        yield _payment(stripe, intent, charge, payment.amount_paid or 0, at, _paid_until(invoice))


def _paid(stripe: V1Services, invoice: lib.Invoice) -> list[lib.InvoicePayment]:
    """What has been paid of an invoice: often once, sometimes in parts, never where it is about nothing."""
    listed = invoice.payments
    if listed is None or listed.has_more:
        listed = stripe.invoice_payments.list({"invoice": invoice.id, "limit": PAGE})
        every: Iterable[lib.InvoicePayment] = listed.auto_paging_iter()
    else:
        every = listed.data
    return [one for one in every if one.status == "paid"]


def _paid_until(invoice: lib.Invoice) -> int:
    """To when an invoice pays: to the end of its lines' periods, where all of it is paid, and else not beyond their
    beginning."""
    lines = invoice.lines.data
    if invoice.status == "paid":
        return max((line.period.end for line in lines), default=invoice.period_end)
    return min((line.period.start for line in lines), default=invoice.period_start)


def _charges(stripe: V1Services, subscription: lib.Subscription) -> dict[str, lib.Charge]:
    """What was taken from the customer since the subscription began, by PaymentIntent."""
    customer = _id(subscription.customer)
    if customer is None:
        return {}
    since = subscription.created - DAY
    asked = stripe.charges.list(
        {"customer": customer, "created": {"gte": since}, "limit": PAGE, "expand": ["data.refunds"]}
    )
    taken = (one for one in asked.auto_paging_iter() if one.status == "succeeded")
    return {intent: one for one in taken if (intent := _id(one.payment_intent))}


def _charge_of(stripe: V1Services, intent: str) -> lib.Charge:
    """The charge that a payment came by."""
    found = stripe.charges.list({"payment_intent": intent, "limit": PAGE, "expand": ["data.refunds"]})
    for charge in found.auto_paging_iter():
        if charge.status == "succeeded":
            return charge
    raise ProcessorRefused("a payment without a charge")


def _payment(stripe: V1Services, id: str, charge: lib.Charge, amount: int, at: int, until: int | None) -> Payment:
    refunds, disputes = charge.refunds, []
    if refunds is None or refunds.has_more:
        refunds = stripe.refunds.list({"charge": charge.id, "limit": PAGE})
    if charge.disputed:
        disputes = list(stripe.disputes.list({"charge": charge.id, "limit": PAGE}).auto_paging_iter())
    return Payment(
        id=id,
        amount=amount,
        currency=charge.currency.upper(),
        at=at,
        until=until,
        refunds=_oldest_first(_refund(one) for one in refunds.auto_paging_iter()),
        disputes=_oldest_first(_dispute(one, amount, charge.currency) for one in disputes if one.status in _DISPUTES),
    )


def _refund(refund: lib.Refund) -> Refund:
    """One that is on its way has left us all the same."""
    return Refund(refund.id, refund.amount, refund.created, refund.status in _NO_REFUND)


def _dispute(dispute: lib.Dispute, paid: int, currency: str) -> Dispute:
    """A won one is won when its money is back. `paid`: what to go by where the bank speaks of another currency."""
    outcome = _DISPUTES[dispute.status]
    came_back = [one.created for one in dispute.balance_transactions if one.amount > 0]
    if outcome is DisputeOutcome.WON and not came_back:
        outcome = DisputeOutcome.OPEN
    amount = dispute.amount if dispute.currency == currency else paid
    settled_at = max(came_back) if outcome is DisputeOutcome.WON else None
    return Dispute(dispute.id, amount, dispute.created, outcome, settled_at)


def _subscription(subscription: lib.Subscription) -> Subscription:
    items = subscription.items.data
    item = items[0]
    recurring, every = item.price.recurring, Interval.ONCE
    if recurring is not None and recurring.interval_count == 1:
        every = PERIODS.get(recurring.interval, Interval.ONCE)
    return Subscription(
        id=subscription.id,
        status=SubscriptionStatus(subscription.status),
        price=item.price.id,
        amount=sum((one.price.unit_amount or 0) * (one.quantity or 1) for one in items),
        currency=subscription.currency.upper(),
        interval=every,
        started_at=subscription.start_date,
        cancels=subscription.ended_at is None
        and (subscription.cancel_at_period_end or subscription.cancel_at is not None),
        paused=subscription.pause_collection is not None,
        ended_at=subscription.ended_at,
    )


# What belongs to what ------------------------------------------------------------------------------------------------


def _session_behind(stripe: V1Services, object: str) -> str | None:
    match object.partition("_")[0]:
        case "cs":
            return object
        case "pi":
            return _by_payment(stripe, object)
        case "ch" | "py":
            return _by_payment(stripe, _id(stripe.charges.retrieve(object).payment_intent))
        case "re" | "pyr":
            return _by_payment(stripe, _id(stripe.refunds.retrieve(object).payment_intent))
        case "dp" | "du":
            return _by_payment(stripe, _id(stripe.disputes.retrieve(object).payment_intent))
        case "sub":
            return _by_subscription(stripe, object)
        case "in":
            return _by_invoice(stripe, object)
        case "inpay":
            return _by_invoice(stripe, _id(stripe.invoice_payments.retrieve(object).invoice))
    return None


def _by_payment(stripe: V1Services, intent: str | None) -> str | None:
    if intent is None:
        return None
    for page in stripe.checkout.sessions.list({"payment_intent": intent, "limit": 1}).data:
        return page.id
    asked: lib.params.InvoicePaymentListParams = {
        "payment": {"type": "payment_intent", "payment_intent": intent},
        "limit": 1,
    }
    for payment in stripe.invoice_payments.list(asked).data:
        return _by_invoice(stripe, _id(payment.invoice))
    return None


def _by_invoice(stripe: V1Services, invoice: str | None) -> str | None:
    if invoice is None:
        return None
    parent = stripe.invoices.retrieve(invoice).parent
    details = parent.subscription_details if parent else None
    return _by_subscription(stripe, _id(details.subscription)) if details else None


def _by_subscription(stripe: V1Services, subscription: str | None) -> str | None:
    if subscription is None:
        return None
    for page in stripe.checkout.sessions.list({"subscription": subscription, "limit": 1}).data:
        return page.id
    return None


def _happened(event: lib.Event) -> Happened:
    return Happened(event.id, event.type, event.data.object["id"], event.created, event.livemode)


def _id(field: str | lib.StripeObject | None) -> str | None:
    """The id of what stands in a field, written out or not."""
    if field is None or isinstance(field, str):
        return field
    id: str = field["id"]
    return id


def _oldest_first(every: Iterable[_Moved]) -> tuple[_Moved, ...]:
    return tuple(sorted(every, key=lambda one: (one.at, one.id)))

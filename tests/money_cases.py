"""Orders, how they stand, and whole lives of payments, for the tests of money."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st
from msgspec.structs import replace

from shared.domain.orders import Interval, Kind, Order
from shared.domain.refusals import ProcessorRefused
from shared.domain.standing import (
    DisputeOutcome,
    PageState,
    Payment,
    Standing,
    Subscription,
    SubscriptionStatus,
)
from tests.processor_twin import NOW, PERIODS, MemoryProcessor

ID: Final = "0" * 31 + "1"
MEMBER_ID: Final = "a" * 32
GIFT: Final = Order(
    ID, Kind.CONTRIBUTION, 500, "EUR", Interval.ONCE, False, NOW, campaign="winter", session="cs_1", name="Ada"
)
MONTHLY_GIFT: Final = replace(GIFT, interval=Interval.MONTH)
MEMBERSHIP: Final = Order(
    ID,
    Kind.MEMBERSHIP,
    800,
    "EUR",
    Interval.MONTH,
    False,
    NOW,
    member=MEMBER_ID,
    plan="monthly",
    price="price_1",
    session="cs_1",
)
UNTIL: Final = NOW + PERIODS[Interval.MONTH]


def standing_of(order: Order, **changes: Any) -> Standing:
    """How it stands with an order that nobody has paid."""
    return replace(
        Standing(
            order.session or "cs_1",
            order.id,
            order.livemode,
            order.interval is not Interval.ONCE,
            PageState.OPEN,
            order.amount,
            order.currency,
        ),
        **changes,
    )


def payment_of(order: Order, **changes: Any) -> Payment:
    """Its first payment."""
    until = None if order.interval is Interval.ONCE else NOW + PERIODS[order.interval]
    return replace(Payment("pi_1", order.amount, order.currency, NOW, until), **changes)


def subscription_of(order: Order, **changes: Any) -> Subscription:
    return replace(
        Subscription(
            "sub_1",
            SubscriptionStatus.ACTIVE,
            order.price or "price_9",
            order.amount,
            order.currency,
            order.interval,
            NOW,
        ),
        **changes,
    )


def paid(order: Order, *payments: Payment, subscription: Subscription | None = None, **changes: Any) -> Standing:
    """How it stands with an order that these payments came for, its first where none are named."""
    if subscription is None and order.interval is not Interval.ONCE:
        subscription = subscription_of(order)
    given = {"payments": payments or (payment_of(order),), "subscription": subscription}
    return standing_of(order, page=PageState.COMPLETE, **{**given, **changes})


ONCE_STEPS: Final = (
    *("pay", "pay_later", "settle_later", "fail_later", "decline", "expire"),
    *("refund_part", "refund_all", "refund_fails", "dispute", "win", "lose", "wait"),
)
STEPS: Final = (
    *ONCE_STEPS,
    *("renew", "renew", "fail_renewal", "give_up", "cancel_at_end", "go_on", "run_out", "end", "pause", "unpause"),
)
"""What may happen in a life, whether it can at that moment or not."""

ENDINGS: Final = {
    "refund": ("refund_all",),
    "dispute": ("dispute",),
    "end": ("end",),
    "unpaid": ("fail_renewal", "give_up"),
}
"""What ends access at once, each as steps of a life (R11)."""


def play(processor: MemoryProcessor, session: str, step: str) -> bool:
    """Let that happen to what was ordered on a page; False where it cannot."""
    now = processor.truth(session)
    payments = [one.id for one in now.payments]
    refunds = [one.id for payment in now.payments for one in payment.refunds if not one.failed]
    disputes = [one.id for payment in now.payments for one in payment.disputes if one.outcome is DisputeOutcome.OPEN]
    is_open = now.page is PageState.OPEN
    going = now.subscription is not None and now.subscription.status not in (
        SubscriptionStatus.CANCELED,
        SubscriptionStatus.INCOMPLETE_EXPIRED,
    )
    match step:
        case "pay" | "pay_later" | "decline" | "expire" if is_open:
            getattr(processor, step)(session)
        case "settle_later" | "fail_later" if now.is_settling and (going or now.subscription is None):
            getattr(processor, step)(session)
        case "refund_part" | "refund_all" if payments:
            try:
                processor.refund(payments[-1], 100 if step == "refund_part" else None, f"key-{processor.now}-{step}")
            except ProcessorRefused:
                return False
        case "refund_fails" if refunds:
            processor.refund_fails(refunds[-1])
        case "dispute" if payments and not any(one.disputes for one in now.payments):
            processor.dispute(payments[0])
        case "win" | "lose" if disputes:
            processor.decide(disputes[-1], DisputeOutcome.WON if step == "win" else DisputeOutcome.LOST)
        case "wait":
            processor.pass_time(86_400)
        case "renew" | "fail_renewal" | "run_out" | "give_up" if going and payments:
            getattr(processor, step)(session)
        case "cancel_at_end" | "go_on" if going and payments:
            processor.cancel_at_end(session, step == "cancel_at_end")
        case "pause" | "unpause" if going and payments:
            processor.pause(session, step == "pause")
        case "end" if going:
            processor.end(session)
        case _:
            return False
    return True


lives = st.lists(st.sampled_from(STEPS), min_size=1, max_size=14).map(lambda steps: ("pay", *steps)) | st.lists(
    st.sampled_from(STEPS), min_size=1, max_size=14
).map(tuple)
"""Steps of a life, the first of which is often that it is paid."""

"""The pages on which readers pay, and manage what they pay, at Stripe."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from shared.adapters.stripe_client import PAGE, NotThere, StripeAt
from shared.domain.orders import Interval, Kind
from shared.domain.refusals import ProcessorRefused
from shared.ports.money import HostedPage, Price

if TYPE_CHECKING:
    from stripe import Price as StripePrice
    from stripe._v1_services import V1Services
    from stripe.billing_portal import Configuration
    from stripe.params.billing_portal import SessionCreateParams as PortalSessionCreateParams
    from stripe.params.checkout import (
        SessionCreateParams,
        SessionCreateParamsLineItem,
        SessionCreateParamsLineItemPriceData,
    )

    from shared.domain.orders import Order

LOOKUP_KEY: Final = "frontline-{}"
"""By which Stripe finds the price of a plan."""
PORTAL_MARK: Final = ("frontline", "portal")
"""By which we find our portal among those that the account has."""
PERIODS: Final = {"month": Interval.MONTH, "year": Interval.YEAR}


class StripeCheckouts:
    """`shared.ports.money.Checkouts`."""

    def __init__(self, at: StripeAt) -> None:
        self._at = at
        self._portal: str | None = None

    def begin(
        self, order: Order, *, title: str, success: str, cancel: str, customer: str | None, email: str | None
    ) -> HostedPage:
        # Nothing is said of when it expires: that is a day, by Stripe's clock, which may not be ours.
        asked: SessionCreateParams = {
            "mode": "payment" if order.interval is Interval.ONCE else "subscription",
            "client_reference_id": order.id,
            "line_items": [_line(order, title)],
            "success_url": success,
            "cancel_url": cancel,
            "locale": "auto",
            "adaptive_pricing": {"enabled": False},  # what is charged is what was ordered, in its currency
        }
        if order.interval is Interval.ONCE and order.kind is Kind.CONTRIBUTION:
            asked["submit_type"] = "donate"
        if customer is not None:
            asked["customer"] = customer
        elif email is not None:
            asked["customer_email"] = email
        with self._at.asking() as stripe:
            made = stripe.checkout.sessions.create(asked, {"idempotency_key": f"order-{order.id}"})
        if not made.url:
            raise ProcessorRefused("the page is over already")
        return HostedPage(made.id, made.url)

    def expire(self, session: str) -> bool:
        try:
            with self._at.asking() as stripe:
                stripe.checkout.sessions.expire(session)
        except NotThere:
            return True
        except ProcessorRefused:
            with self._at.asking() as stripe:  # it may be over, which Stripe has no code for
                status = stripe.checkout.sessions.retrieve(session).status
            if status == "open":
                raise
            return status != "complete"
        return True

    def customer(self, member: str, email: str) -> str:
        # A key of Stripe's is for one request: with another address it would be refused.
        key = hashlib.sha256(f"{member} {email}".encode()).hexdigest()
        with self._at.asking() as stripe:
            return stripe.customers.create({"email": email}, {"idempotency_key": f"customer-{key}"}).id

    def portal(self, customer: str, back: str) -> str:
        with self._at.asking() as stripe:
            if self._portal is None:
                portal = portal_configuration(stripe)
                if portal is None:
                    raise ProcessorRefused("no portal is set up")
                self._portal = portal.id
            asked: PortalSessionCreateParams = {
                "customer": customer,
                "return_url": back,
                "configuration": self._portal,
            }
            return stripe.billing_portal.sessions.create(asked).url

    def price(self, plan: str) -> Price | None:
        with self._at.asking() as stripe:
            return price_of(stripe, plan)


def price_of(stripe: V1Services, plan: str) -> Price | None:
    """The price that is found by the plan's key now; None too where it is of a kind that no plan is."""
    found = stripe.prices.list({"lookup_keys": [LOOKUP_KEY.format(plan)], "active": True, "limit": 1}).data
    return price_from(found[0]) if found else None


def price_from(price: StripePrice) -> Price | None:
    recurring = price.recurring
    if recurring is None or recurring.interval not in PERIODS or recurring.interval_count != 1:
        return None
    if price.unit_amount is None:
        return None
    return Price(price.id, price.unit_amount, price.currency.upper(), PERIODS[recurring.interval])


def portal_configuration(stripe: V1Services) -> Configuration | None:
    """The portal that was set up for the paper."""
    for one in stripe.billing_portal.configurations.list({"active": True, "limit": PAGE}).auto_paging_iter():
        name, value = PORTAL_MARK
        if one.metadata is not None and name in one.metadata and one.metadata[name] == value:
            return one
    return None


def _line(order: Order, title: str) -> SessionCreateParamsLineItem:
    """What is paid for: a membership by its plan's price, a contribution by what its giver has chosen."""
    if order.kind is Kind.MEMBERSHIP:
        if order.price is None:
            raise ProcessorRefused("a membership without a price")
        return {"price": order.price, "quantity": 1}
    price: SessionCreateParamsLineItemPriceData = {
        "currency": order.currency.lower(),
        "unit_amount": order.amount,
        "product_data": {"name": title},
    }
    if order.interval is not Interval.ONCE:
        price["recurring"] = {"interval": "year" if order.interval is Interval.YEAR else "month"}
    return {"price_data": price, "quantity": 1}

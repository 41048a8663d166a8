"""What is sold at Stripe, and whom it tells: set up by whoever runs the paper, never by a reader's function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import stripe as lib

from shared.adapters.stripe_checkouts import LOOKUP_KEY, PORTAL_MARK, portal_configuration, price_from, price_of
from shared.adapters.stripe_client import MISSING, PAGE, StripeAt
from shared.domain.happenings import EVENT_TYPES
from shared.domain.orders import Interval
from shared.domain.refusals import ProcessorRefused
from shared.ports.money import Endpoint, Price

if TYPE_CHECKING:
    from stripe._v1_services import V1Services
    from stripe.billing_portal import Configuration

    from shared.domain.paper import Paper, Plan

ALL_TYPES: Final = "*"
MAX_HEADLINE: Final = 60


class StripeCatalogue:
    """`shared.ports.money.Catalogue`."""

    def __init__(self, at: StripeAt) -> None:
        self._at = at

    def price(self, plan: str) -> Price | None:
        with self._at.asking() as stripe:
            return price_of(stripe, plan)

    def sell(self, plan: Plan, paper: str) -> Price:
        wanted = (plan.amount, plan.currency, Interval(plan.interval))
        with self._at.asking() as stripe:
            product = _product(stripe, plan, f"{paper}: {plan.label}")
            if (now := price_of(stripe, plan.id)) is not None and (now.amount, now.currency, now.interval) == wanted:
                return now
            made = stripe.prices.create(
                {
                    "product": product,
                    "unit_amount": plan.amount,
                    "currency": plan.currency.lower(),
                    "recurring": {"interval": plan.interval},
                    "lookup_key": LOOKUP_KEY.format(plan.id),
                    "transfer_lookup_key": True,  # the price that had it goes on for whoever pays it already
                }
            )
            if (price := price_from(made)) is None:
                raise ProcessorRefused("the price that was made is another one")
            return price

    def portal_login(self) -> str | None:
        with self._at.asking() as stripe:
            known = portal_configuration(stripe)
            return _login(known) if known is not None else None

    def set_up_portal(self, paper: Paper) -> str:
        # Members come with the place that they go back to: this is for whoever comes by the login page.
        headline, back = paper.name[:MAX_HEADLINE], f"{paper.url}/"
        with self._at.asking() as stripe:
            known = portal_configuration(stripe)
            if known is None:
                known = stripe.billing_portal.configurations.create(
                    {"features": {"payment_method_update": {"enabled": True}}, "metadata": dict([PORTAL_MARK])}
                )
            changed = stripe.billing_portal.configurations.update(
                known.id,
                {
                    "features": {
                        "payment_method_update": {"enabled": True},
                        "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
                        "customer_update": {"enabled": False},
                        "invoice_history": {"enabled": False},
                        "subscription_update": {"enabled": False},
                    },
                    "business_profile": {"headline": headline},
                    "default_return_url": back,
                    "login_page": {"enabled": True},
                },
            )
        if (login := _login(changed)) is None:
            raise ProcessorRefused("the portal has no login page")
        return login

    def endpoints(self) -> tuple[Endpoint, ...]:
        with self._at.asking() as stripe:
            listed = stripe.webhook_endpoints.list({"limit": PAGE})
            return tuple(_endpoint(one) for one in listed.auto_paging_iter())

    def tell(self, url: str) -> str:
        wanted: list[Any] = sorted(EVENT_TYPES)
        with self._at.asking() as stripe:
            made = stripe.webhook_endpoints.create({"url": url, "enabled_events": wanted})
        if not made.secret:
            raise ProcessorRefused("the endpoint has no secret")
        return made.secret


def _product(stripe: V1Services, plan: Plan, name: str) -> str:
    """The id of what the plan's prices are prices of: one product, whatever it has cost."""
    id = LOOKUP_KEY.format(plan.id)
    try:
        known = stripe.products.retrieve(id)
    except lib.InvalidRequestError as error:
        if error.code != MISSING:
            raise
        return stripe.products.create({"id": id, "name": name}).id
    if (known.name, known.active) != (name, True):
        stripe.products.update(id, {"name": name, "active": True})
    return id


def _login(portal: Configuration) -> str | None:
    return portal.login_page.url if portal.login_page.enabled else None


def _endpoint(one: lib.WebhookEndpoint) -> Endpoint:
    enabled = set(one.enabled_events)
    missing = () if ALL_TYPES in enabled else tuple(sorted(EVENT_TYPES - enabled))
    return Endpoint(one.id, one.url, one.status == "enabled", missing)

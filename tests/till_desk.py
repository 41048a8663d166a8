"""The till, asked by the real adapters through stripe's own library, with the verbs of `MemoryProcessor`: what a test
does to the twin it can do to this."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from infra.local.till.account import Account
from shared.adapters.stripe_catalogue import StripeCatalogue
from shared.adapters.stripe_checkouts import StripeCheckouts
from shared.adapters.stripe_client import StripeAt
from shared.adapters.stripe_processor import StripeProcessor
from shared.domain.paper import Plan
from shared.domain.standing import DisputeOutcome
from shared.ports.money import Price
from tests.local.stripe_openapi import check_answer, check_event, check_request
from tests.local.stripe_types import check_object
from tests.till_server import KEY, Keys, TillServer, served

NOW: Final = 1_800_000_000
SEEN: Final = 2


class TillDesk:
    """What payers and their banks do at the till, by the id of the page."""

    def __init__(self, till: TillServer) -> None:
        self.till, self.account = till, till.account
        self.at = StripeAt(till.settings, Keys(KEY))
        self.checkouts = StripeCheckouts(self.at)
        self.processor = StripeProcessor(self.at)
        self.catalogue = StripeCatalogue(self.at)

    def sell(self, plan: Plan) -> Price:
        return self.catalogue.sell(plan, "The Paper")

    def pass_time(self, seconds: int) -> None:
        self.account.advance(seconds)

    def clock(self) -> float:
        return float(self.account.now())

    def pay(self, session: str) -> str:
        self.account.pay(session)
        return self._newest(session)

    def pay_later(self, session: str) -> None:
        self.account.pay_later(session)

    def settle_later(self, session: str) -> str:
        self.account.settle(self._intent(session), succeeds=True)
        return self._newest(session)

    def fail_later(self, session: str) -> None:
        self.account.settle(self._intent(session), succeeds=False)

    def decline(self, session: str) -> None:
        self.account.decline(session)

    def renew(self, session: str) -> str:
        self._reach_end(session)
        return self._newest(session)

    def fail_renewal(self, session: str) -> None:
        self.account.fail_next(self.account.get(session)["customer"], None)
        self._reach_end(session)

    def cancel_at_end(self, session: str, cancels: bool = True) -> None:
        subscription = self._subscription(session)["id"]
        if cancels:
            self.account.cancel(subscription, at_period_end=True)
        else:
            self.account.keep(subscription)

    def run_out(self, session: str) -> None:
        self._reach_end(session)

    def end(self, session: str) -> None:
        self.account.cancel(self._subscription(session)["id"])

    def pause(self, session: str, paused: bool = True) -> None:
        subscription = self._subscription(session)["id"]
        if paused:
            self.account.pause(subscription)
        else:
            self.account.resume(subscription)

    def refund_fails(self, refund: str) -> None:
        self.account.refund_fails(refund)

    def dispute(self, payment: str, amount: int | None = None) -> str:
        return str(self.account.dispute(payment, amount)["id"])

    def decide(self, dispute: str, outcome: DisputeOutcome) -> None:
        self.account.close_dispute(dispute, outcome is DisputeOutcome.WON)

    def _subscription(self, session: str) -> dict[str, Any]:
        return self.account.get(self.account.get(session)["subscription"])

    def _reach_end(self, session: str) -> None:
        end = self._subscription(session)["items"]["data"][0]["current_period_end"]
        self.account.advance(end - self.account.now())

    def _intent(self, session: str) -> str:
        """The payment that is on its way."""
        return next(str(one["id"]) for one in self.account.all("payment_intent") if one["status"] == "processing")

    def _newest(self, session: str) -> str:
        return str(self.account.all("payment_intent")[0]["id"])


@contextmanager
def till_desk() -> Iterator[TillDesk]:
    """A till; whatever was said on its wire is held to Stripe's description in the end, and to its library's types."""
    with served(Account(clock=lambda: NOW)) as till:
        yield TillDesk(till)
        hold_to_stripe(till)


def hold_to_stripe(till: TillServer) -> None:
    """Raises NotStripe for what Stripe would not say, or not understand. Of long lists the first and last are seen, of
    each type of event as many."""
    for method, path, body, (status, _, answer) in till.said:
        told = json.loads(answer)
        if "data" in told:
            told["data"] = _ends(told["data"])
        check_answer(method, path, status, told)
        if status == 200:
            check_request(method, path, body)
            for one in told.get("data", [told]):
                if not one.get("deleted"):
                    check_object(one)
    by_type: dict[str, list[dict[str, Any]]] = {}
    for event in till.account.events():
        by_type.setdefault(event["type"], []).append(event)
    for event in (one for events in by_type.values() for one in _ends(events)):
        check_event(event)
        check_object(event)


def _ends(every: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return every if len(every) <= 2 * SEEN else every[:SEEN] + every[-SEEN:]

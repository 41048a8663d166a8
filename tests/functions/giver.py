"""Somebody who gives or joins, on in-memory doors: asks the contributions function as the HTTP API does."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from msgspec.structs import replace

import functions.contributions
from functions.contributions.answer import DESK
from functions.contributions.doors import Doors
from shared.domain.orders import Interval, Order
from shared.domain.paper import Campaign, Giving, Offer, Paper, Plan
from shared.personal.answering import Outcome
from shared.ports.money import Price
from shared.site.html import Templates
from shared.site.site import Sites
from tests.functions.visitor import LISTS, PROOF, House, Visitor, hold
from tests.functions.visitor import PAPER as MEMBERS_PAPER
from tests.member_twins import MemoryLimits, MemoryRecords
from tests.money_twins import MemoryLedger
from tests.processor_twin import MemoryProcessor
from tests.repeats_twin import MemoryRepeats
from tests.twins import MemoryPapers

PAPER: Paper = replace(
    MEMBERS_PAPER,
    plans=(
        Plan("monthly", "By the month", 800, "EUR", "month"),
        Plan("yearly", "By the year", 8_000, "EUR", "year"),
    ),
    giving=Giving(
        (
            Offer("EUR", (500, 1_000, 2_500), 200, 50_000),
            Offer("GBP", (500, 1_000), 200, 50_000),
            Offer("JPY", (500, 1_000), 300, 90_000),
        ),
        ("once", "month"),
    ),
    campaigns=(
        Campaign("the-autumn", "The autumn", "It is over.", 5_000, "EUR", dt.date(2026, 12, 9)),
        Campaign("the-winter", "The winter", "It is long.", 90_000, "EUR", dt.date(2026, 12, 10)),
        Campaign("the-summer", "The summer", "It comes.", 9_000, "EUR"),
    ),
)
TEMPLATES = Templates(Path(functions.contributions.__file__).parent)
GIVE, JOIN, PORTAL = "/api/contributions", "/api/memberships", "/api/memberships/portal"
FIVE = {"amount": 500, "currency": "EUR", "interval": "once"}


class Till:
    """The contributions function's doors, on one table with those of the members function."""

    def __init__(self, records: MemoryRecords | None = None, processor: MemoryProcessor | None = None) -> None:
        self.house = House(records)
        self.ledger = MemoryLedger(self.house.records)
        self.processor = processor or MemoryProcessor(int(self.house.now))
        self.processor.prices = {
            "monthly": Price("price_monthly", 800, "EUR", Interval.MONTH),
            "yearly": Price("price_yearly", 8_000, "EUR", Interval.YEAR),
        }
        self.repeats = MemoryRepeats()
        self.doors = Doors(
            members=self.house.doors.members,
            sessions=self.house.doors.sessions,
            ledger=self.ledger,
            checkouts=self.processor,
            repeats=self.repeats,
            limits=MemoryLimits(),
            papers=MemoryPapers(PAPER),
            lists=LISTS,
            sites=Sites(TEMPLATES),
            chance=self.house.doors.chance,
            livemode=False,
            proof=PROOF,
        )

    @property
    def orders(self) -> list[Order]:
        return [order for order, _ in self.ledger.everything()]


class Giver(Visitor):
    """A browser, or a program, that comes to the contributions function. It signs in at the members function."""

    def __init__(self, till: Till, address: str = "203.0.113.7") -> None:
        super().__init__(till.house, address)
        self.till = till

    def ask(
        self,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        form: bool = False,
        method: str = "POST",
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Outcome:
        given = {**({} if key is None else {"idempotency-key": key}), **(headers or {})}
        request = self.request(method, path, body, form, given, raw)
        self.outcome = DESK.respond(request, self.till.doors, self.till.house.now)
        if not form:
            hold(method, path.partition("?")[0], self.outcome)
        return self.outcome

    def give(self, *, key: str | None = None, **changes: Any) -> Outcome:
        """By a program."""
        return self.ask(GIVE, {**FIVE, **changes}, key=key)

    def join(self, plan: str = "monthly", *, key: str | None = None) -> Outcome:
        return self.ask(JOIN, {"plan": plan}, key=key)

    @property
    def order(self) -> Order:
        """The order that was answered with."""
        found = self.till.ledger.read(self.body["id"])
        assert found is not None
        return found[0]

    @property
    def code(self) -> str:
        return str(json.loads(self.outcome.answer.body)["code"])

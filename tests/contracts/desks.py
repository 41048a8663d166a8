"""Whoever takes the money, twice: the twin, and the real adapters at the till. Tests of `Processor` and `Checkouts` run
on both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from shared.domain.orders import Interval, Kind, Order
from shared.domain.paper import Plan
from shared.ports.money import HostedPage, Price
from tests.processor_twin import NOW, MemoryProcessor
from tests.till_desk import TillDesk, till_desk

DESKS = ("twin", "till")
PLAN = Plan(id="member", label="Member", amount=700, currency="EUR", interval="month")


class TwinDesk(MemoryProcessor):
    """The twin, which is both doors itself."""

    @property
    def processor(self) -> MemoryProcessor:
        return self

    @property
    def checkouts(self) -> MemoryProcessor:
        return self

    def sell(self, plan: Plan) -> Price:
        self.prices[plan.id] = Price(f"price_{plan.id}", plan.amount, plan.currency, Interval(plan.interval))
        return self.prices[plan.id]


Desk = TwinDesk | TillDesk


@contextmanager
def desk_of(kind: str) -> Iterator[Desk]:
    if kind == "twin":
        yield TwinDesk(NOW)
    else:
        with till_desk() as desk:
            yield desk


def order(interval: Interval = Interval.ONCE, number: int = 1, amount: int = 500, currency: str = "EUR") -> Order:
    """A contribution."""
    return Order(f"{number:032x}", Kind.CONTRIBUTION, amount, currency, interval, False, NOW)


def begin(desk: Desk, asked: Order, customer: str | None = None) -> HostedPage:
    return desk.checkouts.begin(
        asked,
        title="A contribution to The Paper",
        success="https://paper.example/thanks",
        cancel="https://paper.example/contribute",
        customer=customer,
        email=None if customer else "ada@reader.example",
    )

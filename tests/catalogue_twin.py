"""An in-memory twin of what the processor sells and whom it tells, held to its promises as the other twins are."""

from __future__ import annotations

from typing import Final

from shared.domain.happenings import EVENT_TYPES
from shared.domain.orders import Interval
from shared.domain.paper import Paper, Plan
from shared.domain.refusals import ProcessorRefused, ProcessorUnavailable
from shared.ports.money import Endpoint, Price

LOGIN: Final = "https://billing.example/p/login/test_1"


class MemoryCatalogue:
    """`Catalogue`. `unavailable` and `refuses` as with `MemoryProcessor`; `told` are endpoints, the newest first."""

    def __init__(self) -> None:
        self.prices: dict[str, Price] = {}
        self.portal: str | None = None
        self.told: list[Endpoint] = []
        self.unavailable = False
        self.refuses: str | None = None
        self._made = 0

    def price(self, plan: str) -> Price | None:
        self._ask()
        return self.prices.get(plan)

    def sell(self, plan: Plan, paper: str) -> Price:
        self._ask()
        wanted = (plan.amount, plan.currency, Interval(plan.interval))
        now = self.prices.get(plan.id)
        if now is None or (now.amount, now.currency, now.interval) != wanted:
            self._made += 1
            self.prices[plan.id] = Price(f"price_{self._made}", *wanted)
        return self.prices[plan.id]

    def portal_login(self) -> str | None:
        self._ask()
        return LOGIN if self.portal is not None else None

    def set_up_portal(self, paper: Paper) -> str:
        self._ask()
        self.portal = paper.name
        return LOGIN

    def endpoints(self) -> tuple[Endpoint, ...]:
        self._ask()
        return tuple(self.told)

    def tell(self, url: str) -> str:
        self._ask()
        self._made += 1
        self.told.insert(0, Endpoint(f"we_{self._made}", url, True, ()))
        return f"whsec_{self._made}"

    def forgets(self, *types: str) -> None:
        """Somebody has changed the newest endpoint: it tells nothing of these types."""
        assert set(types) <= EVENT_TYPES
        one = self.told[0]
        self.told[0] = Endpoint(one.id, one.url, one.enabled, types)

    def _ask(self) -> None:
        if self.unavailable:
            raise ProcessorUnavailable
        if self.refuses is not None:
            raise ProcessorRefused(self.refuses)

"""What walks press at the till, and what Frontline knows of it: by HTTP alone, but for a look into the ledger."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec

from shared.adapters.dynamo_ledger import DynamoLedger
from shared.domain.campaigns import Raised, campaign_key
from shared.domain.ledger import Entry
from shared.domain.orders import Order
from tests.journeys.conftest import Paper, Reply
from tests.journeys.walker import Walker

TILL: Final = "/_local/till"
PATIENCE_SECONDS: Final = 30.0
T = TypeVar("T")


class AtTheTill:
    """The till of a running stack, and the books of its paper."""

    def __init__(self, paper: Paper) -> None:
        self._paper = paper
        self._nobody = Walker(paper)
        self._ledger = DynamoLedger(
            paper.stack.client("dynamodb"), paper.stack.output("LedgerTable"), paper.stack.output("MembersTable")
        )

    # What is pressed --------------------------------------------------------------------------------------------------

    @property
    def state(self) -> dict[str, Any]:
        """All that the till knows."""
        state: dict[str, Any] = self._nobody.get(f"{TILL}.json").json
        return state

    def press(self, path: str, **form: str) -> Reply:
        """Press a button."""
        reply = self._nobody.post(f"{TILL}{path}", form, form=True)
        assert reply.status in {200, 303}, (path, form, reply.status, reply.body)
        return reply

    def pay(self, url: str, email: str, do: str = "pay") -> Reply:
        """Pay on the page of that address, and say where it leads."""
        return self._nobody.post(self.path_of(url), {"do": do, "email": email}, form=True)

    def path_of(self, url: str) -> str:
        """The path of an address of this stack's: whoever sends readers elsewhere fails here."""
        site = self._paper.info["site_url"]
        assert url.startswith(f"{site}{TILL}/"), url
        return url.removeprefix(site)

    def go_wrong(self, **faults: str) -> None:
        """Have that go wrong with webhooks from now on; nothing: all goes well."""
        self.press("/faults", **faults)

    def reconcile(self) -> Any:
        """Frontline's daily look, now."""
        return self.press("/reconcile").json

    # What came of it --------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Wait until every webhook was taken or lost, and what it says dealt with."""
        self.until(lambda: self.state["waiting"] == 0 and self._paper.depth("PaymentsQueueUrl") == 0)
        self.until(lambda: self._paper.depth("MailQueueUrl") == 0)

    def until(self, happened: Callable[[], T]) -> T:
        """What comes of that, as soon as anything does."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not (found := happened()):
            assert time.monotonic() < give_up, (self._paper.queues, self.state["deliveries"][-5:])
            time.sleep(0.05)
        return found

    def book(self) -> list[tuple[Order, tuple[Entry, ...]]]:
        """Every order with its entries."""
        return list(self._ledger.everything())

    def order(self, id: str) -> Order:
        """The order as it lies in the ledger."""
        found = self._ledger.read(id)
        assert found is not None
        return found[0]

    def sums(self) -> dict[str, int]:
        """What the ledger's entries come to, by currency. A sum of nothing is left out."""
        sums: Counter[str] = Counter()
        for _, entries in self.book():
            for entry in entries:
                sums[entry.currency] += entry.amount
        return {currency: amount for currency, amount in sums.items() if amount}

    def theirs(self) -> dict[str, int]:
        """The same by the till."""
        return {currency: amount for currency, amount in self.state["sums"].items() if amount}

    def raised(self, campaign: str) -> Raised:
        """How a campaign stands, as readers' functions read it."""
        s3 = self._paper.stack.client("s3")
        try:
            body = s3.get_object(Bucket=self._paper.stack.output("ContentBucket"), Key=campaign_key(campaign))["Body"]
        except s3.exceptions.NoSuchKey:
            return Raised()
        return msgspec.json.decode(body.read(), type=Raised)

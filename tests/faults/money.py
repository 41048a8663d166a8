"""What the functions do that money goes through, with doors that fail."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from functions.contributions.answer import DESK
from functions.payments.batch import Desk as PaymentsDesk
from functions.payments.reconcile import reconcile
from functions.webhooks import intake
from shared.domain.happenings import Forget
from shared.domain.orders import Kind, OrderState, Payer
from shared.domain.standing import PageState
from tests.faults.world import COMES_AGAIN, DONE, World, answered, said
from tests.functions.books import ADA, Books
from tests.functions.giver import FIVE, GIVE, JOIN, PORTAL, Giver, Till
from tests.functions.paying import member_of
from tests.functions.test_webhooks import NOW as HEARD_AT
from tests.functions.test_webhooks import Paper as Hearing
from tests.functions.test_webhooks import _body, _sent
from tests.money_cases import GIFT, MEMBERSHIP

NEXT_RUN: Final = "the next run does it"


class Asking(World):
    """A reader asks to give or to join, by a program with a key; asks again with the same where no answer came."""

    def __init__(self, path: str, body: Any, prepare: Callable[[Giver], Any] | None = None) -> None:
        self.till = Till()
        self.giver = Giver(self.till)
        if prepare is not None:
            self.giver.sign_in()
            prepare(self.giver)
        self.doors: Any = self.till.doors
        self.path, self.body = path, body

    def act(self, doors: Any) -> str:
        request = self.giver.request("POST", self.path, self.body, False, {"idempotency-key": "k"}, None)
        self.answer = answered(DESK, request, doors, self.till.house.now)
        return said(self.answer)

    def again(self) -> str:
        seen = self.act(self.doors)
        if seen.startswith("409"):  # "is being done": a minute later whoever died over it does it no more
            self.till.repeats.wait()
            seen = self.act(self.doors)
        return seen

    def kept(self) -> Any:
        """The order that was answered with leads to a page; of a member, no other page for a membership is open."""
        found = self.till.ledger.read(json.loads(self.answer.body)["id"])
        assert found is not None
        order = found[0]
        assert order.session is not None
        assert self.till.ledger.of_session(order.session) == order.id
        pages = [one.session for one in self.till.orders if one.kind is Kind.MEMBERSHIP and one.session is not None]
        still_open = [one for one in pages if self.till.processor.standing(one).page is PageState.OPEN]
        if order.member is not None:
            assert still_open == [order.session]
            assert self.till.ledger.payer(order.member) is not None
        return order.amount, order.state, order.plan


class Managing(Asking):
    """A member asks for the page on which payments are managed."""

    def __init__(self) -> None:
        super().__init__(PORTAL, None, _pays)

    def kept(self) -> Any:
        return json.loads(self.answer.body)["url"].startswith("https://")


class Webhook(World):
    """The processor tells of something, and tells it again until it is answered with 200."""

    def __init__(self) -> None:
        self.hearing = Hearing()
        self.doors: Any = intake.Doors(self.hearing.secrets, self.hearing.queue, "stripe", False, "proof")

    def act(self, doors: Any) -> str:
        try:
            answer = intake.take(intake.webhook_of(_sent(_body())), doors, HEARD_AT).answer
        except Exception:  # noqa: BLE001 - as the handler does
            return "500, and it is told again"
        assert answer.status in (200, 503)
        return str(answer.status) if answer.status == 200 else f"{answer.status}, and it is told again"

    def kept(self) -> Any:
        return set(self.hearing.queue.messages)


class Settling(World):
    """A gift to a campaign and a membership are paid, and payments hear of it, one message after the other."""

    def __init__(self) -> None:
        self.books = Books()
        self.gift = self.books.order(GIFT)
        self.books.processor.pay(self.gift)
        self.joined = self.books.membership()
        self.doors: Any = self.books.doors
        self.bodies = [msgspec.json.encode(one).decode() for one in self.books.processor.events]

    def act(self, doors: Any) -> str:
        desk = PaymentsDesk(doors)
        worked = {body: desk.work_off(body) for body in self.bodies}
        self.bodies = [body for body, one in worked.items() if one.ended.comes_again]
        return COMES_AGAIN if self.bodies else DONE

    def meanwhile(self) -> None:
        """Every sum is that of its entries, whatever is still to come."""
        given = 0
        for order, entries in self.books.ledger.everything():
            assert order.received == sum(entry.amount for entry in entries)
            given += order.received if order.campaign is not None else 0
        assert self.books.ledger.raised("winter").amounts.get("EUR", 0) == given

    def kept(self) -> Any:
        self.books.agree([self.gift, self.joined])
        entries = tuple(sorted(entry.id for _, of in self.books.ledger.everything() for entry in of))
        return sorted(one.value for one in self.books.told()), self.books.member(ADA.id).membership, entries


class Reconciling(Settling):
    """The same, of which nothing was heard: the night's run finds it."""

    def act(self, doors: Any) -> str:
        report = reconcile(doors, lambda: 900.0)
        return DONE if report.is_finished and not report.failed else NEXT_RUN

    def kept(self) -> Any:
        return super().kept(), self.books.ledger.reconciled()


class Forgetting(Settling):
    """A member is erased who pays, and has another page open."""

    def __init__(self) -> None:
        super().__init__()
        self.again()
        self.open = self.books.order(MEMBERSHIP)
        self.bodies = [msgspec.json.encode(Forget(ADA.id)).decode()]

    def kept(self) -> Any:
        orders = tuple(self.books.ledger.everything())
        assert not [one for one, _ in orders if one.member is not None]
        assert self.books.ledger.payer(ADA.id) is None
        assert self.books.processor.standing(self.open).page is not PageState.OPEN
        renews = [one.state for one, _ in orders if one.state is OrderState.RUNNING and one.member is not None]
        return sum(entry.amount for _, entries in orders for entry in entries), len(orders), renews


def _pays(giver: Giver) -> None:
    giver.till.ledger.know_payer(Payer(member_of(giver)[0].id, "cus_ada"))


def _other_page(giver: Giver) -> None:
    """One that was opened before, for another plan."""
    giver.join("yearly")
    giver.till.house.now += 5


WORLDS: Final[Mapping[str, Callable[[], World]]] = {
    "a reader gives money": lambda: Asking(GIVE, FIVE),
    "a reader joins": lambda: Asking(JOIN, {"plan": "monthly"}, lambda giver: None),
    "a reader joins, who has another page open": lambda: Asking(JOIN, {"plan": "monthly"}, _other_page),
    "a member manages the payments": Managing,
    "the processor tells of a payment": Webhook,
    "payments are settled": Settling,
    "the night's run finds payments": Reconciling,
    "an erased member's payments end": Forgetting,
}

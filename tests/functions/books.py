"""The paper's money on in-memory doors: orders are made as the contributions function makes them, the processor's twin
plays what payers do, and the payments functions hear of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from functions.payments.batch import Desk, Worked
from functions.payments.doors import Doors
from functions.payments.look import Looked, look
from functions.payments.reconcile import Report, reconcile
from shared.domain.addresses import Address
from shared.domain.campaigns import Raised, campaign_key
from shared.domain.happenings import Happened, PaymentsMessage
from shared.domain.ledger import entries_of
from shared.domain.mails import MoneyOrder
from shared.domain.members import Member
from shared.domain.orders import NoticeKind, Order, Payer
from tests.functions.paper import PAPER
from tests.member_twins import MemoryMembers, MemoryPostbox, MemoryRecords
from tests.money_cases import GIFT, MEMBER_ID, MEMBERSHIP
from tests.money_twins import MemoryLedger
from tests.processor_twin import NOW, MemoryProcessor
from tests.twins import MemoryDocuments, MemoryPapers

ADA: Final = Member(MEMBER_ID, Address("ada@reader.example"), NOW - 999, "k" * 64)


class Books:
    """`heard`: how many of the processor's events the payments function has heard of."""

    def __init__(
        self,
        records: MemoryRecords | None = None,
        postbox: MemoryPostbox | None = None,
        documents: MemoryDocuments | None = None,
    ) -> None:
        self.records = records or MemoryRecords()
        self.ledger, self.members = MemoryLedger(self.records), MemoryMembers(self.records)
        self.processor = MemoryProcessor()
        self.papers, self.documents = MemoryPapers(PAPER), documents or MemoryDocuments()
        self.postbox = postbox or MemoryPostbox()
        self.heard = 0
        self._made = 0
        self.doors = Doors(
            ledger=self.ledger,
            members=self.members,
            processor=self.processor,
            checkouts=self.processor,
            papers=self.papers,
            documents=self.documents,
            postbox=self.postbox,
            livemode=False,
            clock=self.processor.clock,
        )

    def join(self, member: Member = ADA) -> None:
        self.members.write(member, None)

    def order(self, order: Order = GIFT, **changes: Any) -> str:
        """Somebody is shown the processor's page for such an order: its session."""
        self._made += 1
        order = replace(order, id=f"{self._made:032x}", session=None, asked_at=self.processor.now, **changes)
        version = self.ledger.open(order)
        customer = None
        if order.member is not None:
            made = Payer(order.member, self.processor.customer(order.member, ADA.address.text))
            customer = self.ledger.know_payer(made).customer
        page = self.processor.begin(order, title="", success="", cancel="", customer=customer, email=None)
        self.ledger.attach(replace(order, session=page.id), version)
        return page.id

    def membership(self, **changes: Any) -> str:
        """The session of one that is paid, by Ada."""
        if self.members.read(ADA.id) is None:
            self.join()
        session = self.order(MEMBERSHIP, **changes)
        self.processor.pay(session)
        return session

    def hear(self, *messages: PaymentsMessage | str) -> tuple[Worked, ...]:
        """What the payments function makes of a batch of these."""
        desk = Desk(self.doors)
        bodies = [one if isinstance(one, str) else msgspec.json.encode(one).decode() for one in messages]
        return tuple(desk.work_off(body) for body in bodies)

    def hear_news(self, keep: Callable[[Happened], bool] = lambda event: True) -> tuple[Worked, ...]:
        """Of everything that has happened since the last time, what is to be heard."""
        news, self.heard = self.processor.events[self.heard :], len(self.processor.events)
        return self.hear(*(event for event in news if keep(event)))

    def look(self, session: str) -> Looked:
        return look(session, self.doors)

    def reconcile(self, seconds_left: Callable[[], float] = lambda: 900.0) -> Report:
        return reconcile(self.doors, seconds_left)

    def of(self, session: str) -> Order:
        """The order as it is."""
        id = self.ledger.of_session(session)
        found = self.ledger.read(id or "")
        assert found is not None
        return found[0]

    def member(self, id: str = ADA.id) -> Member:
        found = self.members.read(id)
        assert found is not None
        return found[0]

    def mails(self, *kinds: NoticeKind) -> list[MoneyOrder]:
        """Those that were ordered, each key once, as whoever sends them does."""
        ordered = {one.key: one for one in self.postbox.orders if isinstance(one, MoneyOrder)}
        return [one for one in ordered.values() if not kinds or one.notice in kinds]

    def told(self) -> list[NoticeKind]:
        return [one.notice for one in self.mails()]

    def document(self, campaign: str = "winter") -> Raised:
        """What readers are shown of it."""
        raw = self.documents.raw.get(campaign_key(campaign))
        return Raised() if raw is None else msgspec.json.decode(raw, type=Raised)

    def agree(self, sessions: Iterable[str]) -> None:
        """The ledger is what the processor says, every sum is exact, and members are what their orders say."""
        for session in sessions:
            order, truth = self.of(session), self.processor.truth(session)
            entries = {entry.id: entry for entry in self.ledger.entries(order.id)}
            assert entries == {entry.id: entry for entry in entries_of(order.id, truth)}
            assert order.received == sum(entry.amount for entry in entries.values())
            assert not order.notices
            if order.member is not None and order.membership is not None:
                assert self.member(order.member).membership is not None
        orders = [self.of(session) for session in sessions]
        for campaign in {one.campaign for one in orders if one.campaign is not None}:
            given = [one for one in orders if one.campaign == campaign]
            amounts: dict[str, int] = {}
            for one in given:
                amounts[one.currency] = amounts.get(one.currency, 0) + one.received
            document = self.document(campaign)
            assert document == self.ledger.raised(campaign)
            assert document.amounts == {currency: amount for currency, amount in amounts.items() if amount}
            assert document.supporters == sum(one.received > 0 for one in given)
            assert {one.order for one in document.named} == {
                one.id for one in given if one.public and one.name and one.received > 0
            }


def record(number: int, message: PaymentsMessage | str, times: int = 1) -> dict[str, Any]:
    """An SQS record."""
    return {
        "messageId": f"m-{number}",
        "receiptHandle": f"r-{number}",
        "body": message if isinstance(message, str) else json.dumps(msgspec.to_builtins(message)),
        "attributes": {"ApproximateReceiveCount": str(times)},
    }

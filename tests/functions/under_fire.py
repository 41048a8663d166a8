"""Lives of payments told to ten workers at once, in any order, more than once, who die after their writes.

A `House` has a ledger and members, in memory or on DynamoDB; whoever takes the money is `tests.processor_twin`, whose
answers take their time on the way. `deliver` is the queue: what a worker has not said to be done is delivered again.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from functions.payments.batch import Desk, Ended
from functions.payments.doors import Doors
from shared.adapters.dynamo_ledger import DynamoLedger
from shared.adapters.dynamo_members import DynamoMembers
from shared.domain.addresses import Address
from shared.domain.campaigns import Raised, campaign_key
from shared.domain.happenings import Happened
from shared.domain.ledger import Entry
from shared.domain.mails import MailOrder, MoneyOrder
from shared.domain.members import Member
from shared.domain.orders import Interval, Kind, Order
from shared.domain.refusals import DocumentChanged, RecordChanged, StoreUnavailable
from shared.domain.standing import DisputeOutcome, Standing
from shared.ports.money import Ledger
from shared.ports.persons import Members
from tests.functions.paper import PAPER
from tests.member_twins import Key, MemoryMembers, MemoryPostbox, MemoryRecords
from tests.money_twins import MemoryLedger, MemoryNotices
from tests.processor_twin import NOW, MemoryProcessor
from tests.twins import MemoryDocuments, MemoryPapers

WORKERS: Final = 10
MOST_BETWEEN: Final = 12
"""Writes from one death to the next."""
_MOST_IN_A_BATCH: Final = 6
_LATE: Final = 0.3  # of all answers
_MOST_DELIVERIES: Final = 3_000  # something goes round in circles
_PASSING: Final = (RecordChanged, DocumentChanged, StoreUnavailable)


class Killed(BaseException):
    """The function is no more: nothing in it catches this."""


class Fuse:
    """Kills whoever makes the write of that number (None: nobody), once it has happened, and then again and again after
    some more: never in step, for some of what a worker does is one go."""

    def __init__(self, first: int | None, chance: random.Random) -> None:
        self._next, self._chance = first, chance
        self._lock = threading.Lock()
        self.is_lit = False
        self.writes = self.deaths = 0

    def burn(self) -> None:
        if not self.is_lit:
            return
        with self._lock:
            number, self.writes = self.writes, self.writes + 1
            if number != self._next:
                return
            self.deaths += 1
            self._next = number + self._chance.randint(1, MOST_BETWEEN)
        raise Killed


class _Records(MemoryRecords):
    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self._fuse = fuse

    def write(self, value: object, expected: str | None, *key: str) -> str:
        version = super().write(value, expected, *key)
        self._fuse.burn()
        return version

    def put(self, value: object, *key: str) -> None:
        super().put(value, *key)
        self._fuse.burn()

    def together(
        self,
        writes: Iterable[tuple[object, str | None, Key]],
        puts: Iterable[tuple[object, Key]] = (),
        deletes: Iterable[Key] = (),
        adds: Iterable[tuple[int, Key]] = (),
    ) -> str:
        version = super().together(writes, puts, deletes, adds)
        self._fuse.burn()
        return version

    def delete(self, *key: str) -> None:
        super().delete(*key)
        self._fuse.burn()


class _Client:
    """A client of DynamoDB's: whatever writes burns the fuse."""

    def __init__(self, client: Any, fuse: Fuse) -> None:
        self._client, self._fuse = client, fuse

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)
        if name.startswith(("get_", "query", "scan")):
            return call

        def write(**asked: Any) -> Any:
            answer = call(**asked)
            self._fuse.burn()
            return answer

        return write


class _Documents(MemoryDocuments):
    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self._fuse = fuse

    def write(self, key: str, body: bytes, expected: str | None) -> str:
        tag = super().write(key, body, expected)
        self._fuse.burn()
        return tag


class _Postbox(MemoryPostbox):
    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self._fuse = fuse

    def order(self, order: MailOrder) -> None:
        super().order(order)
        self._fuse.burn()


class _Processor(MemoryProcessor):
    """Its ids are of one run. While it is `far`, some of its answers arrive only when others have written something (or
    nobody has, for as many seconds), and may be old by then."""

    def __init__(self, run: str, fuse: Fuse) -> None:
        super().__init__()
        self._run, self._fuse = run, fuse
        self.far = 0.0

    def standing(self, session: str) -> Standing:
        standing = super().standing(session)
        if self.far and random.random() < _LATE:  # noqa: S311 -- keeps no secret
            awaited, ends = self._fuse.writes + 2, time.monotonic() + self.far
            while self._fuse.writes < awaited and time.monotonic() < ends:
                time.sleep(0.001)
        return standing

    def _next(self) -> str:
        return f"{self._run}_{super()._next()}"


class Facts(Struct, frozen=True):
    """All that is to be the same in the end."""

    orders: tuple[Order, ...]
    entries: tuple[tuple[Entry, ...], ...]
    member: Member | None
    raised: Raised
    shown: Raised
    """What readers' functions read of the campaign."""


class Play(Struct, frozen=True):
    """A life: a name, what is ordered, and what happens then, step by step."""

    order: Order
    steps: tuple[str, ...]


class House:
    """The payments function and all that it leans on, for one run."""

    def __init__(self, run: str, fuse: Fuse, tables: tuple[Any, str, str] | None = None) -> None:
        self.run, self.fuse = run, fuse
        self.moment = 0.005 if tables is None else 0.1  # seconds in which others get something done
        self.processor = _Processor(run, fuse)
        self.documents = _Documents(fuse)
        self.postbox = _Postbox(fuse)
        self.ledger: Ledger
        self.members: Members
        if tables is None:
            records = _Records(fuse)
            self.ledger, self.members = MemoryLedger(records), MemoryMembers(records)
        else:
            client: Any = _Client(tables[0], fuse)
            self.ledger, self.members = DynamoLedger(client, *tables[1:]), DynamoMembers(client, tables[2])
        self.doors = Doors(
            ledger=self.ledger,
            members=self.members,
            processor=self.processor,
            checkouts=self.processor,
            papers=MemoryPapers(PAPER),
            documents=self.documents,
            postbox=self.postbox,
            livemode=False,
            clock=self.processor.clock,
        )
        self.campaign = f"winter-{run}"
        self.member = Member(f"{run:0>32}", Address("ada@reader.example"), NOW, "k" * 64)
        self.members.write(self.member, None)
        self.orders: list[Order] = []

    def begin(self, order: Order) -> str:
        """The order with a page of its own: the page's id."""
        number = len(self.orders)
        whose = self.member.id if order.kind is Kind.MEMBERSHIP else None
        campaign = self.campaign if order.campaign is not None else None
        order = replace(order, id=f"{number}{self.run:0>31}", member=whose, campaign=campaign, session=None)
        version = self.ledger.open(order)
        page = self.processor.begin(order, title="", success="", cancel="", customer=None, email=None)
        order = replace(order, session=page.id)
        self.ledger.attach(order, version)
        self.orders.append(order)
        return page.id

    def facts(self) -> Facts:
        found = [self.ledger.read(order.id) for order in self.orders]
        member = self.members.read(self.member.id)
        shown = self.documents.raw.get(campaign_key(self.campaign))
        return Facts(
            tuple(one[0] for one in found if one is not None),
            tuple(self.ledger.entries(order.id) for order in self.orders),
            member[0] if member else None,
            self.ledger.raised(self.campaign),
            msgspec.json.decode(shown, type=Raised) if shown else Raised(),
        )

    def mails(self) -> dict[str, MoneyOrder]:
        """The mails that are sent, by what they are about: each is sent once. What is ordered twice is the same."""
        notices = MemoryNotices(MemoryRecords())
        sent: dict[str, MoneyOrder] = {}
        for order in self.postbox.orders:
            assert isinstance(order, MoneyOrder)
            mail = replace(order, asked_at=0)
            if notices.mark(mail.key, NOW):
                sent[mail.key] = mail
            assert sent[mail.key] == mail
        return sent


def steps_of(plays: Sequence[Play], house: House) -> list[Callable[[], object]]:
    """What happens in these lives, one step of each in turn. What is ordered in them is ordered now."""
    sessions = [house.begin(play.order) for play in plays]
    found: list[Callable[[], object]] = []
    for number in range(max(len(play.steps) for play in plays)):
        for play, session in zip(plays, sessions, strict=True):
            if number < len(play.steps):
                found.append(partial(happen, house.processor, session, play.steps[number]))
    return found


def happen(processor: MemoryProcessor, session: str, step: str) -> None:
    """Let that happen."""
    payments = processor.truth(session).payments
    last = payments[-1] if payments else None
    match step, last:
        case "refund", payment if payment is not None:
            processor.refund(payment.id, None, f"{payment.id}-all")
        case "refund part", payment if payment is not None:
            processor.refund(payment.id, 100, f"{payment.id}-part")
        case "refund fails", payment if payment is not None:
            processor.refund_fails(payment.refunds[-1].id)
        case "dispute", payment if payment is not None:
            processor.dispute(payment.id)
        case "dispute the first", _:
            processor.dispute(payments[0].id)
        case (("won" | "lost"), _):
            (dispute,) = [one for payment in payments for one in payment.disputes]
            processor.decide(dispute.id, DisputeOutcome(step))
        case _:
            getattr(processor, step)(session)


class _Queue:
    """Messages, each delivered until a worker says that it is done. In any order: the queue is none that keeps one."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._changed = threading.Condition()
        self._waiting: list[str] = []
        self._out = 0
        self._is_open = True
        self._deliveries = 0

    def put(self, messages: Iterable[str]) -> None:
        with self._changed:
            for message in messages:
                self._waiting.insert(self._chance.randint(0, len(self._waiting)), message)
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._is_open = False
            self._changed.notify_all()

    def take(self) -> list[str]:
        """A batch, in its order; empty when all is done."""
        with self._changed:
            while not self._waiting and (self._is_open or self._out):
                self._changed.wait(0.5)
            count = self._chance.randint(1, _MOST_IN_A_BATCH)
            batch, self._waiting = self._waiting[:count], self._waiting[count:]
            self._out += len(batch)
            self._deliveries += len(batch)
            if self._deliveries > _MOST_DELIVERIES:
                self._waiting, self._is_open = [], False
                raise AssertionError("messages are delivered again and again")
            return batch

    def done(self, batch: list[str], again: list[str]) -> None:
        with self._changed:
            self._out -= len(batch)
            self._changed.notify_all()
        self.put(again)


def deliver(house: House, steps: Iterable[Callable[[], object]], chance: random.Random, *, meanwhile: bool) -> None:
    """Let the steps happen, and tell the workers of each event once or more often; `meanwhile`: while life goes on,
    not after it. Raises AssertionError when a worker ends in another way than it may."""
    queue = _Queue(chance)
    told = 0

    def tell() -> None:
        nonlocal told
        events = house.processor.events[told:]
        told += len(events)
        queue.put(_encoded(one) for one in events for _ in range(chance.choice((1, 1, 1, 2, 3))))

    def work() -> None:
        while batch := queue.take():
            again: list[str] = batch
            try:
                desk = Desk(house.doors)
                again = [message for message in batch if _comes_again(desk, message)]
            except Killed:
                pass
            finally:
                queue.done(batch, again)

    def live() -> None:
        try:
            for step in steps:
                step()
                if meanwhile:
                    tell()
                    time.sleep(chance.choice((0, house.moment / 8, house.moment / 4)))
            tell()
        finally:
            queue.close()

    house.fuse.is_lit = True
    with ThreadPoolExecutor(WORKERS + 1) as threads:
        house.processor.far = house.moment if meanwhile else 0
        for ended in [threads.submit(live), *(threads.submit(work) for _ in range(WORKERS))]:
            ended.result()
    house.fuse.is_lit = False


def _comes_again(desk: Desk, message: str) -> bool:
    worked = desk.work_off(message)
    assert worked.ended in (Ended.SETTLED, Ended.UNCHANGED, Ended.FAILED), worked
    assert worked.cause is None or isinstance(worked.cause, _PASSING), worked.cause
    return worked.ended.comes_again


def _encoded(event: Happened) -> str:
    return msgspec.json.encode(event).decode()


GIFT: Final = Order(
    "0" * 32,
    Kind.CONTRIBUTION,
    500,
    "EUR",
    Interval.MONTH,
    livemode=False,
    asked_at=NOW,
    campaign="winter",
    name="Bo",
    message="Go on.",
    public=True,
)
MEMBERSHIP: Final = replace(
    GIFT,
    kind=Kind.MEMBERSHIP,
    amount=800,
    campaign=None,
    name=None,
    message=None,
    public=False,
    plan="monthly",
    price="price_1",
)
_BEGUN: Final = ("pay", "renew", "fail_renewal", "renew", "cancel_at_end")
LIVES: Final = {
    "ended, then given back and disputed": (*_BEGUN, "run_out", "refund", "dispute the first", "lost"),
    "goes on after a dispute that was won": ("pay", "renew", "dispute", "won", "fail_renewal", "renew", "refund part"),
    "disputed at the end": ("pay", "fail_renewal", "renew", "refund", "refund fails", "dispute"),
    "a renewal has failed": ("pay_later", "settle_later", "pause", "renew", "refund", "fail_renewal"),
}
"""What happens to a membership."""
AGAIN: Final = Play(replace(MEMBERSHIP, amount=8_000, interval=Interval.YEAR, plan="yearly"), ("pay", "cancel_at_end"))
"""The same member joins once more."""
GIFTS: Final = (
    Play(GIFT, ("pay", "refund", "renew", "dispute", "won")),
    Play(replace(GIFT, interval=Interval.ONCE, name="Cy"), ("pay_later", "settle_later", "refund")),
)
"""What happens meanwhile for a campaign: who has been given back all is named no more, until they give again."""

"""In-memory twins of the doors to money, held to their promises as those in `tests.twins` are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from shared.domain.campaigns import MAX_NAMED, Raised, Supporter
from shared.domain.happenings import PaymentsMessage
from shared.domain.ledger import Entry
from shared.domain.orders import Order, Payer
from shared.domain.refusals import ContentUnavailable, RecordChanged, StoreUnavailable
from shared.ports.money import Step
from tests.member_twins import Key, MemoryRecords

T = TypeVar("T")


class MemoryLedger:
    """`Ledger`, among the records of `MemoryMembers`: a step that has a member covers both."""

    def __init__(self, records: MemoryRecords) -> None:
        self.records = records

    def open(self, order: Order) -> str:
        puts: list[tuple[object, Key]] = []
        if order.member is not None:
            puts.append((order.id, ("payer", order.member, "order", order.id)))
        return self.records.together([(order, None, ("order", order.id))], puts)

    def attach(self, order: Order, version: str) -> str:
        if order.session is None:
            raise ValueError("an order without a page")
        leads = (order.id, None, ("session", order.session))
        return self.records.together([(order, version, ("order", order.id)), leads])

    def read(self, id: str) -> tuple[Order, str] | None:
        return self.records.read(Order, "order", id)

    def of_session(self, session: str) -> str | None:
        found = self.records.read(str, "session", session)
        return None if found is None else found[0]

    def of_member(self, member: str) -> tuple[str, ...]:
        return tuple(sorted(one for one, _ in self._all(str, "payer", member, "order")))

    def entries(self, order: str) -> tuple[Entry, ...]:
        found = (one for one, _ in self._all(Entry, "entry", order))
        return tuple(sorted(found, key=lambda one: (one.at, one.id)))

    def commit(self, step: Step) -> str:
        writes: list[tuple[object, str | None, Key]] = [(step.order, step.version, ("order", step.order.id))]
        writes += [(one, None, ("entry", step.order.id, one.id)) for one in step.entries]
        if step.member is not None:
            member, version = step.member
            writes.append((member, version, ("member", member.id, "")))
        puts: list[tuple[object, Key]] = []
        deletes: list[Key] = []
        adds: list[tuple[int, Key]] = []
        if (campaign := step.campaign) is not None:
            adds = [
                (campaign.amount, ("sum", campaign.slug, campaign.currency)),
                (campaign.supporters, ("supporters", campaign.slug)),
            ]
            if campaign.named is not None:
                puts = [(campaign.named, ("named", campaign.slug, campaign.named.order))]
            if campaign.unnamed is not None:
                deletes = [("named", campaign.slug, campaign.unnamed)]
        if len(writes) + len(puts) + len(deletes) + len(adds) > 100:
            raise ValueError("more than one transaction takes")  # as DynamoDB says it: a fault of ours
        return self.records.together(writes, puts, deletes, adds)

    def payer(self, member: str) -> Payer | None:
        found = self.records.read(Payer, "payer", member, "customer")
        return None if found is None else found[0]

    def know_payer(self, payer: Payer) -> Payer:
        try:
            self.records.write(payer, None, "payer", payer.member, "customer")
        except RecordChanged:
            return self.payer(payer.member) or payer
        return payer

    def forget_payer(self, member: str) -> None:
        self.records._check()
        for key in [key for key in list(self.records.values) if key[:2] == ("payer", member)]:
            self.records.delete(*key)

    def raised(self, campaign: str) -> Raised:
        amounts = {key[2]: amount for amount, key in self._all(int, "sum", campaign) if amount}
        supporters = self.records.read(int, "supporters", campaign)
        named = sorted(
            (one for one, _ in self._all(Supporter, "named", campaign)), key=lambda one: (-one.at, one.order)
        )
        return Raised(amounts, supporters[0] if supporters else 0, tuple(named[:MAX_NAMED]))

    def everything(self) -> Iterator[tuple[Order, tuple[Entry, ...]]]:
        for order, _ in self._all(Order, "order"):
            yield order, self.entries(order.id)

    def reconciled(self) -> int | None:
        found = self.records.read(int, "reconciled")
        return None if found is None else found[0]

    def say_reconciled(self, at: int) -> None:
        while (found := self.records.read(int, "reconciled")) is None or found[0] < at:
            try:
                self.records.write(at, found[1] if found else None, "reconciled")
            except RecordChanged:
                continue

    def _all(self, kind: type[T], *prefix: str) -> list[tuple[T, Key]]:
        self.records._check()
        keys = [key for key in list(self.records.values) if key[: len(prefix)] == prefix]
        return [(found[0], key) for key in keys if (found := self.records.read(kind, *key)) is not None]


class MemorySecrets:
    """`SecretsShelf`: those that somebody has put there, the newest first."""

    def __init__(self, **values: tuple[str, ...]) -> None:
        self.values = values
        self.broken = False

    def read(self, name: str) -> tuple[str, ...]:
        if self.broken:
            raise StoreUnavailable("Secrets are not told.")
        return self.values.get(name, ())

    def write(self, name: str, values: tuple[str, ...]) -> None:
        if self.broken:
            raise StoreUnavailable("Secrets are not told.")
        self.values[name] = values


class MemoryPaymentsQueue:
    """`PaymentsQueue`: what was put there."""

    def __init__(self) -> None:
        self.messages: list[PaymentsMessage] = []
        self.broken = False

    def put(self, messages: tuple[PaymentsMessage, ...]) -> None:
        if self.broken:
            raise StoreUnavailable("The queue does not answer.")
        self.messages += messages


class MemoryCampaigns:
    """`Campaigns`: how they stand, by slug."""

    def __init__(self) -> None:
        self.raised: dict[str, Raised] = {}
        self.broken = False

    def read(self, slug: str) -> Raised:
        if self.broken:
            raise ContentUnavailable("This cannot be fetched right now. Try again in a few seconds.")
        return self.raised.get(slug, Raised())


class MemoryNotices:
    """`Notices`."""

    def __init__(self, records: MemoryRecords) -> None:
        self.records = records

    def mark(self, key: str, expires_at: int) -> bool:
        try:
            self.records.write(expires_at, None, "notice", key)
        except RecordChanged:
            return False
        return True

    def unmark(self, key: str) -> None:
        self.records.delete("notice", key)

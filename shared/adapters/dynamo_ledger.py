"""Orders, what was paid for them and what campaigns have raised, in one table.

An order and its entries lie in one partition, and nothing there is ever deleted but an order that nobody has paid,
which the store forgets by itself. Beside it lie what leads to an order (the processor's page, the member) and each
campaign's counters. A step is one transaction over this table and the members': all of it is true, or nothing is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec

from shared.adapters.boto3_failures import available
from shared.adapters.dynamo_members import DynamoMembers
from shared.adapters.dynamo_records import DynamoRecords
from shared.adapters.dynamo_together import write_together
from shared.domain.campaigns import MAX_NAMED, Raised, Supporter
from shared.domain.ledger import Entry
from shared.domain.orders import Order, OrderState, Payer
from shared.domain.refusals import RecordChanged
from shared.ports.money import CampaignStep, Step

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

UNPAID_SECONDS: Final = 90 * 86_400
"""How long an order is kept that nobody has paid; the processor's page is open for a day."""
_UNPAID: Final = frozenset({OrderState.OPEN, OrderState.EXPIRED})  # nothing was paid, and nothing can have been
_LOOKS: Final = 5

_ITSELF: Final = "order"
_ENTRY: Final = "entry#"
_SESSION: Final = "session"
_CUSTOMER: Final = "customer"
_ORDER: Final = "order#"
_SUM: Final = "sum#"
_SUPPORTERS: Final = "supporters"
_NAMED: Final = "named#"
_RECONCILED: Final = "reconciled"

_orders: Final[msgspec.json.Decoder[Order]] = msgspec.json.Decoder(Order)
_entries: Final[msgspec.json.Decoder[Entry]] = msgspec.json.Decoder(Entry)
_payers: Final[msgspec.json.Decoder[Payer]] = msgspec.json.Decoder(Payer)
_supporters: Final[msgspec.json.Decoder[Supporter]] = msgspec.json.Decoder(Supporter)
_texts: Final[msgspec.json.Decoder[str]] = msgspec.json.Decoder(str)
_moments: Final[msgspec.json.Decoder[int]] = msgspec.json.Decoder(int)


class DynamoLedger:
    """`shared.ports.money.Ledger`."""

    def __init__(self, client: DynamoDBClient, table: str, members_table: str) -> None:
        self._client, self._table = client, table
        self._records = DynamoRecords(client, table, "pk", "sk")
        self._members = DynamoMembers(client, members_table)

    def open(self, order: Order) -> str:
        put, version = self._writing(order, None)
        writes = [put]
        if order.member is not None:
            writes.append(self._records.putting(order.id, _payer(order.member), f"{_ORDER}{order.id}"))
        write_together(self._client, writes)
        return version

    def attach(self, order: Order, version: str) -> str:
        if order.session is None:
            raise ValueError("an order without a page")
        put, attached = self._writing(order, version)
        leads, _ = self._records.writing(order.id, None, f"session#{order.session}", _SESSION)  # to one order, for good
        write_together(self._client, [put, leads])
        return attached

    def read(self, id: str) -> tuple[Order, str] | None:
        return self._records.read(_orders, _order(id), _ITSELF)

    def of_session(self, session: str) -> str | None:
        found = self._records.read(_texts, f"session#{session}", _SESSION)
        return None if found is None else found[0]

    def of_member(self, member: str) -> tuple[str, ...]:
        items = self._records.partition(_payer(member))
        return tuple(_texts.decode(item["body"]["S"]) for item in items if item["sk"]["S"].startswith(_ORDER))

    def entries(self, order: str) -> tuple[Entry, ...]:
        return _entries_in(self._records.partition(_order(order)))

    def commit(self, step: Step) -> str:
        put, version = self._writing(step.order, step.version)
        writes = [put]
        for entry in step.entries:
            writes.append(self._records.writing(entry, None, _order(step.order.id), f"{_ENTRY}{entry.id}")[0])
        if step.campaign is not None:
            writes += self._counting(step.campaign)
        if step.member is not None:
            writes.append(self._members.writing(*step.member))
        write_together(self._client, writes)
        return version

    def payer(self, member: str) -> Payer | None:
        found = self._records.read(_payers, _payer(member), _CUSTOMER)
        return None if found is None else found[0]

    def know_payer(self, payer: Payer) -> Payer:
        try:
            self._records.write(payer, None, _payer(payer.member), _CUSTOMER)
        except RecordChanged:
            return self.payer(payer.member) or payer
        return payer

    def forget_payer(self, member: str) -> None:
        for item in self._records.partition(_payer(member)):
            self._records.delete(item["pk"]["S"], item["sk"]["S"])

    def raised(self, campaign: str) -> Raised:
        amounts: dict[str, int] = {}
        supporters = 0
        named: list[Supporter] = []
        for item in self._records.partition(_campaign(campaign)):
            name = item["sk"]["S"]
            if name.startswith(_SUM) and (amount := int(item["count"]["N"])):
                amounts[name.removeprefix(_SUM)] = amount
            elif name == _SUPPORTERS:
                supporters = int(item["count"]["N"])
            elif name.startswith(_NAMED):
                named.append(_supporters.decode(item["body"]["S"]))
        named.sort(key=lambda one: (-one.at, one.order))
        return Raised(amounts, supporters, tuple(named[:MAX_NAMED]))

    def everything(self) -> Iterator[tuple[Order, tuple[Entry, ...]]]:
        more: Any = {}
        while True:
            with available():
                page = self._client.scan(
                    TableName=self._table,
                    ConsistentRead=True,
                    FilterExpression="#sort = :itself",
                    ProjectionExpression="#partition",
                    ExpressionAttributeNames={"#partition": "pk", "#sort": "sk"},
                    ExpressionAttributeValues={":itself": {"S": _ITSELF}},
                    **more,
                )
            for item in page["Items"]:
                if (whole := self._whole(item["pk"]["S"])) is not None:
                    yield whole
            if "LastEvaluatedKey" not in page:
                return
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def reconciled(self) -> int | None:
        found = self._records.read(_moments, _RECONCILED, _RECONCILED)
        return None if found is None else found[0]

    def say_reconciled(self, at: int) -> None:
        while (found := self._records.read(_moments, _RECONCILED, _RECONCILED)) is None or found[0] < at:
            try:
                self._records.write(at, found[1] if found else None, _RECONCILED, _RECONCILED)
            except RecordChanged:
                continue  # somebody else has said another moment

    def _writing(self, order: Order, expected: str | None) -> tuple[TransactWriteItemTypeDef, str]:
        expires_at = order.asked_at + UNPAID_SECONDS if order.state in _UNPAID else None
        return self._records.writing(order, expected, _order(order.id), _ITSELF, expires_at=expires_at)

    def _counting(self, step: CampaignStep) -> Iterator[TransactWriteItemTypeDef]:
        campaign = _campaign(step.slug)
        for name, by in ((f"{_SUM}{step.currency}", step.amount), (_SUPPORTERS, step.supporters)):
            if by:
                yield {
                    "Update": {
                        "TableName": self._table,
                        "Key": {"pk": {"S": campaign}, "sk": {"S": name}},
                        "UpdateExpression": "ADD #count :by",
                        "ExpressionAttributeNames": {"#count": "count"},
                        "ExpressionAttributeValues": {":by": {"N": str(by)}},
                    }
                }
        if step.named is not None:
            yield self._records.putting(step.named, campaign, f"{_NAMED}{step.named.order}")
        if step.unnamed is not None:
            yield self._records.deleting(campaign, f"{_NAMED}{step.unnamed}")

    def _whole(self, partition: str) -> tuple[Order, tuple[Entry, ...]] | None:
        """An order and its entries, of one moment: a query may come upon a transaction that is half way through."""
        for look in range(_LOOKS):
            items = self._records.partition(partition)
            order = next((_orders.decode(one["body"]["S"]) for one in items if one["sk"]["S"] == _ITSELF), None)
            if order is None:
                return None
            entries = _entries_in(items)
            if order.received == sum(entry.amount for entry in entries) or look == _LOOKS - 1:
                return order, entries
        return None


def _entries_in(items: list[dict[str, Any]]) -> tuple[Entry, ...]:
    found = [_entries.decode(item["body"]["S"]) for item in items if item["sk"]["S"].startswith(_ENTRY)]
    return tuple(sorted(found, key=lambda one: (one.at, one.id)))


def _order(id: str) -> str:
    return f"order#{id}"


def _payer(member: str) -> str:
    return f"payer#{member}"


def _campaign(slug: str) -> str:
    return f"campaign#{slug}"

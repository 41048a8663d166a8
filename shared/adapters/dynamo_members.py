"""Members, their sessions and what is known of addresses, in one table: all of a person lies in one partition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from shared.adapters.boto3_failures import available
from shared.adapters.dynamo_records import DynamoRecords
from shared.domain import erasures
from shared.domain.allowances import Allowance, Way
from shared.domain.erasures import erased_id
from shared.domain.members import Contact, Member
from shared.domain.sessions import Session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_KEYS: Final = ("pk", "sk")
_ITSELF: Final = "member"
_ERASURE: Final = "erasure"
ERASED: Final = "erased#"
SESSION: Final = "session#"
_members: Final[msgspec.json.Decoder[Member]] = msgspec.json.Decoder(Member)
_contacts: Final[msgspec.json.Decoder[Contact]] = msgspec.json.Decoder(Contact)
_allowances: Final[msgspec.json.Decoder[Allowance]] = msgspec.json.Decoder(Allowance)
_sessions: Final[msgspec.json.Decoder[Session]] = msgspec.json.Decoder(Session)


class DynamoMembers:
    """`shared.ports.persons.Members`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client, self._table = client, table
        self._records = DynamoRecords(client, table, *_KEYS)

    def read(self, id: str) -> tuple[Member, str] | None:
        return self._records.read(_members, f"member#{id}", _ITSELF)

    def write(self, member: Member, expected: str | None) -> str:
        return self._records.write(member, expected, f"member#{member.id}", _ITSELF)

    def writing(self, member: Member, expected: str) -> TransactWriteItemTypeDef:
        """`write` as a part of a transaction."""
        return self._records.writing(member, expected, f"member#{member.id}", _ITSELF)[0]

    def erase(self, id: str) -> None:
        # Sessions first: whoever is cut off in between is at least signed out everywhere.
        for item in sorted(self._records.partition(f"member#{id}"), key=lambda item: item["sk"]["S"] == _ITSELF):
            self._records.delete(item["pk"]["S"], item["sk"]["S"])

    def note_erasure(self, id: str, at: int) -> None:
        self._records.put(at, f"{ERASED}{erased_id(id)}", _ERASURE, expires_at=at + erasures.KEPT_SECONDS)

    def contact(self, address: str) -> tuple[Contact, str] | None:
        return self._records.read(_contacts, f"address#{address}", "contact")

    def write_contact(self, address: str, contact: Contact | None, expected: str | None) -> None:
        if contact is not None:
            self._records.write(contact, expected, f"address#{address}", "contact")
        elif expected is not None:
            self._records.take(expected, f"address#{address}", "contact")

    def everyone(self, after: str | None, limit: int) -> tuple[tuple[Member, ...], str | None]:
        # A look at each item of the table: one newsletter an article costs less than an index that is written with
        # each member, and there is nothing in it that could be out of date.
        more: Any = {}
        if after is not None:
            partition, _, sort = after.partition("|")
            more = {"ExclusiveStartKey": {"pk": {"S": partition}, "sk": {"S": sort}}}
        found: list[Member] = []
        while True:
            with available():
                page = self._client.scan(
                    TableName=self._table,
                    ConsistentRead=True,
                    Limit=limit,
                    FilterExpression="#sort = :itself",
                    ExpressionAttributeNames={"#sort": "sk"},
                    ExpressionAttributeValues={":itself": {"S": _ITSELF}},
                    **more,
                )
            found += [_members.decode(item["body"]["S"]) for item in page["Items"]]
            last = page.get("LastEvaluatedKey")
            if last is None:
                return tuple(found), None
            if found:
                return tuple(found), f"{last['pk']['S']}|{last['sk']['S']}"
            more = {"ExclusiveStartKey": last}


class DynamoAllowances:
    """`shared.ports.persons.Allowances`, beside their members."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._records = DynamoRecords(client, table, *_KEYS)

    def read(self, member: str, way: Way, month: str) -> tuple[Allowance, str] | None:
        return self._records.read(_allowances, *_month_key(member, way, month))

    def write(self, member: str, allowance: Allowance, expected: str | None) -> str:
        key = _month_key(member, allowance.way, allowance.month)
        return self._records.write(allowance, expected, *key, expires_at=allowance.kept_until)


def _month_key(member: str, way: Way, month: str) -> tuple[str, str]:
    return f"member#{member}", f"month#{month}#{way.value}"


class DynamoSessions:
    """`shared.ports.persons.Sessions`, beside their members."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._records = DynamoRecords(client, table, *_KEYS)

    def read(self, member: str, id: str) -> tuple[Session, str] | None:
        return self._records.read(_sessions, f"member#{member}", f"{SESSION}{id}")

    def write(self, session: Session, expected: str | None) -> str:
        key = (f"member#{session.member}", f"{SESSION}{session.id}")
        return self._records.write(session, expected, *key, expires_at=session.expires_at)

    def end(self, member: str, id: str) -> None:
        self._records.delete(f"member#{member}", f"{SESSION}{id}")

    def of_member(self, member: str) -> tuple[Session, ...]:
        items = self._records.partition(f"member#{member}")
        found = [_sessions.decode(item["body"]["S"]) for item in items if item["sk"]["S"].startswith(SESSION)]
        return tuple(sorted(found, key=lambda one: one.used_at, reverse=True))

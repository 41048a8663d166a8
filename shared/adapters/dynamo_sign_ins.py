"""What is outstanding for minutes: sign-ins, changes of address, and who has asked how often.

The store forgets all of it by itself, though days late: whether something still counts is compared in code.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from shared.adapters.boto3_failures import available
from shared.adapters.dynamo_records import DynamoRecords
from shared.domain.email_change import EmailChange
from shared.domain.sign_in import SignIn

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

_KEY: Final = "pk"
_sign_ins: Final[msgspec.json.Decoder[SignIn]] = msgspec.json.Decoder(SignIn)
_changes: Final[msgspec.json.Decoder[EmailChange]] = msgspec.json.Decoder(EmailChange)
_texts: Final[msgspec.json.Decoder[str]] = msgspec.json.Decoder(str)


class DynamoSignIns:
    """`shared.ports.persons.SignIns`. Beside each lies, under its link's digest, whose it is: a link names nobody."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._records = DynamoRecords(client, table, _KEY)

    def put(self, sign_in: SignIn) -> None:
        digest = sign_in.address.digest
        self._records.put(digest, _link(sign_in.link), expires_at=sign_in.expires_at)
        self._records.put(sign_in, _sign_in(digest), expires_at=sign_in.expires_at)

    def of_link(self, link: str) -> tuple[SignIn, str] | None:
        owner = self._records.read(_texts, _link(link))
        return None if owner is None else self.of_address(owner[0])

    def of_address(self, address: str) -> tuple[SignIn, str] | None:
        return self._records.read(_sign_ins, _sign_in(address))

    def write(self, sign_in: SignIn, expected: str) -> str:
        key = _sign_in(sign_in.address.digest)
        return self._records.write(sign_in, expected, key, expires_at=sign_in.expires_at)

    def take(self, sign_in: SignIn, expected: str) -> None:
        self._records.take(expected, _sign_in(sign_in.address.digest))


class DynamoEmailChanges:
    """`shared.ports.persons.EmailChanges`, in the same way."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._records = DynamoRecords(client, table, _KEY)

    def put(self, change: EmailChange) -> None:
        for link in (change.old_link, change.new_link):
            if link is not None:
                self._records.put(change.member, _link(link), expires_at=change.expires_at)
        self._records.put(change, _change(change.member), expires_at=change.expires_at)

    def of_link(self, link: str) -> tuple[EmailChange, str] | None:
        owner = self._records.read(_texts, _link(link))
        return None if owner is None else self.of_member(owner[0])

    def of_member(self, member: str) -> tuple[EmailChange, str] | None:
        return self._records.read(_changes, _change(member))

    def write(self, change: EmailChange, expected: str) -> str:
        return self._records.write(change, expected, _change(change.member), expires_at=change.expires_at)

    def drop(self, member: str) -> None:
        self._records.delete(_change(member))


class DynamoLimits:
    """`shared.ports.persons.Limits`: a counter for each window."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client, self._table = client, table

    def take(self, what: str, who: str, most: int, seconds: int, now: float) -> int:
        window = int(now) // seconds
        ends = (window + 1) * seconds
        key = f"limit#{what}#{seconds}#{window}#{hashlib.sha256(who.encode()).hexdigest()}"
        with available():
            counted = self._client.update_item(
                TableName=self._table,
                Key={_KEY: {"S": key}},
                UpdateExpression="ADD #count :one SET #expires_at = :ends",
                ExpressionAttributeNames={"#count": "count", "#expires_at": "expires_at"},
                ExpressionAttributeValues={":one": {"N": "1"}, ":ends": {"N": str(ends)}},
                ReturnValues="UPDATED_NEW",
            )
        return 0 if int(counted["Attributes"]["count"]["N"]) <= most else max(1, ends - int(now))


def _link(digest: str) -> str:
    return f"link#{digest}"


def _sign_in(address: str) -> str:
    return f"sign-in#{address}"


def _change(member: str) -> str:
    return f"email-change#{member}"

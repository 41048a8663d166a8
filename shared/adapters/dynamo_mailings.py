"""How far newsletters have come with each article, and which addresses have got it, in one table.

A mark is an item of its own, put on the condition that it is not there: that is what makes of many tries one mail. Its
key is a digest of article and address together, so that the table does not tell who reads what: an address has another
one with each article.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from shared.adapters.boto3_failures import available
from shared.adapters.dynamo_records import DynamoRecords, put_if_new
from shared.domain.mailings import Mailing, Outcome

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEPT_SECONDS: Final = 400 * 86_400  # an article that is announced once more is not mailed once more
_ALL: Final = "mailings"
_mailings: Final[msgspec.json.Decoder[Mailing]] = msgspec.json.Decoder(Mailing)


class DynamoMailings:
    """`shared.ports.mail.Mailings`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client, self._table = client, table
        self._records = DynamoRecords(client, table, "pk", "sk")

    def read(self, article: str) -> tuple[Mailing, str] | None:
        return self._records.read(_mailings, _ALL, article)

    def write(self, mailing: Mailing, expected: str | None) -> str:
        expires_at = mailing.started_at + KEPT_SECONDS
        return self._records.write(mailing, expected, _ALL, mailing.article, expires_at=expires_at)

    def recent(self) -> tuple[Mailing, ...]:
        found = [_mailings.decode(item["body"]["S"]) for item in self._records.partition(_ALL)]
        return tuple(sorted(found, key=lambda one: (one.started_at, one.article), reverse=True))

    def mark(self, article: str, address: str, expires_at: int) -> Outcome | None:
        item = {
            **_mark(article, address),
            "outcome": {"S": Outcome.BEGUN.value},
            "expires_at": {"N": str(expires_at)},
        }
        with available():
            there = put_if_new(self._client, self._table, item)
        return None if there is None else Outcome(there["outcome"]["S"])

    def settle(self, article: str, address: str, outcome: Outcome) -> None:
        with available():
            self._client.update_item(
                TableName=self._table,
                Key=_mark(article, address),
                UpdateExpression="SET #outcome = :outcome",
                ExpressionAttributeNames={"#outcome": "outcome"},
                ExpressionAttributeValues={":outcome": {"S": outcome.value}},
            )

    def unmark(self, article: str, address: str) -> None:
        with available():
            self._client.delete_item(TableName=self._table, Key=_mark(article, address))


def _mark(article: str, address: str) -> Any:
    digest = hashlib.sha256(f"{article}#{address}".encode()).hexdigest()
    return {"pk": {"S": f"article#{article}"}, "sk": {"S": digest}}

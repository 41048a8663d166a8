"""Which mails have gone out that must go out once: a mark each, beside the sign-ins, which are forgotten in time."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from shared.adapters.boto3_failures import available
from shared.adapters.dynamo_records import put_if_new

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoNotices:
    """`shared.ports.mail.Notices`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client, self._table = client, table

    def mark(self, key: str, expires_at: int) -> bool:
        # boto3 asks again where an answer was lost, and would be told that the mark is there already: by this it knows
        # its own.
        mine = secrets.token_hex(8)
        item = {**_notice(key), "by": {"S": mine}, "expires_at": {"N": str(expires_at)}}
        with available():
            there = put_if_new(self._client, self._table, item)
        return there is None or bool(there["by"]["S"] == mine)

    def unmark(self, key: str) -> None:
        with available():
            self._client.delete_item(TableName=self._table, Key=_notice(key))


def _notice(key: str) -> Any:
    return {"pk": {"S": f"notice#{hashlib.sha256(key.encode()).hexdigest()}"}}

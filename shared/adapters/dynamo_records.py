"""Values in a DynamoDB table as JSON, each with a version: a second writer loses cleanly, in one conditional write."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from botocore.exceptions import ClientError

from shared.adapters.boto3_failures import available

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

T = TypeVar("T")
_encode = msgspec.json.Encoder().encode


def put_if_new(client: DynamoDBClient, table: str, item: dict[str, Any]) -> dict[str, Any] | None:
    """Put an item of a table with the partition key `pk` where there is none under its key. Returns what is there
    instead, as DynamoDB writes it. Raises ClientError."""
    try:
        client.put_item(
            TableName=table,
            Item=item,
            ConditionExpression="attribute_not_exists(#partition)",
            ExpressionAttributeNames={"#partition": "pk"},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        response: Any = error.response
        there: dict[str, Any] = response["Item"]
        return there
    return None


class DynamoRecords:
    """One table. `names` are those of its key's attributes."""

    def __init__(self, client: DynamoDBClient, table: str, *names: str) -> None:
        self._client, self._table, self._names = client, table, names

    def read(self, decoder: msgspec.json.Decoder[T], *key: str) -> tuple[T, str] | None:
        """The value under the key, and its version."""
        with available():
            found = self._client.get_item(TableName=self._table, Key=self._key(key), ConsistentRead=True)
        return _record(decoder, found["Item"]) if "Item" in found else None

    def write(self, value: object, expected: str | None, *key: str, expires_at: int | None = None) -> str:
        """Put it if the present version is `expected` (None: there is none). Returns the version."""
        put, version = self._conditional_put(value, expected, key, expires_at)
        with available():
            self._client.put_item(**put)
        return version

    def writing(
        self, value: object, expected: str | None, *key: str, expires_at: int | None = None
    ) -> tuple[TransactWriteItemTypeDef, str]:
        """`write` as a part of a transaction, and the version that comes of it."""
        put, version = self._conditional_put(value, expected, key, expires_at)
        return {"Put": put}, version

    def put(self, value: object, *key: str, expires_at: int | None = None) -> None:
        """Put it in place of whatever is there."""
        with available():
            self._client.put_item(TableName=self._table, Item=self._item(value, key, expires_at)[0])

    def putting(self, value: object, *key: str) -> TransactWriteItemTypeDef:
        """`put` as a part of a transaction."""
        return {"Put": {"TableName": self._table, "Item": self._item(value, key, None)[0]}}

    def take(self, expected: str, *key: str) -> None:
        """Delete it if the present version is `expected`."""
        with available():
            self._client.delete_item(
                TableName=self._table,
                Key=self._key(key),
                ConditionExpression="#version = :expected",
                ExpressionAttributeNames={"#version": "version"},
                ExpressionAttributeValues={":expected": {"S": expected}},
            )

    def delete(self, *key: str) -> None:
        """Delete whatever is there, or not."""
        with available():
            self._client.delete_item(TableName=self._table, Key=self._key(key))

    def deleting(self, *key: str) -> TransactWriteItemTypeDef:
        """`delete` as a part of a transaction."""
        return {"Delete": {"TableName": self._table, "Key": self._key(key)}}

    def partition(self, name: str) -> list[dict[str, Any]]:
        """All items of a partition."""
        found: list[dict[str, Any]] = []
        more: Any = {}
        while True:
            with available():
                page = self._client.query(
                    TableName=self._table,
                    ConsistentRead=True,
                    KeyConditionExpression="#partition = :partition",
                    ExpressionAttributeNames={"#partition": self._names[0]},
                    ExpressionAttributeValues={":partition": {"S": name}},
                    **more,
                )
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _conditional_put(
        self, value: object, expected: str | None, key: tuple[str, ...], expires_at: int | None
    ) -> tuple[Any, str]:
        item, version = self._item(value, key, expires_at)
        put: dict[str, Any] = {
            "TableName": self._table,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(#version)" if expected is None else "#version = :expected",
            "ExpressionAttributeNames": {"#version": "version"},
        }
        if expected is not None:
            put["ExpressionAttributeValues"] = {":expected": {"S": expected}}
        return put, version

    def _key(self, key: tuple[str, ...]) -> Any:
        return {name: {"S": part} for name, part in zip(self._names, key, strict=True)}

    def _item(self, value: object, key: tuple[str, ...], expires_at: int | None) -> tuple[Any, str]:
        version = secrets.token_hex(8)  # never one that was there before, also after a deletion
        item = {**self._key(key), "body": {"S": _encode(value).decode()}, "version": {"S": version}}
        return (item if expires_at is None else {**item, "expires_at": {"N": str(expires_at)}}), version


def _record(decoder: msgspec.json.Decoder[T], item: Any) -> tuple[T, str]:
    return decoder.decode(item["body"]["S"]), item["version"]["S"]

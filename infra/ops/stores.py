"""Tables and buckets as wholes, for whoever copies all that is in them: whatever it means to others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Protocol

from botocore.exceptions import ClientError
from msgspec import Struct

from shared.adapters.dynamo_records import put_if_new

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

Item = dict[str, dict[str, Any]]
"""As DynamoDB writes it: `{"pk": {"S": "…"}, …}`. Every table of ours has the keys `pk` and `sk`."""

CHUNK: Final = 1 << 20
HEADERS: Final = ("ContentType", "CacheControl", "ContentEncoding", "ContentDisposition", "ContentLanguage")
_MISSING: Final = ("NoSuchKey", "404")
_THERE: Final = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")


class Told(Struct, frozen=True):
    """What an object says of itself: those of HEADERS that it has, and its metadata."""

    headers: dict[str, str]
    metadata: dict[str, str]


class Table(Protocol):
    """A table with the keys `pk` and `sk`."""

    def items(self, beginning: str = "") -> Iterator[Item]:
        """Every item whose `pk` begins like that. Each is whole; all together are no one moment's."""

    def get(self, item: Item) -> Item | None:
        """What lies under this item's key."""

    def put(self, item: Item) -> Item | None:
        """Put it where nothing is. Returns what is there otherwise, and stays."""

    def replace(self, item: Item) -> None:
        """Put it in place of whatever is there."""


class Bucket(Protocol):
    """A bucket's present objects."""

    def listed(self) -> Iterator[tuple[str, str]]:
        """Every key with its entity tag."""

    def read(self, key: str, into: BinaryIO) -> tuple[Told, str] | None:
        """Write the object into a file. Returns what it says of itself and its entity tag; None where there is none."""

    def digest(self, key: str) -> str | None:
        """The SHA-256 of what lies there, in hexadecimal digits; None where nothing does."""

    def put(self, key: str, body: BinaryIO, told: Told) -> bool:
        """Put it where nothing is. Returns False where something is, which stays."""

    def replace(self, key: str, body: BinaryIO, told: Told) -> None:
        """Put it in place of whatever is there."""


class Stores(Struct, frozen=True):
    """A stack's tables and buckets that are worth keeping, by name (`backup_folder.TABLES`, `BUCKETS`)."""

    tables: Mapping[str, Table]
    buckets: Mapping[str, Bucket]


class DynamoTable:
    """`Table` on DynamoDB."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client, self._name = client, name

    def items(self, beginning: str = "") -> Iterator[Item]:
        only: Any = {}
        if beginning:
            only = {
                "FilterExpression": "begins_with(#partition, :beginning)",
                "ExpressionAttributeNames": {"#partition": "pk"},
                "ExpressionAttributeValues": {":beginning": {"S": beginning}},
            }
        pages = self._client.get_paginator("scan").paginate(TableName=self._name, ConsistentRead=True, **only)
        for page in pages:
            items: Any = page["Items"]
            yield from items

    def get(self, item: Item) -> Item | None:
        key: Any = {name: item[name] for name in ("pk", "sk")}
        found: Any = self._client.get_item(TableName=self._name, Key=key, ConsistentRead=True)
        there: Item | None = found.get("Item")
        return there

    def put(self, item: Item) -> Item | None:
        return put_if_new(self._client, self._name, item)

    def replace(self, item: Item) -> None:
        self._client.put_item(TableName=self._name, Item=item)


class S3Bucket:
    """`Bucket` on S3."""

    def __init__(self, client: S3Client, name: str) -> None:
        self._client, self._name = client, name

    def listed(self) -> Iterator[tuple[str, str]]:
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name):
            for each in page.get("Contents", ()):
                yield each["Key"], each["ETag"]

    def read(self, key: str, into: BinaryIO) -> tuple[Told, str] | None:
        found = self._get(key)
        if found is None:
            return None
        for chunk in found["Body"].iter_chunks(CHUNK):
            into.write(chunk)
        headers = {name: found[name] for name in HEADERS if found.get(name)}
        return Told(headers, found["Metadata"]), found["ETag"]

    def digest(self, key: str) -> str | None:
        found = self._get(key)
        if found is None:
            return None
        digest = hashlib.sha256()
        for chunk in found["Body"].iter_chunks(CHUNK):
            digest.update(chunk)
        return digest.hexdigest()

    def put(self, key: str, body: BinaryIO, told: Told) -> bool:
        try:
            self._put(key, body, told, {"IfNoneMatch": "*"})
        except ClientError as error:
            if error.response["Error"]["Code"] in _THERE:
                return False
            raise
        return True

    def replace(self, key: str, body: BinaryIO, told: Told) -> None:
        self._put(key, body, told, {})

    def _get(self, key: str) -> Any:
        try:
            return self._client.get_object(Bucket=self._name, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return None
            raise

    def _put(self, key: str, body: BinaryIO, told: Told, condition: dict[str, str]) -> None:
        headers: Any = {**told.headers, **condition}
        self._client.put_object(Bucket=self._name, Key=key, Body=body, Metadata=told.metadata, **headers)

"""Writing to S3 with boto3: the articles and the keyring, where a second writer must lose cleanly (conditional PUT)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from shared.adapters.s3_articles import article_key
from shared.adapters.s3_keyring import KEYRING_KEY, decode_keyring
from shared.domain.articles import Stored
from shared.domain.decoding import UNREADABLE
from shared.domain.keyrings import Keyring
from shared.domain.refusals import ArticleChanged, ContentUnavailable, KeyringChanged, UnusableKeyring

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_MISSING = ("NoSuchKey", "404")
# S3 answers 412 when the condition failed, and 409 when another conditional write was under way at the same moment.
_LOST = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")

_stored: msgspec.json.Decoder[Stored] = msgspec.json.Decoder(Stored)
_Changed = TypeVar("_Changed", ArticleChanged, KeyringChanged)


class Boto3ArticleShelf:
    """`shared.ports.ArticleShelf` on S3."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def read_version(self, slug: str) -> tuple[Stored | None, str] | None:
        try:
            found = _get(self._client, self._bucket, article_key(slug))
        except (BotoCoreError, ClientError) as error:
            raise ContentUnavailable(f"The article “{slug}” cannot be read: {error}") from error
        if found is None:
            return None
        try:
            return _stored.decode(found[0]), found[1]
        except UNREADABLE:
            return None, found[1]

    def write(self, document: Stored, expected: str | None) -> str:
        changed = ArticleChanged(f"“{document.slug}” has been changed since it was read: look at it and publish again.")
        return _put(
            self._client, self._bucket, article_key(document.slug), msgspec.json.encode(document), expected, changed
        )


class Boto3KeyringShelf:
    """`shared.ports.KeyringShelf` and `shared.ports.Keyrings` on S3."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def read_version(self) -> tuple[Keyring, str] | None:
        try:
            found = _get(self._client, self._bucket, KEYRING_KEY)
        except (BotoCoreError, ClientError) as error:
            raise UnusableKeyring(f"The keyring cannot be read: {error}") from error
        return None if found is None else (decode_keyring(found[0]), found[1])

    def read(self) -> Keyring:
        found = self.read_version()
        if found is None:
            raise UnusableKeyring("There is no keyring yet: `frontline keys init` makes it.")
        return found[0]

    def write(self, ring: Keyring, expected: str | None) -> str:
        changed = KeyringChanged("The keyring has been changed since it was read: look at `frontline keys list` first.")
        return _put(self._client, self._bucket, KEYRING_KEY, msgspec.json.encode(ring), expected, changed)


def _get(client: S3Client, bucket: str, key: str) -> tuple[bytes, str] | None:
    try:
        found = client.get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return None
        raise
    return found["Body"].read(), found["ETag"]


def _put(client: S3Client, bucket: str, key: str, body: bytes, expected: str | None, changed: _Changed) -> str:
    condition: dict[str, Any] = {"IfNoneMatch": "*"} if expected is None else {"IfMatch": expected}
    try:
        return client.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json", **condition)["ETag"]
    except ClientError as error:
        if error.response["Error"]["Code"] in _LOST:
            raise changed from error
        raise

"""Writing to S3 with boto3: articles, documents and the keyring. A second writer loses cleanly (conditional PUT)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from shared.domain.articles import Stored, article_key
from shared.domain.decoding import UNREADABLE
from shared.domain.keyrings import KEYRING_KEY, Keyring, decode_keyring
from shared.domain.refusals import (
    ArticleChanged,
    ContentUnavailable,
    DocumentChanged,
    KeyringChanged,
    Refusal,
    UnusableKeyring,
)
from shared.domain.text import is_slug
from shared.ports.publishing import ArticleVersion

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

_MISSING = ("NoSuchKey", "NoSuchVersion", "404")
# S3 answers 412 when the condition failed, 409 when another conditional write was under way at the same moment, and 404
# where what was expected is gone.
_LOST = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409", *_MISSING)
_DELETED_AT_ONCE: Final = 1_000  # S3's limit

_stored: msgspec.json.Decoder[Stored] = msgspec.json.Decoder(Stored)


class Boto3ArticleShelf:
    """`shared.ports.publishing.ArticleShelf` on S3."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def read_version(self, slug: str) -> tuple[Stored | None, str] | None:
        with _available(f"The article “{slug}” cannot be read"):
            found = _get(self._client, self._bucket, article_key(slug))
        return None if found is None else (_document(found[0]), found[1])

    def write(self, document: Stored, expected: str | None) -> str:
        return _put(
            self._client,
            self._bucket,
            article_key(document.slug),
            msgspec.json.encode(document),
            expected,
            _article_changed(document.slug),
        )

    def delete(self, slug: str, expected: str) -> None:
        with _or_lost(_article_changed(slug)):
            self._client.delete_object(Bucket=self._bucket, Key=article_key(slug), IfMatch=expected)

    def slugs(self) -> Iterator[tuple[str, str]]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix="articles/")
        with _available("The articles cannot be listed"):
            for page in pages:
                for found in page.get("Contents", ()):
                    slug = found["Key"].removeprefix("articles/").removesuffix(".json")
                    if is_slug(slug) and found["Key"] == article_key(slug):
                        yield slug, found["ETag"]

    def versions(self, slug: str) -> tuple[ArticleVersion, ...]:
        key = article_key(slug)
        with _available(f"The history of “{slug}” cannot be read"):
            found = self._client.list_object_versions(Bucket=self._bucket, Prefix=key)
        versions = [
            ArticleVersion(each["VersionId"], each["ETag"], each["LastModified"], each["IsLatest"])
            for each in found.get("Versions", ())
            if each["Key"] == key
        ] + [
            ArticleVersion(each["VersionId"], "", each["LastModified"], each["IsLatest"], is_deletion=True)
            for each in found.get("DeleteMarkers", ())
            if each["Key"] == key
        ]
        # S3 gives versions and deletions each in their order, the newest first, and times in whole seconds.
        return tuple(sorted(versions, key=lambda one: (one.is_present, one.at), reverse=True))

    def read_past(self, slug: str, number: str) -> Stored | None:
        with _available(f"The history of “{slug}” cannot be read"):
            found = _get(self._client, self._bucket, article_key(slug), VersionId=number)
        return None if found is None else _document(found[0])


class Boto3Documents:
    """`shared.ports.publishing.Documents` on S3."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def read(self, key: str) -> tuple[bytes, str] | None:
        with _available(f"{key} cannot be read"):
            return _get(self._client, self._bucket, key)

    def write(self, key: str, body: bytes, expected: str | None) -> str:
        changed = DocumentChanged(f"{key} has been changed since it was read: try again.")
        with _available(f"{key} cannot be written"):
            return _put(self._client, self._bucket, key, body, expected, changed)

    def delete(self, keys: tuple[str, ...]) -> None:
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            objects: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in keys[start : start + _DELETED_AT_ONCE]]
            with _available("Documents cannot be deleted"):
                done = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
            if errors := done.get("Errors"):
                raise ContentUnavailable(f"{errors[0].get('Key')} cannot be deleted: {errors[0].get('Code')}")

    def keys(self, prefix: str) -> Iterator[tuple[str, dt.datetime]]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        with _available(f"{prefix} cannot be listed"):
            for page in pages:
                for found in page.get("Contents", ()):
                    yield found["Key"], found["LastModified"]


class Boto3KeyringShelf:
    """`shared.ports.publishing.KeyringShelf` and `shared.ports.reading.Keyrings` on S3."""

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


def _document(raw: bytes) -> Stored | None:
    try:
        return _stored.decode(raw)
    except UNREADABLE:
        return None


def _article_changed(slug: str) -> ArticleChanged:
    return ArticleChanged(f"“{slug}” has been changed since it was read: look at it and publish again.")


@contextmanager
def _available(what: str) -> Iterator[None]:
    """Raises ContentUnavailable where S3 does not do it."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise ContentUnavailable(f"{what}: {error}") from error


@contextmanager
def _or_lost(changed: Refusal) -> Iterator[None]:
    """Raises `changed` where a condition was not met."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in _LOST:
            raise changed from error
        raise


def _get(client: S3Client, bucket: str, key: str, **which: Any) -> tuple[bytes, str] | None:
    try:
        found = client.get_object(Bucket=bucket, Key=key, **which)
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return None
        raise
    return found["Body"].read(), found["ETag"]


def _put(client: S3Client, bucket: str, key: str, body: bytes, expected: str | None, changed: Refusal) -> str:
    condition: dict[str, Any] = {"IfNoneMatch": "*"} if expected is None else {"IfMatch": expected}
    with _or_lost(changed):
        return client.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json", **condition)["ETag"]

"""What the queue brings: S3's events as EventBridge passes them on, and our own schedules."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from shared.domain.text import is_slug


class _Object(Struct, frozen=True):
    key: str


class _Detail(Struct, frozen=True):
    object: _Object


class _Message(Struct, frozen=True):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html, or `{"slug": …}`."""

    detail: _Detail | UnsetType = UNSET
    slug: str | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.detail is UNSET and self.slug is UNSET:
            raise ValueError("neither an object's event nor a slug")


_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(_Message)


def slug_in(body: str) -> str | None:
    """The article that a message is about; None for an object that is no article. Raises what `UNREADABLE` lists."""
    message: _Message = _decoder.decode(body)
    if isinstance(message.detail, _Detail):
        key = message.detail.object.key
        slug = key.removeprefix("articles/").removesuffix(".json")
        return slug if is_slug(slug) and key == f"articles/{slug}.json" else None
    return message.slug if isinstance(message.slug, str) and is_slug(message.slug) else None

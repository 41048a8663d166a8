"""What feeds and maps say of an article alike: its address and its times."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final, TypeVar

import msgspec

from shared.domain.decoding import UNREADABLE
from shared.domain.list_parts import Row
from shared.domain.lists import Entry
from shared.domain.paper import Paper
from shared.domain.refusals import ContentUnavailable

_entry: Final[msgspec.json.Decoder[Entry]] = msgspec.json.Decoder(Entry)
_Fact = TypeVar("_Fact")


def entries_in(rows: Iterable[Row]) -> tuple[Entry, ...]:
    """Raises ContentUnavailable for what is no entry: our own fault, publishing writes none."""
    return decoded(_entry, (row.entry for row in rows))


def decoded(decoder: msgspec.json.Decoder[_Fact], raws: Iterable[bytes | msgspec.Raw]) -> tuple[_Fact, ...]:
    try:
        return tuple([decoder.decode(raw) for raw in raws])
    except UNREADABLE as error:
        raise ContentUnavailable("This cannot be shown right now. We have been told.") from error


def article_url(paper: Paper, entry: Entry) -> str:
    return f"{paper.url}/articles/{entry.slug}"


def changed_at(entry: Entry) -> dt.datetime:
    """When the article was last changed."""
    return entry.updated_at or entry.published_at


def timestamp(at: dt.datetime) -> str:
    """As RFC 3339 and the W3C have it."""
    return at.astimezone(dt.UTC).isoformat(timespec="seconds")

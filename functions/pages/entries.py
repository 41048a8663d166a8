"""What feeds and maps say of an article alike: its address and its times."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

import msgspec

from shared.domain.decoding import decoded
from shared.domain.list_parts import Row
from shared.domain.lists import Entry
from shared.domain.paper import Paper

_entry: Final[msgspec.json.Decoder[Entry]] = msgspec.json.Decoder(Entry)


def entries_in(rows: Iterable[Row]) -> tuple[Entry, ...]:
    """Raises ContentUnavailable for what is no entry: our own fault, publishing writes none."""
    return decoded(_entry, (row.entry for row in rows))


def article_url(paper: Paper, entry: Entry) -> str:
    return f"{paper.url}/articles/{entry.slug}"


def changed_at(entry: Entry) -> dt.datetime:
    """When the article was last changed."""
    return entry.updated_at or entry.published_at


def timestamp(at: dt.datetime) -> str:
    """As RFC 3339 and the W3C have it."""
    return at.astimezone(dt.UTC).isoformat(timespec="seconds")

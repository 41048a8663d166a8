"""A feed: what stands in it, and how JSON Feed says it. `feed_xml` says the same as RSS and Atom."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Final

import msgspec
from msgspec import Struct

from functions.pages.entries import article_url, timestamp
from shared.domain.blocks import Picture
from shared.domain.lists import LATEST, Entry
from shared.domain.paper import Paper
from shared.ports.reading import ListPage

IN_FEED: Final = 30
"""How many articles a feed holds."""
# By ending: `mimetypes` would read the machine's own tables, 5 ms of a cold start. Others go without.
_PICTURES: Final = {
    "avif": "image/avif",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "svg": "image/svg+xml",
    "webp": "image/webp",
}


class Feed(Struct, frozen=True):
    """`path` is the feed's own; `page` the one of which it is the feed."""

    paper: Paper
    title: str
    path: str
    page: str
    changed_at: dt.datetime
    entries: tuple[Entry, ...]

    @property
    def url(self) -> str:
        return f"{self.paper.url}{self.path}"

    @property
    def page_url(self) -> str:
        return f"{self.paper.url}{self.page}"


def feed_of(paper: Paper, name: str, path: str, listed: ListPage, entries: tuple[Entry, ...]) -> Feed:
    """The feed of a list. A section or author is called what its newest article calls it."""
    changed_at = dt.datetime.fromtimestamp(listed.changed_at, dt.UTC)
    if name == LATEST:
        return Feed(paper, paper.name, path, "/", changed_at, entries)
    kind, _, slug = name.partition("/")
    newest = entries[0]
    of = newest.section.name if kind == "section" else newest.author.name
    return Feed(paper, f"{of} – {paper.name}", path, f"/{kind}s/{slug}", changed_at, entries)


def urn(paper: Paper, name: str) -> str:
    """What an article (by its id) or a feed (by its path) is called for good, wherever it and the paper move."""
    return f"urn:uuid:{uuid.uuid5(uuid.UUID(paper.id), name)}"


def picture_url(paper: Paper, picture: Picture) -> str:
    return f"{paper.url}{picture.src}"


def picture_type(picture: Picture) -> dict[str, str]:
    """Its media type as an attribute, where it is known."""
    known = _PICTURES.get(picture.src.rpartition(".")[2])
    return {"type": known} if known else {}


def author_url(paper: Paper, entry: Entry) -> str:
    return f"{paper.url}/authors/{entry.author.slug}"


def json_feed(feed: Feed) -> bytes:
    """As JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""
    return msgspec.json.encode(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed.title,
            "home_page_url": feed.page_url,
            "feed_url": feed.url,
            "description": feed.paper.description,
            "language": feed.paper.language,
            "items": [_json_item(feed.paper, entry) for entry in feed.entries],
        }
    )


def _json_item(paper: Paper, entry: Entry) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": urn(paper, entry.id),
        "url": article_url(paper, entry),
        "title": entry.title,
        "content_text": entry.standfirst,
        "date_published": timestamp(entry.published_at),
        "authors": [{"name": entry.author.name, "url": author_url(paper, entry)}],
        "tags": [entry.section.name, *entry.tags],
        "language": entry.language,
    }
    if entry.updated_at is not None:
        item["date_modified"] = timestamp(entry.updated_at)
    if entry.lead_picture is not None:
        item["image"] = picture_url(paper, entry.lead_picture)
    return item

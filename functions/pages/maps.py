"""The maps of the site: what stands in which. `map_xml` writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import Struct

from functions.pages.entries import article_url, changed_at, entries_in
from shared.domain.blocks import Moment
from shared.domain.decoding import decoded
from shared.domain.list_parts import Index, Row
from shared.domain.lists import LATEST, Entry, moment_at
from shared.domain.paper import Paper
from shared.domain.text import Slug
from shared.ports.reading import ListPage, Lists

WHOLE: Final = 1_000
"""Articles up to which one map holds all of the site."""
MOST: Final = 5_000
"""URLs in a map where there are several. sitemaps.org allows 50,000; these are read from S3 and answered within 5 s,
and are 2.6 MB at the very longest, where a function may answer 6."""
NEWS_FOR: Final = dt.timedelta(hours=48)
MOST_NEWS: Final = 1_000  # as Google has it
_NEWS_AT_ONCE: Final = 100

# Nothing for a search engine: what is one reader's, and what only acts. `/api/members` covers memberships too.
_CLOSED_TO_ROBOTS: Final = ("/account", "/sign-in", "/api/members", "/api/newsletters")


class Url(Struct, frozen=True):
    """An address, and when what is there last changed, where that is known."""

    loc: str
    changed_at: dt.datetime | None = None


class _Facts(Struct, frozen=True):
    """What a map takes of a section or an author."""

    slug: Slug
    latest_at: Moment


_facts: Final[msgspec.json.Decoder[_Facts]] = msgspec.json.Decoder(_Facts)


def page_urls(paper: Paper, lists: Lists, index: Index) -> tuple[Url, ...]:
    """The front page, the sections, the authors."""
    front = Url(f"{paper.url}/", None if index.newest is None else moment_at(index.newest))
    sections = decoded(_facts, lists.directory("sections"))
    authors = decoded(_facts, lists.directory("authors"))
    return (
        front,
        *(Url(f"{paper.url}/sections/{one.slug}", one.latest_at) for one in sections),
        *(Url(f"{paper.url}/authors/{one.slug}", one.latest_at) for one in authors),
    )


def article_urls(paper: Paper, rows: Iterable[Row]) -> tuple[Url, ...]:
    return tuple(Url(article_url(paper, entry), changed_at(entry)) for entry in entries_in(rows))


def map_urls(paper: Paper, index: Index, pages: int) -> tuple[Url, ...]:
    """The maps that together hold all of the site, where it has `pages` pages beside its articles."""
    counts = [("pages", pages), *index.months]
    names = [name if piece == 1 else f"{name}-{piece}" for name, count in counts for piece in _pieces(count)]
    return tuple(Url(f"{paper.url}/sitemaps/{name}.xml") for name in names)


def articles_of(lists: Lists, month: str, piece: int) -> ListPage | None:
    """A month's articles that stand in one map, None where there is no such map.

    A month with more than MOST has several. They are counted from its oldest article on, so that only the last of them
    changes when another one comes.
    """
    index = lists.page(LATEST, None, 0).index
    count = dict(index.months).get(month, 0)
    newer = sum(others for name, others in index.months if name > month)
    first, last = newer + max(count - piece * MOST, 0), newer + count - (piece - 1) * MOST
    if first >= last:
        return None
    passed = 0
    for part in index.parts:
        if passed + part.count > first:
            break
        passed += part.count
    # The least text that is greater: a page begins behind a place, and this part's newest belongs to it.
    page = lists.page(LATEST, f"{part.newest}\0", last - passed)
    rows = tuple(row for row in page.rows[first - passed :] if row.place.startswith(month))
    return msgspec.structs.replace(page, rows=rows)


def news(lists: Lists, now: float) -> tuple[Entry, ...]:
    """What is new at `now` (seconds since 1970), and no more of the list than that is read."""
    begin = dt.datetime.fromtimestamp(now, dt.UTC) - NEWS_FOR
    found: list[Entry] = []
    after: str | None = None
    while len(found) < MOST_NEWS:
        page = lists.page(LATEST, after, _NEWS_AT_ONCE)
        entries = entries_in(page.rows)
        found += [entry for entry in entries if entry.published_at >= begin]
        after = page.next
        if after is None or entries[-1].published_at < begin:
            break
    return tuple(found[:MOST_NEWS])


def piece_of(urls: tuple[Url, ...], piece: int) -> tuple[Url, ...]:
    return urls[(piece - 1) * MOST : piece * MOST]


def robots(paper: Paper) -> bytes:
    """robots.txt (RFC 9309)."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _CLOSED_TO_ROBOTS), "Allow: /", ""]
    lines += [f"Sitemap: {paper.url}/{name}.xml" for name in ("sitemap", "news-sitemap")]
    return "\n".join([*lines, ""]).encode()


def _pieces(count: int) -> range:
    return range(1, -(-count // MOST) + 1)

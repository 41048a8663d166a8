"""Publishing on in-memory doors: write articles, let publishing catch up, read the lists as a reader would."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
from msgspec.structs import replace

from functions.publishing.catch_up import Done, Doors, catch_up
from functions.publishing.placements import Placement, placement_key
from shared.domain.articles import Article, Stored, Unpublished
from shared.domain.lists import LATEST, MAX_PAGE, Entry
from shared.domain.refusals import UnknownList
from shared.ports.publishing import ArticleShelf, Documents, Schedules
from tests.samples import NIGHT_FERRY
from tests.twins import (
    MemoryAnnouncements,
    MemoryArticles,
    MemoryDocuments,
    MemoryLists,
    MemoryMedia,
    MemoryPurge,
    MemorySchedules,
    MemoryWaitingMedia,
)

NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)


def piece(number: int, **changes: Any) -> Article:
    """An article of its own; a higher number is a later one."""
    given: dict[str, Any] = {
        "id": f"a-{number}",
        "slug": f"piece-{number}",
        "title": f"Piece {number}",
        "published_at": NOW - dt.timedelta(days=400) + dt.timedelta(hours=number),
    }
    return replace(NIGHT_FERRY, **(given | changes))


def doors_on(articles: ArticleShelf, documents: Documents, schedules: Schedules | None = None) -> Doors:
    """Publishing's doors onto these, with twins for the rest."""
    return Doors(
        articles,
        documents,
        MemoryWaitingMedia(MemoryMedia()),
        MemoryPurge(),
        MemoryAnnouncements(),
        schedules or MemorySchedules(),
    )


class Press:
    """All doors of publishing, on twins."""

    def __init__(self, *documents: Stored) -> None:
        self.articles, self.documents, self.purge = MemoryArticles(), MemoryDocuments(), MemoryPurge()
        self.announcements, self.schedules = MemoryAnnouncements(), MemorySchedules()
        self.media = MemoryMedia()
        self.waiting = MemoryWaitingMedia(self.media)
        self.doors = Doors(self.articles, self.documents, self.waiting, self.purge, self.announcements, self.schedules)
        self.lists = MemoryLists(self.documents)
        for document in documents:
            self.put(document)
        self.catch_up(*(document.slug for document in documents))

    def put(self, document: Stored) -> None:
        """Write it, whatever is there; nobody has heard of it yet."""
        found = self.articles.read_version(document.slug)
        self.articles.write(document, found[1] if found else None)

    def publish(self, document: Stored, now: dt.datetime = NOW) -> Done:
        self.put(document)
        return self.catch_up(document.slug, now=now)

    def withdraw(self, slug: str) -> Done:
        return self.publish(Unpublished(1, slug, NOW))

    def catch_up(self, *slugs: str, now: dt.datetime = NOW) -> Done:
        return catch_up(slugs, self.doors, now.timestamp())

    def entries(self, name: str = LATEST) -> list[Entry]:
        """Everything in a list, page by page."""
        found: list[Entry] = []
        after: str | None = None
        while True:
            try:
                page = self.lists.page(name, after, MAX_PAGE)
            except UnknownList:
                return found
            found += [msgspec.json.decode(row.entry, type=Entry) for row in page.rows]
            after = page.next
            if after is None:
                return found

    def slugs(self, name: str = LATEST) -> list[str]:
        return [entry.slug for entry in self.entries(name)]

    def everything(self) -> dict[str, Any]:
        """What readers can be told of: every list and directory, whatever parts they are kept in."""
        names = {key.removeprefix("lists/").removesuffix("/index.json") for key, _ in self.documents.keys("lists/")}
        lists = {name: self.entries(name) for name in names if name == LATEST or name.count("/") == 1}
        directories = {kind: self.lists.directory(kind) for kind in ("sections", "authors")}
        return {name: entries for name, entries in lists.items() if entries} | directories

    def placement(self, slug: str) -> Placement:
        return msgspec.json.decode(self.documents.raw[placement_key(slug)], type=Placement)

    def purged(self) -> set[str]:
        """Every tag that has been purged since this was last asked."""
        tags = {tag for tags in self.purge.asked.values() for tag in tags}
        self.purge.asked.clear()
        return tags

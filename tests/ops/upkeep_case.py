"""A paper in memory for the tests of its upkeep: publishing, damaging, and what readers find in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from functions.publishing.catch_up import Doors, catch_up
from functions.publishing.placements import Placement, placement_key
from infra.ops.doctor import Diagnosis, Ward, examine
from infra.ops.paper import error_page
from infra.ops.repair import repair
from infra.ops.survey import list_files, read_facts
from shared.domain.articles import Article, Author, Section, Stored, Unpublished
from shared.domain.list_parts import Index, Part, Row, build, index_key, part_key
from shared.domain.paper import PAPER_KEY, Paper
from shared.ports.publishing import DeadLetters
from tests.ops.facilities_twin import MemoryFacilities
from tests.ops.web_twin import AT, WellRead
from tests.samples import NIGHT_FERRY
from tests.twins import (
    RING,
    MemoryAnnouncements,
    MemoryArticles,
    MemoryDeadLetters,
    MemoryDocuments,
    MemoryEdgeKeys,
    MemoryKeyring,
    MemoryLists,
    MemoryMedia,
    MemoryPurge,
    MemorySchedules,
    MemoryWaitingMedia,
)

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
SITE = "https://paper.example"
PAPER = Paper(1, "0b0a5c2e-8c1f-4d5e-9a57-3b1d1c0f6a11", "The Paper", "Of the river.", "en", SITE)


def article(slug: str, **changes: Any) -> Article:
    return replace(NIGHT_FERRY, slug=slug, id=f"a-{slug}", **changes)


NEWS = article("news", tags=("river",), published_at=NOW - dt.timedelta(hours=5))
ESSAY = article("essay", section=Section("life", "Life"), tags=("river", "boats"))
PROFILE = article(
    "profile", author=Author("bo-lind", "Bo Lind", "persona", "Counts."), published_at=NOW - dt.timedelta(days=9)
)
SOON = article("soon", published_at=NOW + dt.timedelta(days=1))


class PaperCase:
    """A paper that has caught up with these articles. Its time stands still at `now`."""

    def __init__(self, *articles: Article, now: dt.datetime = NOW) -> None:
        self.now = now
        self.backlog = 0
        self.articles = MemoryArticles()
        self.documents = MemoryDocuments()
        self.purge = MemoryPurge()
        self.announcements = MemoryAnnouncements()
        self.schedules = MemorySchedules()
        self.keyring = MemoryKeyring(RING)
        self.edge = MemoryEdgeKeys()
        self.edge.put(RING)
        self.letters = MemoryDeadLetters()
        self.undelivered = MemoryDeadLetters()
        self.newsletters: DeadLetters | None = None
        self.page: bytes | None = error_page(PAPER)
        self.facilities = MemoryFacilities()
        self.web = WellRead()
        self.documents.write(PAPER_KEY, msgspec.json.encode(PAPER), None)
        for one in articles:
            self.write(one)
        self.catch_up(*(one.slug for one in articles))

    @property
    def doors(self) -> Doors:
        waiting = MemoryWaitingMedia(MemoryMedia())
        return Doors(self.articles, self.documents, waiting, self.purge, self.announcements, self.schedules)

    @property
    def ward(self) -> Ward:
        asked = (lambda: self.backlog, self.keyring, self.edge, self.letters, self.newsletters, SITE, lambda: self.page)
        return Ward(
            self.doors, *asked, facilities=self.facilities, web=self.web, address=AT, undelivered=self.undelivered
        )

    def clock(self) -> dt.datetime:
        return self.now

    # What editors and publishing do

    def write(self, document: Stored) -> None:
        found = self.articles.read_version(document.slug)
        self.articles.write(document, None if found is None else found[1])

    def delete(self, slug: str) -> None:
        found = self.articles.read_version(slug)
        if found is not None:
            self.articles.delete(slug, found[1])

    def catch_up(self, *slugs: str) -> None:
        catch_up(slugs, self.doors, self.now.timestamp())

    def publish(self, document: Stored) -> None:
        self.write(document)
        self.catch_up(document.slug)

    def withdraw(self, slug: str) -> None:
        self.publish(Unpublished(1, slug, self.now))

    # What ops do

    def examine(self) -> Diagnosis:
        return examine(self.ward, self.clock, lambda: None)

    def repair(self) -> list[str]:
        done: list[str] = []
        repair(self.examine(), self.ward, self.clock, done.append)
        return done

    # Damage

    def put(self, key: str, body: bytes) -> None:
        found = self.documents.read(key)
        self.documents.write(key, body, None if found is None else found[1])

    def index(self, name: str) -> Index:
        return msgspec.json.decode(self.documents.raw[index_key(name)], type=Index)

    def rows(self, name: str) -> list[Row]:
        parts = [part_key(name, part.name) for part in self.index(name).parts]
        return [row for key in parts for row in msgspec.json.decode(self.documents.raw[key], type=Part).rows]

    def put_index(self, name: str, **changes: Any) -> None:
        self.put(index_key(name), msgspec.json.encode(replace(self.index(name), **changes)))

    def put_rows(self, name: str, rows: Iterable[Row]) -> None:
        """A list that is sound in itself and holds these entries."""
        author = self.index(name).author if index_key(name) in self.documents.raw else None
        revision = build(rows, "damage")
        for part, body in revision.parts.items():
            self.put(part_key(name, part), body)
        self.put(index_key(name), msgspec.json.encode(replace(revision.index, author=author)))

    def put_placement(self, slug: str, **changes: Any) -> None:
        self.put(placement_key(slug), msgspec.json.encode(replace(self.placement(slug), **changes)))

    def placement(self, slug: str) -> Placement:
        return msgspec.json.decode(self.documents.raw[placement_key(slug)], type=Placement)

    # What readers find

    def shown(self) -> dict[str, list[tuple[str, bytes]]]:
        """The rows of each list that is not empty, page by page, and the directories."""
        lists = MemoryLists(self.documents)
        shown: dict[str, list[tuple[str, bytes]]] = {}
        for name in list_files(self.documents):
            if not self.index(name).parts:
                continue
            after, more = None, True
            while more:
                page = lists.page(name, after, 7)
                shown.setdefault(name, []).extend((row.place, bytes(Raw(row.entry))) for row in page.rows)
                after, more = page.next, page.next is not None
        directories = {kind: read_facts(self.documents, kind) or {} for kind in ("sections", "authors")}
        return shown | {kind: list(facts.items()) for kind, facts in directories.items()}

    def as_built_freshly(self) -> dict[str, list[tuple[str, bytes]]]:
        fresh = PaperCase(now=self.now)
        fresh.articles = self.articles
        fresh.catch_up(*(slug for slug, _ in self.articles.slugs()))
        return fresh.shown()

"""In-memory twins of the doors. `tests/contracts` holds them to the same promises as the real ones."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections.abc import Iterator
from typing import TypeVar

import msgspec

from shared.domain.articles import Stored
from shared.domain.decoding import UNREADABLE
from shared.domain.keyrings import Keyring, PassKey
from shared.domain.list_parts import (
    Index,
    Names,
    Part,
    Standing,
    directory_key,
    find_page,
    index_key,
    part_key,
    placement_key,
    whole_for,
)
from shared.domain.lists import LATEST, Directory
from shared.domain.paper import Paper
from shared.domain.refusals import (
    ArticleChanged,
    ContentUnavailable,
    DocumentChanged,
    KeyringChanged,
    UnknownArticle,
    UnknownList,
    UnusableKeyring,
)
from shared.domain.tiers import Tier
from shared.ports.publishing import ArticleVersion, Letter
from shared.ports.reading import ListPage

T = TypeVar("T")

RING = Keyring(
    1,
    "https://paper.example",
    "k-now",
    (PassKey("k-before", "B" * 43, 1_000_000_000), PassKey("k-now", "A" * 43, 1_000_000_001)),
)
_stored: msgspec.json.Decoder[Stored] = msgspec.json.Decoder(Stored)


def _tag(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


class MemoryArticles:
    """`Articles` and `ArticleShelf`. `broken` makes every read fail as an S3 that does not answer."""

    def __init__(self, *documents: Stored) -> None:
        self._lock = threading.Lock()
        self._raw: dict[str, bytes] = {}
        self._past: dict[str, list[tuple[dt.datetime, bytes | None]]] = {}
        self.broken = False
        self.reads = 0
        for document in documents:
            self._put(document.slug, msgspec.json.encode(document))

    def read(self, slug: str) -> Stored:
        found = self.read_version(slug)
        if found is None:
            raise UnknownArticle
        if found[0] is None or found[0].slug != slug:
            raise ContentUnavailable("Not an article.")
        return found[0]

    def read_version(self, slug: str) -> tuple[Stored | None, str] | None:
        self.reads += 1
        if self.broken:
            raise ContentUnavailable("The store does not answer.")
        raw = self._raw.get(slug)
        return None if raw is None else (_document(raw), _tag(raw))

    def write(self, document: Stored, expected: str | None) -> str:
        raw = msgspec.json.encode(document)
        with self._lock:
            self._expect(document.slug, expected)
            self._put(document.slug, raw)
        return _tag(raw)

    def delete(self, slug: str, expected: str) -> None:
        with self._lock:
            self._expect(slug, expected)
            self._put(slug, None)

    def slugs(self) -> Iterator[tuple[str, str]]:
        yield from ((slug, _tag(raw)) for slug, raw in sorted(self._raw.items()))

    def versions(self, slug: str) -> tuple[ArticleVersion, ...]:
        past = self._past.get(slug, [])
        return tuple(
            ArticleVersion(str(number), _tag(raw) if raw else "", at, number == len(past) - 1, is_deletion=raw is None)
            for number, (at, raw) in reversed(list(enumerate(past)))
        )

    def read_past(self, slug: str, number: str) -> Stored | None:
        past = self._past.get(slug, [])
        raw = past[int(number)][1] if number.isdecimal() and int(number) < len(past) else None
        return None if raw is None else _document(raw)

    def spoil(self, slug: str, raw: bytes) -> None:
        """Put something at a slug that publishing would never let through."""
        self._put(slug, raw)

    def _expect(self, slug: str, expected: str | None) -> None:
        present = self._raw.get(slug)
        if (None if present is None else _tag(present)) != expected:
            raise ArticleChanged("Changed.")

    def _put(self, slug: str, raw: bytes | None) -> None:
        self._past.setdefault(slug, []).append((dt.datetime.now(dt.UTC), raw))
        if raw is None:
            del self._raw[slug]
        else:
            self._raw[slug] = raw


def _document(raw: bytes) -> Stored | None:
    try:
        return _stored.decode(raw)
    except UNREADABLE:
        return None


class MemoryDocuments:
    """`Documents`. `before` is called with each step, and its key, before it is taken: a test may put its own there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.raw: dict[str, bytes] = {}
        self._written: dict[str, dt.datetime] = {}

    def before(self, step: str, key: str) -> None:
        """Nothing."""

    def read(self, key: str) -> tuple[bytes, str] | None:
        self.before("read", key)
        raw = self.raw.get(key)
        return None if raw is None else (raw, _tag(raw))

    def write(self, key: str, body: bytes, expected: str | None) -> str:
        self.before("write", key)
        with self._lock:
            present = self.raw.get(key)
            if (None if present is None else _tag(present)) != expected:
                raise DocumentChanged(key)
            self.raw[key] = body
            self._written[key] = dt.datetime.now(dt.UTC)
        return _tag(body)

    def delete(self, keys: tuple[str, ...]) -> None:
        for key in keys:
            self.before("delete", key)
            self.raw.pop(key, None)

    def keys(self, prefix: str) -> Iterator[tuple[str, dt.datetime]]:
        yield from ((key, self._written[key]) for key in sorted(self.raw) if key.startswith(prefix))


class MemoryLists:
    """`Lists`, on the documents that publishing has written. `gets` counts what was read."""

    def __init__(self, documents: MemoryDocuments) -> None:
        self._documents = documents
        self._kept: dict[str, tuple[str | None, bytes]] = {}  # each with its edition
        self.broken = False
        self.gets = 0

    def edition(self) -> str:
        key = directory_key("authors")
        raw = self._get(key)
        if raw is None:
            return ""
        self._kept[key] = _tag(raw), raw
        return _tag(raw)

    def page(self, name: str, after: str | None, limit: int, edition: str | None = None) -> ListPage:
        raw = self._get(index_key(name), edition)
        index = Index() if raw is None else msgspec.json.decode(raw, type=Index)
        if not index.parts and name != LATEST:
            raise UnknownList
        rows, following = find_page(
            index,
            lambda part: msgspec.json.decode(self._get(part_key(name, part), edition) or b"", type=Part),
            after,
            limit,
        )
        return ListPage(index, 1_800_000_000 if raw else 0, rows, following)

    def directory(self, kind: Directory, edition: str | None = None) -> tuple[bytes, ...]:
        raw = self._get(directory_key(kind), edition)
        return () if raw is None else tuple(bytes(facts) for _, facts in msgspec.json.decode(raw, type=Names).entries)

    def whole_for(self, slug: str) -> Tier | None:
        raw = self._get(placement_key(slug))
        return None if raw is None else whole_for(msgspec.json.decode(raw, type=Standing))

    def _get(self, key: str, edition: str | None = None) -> bytes | None:
        kept = self._kept.get(key)
        if edition and kept is not None and kept[0] == edition:
            return kept[1]
        self.gets += 1
        if self.broken:
            raise ContentUnavailable("The store does not answer.")
        raw = self._documents.raw.get(key)
        if raw is not None:
            self._kept[key] = edition, raw
        return raw


class MemoryPapers:
    """`Papers`. `paper` is how it is configured now."""

    def __init__(self, paper: Paper | None) -> None:
        self.paper = paper
        self._kept: tuple[str, Paper] | None = None

    def read(self, edition: str | None = None) -> Paper:
        if edition and self._kept is not None and self._kept[0] == edition:
            return self._kept[1]
        if self.paper is None:
            raise ContentUnavailable("No paper.")
        self._kept = (edition or "", self.paper)
        return self.paper


class MemoryAnnouncements:
    """`Announcements`, which remembers."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def announce(self, article_id: str, slug: str) -> None:
        self.sent.append((article_id, slug))


class MemoryDeadLetters:
    """`DeadLetters`. What is taken comes back when `minutes_pass`."""

    def __init__(self, *bodies: str) -> None:
        self._bodies = dict(enumerate(bodies))
        self._taken: set[int] = set()

    def count(self) -> int:
        return len(self._bodies)

    def peek(self) -> tuple[str, ...]:
        return tuple(letter.body for letter in self._first())

    def take(self) -> tuple[Letter, ...]:
        letters = self._first()
        self._taken.update(int(letter.receipt) for letter in letters)
        return letters

    def discard(self, letters: tuple[Letter, ...]) -> None:
        for letter in letters:
            del self._bodies[int(letter.receipt)]

    def minutes_pass(self) -> None:
        self._taken.clear()

    def _first(self) -> tuple[Letter, ...]:
        free = [(number, body) for number, body in self._bodies.items() if number not in self._taken]
        return tuple(Letter(body, str(number)) for number, body in free[:10])


class MemorySchedules:
    """`Schedules`."""

    def __init__(self) -> None:
        self.at: dict[str, dt.datetime] = {}

    def set(self, slug: str, at: dt.datetime) -> None:
        self.at[slug] = at

    def due(self) -> Iterator[tuple[str, dt.datetime]]:
        yield from self.at.items()


class MemoryKeyring:
    """`Keyrings` and `KeyringShelf`."""

    def __init__(self, ring: Keyring | None = None) -> None:
        self._lock = threading.Lock()
        self._raw = None if ring is None else msgspec.json.encode(ring)
        self.broken = False
        self.reads = 0

    def read(self) -> Keyring:
        found = self.read_version()
        if found is None:
            raise UnusableKeyring("There is no keyring.")
        return found[0]

    def read_version(self) -> tuple[Keyring, str] | None:
        self.reads += 1
        if self.broken:
            raise UnusableKeyring("The store does not answer.")
        if self._raw is None:
            return None
        try:
            return msgspec.json.decode(self._raw, type=Keyring), _tag(self._raw)
        except UNREADABLE:
            raise UnusableKeyring("Not a keyring.") from None

    def write(self, ring: Keyring, expected: str | None) -> str:
        raw = msgspec.json.encode(ring)
        with self._lock:
            if (None if self._raw is None else _tag(self._raw)) != expected:
                raise KeyringChanged("Changed.")
            self._raw = raw
        return _tag(raw)

    def spoil(self, raw: bytes) -> None:
        self._raw = raw


class MemoryEdgeKeys:
    """`EdgeKeys`."""

    def __init__(self) -> None:
        self.ring: Keyring | None = None

    def put(self, ring: Keyring) -> None:
        self.ring = ring

    def accepted(self) -> tuple[str, ...] | None:
        return None if self.ring is None else tuple(key.kid for key in self.ring.keys)


class MemoryPurge:
    """`Purge`, which remembers what it was asked to forget."""

    def __init__(self) -> None:
        self.asked: dict[str, tuple[str, ...]] = {}

    def tags(self, tags: tuple[str, ...], reference: str) -> str:
        return self.paths(tags, reference)

    def paths(self, paths: tuple[str, ...], reference: str) -> str:
        made = _tag("\n".join([reference, *sorted(set(paths))]).encode())
        self.asked[made] = tuple(sorted(set(paths)))
        return made


class MemoryMedia:
    """`MediaShelf`, which remembers in which order it was put into."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[bytes, str, str]] = {}
        self.puts: list[tuple[str, str]] = []

    def holds(self, path: str) -> str | None:
        return self.files[path][2] if path in self.files else None

    def put(self, path: str, content: bytes, content_type: str, digest: str) -> None:
        self.files[path] = (content, content_type, digest)
        self.puts.append((path, digest))


class MemoryWaitingMedia(MemoryMedia):
    """`WaitingMedia`, before the shelf `media`."""

    def __init__(self, media: MemoryMedia) -> None:
        super().__init__()
        self._media = media

    def bring_out(self, path: str) -> bool:
        if path not in self.files:
            return False
        self._media.put(path, *self.files[path])
        return True

    def discard(self, path: str) -> None:
        self.files.pop(path, None)

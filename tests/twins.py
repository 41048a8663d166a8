"""In-memory twins of the doors. `tests/contracts` holds them to the same promises as the real ones."""

from __future__ import annotations

import hashlib
import threading

import msgspec

from shared.domain.articles import Stored
from shared.domain.decoding import UNREADABLE
from shared.domain.keyrings import Keyring, PassKey
from shared.domain.refusals import ArticleChanged, ContentUnavailable, KeyringChanged, UnknownArticle, UnusableKeyring

RING = Keyring(
    1,
    "https://paper.example",
    "k-now",
    (PassKey("k-before", "B" * 43, 1_000_000_000), PassKey("k-now", "A" * 43, 1_000_000_001)),
)


def _tag(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


class MemoryArticles:
    """`Articles` and `ArticleShelf`. `broken` makes every read fail as an S3 that does not answer."""

    def __init__(self, *documents: Stored) -> None:
        self._lock = threading.Lock()
        self._raw = {document.slug: msgspec.json.encode(document) for document in documents}
        self.broken = False
        self.reads = 0

    def read(self, slug: str) -> Stored:
        found = self.read_version(slug)
        if found is None:
            raise UnknownArticle("No such article.")
        if found[0] is None or found[0].slug != slug:
            raise ContentUnavailable("Not an article.")
        return found[0]

    def read_version(self, slug: str) -> tuple[Stored | None, str] | None:
        self.reads += 1
        if self.broken:
            raise ContentUnavailable("The store does not answer.")
        raw = self._raw.get(slug)
        if raw is None:
            return None
        try:
            return msgspec.json.decode(raw, type=Stored), _tag(raw)
        except UNREADABLE:
            return None, _tag(raw)

    def write(self, document: Stored, expected: str | None) -> str:
        raw = msgspec.json.encode(document)
        with self._lock:
            present = self._raw.get(document.slug)
            if (None if present is None else _tag(present)) != expected:
                raise ArticleChanged("Changed.")
            self._raw[document.slug] = raw
        return _tag(raw)

    def spoil(self, slug: str, raw: bytes) -> None:
        """Put something at a slug that publishing would never let through."""
        self._raw[slug] = raw


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
        made = _tag("\n".join([reference, *sorted(set(tags))]).encode())
        self.asked[made] = tuple(sorted(set(tags)))
        return made

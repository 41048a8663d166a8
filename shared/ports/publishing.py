"""What publishing leans on, and whoever works at the desk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:  # a start loads only what it runs
    import datetime as dt

    from shared.domain.articles import Stored
    from shared.domain.keyrings import Keyring


class Documents(Protocol):
    """The documents beside the articles, as publishing needs them: lists, placements, configuration. Names are keys.

    All of them raise ContentUnavailable when the store does not answer.
    """

    def read(self, key: str) -> tuple[bytes, str] | None:
        """What lies under that key and its version's tag; None when nothing does. Sees the last completed write."""

    def write(self, key: str, body: bytes, expected: str | None) -> str:
        """Put JSON under the key if the present version is still `expected` (None: nothing is there yet).

        Returns the new version's tag. Of several writers that expect the same version exactly one succeeds; the others
        get DocumentChanged and have written nothing.
        """

    def delete(self, keys: tuple[str, ...]) -> None:
        """Take these documents away; what is not there is no fault."""

    def keys(self, prefix: str) -> Iterator[tuple[str, dt.datetime]]:
        """Every key that begins like this, in order, and when it was last written. May take as long as there are."""


class Announcements(Protocol):
    """Where newsletters hear of new articles."""

    def announce(self, article_id: str, slug: str) -> None:
        """Say that this article is out. May reach the other side more than once: it tells them apart by the id."""


class Redelivery(Protocol):
    """When a message that could not be handled is delivered again."""

    def again_in(self, receipt: str, seconds: int) -> bool:
        """Have it come again after so many seconds; False where that cannot be had: then it comes as its queue says."""


class Schedules(Protocol):
    """Being called again at a time to come."""

    def set(self, slug: str, at: dt.datetime) -> None:
        """Have publishing look at that article again at `at`, or within a minute after, never before; also where that
        moment passes while it is being set. Replaces what was set for it."""

    def due(self) -> Iterator[tuple[str, dt.datetime]]:
        """What is set: slug and time."""


class Letter(Struct, frozen=True):
    """A message that was put aside, and by what it is taken away."""

    body: str
    receipt: str


class DeadLetters(Protocol):
    """The messages that could not be dealt with, however often they were delivered."""

    def count(self) -> int:
        """About how many there are."""

    def peek(self) -> tuple[str, ...]:
        """What the first of them say, ten at most. They stay where they are, for whoever asks next."""

    def take(self) -> tuple[Letter, ...]:
        """The first of them, ten at most; nobody else gets these for some minutes, and then they are back. Empty when
        there is none that nobody else has taken."""

    def discard(self, letters: tuple[Letter, ...]) -> None:
        """Take these away for good."""


class ArticleVersion(Struct, frozen=True):
    """One version in an article's history. `tag` is what `ArticleShelf.write` expects of the present one."""

    number: str
    tag: str
    at: dt.datetime
    is_present: bool
    is_deletion: bool = False


class ArticleShelf(Protocol):
    """The articles as publishing needs them: with versions, and writes that lose cleanly."""

    def read_version(self, slug: str) -> tuple[Stored | None, str] | None:
        """The document at that slug and its version's tag; None when nothing is there.

        The document is None where something lies that is not an article: publishing may mend it. Raises
        ContentUnavailable.
        """

    def write(self, document: Stored, expected: str | None) -> str:
        """Put the document at its slug if the present version is still `expected` (None: nothing is there yet).

        Returns the new version's tag. Of several writers that expect the same version exactly one succeeds; the others
        get ArticleChanged and have written nothing.
        """

    def delete(self, slug: str, expected: str) -> None:
        """Take the document away, as if it had never been there, if the present version is still `expected`, else
        ArticleChanged. Its history stays."""

    def slugs(self) -> Iterator[tuple[str, str]]:
        """Every slug under which something lies, in order, and its version's tag. May take as long as there are."""

    def versions(self, slug: str) -> tuple[ArticleVersion, ...]:
        """The article's history, the newest first; empty when there is none. At most the last 1,000."""

    def read_past(self, slug: str, number: str) -> Stored | None:
        """The document as it was in that version; None where that is not an article or is no longer kept."""


class KeyringShelf(Protocol):
    """Where `frontline keys` keeps the ring."""

    def read_version(self) -> tuple[Keyring, str] | None:
        """The ring and its version's tag, None when there is none yet. Raises UnusableKeyring for something else in
        its place."""

    def write(self, ring: Keyring, expected: str | None) -> str:
        """Put the ring if the present version is still `expected` (None: nothing there), else KeyringChanged and
        nothing is written."""


class EdgeKeys(Protocol):
    """The keyring's copy at the CDN's edge, where passes are verified first."""

    def put(self, ring: Keyring) -> None:
        """Replace the accepted keys at the edge. It takes seconds to reach every location; a repeated put does no
        harm."""

    def accepted(self) -> tuple[str, ...] | None:
        """The ids of the keys that the edge accepts, None when it has none."""


class MediaShelf(Protocol):
    """Pictures and sounds, under the paths that articles name them by (`/media/<tier>/<name>`)."""

    def holds(self, path: str) -> str | None:
        """The digest that was put with what lies there; empty when none was, None when nothing lies there."""

    def put(self, path: str, content: bytes, content_type: str, digest: str) -> None:
        """Lay the file there, in place of what there was; it is served as that type from the next moment on."""


class WaitingMedia(MediaShelf, Protocol):
    """Pictures and sounds of articles whose time has not come, under the same paths; nobody can fetch them."""

    def bring_out(self, path: str) -> bool:
        """Put the file that waits for this path in its place, with its type and digest; False where none waits.

        It goes on waiting until it is discarded: whoever is cut off in between finds it again.
        """

    def discard(self, path: str) -> None:
        """No file waits for this path any more."""


class Purge(Protocol):
    """Making the CDN forget."""

    def tags(self, tags: tuple[str, ...], reference: str) -> str:
        """Forget every cached object that carries one of these cache tags, within seconds; returns an id for the log.

        `reference` names the occasion: asking again for the same occasion is the same purge.
        """

    def paths(self, paths: tuple[str, ...], reference: str) -> str:
        """Forget what is cached for these paths, whatever its tier or query; the rest as with `tags`."""

"""Every door to the outside, one Protocol each, with what it promises. Adapters keep the promises; `tests/contracts`
holds them to it."""

from __future__ import annotations

from typing import Protocol

from shared.domain.articles import Stored
from shared.domain.keyrings import Keyring
from shared.domain.passes import Verdict
from shared.domain.tiers import Tier


class Articles(Protocol):
    """The articles as readers' functions need them: one read, by a slug that has been checked."""

    def read(self, slug: str) -> Stored:
        """The document at that slug.

        A read sees the last completed write (S3 is strongly consistent). Raises UnknownArticle when there is none, and
        ContentUnavailable when the store does not answer in time or what it holds is not an article. Never lists,
        never retries for ever.
        """


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


class Keyrings(Protocol):
    """Where the keyring is read from, by whoever mints or verifies passes."""

    def read(self) -> Keyring:
        """The ring as it is now. Raises UnusableKeyring when there is none, it is not ours, or the store does not
        answer in time."""


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


class Passes(Protocol):
    """Minting and verifying passes."""

    def mint(self, tier: Tier, now: float, lifetime: int, only: str | None = None) -> str:
        """A pass signed with the current key. Raises InvalidPassRequest, UnusableKeyring."""

    def verify(self, token: str, now: float) -> Verdict:
        """What the token is worth at `now` (seconds since 1970). Never raises: whatever is wrong makes anyone of the
        reader."""


class Purge(Protocol):
    """Making the CDN forget."""

    def tags(self, tags: tuple[str, ...], reference: str) -> str:
        """Forget every cached object that carries one of these cache tags, within seconds; returns an id for the log.

        `reference` names the occasion: asking again for the same occasion is the same purge.
        """

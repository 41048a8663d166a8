"""What readers' functions lean on: articles, lists, the paper, passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:  # a start loads only what it runs
    from shared.domain.articles import Stored
    from shared.domain.campaigns import Raised
    from shared.domain.keyrings import Keyring
    from shared.domain.list_parts import Index, Row
    from shared.domain.lists import Directory
    from shared.domain.paper import Paper
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


class ListPage(Struct, frozen=True):
    """A page of a list: its rows, the place to go on behind (None at the end), the list's index, and when the list last
    changed (whole seconds since 1970)."""

    index: Index
    changed_at: int
    rows: tuple[Row, ...]
    next: str | None


class Lists(Protocol):
    """The lists as readers' functions need them.

    Every read goes to the store, unless it is given the `edition` that this process has just been told: then what was
    read under the same edition is given again. An edition of "" is none.
    """

    def edition(self) -> str:
        """Which edition of all lists and of the paper is out; "" where nothing has been published.

        It changes with every change of any of them, after that is written and before it is purged. Ask for it once a
        request, and before what is read under it. Raises ContentUnavailable.
        """

    def page(self, name: str, after: str | None, limit: int, edition: str | None = None) -> ListPage:
        """The `limit` entries of a list behind the place `after`; with 0 the index alone is read.

        Two parts are read at most while `limit` is within MAX_PAGE. Raises UnknownList where no list of that name has
        an article in it (the list of all may be empty), ContentUnavailable. `name` is checked before it becomes a key.
        """

    def whole_for(self, slug: str) -> Tier | None:
        """The lowest tier to which all of that article is open; None where there is none in lists now. `slug` has been
        checked. Asks the store each time. Raises ContentUnavailable."""

    def directory(self, kind: Directory, edition: str | None = None) -> tuple[bytes, ...]:
        """The facts of each section or author as JSON, in the order of their slugs. Raises ContentUnavailable."""


class Papers(Protocol):
    """The paper's configuration, as readers' functions need it."""

    def read(self, edition: str | None = None) -> Paper:
        """The paper as it is configured now, or was when it was read under the same edition (`Lists`).

        Raises ContentUnavailable when it is not configured, or cannot be read.
        """


class Campaigns(Protocol):
    """What campaigns have raised, as readers' functions need it: up to a minute old."""

    def read(self, slug: str) -> Raised:
        """How a campaign stands; nothing raised where nobody has written of it. Raises ContentUnavailable."""


class Keyrings(Protocol):
    """Where the keyring is read from, by whoever mints or verifies passes."""

    def read(self) -> Keyring:
        """The ring as it is now. Raises UnusableKeyring when there is none, it is not ours, or the store does not
        answer in time."""


class Passes(Protocol):
    """Minting and verifying passes."""

    def mint(self, tier: Tier, now: float, lifetime: int, only: str | None = None) -> str:
        """A pass signed with the current key. Raises InvalidPassRequest, UnusableKeyring."""

    def verify(self, token: str, now: float) -> Verdict:
        """What the token is worth at `now` (seconds since 1970). Never raises: whatever is wrong makes anyone of the
        reader."""

"""What mail leans on: ordering it, sending it, and what has become of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:  # a start loads only what it runs
    from shared.domain.addresses import Address
    from shared.domain.mailings import Mailing, Outcome
    from shared.domain.mails import Mail, MailOrder


class Postbox(Protocol):
    """Where mails are ordered."""

    def order(self, order: MailOrder) -> None:
        """Have this be mailed soon. It may be mailed twice, rarely."""


class Mailer(Protocol):
    """Sending mail."""

    def send(self, mail: Mail) -> None:
        """Hand the mail over for good. Raises MailRefused where it will never be taken, StoreUnavailable where another
        try is worth it and nothing was sent, MailUncertain where it may have been sent."""


class Quota(Struct, frozen=True):
    """How much mail may be sent: so many a second, and so many more within 24 hours of `daily` (None: as many as one
    likes). In the `sandbox` only addresses that were verified get any; when `paused` nobody does."""

    per_second: float
    daily: float | None
    left: float | None
    sandbox: bool
    paused: bool


class MailQuota(Protocol):
    """How much mail may be sent."""

    def read(self) -> Quota:
        """As it is now. Raises StoreUnavailable."""


class MailSetup(Struct, frozen=True):
    """How the sending of mail is set up. `verified`: whether the address that mails come from is known to be ours, None
    where nobody has asked for that. `feedback`: of what the topic is told (`BOUNCE`, `COMPLAINT`); `suppresses`: after
    what SES itself sends nothing more to an address."""

    quota: Quota
    verified: bool | None
    feedback: frozenset[str]
    suppresses: frozenset[str]


class MailPlace(Protocol):
    """Where mail is sent from, as whoever looks after it sees it. Raises StoreUnavailable."""

    def read(self) -> MailSetup:
        """As it is set up now."""

    def holds_back(self, address: Address) -> str | None:
        """Why mails to that address are not sent, whatever we say; None where they are."""

    def let_through(self, address: Address) -> None:
        """Send to that address again; one that is not held back is no fault."""


class Mailings(Protocol):
    """How far newsletters have come with each article, and who has got it. Articles are named by their ids, addresses
    by their digests."""

    def read(self, article: str) -> tuple[Mailing, str] | None:
        """The article's mailing, and its version; None where none has begun."""

    def write(self, mailing: Mailing, expected: str | None) -> str:
        """Put the mailing if the present version is still `expected` (None: none has begun). Returns the version."""

    def recent(self) -> tuple[Mailing, ...]:
        """Mailings of the last year, the newest first."""

    def mark(self, article: str, address: str, expires_at: int) -> Outcome | None:
        """Say that this article is about to be sent to that address. None where nobody had said so before: of any
        number who say so, exactly one is told this. For all others: what became of it, as far as that is known.

        The mark may be forgotten after `expires_at` (seconds since 1970).
        """

    def settle(self, article: str, address: str, outcome: Outcome) -> None:
        """Say what became of it. Only for whoever has marked it."""

    def unmark(self, article: str, address: str) -> None:
        """Nothing was sent: whoever comes next may. Only for whoever has marked it."""


class Continuations(Protocol):
    """Going on later with what does not fit into one run."""

    def later(self, article: str, slug: str, stalls: int, seconds: int) -> None:
        """Have newsletters look at that article again after so many seconds, 900 at most; `stalls`: how many runs in a
        row have come to nothing."""


class Notices(Protocol):
    """Which mails have gone out that must go out once."""

    def mark(self, key: str, expires_at: int) -> bool:
        """Say that the mail of that key is about to be sent: of any number who say so, exactly one is told True. May be
        forgotten after `expires_at` (seconds since 1970)."""

    def unmark(self, key: str) -> None:
        """Nothing was sent. Only for whoever has marked it."""

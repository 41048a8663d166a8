"""What functions lean on that know a person: members, sessions, sign-ins, and whose word counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # a start loads only what it runs
    from shared.domain.allowances import Allowance, Way
    from shared.domain.email_change import EmailChange
    from shared.domain.foreign import ForeignReader
    from shared.domain.identity import IdentityClaims
    from shared.domain.jwks import Jwk
    from shared.domain.members import Contact, Member
    from shared.domain.sessions import Session
    from shared.domain.sign_in import SignIn
    from shared.domain.trust import Issuer, Trust


class Members(Protocol):
    """The persons whose addresses are confirmed, and what is known of addresses."""

    def read(self, id: str) -> tuple[Member, str] | None:
        """The member and its version; None where there is none (any more)."""

    def write(self, member: Member, expected: str | None) -> str:
        """Put the member if the present version is still `expected` (None: there is none yet). Returns the version."""

    def erase(self, id: str) -> None:
        """Take the member away with everything that lies beside it; what is not there is no fault."""

    def note_erasure(self, id: str, at: int) -> None:
        """Keep that the member of this id was erased at that moment (seconds since 1970): whoever restores an older
        backup leaves them out. The id itself is not kept, only its digest, and that for `domain.erasures`' time."""

    def contact(self, address: str) -> tuple[Contact, str] | None:
        """What is known of the address of that digest, and its version."""

    def write_contact(self, address: str, contact: Contact | None, expected: str | None) -> None:
        """Put what is known of an address, or that nothing is; `expected` as in `write`."""

    def everyone(self, after: str | None, limit: int) -> tuple[tuple[Member, ...], str | None]:
        """Some members, at most about `limit`, in no order that means anything, and where to go on (None: at the end).

        Whoever was there before the first page and stays is on exactly one.
        """


class Allowances(Protocol):
    """What members have opened beyond their tier, a month and a way at a time."""

    def read(self, member: str, way: Way, month: str) -> tuple[Allowance, str] | None:
        """The member's month and its version; None where nothing has been opened so in it."""

    def write(self, member: str, allowance: Allowance, expected: str | None) -> str:
        """Put it if the present version is still `expected` (None: there is none yet). Returns the version. Of any
        number who write at once, one does. `Members.erase` takes it away; the store forgets it after `kept_until`."""


class Sessions(Protocol):
    """Browsers that are signed in."""

    def read(self, member: str, id: str) -> tuple[Session, str] | None:
        """The session and its version. It may be one that is over: the store forgets those days later."""

    def write(self, session: Session, expected: str | None) -> str:
        """Put the session if the present version is still `expected` (None: there is none yet). Returns the version.
        A session that has ended is not brought back."""

    def end(self, member: str, id: str) -> None:
        """The session is over from now on; one that is not there is no fault."""

    def of_member(self, member: str) -> tuple[Session, ...]:
        """All sessions of a member, the latest use first; those that are over may be among them."""


class SignIns(Protocol):
    """Sign-ins that are outstanding, one an address."""

    def put(self, sign_in: SignIn) -> None:
        """This one is outstanding for its address from now on, in place of any other."""

    def of_link(self, link: str) -> tuple[SignIn, str] | None:
        """What is outstanding for the address that a link of this digest was mailed to, and its version."""

    def of_address(self, address: str) -> tuple[SignIn, str] | None:
        """What is outstanding for the address of that digest, and its version."""

    def write(self, sign_in: SignIn, expected: str) -> str:
        """Put it in place of the version `expected`. Returns the new version."""

    def take(self, sign_in: SignIn, expected: str) -> None:
        """Take it away if the present version is still `expected`: of any number who try, exactly one succeeds."""


class EmailChanges(Protocol):
    """Changes of address that are outstanding, one a member."""

    def put(self, change: EmailChange) -> None:
        """This one is outstanding for its member from now on, in place of any other."""

    def of_link(self, link: str) -> tuple[EmailChange, str] | None:
        """What is outstanding for the member whom a link of this digest was made for, and its version."""

    def of_member(self, member: str) -> tuple[EmailChange, str] | None:
        """What is outstanding for a member, and its version."""

    def write(self, change: EmailChange, expected: str) -> str:
        """Put it in place of the version `expected`. Returns the new version."""

    def drop(self, member: str) -> None:
        """Nothing is outstanding for that member any more."""


class Limits(Protocol):
    """Counting who asks how often."""

    def take(self, what: str, who: str, most: int, seconds: int, now: float) -> int:
        """Count one more of `what` by `who` in the present window of so many seconds; 0 while there were no more than
        `most`, else the seconds until the next window. Counts exactly, however many ask at once. `who` is kept by
        digest."""


class TrustStore(Protocol):
    """Whose word counts."""

    def read(self) -> Trust:
        """The configuration as it is now; where there is none, nobody is trusted.

        Raises UnusableTrust when it cannot be read, or is not one of ours.
        """


class IssuerKeys(Protocol):
    """The public keys of other issuers, as they publish them."""

    def find(self, issuer: Issuer, kid: str, now: float) -> Jwk | None:
        """The issuer's key of that id, fit for its algorithm; None where it publishes none, at `now` (seconds since
        1970).

        The issuer is asked at most every 10 s, and that takes 2 s at most, whatever it does. What it said last counts
        for an hour while it does not answer. Raises IssuerUnavailable when nothing is known of it, or it does not
        answer and the key is one it may have made since.
        """


class ForeignTokens(Protocol):
    """Other issuers' tokens."""

    def verify(self, token: str, now: float) -> ForeignReader:
        """Who that is, by a trusted issuer's word, and how far the doors open, at `now` (seconds since 1970).

        Raises InvalidToken, ExpiredToken, UnknownIssuer, NoTier; IssuerUnavailable, UnusableTrust.
        """


class IdentitySigner(Protocol):
    """The keys that identity tokens are signed with. None of them leaves where it is kept."""

    def sign(self, claims: IdentityClaims) -> str:
        """A token with these claims. Raises IdentityUnavailable."""

    def keys(self) -> tuple[Jwk, ...]:
        """The public keys by which tokens are verified: the one that signs, and others that did or will. Raises
        IdentityUnavailable."""

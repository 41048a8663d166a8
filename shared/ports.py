"""Every door to the outside, one Protocol each, with what it promises. Adapters keep the promises; `tests/contracts`
holds them to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:  # a start loads only what it runs
    import datetime as dt

    from shared.domain.addresses import Address
    from shared.domain.articles import Stored
    from shared.domain.campaigns import Raised, Supporter
    from shared.domain.email_change import EmailChange
    from shared.domain.foreign import ForeignReader
    from shared.domain.happenings import Happened, PaymentsMessage
    from shared.domain.identity import IdentityClaims
    from shared.domain.jwks import Jwk
    from shared.domain.keyrings import Keyring
    from shared.domain.ledger import Entry
    from shared.domain.list_parts import Index, Row
    from shared.domain.lists import Directory
    from shared.domain.mailings import Mailing, Outcome
    from shared.domain.mails import Mail, MailOrder
    from shared.domain.members import Contact, Member
    from shared.domain.orders import Interval, Order, Payer
    from shared.domain.paper import Paper, Plan
    from shared.domain.passes import Verdict
    from shared.domain.sessions import Session
    from shared.domain.sign_in import SignIn
    from shared.domain.standing import Refund, Standing
    from shared.domain.tiers import Tier
    from shared.domain.trust import Issuer, Trust


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

    def directory(self, kind: Directory, edition: str | None = None) -> tuple[bytes, ...]:
        """The facts of each section or author as JSON, in the order of their slugs. Raises ContentUnavailable."""


class Papers(Protocol):
    """The paper's configuration, as readers' functions need it."""

    def read(self, edition: str | None = None) -> Paper:
        """The paper as it is configured now, or was when it was read under the same edition (`Lists`).

        Raises ContentUnavailable when it is not configured, or cannot be read.
        """


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


# What belongs to persons: never on the read path. All of these raise StoreUnavailable when the store does not answer,
# and a writer who expects another version than the present one gets RecordChanged and has written nothing. Reads see
# the last completed write.


class Members(Protocol):
    """The persons whose addresses are confirmed, and what is known of addresses."""

    def read(self, id: str) -> tuple[Member, str] | None:
        """The member and its version; None where there is none (any more)."""

    def write(self, member: Member, expected: str | None) -> str:
        """Put the member if the present version is still `expected` (None: there is none yet). Returns the version."""

    def erase(self, id: str) -> None:
        """Take the member away with everything that lies beside it; what is not there is no fault."""

    def contact(self, address: str) -> tuple[Contact, str] | None:
        """What is known of the address of that digest, and its version."""

    def write_contact(self, address: str, contact: Contact | None, expected: str | None) -> None:
        """Put what is known of an address, or that nothing is; `expected` as in `write`."""

    def everyone(self, after: str | None, limit: int) -> tuple[tuple[Member, ...], str | None]:
        """Some members, at most about `limit`, in no order that means anything, and where to go on (None: at the end).

        Whoever was there before the first page and stays is on exactly one.
        """


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


class CampaignStep(Struct, frozen=True):
    """By how much a campaign's sum (minor units of `currency`) and number of supporters change. `named`: who is to be
    named from now on; `unnamed`: the order whose giver is not, any more."""

    slug: str
    currency: str
    amount: int
    supporters: int
    named: Supporter | None = None
    unnamed: str | None = None


class Step(Struct, frozen=True):
    """What becomes true together, or not at all: the order in place of its `version`, its new entries, its campaign's
    sum, and its member in place of theirs."""

    order: Order
    version: str
    entries: tuple[Entry, ...] = ()
    campaign: CampaignStep | None = None
    member: tuple[Member, str] | None = None


class Ledger(Protocol):
    """Orders, what was paid for them, and what campaigns have raised. All raise StoreUnavailable."""

    def open(self, order: Order) -> str:
        """A new order. Returns its version. One of that id which is there stays: RecordChanged."""

    def attach(self, order: Order, version: str) -> str:
        """The order with the processor's page that was made for it, which leads to it from now on."""

    def read(self, id: str) -> tuple[Order, str] | None:
        """The order as it is, and its version."""

    def of_session(self, session: str) -> str | None:
        """The id of the order that the processor's page of this id was made for."""

    def of_member(self, member: str) -> tuple[str, ...]:
        """The ids of a member's orders."""

    def entries(self, order: str) -> tuple[Entry, ...]:
        """What the ledger holds of an order, by time."""

    def commit(self, step: Step) -> str:
        """Write the step, whole; `settling.MOST_AT_ONCE` entries fit in. Returns the order's version. Raises
        RecordChanged, having written nothing, when order or member are not of the version any more or an entry is
        there: of any number who try, one succeeds. A step that was written and whose answer was lost raises
        RecordChanged when it is tried again."""

    def payer(self, member: str) -> Payer | None:
        """The member as the processor knows them."""

    def know_payer(self, payer: Payer) -> Payer:
        """The member is known to the processor as this customer, unless another was said first: returns the one that
        counts."""

    def forget_payer(self, member: str) -> None:
        """Nothing leads from the member to their orders or to the processor's customer any more."""

    def raised(self, campaign: str) -> Raised:
        """How a campaign stands."""

    def everything(self) -> Iterator[tuple[Order, tuple[Entry, ...]]]:
        """Every order with its entries, in no order that means anything. May take as long as there are."""

    def reconciled(self) -> int | None:
        """Up to when all that has happened was looked at (seconds since 1970); None where nobody has."""

    def say_reconciled(self, at: int) -> None:
        """All that has happened up to then was looked at. An earlier moment than is known changes nothing."""


class HostedPage(Struct, frozen=True):
    """A page of the processor's: where it is, and its id."""

    id: str
    url: str


class Price(Struct, frozen=True):
    """What the processor charges for a plan: `amount` in minor units, each `interval`."""

    id: str
    amount: int
    currency: str
    interval: Interval


class Checkouts(Protocol):
    """The processor's pages, where readers pay and manage what they pay. All raise ProcessorUnavailable, and
    ProcessorRefused."""

    def begin(
        self, order: Order, *, title: str, success: str, cancel: str, customer: str | None, email: str | None
    ) -> HostedPage:
        """A page on which exactly this order can be paid, once. Asked again for the same order it is the same page.

        `title`: what is paid for, in words; `success`, `cancel`: addresses to come back to; `customer`: who pays, where
        the processor knows them; `email`: what is filled in for them otherwise.
        """

    def expire(self, session: str) -> bool:
        """Nobody can pay on that page any more; one that has expired is no fault. False where somebody has paid there
        already, or is about to: then it stays as it is."""

    def customer(self, member: str, email: str) -> str:
        """A customer for the member. Asked again within a day it is the same."""

    def portal(self, customer: str, back: str) -> str:
        """The address of a page on which the customer changes how they pay, or cancels."""

    def price(self, plan: str) -> Price | None:
        """What the processor charges for a plan of that id; None where it knows none."""


class Begun(Struct, frozen=True):
    """An order, by its id, and the address of the page on which it is paid."""

    order: str
    url: str


class Repeats(Protocol):
    """Doing once what somebody asks for more than once under a key of theirs."""

    def once(self, key: str, said: str, act: Callable[[], Begun]) -> Begun:
        """What `act` returns; or, where it was done under that key within a day, what it returned then, undone again.
        What raises was not done. Raises KeyReused where something else was `said` then, StillRunning where it is being
        done at this moment, StoreUnavailable. Key and what was said are kept by digest."""


class Processor(Protocol):
    """What the processor knows of payments. All raise ProcessorUnavailable, and ProcessorRefused."""

    def standing(self, session: str) -> Standing:
        """All that came of that page, as it is now. Raises UnknownOrder where the processor knows none."""

    def session_behind(self, object: str) -> str | None:
        """The id of the page by which the object of that id (a subscription, an invoice, a payment, a refund, a
        dispute…) came to be; None where it came by none, or is not known."""

    def happened(self, since: int) -> Iterator[Happened]:
        """What has happened since then (seconds since 1970), the oldest first; for 30 days the processor remembers."""

    def sessions(self, since: int) -> Iterator[str]:
        """The ids of the pages that were made since then."""

    def refund(self, payment: str, amount: int | None, key: str) -> Refund:
        """Give back so much of a payment (minor units), or all that is left. Asked again with the same key it is the
        same refund."""

    def cancel(self, subscription: str) -> None:
        """End it now; one that has ended is no fault."""

    def forget(self, customer: str) -> None:
        """Forget the customer, and end what they pay; one that is not there is no fault."""


class Catalogue(Protocol):
    """What the processor sells and whom it tells, as whoever sets it up sees it. All raise ProcessorUnavailable, and
    ProcessorRefused."""

    def price(self, plan: str) -> Price | None:
        """As in `Checkouts`."""

    def sell(self, plan: Plan, paper: str) -> Price:
        """From now on charge for that plan what it says; who pays another price already goes on paying that. `paper`:
        its name, which stands on the processor's page and on statements."""

    def portal_login(self) -> str | None:
        """The address at which anybody who pays comes to the page on which they manage it, by a link that is mailed to
        them. None where that page is not set up, or cannot be come to so."""

    def set_up_portal(self, paper: Paper) -> str:
        """Have it show how one pays, and let one cancel at the end of what is paid, and nothing else. Returns the
        address of `portal_login`, which stays."""

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where the processor sends webhooks."""

    def tell(self, url: str) -> str:
        """Send webhooks of all that we want to hear of to this address. Returns the secret that signs them, which
        nobody can ask for again."""


class Endpoint(Struct, frozen=True):
    """An address that the processor sends webhooks to. `missing`: types of event that we want and it does not send."""

    id: str
    url: str
    enabled: bool
    missing: tuple[str, ...]


class VendorSecrets(Protocol):
    """Secrets that somebody else made: keys of the processor's."""

    def read(self, name: str) -> tuple[str, ...]:
        """The values that are good now, the newest first; none where nobody has put one there. May be as old as a
        minute. Raises StoreUnavailable."""


class SecretsShelf(VendorSecrets, Protocol):
    """The same, for whoever puts them there: a read sees what was written last."""

    def write(self, name: str, values: tuple[str, ...]) -> None:
        """These are good from now on, the newest first, and no others. Whoever has read them before may go by those for
        a minute more. Raises StoreUnavailable."""


class PaymentsQueue(Protocol):
    """Where payments are asked to look at something."""

    def put(self, messages: tuple[PaymentsMessage, ...]) -> None:
        """Have all of these be looked at. Raises StoreUnavailable, and then any of them may not be."""


class Campaigns(Protocol):
    """What campaigns have raised, as readers' functions need it: up to a minute old."""

    def read(self, slug: str) -> Raised:
        """How a campaign stands; nothing raised where nobody has written of it. Raises ContentUnavailable."""


class Notices(Protocol):
    """Which mails have gone out that must go out once."""

    def mark(self, key: str, expires_at: int) -> bool:
        """Say that the mail of that key is about to be sent: of any number who say so, exactly one is told True. May be
        forgotten after `expires_at` (seconds since 1970)."""

    def unmark(self, key: str) -> None:
        """Nothing was sent. Only for whoever has marked it."""

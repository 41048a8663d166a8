"""What money leans on: the ledger, whoever takes the money, and their secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:  # a start loads only what it runs
    from shared.domain.campaigns import Raised, Supporter
    from shared.domain.happenings import Happened, PaymentsMessage
    from shared.domain.ledger import Entry
    from shared.domain.members import Member
    from shared.domain.orders import Interval, Order, Payer
    from shared.domain.paper import Paper, Plan
    from shared.domain.standing import Refund, Standing


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


class Endpoint(Struct, frozen=True):
    """An address that the processor sends webhooks to. `missing`: types of event that we want and it does not send."""

    id: str
    url: str
    enabled: bool
    missing: tuple[str, ...]


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

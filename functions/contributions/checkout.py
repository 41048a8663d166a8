"""From an order to the payment service's page for it. The order is written first and found again by its page, so that
nothing can be paid which we do not know.

Whoever is cut off leaves behind
- after the order was opened: an order without a page, which nobody can pay; the ledger forgets it.
- after the page was made: a page that nobody was told of; it expires. Asked for again under the same key, it is the
  same page, since its name with the payment service is the order's.
- after it was attached: the same, and the page leads to the order.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from functions.contributions.doors import Asked
from shared.domain.members import Member
from shared.domain.orders import Order, Payer
from shared.domain.refusals import KeyReused, RecordChanged, StillRunning
from shared.domain.secrets import new_id
from shared.personal import client_of
from shared.personal.limits import DAY, HOUR, MINUTE, QUARTER, limit
from shared.ports.money import Begun, HostedPage

# A page of the payment service is a place to try stolen cards at: few are made for anybody, and only so many for all.
CLIENT_A_QUARTER: Final = 12
CLIENT_A_DAY: Final = 60
MEMBER_AN_HOUR: Final = 12
EVERYBODY_A_MINUTE: Final = 300
_ASKED: Final = (
    "kind", "amount", "currency", "interval", "livemode", "member", "plan", "campaign", "name", "message", "public",
)  # fmt: skip


class Wanted(Struct, frozen=True):
    """An order, what is paid for in words, the paths to come back to, and the payment service's customer if there is
    one."""

    order: Order
    title: str
    success: str
    cancel: str
    customer: str | None


def limited(asked: Asked, member: Member | None) -> None:
    """Count one more page that is asked for. Raises TooMany (R17)."""
    client = client_of(asked.request)
    limit(asked, "checkout", client, CLIENT_A_QUARTER, QUARTER)
    limit(asked, "checkout", client, CLIENT_A_DAY, DAY)
    if member is not None:
        limit(asked, "checkout-of", member.id, MEMBER_AN_HOUR, HOUR)
    # The last: whoever is refused above takes nothing from the others.
    limit(asked, "checkout-of-all", "all", EVERYBODY_A_MINUTE, MINUTE)


def payer_of(asked: Asked, member: Member | None) -> str | None:
    """The member as the payment service knows them, from now on if they are new there; None for nobody."""
    if member is None:
        return None
    ledger, checkouts = asked.doors.ledger, asked.doors.checkouts
    known = ledger.payer(member.id)
    if known is None:
        known = ledger.know_payer(Payer(member.id, checkouts.customer(member.id, member.address.text)))
    return known.customer


def begin(asked: Asked, wanted: Wanted) -> tuple[Order, Begun]:
    """Open the order and have a page made on which it can be paid. Raises KeyReused, StillRunning,
    ProcessorUnavailable, ProcessorRefused, StoreUnavailable."""
    order, version = _opened(asked, wanted.order)
    page = asked.doors.checkouts.begin(
        order,
        title=wanted.title,
        # From the configuration alone: nobody's header or field says where a payer comes back to.
        success=f"{asked.paper.url}{wanted.success}",
        cancel=f"{asked.paper.url}{wanted.cancel}",
        customer=wanted.customer,
        email=None,
    )
    attached = _attached(asked, order, version, page)
    return attached, Begun(attached.id, page.url)


def _opened(asked: Asked, order: Order) -> tuple[Order, str]:
    """The order as it lies in the ledger, and its version. One that is there was opened by the same request before it
    was cut off, a moment or a day ago at most."""
    ledger = asked.doors.ledger
    try:
        return order, ledger.open(order)
    except RecordChanged:
        there = ledger.read(order.id)
    if there is None or there[0].asked_at + DAY <= asked.now:
        return _opened(asked, replace(order, id=new_id(asked.doors.chance)))  # a key counts for a day
    if any(getattr(there[0], name) != getattr(order, name) for name in _ASKED):
        raise KeyReused("This Idempotency-Key was sent with something else before. Take another one.")
    return there


def _attached(asked: Asked, order: Order, version: str, page: HostedPage) -> Order:
    attached = replace(order, session=page.id)
    try:
        asked.doors.ledger.attach(attached, version)
    except RecordChanged:  # it is attached already: this was cut off before, or its first answer was lost
        there = asked.doors.ledger.read(order.id)
        if there is None or there[0].session != page.id:
            raise StillRunning("This is being done at this moment. Try again in a few seconds.") from None
    return attached

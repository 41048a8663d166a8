"""Looking at an order: how it stands with the processor now, and what follows. The heart of payments.

Our order is read first, then the processor is asked, and what follows is written only while the order is what was read.
So of two looks the one that asked later is written later, and order, repetition and loss of what is heard change
nothing in the end (R20). A look may end anywhere: the next one does the rest.
"""

from __future__ import annotations

import enum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from functions.payments.campaigns import say_raised
from functions.payments.doors import Doors
from functions.payments.mails import Posted, post_due
from shared.domain.campaigns import Supporter
from shared.domain.ledger import Entry
from shared.domain.members import Member, best
from shared.domain.orders import Kind, Order, OrderState
from shared.domain.refusals import ImpossibleTransition, PaymentMismatch, RecordChanged, UnknownOrder
from shared.domain.settling import Settled, settle, withdrawn
from shared.domain.standing import PageState, Standing
from shared.ports.money import CampaignStep, Step

_ROUNDS: Final = 12
_NOTHING_CAME: Final = frozenset({OrderState.OPEN, OrderState.EXPIRED})


class Became(enum.Enum):
    """What became of a look."""

    SETTLED = "settled"  # something was new
    UNCHANGED = "unchanged"
    FOREIGN = "foreign"  # no page of ours
    MISMATCHED = "mismatched"  # not what was ordered: nothing is granted, and somebody has to look


class Looked(Struct, frozen=True):
    """What became of a look at `order`: the ledger's new `entries`; for one that is mismatched, `what` is."""

    became: Became
    order: str | None = None
    entries: tuple[Entry, ...] = ()
    what: str | None = None
    posted: Posted = Posted()


def look(session: str, doors: Doors) -> Looked:
    """Look at the order that the processor's page of that id was made for. Raises ProcessorUnavailable,
    ProcessorRefused, StoreUnavailable, ContentUnavailable, and RecordChanged or DocumentChanged where others write the
    same all the time: another look is worth it then."""
    id = doors.ledger.of_session(session)
    if id is None:
        return Looked(Became.FOREIGN)
    try:
        order, version, standing, settled = _settled(id, session, doors)
    except PaymentMismatch as error:
        return Looked(Became.MISMATCHED, id, what=error.what)
    except UnknownOrder:
        return Looked(Became.UNCHANGED, id)
    except ImpossibleTransition as error:
        return Looked(Became.MISMATCHED, id, what=f"transition: {error.detail}")
    posted = post_due(order, version, standing.email, doors)
    if order.campaign is not None and order.state not in _NOTHING_CAME:
        say_raised(order.campaign, doors)
    return Looked(Became.SETTLED if settled else Became.UNCHANGED, id, settled.entries if settled else (), None, posted)


def _settled(id: str, session: str, doors: Doors) -> tuple[Order, str, Standing, Settled | None]:
    """The order as it is now, its version, how it stands, and what was written for that, if anything. Raises as `look`
    does, and PaymentMismatch, ImpossibleTransition; UnknownOrder where it is forgotten, and nothing came of it.

    What is too much for one step is written in several, each of which adds up by itself."""
    written: Settled | None = None
    for _ in range(_ROUNDS):
        found = doors.ledger.read(id)
        try:
            standing = doors.processor.standing(session)
        except UnknownOrder:
            raise PaymentMismatch("session, which the processor does not know,") from None
        if found is None and standing.page is not PageState.COMPLETE:
            raise UnknownOrder("It was forgotten, since nobody has paid.")
        if found is None:
            raise PaymentMismatch("order, which is not there,")
        order, version = found
        held = doors.ledger.entries(id)
        known = frozenset(entry.id for entry in held)
        grace = doors.papers.read().past_due_grace_days if order.kind is Kind.MEMBERSHIP else 0
        try:
            settled = settle(order, standing, known, grace)
        except (PaymentMismatch, ImpossibleTransition):
            if (left := withdrawn(order, standing)) is None:
                raise
            try:
                doors.ledger.commit(Step(left, version, member=_member(order, left, doors)))
            except RecordChanged:
                continue
            raise
        member = _member(order, settled.order, doors)
        if settled.order == order and not settled.entries and member is None:
            return order, version, standing, written
        step = Step(settled.order, version, settled.entries, _campaign(order, settled, held), member)
        try:
            version = doors.ledger.commit(step)
        except RecordChanged:
            continue
        entries = (*written.entries, *settled.entries) if written else settled.entries
        written = replace(settled, entries=entries)
        if not settled.more:
            return settled.order, version, standing, written
    raise RecordChanged("Others write this order all the time.")


def _member(before: Order, after: Order, doors: Doors) -> tuple[Member, str] | None:
    """The order's member as they are from now on, in place of the version that was read before all their orders were.

    They are written also where only the order's own membership changes and another is the best: of two orders that are
    settled at once, each by what the other was, one begins again then. None where nothing changes, or nobody is there.
    """
    if after.kind is not Kind.MEMBERSHIP or after.member is None:
        return None
    found = doors.members.read(after.member)
    if found is None:
        return None
    member, version = found
    others = [doors.ledger.read(id) for id in doors.ledger.of_member(member.id) if id != after.id]
    memberships = [after.membership, *(other[0].membership for other in others if other is not None)]
    membership = best(one for one in memberships if one is not None)
    if after.membership == before.membership and membership == member.membership:
        return None
    return replace(member, membership=membership), version


def _campaign(before: Order, settled: Settled, held: tuple[Entry, ...]) -> CampaignStep | None:
    """By what the order's campaign changes. Who has had all their money back is counted and named no more. Who is named
    is so by when they first gave, whatever was heard of first: `held` are the entries that the ledger has."""
    after = settled.order
    if after.campaign is None or not (settled.raised or settled.supporters):
        return None
    begins, ends = settled.supporters > 0, settled.supporters < 0
    named = None
    if begins and after.public and after.name is not None:
        at = min((entry.at for entry in (*held, *settled.entries)), default=after.asked_at)
        named = Supporter(after.id, at, after.name, after.message)
    unnamed = after.id if ends else None
    return CampaignStep(after.campaign, after.currency, settled.raised, settled.supporters, named, unnamed)

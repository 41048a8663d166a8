"""Forgetting a member (R32): nothing of theirs goes on, and nothing in the ledger leads to them. Amounts stay.

Each step can be done again, and what leads to the rest goes last: wherever this ends, the next delivery does the rest.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from functions.payments.campaigns import say_raised
from functions.payments.doors import Doors
from shared.domain.orders import Order, OrderState
from shared.domain.refusals import RecordChanged
from shared.ports.money import CampaignStep, Step

_ROUNDS: Final = 12


def forget(member: str, doors: Doors) -> int:
    """Forget the member of that id. Returns how many orders were theirs. Raises ProcessorUnavailable, ProcessorRefused,
    StoreUnavailable, ContentUnavailable, RecordChanged, DocumentChanged: it is to be done again then."""
    orders = doors.ledger.of_member(member)
    for id in orders:
        found = doors.ledger.read(id)
        if found is not None:
            _stop(found[0], doors)
    payer = doors.ledger.payer(member)
    if payer is not None:
        doors.processor.forget(payer.customer)
    for id in orders:
        _rewrite(id, doors)
    _withdraw(member, doors)
    doors.ledger.forget_payer(member)
    return len(orders)


def _stop(order: Order, doors: Doors) -> None:
    """Nobody can pay for it, nor does, any more."""
    if order.state is OrderState.OPEN and order.session is not None:
        doors.checkouts.expire(order.session)
    if order.subscription is not None:
        doors.processor.cancel(order.subscription)


def _withdraw(member: str, doors: Doors) -> None:
    """No membership for who is still there: whoever erases accounts may have been cut off, and none of the orders leads
    to this one any more, so that nothing would ever end it (R11)."""
    for _ in range(_ROUNDS):
        found = doors.members.read(member)
        if found is None or found[0].membership is None:
            return
        try:
            doors.members.write(replace(found[0], membership=None), found[1])
        except RecordChanged:
            continue
        return
    raise RecordChanged("Others write this member all the time.")


def _rewrite(id: str, doors: Doors) -> None:
    """The order without the person."""
    for _ in range(_ROUNDS):
        found = doors.ledger.read(id)
        if found is None:
            return
        order, version = found
        forgotten = replace(order, member=None, name=None, message=None, public=False, notices=(), forgotten=True)
        campaign = None
        if order.campaign is not None and order.name is not None:
            campaign = CampaignStep(order.campaign, order.currency, 0, 0, unnamed=order.id)
        if forgotten != order:
            try:
                doors.ledger.commit(Step(forgotten, version, campaign=campaign))
            except RecordChanged:
                continue
        if order.campaign is not None and order.supports:
            say_raised(order.campaign, doors)
        return
    raise RecordChanged("Others write this order all the time.")

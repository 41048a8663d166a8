"""Mails that are due for an order: ordered first, and only then crossed out. Whoever sends them tells by their keys
which have gone out already."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from functions.payments.doors import Doors
from shared.domain.addresses import Address, parse_address
from shared.domain.mails import MoneyOrder
from shared.domain.orders import Kind, Notice, Order
from shared.domain.refusals import InvalidAddress, RecordChanged
from shared.ports.money import Step

_ROUNDS: Final = 12


class Posted(Struct, frozen=True):
    """How many mails were ordered, and how many nobody gets: there is no address."""

    ordered: int = 0
    dropped: int = 0


def post_due(order: Order, version: str, email: str | None, doors: Doors) -> Posted:
    """Order the mails that are due for this order in its `version`. `email`: what its payer has given to the processor.
    Raises RecordChanged where others write it all the time; StoreUnavailable."""
    found: tuple[Order, str] | None = (order, version)
    ordered: set[str] = set()
    dropped: set[str] = set()
    for _ in range(_ROUNDS):
        if found is None or not found[0].notices:
            return Posted(len(ordered), len(dropped))
        order, version = found
        address = _address(order, email, doors)
        for notice in order.notices:
            if address is None:
                dropped.add(notice.key)
            elif notice.key not in ordered:
                doors.postbox.order(_mail(order, notice, address, int(doors.clock())))
                ordered.add(notice.key)
        try:
            doors.ledger.commit(Step(replace(order, notices=()), version))
        except RecordChanged:
            found = doors.ledger.read(order.id)
        else:
            return Posted(len(ordered), len(dropped))
    raise RecordChanged("Others write this order all the time.")


def _address(order: Order, email: str | None, doors: Doors) -> Address | None:
    """A member is written to at their own address: another one may be anybody's. Who has had everything erased is
    written to no more; a membership without a member is theirs."""
    if order.forgotten:
        return None
    if order.member is not None or order.kind is Kind.MEMBERSHIP:
        found = doors.members.read(order.member) if order.member else None
        return found[0].address if found else None
    try:
        return parse_address(email or "")
    except InvalidAddress:
        return None


def _mail(order: Order, notice: Notice, address: Address, now: int) -> MoneyOrder:
    return MoneyOrder(
        address=address,
        notice=notice.kind,
        key=notice.key,
        is_membership=order.kind is Kind.MEMBERSHIP,
        amount=notice.amount,
        currency=order.currency,
        interval=order.interval,
        paid_at=notice.at,
        asked_at=now,
        reference=order.id,
        has_account=order.member is not None,
        until=notice.until,
        campaign=order.campaign,
    )

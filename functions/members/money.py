"""What a member has asked to pay for and what came of it, as the ledger holds it. Nothing of it is changed here."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from shared.domain.ledger import Entry
from shared.domain.members import Member
from shared.domain.orders import Order, OrderState, Payer
from shared.domain.refusals import StoreUnavailable
from shared.ports.money import Ledger

# A step that makes an entry takes the order out of these.
_NOTHING_CAME: Final = frozenset({OrderState.OPEN, OrderState.PENDING, OrderState.EXPIRED, OrderState.FAILED})


class Bought(Struct, frozen=True):
    """An order, and every movement of money that it led to, by time."""

    order: Order
    entries: tuple[Entry, ...]


class Money(Struct, frozen=True):
    """All of a member's orders, the latest first. `payer`: as whom the processor knows them, if it does."""

    bought: tuple[Bought, ...]
    payer: Payer | None


def money_of(member: str, ledger: Ledger) -> Money:
    """All that the ledger holds of a member. Raises StoreUnavailable."""
    bought = tuple(
        Bought(one, () if one.state in _NOTHING_CAME else ledger.entries(one.id)) for one in orders_of(member, ledger)
    )
    return Money(bought, ledger.payer(member))


def orders_of(member: str, ledger: Ledger) -> tuple[Order, ...]:
    """A member's orders, the latest first. Raises StoreUnavailable."""
    kept = (ledger.read(id) for id in ledger.of_member(member))
    orders = (one[0] for one in kept if one is not None)  # what nobody has paid ends by itself
    return tuple(sorted(orders, key=lambda one: (-one.asked_at, one.id)))


def order_behind(member: Member, orders: tuple[Order, ...]) -> Order | None:
    """The order that the member's membership is of: both are always written together."""
    if member.membership is None:
        return None
    return next((one for one in orders if one.membership == member.membership), None)


def plan_of(member: Member, ledger: Ledger) -> str | None:
    """The plan that the member pays for; None where none is paid for, and where it cannot be said now."""
    if member.membership is None:
        return None
    try:
        order = order_behind(member, orders_of(member.id, ledger))
    except StoreUnavailable as refusal:
        say_unavailable(refusal)
        return None
    return None if order is None else order.plan


def say_unavailable(refusal: StoreUnavailable) -> None:
    """An account is told without what is paid, and nothing else says so to whoever keeps the stack."""
    from aws_lambda_powertools import Logger  # loaded by the function in any case, and by nobody else who imports this

    cause = refusal.__cause__
    Logger().warning("ledger unavailable", code=refusal.code, cause=type(cause).__name__ if cause else None)

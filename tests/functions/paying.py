"""Somebody who has paid, as the ledger of a house has it."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from shared.domain.ledger import Entry, EntryKind
from shared.domain.members import Member, Membership, MembershipState
from shared.domain.orders import Interval, Kind, Order, OrderState, Payer
from shared.ports.money import Step
from tests.functions.visitor import House, Visitor

DAY = 86_400


def member_of(browser: Visitor) -> tuple[Member, str]:
    """Who is signed in there, and the version."""
    found = browser.house.doors.members.read(browser.cookies["__Host-session"][:32])
    assert found is not None
    return found


def paid(
    order: str, amount: int, at: float, kind: EntryKind = EntryKind.PAYMENT, id: str = "", of: str = "", **changes: Any
) -> Entry:
    """A movement of an order's: its payment of that moment, unless it is said to be `of` another."""
    payment = of or f"pi_{order[:4]}_{int(at)}"
    return replace(Entry(id or payment, order, kind, amount, "EUR", int(at), payment), **changes)


def gave(browser: Visitor, id: str, *entries: Entry, **changes: Any) -> Order:
    """A contribution of whoever is signed in there, with these movements."""
    given: dict[str, Any] = {"state": OrderState.PAID, "received": sum(one.amount for one in entries)}
    return _kept(browser, id, Kind.CONTRIBUTION, entries, {**given, **changes})


def joined(browser: Visitor, id: str, membership: Membership, *entries: Entry, **changes: Any) -> Order:
    """A membership of whoever is signed in there, which their record tells of too."""
    given: dict[str, Any] = {
        "state": OrderState.RUNNING,
        "plan": "monthly",
        "price": "price_1",
        "amount": 850,
        "interval": Interval.MONTH,
        "subscription": "sub_1",
        "membership": membership,
        "received": sum(one.amount for one in entries),
    }
    order = _kept(browser, id, Kind.MEMBERSHIP, entries, {**given, **changes})
    member, version = member_of(browser)
    browser.house.doors.members.write(replace(member, membership=membership), version)
    return order


def membership(house: House, state: MembershipState = MembershipState.ACTIVE, **changes: Any) -> Membership:
    """One of a month, with a week of grace, that has begun ten days ago."""
    begun = int(house.now) - 10 * DAY
    made = Membership(state, begun, begun + 30 * DAY, begun + 37 * DAY)
    return replace(made, **changes)


def known_as(browser: Visitor, customer: str = "cus_ada") -> None:
    """The processor knows who is signed in there."""
    browser.house.doors.ledger.know_payer(Payer(member_of(browser)[0].id, customer))


def _kept(browser: Visitor, id: str, kind: Kind, entries: tuple[Entry, ...], changes: dict[str, Any]) -> Order:
    ledger, asked_at = browser.house.doors.ledger, int(browser.house.now) - 10 * DAY
    plain = Order(id * 32, kind, 500, "EUR", Interval.ONCE, livemode=False, asked_at=asked_at)
    order = replace(plain, member=member_of(browser)[0].id, session=f"cs_{id}", **changes)
    version = ledger.open(order)
    ledger.commit(Step(order, version, entries))
    return order

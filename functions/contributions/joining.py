"""Joining: a membership for whoever is signed in, at the price that the paper says, and one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from functions.contributions.answers import Managed
from functions.contributions.checkout import MEMBER_AN_HOUR, Wanted, begin, limited, payer_of
from functions.contributions.doors import Asked
from functions.contributions.repeating import key_of, once
from functions.contributions.started import started
from shared.domain.members import Member, MembershipState
from shared.domain.orders import Interval, Kind, Order, OrderState
from shared.domain.paper import Plan
from shared.domain.refusals import (
    AlreadyMember,
    NothingToManage,
    NotSignedIn,
    PlanUnavailable,
    StillRunning,
    UnknownPlan,
)
from shared.http import Answer
from shared.personal import body_of, handed_over, told
from shared.personal.limits import HOUR, limit
from shared.personal.signed_in import who_reads
from shared.ports.money import Begun, Price

# What goes on taking money, or may: whoever has been given it back is charged again at the next renewal.
_GOING: Final = frozenset(
    {OrderState.RUNNING, OrderState.PAST_DUE, OrderState.PAUSED, OrderState.REFUNDED, OrderState.DISPUTED}
)


class MembershipBody(Struct, frozen=True, forbid_unknown_fields=True):
    """The id of a plan. What it costs is never asked of whoever pays."""

    plan: str


class PortalBody(Struct, frozen=True, forbid_unknown_fields=True):
    pass


def join(asked: Asked) -> Answer:
    """`POST /api/memberships`. Raises NotSignedIn, UnknownPlan, PlanUnavailable, AlreadyMember."""
    key, body = key_of(asked.request), body_of(asked.request, MembershipBody)
    plan = next((one for one in asked.paper.plans if one.id == body.plan), None)
    if plan is None:
        raise UnknownPlan("The paper has no such plan. Choose one on the page.")
    member = _signed_in(asked)
    limited(asked, member)
    said = {"membership": plan.id}
    return started(asked, once(asked, key, member, said, lambda id: _begun(asked, plan, member, id)))


def manage(asked: Asked) -> Answer:
    """`POST /api/memberships/portal`: where a member changes how they pay, or cancels. Raises NotSignedIn,
    NothingToManage."""
    if asked.request.body:
        body_of(asked.request, PortalBody)
    member = _signed_in(asked)
    limit(asked, "portal", member.id, MEMBER_AN_HOUR, HOUR)
    payer = asked.doors.ledger.payer(member.id)
    if payer is None:
        raise NothingToManage("You pay nothing here that could be changed.")
    url = asked.doors.checkouts.portal(payer.customer, f"{asked.paper.url}/account")
    return handed_over(url) if asked.request.is_form else told(201, Managed(url))


def _begun(asked: Asked, plan: Plan, member: Member, id: str) -> Begun:
    _check_none_runs(asked, member)
    price = _price(asked, plan)
    order = Order(
        id,
        Kind.MEMBERSHIP,
        plan.amount,
        plan.currency,
        Interval(plan.interval),
        asked.doors.livemode,
        int(asked.now),
        member=member.id,
        plan=plan.id,
        price=price.id,
    )
    wanted = Wanted(order, plan.label, "/thanks/member", "/join", payer_of(asked, member))
    opened, begun = begin(asked, wanted)
    _check_only_page(asked, member, opened)
    return begun


def _signed_in(asked: Asked) -> Member:
    member = who_reads(asked.request, asked.doors.sessions, asked.doors.members, asked.now)
    if member is None:
        raise NotSignedIn("Sign in first: a membership is somebody's, by an e-mail address.")
    return member


def _price(asked: Asked, plan: Plan) -> Price:
    """What the payment service charges for the plan, which is what the page says. Raises PlanUnavailable."""
    price = asked.doors.checkouts.price(plan.id)
    if price is None or (price.amount, price.currency, price.interval.value) != (
        plan.amount,
        plan.currency,
        plan.interval,
    ):
        raise PlanUnavailable("This plan cannot be bought at the moment, and nothing was charged. Try another one.")
    return price


def _check_none_runs(asked: Asked, member: Member) -> None:
    """Raises AlreadyMember where the member pays already, by their record or by any of their orders: nobody is to pay
    twice."""
    states = {order.state for order in _orders(asked, member)}
    paid = member.membership
    if states & _GOING or (paid is not None and paid.state is not MembershipState.ENDED):
        raise AlreadyMember("It is running. You can change how it is paid, or end it, with our payment service.")
    if OrderState.PENDING in states:
        raise AlreadyMember("A payment of yours is on its way, which takes some days. We write to you when it is here.")


def _check_only_page(asked: Asked, member: Member, order: Order) -> None:
    """Of all pages on which the member could pay for a membership the newest stays, and no other is open any more when
    somebody is told of one. Of two that are asked for at once each looks after it is attached, so that the later one
    at least sees both. Raises StillRunning where this one is not the newest, AlreadyMember where another is paid."""
    pages = [one for one in _orders(asked, member) if one.state is OrderState.OPEN and one.session is not None]
    newest = max([*pages, order], key=lambda one: (one.asked_at, one.id))
    others = [str(one.session) for one in pages if one.id != newest.id]
    paid = [session for session in others if not asked.doors.checkouts.expire(session)]
    if paid:
        asked.doors.checkouts.expire(str(newest.session))
        raise AlreadyMember("You have just paid. It takes a few seconds until that is known here.")
    if newest.id != order.id:
        raise StillRunning("You have asked for this more than once. Go on with the page that was opened last.")


def _orders(asked: Asked, member: Member) -> Iterator[Order]:
    """The member's orders of memberships. One that nobody has paid may be forgotten."""
    for id in asked.doors.ledger.of_member(member.id):
        found = asked.doors.ledger.read(id)
        if found is not None and found[0].kind is Kind.MEMBERSHIP:
            yield found[0]

"""What is known of a member, in words that a person can read: the same for its reader and for ops."""

from __future__ import annotations

from functions.members.answers import (
    Device,
    Exported,
    GrantFacts,
    MembershipFacts,
    Movement,
    OpenedFacts,
    Ordered,
    Profile,
)
from functions.members.money import Bought, money_of, order_behind
from shared.domain.allowances import Allowance, Opened, Way, kept_months
from shared.domain.members import Member, Membership, MembershipState, tier_of
from shared.domain.moments import moment
from shared.domain.orders import Kind
from shared.domain.sessions import Session
from shared.ports.money import Ledger
from shared.ports.persons import Allowances, EmailChanges, Members, Sessions


def profile_of(member: Member, plan: str | None, now: float) -> Profile:
    """The account, at `now` (seconds since 1970). `plan`: what the member pays for, where that can be said."""
    return Profile(
        member.address.text,
        tier_of(member, now),
        moment(member.since),
        member.newsletters,
        tuple(GrantFacts(one.tier, moment(one.since), moment(one.until), one.reason) for one in member.grants),
        None if member.membership is None else _membership(member.membership, plan),
    )


def _membership(paid: Membership, plan: str | None) -> MembershipFacts:
    has_ended = paid.state is MembershipState.ENDED
    return MembershipFacts(
        paid.state.value,
        moment(paid.since),
        moment(paid.paid_until),
        None if has_ended else moment(paid.good_until),
        paid.cancels,
        plan,
    )


def live_sessions(member: str, sessions: Sessions, now: float) -> list[Session]:
    """A member's sessions that are not over, the latest use first."""
    return [one for one in sessions.of_member(member) if now < one.expires_at]


def devices_of(member: str, sessions: Sessions, now: float, this: str | None = None) -> tuple[Device, ...]:
    """Where a member is signed in, the latest use first. `this`: the session that asks, if one does."""
    return tuple(
        Device(one.id, one.agent, moment(one.made_at), moment(one.used_at), one.id == this)
        for one in live_sessions(member, sessions, now)
    )


def changing_to(member: str, changes: EmailChanges, now: float) -> str | None:
    """The address that a member is changing to; None where no change is under way."""
    changing = changes.of_member(member)
    return changing[0].new.text if changing and now < changing[0].expires_at else None


def exported(
    member: Member,
    members: Members,
    sessions: Sessions,
    changes: EmailChanges,
    allowances: Allowances,
    ledger: Ledger,
    now: float,
    this: str | None = None,
) -> Exported:
    """Everything that is kept of a member (R32). `this`: the session that asks, if one does. Raises StoreUnavailable
    where any of it cannot be read: half of it is not everything."""
    known = members.contact(member.address.digest)
    money = money_of(member.id, ledger)
    order = order_behind(member, tuple(one.order for one in money.bought))
    return Exported(
        member.id,
        profile_of(member, None if order is None else order.plan, now),
        devices_of(member.id, sessions, now, this),
        known[0].suppressed if known else None,
        changing_to(member.id, changes, now),
        None if money.payer is None else money.payer.customer,
        _opened(member.id, Way.GIVEN, allowances, now),
        _opened(member.id, Way.READ, allowances, now),
        tuple(_ordered(one) for one in money.bought if one.order.kind is Kind.CONTRIBUTION),
        tuple(_ordered(one) for one in money.bought if one.order.kind is Kind.MEMBERSHIP),
    )


def months_of(member: str, way: Way, allowances: Allowances, now: float) -> tuple[Allowance, ...]:
    """What a member has opened so in this month, and in those before that are remembered still, the latest first."""
    found = ((month, allowances.read(member, way, month)) for month in kept_months(way, now))
    return tuple(Allowance(way, month) if kept is None else kept[0] for month, kept in found)


def opened_facts(one: Opened) -> OpenedFacts:
    return OpenedFacts(one.slug, moment(one.at), moment(one.until))


def _opened(member: str, way: Way, allowances: Allowances, now: float) -> tuple[OpenedFacts, ...]:
    return tuple(opened_facts(one) for month in months_of(member, way, allowances, now) for one in month.opened)


def _ordered(bought: Bought) -> Ordered:
    of = bought.order
    return Ordered(
        of.id,
        moment(of.asked_at),
        of.state,
        of.amount,
        of.currency,
        of.interval,
        of.cancels,
        of.plan,
        of.campaign,
        of.name,
        of.message,
        of.public,
        of.received,
        tuple(
            Movement(one.id, one.kind, one.amount, one.currency, moment(one.at), one.payment) for one in bought.entries
        ),
    )

"""What is known of a member, in words that a person can read: the same for its reader and for ops."""

from __future__ import annotations

from functions.members.answers import Device, Exported, GrantFacts, MembershipFacts, Profile
from shared.domain.members import Member, tier_of
from shared.domain.moments import moment
from shared.domain.sessions import Session
from shared.ports import EmailChanges, Members, Sessions


def profile_of(member: Member, now: float) -> Profile:
    """The account, at `now` (seconds since 1970)."""
    paid = member.membership
    return Profile(
        member.address.text,
        tier_of(member, now),
        moment(member.since),
        member.newsletters,
        tuple(GrantFacts(one.tier, moment(one.since), moment(one.until), one.reason) for one in member.grants),
        None if paid is None else MembershipFacts(paid.state.value, moment(paid.since), moment(paid.paid_until)),
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
    member: Member, members: Members, sessions: Sessions, changes: EmailChanges, now: float, this: str | None = None
) -> Exported:
    """Everything that is kept of a member (R32). `this`: the session that asks, if one does."""
    known = members.contact(member.address.digest)
    return Exported(
        member.id,
        profile_of(member, now),
        devices_of(member.id, sessions, now, this),
        known[0].suppressed if known else None,
        changing_to(member.id, changes, now),
    )

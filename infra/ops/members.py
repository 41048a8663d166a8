"""Readers with an account, as ops sees and changes them. What they can do themselves is done here by the same steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from functions.members.answers import Device
from functions.members.awaited import receive
from functions.members.known import changing_to, devices_of
from functions.members.leaving import erase_member, forget_address
from shared.domain.addresses import Address
from shared.domain.members import (
    Contact,
    Grant,
    Member,
    Membership,
    new_grant,
    revoke,
    tier_of,
)
from shared.domain.moments import moment
from shared.domain.refusals import RecordChanged, StoreUnavailable, UnknownGrant, UnknownMember
from shared.domain.secrets import Chance
from shared.domain.tiers import Tier
from shared.ports.mail import MailPlace, Postbox
from shared.ports.money import PaymentsQueue
from shared.ports.persons import EmailChanges, Members, Sessions, SignIns

_ROUNDS: Final = 8
_PAGE: Final = 500
_LOOK: Final = "`frontline members list` shows all of them."
Who = Address | str
"""A reader by the address, or by the id."""


class Found(Struct, frozen=True):
    """Who was meant: the member, if there is one, and what is known of the address."""

    address: Address
    member: Member | None
    version: str
    contact: Contact
    contact_version: str | None


def find(who: Who, members: Members) -> Found:
    """Whoever that is. An address may have no member; raises UnknownMember for an id that is nobody's."""
    if isinstance(who, str):
        kept = members.read(who)
        if kept is None:
            raise UnknownMember(f"No reader has this id, or none any more. {_LOOK}")
        known = members.contact(kept[0].address.digest)
        return Found(kept[0].address, *kept, *(known or (Contact(), None)))
    known = members.contact(who.digest)
    contact, contact_version = known or (Contact(), None)
    kept = _member_of(contact, who, members)
    member, version = kept or (None, "")
    return Found(who, member, version, contact, contact_version)


def find_member(who: Who, members: Members) -> tuple[Member, str]:
    """The member whom that is, and the version. Raises UnknownMember."""
    found = find(who, members)
    if found.member is None:
        waits = " A grant waits for it: `frontline members revoke` takes that back." if found.contact.grants else ""
        raise UnknownMember(f"Nobody has signed in with this address yet, or has it any more.{waits or f' {_LOOK}'}")
    return found.member, found.version


def _member_of(contact: Contact, address: Address, members: Members) -> tuple[Member, str] | None:
    """Whose an address is: a member's, who has to say so too."""
    kept = None if contact.member is None else members.read(contact.member)
    return kept if kept is not None and kept[0].address == address else None


# Looking --------------------------------------------------------------------------------------------------------------


class GrantShown(Struct, frozen=True):
    """A grant. `counts`: whether it gives its tier now."""

    id: str
    tier: Tier
    since: str
    until: str | None
    reason: str
    counts: bool


class MembershipShown(Struct, frozen=True):
    """A paid membership. `good_until`: how long it opens doors, grace included; `in_grace`: whether it does so now for
    that alone."""

    state: str
    since: str
    paid_until: str
    good_until: str | None
    counts: bool
    in_grace: bool


class Shown(Struct, frozen=True):
    """Everything that ops can know of a reader. `id` and `since` are null for an address without a member."""

    id: str | None
    email: str
    tier: Tier
    since: str | None
    newsletters: tuple[str, ...]
    grants: tuple[GrantShown, ...]
    waiting_grants: tuple[GrantShown, ...]
    membership: MembershipShown | None
    devices: tuple[Device, ...]
    gets_no_mail_because_of: str | None
    gets_no_mail_since: str | None
    held_back_by_ses: str | None
    address_is_changing_to: str | None


def show(who: Who, members: Members, sessions: Sessions, changes: EmailChanges, place: MailPlace, now: float) -> Shown:
    """How a reader stands at `now`. Raises UnknownMember where nothing is known at all."""
    found = find(who, members)
    member, contact = found.member, found.contact
    held_back = place.holds_back(found.address)
    if member is None and held_back is None and not contact.grants and contact.suppressed is None:
        raise UnknownMember(f"Nobody has signed in with this address yet, and nothing is known of it. {_LOOK}")
    return Shown(
        None if member is None else member.id,
        found.address.text,
        Tier.ANONYMOUS if member is None else tier_of(member, now),
        None if member is None else moment(member.since),
        () if member is None else member.newsletters,
        () if member is None else tuple(_shown(one, one.counts(now)) for one in member.grants),
        tuple(_shown(one, counts=False) for one in contact.grants),
        None if member is None or member.membership is None else _paid(member.membership, now),
        () if member is None else devices_of(member.id, sessions, now),
        contact.suppressed,
        moment(contact.suppressed_at),
        held_back,
        None if member is None else changing_to(member.id, changes, now),
    )


def _shown(one: Grant, counts: bool) -> GrantShown:
    return GrantShown(one.id, one.tier, moment(one.since), moment(one.until), one.reason, counts)


def _paid(paid: Membership, now: float) -> MembershipShown:
    counts = now < paid.good_until
    return MembershipShown(
        paid.state.value,
        moment(paid.since),
        moment(paid.paid_until),
        moment(paid.good_until or None),
        counts,
        counts and now >= paid.paid_until,
    )


class Listed(Struct, frozen=True):
    """A reader in a list."""

    id: str
    email: str
    tier: Tier
    since: str
    newsletters: tuple[str, ...]


def everyone(members: Members, tier: Tier | None, newsletter: str | None, now: float) -> Iterator[Listed | None]:
    """Every reader once, as they are read; None for whoever has another tier, or does not want that newsletter.

    None of those is lost who were there before and stay. Holds no more than a page of them.
    """
    after: str | None = None
    while True:
        some, after = members.everyone(after, _PAGE)
        for one in some:
            has = tier_of(one, now)
            is_meant = tier in (None, has) and (newsletter is None or newsletter in one.newsletters)
            yield Listed(one.id, one.address.text, has, moment(one.since), one.newsletters) if is_meant else None
        if after is None:
            return


# Changing -------------------------------------------------------------------------------------------------------------


class Given(Struct, frozen=True):
    """A grant that was made, or that was there already (not `is_new`). `member` is None where it waits for the
    address's first sign-in."""

    grant: Grant
    address: Address
    member: Member | None
    is_new: bool


def give(who: Who, tier: Tier, until: int | None, reason: str, members: Members, now: float, chance: Chance) -> Given:
    """Grant a tier, `until` (seconds since 1970; None for good). The same again grants nothing more.

    An address is nobody's until somebody has shown to have it. Then the grant waits with what is known of the
    address, under its digest, where no newsletter and no list finds it. Raises UnknownMember for an id.
    """
    given = new_grant(tier, until, reason, now, chance)
    for _ in range(_ROUNDS):
        found = find(who, members)
        try:
            if found.member is not None:
                member, version = receive(found.member, found.version, members)
                if same := _same(member.grants, given, now):
                    return Given(same, found.address, member, same.id == given.id)
                member = replace(member, grants=(*member.grants, given))
                members.write(member, version)
                return Given(given, found.address, member, is_new=True)
            if same := _same(found.contact.grants, given, now):
                return Given(same, found.address, None, same.id == given.id)
            waiting = replace(found.contact, grants=(*found.contact.grants, given))
            members.write_contact(found.address.digest, waiting, found.contact_version)
            # Somebody may be signing in for the first time just now, and have looked for grants already.
            kept = _member_of(waiting, found.address, members)
            return Given(given, found.address, receive(*kept, members)[0] if kept else None, is_new=True)
        except RecordChanged:
            continue
    raise _too_busy()


def _same(there: tuple[Grant, ...], given: Grant, now: float) -> Grant | None:
    """What is there already and says the same, or is the very one."""
    says = (given.tier, given.until, given.reason)
    for one in there:
        if one.id == given.id or ((one.tier, one.until, one.reason) == says and one.counts(now)):
            return one
    return None


class TakenBack(Struct, frozen=True):
    """The grants that are gone, and the member without them, if there is one."""

    grants: tuple[Grant, ...]
    address: Address
    member: Member | None


def take_back(who: Who, id: str | None, members: Members) -> TakenBack:
    """Take back that grant, or all of them (None), from the member and from what waits. Raises UnknownMember,
    UnknownGrant.

    From the address first, and then the member is written in any case: whoever is signing in for the first time would
    else give it to the member after we had looked there.
    """
    taken: dict[str, Grant] = {}
    for _ in range(_ROUNDS):
        found = find(who, members)
        try:
            if gone := _meant(found.contact.grants, id):
                kept = revoke(found.contact, id)
                members.write_contact(found.address.digest, kept if kept != Contact() else None, found.contact_version)
                taken |= {one.id: one for one in gone}
                found = find(who, members)
            member = found.member
            gone = () if member is None else _meant(member.grants, id)
            if member is not None and (gone or taken):
                member = revoke(member, id) if gone else member
                members.write(member, found.version)
                taken |= {one.id: one for one in gone}
        except RecordChanged:
            continue
        if taken:
            return TakenBack(tuple(taken.values()), found.address, member)
        if found.member is None and not found.contact.grants:
            find_member(who, members)
        raise UnknownGrant("There is no such grant to take back: `frontline members show` says which there are.")
    raise _too_busy()


def _meant(there: tuple[Grant, ...], id: str | None) -> tuple[Grant, ...]:
    return tuple(one for one in there if id in (None, one.id))


def sign_out(member: Member, sessions: Sessions) -> int:
    """End all of a member's sessions; how many that were."""
    ended: set[str] = set()
    for _ in range(_ROUNDS):
        there = sessions.of_member(member.id)
        if not there:
            return len(ended)
        for one in there:
            sessions.end(member.id, one.id)
            ended.add(one.id)
    raise _too_busy()


def erase(
    who: Who,
    members: Members,
    sign_ins: SignIns,
    changes: EmailChanges,
    payments: PaymentsQueue,
    postbox: Postbox,
    now: float,
) -> Contact | None:
    """Do what a reader does who erases the account; what stays known of the address, None for nothing.

    Raises UnknownMember; but first takes away what an erasure has left that was cut off.
    """
    found = find(who, members)
    if found.member is not None:
        erase_member(found.member, members, sign_ins, changes, payments, postbox, now)
    elif found.contact.member is not None:
        forget_address(found.address, found.contact.member, members)
    else:
        find_member(who, members)
    left = members.contact(found.address.digest)
    return None if left is None else left[0]


def _too_busy() -> StoreUnavailable:
    return StoreUnavailable("Somebody else changes this reader all the time. Try again.")

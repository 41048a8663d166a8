"""Members of the paper, who pay or do not: what is known of a person, and which tier follows from it at a time."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from shared.domain.addresses import Address
from shared.domain.refusals import UnknownGrant
from shared.domain.secrets import Chance, new_id, new_secret, same, sealed
from shared.domain.tiers import Tier

REASONS: Final = ("bounce", "complaint")
"""Why an address gets no mail, the graver one last."""
MEMBER_ID: Final = re.compile(r"[0-9a-f]{32}\Z")


class MembershipState(enum.Enum):
    """How a paid membership stands with whoever takes the money."""

    ACTIVE = "active"
    PAST_DUE = "past_due"
    PAUSED = "paused"
    ENDED = "ended"  # cancelled and run out, refunded, disputed


class Membership(Struct, frozen=True):
    """A paid membership, as `shared.domain.settling` alone makes it. `since`: when it began; `paid_until`: how far the
    money reaches; `good_until`: until when it makes a member, grace included (all seconds since 1970). `cancels`: it
    will not be renewed, and is active until then."""

    state: MembershipState
    since: int
    paid_until: int
    good_until: int
    cancels: bool = False


class Grant(Struct, frozen=True):
    """A tier that somebody at the paper has given. `until`: seconds since 1970, None for good."""

    id: str
    tier: Tier
    since: int
    until: int | None
    reason: str

    def counts(self, now: float) -> bool:
        """Whether it gives its tier at `now`."""
        return self.since <= now and (self.until is None or now < self.until)


class Member(Struct, frozen=True):
    """A person whose address is confirmed. `unsubscribe_key` makes the tokens that mails carry."""

    id: str
    address: Address
    since: int
    unsubscribe_key: str
    newsletters: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()
    membership: Membership | None = None

    def __repr__(self) -> str:
        return f"Member({self.id})"


class Contact(Struct, frozen=True):
    """What is known of an address: whose it is, and why it gets no mail, if so. It outlives the person's account.

    `grants` wait for whoever first shows to have the address. Until then they are worth nothing, and it belongs to
    nobody.
    """

    member: str | None = None
    suppressed: str | None = None
    suppressed_at: int | None = None
    grants: tuple[Grant, ...] = ()


def new_member(id: str, address: Address, now: float, chance: Chance) -> Member:
    """Somebody who has just confirmed an address."""
    return Member(id, address, int(now), new_secret(chance))


def tier_of(member: Member, now: float) -> Tier:
    """The one rule: the highest tier that a grant or a paid membership gives at `now`; an address that is confirmed
    makes a subscriber."""
    granted = [one.tier for one in member.grants if one.counts(now)]
    paid = [Tier.MEMBER] if member.membership is not None and now < member.membership.good_until else []
    return max([Tier.SUBSCRIBER, *granted, *paid])


Granted = TypeVar("Granted", Member, Contact)


def new_grant(tier: Tier, until: int | None, reason: str, now: float, chance: Chance) -> Grant:
    """A grant that begins now."""
    return Grant(new_id(chance)[:8], tier, int(now), until, reason)


def grant(to: Granted, tier: Tier, until: int | None, reason: str, now: float, chance: Chance) -> Granted:
    """The member, or the address of one to come, with one more grant."""
    return replace(to, grants=(*to.grants, new_grant(tier, until, reason, now, chance)))


def revoke(of: Granted, id: str | None) -> Granted:
    """The same without that grant, or without any (None). Raises UnknownGrant."""
    kept = tuple(one for one in of.grants if id is not None and one.id != id)
    if len(kept) == len(of.grants):
        raise UnknownGrant("There is no such grant to take back.")
    return replace(of, grants=kept)


def best(memberships: Iterable[Membership]) -> Membership | None:
    """Of a member's memberships the one that reaches farthest."""
    return max(memberships, key=lambda one: (one.good_until, one.paid_until, one.since), default=None)


def wanting(member: Member, newsletters: tuple[str, ...]) -> Member:
    """The member who gets exactly these newsletters."""
    return replace(member, newsletters=tuple(dict.fromkeys(newsletters)))


def suppress(contact: Contact, reason: str, now: float) -> Contact:
    """What is known of an address that gets no more mail, for a `reason` of REASONS. The graver one stays: whoever has
    complained is not merely hard to reach."""
    if contact.suppressed is not None and REASONS.index(reason) <= _gravity(contact.suppressed):
        return contact
    return replace(contact, suppressed=reason, suppressed_at=int(now))


def _gravity(reason: str) -> int:
    return REASONS.index(reason) if reason in REASONS else len(REASONS)  # one that somebody has put by hand


def unsubscribe_token(member: Member, newsletter: str) -> str:
    """What ends one newsletter for one member, and does nothing else (R31). It lives as long as the member does."""
    return f"{member.id}{sealed(member.unsubscribe_key, newsletter)[:32]}"


def is_unsubscribe_token(token: str, member: Member, newsletter: str) -> bool:
    """Whether this was made for that member and newsletter."""
    return same(token, unsubscribe_token(member, newsletter))

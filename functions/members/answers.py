"""What programs are told, as types: docs/openapi.yaml is written from these. Times are RFC 3339 in UTC."""

from __future__ import annotations

from msgspec import Struct, field

from shared.domain.ledger import EntryKind
from shared.domain.orders import Interval, OrderState
from shared.domain.tiers import Tier


class Mailed(Struct, frozen=True):
    """A mail was ordered. Whether one is sent is told to nobody but its address. `good_for_seconds`: what it holds."""

    good_for_seconds: int
    mailed: bool = True


class Begun(Struct, frozen=True):
    """Signed in: session and pass are in cookies. `next`: where the reader was when they asked."""

    tier: Tier
    pass_for_seconds: int
    next: str


class Renewed(Struct, frozen=True):
    """A new pass is in its cookie."""

    tier: Tier
    pass_for_seconds: int


class GivenPass(Struct, frozen=True):
    """A pass for whoever came with another issuer's token: no cookie is set."""

    token: str = field(name="pass")
    tier: Tier
    pass_for_seconds: int


class Ended(Struct, frozen=True):
    """How many sessions were ended."""

    ended: int


class Device(Struct, frozen=True):
    """A browser that is signed in."""

    id: str
    agent: str
    signed_in_at: str
    used_at: str
    is_this: bool


class Devices(Struct, frozen=True):
    sessions: tuple[Device, ...]


class GrantFacts(Struct, frozen=True):
    """A tier that the paper has given. `until` is null for good."""

    tier: Tier
    since: str
    until: str | None
    reason: str


class MembershipFacts(Struct, frozen=True):
    """A paid membership: `active`, `past_due`, `paused` or `ended`. `good_until`: until when it opens what is for
    members, grace included; it is null for one that has ended. `cancels`: it will not be renewed. `plan` is null where
    it cannot be said at the moment."""

    state: str
    since: str
    paid_until: str
    good_until: str | None
    cancels: bool
    plan: str | None


class Profile(Struct, frozen=True):
    """The account."""

    email: str
    tier: Tier
    since: str
    newsletters: tuple[str, ...]
    grants: tuple[GrantFacts, ...]
    membership: MembershipFacts | None


class Movement(Struct, frozen=True):
    """Money that has come or gone. `amount` is in minor units, negative where it went back; `payment`: the one that it
    belongs to."""

    id: str
    kind: EntryKind
    amount: int
    currency: str
    at: str
    payment: str


class Ordered(Struct, frozen=True):
    """What a member has asked to pay for, once or again and again, and how it stands. `amount` is in minor units;
    `received` is what its entries sum up to. `plan` is a membership's; `name` and `message` are shown where
    `is_public`."""

    id: str
    asked_at: str
    state: OrderState
    amount: int
    currency: str
    interval: Interval
    cancels: bool
    plan: str | None
    campaign: str | None
    name: str | None
    message: str | None
    is_public: bool
    received: int
    entries: tuple[Movement, ...]


class OpenedFacts(Struct, frozen=True):
    """An article that a member has opened beyond their tier, and how long that holds."""

    slug: str
    opened_at: str
    until: str


class GivenArticle(Struct, frozen=True):
    """An article that a member gives away. `url` opens it, and nothing else, for whoever has it, until `until`."""

    slug: str
    url: str
    tier: Tier
    opened_at: str
    until: str


class Given(Struct, frozen=True):
    """A gift; `left`: how many more articles can be given away this month."""

    gift: GivenArticle
    left: int


class Gifts(Struct, frozen=True):
    """The gifts that are open still, the latest first. `left`: how many more there can be this month; it ends with
    the day before `month_ends` (UTC)."""

    gifts: tuple[GivenArticle, ...]
    left: int
    a_month: int
    month_ends: str


class MeteredRead(Struct, frozen=True):
    """An article that the meter has opened. `url` opens it until `until`; `left`: how many more there are this
    month."""

    slug: str
    url: str
    until: str
    left: int


class Meter(Struct, frozen=True):
    """What has been read by the meter this month, and how many more there can be."""

    read: tuple[OpenedFacts, ...]
    left: int
    a_month: int
    month_ends: str


class Exported(Struct, frozen=True):
    """Everything that is kept of a member. Digests of secrets are not among it: they say nothing of anybody.
    `payment_service_knows_you_as`: its own name for whoever pays."""

    id: str
    account: Profile
    sessions: tuple[Device, ...]
    gets_no_mail_because_of: str | None
    address_is_changing_to: str | None
    payment_service_knows_you_as: str | None
    gifts: tuple[OpenedFacts, ...]
    read_by_the_meter: tuple[OpenedFacts, ...]
    contributions: tuple[Ordered, ...]
    memberships: tuple[Ordered, ...]


class Erased(Struct, frozen=True):
    erased: bool = True


class Agreed(Struct, frozen=True):
    """One of the two addresses has agreed. `changed`: whether both have, and the new one counts."""

    changed: bool


class Identity(Struct, frozen=True):
    """An identity token for one audience."""

    identity: str
    good_for_seconds: int


class Unsubscribed(Struct, frozen=True):
    """The newsletter that comes no more."""

    newsletter: str

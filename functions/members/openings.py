"""Articles that a member opens beyond the tier: given to somebody else, or read by the meter. Both are passes for one
article, which the edge verifies like any other; nothing of whoever opened it is in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from msgspec import Struct

from functions.members.answers import Gifts, Given, GivenArticle, Meter, MeteredRead
from functions.members.known import months_of, opened_facts
from functions.members.route import Asked
from functions.members.signed_in import SignedIn, who_asks
from shared.domain import allowances
from shared.domain.allowances import Allowance, Opened, Way, ends_on, living, month_of
from shared.domain.members import tier_of
from shared.domain.moments import moment
from shared.domain.paper import Gifts as Giving
from shared.domain.paper import Metering
from shared.domain.refusals import AlreadyOpen, MembersOnly, NotOffered, RecordChanged, UnknownArticle
from shared.domain.text import Slug
from shared.domain.tiers import Tier
from shared.http import Answer
from shared.personal import body_of, sent_to, told
from shared.personal.limits import HOUR, limit

Offer = TypeVar("Offer", Giving, Metering)
AN_HOUR: Final = 60  # of gifts and metered reads, by one member
_ROUNDS: Final = 10  # of looking again after somebody else was first: of ten at once each gets in


class OpeningBody(Struct, frozen=True, forbid_unknown_fields=True):
    slug: Slug


class Gift(NamedTuple):
    """One that is open still, with the address that opens it."""

    slug: str
    url: str
    at: int
    until: int


# Giving --------------------------------------------------------------------------------------------------------------


def give(asked: Asked) -> Answer:
    """`POST /api/members/gifts`: an article for somebody else, by a link. Raises NotOffered, NotSignedIn, MembersOnly,
    UnknownArticle, AlreadyOpen, GiftsUsedUp."""
    offered = _offered(asked.paper.gifts, "Nothing is given away here.")
    slug = body_of(asked.request, OpeningBody).slug
    found = who_gives(asked)
    if _whole_for(asked, found, slug) is Tier.ANONYMOUS:
        raise AlreadyOpen("This article is open to everyone: its address is all that you need to give.")
    month, gift = _counted(
        asked, found, Way.GIVEN, lambda month: allowances.give(month, slug, asked.now, offered.a_month, offered.days)
    )
    if asked.request.is_form:
        return sent_to(f"/account/gifts#gift-{slug}")
    return told(201, Given(_told(_linked(asked, gift)), month.left(offered.a_month)))


def gifts(asked: Asked) -> Answer:
    """`GET /api/members/gifts`: those that are open still. Raises NotOffered, NotSignedIn, MembersOnly."""
    offered = _offered(asked.paper.gifts, "Nothing is given away here.")
    found = who_gives(asked)
    living, left = gifts_of(asked, found, offered)
    return told(200, Gifts(tuple(_told(one) for one in living), left, offered.a_month, ends_on(month_of(asked.now))))


def who_gives(asked: Asked) -> SignedIn:
    """The member who asks. Raises NotSignedIn, MembersOnly."""
    found = who_asks(asked)
    if tier_of(found.member, asked.now) is not Tier.MEMBER:
        many = asked.paper.tiers.member.many
        raise MembersOnly(f"Articles are given away by {many}.")
    return found


def gifts_of(asked: Asked, found: SignedIn, offered: Giving) -> tuple[tuple[Gift, ...], int]:
    """The member's gifts that are open still, the latest first, and how many more there can be this month."""
    months = months_of(found.member.id, Way.GIVEN, asked.doors.allowances, asked.now)
    given = living((one for month in months for one in month.opened), asked.now)
    return tuple(_linked(asked, one) for one in given), months[0].left(offered.a_month)


# Reading by the meter ------------------------------------------------------------------------------------------------


def read(asked: Asked) -> Answer:
    """`POST /api/members/reads`: an article for whoever asks, as one of so many a month. Raises NotOffered,
    NotSignedIn, UnknownArticle, AlreadyOpen, MeterUsedUp."""
    offered = _offered(asked.paper.metering, "No article is read by the month here.")
    slug = body_of(asked.request, OpeningBody).slug
    found = who_asks(asked)
    if tier_of(found.member, asked.now) >= _whole_for(asked, found, slug):
        if asked.request.is_form:
            return sent_to(f"/articles/{slug}")
        raise AlreadyOpen("You read this article in full already: ask for it with your own pass.")
    month, opened = _counted(
        asked, found, Way.READ, lambda month: allowances.read(month, slug, asked.now, offered.a_month)
    )
    link = _linked(asked, opened)
    if asked.request.is_form:
        return sent_to(link.url.removeprefix(asked.paper.url))
    return told(200, MeteredRead(slug, link.url, moment(link.until), month.left(offered.a_month)))


def reads(asked: Asked) -> Answer:
    """`GET /api/members/reads`: what has been read by the meter this month. Raises NotOffered, NotSignedIn."""
    offered = _offered(asked.paper.metering, "No article is read by the month here.")
    month = reads_of(asked, who_asks(asked))
    opened, left = tuple(map(opened_facts, month.opened)), month.left(offered.a_month)
    return told(200, Meter(opened, left, offered.a_month, ends_on(month.month)))


def reads_of(asked: Asked, found: SignedIn) -> Allowance:
    """What the member has read by the meter this month."""
    return months_of(found.member.id, Way.READ, asked.doors.allowances, asked.now)[0]


# Both ----------------------------------------------------------------------------------------------------------------


def _offered(what: Offer | None, otherwise: str) -> Offer:
    if what is None:
        raise NotOffered(otherwise)
    return what


def _whole_for(asked: Asked, found: SignedIn, slug: str) -> Tier:
    """The lowest tier that reads all of the article: nothing is counted for one that readers cannot find, or that opens
    nothing more. Of articles this function sees no more than that. Raises TooMany, UnknownArticle, ContentUnavailable.
    """
    limit(asked, "open", found.member.id, AN_HOUR, HOUR)
    tier = asked.doors.lists.whole_for(slug)
    if tier is None:
        raise UnknownArticle
    return tier


def _counted(
    asked: Asked, found: SignedIn, way: Way, rule: Callable[[Allowance], tuple[Allowance, Opened]]
) -> tuple[Allowance, Opened]:
    """Let the rule count it, against the month as it is when that is written: two at once are counted twice."""
    doors, month = asked.doors.allowances, month_of(asked.now)
    for round in range(1, _ROUNDS + 1):
        kept, version = doors.read(found.member.id, way, month) or (Allowance(way, month), None)
        changed, opened = rule(kept)
        try:
            if changed != kept:
                doors.write(found.member.id, changed, version)
        except RecordChanged:
            if round == _ROUNDS:
                raise
            continue
        return changed, opened
    raise AssertionError


def _linked(asked: Asked, opened: Opened) -> Gift:
    """The same gift has another pass each time, and all of them end when it does. Raises UnusableKeyring."""
    seconds = opened.until - int(asked.now)
    made = asked.doors.passes.mint(Tier.MEMBER, asked.now, seconds, opened.slug)
    return Gift(opened.slug, f"{asked.paper.url}/articles/{opened.slug}?gift={made}", opened.at, opened.until)


def _told(gift: Gift) -> GivenArticle:
    return GivenArticle(gift.slug, gift.url, Tier.MEMBER, moment(gift.at), moment(gift.until))

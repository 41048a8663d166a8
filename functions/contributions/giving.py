"""Giving: a contribution, which opens nothing, of whoever wants to."""

from __future__ import annotations

from typing import Final

from msgspec import Struct, to_builtins

from functions.contributions.checkout import Wanted, begin, limited, payer_of
from functions.contributions.doors import Asked
from functions.contributions.repeating import key_of, once
from functions.contributions.started import started
from shared.domain.giving import Gift, Wish, granted
from shared.domain.members import Member
from shared.domain.orders import Kind, Order
from shared.http import Answer
from shared.personal import PersonalRequest, body_of
from shared.personal.signed_in import who_reads
from shared.ports.money import Begun

_MAX_TITLE: Final = 200


class ContributionBody(Struct, frozen=True, forbid_unknown_fields=True):
    """What a program sends: `amount` in minor units."""

    amount: int
    currency: str
    interval: str
    name: str | None = None
    message: str | None = None
    public: bool = False
    campaign: str | None = None


class ContributionForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What our page sends: an `amount` that was chosen, and `own_amount`, which counts if there is any."""

    currency: str
    interval: str = ""
    amount: str = ""
    own_amount: str = ""
    name: str = ""
    message: str = ""
    public: str = ""
    campaign: str = ""


def give(asked: Asked) -> Answer:
    """`POST /api/contributions`. Whoever is signed in gives as themselves; nobody has to be."""
    key, gift = key_of(asked.request), granted(_wish(asked.request), asked.paper, asked.now)
    member = who_reads(asked.request, asked.doors.sessions, asked.doors.members, asked.now)
    limited(asked, member)
    said = {"contribution": to_builtins(gift)}
    return started(asked, once(asked, key, member, said, lambda id: _begun(asked, gift, member, id)))


def _begun(asked: Asked, gift: Gift, member: Member | None, id: str) -> Begun:
    order = Order(
        id,
        Kind.CONTRIBUTION,
        gift.amount,
        gift.currency,
        gift.interval,
        asked.doors.livemode,
        int(asked.now),
        member=member.id if member is not None else None,
        campaign=gift.campaign.slug if gift.campaign is not None else None,
        name=gift.name,
        message=gift.message,
        public=gift.public,
    )
    about = gift.campaign.title if gift.campaign is not None else asked.paper.name
    wanted = Wanted(order, about[:_MAX_TITLE], "/thanks", "/contribute", payer_of(asked, member))
    return begin(asked, wanted)[1]


def _wish(request: PersonalRequest) -> Wish:
    if request.is_form:
        form = body_of(request, ContributionForm)
        chosen = form.amount.strip()
        return Wish(
            int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 12 else None,
            form.currency,
            form.interval,
            form.own_amount,
            form.name,
            form.message,
            form.public != "",
            form.campaign,
        )
    body = body_of(request, ContributionBody)
    texts = body.name or "", body.message or ""
    return Wish(body.amount, body.currency, body.interval, "", *texts, body.public, body.campaign or "")

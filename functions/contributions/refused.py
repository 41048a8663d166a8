"""What a person gets to see in place of a refusal: the form again, with what was typed, and what was wrong beside the
field."""

from __future__ import annotations

from functions.contributions.doors import Asked
from shared.domain.giving import MAX_MESSAGE, MAX_NAME, is_open
from shared.domain.members import tier_of
from shared.domain.refusals import (
    AlreadyMember,
    ContentUnavailable,
    ForeignOrigin,
    InvalidField,
    NotSignedIn,
    Refusal,
    StoreUnavailable,
)
from shared.domain.tiers import Tier
from shared.http import Answer, status_of
from shared.personal import paged, sent_to, typed
from shared.personal.signed_in import SESSION, who_reads
from shared.site.giving import CampaignView, GiveForm
from shared.site.site import Site

_GIVE, _JOIN = "/api/contributions", "/api/memberships"


def refused(asked: Asked, refusal: Refusal) -> Answer:
    """The page of a refusal that a person gets."""
    path, status = asked.request.path, status_of(refusal)
    if isinstance(refusal, NotSignedIn):
        return sent_to("/sign-in?next=/join" if path == _JOIN else "/sign-in?next=/account")
    try:
        site = asked.doors.sites.opened(_tier(asked), asked.doors.lists, asked.doors.papers)[0]
    except ContentUnavailable as unavailable:
        status = status_of(unavailable)
        return paged(status, _plain(asked.doors.sites.at_hand(Tier.ANONYMOUS), unavailable))
    if path == _GIVE and not isinstance(refusal, ForeignOrigin):
        return paged(status, _give(asked, site, refusal))
    if path == _JOIN and not isinstance(refusal, ForeignOrigin):
        is_member = isinstance(refusal, AlreadyMember)
        return paged(status, site.page("join.html", "/join", problem=refusal.detail, is_member=is_member))
    return paged(status, _plain(site, refusal))


def _give(asked: Asked, site: Site, refusal: Refusal) -> bytes:
    field = refusal.field if isinstance(refusal, InvalidField) else ""
    # The one that was given for, which need not be the first of those that the paper asks for.
    slug = typed(asked.request, "campaign")
    campaign = next((one for one in asked.paper.campaigns if one.slug == slug and is_open(one, asked.now)), None)
    form = GiveForm(
        currency=typed(asked.request, "currency"),
        amount=typed(asked.request, "amount"),
        own_amount=typed(asked.request, "own_amount"),
        interval=typed(asked.request, "interval"),
        name=typed(asked.request, "name", 2 * MAX_NAME),
        message=typed(asked.request, "message", 2 * MAX_MESSAGE),
        public=typed(asked.request, "public") != "",
        field=field,
        problem=refusal.detail,
    )
    view = CampaignView.of(campaign) if campaign is not None else None
    return site.page("contribute.html", "/contribute", form=form, campaign=view)


def _tier(asked: Asked) -> Tier:
    """Who reads, so that the page around the form is theirs; whoever cannot be looked up reads as everyone does."""
    if SESSION not in asked.request.cookies:
        return Tier.ANONYMOUS
    try:
        member = who_reads(asked.request, asked.doors.sessions, asked.doors.members, asked.now)
    except StoreUnavailable:
        return Tier.ANONYMOUS
    return Tier.ANONYMOUS if member is None else tier_of(member, asked.now)


def _plain(site: Site, refusal: Refusal) -> bytes:
    status = status_of(refusal)
    if status == 503:
        title, text = site.words.unavailable_title, site.words.unavailable
    else:
        title, text = site.words.refused_title, refusal.detail
    return site.page("refused.html", "/", status=status, title=title, text=text)

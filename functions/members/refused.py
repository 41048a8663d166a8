"""What a person gets to see in place of a refusal: the form again with what was wrong, or what to do instead."""

from __future__ import annotations

from typing import Final

from functions.members.pages import address_values, is_page, site_for
from functions.members.route import Asked
from functions.members.signed_in import who_asks
from shared.domain.allowances import begins_after, month_of
from shared.domain.members import tier_of
from shared.domain.refusals import (
    ContentUnavailable,
    GiftsUsedUp,
    MembersOnly,
    MeterUsedUp,
    NotSignedIn,
    ProofNeeded,
    Refusal,
    SignInDead,
    StoreUnavailable,
    UnknownRoute,
)
from shared.domain.text import is_site_path, is_slug
from shared.domain.tiers import Tier
from shared.http import STATUS, Answer
from shared.personal import paged, sent_to, typed
from shared.site.site import Site
from shared.site.words import Words, day

# Where the form stands that is sent there.
_ASKED_ON: Final = {"/api/members/me/erase": "/account/erase", "/api/members/email": "/account/email"}


def refused(asked: Asked, refusal: Refusal) -> Answer:
    """The page of a refusal that a person gets, where its form is there again with what was wrong, if it has one."""
    path, status = asked.request.path, STATUS[type(refusal)]
    if isinstance(refusal, NotSignedIn) and asked.request.method in ("GET", "HEAD"):
        return sent_to(f"/sign-in?next={path}")
    try:
        html = _refused(asked, site_for(asked), path, refusal)
    except NotSignedIn as nobody:  # whose form it is not
        return refused(asked, nobody)
    except (ContentUnavailable, StoreUnavailable) as unavailable:
        status = STATUS[type(unavailable)]
        html = _plain(asked.doors.sites.at_hand(Tier.ANONYMOUS), unavailable, status)
    return paged(status, html)


def _refused(asked: Asked, site: Site, path: str, refusal: Refusal) -> bytes:
    words = site.words
    match refusal, path:
        case StoreUnavailable(), _:  # what else there is to see would have to be looked up
            return _plain(site, refusal, STATUS[StoreUnavailable])
        case NotSignedIn(), "/api/members/gifts" | "/api/members/reads":
            title, text = refusal.title, refusal.detail
            return site.page("again.html", "/sign-in", title=title, text=text, next=_article(asked) or "/")
        case NotSignedIn(), _:
            return site.page("again.html", "/sign-in", title=refusal.title, text=refusal.detail, next="/account")
        case ProofNeeded(), _:
            to = path if is_page(path) else _ASKED_ON.get(path, "/account")
            return site.page("again.html", "/sign-in", title=words.proof_title, text=words.proof_text, next=to)
        case GiftsUsedUp() | MeterUsedUp() | MembersOnly(), _:
            site = site_for(asked, tier_of(who_asks(asked).member, asked.now))
            title, text = _used_up(asked, refusal, words)
            return site.page("used_up.html", path, title=title, text=text, article=_article(asked))
        case SignInDead(), "/api/members/sessions" | "/api/members/email/agree":
            title = words.link_dead_title
            return site.page("again.html", "/sign-in", title=title, text=refusal.detail, next="/")
        case _, "/api/members/sign-in":
            to, newsletter = typed(asked.request, "next"), typed(asked.request, "newsletter")
            return site.page(
                "sign_in.html",
                "/sign-in",
                next=to if is_site_path(to) else "/",
                newsletter=next((one for one in asked.paper.newsletters if one.slug == newsletter), None),
                email=typed(asked.request, "email"),
                problem=refusal.detail,
            )
        case _, "/api/members/sessions" if typed(asked.request, "code"):
            return site.page("sent.html", "/sign-in/sent", problem=refusal.detail)
        case _, "/api/members/email":
            email, found = typed(asked.request, "email"), who_asks(asked)
            site = site_for(asked, tier_of(found.member, asked.now))
            return site.page(
                "address.html", "/account", **address_values(asked, found), problem=refusal.detail, email=email
            )
    return _plain(site, refusal, STATUS[type(refusal)])


def _used_up(asked: Asked, refusal: Refusal, words: Words) -> tuple[str, str]:
    """Title and text, in the paper's words where it offers what is used up."""
    again, paper = day(begins_after(month_of(asked.now)), words), asked.paper
    match refusal:
        case GiftsUsedUp() if paper.gifts is not None:
            return words.gifts_none_title, words.say("gifts_none_left", count=paper.gifts.a_month, day=again)
        case MeterUsedUp() if paper.metering is not None:
            return words.meter_none_title, words.say("meter_none_left", count=paper.metering.a_month, day=again)
    return refusal.title, refusal.detail


def _article(asked: Asked) -> str | None:
    """The page whose form it was that named an article."""
    slug = typed(asked.request, "slug")
    return f"/articles/{slug}" if is_slug(slug) else None


def _plain(site: Site, refusal: Refusal, status: int) -> bytes:
    name = "not_found" if isinstance(refusal, UnknownRoute) else "unavailable" if status == 503 else "refused"
    title, text = getattr(site.words, f"{name}_title"), getattr(site.words, name, refusal.detail)
    return site.page("refused.html", "/", status=status, title=title, text=text)

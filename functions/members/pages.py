"""What a person sees who is signed in, or whose form was refused: pages of one reader's, kept nowhere."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final
from urllib.parse import parse_qs

from msgspec import Struct

from functions.members.known import changing_to, live_sessions
from functions.members.route import Asked
from functions.members.signed_in import SignedIn, who_asks, who_proves
from shared.domain.members import Membership, MembershipState, tier_of
from shared.domain.refusals import (
    ContentUnavailable,
    NotSignedIn,
    ProofNeeded,
    Refusal,
    SignInDead,
    StoreUnavailable,
    UnknownRoute,
)
from shared.domain.text import is_site_path
from shared.domain.tiers import Tier
from shared.http import STATUS, Answer
from shared.personal import PersonalRequest, paged, sent_to
from shared.site.site import Site

_agree_path = re.compile(r"/account/email/([0-9a-f]{64})\Z")
_MAX_TYPED: Final = 254
# Where the form stands that is sent there.
_ASKED_ON: Final = {"/api/members/me/erase": "/account/erase", "/api/members/email": "/account/email"}


class DeviceView(Struct, frozen=True):
    """A browser that is signed in, as its owner sees it."""

    id: str
    agent: str
    used_at: dt.datetime
    is_this: bool


class GrantView(Struct, frozen=True):
    tier: Tier
    until: dt.datetime | None
    reason: str


class MembershipView(Struct, frozen=True):
    """What is paid for. `is_past_due`: a payment has failed, and is tried again."""

    paid_until: dt.datetime
    is_past_due: bool


class AccountView(Struct, frozen=True):
    """What the account's page shows."""

    email: str
    since: dt.datetime
    grants: tuple[GrantView, ...]
    newsletters: tuple[str, ...]
    devices: tuple[DeviceView, ...]
    membership: MembershipView | None
    gets_no_mail: bool
    changing_to: str | None


# Pages to come to -----------------------------------------------------------------------------------------------------


def account(asked: Asked) -> Answer:
    """`GET /account`."""
    found = who_asks(asked)
    return _shown(asked, found, "account.html", view=_view(asked, found))


def erasing(asked: Asked) -> Answer:
    """`GET /account/erase`: what is erased, what stays, and the button. Raises ProofNeeded."""
    return _shown(asked, who_proves(asked), "erase.html")


def changing_address(asked: Asked) -> Answer:
    """`GET /account/email`: the form. Raises ProofNeeded."""
    found = who_proves(asked)
    return _shown(asked, found, "address.html", **_address(asked, found), problem=None, email="")


def agreeing(asked: Asked, token: str) -> Answer:
    """`GET /account/email/<token>`: changes nothing; the button does (R13)."""
    return paged(200, _site(asked).page("agree.html", "/account", token=token))


def asked_both(asked: Asked) -> Answer:
    """`GET /account/email/asked`: one of the addresses has agreed, or both have just been asked."""
    return paged(200, _site(asked).page("asked.html", "/account"))


def address_changed(asked: Asked) -> Answer:
    """`GET /account/email/changed`."""
    return paged(200, _site(asked).page("changed.html", "/account"))


def agree_token(path: str) -> str | None:
    """The token in the path of a link that asks an address to agree."""
    found = _agree_path.match(path)
    return found[1] if found else None


# In place of refusals -------------------------------------------------------------------------------------------------


def refused(asked: Asked, refusal: Refusal) -> Answer:
    """The page of a refusal that a person gets, where its form is there again with what was wrong, if it has one."""
    path, status = asked.request.path, STATUS[type(refusal)]
    if isinstance(refusal, NotSignedIn) and asked.request.method in ("GET", "HEAD"):
        return sent_to(f"/sign-in?next={path}")
    try:
        html = _refused(asked, _site(asked), path, refusal)
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
        case NotSignedIn(), _:
            return site.page("again.html", "/sign-in", title=refusal.title, text=refusal.detail, next="/account")
        case ProofNeeded(), _:
            to = path if is_page(path) else _ASKED_ON.get(path, "/account")
            return site.page("again.html", "/sign-in", title=words.proof_title, text=words.proof_text, next=to)
        case SignInDead(), "/api/members/sessions" | "/api/members/email/agree":
            title = words.link_dead_title
            return site.page("again.html", "/sign-in", title=title, text=refusal.detail, next="/")
        case _, "/api/members/sign-in":
            to, newsletter = _typed(asked.request, "next"), _typed(asked.request, "newsletter")
            return site.page(
                "sign_in.html",
                "/sign-in",
                next=to if is_site_path(to) else "/",
                newsletter=next((one for one in asked.paper.newsletters if one.slug == newsletter), None),
                email=_typed(asked.request, "email"),
                problem=refusal.detail,
            )
        case _, "/api/members/sessions" if _typed(asked.request, "code"):
            return site.page("sent.html", "/sign-in/sent", problem=refusal.detail)
        case _, "/api/members/email":
            email, found = _typed(asked.request, "email"), who_asks(asked)
            site = _site(asked, tier_of(found.member, asked.now))
            return site.page("address.html", "/account", **_address(asked, found), problem=refusal.detail, email=email)
    return _plain(site, refusal, STATUS[type(refusal)])


def is_page(path: str) -> bool:
    """Whether a person comes to this path to look."""
    return path == "/account" or path.startswith("/account/")


def _plain(site: Site, refusal: Refusal, status: int) -> bytes:
    name = "not_found" if isinstance(refusal, UnknownRoute) else "unavailable" if status == 503 else "refused"
    title, text = getattr(site.words, f"{name}_title"), getattr(site.words, name, refusal.detail)
    return site.page("refused.html", "/", status=status, title=title, text=text)


def _shown(asked: Asked, found: SignedIn, template: str, **values: Any) -> Answer:
    return paged(200, _site(asked, tier_of(found.member, asked.now)).page(template, "/account", **values))


def _site(asked: Asked, tier: Tier = Tier.ANONYMOUS) -> Site:
    return asked.doors.sites.opened(tier, asked.doors.lists, asked.doors.papers)[0]


def _view(asked: Asked, found: SignedIn) -> AccountView:
    member, doors = found.member, asked.doors
    known = doors.members.contact(member.address.digest)
    return AccountView(
        member.address.text,
        _at(member.since),
        tuple(
            GrantView(one.tier, None if one.until is None else _at(one.until), one.reason)
            for one in member.grants
            if one.until is None or asked.now < one.until
        ),
        member.newsletters,
        tuple(
            DeviceView(one.id, one.agent, _at(one.used_at), one.id == found.session.id)
            for one in live_sessions(member.id, doors.sessions, asked.now)
        ),
        _membership(member.membership),
        known is not None and known[0].suppressed is not None,
        changing_to(found.member.id, asked.doors.changes, asked.now),
    )


def _membership(paid: Membership | None) -> MembershipView | None:
    if paid is None or paid.state is MembershipState.ENDED:
        return None
    return MembershipView(_at(paid.paid_until), paid.state is MembershipState.PAST_DUE)


def _address(asked: Asked, found: SignedIn) -> dict[str, Any]:
    changing = changing_to(found.member.id, asked.doors.changes, asked.now)
    return {"address": found.member.address.text, "changing_to": changing}


def _typed(request: PersonalRequest, name: str) -> str:
    """What was typed into a form's field, as far as it can be shown there again."""
    try:
        fields = parse_qs(request.body.decode(), max_num_fields=20)
    except ValueError:
        return ""
    return fields.get(name, [""])[0][:_MAX_TYPED]


def _at(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)

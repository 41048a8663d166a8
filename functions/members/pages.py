"""What a person sees who comes to the account: pages of one reader's, kept nowhere."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from functions.members.known import changing_to, live_sessions
from functions.members.money_page import MoneyView, money_shown
from functions.members.openings import gifts_of, reads_of, who_gives
from functions.members.route import Asked
from functions.members.signed_in import SignedIn, pass_cookie, who_asks, who_proves
from shared.domain.allowances import begins_after, month_of
from shared.domain.members import tier_of
from shared.domain.refusals import NotOffered, UnusableKeyring
from shared.domain.tiers import Tier
from shared.http import Answer
from shared.personal import paged
from shared.site.site import Site
from shared.site.words import Words

_agree_path = re.compile(r"/account/email/([0-9a-f]{64})\Z")


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


class GiftView(Struct, frozen=True):
    """An article that has been given away: the address that opens it, and until when."""

    slug: str
    url: str
    until: dt.datetime


class AccountView(Struct, frozen=True):
    """What the account's page shows."""

    email: str
    since: dt.datetime
    grants: tuple[GrantView, ...]
    newsletters: tuple[str, ...]
    devices: tuple[DeviceView, ...]
    money: MoneyView
    read: int
    gets_no_mail: bool
    changing_to: str | None


def account(asked: Asked) -> Answer:
    """`GET /account`. It comes with a pass, so that what it says of the tier is true in this browser at once: who has
    just joined comes here to look."""
    found = who_asks(asked)
    answer = _shown(asked, found, "account.html", view=_view(asked, found, site_for(asked).words))
    try:
        return replace(answer, cookies=(pass_cookie(asked, tier_of(found.member, asked.now)),))
    except UnusableKeyring:
        return answer


def giving_away(asked: Asked) -> Answer:
    """`GET /account/gifts`: the links of what the member has given away. Raises NotOffered, MembersOnly."""
    if (offered := asked.paper.gifts) is None:
        raise NotOffered("Nothing is given away here.")
    found = who_gives(asked)
    gifts, left = gifts_of(asked, found, offered)
    views = tuple(GiftView(one.slug, one.url, _at(one.until)) for one in gifts)
    again = begins_after(month_of(asked.now))
    return _shown(asked, found, "gifts.html", gifts=views, left=left, offered=offered, again=again)


def erasing(asked: Asked) -> Answer:
    """`GET /account/erase`: what is erased, what stays, and the button. Raises ProofNeeded."""
    return _shown(asked, who_proves(asked), "erase.html")


def changing_address(asked: Asked) -> Answer:
    """`GET /account/email`: the form. Raises ProofNeeded."""
    found = who_proves(asked)
    return _shown(asked, found, "address.html", **address_values(asked, found), problem=None, email="")


def agreeing(asked: Asked, token: str) -> Answer:
    """`GET /account/email/<token>`: changes nothing; the button does (R13)."""
    return paged(200, site_for(asked).page("agree.html", "/account", token=token))


def asked_both(asked: Asked) -> Answer:
    """`GET /account/email/asked`: one of the addresses has agreed, or both have just been asked."""
    return paged(200, site_for(asked).page("asked.html", "/account"))


def address_changed(asked: Asked) -> Answer:
    """`GET /account/email/changed`."""
    return paged(200, site_for(asked).page("changed.html", "/account"))


def agree_token(path: str) -> str | None:
    """The token in the path of a link that asks an address to agree."""
    found = _agree_path.match(path)
    return found[1] if found else None


def is_page(path: str) -> bool:
    """Whether a person comes to this path to look."""
    return path == "/account" or path.startswith("/account/")


def _shown(asked: Asked, found: SignedIn, template: str, **values: Any) -> Answer:
    return paged(200, site_for(asked, tier_of(found.member, asked.now)).page(template, "/account", **values))


def site_for(asked: Asked, tier: Tier = Tier.ANONYMOUS) -> Site:
    """What stands around a page for that tier. Raises ContentUnavailable."""
    return asked.doors.sites.opened(tier, asked.doors.lists, asked.doors.papers)[0]


def _view(asked: Asked, found: SignedIn, words: Words) -> AccountView:
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
        money_shown(asked, member, words),
        len(reads_of(asked, found).opened) if asked.paper.metering else 0,
        known is not None and known[0].suppressed is not None,
        changing_to(found.member.id, asked.doors.changes, asked.now),
    )


def address_values(asked: Asked, found: SignedIn) -> dict[str, Any]:
    """What the form for a new address shows of the one there is."""
    changing = changing_to(found.member.id, asked.doors.changes, asked.now)
    return {"address": found.member.address.text, "changing_to": changing}


def _at(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)

"""Sessions: new passes from them, the list of devices, and their end."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from functions.members.answers import Devices, Ended, Renewed
from functions.members.known import devices_of, live_sessions
from functions.members.route import PASS_SECONDS, Asked
from functions.members.signed_in import (
    REFRESHED,
    REFRESHED_SECONDS,
    pass_cookie,
    renewed,
    session_cookies,
    who_asks,
)
from shared.domain.members import tier_of
from shared.domain.refusals import (
    NotSignedIn,
    StoreUnavailable,
    UnknownSession,
    UnusableKeyring,
)
from shared.domain.text import next_path
from shared.http import Answer
from shared.personal import body_of, cookie, sent_to, told
from shared.personal.signed_in import PASS, SIGNED_OUT

# What a browser may still hold of what was read here. Cookies are taken away by name: other sites of the paper's domain
# may have some of their own.
CLEAR: Final = {"clear-site-data": '"cache", "storage"'}


class SignOutBody(Struct, frozen=True, forbid_unknown_fields=True):
    everywhere: bool = False


def refresh(asked: Asked) -> Answer:
    """`GET /api/members/refresh?next=`: where the edge sends a page's reader whose pass ran out, to come back with
    another.

    It says by a cookie that it was here, whatever comes of it, so that the edge sends nobody round in circles. Whoever
    is not signed in any more, or cannot be looked up now, reads on as everyone does.
    """
    to = next_path(asked.request.parameters("next").get("next", "/"))
    been_here = cookie(REFRESHED, "1", REFRESHED_SECONDS)
    try:
        found = renewed(asked)
        cookies = (*session_cookies(found), pass_cookie(asked, tier_of(found.member, asked.now)))
    except NotSignedIn:
        cookies = SIGNED_OUT
    except (StoreUnavailable, UnusableKeyring):
        cookies = (cookie(PASS, "", 0),)
    return sent_to(to, status=302, cookies=(*cookies, been_here))


def renew(asked: Asked) -> Answer:
    """A new pass for the session's member, as a cookie."""
    found = renewed(asked)
    tier = tier_of(found.member, asked.now)
    cookies = (*session_cookies(found), pass_cookie(asked, tier))
    return told(200, Renewed(tier, PASS_SECONDS), cookies=cookies)


def sign_out(asked: Asked) -> Answer:
    """`POST /api/members/sign-out`: here, or everywhere. Whoever is signed in nowhere is signed out all the same."""
    everywhere = body_of(asked.request, SignOutBody).everywhere if asked.request.body else False
    return _signed_out(asked, everywhere=everywhere)


def sign_out_everywhere(asked: Asked) -> Answer:
    """`DELETE /api/members/sessions`."""
    return _signed_out(asked, everywhere=True)


def devices(asked: Asked) -> Answer:
    """`GET /api/members/sessions`: where this member is signed in."""
    found = who_asks(asked)
    return told(200, Devices(devices_of(found.member.id, asked.doors.sessions, asked.now, found.session.id)))


def end(asked: Asked, id: str) -> Answer:
    """`DELETE /api/members/sessions/<id>`: sign out one device. Raises UnknownSession."""
    found = who_asks(asked)
    if id not in {one.id for one in live_sessions(found.member.id, asked.doors.sessions, asked.now)}:
        raise UnknownSession("You are not signed in on such a device, or no longer.")
    if id == found.session.id:
        return _signed_out(asked, everywhere=False)
    asked.doors.sessions.end(found.member.id, id)
    return sent_to("/account") if asked.request.is_form else told(200, Ended(1))


def _signed_out(asked: Asked, *, everywhere: bool) -> Answer:
    sessions, ended = asked.doors.sessions, 0
    try:
        found = who_asks(asked)
    except NotSignedIn:
        found = None
    if found is not None:
        ids = [one.id for one in sessions.of_member(found.member.id)] if everywhere else [found.session.id]
        for id in ids:
            sessions.end(found.member.id, id)
        ended = len(ids)
    answer = sent_to("/", cookies=SIGNED_OUT) if asked.request.is_form else told(200, Ended(ended), cookies=SIGNED_OUT)
    answer.headers.update(CLEAR)
    return answer

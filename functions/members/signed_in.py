"""Who asks: the session that a cookie names, and the cookies that begin, renew and end it."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from functions.members.route import PASS_SECONDS, Asked
from shared.domain.members import Member, tier_of
from shared.domain.refusals import NotSignedIn, ProofNeeded, RecordChanged, SessionReused
from shared.domain.sessions import (
    ABSOLUTE_SECONDS,
    Session,
    Standing,
    begin_session,
    parse_ticket,
    rotate,
    rough_agent,
)
from shared.domain.tiers import Tier
from shared.personal import cookie
from shared.personal.signed_in import PASS, SESSION, session_of

REFRESHED: Final = "__Host-refreshed"
REFRESHED_SECONDS: Final = 60
_ROUNDS: Final = 4  # of reading again after somebody else was first: two tabs are the usual case


class SignedIn(Struct, frozen=True):
    """The member who asks, by which session. `replaced`: the cookie that takes the old one's place, if one does."""

    member: Member
    version: str
    session: Session
    replaced: str | None = None


def who_asks(asked: Asked) -> SignedIn:
    """The member whose session the request's cookie names. Raises NotSignedIn."""
    return _found(asked, renew=False)


def renewed(asked: Asked) -> SignedIn:
    """The same, and the session has a new secret from now on (R12).

    Of two requests that come at once one renews it; the other still gets in by the secret of before, for a minute, and
    leaves the cookie to the first. Raises NotSignedIn.
    """
    return _found(asked, renew=True)


def who_proves(asked: Asked) -> SignedIn:
    """The member who asks, and who has signed in just now. Raises NotSignedIn, ProofNeeded."""
    found = who_asks(asked)
    if not found.session.is_fresh(asked.now):
        raise ProofNeeded
    return found


def begun(asked: Asked, member: Member) -> tuple[str, ...]:
    """A new session for this browser, as cookies. The one that it had is over: nobody can have prepared it (R18)."""
    doors = asked.doors
    before = parse_ticket(asked.request.cookies.get(SESSION, ""))
    if before is not None:
        doors.sessions.end(before.member, before.session)
    agent = rough_agent(asked.request.header("user-agent"))
    session, value = begin_session(member.id, agent, asked.now, doors.chance)
    doors.sessions.write(session, None)
    return cookie(SESSION, value, ABSOLUTE_SECONDS), pass_cookie(asked, tier_of(member, asked.now))


def pass_cookie(asked: Asked, tier: Tier) -> str:
    """A pass for the tier that somebody has now, so that whatever ends it bites within the pass's life (R11)."""
    return cookie(PASS, asked.doors.passes.mint(tier, asked.now, PASS_SECONDS), PASS_SECONDS)


def session_cookies(found: SignedIn) -> tuple[str, ...]:
    """The renewed session's cookie, if it was this request that renewed it."""
    return () if found.replaced is None else (cookie(SESSION, found.replaced, ABSOLUTE_SECONDS),)


def _found(asked: Asked, *, renew: bool) -> SignedIn:
    doors = asked.doors
    for _ in range(_ROUNDS):
        judged = session_of(asked.request, doors.sessions, asked.now)
        if judged is None or judged.standing is Standing.OVER:
            raise NotSignedIn
        session = judged.session
        if judged.standing is Standing.REUSED:
            # Two have had the same cookie. Which of them is its owner, nobody can tell: it ends for both.
            doors.sessions.end(session.member, session.id)
            raise SessionReused
        kept = doors.members.read(session.member)
        if kept is None:
            raise NotSignedIn
        if judged.standing is Standing.JUST_REPLACED or not renew:
            return SignedIn(*kept, session)
        changed, cookie_value = rotate(session, asked.request.cookies[SESSION], asked.now, doors.chance)
        try:
            doors.sessions.write(changed, judged.version)
        except RecordChanged:
            continue  # the other one has renewed it, or ended it
        return SignedIn(*kept, changed, cookie_value)
    raise NotSignedIn

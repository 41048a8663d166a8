"""Who is signed in: what a session's cookie is worth."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from shared.domain.members import Member
from shared.domain.sessions import Session, Standing, judge, parse_ticket
from shared.personal import PersonalRequest, cookie
from shared.ports.persons import Members, Sessions

SESSION: Final = "__Host-session"
PASS: Final = "__Host-pass"  # noqa: S105 - a cookie's name
SIGNED_OUT: Final = (cookie(SESSION, "", 0), cookie(PASS, "", 0))


class Judged(Struct, frozen=True):
    """A session, its version, and what the cookie is worth that names it."""

    session: Session
    version: str
    standing: Standing


def session_of(request: PersonalRequest, sessions: Sessions, now: float) -> Judged | None:
    """The session that the request's cookie names, and what the cookie is worth at `now`; None where there is none."""
    ticket = parse_ticket(request.cookies.get(SESSION, ""))
    stored = sessions.read(ticket.member, ticket.session) if ticket is not None else None
    if ticket is None or stored is None:
        return None
    return Judged(*stored, judge(stored[0], ticket, now))


def who_reads(request: PersonalRequest, sessions: Sessions, members: Members, now: float) -> Member | None:
    """The member who asks, for a function that only reads members and sessions; None for anybody else.

    A cookie that had been replaced and turns up again is somebody's who is not signed in. Here that ends nothing: the
    members function ends the session the next time it is to be renewed with that cookie, and alone may write it.
    """
    found = session_of(request, sessions, now)
    if found is None or found.standing not in (Standing.CURRENT, Standing.JUST_REPLACED):
        return None
    kept = members.read(found.session.member)
    return None if kept is None else kept[0]

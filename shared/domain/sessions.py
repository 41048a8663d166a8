"""Sessions: one for each browser that is signed in, kept by digests; every refresh gives it a new secret.

Its cookie names the member, the session and the present secret. An older secret that turns up again is in somebody
else's hands, or was: then the session ends for both (OAuth 2.0 Security Best Current Practice, RFC 9700, section
4.14.2).
"""

from __future__ import annotations

import enum
import re
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from shared.domain.secrets import Chance, digest_of, new_id, new_secret, same

ABSOLUTE_SECONDS: Final = 180 * 86_400
IDLE_SECONDS: Final = 60 * 86_400
GRACE_SECONDS: Final = 60  # two tabs refresh at once: the second still has the cookie of before
FRESH_SECONDS: Final = 900  # how long a sign-in proves who somebody is, for what cannot be taken back
_cookie = re.compile(r"([0-9a-f]{32})([0-9a-f]{32})([0-9a-f]{64})\Z")


class Session(Struct, frozen=True):
    """One browser that is signed in. Times are seconds since 1970; `agent` is a few words for its reader."""

    id: str
    member: str
    secret: str
    previous: str | None
    rotated_at: int
    made_at: int
    used_at: int
    agent: str

    @property
    def expires_at(self) -> int:
        """When it ends unless it is used, and at the latest."""
        return min(self.made_at + ABSOLUTE_SECONDS, self.used_at + IDLE_SECONDS)

    def is_fresh(self, now: float) -> bool:
        """Whether the sign-in is recent enough to prove who asks."""
        return now < self.made_at + FRESH_SECONDS


class Ticket(Struct, frozen=True):
    """What a session's cookie says."""

    member: str
    session: str
    secret: str

    def __repr__(self) -> str:
        return "Ticket(…)"


class Standing(enum.Enum):
    """What a ticket is worth."""

    CURRENT = "current"
    JUST_REPLACED = "just_replaced"
    OVER = "over"
    REUSED = "reused"


def parse_ticket(cookie: str) -> Ticket | None:
    """The ticket in a cookie; None for what is none."""
    found = _cookie.match(cookie)
    if found is None:
        return None
    member, family, secret = found.groups()
    return Ticket(member, _session_id(family), secret)


def begin_session(member: str, agent: str, now: float, chance: Chance) -> tuple[Session, str]:
    """A new session, and its cookie."""
    family, secret = new_id(chance), new_secret(chance)
    at = int(now)
    session = Session(_session_id(family), member, digest_of(secret), None, at, at, at, agent)
    return session, f"{member}{family}{secret}"


def judge(session: Session | None, ticket: Ticket, now: float) -> Standing:
    """What the ticket is worth for the session of its name."""
    if session is None or now >= session.expires_at:
        return Standing.OVER
    digest = digest_of(ticket.secret)
    if same(session.secret, digest):
        return Standing.CURRENT
    # Neither before: where a clock has gone back, the grace is not as long as that.
    is_just = abs(now - session.rotated_at) < GRACE_SECONDS
    if session.previous is not None and same(session.previous, digest) and is_just:
        return Standing.JUST_REPLACED
    return Standing.REUSED


def rotate(session: Session, cookie: str, now: float, chance: Chance) -> tuple[Session, str]:
    """The session with a new secret, and the cookie that replaces this one."""
    secret, at = new_secret(chance), int(now)
    changed = replace(session, secret=digest_of(secret), previous=session.secret, rotated_at=at, used_at=at)
    return changed, f"{cookie[:64]}{secret}"


def _session_id(family: str) -> str:
    """A session's public name. Whoever knows it cannot make up a cookie of it, and so cannot end it by a wrong one."""
    return digest_of(family)[:32]


def rough_agent(header: str) -> str:
    """A browser and a system in a few words, out of a User-Agent: enough for its owner, too little to track by."""
    browser = next((name for sign, name in _BROWSERS if sign in header), "")
    system = next((name for sign, name in _SYSTEMS if sign in header), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Some program"


_BROWSERS = (
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"), ("curl/", "curl"),
)  # fmt: skip  # the order tells: most of them also say what they are not
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip

"""What a pass says, and which claims are a pass of ours. The signature is checked next door, in
`shared.adapters.pyjwt_passes`.

A pass is a JSON Web Token (RFC 7519) that names a tier and nobody. The edge (`infra/edge/viewer_request.js`) applies
the same
rules in JavaScript; `tests/token_cases.py` holds the two together, row by row.
"""

from __future__ import annotations

import enum
import re
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType

from shared.domain.refusals import InvalidPassRequest
from shared.domain.text import is_slug
from shared.domain.tiers import PASS_TIERS, Tier

AUDIENCE: Final = "edge"
TYPE: Final = "pass+jwt"
MAX_TOKEN_BYTES: Final = 4096
DEFAULT_LIFETIME_SECONDS: Final = 300
MAX_LIFETIME_SECONDS: Final = 24 * 3600
# A pass for one article may be given away, so it may live longer: it opens that article and nothing else.
MAX_ONLY_LIFETIME_SECONDS: Final = 30 * 24 * 3600
CLOCK_SKEW_SECONDS: Final = 60

_kid = re.compile(r"[a-z0-9-]{1,32}\Z")


class PassState(enum.Enum):
    """What came of the pass that a request carried; the value of the `x-pass` header."""

    NONE = "none"
    VALID = "valid"
    EXPIRED = "expired"
    INVALID = "invalid"
    ELSEWHERE = "elsewhere"
    UNVERIFIABLE = "unverifiable"


class Reader(Struct, frozen=True):
    """All that the read path knows of whoever reads: how far the doors open, and perhaps for which one article only."""

    tier: Tier = Tier.ANONYMOUS
    only: str | None = None

    def tier_for(self, slug: str) -> Tier:
        """The tier at which this reader reads the article `slug`."""
        return self.tier if self.only is None or self.only == slug else Tier.ANONYMOUS


ANYONE: Final = Reader()


class Verdict(Struct, frozen=True):
    """What a verifier found. Only a `VALID` one has a reader above `ANYONE`."""

    state: PassState
    reader: Reader = ANYONE


class Claims(Struct, frozen=True, forbid_unknown_fields=True):
    """The claims of a pass, in the order in which they are minted. Times are whole seconds since 1970 (RFC 7519,
    section 2)."""

    iss: str
    aud: str
    tier: str
    iat: int
    exp: int
    only: str | UnsetType = UNSET


def new_claims(issuer: str, tier: Tier, now: float, lifetime: int, only: str | None = None) -> Claims:
    """Claims of a pass minted at `now` that lives for `lifetime` seconds.

    Raises InvalidPassRequest for what no verifier would accept.
    """
    longest = MAX_LIFETIME_SECONDS if only is None else MAX_ONLY_LIFETIME_SECONDS
    if tier not in PASS_TIERS:
        raise InvalidPassRequest(f"A pass is for {' or '.join(t.value for t in PASS_TIERS)}: everyone else needs none.")
    if not 1 <= lifetime <= longest:
        raise InvalidPassRequest(
            f"A pass lives for 1 to {longest} seconds{'' if only else ' (longer with --only)'}, not {lifetime}."
        )
    if only is not None and not is_slug(only):
        raise InvalidPassRequest(
            f"“{only}” is not the slug of an article: lower-case letters, digits and single hyphens."
        )
    issued = int(now)
    return Claims(issuer, AUDIENCE, tier.value, issued, issued + lifetime, UNSET if only is None else only)


def judge(claims: Claims, issuer: str, now: float) -> Verdict:
    """Whether these claims, whose signature has been verified, make a reader at `now` (seconds since 1970)."""
    only = None if claims.only is UNSET else claims.only
    longest = MAX_LIFETIME_SECONDS if only is None else MAX_ONLY_LIFETIME_SECONDS
    seconds = int(now)
    sound = (
        claims.iss == issuer
        and claims.aud == AUDIENCE
        and claims.tier in _PASS_TIER_NAMES
        and 0 < claims.iat <= seconds + CLOCK_SKEW_SECONDS
        and 0 < claims.exp - claims.iat <= longest
        and (only is None or is_slug(only))
    )
    if not sound:
        return Verdict(PassState.INVALID)
    if seconds >= claims.exp:
        return Verdict(PassState.EXPIRED)
    return Verdict(PassState.VALID, Reader(Tier(claims.tier), only))


def is_pass_header(header: Any) -> bool:
    """Whether a token's header is exactly ours: these three members and no other (`crit`, `b64`, `zip`, `jwk`, `jku`,
    `x5u`… are refused)."""
    return (
        isinstance(header, dict)
        and header.keys() == {"alg", "typ", "kid"}
        and header["alg"] == "HS256"
        and header["typ"] == TYPE
        and isinstance(header["kid"], str)
        and _kid.match(header["kid"]) is not None
    )


_PASS_TIER_NAMES = tuple(tier.value for tier in PASS_TIERS)

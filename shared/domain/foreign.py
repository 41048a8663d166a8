"""Which tokens of other issuers open something here, and how much. The signature is checked next door, in
`shared.adapters.pyjwt_foreign`.

Issuers write what they like beside what we ask for, so members are allowed where passes allow none; but what we ask for
has to be there, exactly once, and of its type (RFC 7519; RFC 8725 on what goes wrong).
"""

from __future__ import annotations

from typing import Any, Final, TypeGuard

from msgspec import Struct

from shared.domain.jwks import is_kid
from shared.domain.refusals import ExpiredToken, InvalidToken, NoTier
from shared.domain.tiers import Tier
from shared.domain.trust import Issuer, type_of

MAX_TOKEN_BYTES: Final = 4096
CLOCK_SKEW_SECONDS: Final = 60
MAX_SUBJECT: Final = 255

# `x5t` is the fingerprint of a certificate, which Entra ID writes into every header. It is not looked at; all other
# members, those above all that bring keys (`jwk`, `jku`, `x5c`, `x5u`) or change what is signed (`crit`, `b64`, `zip`),
# are refused.
_HEADER_MEMBERS: Final = frozenset({"alg", "kid", "typ", "x5t"})
_WORDS: Final = ("scope", "scp")
_LATEST: Final = 253_402_300_799  # the last second of the year 9999: times beyond are milliseconds, or mischief


class ForeignReader(Struct, frozen=True):
    """Somebody whom another issuer has vouched for. `expires`: when its word ends (seconds since 1970); no pass made
    on it should outlive that."""

    issuer: str
    subject: str
    tier: Tier
    expires: int


def check_header(header: Any, issuer: Issuer) -> str:
    """The id of the key that the token is signed with, if it is of the algorithm and type agreed on with this issuer.
    Raises InvalidToken."""
    if not isinstance(header, dict) or not header.keys() <= _HEADER_MEMBERS:
        raise InvalidToken("The token's header holds something that is not taken here.")
    if header.get("alg") != issuer.algorithm:
        raise InvalidToken("The token is not signed with the algorithm that was agreed on with its issuer.")
    if not _is_meant_type(header, issuer):
        raise InvalidToken("The token is of another type than the one that is exchanged here.")
    kid = header.get("kid")
    if not is_kid(kid):
        raise InvalidToken("The token does not say which key it is signed with.")
    return kid


def unverified_issuer(claims: Any) -> str:
    """Who the token says it is from. Anybody can write that: it chooses the keys, and proves nothing. Raises
    InvalidToken."""
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    if not isinstance(issuer, str):
        raise InvalidToken("The token does not say who issued it.")
    return issuer


def judge(claims: dict[str, Any], issuer: Issuer, now: float) -> ForeignReader:
    """Who these claims, whose signature has been verified, make of the reader at `now` (seconds since 1970).

    Raises InvalidToken, ExpiredToken, NoTier.
    """
    _check_audience(claims, issuer)
    expires = _check_times(claims, issuer, int(now))
    if "cnf" in claims:  # RFC 7800: good only together with a proof that nobody brings here
        raise InvalidToken("The token is bound to a key of its holder, and cannot be exchanged without it.")
    if any(claims.get(claim) != text for claim, text in issuer.marks.items()):
        raise InvalidToken("The token is for something else: a claim that it must have is missing or another.")
    subject = claims.get("sub")
    if not (isinstance(subject, str) and 0 < len(subject) <= MAX_SUBJECT and subject.isprintable()):
        raise InvalidToken("The token does not say whom it is about.")
    tiers = [Tier(rule.tier) for rule in issuer.tiers if _has(claims, rule.claim, rule.value)]
    if not tiers:
        raise NoTier("The token is good, and nothing in it opens anything here.")
    if int(now) >= expires:
        raise ExpiredToken("The token has expired: fetch a new one from its issuer.")
    return ForeignReader(issuer.issuer, subject, max(tiers), expires)


def _is_meant_type(header: dict[str, Any], issuer: Issuer) -> bool:
    if issuer.typ is None:
        return "typ" not in header
    typ = header.get("typ")
    return isinstance(typ, str) and type_of(typ) in {type_of(one) for one in issuer.typ}


def _check_audience(claims: dict[str, Any], issuer: Issuer) -> None:
    found = {name: claims[name] for name in ("aud", issuer.audience_claim) if name in claims}
    if issuer.audience_claim not in found:
        raise InvalidToken("The token does not say whom it is for.")
    for value in found.values():  # where the audience is `client_id`, an `aud` beside it has to be ours, too
        named = value if isinstance(value, list) else [value]
        if not all(isinstance(one, str) for one in named) or not set(named) & set(issuer.audiences):
            raise InvalidToken("The token is for somebody else.")


def _check_times(claims: dict[str, Any], issuer: Issuer, seconds: int) -> int:
    """When the token ends. An issuer's clock may be a minute ahead; nothing is added at the end."""
    issued, expires = claims.get("iat"), claims.get("exp")
    begins = claims.get("nbf", issued)
    if not (_is_time(issued) and _is_time(expires) and _is_time(begins)):
        raise InvalidToken("The token does not say in whole seconds when it was issued and when it ends.")
    if max(issued, begins) > seconds + CLOCK_SKEW_SECONDS:
        raise InvalidToken("The token is from the future: its issuer's clock or ours is wrong.")
    if not 0 < expires - issued <= issuer.max_lifetime or begins > expires:
        raise InvalidToken("The token lives longer than was agreed on with its issuer.")
    return expires


def _is_time(value: Any) -> TypeGuard[int]:
    return type(value) is int and 0 < value <= _LATEST  # True is an int too, to Python


def _has(claims: dict[str, Any], claim: str, wanted: str | bool) -> bool:
    """Whether the claim is this value, or a list with it."""
    value = claims.get(claim)
    if claim in _WORDS and isinstance(value, str):
        value = value.split(" ")
    return any(type(one) is type(wanted) and one == wanted for one in (value if isinstance(value, list) else [value]))

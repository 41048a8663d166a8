"""Every sort of token against every acceptor: each opens its own door and no other."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any, Final

import jwt
import pytest

from shared.adapters.pyjwt_foreign import PyJwtForeign
from shared.adapters.pyjwt_passes import PyJwtPasses
from shared.domain import identity, passes
from shared.domain.identity import keys_document, new_identity
from shared.domain.passes import PassState
from shared.domain.refusals import Refusal
from shared.domain.tiers import Tier
from shared.domain.trust import Audience, TierRule, Trust
from tests.issuers import (
    ABSENT,
    MemoryIdentity,
    MemoryIssuerKeys,
    MemoryTrust,
    an_issuer,
    b64,
    compact,
    jwk,
    key_set,
    private_key,
    seal,
    token,
)
from tests.twins import RING, MemoryKeyring

PAPER: Final = RING.issuer
ISSUER: Final = "https://id.example"
NOW: Final = time.time()
KEY: Final = private_key("ES256", "theirs")
OURS: Final = MemoryIdentity("ours")

# The worst that ops could configure: the paper trusts itself and its own audiences, and its keys, as another issuer's.
CARELESS: Final = {"audiences": ("paper", "forum", "edge"), "tiers": (TierRule("tier", "member", "member"),)}
TRUST: Final = Trust(
    issuers=(an_issuer(ISSUER, **CARELESS), an_issuer(PAPER, **CARELESS)),
    audiences=(Audience("forum"),),
)


def foreign_claims(**changes: Any) -> dict[str, Any]:
    lives = {"iat": int(NOW) - 1, "exp": int(NOW) + 299}
    return {"iss": ISSUER, "sub": "somebody", "aud": "paper", "tier": "member", **lives, **changes}


def foreign_token(header: dict[str, Any] | None = None, key: Any = KEY, **claims: Any) -> str:
    return token({"alg": "ES256", "typ": "at+jwt", "kid": "k", **(header or {})}, foreign_claims(**claims), key)


def an_identity() -> str:
    return OURS.sign(new_identity(TRUST, PAPER, "forum", "m-1", Tier.MEMBER, NOW, "j-1"))


def mailed() -> str:
    """A sign-in link's or an unsubscribing link's token, and a session's: 256 random bits."""
    return secrets.token_urlsafe(32)


TOKENS: Final = {
    "pass": PyJwtPasses(MemoryKeyring(RING)).mint(Tier.MEMBER, NOW, 300),
    "gift pass": PyJwtPasses(MemoryKeyring(RING)).mint(Tier.MEMBER, NOW, 3000, "night-ferry"),
    "another issuer's access token": foreign_token(),
    "another issuer's ID token": foreign_token({"typ": "JWT"}),
    "another issuer's token without a type": foreign_token({"typ": ABSENT}),
    "another issuer's logout token": foreign_token({"typ": "logout+jwt"}),
    "identity token": an_identity(),
    "session": mailed(),
    "sign-in link": mailed(),
    "sign-in link, as three parts": ".".join((mailed(), mailed(), mailed())),
    "code": "123456",
    "unsubscribing link": mailed(),
}


def pass_verifier(made: str) -> bool:
    return PyJwtPasses(MemoryKeyring(RING)).verify(made, NOW).state is PassState.VALID


def foreign_verifier(made: str) -> bool:
    ours = keys_document(OURS.keys())["keys"]
    sets = {ISSUER: key_set(jwk(KEY, "k"), *ours), PAPER: key_set(jwk(KEY, "k"), *ours)}
    try:
        PyJwtForeign(MemoryTrust(TRUST), MemoryIssuerKeys(sets)).verify(made, NOW)
    except Refusal:
        return False
    return True


def forum(made: str) -> bool:
    """A forum that does what our papers tell it: our keys, its name, our address, our type."""
    published = jwt.PyJWKSet.from_dict(keys_document(OURS.keys()))
    try:
        header = jwt.get_unverified_header(made)
        if header.get("typ") != identity.TYPE:
            return False
        # The tokens are as old as this module, and PyJWT looks at the clock. This is not about time.
        jwt.decode(made, published[header["kid"]], algorithms=["ES256"], audience="forum", issuer=PAPER, leeway=3_600)
    except (jwt.InvalidTokenError, KeyError):
        return False
    return True


ACCEPTORS: Final[dict[str, tuple[Callable[[str], bool], set[str]]]] = {
    "edge and origin": (pass_verifier, {"pass", "gift pass"}),
    "exchange": (foreign_verifier, {"another issuer's access token"}),
    "forum": (forum, {"identity token"}),
}


@pytest.mark.parametrize("acceptor", ACCEPTORS)
def test_only_its_own_tokens_open_a_door(acceptor: str) -> None:
    accepts, its_own = ACCEPTORS[acceptor]

    assert {name for name, made in TOKENS.items() if accepts(made)} == its_own


# The same, where whoever forges has the right key and every claim, and only the type is wrong.


@pytest.mark.parametrize("typ", [passes.TYPE, identity.TYPE, "JWT", "at+jwt", "session+jwt", "", None, ABSENT])
def test_the_type_alone_keeps_tokens_of_one_key_apart(typ: Any) -> None:
    by_ours = private_key("ES256", "ours")
    kid = OURS.keys()[0].kid
    claims = {"iss": PAPER, "aud": ["forum", "paper", "edge"]}

    assert foreign_verifier(foreign_token({"typ": typ, "kid": kid}, by_ours, **claims)) == (typ == "at+jwt")
    assert forum(foreign_token({"typ": typ, "kid": kid}, by_ours, **claims)) == (typ == identity.TYPE)
    assert not pass_verifier(foreign_token({"typ": typ, "kid": kid}, by_ours, **claims))


def test_a_key_of_one_sort_signs_nothing_of_another() -> None:
    claims = compact({"iss": PAPER, "aud": "edge", "tier": "member", "iat": int(NOW), "exp": int(NOW) + 300})
    for kid in ("k-now", "k-before", "k", OURS.keys()[0].kid):
        for alg in ("ES256", "HS256"):
            header = compact({"alg": alg, "typ": passes.TYPE, "kid": kid})
            for key in (KEY, private_key("ES256", "ours")):
                assert not pass_verifier(seal(b64(header), b64(claims), key))


def test_what_is_no_jwt_is_none_to_anybody() -> None:
    for made in (mailed() for _ in range(200)):
        assert not any(accepts(made) for accepts, _ in ACCEPTORS.values())

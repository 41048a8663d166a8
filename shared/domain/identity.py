"""What an identity token says, by which a forum or an app can trust our members: somebody is one, and at which tier.

A JSON Web Token as OpenID Connect has it (Core 1.0, section 2), short, and for one audience. Its `sub` is another for
each audience (section 8.1, pairwise), so that two of them cannot find out who is the same person.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from shared.domain.refusals import UnknownAudience
from shared.domain.tiers import Tier

if TYPE_CHECKING:
    from shared.domain.jwks import Jwk
    from shared.domain.trust import Trust

TYPE: Final = "identity+jwt"
ALGORITHM: Final = "ES256"
LIFETIME_SECONDS: Final = 300
KEYS_PATH: Final = "/.well-known/jwks.json"


class IdentityClaims(Struct, frozen=True):
    """The claims of an identity token, in the order in which they are signed. Times are whole seconds since 1970."""

    iss: str
    sub: str
    aud: str
    tier: str
    iat: int
    exp: int
    jti: str


def new_identity(
    trust: Trust, issuer: str, audience: str, member_id: str, tier: Tier, now: float, jti: str
) -> IdentityClaims:
    """Claims for that audience about a member, at `now`. `issuer` is the paper's address, `jti` chance.

    Raises UnknownAudience for one that is not configured.
    """
    if trust.audience(audience) is None:
        raise UnknownAudience("No forum or app of that name is known here: the paper's editors can add it.")
    issued = int(now)
    subject = pairwise_subject(member_id, audience)
    return IdentityClaims(issuer, subject, audience, tier.value, issued, issued + LIFETIME_SECONDS, jti)


def pairwise_subject(member_id: str, audience: str) -> str:
    """Who that member is to that audience: always the same, and to another audience somebody else.

    A member's id is random and is told to no audience, so it is the key here: no secret beside it has to be kept, and
    with the id all of somebody's subjects are gone.
    """
    digest = hmac.digest(member_id.encode(), b"identity subject\0" + audience.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def keys_document(keys: tuple[Jwk, ...]) -> dict[str, Any]:
    """What `KEYS_PATH` answers (RFC 7517, section 5)."""
    return {"keys": [{**key.public_members(), "use": "sig", "alg": ALGORITHM, "kid": key.kid} for key in keys]}


def openid_configuration(url: str) -> dict[str, Any]:
    """What `/.well-known/openid-configuration` answers for the paper at `url` (OpenID Connect Discovery, section 3).

    Tokens are asked for by the reader's own session, so there is no authorization endpoint to name, and no response
    type: only what verifies a token stands here.
    """
    return {
        "issuer": url,
        "jwks_uri": url + KEYS_PATH,
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "claims_supported": list(IdentityClaims.__struct_fields__),
    }

"""Identity tokens: by which a forum or an app can trust our members, and the keys by which it verifies them."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from functions.members.answers import Identity
from functions.members.route import Asked
from functions.members.signed_in import who_asks
from shared.domain.identity import LIFETIME_SECONDS, keys_document, new_identity, openid_configuration
from shared.domain.members import tier_of
from shared.domain.secrets import new_id
from shared.http import Answer
from shared.personal import body_of, told
from shared.personal.limits import HOUR, limit

TOKENS_AN_HOUR: Final = 120
# Somebody who verifies tokens may keep the keys for this long: a new key is published before anything is signed by it.
KEYS_SECONDS: Final = 3600


class IdentityBody(Struct, frozen=True, forbid_unknown_fields=True):
    audience: str


def token(asked: Asked) -> Answer:
    """`POST /api/members/identity`: a token for one audience. Raises UnknownAudience."""
    audience = body_of(asked.request, IdentityBody).audience
    doors, member = asked.doors, who_asks(asked).member
    limit(asked, "identity", member.id, TOKENS_AN_HOUR, HOUR)
    claims = new_identity(
        doors.trust.read(),
        asked.paper.url,
        audience,
        member.id,
        tier_of(member, asked.now),
        asked.now,
        new_id(doors.chance),
    )
    return told(200, Identity(doors.identity.sign(claims), LIFETIME_SECONDS))


def keys(asked: Asked) -> Answer:
    """`GET /.well-known/jwks.json`."""
    return _for_all(keys_document(asked.doors.identity.keys()))


def configuration(asked: Asked) -> Answer:
    """`GET /.well-known/openid-configuration`."""
    return _for_all(openid_configuration(asked.paper.url))


def _for_all(document: object) -> Answer:
    answer = told(200, document)
    answer.headers["cache-control"] = f"public, max-age={KEYS_SECONDS}"
    answer.headers["access-control-allow-origin"] = "*"  # public, and the same for everyone
    return answer

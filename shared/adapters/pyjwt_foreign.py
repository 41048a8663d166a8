"""Other issuers' tokens, by PyJWT: it compares signatures, everything else about them is asked here.

Left to itself it takes a missing `exp`, any `typ`, duplicate members and padded spellings, and chooses among several
algorithms by what the token says. Here the issuer's entry in the configuration says which algorithm it is.
"""

from __future__ import annotations

import re
from typing import Any, Final

from jwt.algorithms import Algorithm, ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.exceptions import PyJWTError

from shared.domain import foreign
from shared.domain.foreign import ForeignReader
from shared.domain.jwks import Jwk, strict_json, unpadded
from shared.domain.refusals import InvalidToken, UnknownIssuer
from shared.ports.persons import IssuerKeys, TrustStore

_ALGORITHMS: Final[dict[str, Algorithm]] = {
    "RS256": RSAAlgorithm(RSAAlgorithm.SHA256),
    "ES256": ECAlgorithm(ECAlgorithm.SHA256),
    "EdDSA": OKPAlgorithm(),
}
_token = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\Z")


class PyJwtForeign:
    """`shared.ports.persons.ForeignTokens` with PyJWT and the issuers' published keys."""

    def __init__(self, trust: TrustStore, keys: IssuerKeys) -> None:
        self._trust, self._keys = trust, keys

    def verify(self, token: str, now: float) -> ForeignReader:
        if len(token) > foreign.MAX_TOKEN_BYTES or (shape := _token.match(token)) is None:
            raise InvalidToken("That is not a token, or one of more than 4,096 characters.")
        header, claims = _json(shape[1]), _json(shape[2])
        signature = _bytes(shape[3])
        issuer = self._trust.read().issuer(foreign.unverified_issuer(claims))
        if issuer is None:
            raise UnknownIssuer("Tokens of this issuer are not exchanged here.")
        kid = foreign.check_header(header, issuer)
        key = self._keys.find(issuer, kid, now)
        signed = token.rpartition(".")[0].encode()
        if key is None or not _is_signed(signed, signature, key, issuer.algorithm):
            raise InvalidToken("The token's signature is not its issuer's.")
        return foreign.judge(claims, issuer, now)


def _is_signed(signed: bytes, signature: bytes, key: Jwk, algorithm: str) -> bool:
    chosen = _ALGORITHMS[algorithm]
    try:
        return chosen.verify(signed, chosen.from_jwk(key.public_members()), signature)
    except (PyJWTError, ValueError):  # numbers that are no point of the curve
        return False


def _bytes(segment: str) -> bytes:
    try:
        return unpadded(segment)
    except ValueError:
        raise InvalidToken("The token is not spelled as tokens are.") from None


def _json(segment: str) -> Any:
    try:
        return strict_json(_bytes(segment))
    except ValueError:
        raise InvalidToken("The token is not spelled as tokens are.") from None

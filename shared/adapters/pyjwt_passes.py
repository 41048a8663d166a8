"""Passes as signed tokens, by PyJWT: one algorithm, one spelling, and no claim that we did not write.

PyJWT alone is more tolerant than a paywall may be (a padded signature, duplicate members, any `typ`, odd numbers), and
its claims checks read a clock of their own. So it signs and compares signatures; what stands around that is ours.
"""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from typing import Any

import msgspec
from jwt import PyJWS
from jwt.algorithms import HMACAlgorithm

from shared.domain import passes
from shared.domain.decoding import UNREADABLE
from shared.domain.keyrings import Keyring, PassKey
from shared.domain.passes import Claims, PassState, Verdict
from shared.domain.refusals import UnusableKeyring
from shared.domain.tiers import Tier
from shared.ports.reading import Keyrings

REFRESH_SECONDS = 60  # How long a ring is trusted without looking again; an emergency rotation bites within this time.
RETRY_SECONDS = 10  # How often an unknown kid, or a store that fails, may make us look.
LAST_GOOD_SECONDS = 3600  # How long a ring serves on while the store cannot be read.

_ALGORITHM = "HS256"
_token = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]{43}\Z")
_claims = msgspec.json.Decoder(Claims)
_INVALID = Verdict(PassState.INVALID)


class PyJwtPasses:
    """`shared.ports.reading.Passes` with PyJWT. Keeps the ring it read, and looks again at bounded intervals."""

    def __init__(self, keyrings: Keyrings) -> None:
        self._keyrings = keyrings
        self._hmac = HMACAlgorithm(HMACAlgorithm.SHA256)
        self._ring: Keyring | None = None
        self._read_at = 0.0
        self._looked_at: float | None = None

    def mint(self, tier: Tier, now: float, lifetime: int, only: str | None = None) -> str:
        ring = self._keyrings.read()
        claims = passes.new_claims(ring.issuer, tier, now, lifetime, only)
        key = ring.current_key
        headers = {"alg": _ALGORITHM, "typ": passes.TYPE, "kid": key.kid}
        return PyJWS(algorithms=[_ALGORITHM]).encode(
            msgspec.json.encode(claims), key.secret, algorithm=_ALGORITHM, headers=headers
        )

    def verify(self, token: str, now: float) -> Verdict:
        if len(token) > passes.MAX_TOKEN_BYTES or (shape := _token.match(token)) is None:
            return _INVALID
        kid = _kid_of(shape[1])
        if kid is None:
            return _INVALID
        found = self._key(kid, now)
        if found is None:
            return Verdict(PassState.UNVERIFIABLE) if self._ring is None else _INVALID
        ring, key = found
        signed, _, signature = token.rpartition(".")
        # The header has been held to one algorithm above, so the algorithm is asked itself. Its answer is about bytes,
        # and a second spelling of the same bytes is not the same token.
        if not self._hmac.verify(signed.encode(), key.secret.encode(), _bytes(signature)) or _has_stray_bits(signature):
            return _INVALID
        try:
            payload = _bytes(shape[2])
            claims = _claims.decode(payload)
        except (ValueError, *UNREADABLE):
            return _INVALID
        if not _is_canonical(payload, shape[2]):
            return _INVALID
        return passes.judge(claims, ring.issuer, now)

    def _key(self, kid: str, now: float) -> tuple[Keyring, PassKey] | None:
        """The accepted key of that id, looking at the store where that is due."""
        since = None if self._looked_at is None else now - self._looked_at
        known = self._ring is not None and self._ring.key(kid) is not None
        due = REFRESH_SECONDS if known and now - self._read_at < REFRESH_SECONDS else RETRY_SECONDS
        if since is None or since < 0 or since >= due:
            self._looked_at = now
            try:
                self._ring = self._keyrings.read()
                self._read_at = now
            except UnusableKeyring:
                if now - self._read_at > LAST_GOOD_SECONDS:
                    self._ring = None
        if self._ring is None or (key := self._ring.key(kid)) is None:
            return None
        return self._ring, key


def _bytes(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


@lru_cache(maxsize=16)  # All passes of a key have one header.
def _kid_of(segment: str) -> str | None:
    """Which key the header names; None unless it is ours, said in the one way of saying it."""
    try:
        raw = _bytes(segment)
        header: Any = msgspec.json.decode(raw)
    except (ValueError, *UNREADABLE):
        return None
    return header["kid"] if passes.is_pass_header(header) and _is_canonical(raw, segment) else None


def _is_canonical(raw: bytes, segment: str) -> bool:
    """Whether `segment` is the base64url of what a plain serialiser makes of the value in `raw`."""
    again = msgspec.json.encode(msgspec.json.decode(raw))
    return base64.urlsafe_b64encode(again).rstrip(b"=") == segment.encode()


def _has_stray_bits(signature: str) -> bool:
    """Whether the last character (43 of them hold 258 bits for 256) has a bit that is not the signature's."""
    return signature[-1] not in "AEIMQUYcgkosw048"

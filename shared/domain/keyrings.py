"""The keys that passes are signed with: one is current, the others are still (or already) accepted."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from shared.domain.decoding import UNREADABLE
from shared.domain.passes import MAX_ONLY_LIFETIME_SECONDS
from shared.domain.refusals import UnusableKeyring

KEYRING_KEY = "keyring.json"
MAX_KEYS = 4  # The edge's store takes a kilobyte: the issuer, and 70 bytes a key.
SETTLING_SECONDS: Final = 3_600
"""How long after a key was made the one before it may still sign: a rotation waits for seconds, and may be cut off."""

Kid = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,32}\Z")]
# 256 bits as base64url. The text itself is the HMAC key: the edge's runtime and Python then need no common idea of
# decoding.
Secret = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}\Z")]


class PassKey(Struct, frozen=True, forbid_unknown_fields=True):
    """`made_at`: seconds since 1970."""

    kid: Kid
    secret: Secret
    made_at: int

    def __repr__(self) -> str:  # A secret has no business in a log line or a traceback.
        return f"PassKey({self.kid})"


class Keyring(Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of one stack. `issuer` names the stack: a pass of another one is not a pass here."""

    schema: Literal[1]
    issuer: Annotated[str, Meta(pattern=r"^[!-~]+\Z", max_length=200)]
    current: Kid
    keys: Annotated[tuple[PassKey, ...], Meta(min_length=1, max_length=MAX_KEYS)]

    def __post_init__(self) -> None:
        kids = [key.kid for key in self.keys]
        if len(set(kids)) != len(kids):
            raise ValueError("Two keys have the same kid")
        if self.current not in kids:
            raise ValueError("The current key is not among the keys")

    @property
    def current_key(self) -> PassKey:
        return next(key for key in self.keys if key.kid == self.current)

    def key(self, kid: str) -> PassKey | None:
        """The accepted key of that id."""
        return next((key for key in self.keys if key.kid == kid), None)


_decoder: msgspec.json.Decoder[Keyring] = msgspec.json.Decoder(Keyring)


def decode_keyring(raw: bytes) -> Keyring:
    """The ring in these bytes. Raises UnusableKeyring, whose words hold nothing of what was read."""
    try:
        return _decoder.decode(raw)
    except UNREADABLE:
        raise UnusableKeyring("What lies in the keyring's place is not a keyring.") from None


def begin(issuer: str, key: PassKey) -> Keyring:
    """A ring with its first key."""
    return Keyring(1, issuer, key.kid, (key,))


def accept(ring: Keyring, key: PassKey) -> Keyring:
    """The first step of a rotation: `key` is accepted everywhere before anything is signed with it.

    What was current before stays accepted for as long as a pass may live that it has signed: one for an article that
    was given away lives for weeks. Of more keys than there is room for the oldest is dropped.
    """
    return Keyring(
        1, ring.issuer, ring.current, (*still_good(ring, key.made_at)[2 - MAX_KEYS :], ring.current_key, key)
    )


def still_good(ring: Keyring, now: float) -> tuple[PassKey, ...]:
    """The keys from before the current one, oldest first, that may have signed what lives at `now` still."""
    return tuple(key for key, until in _before(ring) if now < until)


def drops_until(ring: Keyring, now: float) -> int | None:
    """Until when a rotation would drop a key that gifts may still need (seconds since 1970); None where it drops none
    at `now`."""
    needed = [until for _, until in _before(ring) if now < until]
    too_many = len(needed) - (MAX_KEYS - 2)
    return needed[too_many - 1] if too_many > 0 else None


def _before(ring: Keyring) -> tuple[tuple[PassKey, int], ...]:
    """The keys from before the current one, oldest first, and until when something may live that each has signed."""
    ordered = sorted(ring.keys, key=lambda one: one.made_at)
    ordered = ordered[: ordered.index(ring.current_key) + 1]
    return tuple((key, next.made_at + SETTLING_SECONDS + MAX_ONLY_LIFETIME_SECONDS) for key, next in pairwise(ordered))


def promote(ring: Keyring, kid: str) -> Keyring:
    """The second step: sign with `kid` from now on; what the key before it has signed stays good for as long as it
    lives."""
    return Keyring(1, ring.issuer, kid, ring.keys)

"""The keys that passes are signed with: one is current, the others are still (or already) accepted."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from shared.domain.decoding import UNREADABLE
from shared.domain.refusals import UnusableKeyring

KEYRING_KEY = "keyring.json"
MAX_KEYS = 2  # The current key and the one before it, or the one after it while a rotation is under way.

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
    """The first step of a rotation: `key` is accepted everywhere before anything is signed with it."""
    return Keyring(1, ring.issuer, ring.current, (ring.current_key, key))


def promote(ring: Keyring, kid: str) -> Keyring:
    """The second step: sign with `kid` from now on; what the key before it has signed stays good for as long as it
    lives."""
    return Keyring(1, ring.issuer, kid, ring.keys)

"""The keyring as the functions read it: one object in a bucket of its own, encrypted under its own KMS key."""

from __future__ import annotations

import msgspec

from shared.adapters.s3_objects import ObjectMissing, S3Objects, StoreUnavailable
from shared.domain.decoding import UNREADABLE
from shared.domain.keyrings import Keyring
from shared.domain.refusals import UnusableKeyring

KEYRING_KEY = "keyring.json"

_decoder: msgspec.json.Decoder[Keyring] = msgspec.json.Decoder(Keyring)


def decode_keyring(raw: bytes) -> Keyring:
    """The ring in these bytes. Raises UnusableKeyring, whose words hold nothing of what was read."""
    try:
        return _decoder.decode(raw)
    except UNREADABLE:
        raise UnusableKeyring("What lies in the keyring's place is not a keyring.") from None


class S3Keyrings:
    """`shared.ports.Keyrings` on S3."""

    def __init__(self, objects: S3Objects) -> None:
        self._objects = objects

    def read(self) -> Keyring:
        try:
            found = self._objects.get(KEYRING_KEY)
        except ObjectMissing:
            raise UnusableKeyring("There is no keyring yet: `frontline keys init` makes it.") from None
        except StoreUnavailable as error:
            raise UnusableKeyring("The keyring cannot be fetched right now.") from error
        return decode_keyring(found.body if found else b"")

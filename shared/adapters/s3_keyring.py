"""The keyring as the functions read it: one object in a bucket of its own, encrypted under its own KMS key."""

from __future__ import annotations

from shared.adapters.s3_objects import ObjectMissing, S3Objects, StoreUnavailable
from shared.domain.keyrings import KEYRING_KEY, Keyring, decode_keyring
from shared.domain.refusals import UnusableKeyring


class S3Keyrings:
    """`shared.ports.reading.Keyrings` on S3."""

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

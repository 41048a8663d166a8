"""Whose word counts, as a function reads it: one object beside the keyring."""

from __future__ import annotations

from shared.adapters.s3_objects import ObjectMissing, S3Objects, StoreUnavailable
from shared.domain.refusals import UnusableTrust
from shared.domain.trust import NOBODY, TRUST_KEY, Trust, decode_trust


class S3Trust:
    """`shared.ports.persons.TrustStore` on S3. Asks each time, and decodes what has changed."""

    def __init__(self, objects: S3Objects) -> None:
        self._objects = objects
        self._kept: tuple[str | None, Trust] | None = None

    def read(self) -> Trust:
        try:
            found = self._objects.get(TRUST_KEY, self._kept[0] if self._kept else None)
        except ObjectMissing:
            self._kept = None
            return NOBODY
        except StoreUnavailable as error:
            raise UnusableTrust("Whom to trust cannot be looked up right now. Try again in a minute.") from error
        if found is not None:
            self._kept = found.version, decode_trust(found.body)
        return self._kept[1] if self._kept else NOBODY

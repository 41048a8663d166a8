"""What campaigns have raised, as readers' functions need it: an object each in the content bucket, which payments
writes."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import msgspec

from shared.adapters.s3_objects import ObjectMissing, S3Objects, StoreUnavailable
from shared.domain.campaigns import Raised, campaign_key
from shared.domain.decoding import UNREADABLE
from shared.domain.refusals import ContentUnavailable

KEPT: Final = 64
_raised: Final[msgspec.json.Decoder[Raised]] = msgspec.json.Decoder(Raised)


class S3Campaigns:
    """`shared.ports.reading.Campaigns` on S3. Asks each time, and decodes what has changed."""

    def __init__(self, objects: S3Objects) -> None:
        self._objects = objects
        self._kept: OrderedDict[str, tuple[str | None, Raised]] = OrderedDict()

    def read(self, slug: str) -> Raised:
        kept = self._kept.pop(slug, None)
        try:
            found = self._objects.get(campaign_key(slug), kept[0] if kept else None)
        except ObjectMissing:
            return Raised()
        except StoreUnavailable as error:
            raise ContentUnavailable("This cannot be fetched right now. Try again in a few seconds.") from error
        if found is not None:
            try:
                kept = found.version, _raised.decode(found.body)
            except UNREADABLE as error:
                raise ContentUnavailable("This cannot be shown right now. We have been told.") from error
        if kept is None:  # S3 says that nothing has changed since a version that nobody has named
            return Raised()
        self._kept[slug] = kept
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return kept[1]

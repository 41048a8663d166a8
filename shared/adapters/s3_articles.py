"""Articles as the read functions need them: `articles/<slug>.json` in the content bucket."""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from shared.adapters.s3_objects import ObjectMissing, S3Objects, StoreUnavailable
from shared.domain.articles import Stored, article_key
from shared.domain.decoding import UNREADABLE
from shared.domain.refusals import ContentUnavailable, UnknownArticle

KEPT = 64  # documents; a large one decoded is some 100 KB

_decoder: msgspec.json.Decoder[Stored] = msgspec.json.Decoder(Stored)


class S3Articles:
    """`shared.ports.reading.Articles` on S3.

    A new article is asked for by every region and tier within minutes, often of the same process: so the last few are
    kept as they were decoded, and S3 is asked whether they are still it. It always is: a read sees the last write.
    """

    def __init__(self, objects: S3Objects) -> None:
        self._objects = objects
        self._kept: OrderedDict[str, tuple[str, Stored]] = OrderedDict()  # slug → version, document; newest use last

    def read(self, slug: str) -> Stored:
        key = article_key(slug)
        kept = self._kept.pop(slug, None)
        try:
            found = self._objects.get(key, unless=kept[0] if kept else None)
        except ObjectMissing:
            raise UnknownArticle from None
        except StoreUnavailable as error:
            raise ContentUnavailable("The article cannot be fetched right now. Try again in a few seconds.") from error
        if found is None and kept is not None:
            self._kept[slug] = kept
            return kept[1]
        document = _decoded(found.body if found else b"", slug)
        if found and found.version:
            self._kept[slug] = (found.version, document)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return document


def _decoded(raw: bytes, slug: str) -> Stored:
    """Raises ContentUnavailable for what is no article, or another's: our own fault, publishing lets none through."""
    try:
        document = _decoder.decode(raw)
    except UNREADABLE as error:
        raise ContentUnavailable("The article cannot be shown right now. We have been told.") from error
    if document.slug != slug:
        raise ContentUnavailable("The article cannot be shown right now. We have been told.")
    return document

"""Articles as the read functions need them: `articles/<slug>.json` in the content bucket."""

from __future__ import annotations

import msgspec

from shared.adapters.s3_objects import ObjectMissing, S3Objects, StoreUnavailable
from shared.domain.articles import Stored
from shared.domain.decoding import UNREADABLE
from shared.domain.refusals import ContentUnavailable, UnknownArticle
from shared.domain.text import is_slug

_decoder: msgspec.json.Decoder[Stored] = msgspec.json.Decoder(Stored)


def article_key(slug: str) -> str:
    """Where the article lives. The slug is checked here too: no text from a path becomes a key unexamined."""
    if not is_slug(slug):
        raise UnknownArticle("No article can have this name.")
    return f"articles/{slug}.json"


class S3Articles:
    """`shared.ports.Articles` on S3."""

    def __init__(self, objects: S3Objects) -> None:
        self._objects = objects

    def read(self, slug: str) -> Stored:
        key = article_key(slug)
        try:
            raw = self._objects.get(key)
        except ObjectMissing:
            raise UnknownArticle(
                "No article has this name. It may have been mistyped, or never have been here."
            ) from None
        except StoreUnavailable as error:
            raise ContentUnavailable("The article cannot be fetched right now. Try again in a few seconds.") from error
        try:
            document = _decoder.decode(raw)
        except UNREADABLE as error:  # Our own fault: publishing lets nothing through that does not decode.
            raise ContentUnavailable("The article cannot be shown right now. We have been told.") from error
        if document.slug != slug:
            raise ContentUnavailable("The article cannot be shown right now. We have been told.")
        return document

"""Lists and the paper's configuration as the read functions need them, from the content bucket.

A part never changes, so one that has been read is never asked for again; an index is asked for each time, and S3 says
whether it is still the one that is known here. In a warm process a page is one GET, in a cold one three.

Publishing writes the authors' directory behind every change of anything that is read here. So its version is the
edition: as long as S3 has that one, what was read since it was first seen is given again without asking.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from typing import Final, Generic, TypeVar

import msgspec

from shared.adapters.s3_objects import Found, ObjectMissing, S3Objects, StoreUnavailable
from shared.domain.decoding import UNREADABLE
from shared.domain.list_parts import (
    Index,
    Names,
    Part,
    Standing,
    directory_key,
    find_page,
    index_key,
    part_key,
    placement_key,
    whole_for,
)
from shared.domain.lists import LATEST, Directory
from shared.domain.paper import PAPER_KEY, Paper
from shared.domain.refusals import ContentUnavailable, UnknownList
from shared.domain.tiers import Tier
from shared.ports.reading import ListPage

KEPT: Final = 64  # indexes, and parts of some 100 KB each

_index: msgspec.json.Decoder[Index] = msgspec.json.Decoder(Index)
_part: msgspec.json.Decoder[Part] = msgspec.json.Decoder(Part)
_names: msgspec.json.Decoder[Names] = msgspec.json.Decoder(Names)
_standing: msgspec.json.Decoder[Standing] = msgspec.json.Decoder(Standing)
_paper: msgspec.json.Decoder[Paper] = msgspec.json.Decoder(Paper)
_Document = TypeVar("_Document")
_EDITION: Final = directory_key("authors")


class _Kept(Generic[_Document]):
    """A document as S3 had it, decoded when that is first wanted, and the edition it was read under."""

    def __init__(self, found: Found, decode: Callable[[bytes], _Document]) -> None:
        self._body, self._decode = found.body, decode
        self.version, self.written_at = found.version, found.written_at
        self.edition: str | None = None

    @cached_property
    def document(self) -> _Document:
        """Raises ContentUnavailable."""
        try:
            return _decoded(self._decode, self._body)
        except ContentUnavailable:
            self.edition = None  # whoever mends it by hand brings out no edition
            raise


class _Present(Generic[_Document]):
    """Documents that change, each decoded once. S3 is asked whether it has another, unless the edition says so."""

    def __init__(self, objects: S3Objects, decode: Callable[[bytes], _Document]) -> None:
        self._objects, self._decode = objects, decode
        self.kept: OrderedDict[str, _Kept[_Document]] = OrderedDict()  # by key, newest use last

    def find(self, key: str, edition: str | None = None) -> _Kept[_Document]:
        """Raises ObjectMissing, ContentUnavailable."""
        kept = self.kept.pop(key, None)
        if kept is None or not edition or kept.edition != edition:
            found = _got(self._objects, key, kept.version if kept else None)
            if kept is None or found is not None:
                kept = _Kept(found or Found(b"", None), self._decode)
            kept.edition = edition
        _keep(self.kept, key, kept)
        return kept


def _facts(body: bytes) -> tuple[bytes, ...]:
    return tuple(bytes(facts) for _, facts in _names.decode(body).entries)


class S3Lists:
    """`shared.ports.reading.Lists` on S3."""

    def __init__(self, objects: S3Objects) -> None:
        self._objects = objects
        self._indexes = _Present(objects, _index.decode)
        self._directories = _Present(objects, _facts)
        self._parts: OrderedDict[str, Part] = OrderedDict()

    def edition(self) -> str:
        try:
            kept = self._directories.find(_EDITION)
        except ObjectMissing:
            return ""
        kept.edition = kept.version or ""
        return kept.edition

    def page(self, name: str, after: str | None, limit: int, edition: str | None = None) -> ListPage:
        try:
            return self._page(name, after, limit, edition)
        except ObjectMissing:  # The list has been changed twice since its index was read: once more, from there.
            pass
        try:
            return self._page(name, after, limit, None)
        except ObjectMissing as error:
            raise ContentUnavailable("The list is being changed right now. Try again in a few seconds.") from error

    def directory(self, kind: Directory, edition: str | None = None) -> tuple[bytes, ...]:
        try:
            return self._directories.find(directory_key(kind), edition).document
        except ObjectMissing:
            return ()  # nothing has been published yet

    def whole_for(self, slug: str) -> Tier | None:
        try:
            found = _got(self._objects, placement_key(slug))
        except ObjectMissing:
            return None
        return whole_for(_decoded(_standing.decode, found.body if found else b""))

    def _page(self, name: str, after: str | None, limit: int, edition: str | None) -> ListPage:
        kept = self._index(name, edition)
        index = kept.document
        if not index.parts and name != LATEST:
            raise UnknownList
        rows, following = find_page(index, lambda part: self._part(name, part), after, limit)
        return ListPage(index, kept.written_at, rows, following)

    def _index(self, name: str, edition: str | None) -> _Kept[Index]:
        try:
            return self._indexes.find(index_key(name), edition)
        except ObjectMissing:
            if name == LATEST:
                return _Kept(Found(b"{}", None), _index.decode)
            raise UnknownList from None

    def _part(self, name: str, part: str) -> Part:
        key = part_key(name, part)
        kept = self._parts.pop(key, None)
        if kept is None:
            found = _got(self._objects, key)
            kept = _decoded(_part.decode, found.body if found else b"")
        _keep(self._parts, key, kept)
        return kept


class S3Papers:
    """`shared.ports.reading.Papers` on S3."""

    def __init__(self, objects: S3Objects) -> None:
        self._papers = _Present(objects, _paper.decode)

    def read(self, edition: str | None = None) -> Paper:
        try:
            return self._papers.find(PAPER_KEY, edition).document
        except ObjectMissing as error:
            raise ContentUnavailable("This paper has not been given its name yet. We have been told.") from error


def _got(objects: S3Objects, key: str, unless: str | None = None) -> Found | None:
    """Raises ObjectMissing, ContentUnavailable."""
    try:
        return objects.get(key, unless=unless)
    except StoreUnavailable as error:
        raise ContentUnavailable("This cannot be fetched right now. Try again in a few seconds.") from error


def _decoded(decode: Callable[[bytes], _Document], body: bytes) -> _Document:
    try:
        return decode(body)
    except UNREADABLE as error:
        raise ContentUnavailable("This cannot be shown right now. We have been told.") from error


def _keep(kept: OrderedDict[str, _Document], key: str, document: _Document) -> None:
    kept[key] = document
    if len(kept) > KEPT:
        kept.popitem(last=False)

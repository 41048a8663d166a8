"""Lists and the paper's configuration as the read functions need them, from the content bucket.

A part never changes, so one that has been read is never asked for again; an index is asked for each time, and S3 says
whether it is still the one that is known here. In a warm process a page is one GET, in a cold one three. Who needs
several lists asks for the edition first, and then for nothing that is known here under the same.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, TypeVar

import msgspec

from shared.adapters.s3_objects import Found, ObjectMissing, S3Objects, StoreUnavailable
from shared.domain.decoding import UNREADABLE
from shared.domain.list_parts import Index, Names, Part, directory_key, find_page, index_key, part_key
from shared.domain.lists import LATEST, Directory
from shared.domain.paper import PAPER_KEY, Paper
from shared.domain.refusals import ContentUnavailable, UnknownList
from shared.ports import ListPage

KEPT: Final = 64  # indexes, and parts of some 100 KB each

_index: msgspec.json.Decoder[Index] = msgspec.json.Decoder(Index)
_part: msgspec.json.Decoder[Part] = msgspec.json.Decoder(Part)
_names: msgspec.json.Decoder[Names] = msgspec.json.Decoder(Names)
_paper: msgspec.json.Decoder[Paper] = msgspec.json.Decoder(Paper)
_Document = TypeVar("_Document")


class S3Lists:
    """`shared.ports.Lists` on S3."""

    def __init__(self, objects: S3Objects) -> None:
        self._objects = objects
        # By key, newest use last; the last of each is the edition under which it was asked for.
        self._indexes: OrderedDict[str, tuple[Found, Index, str]] = OrderedDict()
        self._parts: OrderedDict[str, Part] = OrderedDict()
        self._directories: dict[Directory, tuple[Names, str]] = {}

    def edition(self) -> str:
        names, known = self._directories.get("authors", (None, ""))
        try:
            found = _got(self._objects, directory_key("authors"), known or None)
        except ObjectMissing:
            return ""  # nothing has been published yet
        if names is None or found is not None:
            names, known = _decoded(_names, found), (found.version if found else None) or ""
            self._directories["authors"] = (names, known)
        return known

    def page(self, name: str, after: str | None, limit: int, edition: str = "") -> ListPage:
        try:
            return self._page(name, after, limit, edition)
        except ObjectMissing:  # The list has been changed twice since its index was read: once more, from there.
            pass
        try:
            return self._page(name, after, limit, "")
        except ObjectMissing as error:
            raise ContentUnavailable("The list is being changed right now. Try again in a few seconds.") from error

    def directory(self, kind: Directory, edition: str = "") -> tuple[bytes, ...]:
        names, kept_under = self._directories.get(kind, (Names(), ""))
        if not edition or edition != kept_under:
            try:
                names = _decoded(_names, _got(self._objects, directory_key(kind)))
            except ObjectMissing:
                return ()  # nothing has been published yet
            if kind != "authors":  # whose kept version is the edition itself
                self._directories[kind] = (names, edition)
        return tuple(bytes(facts) for _, facts in names.entries)

    def _page(self, name: str, after: str | None, limit: int, edition: str) -> ListPage:
        found, index = self._index(name, edition)
        if not index.parts and name != LATEST:
            raise UnknownList
        rows, following = find_page(index, lambda part: self._part(name, part), after, limit)
        return ListPage(index, found.written_at, rows, following)

    def _index(self, name: str, edition: str) -> tuple[Found, Index]:
        key = index_key(name)
        kept = self._indexes.pop(key, None)
        if kept is not None and edition and kept[2] == edition:
            self._indexes[key] = kept
            return kept[:2]
        try:
            found = _got(self._objects, key, kept[0].version if kept else None)
        except ObjectMissing:
            if name == LATEST:
                return Found(b"", None), Index()
            raise UnknownList from None
        if kept is None or found is not None:
            kept = (found or Found(b"", None), _decoded(_index, found), edition)
        _keep(self._indexes, key, (kept[0], kept[1], edition))
        return kept[:2]

    def _part(self, name: str, part: str) -> Part:
        key = part_key(name, part)
        kept = self._parts.pop(key, None) or _decoded(_part, _got(self._objects, key))
        _keep(self._parts, key, kept)
        return kept


class S3Papers:
    """`shared.ports.Papers` on S3."""

    def __init__(self, objects: S3Objects) -> None:
        self._objects = objects
        self._kept: tuple[str, Paper] | None = None

    def read(self, edition: str = "") -> Paper:
        if self._kept is not None and edition and self._kept[0] == edition:
            return self._kept[1]
        try:
            paper = _decoded(_paper, _got(self._objects, PAPER_KEY))
        except ObjectMissing as error:
            raise ContentUnavailable("This paper has not been given its name yet. We have been told.") from error
        self._kept = (edition, paper)
        return paper


def _got(objects: S3Objects, key: str, unless: str | None = None) -> Found | None:
    """Raises ObjectMissing, ContentUnavailable."""
    try:
        return objects.get(key, unless=unless)
    except StoreUnavailable as error:
        raise ContentUnavailable("This cannot be fetched right now. Try again in a few seconds.") from error


def _decoded(decoder: msgspec.json.Decoder[_Document], found: Found | None) -> _Document:
    try:
        return decoder.decode(found.body if found else b"")
    except UNREADABLE as error:
        raise ContentUnavailable("This cannot be shown right now. We have been told.") from error


def _keep(kept: OrderedDict[str, _Document], key: str, document: _Document) -> None:
    kept[key] = document
    if len(kept) > KEPT:
        kept.popitem(last=False)

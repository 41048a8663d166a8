"""How a list is kept: an index, and parts that never change once they are written.

A list is changed by writing new parts beside the old ones and then its index, in one conditional write: a reader sees
the list before or after, never between. No part but the only one is smaller than the largest page, so that a page
costs the index and two parts at most, however long the list is.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec
from msgspec import Raw, Struct

from shared.domain.articles import Author
from shared.domain.lists import LATEST, MAX_PAGE, Directory
from shared.domain.refusals import UnknownList
from shared.domain.text import is_slug
from shared.domain.tiers import Tier

SMALLEST: Final = MAX_PAGE  # entries in a part, where there is more than one
LARGEST: Final = 2 * SMALLEST


class Row(Struct, frozen=True, array_like=True):
    """An entry and its place. It stays the JSON that it is stored as: answers are made of the very same bytes."""

    place: str
    entry: Raw


class Standing(Struct, frozen=True):
    """Of an article's placement: in which lists it stands, and where; and the lowest tier to which all of it is open.
    Where that has not been noted yet, members it is."""

    entered: tuple[tuple[str, str], ...] = ()
    whole_for: Tier = Tier.MEMBER


def whole_for(standing: Standing) -> Tier | None:
    """The lowest tier to which all of an article is open, which so stands in lists; None where it stands in none."""
    return standing.whole_for if standing.entered else None


class Part(Struct, frozen=True):
    """A stretch of a list, newest first."""

    schema: Literal[1]
    rows: tuple[Row, ...]


class PartOf(Struct, frozen=True, array_like=True):
    """What the index knows of a part: its name, its newest place, and how many entries it has."""

    name: str
    newest: str
    count: int


class Index(Struct, frozen=True):
    """`months`: how many entries each month has, newest first. `replaced`: parts of the list as it was before, kept
    until the next change for those who are still reading it. `author`: in an author's list, whose it is, by the
    newest article. `revision` makes every write another document, so that a writer who has read an older one always
    loses."""

    schema: Literal[1] = 1
    revision: int = 0
    parts: tuple[PartOf, ...] = ()
    months: tuple[tuple[str, int], ...] = ()
    replaced: tuple[str, ...] = ()
    author: Author | None = None

    @property
    def total(self) -> int:
        return sum(part.count for part in self.parts)

    @property
    def newest(self) -> str | None:
        """The place of the newest entry."""
        return self.parts[0].newest if self.parts else None


class Revision(Struct, frozen=True):
    """A list as it is to be: its index, and the parts that have to be written before it, by name."""

    index: Index
    parts: dict[str, bytes]


class Names(Struct, frozen=True):
    """The directory of sections or authors: each slug with its facts as JSON, in the order of the slugs. `revision` as
    an index has it."""

    schema: Literal[1] = 1
    revision: int = 0
    entries: tuple[tuple[str, Raw], ...] = ()

    def having(self, facts: Mapping[str, Raw | None]) -> "Names":
        """The same with these facts; None takes a name out."""
        entries = {**dict(self.entries), **facts}
        kept = sorted((slug, raw) for slug, raw in entries.items() if raw is not None)
        return Names(1, self.revision + 1, tuple(kept))


Read = Callable[[str], Part]


# Where they lie -----------------------------------------------------------------------------------------------------


def index_key(name: str) -> str:
    """Where a list's index lies. Raises UnknownList: no text from an address becomes a key unexamined."""
    kind, _, slug = name.partition("/")
    if name != LATEST and not (kind in ("section", "author", "tag") and is_slug(slug)):
        raise UnknownList
    return f"lists/{name}/index.json"


def part_key(name: str, part: str) -> str:
    return f"lists/{name}/{part}.json"


def placement_key(slug: str) -> str:
    """Where publishing has noted in which lists an article stands (`entered`)."""
    return f"placements/{slug}.json"


def directory_key(kind: Directory) -> str:
    return f"lists/{kind}.json"


# What is read and written -------------------------------------------------------------------------------------------

_encode = msgspec.json.Encoder().encode


def find_page(index: Index, read: Read, after: str | None, limit: int) -> tuple[tuple[Row, ...], str | None]:
    """The `limit` entries behind the place `after` (from the newest on, if None), and the place to go on behind.

    `read` is asked for at most two parts while `limit` is within MAX_PAGE.
    """
    rows: list[Row] = []
    at = 0 if after is None else _position(index.parts, after)
    while len(rows) < limit and at < len(index.parts):
        part = read(index.parts[at].name).rows
        rows += part if after is None else [row for row in part if row.place < after]
        at += 1
    there_is_more = len(rows) > limit or (at < len(index.parts) and limit > 0)
    shown = tuple(rows[:limit])
    return shown, shown[-1].place if shown and there_is_more else None


def revise(
    index: Index, version: str, read: Read, puts: Mapping[str, Raw], removes: Collection[str]
) -> Revision | None:
    """The list with entries put at their places and others taken out; None where that changes nothing.

    `version` is the present index's: a part is named by it and by what it holds, so that a name is never used for
    something else later, and a write that is tried again after a crash makes the same names.
    """
    stretches = _changed(index, read, puts, removes)
    if stretches is None:
        return None
    merged = _without_small_ones(stretches, read)
    rows = [stretch if isinstance(stretch, PartOf) else _cut(stretch) for stretch in merged]
    kept: list[PartOf] = []
    written: dict[str, bytes] = {}
    for one in rows:
        if isinstance(one, PartOf):
            kept.append(one)
            continue
        for piece in one:
            made, body = _part(piece, version)
            kept.append(made)
            written[made.name] = body
    names = {part.name for part in kept}
    return Revision(
        Index(
            parts=tuple(kept),
            months=_months(index, stretches, read),
            replaced=tuple(part.name for part in index.parts if part.name not in names),
            author=index.author,
        ),
        written,
    )


def build(rows: Iterable[Row], version: str) -> Revision:
    """A whole list anew."""
    ordered = sorted(rows, key=_by_place, reverse=True)
    written = [_part(piece, version) for piece in _cut(ordered)]
    months = Counter(row.place[:7] for row in ordered)
    return Revision(
        Index(parts=tuple(part for part, _ in written), months=tuple(sorted(months.items(), reverse=True))),
        {part.name: body for part, body in written},
    )


# The steps of a revision --------------------------------------------------------------------------------------------

_Stretch = PartOf | list[Row]  # a part that stays, or rows that are to be written


def _by_place(row: Row) -> str:
    return row.place


def _position(parts: Sequence[PartOf], place: str) -> int:
    """The part in which that place lies, or would."""
    newest = [part.newest for part in reversed(parts)]
    return max(len(newest) - bisect_left(newest, place) - 1, 0)


def _changed(index: Index, read: Read, puts: Mapping[str, Raw], removes: Collection[str]) -> list[_Stretch] | None:
    """The list in stretches, those with changes read and changed; None where no change changes anything."""
    stretches: list[_Stretch] = list(index.parts) or [[]]
    touched = {_position(index.parts, place) for place in {*puts, *removes}}
    is_changed = False
    for at in touched:
        before = {row.place: row for row in _rows(stretches[at], read)}
        after = {place: row for place, row in before.items() if place not in removes}
        after |= {place: Row(place, entry) for place, entry in puts.items() if _position(index.parts, place) == at}
        if after != before:
            stretches[at] = sorted(after.values(), key=_by_place, reverse=True)
            is_changed = True
    return stretches if is_changed else None


def _without_small_ones(stretches: Sequence[_Stretch], read: Read) -> list[_Stretch]:
    """Stretches that have become too small join the next older one (the last one the one before)."""
    merged: list[_Stretch] = []
    for stretch in stretches:
        if merged and isinstance(merged[-1], list) and len(merged[-1]) < SMALLEST:
            merged[-1] = [*merged[-1], *_rows(stretch, read)]
        else:
            merged.append(stretch)
    if len(merged) > 1 and isinstance(merged[-1], list) and len(merged[-1]) < SMALLEST:
        last = merged.pop()
        merged[-1] = [*_rows(merged[-1], read), *_rows(last, read)]
    return merged


def _rows(stretch: _Stretch, read: Read) -> Sequence[Row]:
    return read(stretch.name).rows if isinstance(stretch, PartOf) else stretch


def _cut(rows: Sequence[Row]) -> list[Sequence[Row]]:
    """The rows in pieces of one size, as far from SMALLEST as from LARGEST where that can be: room for what comes and
    goes."""
    count = len(rows)
    pieces = max(-(-count // LARGEST), min(count // SMALLEST, round(2 * count / (SMALLEST + LARGEST))))
    return [rows[count * i // pieces : count * (i + 1) // pieces] for i in range(pieces)]


def _part(rows: Sequence[Row], version: str) -> tuple[PartOf, bytes]:
    import hashlib  # It loads OpenSSL, 3 ms of a start, and who reads lists names no parts.

    body = _encode(Part(1, tuple(rows)))
    name = hashlib.sha256(version.encode() + b"\n" + body).hexdigest()[:20]
    return PartOf(name, rows[0].place, len(rows)), body


def _months(index: Index, stretches: Sequence[_Stretch], read: Read) -> tuple[tuple[str, int], ...]:
    months = Counter(dict(index.months))
    for part, stretch in zip(index.parts or (None,), stretches, strict=True):
        if not isinstance(stretch, PartOf):
            months.subtract(row.place[:7] for row in (read(part.name).rows if part else ()))
            months.update(row.place[:7] for row in stretch)
    return tuple(sorted(((month, count) for month, count in months.items() if count), reverse=True))

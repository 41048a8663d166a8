"""Lists, directories and placements made anew from the articles, while readers read and others publish.

A list is written only if its index is still the one from before the articles were read. So no publication is ever
overwritten by what was known before it, and this may end anywhere: each list is the old one or the new one.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from typing import Final

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from functions.publishing.catch_up import NEWS_FOR, ROUNDS, Done, Doors, catch_up
from functions.publishing.lists import Held, delete_replaced, read_directory, update_directory, write_list
from functions.publishing.placements import Entered, Placement, announced_key, placement_key, read_placement
from infra.ops.survey import TRIES, Progress, Standing, changed_since, each, list_files, read_articles
from shared.domain.articles import Author
from shared.domain.decoding import UNREADABLE
from shared.domain.list_parts import Index, PartOf, Revision, Row, build, directory_key, index_key, part_key
from shared.domain.lists import Directory, directory_of, list_tag
from shared.domain.refusals import ContentUnavailable, DocumentChanged
from shared.ports.publishing import Documents, Purge

TAGS_AT_ONCE: Final = 1_000  # CloudFront takes some thousands in a request
SLUGS_AT_ONCE: Final = 25

Clock = Callable[[], dt.datetime]


class Rebuilt(Struct, frozen=True):
    """How many articles and lists there are, the lists that are gone, the articles that others changed meanwhile, and
    those that are out and were never announced."""

    articles: int
    lists: int
    gone: tuple[str, ...]
    followed: tuple[str, ...]
    unannounced: tuple[str, ...]


def rebuild(doors: Doors, clock: Clock, progress: Progress) -> Rebuilt:
    """Make everything that is made of articles anew. It announces nothing that its own event would not.

    Ended anywhere, it is completed by doing it again. Raises ContentUnavailable.
    """
    written: set[str] = set()
    try:
        standings = remake_lists(doors, None, clock, progress, written)
        for kind in ("sections", "authors"):
            remake_directory(doors.documents, kind, written)
        now = clock()
        step = progress("writing placements", len(standings))
        placed = tuple(each(lambda one: _place(doors, one, now), standings.values(), step))
        left = [one.slug for one, is_placed in zip(standings.values(), placed, strict=True) if is_placed is None]
        gone = _forget(
            doors.documents, written - {name for one in standings.values() for name, _ in one.wanted.entered}
        )
        followed = _follow(doors, standings, left, clock, progress)
    finally:  # also when it is ended early: what has been written is what readers are to see
        if written:
            purge_lists(doors.documents, doors.purge, written, clock())
    unannounced = [
        one.slug for one, placement in zip(standings.values(), placed, strict=True) if _is_unannounced(placement)
    ]
    return Rebuilt(
        sum(one.entry is not None for one in standings.values()),
        len(written) - len(gone),
        gone,
        followed,
        tuple(slug for slug in unannounced if slug not in followed),
    )


def remake_lists(
    doors: Doors, only: Collection[str] | None, clock: Clock, progress: Progress, written: set[str]
) -> dict[str, Standing]:
    """Write these lists anew (None: all there are or have to be); returns the articles they were made of.

    The names of those that are written are put into `written` as it goes. A list that no article is in becomes empty.
    """
    standings: dict[str, Standing] = {}
    waiting = only
    for _ in range(ROUNDS):
        files = list_files(doors.documents)
        names = tuple(files if waiting is None else waiting)
        present = dict(each(_reading(doors.documents, files), names, _no_step))
        standings = read_articles(doors, clock(), standings, progress)
        wanted = _wanted(standings)
        lists = tuple(dict.fromkeys((*wanted, *names)) if waiting is None else names)

        def write(
            name: str,
            wanted: Mapping[str, _Wanted] = wanted,
            present: Mapping[str, Held] = present,
        ) -> str | None:
            """The name, if it was lost to somebody else."""
            try:
                _write(doors.documents, name, wanted.get(name, _Wanted([])), present.get(name, (Index(), None)))
            except DocumentChanged:
                return name
            written.add(name)
            return None

        lost = [name for name in each(write, lists, progress("writing lists", len(lists))) if name is not None]
        if not lost:
            return standings
        waiting = lost
    raise ContentUnavailable(f"Others change {', '.join(lost)} faster than it can be written: try again.")


def remake_directory(documents: Documents, kind: Directory, names: Iterable[str]) -> None:
    """Have a directory say what the indexes of these lists, and of all those that it tells of, say now."""
    for _ in range(TRIES):
        try:
            told = [f"{kind.removesuffix('s')}/{slug}" for slug, _ in read_directory(documents, kind)[0].entries]
        except UNREADABLE:
            documents.delete((directory_key(kind),))
            told = []
        with suppress(DocumentChanged):
            wanted = (name for name in names if directory_of(name) == kind)
            return update_directory(documents, kind, dict.fromkeys([*told, *wanted]))
    raise ContentUnavailable(f"The list of {kind} is being changed faster than it can be written: try again.")


def purge_lists(documents: Documents, purge: Purge, names: Iterable[str], now: dt.datetime) -> None:
    """Have everybody forget what is made of these lists, of the directories and of the paper: first the processes that
    keep it while the edition is the same, then the CDN, which asks them.

    What these are to read instead has been written. Raises ContentUnavailable.
    """
    try:
        with suppress(DocumentChanged):  # then somebody else has brought out an edition since
            update_directory(documents, "authors", ())
    except UNREADABLE as error:
        raise ContentUnavailable(
            "The list of authors cannot be read: let `frontline doctor --repair` mend it, and try again."
        ) from error
    tags = sorted({list_tag(name) for name in (*names, "sections", "authors")})
    for start in range(0, len(tags), TAGS_AT_ONCE):
        purge.tags(tuple(tags[start : start + TAGS_AT_ONCE]), f"lists {now.isoformat()} {start}")


def look_again(doors: Doors, places: Mapping[str, Entered], now: dt.datetime, progress: Progress) -> Done:
    """Catch up with these articles from the ground: each may stand at any of its places, and in none."""
    done = Done()
    slugs = tuple(places)
    step = progress("catching up", len(slugs))
    for start in range(0, len(slugs), SLUGS_AT_ONCE):
        some = slugs[start : start + SLUGS_AT_ONCE]
        for slug in some:
            _unsettle(doors.documents, slug, places[slug])
        did = catch_up(some, doors, now.timestamp())
        done = Done(*(getattr(done, field) + getattr(did, field) for field in Done.__struct_fields__))
        for _ in some:
            step()
    return done


# The steps ----------------------------------------------------------------------------------------------------------


class _Wanted(Struct):
    """What a list is to hold; `author` by the newest of it."""

    rows: list[Row]
    newest: str = ""
    author: Author | None = None


def _no_step() -> None:
    """Nothing to be shown."""


def _reading(documents: Documents, files: Mapping[str, Collection[str]]) -> Callable[[str], tuple[str, Held]]:
    """Reads a list's index, with its name and version. One that cannot be read may name all parts that there are."""

    def read(name: str) -> tuple[str, Held]:
        found = documents.read(index_key(name))
        if found is None:
            return name, (Index(), None)
        try:
            return name, (msgspec.json.decode(found[0], type=Index), found[1])
        except UNREADABLE:
            parts = tuple(PartOf(file, "", 0) for file in files.get(name, ()) if file != "index")
            return name, (Index(parts=parts), found[1])

    return read


def _wanted(standings: Mapping[str, Standing]) -> dict[str, _Wanted]:
    wanted: defaultdict[str, _Wanted] = defaultdict(lambda: _Wanted([]))
    for one in standings.values():
        for name, place in one.wanted.entered:
            wanted[name].rows.append(Row(place, Raw(one.entry or b"")))
            if place > wanted[name].newest and directory_of(name) == "authors":
                wanted[name].newest, wanted[name].author = place, one.author
    return dict(wanted)


def _write(documents: Documents, name: str, wanted: _Wanted, held: Held) -> None:
    before, version = held
    revision = build(wanted.rows, version or "")
    replaced = tuple(part.name for part in before.parts if part.name not in revision.parts)
    index = replace(revision.index, replaced=replaced, author=wanted.author)
    delete_replaced(documents, {name: held})
    write_list(documents, name, Revision(index, revision.parts), held)


def _place(doors: Doors, one: Standing, now: dt.datetime) -> Placement | None:
    """Write down where an article stands; None where that is left to be caught up with.

    That is: somebody else is at it, its schedule has still to be set, or it was scheduled and its time has come.
    """
    if one.wanted.due != one.before.due:
        return None
    placement = one.wanted
    if one.at is not None and one.entry is not None and not placement.is_announced:
        is_old = one.at <= now - NEWS_FOR
        is_known = is_old or doors.documents.read(announced_key(placement.article)) is not None
        placement = replace(placement, is_announced=is_known)
    if placement == one.before:
        return placement
    try:
        doors.documents.write(placement_key(one.slug), msgspec.json.encode(placement), one.before_version)
    except DocumentChanged:
        return None
    return placement


def _is_unannounced(placement: Placement | None) -> bool:
    return placement is not None and bool(placement.entered) and not placement.is_announced


def _forget(documents: Documents, names: Collection[str]) -> tuple[str, ...]:
    """Take away the lists that no article is in."""
    files = list_files(documents)
    for name in names:
        documents.delete((index_key(name), *(part_key(name, file) for file in files.get(name, ()) if file != "index")))
    return tuple(sorted(names))


def _follow(
    doors: Doors, standings: Mapping[str, Standing], left: Iterable[str], clock: Clock, progress: Progress
) -> tuple[str, ...]:
    """Catch up with the articles that are not as they were read any more, until there is none, and with those left.

    Their own events do the same; but a list may have gone while one of them entered it.
    """
    versions = {slug: one.version for slug, one in standings.items()}
    followed: dict[str, None] = {}
    changed = changed_since(doors.articles, versions) | {slug: versions[slug] for slug in left}
    while changed:
        places = {slug: standings[slug].wanted.entered if slug in standings else () for slug in changed}
        look_again(doors, places, clock(), progress)
        versions |= changed
        followed |= dict.fromkeys(changed)
        changed = changed_since(doors.articles, versions)
    return tuple(followed)


def _unsettle(documents: Documents, slug: str, places: Entered) -> None:
    """Note that an article may stand at these places too, so that catching up looks at all of them."""
    for _ in range(TRIES):
        try:
            before, version = read_placement(slug, documents)
        except UNREADABLE:
            documents.delete((placement_key(slug),))
            continue
        entered = tuple(dict.fromkeys((*before.entered, *places)))
        placement = replace(before, version=None, entered=entered, due=None)
        if placement == before:
            return
        try:
            documents.write(placement_key(slug), msgspec.json.encode(placement), version)
        except DocumentChanged:
            continue
        return
    raise ContentUnavailable(f"“{slug}” is being changed faster than it can be followed.")

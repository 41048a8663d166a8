"""What there is of articles, placements and lists: through many reads at once, and without any article's body."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Final, TypeVar

import msgspec
from msgspec import Raw, Struct

from functions.publishing.catch_up import Doors
from functions.publishing.lists import facts_of, read_directory
from functions.publishing.placements import Placement, read_placement, weigh
from infra.ops.stack import AT_ONCE
from shared.domain.articles import Author
from shared.domain.decoding import UNREADABLE
from shared.domain.list_parts import LARGEST, SMALLEST, Index, Part, Row, index_key, part_key
from shared.domain.lists import Directory, directory_of, entry_of
from shared.domain.refusals import ContentUnavailable, DocumentChanged, UnknownList
from shared.domain.text import is_slug
from shared.ports.publishing import ArticleShelf, Documents

Progress = Callable[[str, int | None], Callable[[], None]]
"""Hears what is being done and how many times (None: nobody knows); what it returns is called after each."""
TRIES: Final = 10  # of what others may change meanwhile
_PLACEMENTS: Final = "placements/"
_LISTS: Final = "lists/"
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def silently(_what: str, _total: int | None) -> Callable[[], None]:
    """A `Progress` that shows nothing."""
    return lambda: None


def each(work: Callable[[_Item], _Result], items: Iterable[_Item], step: Callable[[], None]) -> Iterator[_Result]:
    """The results in the order of the items, many at once. When it ends early, what has not begun does not begin."""
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        for result in pool.map(work, items):
            step()
            yield result
    finally:
        pool.shutdown(cancel_futures=True)


# Articles -----------------------------------------------------------------------------------------------------------


class Standing(Struct, frozen=True):
    """An article as it is placed and as it is to be. `entry`: what lists show of it, None while readers see none of it;
    `at`: its publication, also one to come. `fault`: why what lies there is no article."""

    slug: str
    version: str
    before: Placement
    before_version: str | None
    wanted: Placement
    entry: bytes | None = None
    author: Author | None = None
    at: dt.datetime | None = None
    fault: str | None = None
    is_placement_unreadable: bool = False

    @property
    def state(self) -> tuple[str, str | None]:
        """What changes whenever somebody does something about this article."""
        return self.version, self.before_version


def read_articles(
    doors: Doors, now: dt.datetime, known: Mapping[str, Standing], progress: Progress
) -> dict[str, Standing]:
    """Every article and every placement. What is known already, and has not changed, is not read again."""
    versions = dict(doors.articles.slugs())
    slugs = dict.fromkeys((*versions, *_placed(doors.documents)))

    def is_known(slug: str) -> bool:
        standing = known.get(slug)
        due = None if standing is None else standing.wanted.due
        return standing is not None and standing.version == versions.get(slug, "") and (due is None or due > now)

    fresh = [slug for slug in slugs if not is_known(slug)]
    return {slug: known[slug] for slug in slugs if slug in known} | read_standings(doors, fresh, now, progress)


def read_standings(doors: Doors, slugs: Iterable[str], now: dt.datetime, progress: Progress) -> dict[str, Standing]:
    wanted = tuple(slugs)
    step = progress("reading articles", len(wanted))
    return {one.slug: one for one in each(lambda slug: _read_standing(doors, slug, now), wanted, step)}


def _read_standing(doors: Doors, slug: str, now: dt.datetime) -> Standing:
    is_placement_unreadable = False
    before, before_version = Placement(), None
    try:
        before, before_version = read_placement(slug, doors.documents)
    except UNREADABLE:
        is_placement_unreadable = True
    found = doors.articles.read_version(slug)
    work = weigh(slug, found, before, before_version, now)
    article, fault = work.article, None
    if work.is_unreadable and found is not None:
        fault = "is not an article" if found[0] is None else f"calls itself “{found[0].slug}”"
    return Standing(
        slug,
        work.version,
        before,
        before_version,
        work.wanted,
        entry=None if article is None else msgspec.json.encode(entry_of(article)),
        author=None if article is None else article.author,
        at=work.wanted.due if article is None else article.published_at,
        fault=fault,
        is_placement_unreadable=is_placement_unreadable,
    )


def changed_since(articles: ArticleShelf, versions: Mapping[str, str]) -> dict[str, str]:
    """The articles that are not in these versions any more, each with its present one ("": it is gone)."""
    present = dict(articles.slugs())
    slugs = dict.fromkeys((*present, *versions))
    return {slug: present.get(slug, "") for slug in slugs if present.get(slug, "") != versions.get(slug, "")}


def _placed(documents: Documents) -> Iterator[str]:
    for key, _ in documents.keys(_PLACEMENTS):
        slug = key.removeprefix(_PLACEMENTS).removesuffix(".json")
        if is_slug(slug):
            yield slug


# Lists --------------------------------------------------------------------------------------------------------------


class Listed(Struct, frozen=True):
    """A list as it is: `rows` are its places with a digest of what stands there, `facts` what its directory has to say
    of it. `faults`: what is wrong with it in itself, whatever the articles are; its index is None where that cannot be
    read."""

    version: str | None = None
    index: Index | None = Index()
    rows: dict[str, str] = {}
    faults: tuple[str, ...] = ()
    facts: bytes | None = None


def list_files(documents: Documents) -> dict[str, dict[str, dt.datetime]]:
    """What there is of each list: `index` and its parts, each with the time it was written."""
    found: defaultdict[str, dict[str, dt.datetime]] = defaultdict(dict)
    for key, at in documents.keys(_LISTS):
        name, _, file = key.removeprefix(_LISTS).removesuffix(".json").rpartition("/")
        if _is_list(name):
            found[name][file] = at
    return dict(found)


def read_lists(documents: Documents, names: Iterable[str], progress: Progress) -> dict[str, Listed]:
    wanted = tuple(names)
    step = progress("reading lists", len(wanted))
    return dict(zip(wanted, each(lambda name: read_list(documents, name), wanted, step), strict=True))


def read_list(documents: Documents, name: str) -> Listed:
    """A list as it was at one moment. Raises ContentUnavailable where it changes faster than it can be read."""
    for _ in range(TRIES):
        listed = _read_once(documents, name)
        if listed is not None:
            return listed
    raise ContentUnavailable(f"The list {name} is being changed faster than it can be read: try again.")


def digest(entry: bytes | Raw) -> str:
    return hashlib.sha256(entry).hexdigest()[:20]


def read_facts(documents: Documents, kind: Directory) -> dict[str, bytes] | None:
    """What a directory says, by slug; None when it cannot be read."""
    try:
        return {slug: bytes(facts) for slug, facts in read_directory(documents, kind)[0].entries}
    except UNREADABLE:
        return None


def _is_list(name: str) -> bool:
    try:
        index_key(name)
    except UnknownList:
        return False
    return True


def _read_once(documents: Documents, name: str) -> Listed | None:
    """None when the list has been changed meanwhile."""
    found = documents.read(index_key(name))
    if found is None:
        return Listed()
    raw, version = found
    try:
        index = msgspec.json.decode(raw, type=Index)
    except UNREADABLE:
        return Listed(version, None, faults=("its index cannot be read",))
    faults: list[str] = []
    rows: list[Row] = []
    for part in index.parts:
        body = documents.read(part_key(name, part.name))
        if body is None:
            again = documents.read(index_key(name))
            if again is None or again[1] != version:
                return None
            faults.append(f"the part {part.name} is missing")
            continue
        try:
            read = msgspec.json.decode(body[0], type=Part).rows
        except UNREADABLE:
            faults.append(f"the part {part.name} cannot be read")
            continue
        rows += read
        if len(read) != part.count:
            faults.append(f"its index counts {part.count} entries in the part {part.name}, which has {len(read)}")
        if not read or read[0].place != part.newest:
            faults.append(f"its index says wrongly what is the newest in the part {part.name}")
    facts = None
    if not faults:
        faults += _faults(index, rows)
    if not faults and index.parts and directory_of(name) is not None:
        try:
            found_facts = facts_of(documents, name, index)
        except DocumentChanged:
            return None
        except UNREADABLE:
            faults.append("its newest entry cannot be read")
        else:
            facts = None if found_facts is None else bytes(found_facts)
            faults += [] if found_facts is not None else ["its index does not say whose it is"]
    return Listed(version, index, {row.place: digest(row.entry) for row in rows}, tuple(faults), facts)


def _faults(index: Index, rows: list[Row]) -> Iterator[str]:
    if any(newer.place <= older.place for newer, older in pairwise(rows)):
        yield "its entries are out of order, or one stands there twice"
    months = Counter(row.place[:7] for row in rows)
    if index.months != tuple(sorted(months.items(), reverse=True)):
        yield "its index counts the months wrongly"
    if len(index.parts) > 1 and not all(SMALLEST <= part.count <= LARGEST for part in index.parts):
        yield "its parts are of a size that pages cannot be made of"

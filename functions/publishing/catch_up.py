"""Lists, CDN and newsletters follow the articles: whatever has happened to one, and in whatever order that is told.

An event says which article to look at and nothing else. What is there now decides, so that events may come twice, late
and out of order. What is about to be done is written down first (the article's *placement*), so that whoever comes
after a crash knows what was under way.

Writers are one after the other, but for one that was thought to be dead, or somebody at a command line. So the lists
that an article enters or leaves are read *before* it is looked at for the last time, and each is written on the
condition that it is still the one that was read. Whoever is slow then loses: either it has seen the newer article, or
the lists are no longer those that it has read.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, TypeVar

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from functions.publishing.lists import delete_replaced, read_index, update_directory, update_list
from functions.publishing.placements import Work, announced_key, placement_key, read_placement, weigh
from shared.domain.articles import Article, files_of
from shared.domain.lists import directory_of, entry_of, list_tag
from shared.domain.refusals import ContentUnavailable, DocumentChanged
from shared.ports.publishing import Announcements, ArticleShelf, Documents, Purge, Schedules, WaitingMedia

ROUNDS: Final = 10
AT_ONCE: Final = 8  # requests under way: lists are each other's equals, and so are articles
NEWS_FOR: Final = dt.timedelta(days=2)
"""How long after its publication an article is still announced: an import of old ones mails nobody."""
EARLY: Final = dt.timedelta(minutes=1)
"""A call may come as much before an article's time, by this clock, and would then be the only one there is."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Doors(Struct, frozen=True):
    """What publishing leans on."""

    articles: ArticleShelf
    documents: Documents
    waiting: WaitingMedia
    purge: Purge
    announcements: Announcements
    schedules: Schedules


class Done(Struct, frozen=True):
    """What came of it: articles in lists now, out of them now, announced, and documents that are no articles."""

    listed: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()
    announced: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()


def catch_up(slugs: Iterable[str], doors: Doors, now: float) -> Done:
    """Make everything that is made of articles agree with these, as they are at `now` (seconds since 1970).

    May be ended anywhere and done again. Raises ContentUnavailable when a store does not answer or somebody else keeps
    changing the same; what is raised by any door beside means: again later.
    """
    waiting = tuple(dict.fromkeys(slugs))
    done = Done()
    for _ in range(ROUNDS):
        waiting, did = _round(waiting, doors, dt.datetime.fromtimestamp(now, dt.UTC))
        done = Done(*(one + other for one, other in zip(_fields(done), _fields(did), strict=True)))
        if not waiting:
            return done
    raise ContentUnavailable(f"“{waiting[0]}” is being changed faster than it can be followed.")


def _round(slugs: tuple[str, ...], doors: Doors, now: dt.datetime) -> tuple[tuple[str, ...], Done]:
    """Once through all steps; returns the articles that somebody else was at meanwhile, and what was done."""
    looked = _each(lambda slug: _begun(_look(slug, doors, now), doors, now), slugs)
    begun = [work for work in looked if work is not None]
    moving = [work for work in begun if work.moves]
    _bring_out_files(moving, doors, now)
    moved = _move(moving, doors)
    works = [work for work in begun if not work.moves or work.slug in moved]
    _purge([work for work in works if not work.is_settled], doors.purge, now)
    announced = _those(works, lambda work: _announce(work, doors, now))
    finished = _those(works, lambda work: _finished(work, work.slug in announced, doors.documents))
    return tuple(slug for slug in slugs if slug not in finished), Done(
        tuple(work.slug for work in works if work.moves and work.wanted.entered),
        tuple(work.slug for work in works if work.moves and not work.wanted.entered),
        tuple(announced),
        tuple(work.slug for work in works if work.is_unreadable),
    )


def _each(work: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
    """The results in the order of the items, several at once. When one fails or it is ended, what is under way comes to
    its end, and nothing else is begun."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            return list(pool.map(work, items))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _those(works: list[Work], hold: Callable[[Work], bool]) -> set[str]:
    """The slugs of those for which it holds."""
    return {work.slug for work, holds in zip(works, _each(hold, works), strict=True) if holds}


def _look(slug: str, doors: Doors, now: dt.datetime) -> Work:
    before, before_version = read_placement(slug, doors.documents)
    return weigh(slug, doors.articles.read_version(slug), before, before_version, now)


def _begun(work: Work, doors: Doors, now: dt.datetime) -> Work | None:
    """Set its schedule, and write down where it may stand from now on; None where somebody else has written meanwhile.

    It is scheduled again also when the call of its schedule has come, by this clock, a moment early.
    """
    due = work.wanted.due
    if due is not None and (due != work.before.due or due < now + EARLY):
        doors.schedules.set(work.slug, due)
    entered = tuple(dict.fromkeys((*work.before.entered, *work.wanted.entered)))
    begun = replace(work.before, version=None, entered=entered)
    if not work.moves or begun == work.before:
        return work
    try:
        version = doors.documents.write(placement_key(work.slug), msgspec.json.encode(begun), work.before_version)
    except DocumentChanged:
        return None
    return replace(work, before=begun, before_version=version)


def _bring_out_files(works: list[Work], doors: Doors, now: dt.datetime) -> None:
    """Have the pictures and sounds of articles that are new in the lists where they are named, before anybody reads."""
    entering = [work.article for work in works if work.article is not None and not work.before.entry]
    files = tuple(dict.fromkeys(path for article in entering for path in files_of(article)))
    is_out = _each(doors.waiting.bring_out, files)
    if brought := tuple(path for path, out in zip(files, is_out, strict=True) if out):
        doors.purge.paths(brought, _occasion(now))
    for path in brought:
        doors.waiting.discard(path)


def _move(works: list[Work], doors: Doors) -> set[str]:
    """Change each list once for all articles that enter, leave or change in it, then tell its directory.

    Returns the articles for which that is done; the others, or one of the lists, have been changed meanwhile.
    """
    names = _names(works)
    held = dict(zip(names, _each(lambda name: read_index(doors.documents, name), names), strict=True))
    still = _those(works, lambda work: _is_still(work, doors.articles))
    works = [work for work in works if work.slug in still]
    puts: defaultdict[str, dict[str, Raw]] = defaultdict(dict)
    removes: defaultdict[str, set[str]] = defaultdict(set)
    for work in works:
        entry = None if work.article is None else Raw(msgspec.json.encode(entry_of(work.article)))
        for name, place in work.before.entered:
            if entry is not None and (name, place) in work.wanted.entered:
                puts[name][place] = entry
            else:
                removes[name].add(place)
    at_hand = {work.slug: work.article for work in works}

    def article(slug: str) -> Article | None:
        if slug not in at_hand:
            found = doors.articles.read_version(slug)
            at_hand[slug] = found[0] if found is not None and isinstance(found[0], Article) else None
        return at_hand[slug]

    names = _names(works)
    delete_replaced(doors.documents, {name: held[name] for name in names})

    def update(name: str) -> None:
        update_list(doors.documents, name, held[name], puts.get(name, {}), removes.get(name, frozenset()), article)

    try:
        # Every article stands in the first one, the latest. Who loses that goes no further: of two writers one gets on.
        for first in names[:1]:
            update(first)
        _each(update, names[1:])
        for kind in ("sections", "authors"):  # the authors last: their directory's version is the edition
            if told := [name for name in names if directory_of(name) == kind]:
                update_directory(doors.documents, kind, told)
    except DocumentChanged:
        return set()
    return {work.slug for work in works}


def _names(works: list[Work]) -> tuple[str, ...]:
    """The lists that these articles may stand in, in a fixed order for each article."""
    return tuple(dict.fromkeys(name for work in works for name, _ in work.before.entered))


def _is_still(work: Work, articles: ArticleShelf) -> bool:
    found = articles.read_version(work.slug)
    return ("" if found is None else found[1]) == work.version


def _purge(works: list[Work], purge: Purge, now: dt.datetime) -> None:
    """Have the CDN forget the articles, and the lists of those that moved."""
    tags: dict[str, None] = {}
    for work in works:
        tags[f"slug-{work.slug}"] = None
        if work.wanted.article:
            tags[f"article-{work.wanted.article}"] = None
        if work.moves:
            for name, _ in work.before.entered:
                tags[list_tag(name)] = None
                if (kind := directory_of(name)) is not None:
                    tags[list_tag(kind)] = None
    if tags:
        purge.tags(tuple(tags), _occasion(now))


def _occasion(now: dt.datetime) -> str:
    """Each purge is one of its own: an article may come back to the version that it had when it was purged before."""
    return f"{now.isoformat()} {secrets.token_hex(4)}"


def _announce(work: Work, doors: Doors, now: dt.datetime) -> bool:
    """Announce an article that is out for the first time; returns whether there is nothing more to say of it.

    It is announced by its id, which outlives another slug. Sent before it is noted: rather twice than never.
    """
    if work.article is None or work.before.is_announced:
        return False
    key = announced_key(work.article.id)
    if doors.documents.read(key) is not None:
        return True
    if work.article.published_at > now - NEWS_FOR:
        doors.announcements.announce(work.article.id, work.slug)
    with suppress(DocumentChanged):  # another slug of the same article was first
        doors.documents.write(key, msgspec.json.encode({"slug": work.slug, "at": now}), None)
    return True


def _finished(work: Work, is_announced: bool, documents: Documents) -> bool:
    """Write down where the article stands; False where somebody else has written that meanwhile."""
    placement = replace(work.wanted, is_announced=work.before.is_announced or is_announced)
    if placement != work.before:
        try:
            documents.write(placement_key(work.slug), msgspec.json.encode(placement), work.before_version)
        except DocumentChanged:
            return False
    return True


def _fields(done: Done) -> tuple[tuple[str, ...], ...]:
    return (done.listed, done.unlisted, done.announced, done.unreadable)

"""Lists of articles: which there are, in which order they stand, and what an article looks like in one.

An entry holds public facts alone, taken from what everyone may know of an article, so that no list, feed or map that
is made of entries can tell anything that is gated.
"""

import base64
import binascii
import datetime as dt
import re
from collections.abc import Iterable
from typing import Final, Literal

from shared.domain.articles import Author, Published, Section
from shared.domain.blocks import Moment, Picture, Value
from shared.domain.refusals import InvalidCursor
from shared.domain.text import SLUG_PATTERN, Line, Passage, Slug

LATEST: Final = "latest"
"""The list of all articles. The others are `section/<slug>`, `author/<slug>` and `tag/<slug>`."""
MAX_PAGE: Final = 100  # entries; with parts no smaller than this a page lies in two parts at most

Directory = Literal["sections", "authors"]

_place = re.compile(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{6}}Z/{SLUG_PATTERN[1:]}")


class EntryAuthor(Value, frozen=True):
    slug: Slug
    name: Line
    kind: Literal["person", "persona"]


class Entry(Value, frozen=True, forbid_unknown_fields=False):
    """An article as a list shows it. A field that a later version adds is no fault: lists outlive a deployment."""

    id: Slug
    slug: Slug
    kind: str
    title: Line
    standfirst: Passage
    section: Section
    author: EntryAuthor
    language: str
    published_at: Moment
    updated_at: Moment | None = None
    tags: tuple[Slug, ...] = ()
    lead_picture: Picture | None = None


class SectionFacts(Value, frozen=True, forbid_unknown_fields=False):
    """A section in the list of sections, named as its newest article names it."""

    slug: Slug
    name: Line
    articles: int
    latest_at: Moment


class AuthorFacts(Value, frozen=True, forbid_unknown_fields=False):
    """An author in the list of authors, described as in their newest article."""

    slug: Slug
    name: Line
    kind: Literal["person", "persona"]
    biography: Passage
    articles: int
    latest_at: Moment
    picture: Picture | None = None


def entry_of(article: Published) -> Entry:
    author = article.author
    return Entry(
        id=article.id,
        slug=article.slug,
        kind=article.kind,
        title=article.title,
        standfirst=article.standfirst,
        section=article.section,
        author=EntryAuthor(author.slug, author.name, author.kind),
        language=article.language,
        published_at=article.published_at,
        updated_at=article.updated_at,
        tags=article.tags,
        lead_picture=article.lead_picture,
    )


def author_facts(author: Author, articles: int, latest_at: dt.datetime) -> AuthorFacts:
    return AuthorFacts(
        author.slug, author.name, author.kind, author.biography, articles, latest_at, picture=author.picture
    )


def lists_of(article: Published) -> tuple[str, ...]:
    """The lists that a published article stands in."""
    tags = (f"tag/{tag}" for tag in dict.fromkeys(article.tags))
    return (LATEST, f"section/{article.section.slug}", f"author/{article.author.slug}", *tags)


def directory_of(name: str) -> Directory | None:
    """Where a list is told of: those of sections and authors have a directory."""
    kind = name.partition("/")[0]
    return "sections" if kind == "section" else "authors" if kind == "author" else None


def list_tag(name: str) -> str:
    """The cache tag of everything that is made of a list or directory."""
    return f"list-{name.replace('/', '-')}"


# Order --------------------------------------------------------------------------------------------------------------


def place_of(published_at: dt.datetime, slug: str) -> str:
    """Where an article stands: places sort as texts, the newest is the greatest, and no two articles share one."""
    moment = published_at.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    return f"{moment}Z/{slug}"


def slug_at(place: str) -> str:
    return place.partition("/")[2]


def moment_at(place: str) -> dt.datetime:
    return dt.datetime.fromisoformat(place.partition("/")[0])


def cursor_of(place: str) -> str:
    """A place as a cursor: whoever comes back with it goes on behind that place, whatever has come before it since."""
    return base64.urlsafe_b64encode(place.encode()).rstrip(b"=").decode()


def place_in(cursor: str) -> str:
    """The place in a cursor. Raises InvalidCursor for what `cursor_of` would not have written."""
    try:
        place = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        place = ""
    if _place.fullmatch(place) is None or cursor_of(place) != cursor:
        raise InvalidCursor("This cursor is not one of ours: take the one in `next`, or begin without.")
    return place


# What belongs together ----------------------------------------------------------------------------------------------


def related(article: Published, candidates: Iterable[Entry], most: int) -> tuple[Entry, ...]:
    """The entries that have most in common with an article (tags, then its section), recent ones first."""

    def common(entry: Entry) -> int:
        return 2 * len(set(entry.tags) & set(article.tags)) + (entry.section.slug == article.section.slug)

    others = {entry.slug: entry for entry in candidates if article.id != entry.id and article.slug != entry.slug}
    shared = [entry for entry in others.values() if common(entry)]
    shared.sort(key=lambda entry: (common(entry), place_of(entry.published_at, entry.slug)), reverse=True)
    return tuple(shared[:most])

"""What is done to articles that are there: taking them back, giving them another slug, going back to an earlier
version."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from infra.ops.publishing import Change, Found, decided, describe
from shared.domain.articles import Article, Renamed, Stored, Unpublished
from shared.domain.refusals import SlugTaken, UnknownArticle
from shared.ports.publishing import ArticleShelf, ArticleVersion


@dataclass(frozen=True)
class Past:
    """One version in an article's history; `number` is short, 1 the oldest that is kept. `document` is None where it
    is no article of that slug, or a deletion."""

    number: int
    version: ArticleVersion
    document: Stored | None

    @property
    def what(self) -> str:
        if self.version.is_deletion:
            return "deleted"
        match self.document:
            case Article():
                return "published"
            case Unpublished():
                return "withdrawn"
            case Renamed():
                return "renamed"
        return "not an article"


def withdrawal(slug: str, found: Found, now: dt.datetime) -> Change:
    """Take an article back; one whose time has not come is deleted: nobody may learn that it was there."""
    if found is None:
        raise _unknown(slug)
    there, version = found
    if isinstance(there, Unpublished):
        return Change(slug, there, version, "unchanged")
    if isinstance(there, Renamed):
        raise UnknownArticle(f"“{slug}” is called “{there.to}” now: `frontline unpublish {there.to}`.")
    if isinstance(there, Article) and there.published_at > now:
        return Change(slug, None, version, "deleted")
    return Change(slug, Unpublished(1, slug, now), version, "withdrawn")


def renaming(old: str, new: str, found_old: Found, found_new: Found, now: dt.datetime) -> tuple[Change, Change]:
    """Give an article another slug: first it is written there, then what leads on from the old one.

    Cut off between the two, the same again completes it.
    """
    if found_old is None:
        raise _unknown(old)
    (article, version), (there, there_version) = found_old, found_new or (None, None)
    if isinstance(article, Renamed) and article.to == new and isinstance(there, Article):
        return Change(new, there, there_version, "unchanged"), Change(old, article, version, "unchanged")
    if not isinstance(article, Article):
        raise UnknownArticle(
            f"There is no article at “{old}” (now: {describe(article)}): see `frontline history {old}`."
        )
    moved = replace(article, slug=new)
    if there_version is not None and there == moved:
        first = Change(new, moved, there_version, "unchanged")
    elif there_version is None or (isinstance(there, Renamed) and there.to == old):  # it comes back to where it was
        first = Change(new, moved, there_version, "new" if there_version is None else "changed")
    elif isinstance(there, Article) and there.id == article.id:
        raise SlugTaken(
            f"“{new}” is this very article, with another text. Is it the right one? Then `frontline unpublish {old}`. "
            f"Or take the text of the other, `frontline fetch {old}`, publish it as “{new}”, and rename again."
        )
    else:
        raise SlugTaken(f"“{new}” is taken ({describe(there)}): choose another slug.")
    if article.published_at > now:  # what leads on from the old slug would tell that there is an article to come
        return first, Change(old, None, version, "deleted")
    return first, Change(old, Renamed(1, old, new), version, "renamed")


def rollback(slug: str, shelf: ArticleShelf, number: int | None) -> Change:
    """Write an earlier version again, as the newest: that one, or the latest article that differs from the present."""
    found = shelf.read_version(slug)
    there, version = found or (None, None)
    if isinstance(there, Renamed):
        raise UnknownArticle(
            f"“{slug}” is called “{there.to}” now: `frontline rollback {there.to}`, or rename it back first."
        )
    for past in _looked_up(slug, shelf, number):
        if isinstance(past.document, Article):
            if version is not None and past.document == there:
                if number is None:
                    continue
                return Change(slug, past.document, version, "unchanged")
            return Change(slug, past.document, version, f"version {past.number}")
        if number is not None:
            raise UnknownArticle(f"Version {number} of “{slug}” is no article ({past.what}): choose another.")
    raise UnknownArticle(f"“{slug}” has no earlier version that differs: see `frontline history {slug}`.")


def past_article(slug: str, shelf: ArticleShelf, number: int | None) -> tuple[Article, str]:
    """The article as it is, or was in that version, and the version's tag."""
    if number is None:
        found = shelf.read_version(slug)
        if found is None:
            raise _unknown(slug)
        document, tag = found
        if isinstance(document, Article):
            return document, tag
        raise UnknownArticle(
            f"There is no article at “{slug}” (now: {describe(document)}): see `frontline history {slug}`, and take an "
            "earlier one with --version."
        )
    past = next(_looked_up(slug, shelf, number))
    if not isinstance(past.document, Article):
        raise UnknownArticle(f"Version {number} of “{slug}” is no article ({past.what}): choose another.")
    return past.document, past.version.tag


def history(slug: str, shelf: ArticleShelf, limit: int) -> list[Past]:
    """The article's last versions, newest first."""
    numbered = _numbered(slug, shelf)[:limit]
    return decided(numbered, lambda one: _read(slug, shelf, *one))[0]


def _looked_up(slug: str, shelf: ArticleShelf, number: int | None) -> Iterator[Past]:
    """That version, or all of them, newest first, each read when it is come to."""
    numbered = _numbered(slug, shelf)
    if number is not None and number not in range(1, len(numbered) + 1):
        raise UnknownArticle(
            f"“{slug}” has no version {number}: `frontline history {slug}` lists 1 to {len(numbered)}."
        )
    for one in numbered:
        if number in (None, one[0]):
            yield _read(slug, shelf, *one)


def _numbered(slug: str, shelf: ArticleShelf) -> list[tuple[int, ArticleVersion]]:
    versions = shelf.versions(slug)
    if not versions:
        raise _unknown(slug)
    return [(len(versions) - at, version) for at, version in enumerate(versions)]


def _read(slug: str, shelf: ArticleShelf, number: int, version: ArticleVersion) -> Past:
    document = None if version.is_deletion else shelf.read_past(slug, version.number)
    return Past(number, version, document if document is not None and document.slug == slug else None)


def _unknown(slug: str) -> UnknownArticle:
    return UnknownArticle(f"Nothing is there as “{slug}”: `frontline list` shows what is.")

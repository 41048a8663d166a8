"""Where an article stands in the lists, as publishing has noted it, and where it is to stand."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from shared.domain.articles import Article, Stored
from shared.domain.list_parts import placement_key as placement_key
from shared.domain.lists import entry_of, lists_of, place_of
from shared.domain.tiers import Tier
from shared.ports.publishing import Documents

Entered = tuple[tuple[str, str], ...]
"""Where an article stands: (list, place)."""


class Placement(Struct, frozen=True):
    """Where an article stands in the lists. `version` is the one of the article that is true of; None while it is being
    changed, and then it may stand in any of `entered` and in none. `entry`: what of it the lists show, as a digest.
    `whole_for`: the lowest tier to which all of it is open. `due`: for when it is scheduled."""

    schema: Literal[1] = 1
    version: str | None = None
    entered: Entered = ()
    entry: str = ""
    article: str = ""  # its id
    is_announced: bool = False
    whole_for: Tier = Tier.MEMBER
    due: dt.datetime | None = None


class Work(Struct, frozen=True):
    """One article to be caught up with: as it is now, as it was placed, and as it is to be."""

    slug: str
    version: str
    article: Article | None  # None: readers see none
    is_unreadable: bool
    before: Placement
    before_version: str | None
    wanted: Placement

    @property
    def is_settled(self) -> bool:
        """Whether all of it has been done: an event that came twice."""
        return self.before == self.wanted

    @property
    def moves(self) -> bool:
        """Whether lists have to be changed, or may have been left half-way."""
        return self.before.version is None or (self.before.entered, self.before.entry) != (
            self.wanted.entered,
            self.wanted.entry,
        )


def announced_key(article_id: str) -> str:
    return f"announced/{article_id}.json"


def read_placement(slug: str, documents: Documents) -> tuple[Placement, str | None]:
    """Where an article stands, and that document's version. Raises what `UNREADABLE` lists."""
    found = documents.read(placement_key(slug))
    if found is None:
        return Placement(version=""), None  # nobody has heard of it: it stands nowhere
    return msgspec.json.decode(found[0], type=Placement), found[1]


def weigh(
    slug: str,
    found: tuple[Stored | None, str] | None,
    before: Placement,
    before_version: str | None,
    now: dt.datetime,
) -> Work:
    """What there is to do for one article, found so (`ArticleShelf.read_version`) and placed so."""
    document, version = found or (None, "")
    article = document if isinstance(document, Article) and document.slug == slug else None
    is_unreadable = found is not None and (document is None or document.slug != slug)
    is_due = article is not None and article.published_at <= now
    wanted = replace(before, version=version, entered=(), entry="", due=None)
    if article is not None and is_due:
        place = place_of(article.published_at, slug)
        wanted = replace(
            wanted,
            entered=tuple((name, place) for name in lists_of(article)),
            entry=_digest(article),
            article=article.id,
            whole_for=article.whole_for,
        )
    elif article is not None:
        wanted = replace(wanted, due=article.published_at, article=article.id)
    return Work(slug, version, article if is_due else None, is_unreadable, before, before_version, wanted)


def _digest(article: Article) -> str:
    """Of everything that lists and directories show of an article."""
    shown = msgspec.json.encode((entry_of(article), article.author))
    return hashlib.sha256(shown).hexdigest()[:20]

"""What is published, by the lists that readers see, and what is scheduled."""

from __future__ import annotations

import datetime as dt

import msgspec
from msgspec import Raw

from functions.publishing.lists import parts_of, read_index
from infra.ops.survey import TRIES
from shared.domain.articles import Article
from shared.domain.list_parts import find_page
from shared.domain.lists import LATEST
from shared.domain.refusals import ContentUnavailable, DocumentChanged, UnknownList
from shared.ports.publishing import ArticleShelf, Documents, Schedules


def listed(documents: Documents, name: str, limit: int) -> list[Raw]:
    """The newest entries of a list, as the JSON that readers get. Raises UnknownList, ContentUnavailable."""
    for _ in range(TRIES):
        try:
            index, _ = read_index(documents, name)
            if not index.parts and name != LATEST:
                raise UnknownList
            rows, _ = find_page(index, parts_of(documents, name), None, limit)
            return [row.entry for row in rows]
        except DocumentChanged:  # while it was read
            continue
        except msgspec.MsgspecError as error:
            raise ContentUnavailable(f"The list “{name}” is damaged: `frontline rebuild` makes it anew.") from error
    raise ContentUnavailable(f"The list “{name}” changes faster than it can be read: try again.")


def scheduled(schedules: Schedules, shelf: ArticleShelf, now: dt.datetime) -> list[Article]:
    """The articles whose time has not come, the next one first. What is set counts only where the article says so too:
    it may have been taken back, moved or published since."""
    slugs = dict.fromkeys(slug for slug, _ in schedules.due())
    found = (shelf.read_version(slug) for slug in slugs)
    articles = [one[0] for one in found if one is not None and isinstance(one[0], Article)]
    return sorted((one for one in articles if one.published_at > now), key=lambda one: one.published_at)

"""Which adapter stands behind each door of the articles function."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from functions.articles.read import Doors
from shared.adapters.passes_when_needed import PassesWhenNeeded
from shared.adapters.s3_articles import S3Articles
from shared.adapters.s3_objects import S3Objects
from shared.ports import ListPage, Lists
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.domain.lists import Directory


class _ListsWhenNeeded:
    """Most requests are for an article, and need no lists."""

    def __init__(self, objects: S3Objects) -> None:
        self._objects = objects

    @cached_property
    def _lists(self) -> Lists:
        from shared.adapters.s3_lists import S3Lists

        return S3Lists(self._objects)

    def edition(self) -> str:
        return self._lists.edition()

    def page(self, name: str, after: str | None, limit: int, edition: str | None = None) -> ListPage:
        return self._lists.page(name, after, limit, edition)

    def directory(self, kind: Directory, edition: str | None = None) -> tuple[bytes, ...]:
        return self._lists.directory(kind, edition)


def doors(settings: Settings) -> Doors:
    """The doors of the deployed function."""
    content = S3Objects(settings.content_bucket, settings.region, settings.s3_endpoint)
    return Doors(articles=S3Articles(content), passes=PassesWhenNeeded(settings), lists=_ListsWhenNeeded(content))

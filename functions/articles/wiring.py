"""Which adapter stands behind each door of the articles function."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from functions.articles.read import Doors
from shared.adapters.passes_when_needed import PassesWhenNeeded
from shared.adapters.s3_articles import S3Articles
from shared.adapters.s3_objects import S3Objects
from shared.ports.reading import Campaigns, ListPage, Lists, Papers
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.domain.campaigns import Raised
    from shared.domain.lists import Directory
    from shared.domain.paper import Paper


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


class _PapersWhenNeeded:
    """Only a campaign needs the paper's configuration."""

    def __init__(self, objects: S3Objects) -> None:
        self._objects = objects

    @cached_property
    def _papers(self) -> Papers:
        from shared.adapters.s3_lists import S3Papers

        return S3Papers(self._objects)

    def read(self, edition: str | None = None) -> Paper:
        return self._papers.read(edition)


class _CampaignsWhenNeeded:
    """As above."""

    def __init__(self, objects: S3Objects) -> None:
        self._objects = objects

    @cached_property
    def _campaigns(self) -> Campaigns:
        from shared.adapters.s3_campaigns import S3Campaigns

        return S3Campaigns(self._objects)

    def read(self, slug: str) -> Raised:
        return self._campaigns.read(slug)


def doors(settings: Settings) -> Doors:
    """The doors of the deployed function."""
    content = S3Objects(settings.content_bucket, settings.region, settings.s3_endpoint)
    return Doors(
        articles=S3Articles(content),
        passes=PassesWhenNeeded(settings),
        lists=_ListsWhenNeeded(content),
        papers=_PapersWhenNeeded(content),
        campaigns=_CampaignsWhenNeeded(content),
    )

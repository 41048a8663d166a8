"""Which adapter stands behind each door of the articles function. Most requests are for an article, and need nothing
else: what only lists and campaigns need is opened by the first who asks for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from functions.articles.read import Doors
from shared.adapters.passes_when_needed import PassesWhenNeeded
from shared.adapters.s3_articles import S3Articles
from shared.adapters.s3_objects import S3Objects
from shared.ports.reading import Campaigns, Lists, Papers
from shared.settings import Settings

T = TypeVar("T")


class _WhenNeeded:
    """A door that is made when somebody first goes through it."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:  # only for what is not there yet
        door = self._make()
        self.__dict__.update({each: getattr(door, each) for each in dir(door) if not each.startswith("_")})
        return getattr(door, name)


def _when_needed(make: Callable[[], T]) -> T:
    return cast("T", _WhenNeeded(make))


def doors(settings: Settings) -> Doors:
    """The doors of the deployed function."""
    content = S3Objects(settings.content_bucket, settings.region, settings.s3_endpoint)

    def lists() -> Lists:
        from shared.adapters.s3_lists import S3Lists

        return S3Lists(content)

    def papers() -> Papers:
        from shared.adapters.s3_lists import S3Papers

        return S3Papers(content)

    def campaigns() -> Campaigns:
        from shared.adapters.s3_campaigns import S3Campaigns

        return S3Campaigns(content)

    return Doors(
        articles=S3Articles(content),
        passes=PassesWhenNeeded(settings),
        lists=_when_needed(lists),
        papers=_when_needed(papers),
        campaigns=_when_needed(campaigns),
    )

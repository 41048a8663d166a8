"""What is asked for, how it is made, and what comes of it: the words that all of this function's routes share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from msgspec import Struct, field

from functions.pages.frames import Frames
from shared.http import for_everyone
from shared.ports.reading import Articles, Campaigns, Lists, Papers, Passes
from shared.reading import ANYONES, Sight

# Publishing purges by tag within seconds, so the life may be long.
DAY: Final = 86_400


class Doors(Struct, frozen=True, kw_only=True):
    """What this function leans on. `frames` is what it remembers."""

    articles: Articles
    lists: Lists
    papers: Papers
    campaigns: Campaigns
    passes: Passes
    frames: Frames = field(default_factory=Frames)


class Asked(Struct, frozen=True):
    """A request that has found its route. `now`: seconds since 1970; `parameters` are those that the route knows."""

    path: str
    doors: Doors
    now: float
    sight: Sight = ANYONES
    parameters: Mapping[str, str] = {}


class Made(Struct, frozen=True):
    """What was asked for. `changed_at` as in `shown`; `tags`: what it is made of beyond what its route says; `caching`:
    a `cache-control` in place of its route's; `trouble`: why something is missing from it, for somebody to look at."""

    content_type: str
    body: bytes
    changed_at: int = 0
    tags: tuple[str, ...] = ()
    caching: str = ""
    trouble: BaseException | None = None


class Route(Struct, frozen=True):
    """How something is made, of which lists, and how long it may be kept.

    `slug`: the article that it is of, where it is one; `is_secret`: its path is one reader's, and is not written down.
    """

    make: Callable[[Asked], Made]
    lists: tuple[str, ...] = ()
    caching: Callable[[tuple[str, ...]], dict[str, str]] = partial(for_everyone, DAY)
    parameters: tuple[str, ...] = ()
    slug: str = ""
    is_secret: bool = False

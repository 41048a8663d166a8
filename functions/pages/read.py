"""Feeds, maps of the site and robots.txt: which one is asked for, and what it is made of."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Final

from msgspec import Struct

from shared.domain.lists import LATEST, list_tag
from shared.domain.paper import PAPER_TAG
from shared.domain.refusals import ContentUnavailable, Refusal, UnknownList, UnknownRoute
from shared.domain.text import is_slug
from shared.domain.tiers import Tier
from shared.http import Answer, Request, check_reading, for_everyone, problem, shown
from shared.ports import Lists, Papers

# Lists hold public facts alone, and everything here is made of them: it is the same for every tier. The edge keys by
# tier all the same and keeps it once for each, which costs two misses and spares a second cache policy.
RENDERED_FOR: Final = Tier.ANONYMOUS

# Publishing purges by tag within seconds, so the life may be long. What ages by itself lives shorter, and so does what
# is not there yet.
DAY: Final = 86_400
NEWS_SECONDS: Final = 1_800
MISSING_SECONDS: Final = 30

_feed_path = re.compile(r"/feeds/(?:(section|author)s/([^/]+)/)?(rss\.xml|atom\.xml|feed\.json)\Z")
_map_path = re.compile(r"/sitemaps/(pages|[0-9]{4}-[0-9]{2})(?:-([2-9]|[1-9][0-9]{1,3}))?\.xml\Z")
_TYPES: Final = {
    "rss.xml": "application/rss+xml; charset=utf-8",
    "atom.xml": "application/atom+xml; charset=utf-8",
    "feed.json": "application/feed+json; charset=utf-8",
}
_XML: Final = "application/xml; charset=utf-8"


class Doors(Struct, frozen=True):
    """What this function leans on."""

    lists: Lists
    papers: Papers


class Outcome(Struct, frozen=True):
    """An answer, and what is worth saying of it: the path, where one like it is served."""

    answer: Answer
    path: str | None = None
    trouble: BaseException | None = None


class Made(Struct, frozen=True):
    """What is asked for. `changed_at` as in `shown`."""

    content_type: str
    body: bytes
    changed_at: int = 0


class Route(Struct, frozen=True):
    """How something is made (at a time, in seconds since 1970), of which lists, and how long it may be kept."""

    make: Callable[[Doors, float], Made]
    lists: tuple[str, ...] = ()
    caching: Callable[[tuple[str, ...]], dict[str, str]] = partial(for_everyone, DAY)


def read(request: Request, doors: Doors, now: float) -> Outcome:
    """Answer one request at `now` (seconds since 1970). Every expected no is an answer; anything else raises."""
    route, trouble = None, None
    try:
        route = _route(request.path)
        check_reading(request)
        made = route.make(doors, now)
        caching = route.caching((PAPER_TAG, *map(list_tag, route.lists)))
        answer = shown(request, made.content_type, made.body, caching, made.changed_at)
    except Refusal as refusal:
        answer = problem(refusal)
        trouble = refusal.__cause__ or refusal if isinstance(refusal, ContentUnavailable) else None
        if route is not None and isinstance(refusal, UnknownList):
            # True for everyone until something is published there, and publishing purges it then.
            answer.headers.update(for_everyone(MISSING_SECONDS, tuple(map(list_tag, route.lists)), stale=False))
    answer.headers["x-rendered-for"] = RENDERED_FOR.value
    return Outcome(answer, None if route is None else request.path, trouble)


def _route(path: str) -> Route:
    """Raises UnknownRoute, UnknownList."""
    if found := _feed_path.match(path):
        kind, slug, form = found.groups()
        if kind is not None and not is_slug(slug):
            raise UnknownList
        name = LATEST if kind is None else f"{kind}/{slug}"
        return Route(partial(_feed, name, form, path), (name,))
    if found := _map_path.match(path):
        name, piece = found[1], int(found[2] or 1)
        if name == "pages":
            return Route(partial(_map_of_pages, piece), (LATEST, "sections", "authors"))
        return Route(partial(_map_of_month, name, piece), (LATEST,))
    if path == "/sitemap.xml":
        return Route(_site_map, (LATEST, "sections", "authors"))
    if path == "/news-sitemap.xml":
        # Never stale either: what is in it is news for two days, not for three.
        return Route(_news_map, (LATEST,), partial(for_everyone, NEWS_SECONDS, stale=False))
    if path == "/robots.txt":
        return Route(_robots)
    raise UnknownRoute("Nothing is served here. /sitemap.xml says what is, and new articles are in /feeds/rss.xml.")


# Each imports what it needs: a start should not wait for the XML library, nor a map for feeds (docs/performance.md).


def _feed(name: str, form: str, path: str, doors: Doors, now: float) -> Made:
    from functions.pages.entries import entries_in
    from functions.pages.feeds import IN_FEED, feed_of, json_feed

    listed = doors.lists.page(name, None, IN_FEED)
    feed = feed_of(doors.papers.read(), name, path, listed, entries_in(listed.rows))
    if form == "feed.json":
        body = json_feed(feed)
    else:
        from functions.pages.feed_xml import atom, rss

        body = rss(feed) if form == "rss.xml" else atom(feed)
    return Made(_TYPES[form], body, listed.changed_at)


def _site_map(doors: Doors, now: float) -> Made:
    from functions.pages.map_xml import map_of_maps, url_set
    from functions.pages.maps import WHOLE, article_urls, map_urls, page_urls

    listed = doors.lists.page(LATEST, None, 0)
    paper = doors.papers.read()
    pages = page_urls(paper, doors.lists, listed.index)
    if listed.index.total > WHOLE:
        return Made(_XML, map_of_maps(map_urls(paper, listed.index, len(pages))), listed.changed_at)
    listed = doors.lists.page(LATEST, None, WHOLE)
    return Made(_XML, url_set((*pages, *article_urls(paper, listed.rows))), listed.changed_at)


def _map_of_pages(piece: int, doors: Doors, now: float) -> Made:
    from functions.pages.map_xml import url_set
    from functions.pages.maps import page_urls, piece_of

    listed = doors.lists.page(LATEST, None, 0)
    urls = piece_of(page_urls(doors.papers.read(), doors.lists, listed.index), piece)
    if not urls:
        raise UnknownRoute("There is no such map. /sitemap.xml names those there are.")
    return Made(_XML, url_set(urls), listed.changed_at)


def _map_of_month(month: str, piece: int, doors: Doors, now: float) -> Made:
    from functions.pages.map_xml import url_set
    from functions.pages.maps import article_urls, articles_of

    listed = articles_of(doors.lists, month, piece)
    if listed is None:
        raise UnknownRoute("There is no such map. /sitemap.xml names those there are.")
    return Made(_XML, url_set(article_urls(doors.papers.read(), listed.rows)), listed.changed_at)


def _news_map(doors: Doors, now: float) -> Made:
    """Without a time of its last change: it changes whenever an article is two days old, too."""
    from functions.pages.map_xml import news_map
    from functions.pages.maps import news

    return Made(_XML, news_map(doors.papers.read(), news(doors.lists, now)))


def _robots(doors: Doors, now: float) -> Made:
    from functions.pages.maps import robots

    return Made("text/plain; charset=utf-8", robots(doors.papers.read()))

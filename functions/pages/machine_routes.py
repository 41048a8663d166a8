"""Feeds, maps of the site, robots.txt, style and script: which one is asked for, and what it is made of.

Lists hold public facts alone, and everything here is made of them: it is the same for every tier. The edge keys by tier
all the same and keeps it once for each, which costs two misses and spares a second cache policy.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from functions.pages.route import Asked, Made, Route
from shared.domain.lists import LATEST
from shared.domain.refusals import UnknownList, UnknownRoute
from shared.domain.text import is_slug
from shared.http import for_everyone

# What ages by itself lives shorter.
NEWS_SECONDS: Final = 1_800

_feed_path = re.compile(r"/feeds/(?:(section|author)s/([^/]+)/)?(rss\.xml|atom\.xml|feed\.json)\Z")
_map_path = re.compile(r"/sitemaps/(pages|[0-9]{4}-[0-9]{2})(?:-([2-9]|[1-9][0-9]{1,3}))?\.xml\Z")
_asset_path = re.compile(r"/assets/(?:site|icon)-[0-9a-f]{8}\.(css|js|svg)\Z")
_TYPES: Final = {
    "rss.xml": "application/rss+xml; charset=utf-8",
    "atom.xml": "application/atom+xml; charset=utf-8",
    "feed.json": "application/feed+json; charset=utf-8",
}
_XML: Final = "application/xml; charset=utf-8"


def machine_route(path: str) -> Route | None:
    """The route of a path that is no page's; None where it is not one of these. Raises UnknownList."""
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
    if found := _asset_path.match(path):
        return Route(partial(_asset, found[1]))
    return None


# Each imports what it needs: a start should not wait for the XML library, nor a map for feeds (docs/performance.md).


def _feed(name: str, form: str, path: str, asked: Asked) -> Made:
    from functions.pages.entries import entries_in
    from functions.pages.feeds import IN_FEED, feed_of, json_feed

    listed = asked.doors.lists.page(name, None, IN_FEED)
    feed = feed_of(asked.doors.papers.read(), name, path, listed, entries_in(listed.rows))
    if form == "feed.json":
        body = json_feed(feed)
    else:
        from functions.pages.feed_xml import atom, rss

        body = rss(feed) if form == "rss.xml" else atom(feed)
    return Made(_TYPES[form], body, listed.changed_at)


def _site_map(asked: Asked) -> Made:
    from functions.pages.map_xml import map_of_maps, url_set
    from functions.pages.maps import WHOLE, article_urls, map_urls, page_urls

    listed = asked.doors.lists.page(LATEST, None, 0)
    paper = asked.doors.papers.read()
    pages = page_urls(paper, asked.doors.lists, listed.index)
    if listed.index.total > WHOLE:
        return Made(_XML, map_of_maps(map_urls(paper, listed.index, len(pages))), listed.changed_at)
    listed = asked.doors.lists.page(LATEST, None, WHOLE)
    return Made(_XML, url_set((*pages, *article_urls(paper, listed.rows))), listed.changed_at)


def _map_of_pages(piece: int, asked: Asked) -> Made:
    from functions.pages.map_xml import url_set
    from functions.pages.maps import page_urls, piece_of

    listed = asked.doors.lists.page(LATEST, None, 0)
    urls = piece_of(page_urls(asked.doors.papers.read(), asked.doors.lists, listed.index), piece)
    if not urls:
        raise UnknownRoute("There is no such map. /sitemap.xml names those there are.")
    return Made(_XML, url_set(urls), listed.changed_at)


def _map_of_month(month: str, piece: int, asked: Asked) -> Made:
    from functions.pages.map_xml import url_set
    from functions.pages.maps import article_urls, articles_of

    listed = articles_of(asked.doors.lists, month, piece)
    if listed is None:
        raise UnknownRoute("There is no such map. /sitemap.xml names those there are.")
    return Made(_XML, url_set(article_urls(asked.doors.papers.read(), listed.rows)), listed.changed_at)


def _news_map(asked: Asked) -> Made:
    """Without a time of its last change: it changes whenever an article is two days old, too."""
    from functions.pages.map_xml import news_map
    from functions.pages.maps import news

    return Made(_XML, news_map(asked.doors.papers.read(), news(asked.doors.lists, asked.now)))


def _robots(asked: Asked) -> Made:
    from functions.pages.maps import robots

    return Made("text/plain; charset=utf-8", robots(asked.doors.papers.read()))


def _asset(ending: str, asked: Asked) -> Made:
    from shared.site.assets import TYPES, asset, asset_caching

    body = asset(ending, asked.doors.papers.read())
    return Made(TYPES[ending], body, caching=asset_caching(asked.path, body))

"""Maps as sitemaps.org and Google News have them. Apart from `maps`, because robots.txt needs no XML library."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from functions.pages.entries import article_url, timestamp
from functions.pages.maps import Url
from functions.pages.markup import child, document, root
from shared.domain.lists import Entry
from shared.domain.paper import Paper

_SITEMAP: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS: Final = "http://www.google.com/schemas/sitemap-news/0.9"


def url_set(urls: Iterable[Url]) -> bytes:
    """A map (https://www.sitemaps.org/protocol.html)."""
    return _map("urlset", "url", urls)


def map_of_maps(urls: Iterable[Url]) -> bytes:
    """A sitemap index."""
    return _map("sitemapindex", "sitemap", urls)


def news_map(paper: Paper, entries: tuple[Entry, ...]) -> bytes:
    """A map of what is new (https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap). With
    nothing new it is a map of the front page: one without an address would not be valid."""
    top = root("urlset", xmlns=_SITEMAP, **{"xmlns:news": _NEWS})
    for entry in entries:
        url = child(top, "url")
        child(url, "loc", article_url(paper, entry))
        article = child(url, "news:news")
        publication = child(article, "news:publication")
        child(publication, "news:name", paper.name)
        child(publication, "news:language", _language(paper.language))
        child(article, "news:publication_date", timestamp(entry.published_at))
        child(article, "news:title", entry.title)
    if not entries:
        child(child(top, "url"), "loc", f"{paper.url}/")
    return document(top)


def _map(name: str, each: str, urls: Iterable[Url]) -> bytes:
    top = root(name, xmlns=_SITEMAP)
    for url in urls:
        made = child(top, each)
        child(made, "loc", url.loc)
        if url.changed_at is not None:
            child(made, "lastmod", timestamp(url.changed_at))
    return document(top)


def _language(tag: str) -> str:
    """Google wants the language without its country, but for the two ways of writing Chinese."""
    return tag.lower() if tag in ("zh-CN", "zh-TW") else tag.partition("-")[0]

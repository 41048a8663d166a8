"""A feed as RSS 2.0 and as Atom. Apart from `feeds`, because only who asks for one of them needs the XML library."""

from __future__ import annotations

from html import escape
from typing import Final
from xml.etree.ElementTree import Element

from functions.pages.entries import article_url, changed_at, timestamp
from functions.pages.feeds import Feed, author_url, picture_type, picture_url, urn
from functions.pages.markup import child, document, root
from shared.domain.lists import Entry
from shared.domain.paper import Paper
from shared.http import http_date

_ATOM: Final = "http://www.w3.org/2005/Atom"
_MODULES: Final = {
    "xmlns:atom": _ATOM,
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "xmlns:media": "http://search.yahoo.com/mrss/",
}


def rss(feed: Feed) -> bytes:
    """As RSS 2.0 (https://www.rssboard.org/rss-specification). Authors are Dublin Core's, RSS's own are mail
    addresses; pictures are Media RSS's, an enclosure would have to tell its length."""
    top = root("rss", version="2.0", **_MODULES)
    channel = child(top, "channel")
    child(channel, "title", feed.title)
    child(channel, "link", feed.page_url)
    child(channel, "description", feed.paper.description)
    child(channel, "language", feed.paper.language)
    if feed.entries:
        child(channel, "lastBuildDate", http_date(feed.changed_at.timestamp()))
    child(channel, "atom:link", rel="self", type="application/rss+xml", href=feed.url)
    for entry in feed.entries:
        _rss_item(channel, feed.paper, entry)
    return document(top)


def _rss_item(channel: Element, paper: Paper, entry: Entry) -> None:
    item = child(channel, "item")
    child(item, "title", entry.title)
    child(item, "link", article_url(paper, entry))
    child(item, "guid", urn(paper, entry.id), isPermaLink="false")
    child(item, "pubDate", http_date(entry.published_at.timestamp()))
    # Readers take it for HTML, and show `<` in ours as what it is only when it comes escaped twice.
    child(item, "description", escape(entry.standfirst, quote=False))
    child(item, "dc:creator", entry.author.name)
    for category in (entry.section.name, *entry.tags):
        child(item, "category", category)
    if entry.lead_picture is not None:
        picture = entry.lead_picture
        size = {"width": str(picture.width), "height": str(picture.height)}
        content = child(
            item,
            "media:content",
            url=picture_url(paper, picture),
            medium="image",
            **picture_type(picture),
            **size,
        )
        if picture.alt:
            child(content, "media:description", picture.alt, type="plain")


def atom(feed: Feed) -> bytes:
    """As Atom (RFC 4287)."""
    top = root("feed", xmlns=_ATOM, **{"xml:lang": feed.paper.language})
    child(top, "id", urn(feed.paper, feed.path))
    child(top, "title", feed.title)
    child(top, "subtitle", feed.paper.description)
    child(top, "updated", timestamp(feed.changed_at))
    child(top, "link", rel="self", type="application/atom+xml", href=feed.url)
    child(top, "link", rel="alternate", type="text/html", href=feed.page_url)
    _atom_author(top, feed.paper.name, f"{feed.paper.url}/")
    for entry in feed.entries:
        _atom_entry(top, feed.paper, entry)
    return document(top)


def _atom_entry(top: Element, paper: Paper, entry: Entry) -> None:
    made = child(top, "entry", **({} if entry.language == paper.language else {"xml:lang": entry.language}))
    child(made, "id", urn(paper, entry.id))
    child(made, "title", entry.title)
    child(made, "link", rel="alternate", type="text/html", href=article_url(paper, entry))
    child(made, "published", timestamp(entry.published_at))
    child(made, "updated", timestamp(changed_at(entry)))
    _atom_author(made, entry.author.name, author_url(paper, entry))
    child(made, "category", term=entry.section.slug, label=entry.section.name)
    for tag in entry.tags:
        child(made, "category", term=tag)
    child(made, "summary", entry.standfirst)
    if entry.lead_picture is not None:
        href = picture_url(paper, entry.lead_picture)
        child(made, "link", rel="enclosure", href=href, **picture_type(entry.lead_picture))


def _atom_author(parent: Element, name: str, uri: str) -> None:
    author = child(parent, "author")
    child(author, "name", name)
    child(author, "uri", uri)

"""The feeds, read as readers' programs read them, and held to RSS 2.0, RFC 4287 and JSON Feed 1.1."""

from __future__ import annotations

import datetime as dt
import json
import re
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any
from uuid import UUID, uuid5
from xml.etree.ElementTree import Element

import feedparser
import jsonschema
import pytest
from hypothesis import given
from msgspec.structs import replace

from functions.pages.feeds import IN_FEED
from shared.domain.articles import Article, Section
from shared.domain.blocks import Picture
from tests import strategies
from tests.functions.paper import PAPER, URL, article, body, by, published, tree
from tests.twins import MemoryDocuments

ATOM = "{http://www.w3.org/2005/Atom}"
MEDIA = "{http://search.yahoo.com/mrss/}"
DC = "{http://purl.org/dc/elements/1.1/}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
FORMS = ["rss.xml", "atom.xml", "feed.json"]
FULL = article(
    3,
    title="The lock & the <key>",
    standfirst='Who has it? "We", they say.\nNobody <em>else</em>.',
    updated_at=dt.datetime(2026, 12, 1, 5, 30, tzinfo=dt.timezone(dt.timedelta(hours=1))),
    tags=("harbour", "locks"),
    language="de",
    lead_picture=Picture("/media/anonymous/lock.png", "A lock", 1200, 800, "photograph"),
)

# JSON Feed 1.1 in a schema of our own words: what it requires, and nothing in it that it does not know.
_ADDRESS = {"type": "string", "pattern": "^https?://[^ ]+$"}
_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$"}
_AUTHORS = {
    "type": "array",
    "items": {"type": "object", "minProperties": 1, "properties": {"name": {"type": "string"}, "url": _ADDRESS}},
}
JSON_FEED = {
    "type": "object",
    "required": ["version", "title", "items"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": {"type": "string", "minLength": 1},
        "home_page_url": _ADDRESS,
        "feed_url": _ADDRESS,
        "description": {"type": "string"},
        "language": {"type": "string"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id"],
                "anyOf": [{"required": ["content_text"]}, {"required": ["content_html"]}],
                "additionalProperties": False,
                "properties": {
                    "id": {"type": "string", "minLength": 1},
                    "url": _ADDRESS,
                    "title": {"type": "string"},
                    "content_text": {"type": "string"},
                    "image": _ADDRESS,
                    "date_published": _TIME,
                    "date_modified": _TIME,
                    "authors": _AUTHORS,
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "language": {"type": "string"},
                },
            },
        },
    },
}


def text(parent: Element, name: str) -> str:
    """The text of the one child of that name."""
    [found] = parent.findall(name)
    return found.text or ""


def hold_rss(rss: Element) -> None:
    """What the specification requires of a channel and its items."""
    assert (rss.tag, rss.attrib) == ("rss", {"version": "2.0"})
    [channel] = rss
    assert all(text(channel, name) for name in ("title", "link", "description"))
    [myself] = channel.findall(f"{ATOM}link")
    assert (myself.get("rel"), myself.get("type")) == ("self", "application/rss+xml")
    for item in channel.findall("item"):
        assert len(item.findall("title")) == len(item.findall("description")) == 1
        assert text(item, "link").startswith(f"{URL}/articles/")
        [guid] = item.findall("guid")
        assert (guid.get("isPermaLink"), str(guid.text)[:9]) == ("false", "urn:uuid:")
        assert parsedate_to_datetime(text(item, "pubDate")).tzinfo is not None
        assert not item.findall("enclosure")  # would have to tell its length
        assert not item.findall("author")  # would have to be a mail address
    guids = [text(item, "guid") for item in channel.findall("item")]
    assert len(set(guids)) == len(guids)


def hold_atom(feed: Element) -> None:
    """RFC 4287, sections 4.1.1 and 4.1.2."""
    assert feed.tag == f"{ATOM}feed"
    for one in (feed, *feed.findall(f"{ATOM}entry")):
        UUID(text(one, f"{ATOM}id").removeprefix("urn:uuid:"))
        assert len(one.findall(f"{ATOM}title")) == 1
        assert dt.datetime.fromisoformat(text(one, f"{ATOM}updated")).tzinfo is not None
        assert [text(author, f"{ATOM}name") for author in one.findall(f"{ATOM}author")]
        assert len([link for link in one.findall(f"{ATOM}link") if link.get("rel") == "alternate"]) == 1
        assert all(link.attrib["href"].startswith(URL) for link in one.findall(f"{ATOM}link"))
        assert all(category.get("term") for category in one.findall(f"{ATOM}category"))
    for entry in feed.findall(f"{ATOM}entry"):
        assert len(entry.findall(f"{ATOM}summary")) == len(entry.findall(f"{ATOM}published")) == 1
        assert text(entry, f"{ATOM}published") <= text(entry, f"{ATOM}updated")
    ids = [text(one, f"{ATOM}id") for one in (feed, *feed.findall(f"{ATOM}entry"))]
    assert len(set(ids)) == len(ids)


def json_of(path: str, documents: MemoryDocuments) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(body(path, documents))
    jsonschema.Draft202012Validator(JSON_FEED).validate(told)
    return told


def hold_all(base: str, documents: MemoryDocuments, slugs: list[str]) -> None:
    """All three are what they ought to be, and hold these articles in this order."""
    hold_rss(tree(f"{base}rss.xml", documents))
    hold_atom(tree(f"{base}atom.xml", documents))
    links = [f"{URL}/articles/{slug}" for slug in slugs]
    assert [item["url"] for item in json_of(f"{base}feed.json", documents)["items"]] == links
    for form in ("rss.xml", "atom.xml"):
        parsed = feedparser.parse(body(f"{base}{form}", documents))
        assert parsed.bozo is False
        assert parsed.version == {"rss.xml": "rss20", "atom.xml": "atom10"}[form]
        assert [entry.link for entry in parsed.entries] == links


@pytest.mark.parametrize("count", [0, 1, 30, 31])
def test_a_feed_holds_the_latest_thirty(count: int) -> None:
    documents = published(*(article(number) for number in range(count)))

    hold_all("/feeds/", documents, [f"piece-{number}" for number in reversed(range(max(count - IN_FEED, 0), count))])


@pytest.mark.parametrize(
    ("base", "title", "page", "slugs"),
    [
        ("/feeds/", "The Quay", "/", ["piece-3", "piece-2", "piece-1"]),
        ("/feeds/sections/river/", "The River – The Quay", "/sections/river", ["piece-3", "piece-1"]),
        ("/feeds/sections/city/", "City – The Quay", "/sections/city", ["piece-2"]),
        ("/feeds/authors/bo-lund/", "Bo Lund-Moor – The Quay", "/authors/bo-lund", ["piece-3", "piece-2"]),
    ],
)
def test_sections_and_authors_have_feeds_that_are_called_as_they_are_now(
    base: str, title: str, page: str, slugs: list[str]
) -> None:
    documents = published(
        article(1, section=Section("river", "River")),
        article(2, author=by("bo-lund", "Bo Lund")),
        article(3, section=Section("river", "The River"), author=by("bo-lund", "Bo Lund-Moor")),
    )

    hold_all(base, documents, slugs)
    told = json_of(f"{base}feed.json", documents)
    assert (told["title"], told["home_page_url"]) == (title, f"{URL}{page}")
    assert (told["feed_url"], told["language"]) == (f"{URL}{base}feed.json", "en-GB")
    for form in ("rss.xml", "atom.xml"):
        parsed = feedparser.parse(body(f"{base}{form}", documents)).feed
        assert (parsed.title, parsed.link, parsed.subtitle) == (title, f"{URL}{page}", PAPER.description)
        assert parsed.language == "en-GB"
        assert f"{URL}{base}{form}" in [link.href for link in parsed.links if link.rel == "self"]


def test_an_item_of_rss_tells_all_that_is_public() -> None:
    [item] = tree("/feeds/rss.xml", published(FULL)).iter("item")

    assert text(item, "title") == FULL.title
    assert text(item, "pubDate") == "Tue, 01 Dec 2026 03:00:00 GMT"
    assert text(item, f"{DC}creator") == "Ada Moor"
    assert [category.text for category in item.findall("category")] == ["City", "harbour", "locks"]
    [picture] = item.findall(f"{MEDIA}content")
    assert picture.attrib == {
        "url": f"{URL}/media/anonymous/lock.png",
        "medium": "image",
        "type": "image/png",
        "width": "1200",
        "height": "800",
    }
    assert text(picture, f"{MEDIA}description") == "A lock"


def test_a_description_in_rss_is_html_and_shows_markup_as_text() -> None:
    """Programs take it for HTML: what is `<em>` in ours must not become an element there (R30)."""
    [item] = tree("/feeds/rss.xml", published(FULL)).iter("item")

    assert "<" not in text(item, "description")
    assert unescape(text(item, "description")) == FULL.standfirst


def test_an_entry_of_atom_tells_all_that_is_public() -> None:
    [entry] = tree("/feeds/atom.xml", published(FULL)).findall(f"{ATOM}entry")

    assert (text(entry, f"{ATOM}title"), text(entry, f"{ATOM}summary")) == (FULL.title, FULL.standfirst)
    assert text(entry, f"{ATOM}published") == "2026-12-01T03:00:00+00:00"
    assert text(entry, f"{ATOM}updated") == "2026-12-01T04:30:00+00:00"
    assert entry.get(LANG) == "de"
    [author] = entry.findall(f"{ATOM}author")
    assert (text(author, f"{ATOM}name"), text(author, f"{ATOM}uri")) == ("Ada Moor", f"{URL}/authors/ada-moor")
    assert [category.attrib for category in entry.findall(f"{ATOM}category")] == [
        {"term": "city", "label": "City"},
        {"term": "harbour"},
        {"term": "locks"},
    ]
    assert [link.attrib for link in entry.findall(f"{ATOM}link") if link.get("rel") == "enclosure"] == [
        {"rel": "enclosure", "type": "image/png", "href": f"{URL}/media/anonymous/lock.png"}
    ]


def test_an_item_of_json_feed_tells_all_that_is_public() -> None:
    [item] = json_of("/feeds/feed.json", published(FULL))["items"]

    assert item == {
        "id": f"urn:uuid:{uuid5(UUID(PAPER.id), 'a-3')}",
        "url": f"{URL}/articles/piece-3",
        "title": FULL.title,
        "content_text": FULL.standfirst,
        "image": f"{URL}/media/anonymous/lock.png",
        "date_published": "2026-12-01T03:00:00+00:00",
        "date_modified": "2026-12-01T04:30:00+00:00",
        "authors": [{"name": "Ada Moor", "url": f"{URL}/authors/ada-moor"}],
        "tags": ["City", "harbour", "locks"],
        "language": "de",
    }


def _ids(base: str, documents: MemoryDocuments, paper: Any = PAPER) -> list[str]:
    atom = tree(f"{base}atom.xml", documents, paper=paper)
    rss = tree(f"{base}rss.xml", documents, paper=paper)
    told = json.loads(body(f"{base}feed.json", documents, paper=paper))
    ids = [text(one, f"{ATOM}id") for one in (atom, *atom.findall(f"{ATOM}entry"))]
    assert ids[1:] == [text(item, "guid") for item in rss.iter("item")] == [item["id"] for item in told["items"]]
    return ids


def test_ids_outlive_another_slug_another_title_and_another_address_of_the_paper() -> None:
    before = _ids("/feeds/", published(FULL))

    renamed = published(replace(FULL, slug="the-key", title="The key"))

    assert _ids("/feeds/", renamed, replace(PAPER, url="https://new.example", name="The Other Quay")) == before
    assert before[0] == f"urn:uuid:{uuid5(UUID(PAPER.id), '/feeds/atom.xml')}"
    assert _ids("/feeds/sections/city/", renamed)[0] != before[0]


ODD = [
    "<script>alert(1)</script>",
    "AT&T &amp; &lt;co&gt;",
    "]]> and <![CDATA[",
    "\"double\" 'single' “curly”",
    "🛥 ferry 👩‍👩‍👧 \U0001f1e9\U0001f1ea",
    "עברית \u202eand back",
    "a\x00b\x07c\x0bd\x1be\x7ff\ufffe\uffffg",
    "line\u2028line\u2029line\x85line",
    "<!-- comment --> <?php ?> %s {0}",
    "é e\u0301",
]


@pytest.mark.parametrize("words", ODD)
def test_odd_words_arrive_as_they_are_but_for_what_xml_cannot_hold(words: str) -> None:
    documents = published(
        article(1, title=words, standfirst=words, author=by("bo", words), section=Section("city", words))
    )
    possible = re.sub(r"[\x00\x07\x0b\x1b\ufffe\uffff]", "", words)

    for base in ("/feeds/", "/feeds/sections/city/", "/feeds/authors/bo/"):
        hold_all(base, documents, ["piece-1"])
    [entry] = tree("/feeds/atom.xml", documents).findall(f"{ATOM}entry")
    [item] = tree("/feeds/rss.xml", documents).iter("item")
    [told] = json_of("/feeds/feed.json", documents)["items"]
    assert text(entry, f"{ATOM}title") == text(entry, f"{ATOM}summary") == text(item, "title") == possible
    assert text(item, f"{DC}creator") == text(item, "category") == possible
    assert (told["title"], told["content_text"], told["authors"][0]["name"]) == (words, words, words)


@given(strategies.articles)
def test_any_article_stands_in_every_feed(one: Article) -> None:
    documents = published(one, now=dt.datetime(2030, 1, 1, tzinfo=dt.UTC).timestamp())

    for base in ("/feeds/", f"/feeds/sections/{one.section.slug}/", f"/feeds/authors/{one.author.slug}/"):
        hold_all(base, documents, [one.slug])

"""Feeds, maps and robots: whole answers, on in-memory doors: statuses, headers, conditions, no leak (R1, R2)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.pages.read import read
from shared.domain.articles import Article
from shared.domain.tiers import Tier
from shared.http import NO_STORE, Request
from shared.reading import Outcome
from tests import strategies
from tests.functions.paper import NOW, PAPER, URL, article, ask, body, by, doors, published
from tests.twins import MemoryDocuments, MemoryLists

ONE = published(article(1))
FEEDS = [
    f"/feeds/{of}{form}"
    for of in ("", "sections/city/", "authors/ada-moor/")
    for form in ("rss.xml", "atom.xml", "feed.json")
]
MAPS = ["/sitemap.xml", "/sitemaps/pages.xml", "/sitemaps/2026-12.xml", "/news-sitemap.xml"]
PATHS = [*FEEDS, *MAPS, "/robots.txt"]
DAY = "public, s-maxage=86400, stale-while-revalidate=3600, stale-if-error=86400"
CHANGED = "Fri, 15 Jan 2027 08:00:00 GMT"  # when the twin's lists last changed


def problem_of(outcome: Outcome) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(outcome.answer.body)
    assert outcome.answer.headers["content-type"] == "application/problem+json"
    assert told["status"] == outcome.answer.status
    assert told["detail"]
    return told


# What is kept, by whom, for how long ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "content_type", "caching", "tags", "is_dated"),
    [
        ("/feeds/rss.xml", "application/rss+xml", DAY, "list-latest", True),
        ("/feeds/atom.xml", "application/atom+xml", DAY, "list-latest", True),
        ("/feeds/feed.json", "application/feed+json", DAY, "list-latest", True),
        ("/feeds/sections/city/rss.xml", "application/rss+xml", DAY, "list-section-city", True),
        ("/feeds/authors/ada-moor/feed.json", "application/feed+json", DAY, "list-author-ada-moor", True),
        ("/sitemap.xml", "application/xml", DAY, "list-latest,list-sections,list-authors", True),
        ("/sitemaps/pages.xml", "application/xml", DAY, "list-latest,list-sections,list-authors", True),
        ("/sitemaps/2026-12.xml", "application/xml", DAY, "list-latest", True),
        ("/news-sitemap.xml", "application/xml", "public, s-maxage=1800", "list-latest", False),
        ("/robots.txt", "text/plain", DAY, "", False),
    ],
)
def test_an_answer_says_what_it_is_how_long_it_holds_and_what_it_is_made_of(
    path: str, content_type: str, caching: str, tags: str, is_dated: bool
) -> None:
    answer = ask(path, ONE).answer

    assert answer.headers.pop("etag")
    assert answer.status == 200
    assert answer.headers == {
        "content-type": f"{content_type}; charset=utf-8",
        "cache-control": caching,
        "cache-tag": f"paper,{tags}".rstrip(","),
        "x-rendered-for": "anonymous",
        **({"last-modified": CHANGED} if is_dated else {}),
    }


@pytest.mark.parametrize("path", PATHS)
def test_every_tier_gets_the_same(path: str) -> None:
    answers = [ask(path, ONE, x_reader_tier=tier.value, x_reader_pass="x").answer for tier in Tier]

    assert answers == [ask(path, ONE).answer] * 3


@pytest.mark.parametrize("path", PATHS)
def test_head_says_what_get_would_without_saying_it(path: str) -> None:
    got, head = ask(path, ONE).answer, ask(path, ONE, method="HEAD").answer

    assert head.headers == got.headers
    assert head.to_event(head=True)["body"] == ""


@pytest.mark.parametrize("path", PATHS)
def test_an_entity_tag_saves_the_body_when_nothing_changed(path: str) -> None:
    first = ask(path, ONE).answer

    again = ask(path, ONE, if_none_match=f'"other", W/{first.headers["etag"]}').answer

    assert (again.status, again.body) == (304, "")
    assert again.headers == {name: value for name, value in first.headers.items() if name != "content-type"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"if_modified_since": CHANGED}, 304),
        ({"if_modified_since": "Friday, 15-Jan-27 08:00:00 GMT"}, 304),
        ({"if_modified_since": "Fri Jan 15 08:00:00 2027"}, 304),
        ({"if_modified_since": "Sat, 16 Jan 2027 08:00:00 GMT"}, 304),
        ({"if_modified_since": "Fri, 15 Jan 2027 07:59:59 GMT"}, 200),
        ({"if_modified_since": "yesterday"}, 200),
        ({"if_modified_since": ""}, 200),
        ({"if_modified_since": "Fri, 99 Jan 2027 08:00:00 GMT"}, 200),
        ({"if_modified_since": "Fri, 15 Jan 99999999999 08:00:00 GMT"}, 200),
        ({"if_modified_since": CHANGED, "if_none_match": '"other"'}, 200),
        ({"if_modified_since": CHANGED, "if_none_match": ""}, 200),
        ({"if_modified_since": "Fri, 15 Jan 2021 08:00:00 GMT", "if_none_match": "*"}, 304),
    ],
)
def test_if_modified_since_counts_only_without_if_none_match(headers: dict[str, Any], status: int) -> None:
    assert ask("/feeds/rss.xml", ONE, **headers).answer.status == status


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,12} [A-Z][a-z]{2} [0-9]{1,30} [0-9:]{1,20} [A-Z+0-9]{1,12}"))
def test_no_date_is_ever_a_fault(since: str) -> None:
    assert ask("/feeds/rss.xml", ONE, if_modified_since=since).answer.status in (200, 304)


def test_what_changes_by_itself_has_no_date_to_ask_by() -> None:
    answer = ask("/news-sitemap.xml", ONE, if_modified_since="Sat, 16 Jan 2099 08:00:00 GMT").answer

    assert answer.status == 200


# The expected noes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/feeds",
        "/feeds/",
        "/feeds/rss",
        "/feeds/rss.xml/",
        "/feeds/rss.xml\n",
        "/feeds/rssxxml",
        "/feeds/RSS.xml",
        "/feeds/sections/rss.xml",
        "/feeds/tags/city/rss.xml",
        "/feeds/sections/city/",
        "/feeds/sections/city/x/rss.xml",
        "/sitemap.xml.gz",
        "/sitemapx.xml",
        "/sitemaps/latest.xml",
        "/sitemaps/2026.xml",
        "/sitemaps/2026-12-01.xml",
        "/sitemaps/2026-12-1.xml",
        "/sitemaps/2026-12-2.xml",
        "/sitemaps/2026-12-99999.xml",
        "/sitemaps/2026-11.xml",
        "/sitemaps/2026-13.xml",
        "/sitemaps/٢٠٢٦-12.xml",
        "/sitemaps/pages-2.xml",
        "/api/nothing",
        "/assets/site.css",
        "/static/x",
        "/.well-known/x",
    ],
)
def test_nothing_is_served_elsewhere(path: str) -> None:
    outcome = ask(path, ONE)

    assert (outcome.answer.status, problem_of(outcome)["code"]) == (404, "unknown_route")
    assert outcome.answer.headers["cache-control"] == NO_STORE


@pytest.mark.parametrize("path", ["/feeds/sections/river/rss.xml", "/feeds/authors/bo/feed.json"])
def test_a_list_with_nothing_in_it_is_forgotten_soon_and_by_its_name(path: str) -> None:
    outcome = ask(path, ONE)

    assert (outcome.answer.status, problem_of(outcome)["code"]) == (404, "unknown_list")
    assert outcome.answer.headers["cache-control"] == "public, s-maxage=30"
    assert outcome.answer.headers["cache-tag"] in ("list-section-river", "list-author-bo")


def test_the_last_article_of_a_section_takes_its_feed_with_it() -> None:
    documents = published(article(1), article(2, section=replace(article(2).section, slug="river", name="River")))
    assert "River – The Quay" in body("/feeds/sections/river/rss.xml", documents)

    withdrawn = published(article(1))

    assert ask("/feeds/sections/river/rss.xml", withdrawn).answer.status == 404


@pytest.mark.parametrize("slug", ["CITY", "a--b", "-a", "..", "%2e%2e", "a b", "a" * 121, "cité", "a_b", "a.b", "a,b"])
def test_what_is_not_a_slug_never_reaches_the_store_nor_a_cache_tag(slug: str) -> None:
    lists = MemoryLists(ONE)

    outcome = read(Request("GET", f"/feeds/sections/{slug}/rss.xml", "", {}), doors(lists), NOW)

    assert (outcome.answer.status, problem_of(outcome)["code"], lists.gets) == (404, "unknown_list", 0)
    assert "cache-tag" not in outcome.answer.headers
    assert outcome.place is None


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", ""])
def test_they_can_only_be_read(path: str, method: str) -> None:
    outcome = ask(path, ONE, method=method)

    assert (outcome.answer.status, problem_of(outcome)["code"]) == (405, "method_not_allowed")
    assert outcome.answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("query", ["utm_source=x", "a", "=x", "limit=3", "x=1&y=2"])
def test_an_unknown_parameter_is_refused_and_named(path: str, query: str) -> None:
    outcome = ask(path, ONE, query=query)

    assert (outcome.answer.status, problem_of(outcome)["code"]) == (400, "unknown_parameter")
    assert f"“{query.partition('=')[0]}”" in problem_of(outcome)["detail"]


# Trouble -------------------------------------------------------------------------------------------------------------


def hold_unavailable(outcome: Outcome) -> None:
    assert (outcome.answer.status, problem_of(outcome)["code"]) == (503, "content_unavailable")
    assert outcome.answer.headers["retry-after"] == "5"
    assert outcome.answer.headers["cache-control"] == NO_STORE
    assert "cache-tag" not in outcome.answer.headers
    assert outcome.trouble is not None
    assert outcome.place is not None


@pytest.mark.parametrize("path", [path for path in PATHS if path != "/robots.txt"])
def test_a_store_that_fails_is_answered_in_our_own_words(path: str) -> None:
    lists = MemoryLists(ONE)
    lists.broken = True

    hold_unavailable(read(Request("GET", path, "", {}), doors(lists), NOW))


@pytest.mark.parametrize("path", PATHS)
def test_a_paper_without_a_name_has_nothing_to_show_yet(path: str) -> None:
    hold_unavailable(ask(path, ONE, paper=None))


@pytest.mark.parametrize("path", [path for path in PATHS if path not in ("/robots.txt", "/sitemaps/pages.xml")])
def test_a_list_that_publishing_did_not_write_wakes_us_and_is_no_stack_trace(path: str) -> None:
    spoilt = MemoryDocuments()
    spoilt.raw = {key: raw.replace(b'"slug":"piece-1"', b'"slug":"../x"') for key, raw in ONE.raw.items()}

    hold_unavailable(ask(path, spoilt))


@pytest.mark.parametrize("path", ["/sitemap.xml", "/sitemaps/pages.xml"])
@pytest.mark.parametrize("kind", ["sections", "authors"])
def test_nor_is_a_directory(path: str, kind: str) -> None:
    spoilt = MemoryDocuments()
    spoilt.raw = {**ONE.raw, f"lists/{kind}.json": b'{"schema":1,"entries":[["x",{"slug":"<x>"}]]}'}

    hold_unavailable(ask(path, spoilt))


# What a lower tier can learn (R1, R2) --------------------------------------------------------------------------------


def _all_paths(one: Article) -> list[str]:
    of = f"/feeds/sections/{one.section.slug}/", f"/feeds/authors/{one.author.slug}/"
    feeds = [f"{base}{form}" for base in ("/feeds/", *of) for form in ("rss.xml", "atom.xml", "feed.json")]
    month = f"/sitemaps/{one.published_at:%Y-%m}.xml"
    return [*feeds, "/sitemap.xml", "/sitemaps/pages.xml", month, "/news-sitemap.xml", "/robots.txt"]


@given(strategies.gated_articles)
def test_no_gated_word_is_in_any_feed_or_map(one: Article) -> None:
    documents = published(strategies.with_canaries(one, Tier.ANONYMOUS))

    for path in _all_paths(one):
        answer = ask(path, documents, now=one.published_at.timestamp()).answer
        assert answer.status == 200
        assert strategies.CANARY not in answer.body + repr(answer.headers)


@given(strategies.gated_articles, st.data())
def test_no_answer_depends_on_what_is_gated(one: Article, data: st.DataObject) -> None:
    other = data.draw(strategies.with_other_gated_content(one, Tier.ANONYMOUS))
    before, after = published(one), published(other)

    for path in _all_paths(one):
        assert ask(path, before).answer == ask(path, after).answer


# When ----------------------------------------------------------------------------------------------------------------


def test_what_is_to_come_is_nowhere() -> None:
    coming = article(500, title="Tomorrow's", author=by("bo-lund", "Bo Lund"))
    before = coming.published_at.timestamp() - 1
    early = published(article(1), coming, now=before)

    for path in PATHS:
        assert ask(path, early, now=before).answer == ask(path, ONE, now=before).answer
    assert ask("/feeds/authors/bo-lund/rss.xml", early, now=before).answer.status == 404
    assert "Tomorrow" in body("/feeds/rss.xml", published(article(1), coming, now=before + 1))


def test_a_paper_says_where_it_is_and_what_it_calls_itself() -> None:
    for path in PATHS:
        shown = body(path, ONE)
        assert URL in shown
        moved = body(path, ONE, paper=replace(PAPER, url="https://new.example"))
        assert "https://paper.example" not in moved
        assert moved == shown.replace(URL, "https://new.example")

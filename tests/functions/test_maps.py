"""The maps and robots.txt, held to sitemaps.org's schema, Google's news extension and RFC 9309."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from urllib.robotparser import RobotFileParser
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from msgspec.structs import replace

from functions.pages.maps import MOST, news
from shared.domain.articles import Article, Section
from tests import strategies
from tests.functions.paper import FIRST, NOW, PAPER, URL, article, ask, body, by, published, tree
from tests.twins import MemoryDocuments, MemoryLists

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
W3C = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"
LAMBDA_ANSWERS = 6_000_000  # bytes


def hold_map(path: str, documents: MemoryDocuments, now: float = NOW) -> dict[str, Element]:
    """The map is one by sitemaps.org's schema; returns its addresses with what is said of each."""
    raw = body(path, documents, now)
    assert len(raw.encode()) < LAMBDA_ANSWERS
    top = fromstring(raw)  # noqa: S314  # made here
    each = {f"{SITEMAP}urlset": "url", f"{SITEMAP}sitemapindex": "sitemap"}[top.tag]
    assert 1 <= len(top) <= 50_000
    found: dict[str, Element] = {}
    for one in top:
        names = [child.tag.removeprefix(SITEMAP) for child in one]
        assert one.tag == f"{SITEMAP}{each}"
        assert names in (["loc"], ["loc", "lastmod"], ["loc", f"{NEWS}news"])
        loc = str(one[0].text)
        assert loc.startswith(f"{URL}/")
        assert len(loc) <= 2048
        assert loc not in found
        if names[1:] == ["lastmod"]:
            assert re.fullmatch(W3C, str(one[1].text))
        found[loc] = one
    return found


def paths(found: Sequence[str] | dict[str, Element]) -> list[str]:
    return [loc.removeprefix(URL) for loc in found]


def whole_site(documents: MemoryDocuments) -> list[str]:
    """Every path that the maps lead to, as a search engine would find them."""
    first = hold_map("/sitemap.xml", documents)
    if tree("/sitemap.xml", documents).tag == f"{SITEMAP}urlset":
        return paths(first)
    return [path for inner in paths(first) for path in paths(hold_map(inner, documents))]


def lastmod(one: Element) -> str | None:
    return one.findtext(f"{SITEMAP}lastmod")


def test_a_small_site_is_one_map() -> None:
    updated = dt.datetime(2026, 12, 5, tzinfo=dt.UTC)
    documents = published(
        article(1, updated_at=updated), article(2, section=Section("river", "River")), article(3, author=by("bo", "Bo"))
    )

    found = hold_map("/sitemap.xml", documents)

    assert {path: lastmod(one) for path, one in zip(paths(found), found.values(), strict=True)} == {
        "/": "2026-12-01T03:00:00+00:00",
        "/sections/city": "2026-12-01T03:00:00+00:00",
        "/sections/river": "2026-12-01T02:00:00+00:00",
        "/authors/ada-moor": "2026-12-01T02:00:00+00:00",
        "/authors/bo": "2026-12-01T03:00:00+00:00",
        "/articles/piece-3": "2026-12-01T03:00:00+00:00",
        "/articles/piece-2": "2026-12-01T02:00:00+00:00",
        "/articles/piece-1": "2026-12-05T00:00:00+00:00",
    }


def test_a_site_without_articles_is_its_front_page() -> None:
    for path in ("/sitemap.xml", "/sitemaps/pages.xml", "/news-sitemap.xml"):
        found = hold_map(path, MemoryDocuments())
        assert paths(found) == ["/"]
        assert lastmod(found[f"{URL}/"]) is None
        assert "last-modified" not in ask(path, MemoryDocuments()).answer.headers


@pytest.mark.parametrize("count", [1, 1_000, 1_001])
def test_every_page_is_in_the_maps_once(count: int) -> None:
    articles = [article(-number) for number in range(count)]
    documents = published(*articles)

    site = whole_site(documents)

    assert sorted(site) == sorted(
        ["/", "/sections/city", "/authors/ada-moor", *(f"/articles/{one.slug}" for one in articles)]
    )
    assert (tree("/sitemap.xml", documents).tag == f"{SITEMAP}sitemapindex") is (count > 1_000)


def test_a_large_site_has_a_map_for_each_month() -> None:
    edges = [
        article(9001, slug="last-of-october", published_at=dt.datetime(2026, 10, 31, 23, 59, 59, 999999, dt.UTC)),
        article(9002, slug="first-of-november", published_at=dt.datetime(2026, 11, 1, tzinfo=dt.UTC)),
        article(9003, slug="last-of-november", published_at=dt.datetime(2026, 11, 30, 23, 59, 59, 999999, dt.UTC)),
        # Its own clock says December already.
        article(
            9004,
            slug="also-november",
            published_at=dt.datetime(2026, 12, 1, 0, 30, tzinfo=dt.timezone(dt.timedelta(hours=1))),
        ),
    ]
    documents = published(*edges, *(article(number) for number in range(-719, 300)), now=NOW + 1_000_000)

    assert paths(hold_map("/sitemap.xml", documents)) == [
        "/sitemaps/pages.xml",
        "/sitemaps/2026-12.xml",
        "/sitemaps/2026-11.xml",
        "/sitemaps/2026-10.xml",
    ]
    october, november, december = (paths(hold_map(f"/sitemaps/2026-{m}.xml", documents)) for m in (10, 11, 12))
    assert october == ["/articles/last-of-october"]
    assert november[0] == "/articles/last-of-november"
    assert november[-1] == "/articles/first-of-november"
    assert "/articles/also-november" in november
    assert december[-1] == "/articles/piece-0"
    assert len(october) + len(november) + len(december) == 1023


def test_the_map_of_an_old_month_stays_when_todays_article_comes() -> None:
    before = [article(number) for number in range(-1100, 0)]

    old, new = published(*before), published(*before, article(1))

    for path in ("/sitemaps/2026-10.xml", "/sitemaps/2026-11.xml"):
        assert ask(path, old).answer == ask(path, new).answer


def _in_one_month(count: int) -> list[Article]:
    return [article(n, published_at=FIRST + dt.timedelta(minutes=n / 2)) for n in range(count)]


@pytest.mark.parametrize(
    ("count", "maps"),
    [
        (MOST, ["/sitemaps/2026-12.xml"]),
        (MOST + 1, ["/sitemaps/2026-12.xml", "/sitemaps/2026-12-2.xml"]),
        (2 * MOST + 7, ["/sitemaps/2026-12.xml", "/sitemaps/2026-12-2.xml", "/sitemaps/2026-12-3.xml"]),
    ],
)
def test_a_month_that_is_too_large_for_one_map_has_several(count: int, maps: list[str]) -> None:
    others = [
        article(-1, published_at=FIRST - dt.timedelta(seconds=1)),
        article(-2, published_at=dt.datetime(2027, 1, 1, tzinfo=dt.UTC)),
    ]
    documents = published(*_in_one_month(count), *others, now=NOW + 10_000_000)

    assert [path for path in paths(hold_map("/sitemap.xml", documents)) if "2026-12" in path] == maps
    pieces = [paths(hold_map(path, documents)) for path in maps]
    assert [path for piece in reversed(pieces) for path in piece] == [
        f"/articles/piece-{n}" for n in reversed(range(count))
    ]
    assert max(map(len, pieces)) <= MOST
    assert ask(f"/sitemaps/2026-12-{len(maps) + 1}.xml", documents).answer.status == 404


def test_only_the_last_map_of_a_month_changes_when_another_article_comes() -> None:
    articles = _in_one_month(2 * MOST + 2)

    old, new = published(*articles[:-1]), published(*articles)

    same = {p: body(p, old) == body(p, new) for p in (f"/sitemaps/2026-12{n}.xml" for n in ("", "-2", "-3"))}
    assert list(same.values()) == [True, True, False]


def test_very_many_authors_have_several_maps_too() -> None:
    articles = [article(n, author=by(f"author-{n}", "A")) for n in range(MOST)]
    documents = published(*articles, now=NOW + 100_000_000)

    found = [path for path in paths(hold_map("/sitemap.xml", documents)) if "pages" in path]

    assert found == ["/sitemaps/pages.xml", "/sitemaps/pages-2.xml"]
    both = [path for name in found for path in paths(hold_map(name, documents))]
    assert len(set(both)) == len(both) == MOST + 2


def test_the_longest_addresses_still_fit_into_an_answer() -> None:
    paper = replace(PAPER, url="https://" + "a" * 292)
    long = [replace(one, slug=f"{'x' * 113}-{n:06}") for n, one in enumerate(_in_one_month(MOST))]

    assert len(body("/sitemaps/2026-12.xml", published(*long), paper=paper).encode()) < LAMBDA_ANSWERS / 2


@given(strategies.articles)
def test_any_article_stands_in_the_maps(one: Article) -> None:
    documents = published(one, now=one.published_at.timestamp())

    for path in ("/sitemap.xml", f"/sitemaps/{one.published_at:%Y-%m}.xml", "/news-sitemap.xml"):
        assert f"{URL}/articles/{one.slug}" in hold_map(path, documents, one.published_at.timestamp())


# News ----------------------------------------------------------------------------------------------------------------


def hold_news(documents: MemoryDocuments, now: float) -> dict[str, dict[str, str | None]]:
    """The news map is one by Google's rules; returns what it says of each article, by slug."""
    found = hold_map("/news-sitemap.xml", documents, now)
    assert len(found) <= 1000
    told = {}
    for loc, url in found.items():
        [item] = url.findall(f"{NEWS}news")
        assert [child.tag.removeprefix(NEWS) for child in item] == ["publication", "publication_date", "title"]
        [publication] = item.findall(f"{NEWS}publication")
        assert [child.tag.removeprefix(NEWS) for child in publication] == ["name", "language"]
        assert re.fullmatch(W3C, str(item.findtext(f"{NEWS}publication_date")))
        told[loc.rpartition("/")[2]] = {child.tag.removeprefix(NEWS): child.text for child in (*publication, *item)}
    return told


def test_news_are_two_days_old_at_most() -> None:
    documents = published(*(article(number) for number in range(100)))
    now = article(99).published_at.timestamp()

    assert list(hold_news(documents, now)) == [f"piece-{number}" for number in range(99, 50, -1)]
    assert list(hold_news(documents, now + 1))[-1] == "piece-52"
    assert paths(hold_map("/news-sitemap.xml", documents, now + 48 * 3600 + 1)) == ["/"]


def test_news_say_whose_they_are() -> None:
    documents = published(article(1, title="Fish & <chips>"))

    assert hold_news(documents, article(1).published_at.timestamp())["piece-1"] == {
        "name": "The Quay",
        "language": "en",
        "publication": None,
        "publication_date": "2026-12-01T01:00:00+00:00",
        "title": "Fish & <chips>",
    }


@pytest.mark.parametrize(
    ("tag", "language"), [("en-GB", "en"), ("de", "de"), ("gsw-CH", "gsw"), ("zh-CN", "zh-cn"), ("zh-TW", "zh-tw")]
)
def test_the_papers_language_is_told_as_google_has_it(tag: str, language: str) -> None:
    shown = body("/news-sitemap.xml", published(article(1)), FIRST.timestamp() + 3600, replace(PAPER, language=tag))

    assert f"<news:language>{language}</news:language>" in shown


def test_news_are_a_thousand_at_most() -> None:
    documents = published(*_in_one_month(1_150))

    told = list(hold_news(documents, FIRST.timestamp() + 86_400))

    assert (len(told), told[0]) == (1_000, "piece-1149")


def test_for_a_few_news_a_few_parts_are_read_however_long_the_list_is() -> None:
    documents = published(*(article(number) for number in range(-3000, 1)))
    lists = MemoryLists(documents)

    assert len(news(lists, FIRST.timestamp())) == 49
    assert lists.gets <= 3


# robots.txt ----------------------------------------------------------------------------------------------------------


def test_robots_may_read_all_but_what_is_one_readers_own() -> None:
    robots = RobotFileParser()
    robots.parse(body("/robots.txt", MemoryDocuments()).splitlines())

    for path in ("/", "/articles/account", "/feeds/rss.xml", "/api/articles/a", "/media/anonymous/a.png", "/join"):
        assert robots.can_fetch("Anybot", f"{URL}{path}"), path
    for path in ("/account", "/account/x", "/sign-in", "/api/members/me", "/api/memberships", "/api/newsletters/x"):
        assert not robots.can_fetch("Anybot", f"{URL}{path}"), path
    assert robots.site_maps() == [f"{URL}/sitemap.xml", f"{URL}/news-sitemap.xml"]

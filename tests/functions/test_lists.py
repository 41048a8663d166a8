"""Lists as the articles function answers them: pages, cursors, noes, and nothing that is gated (R1, R2)."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.articles.lists import RELATED
from functions.articles.read import Doors, read
from shared.domain.articles import Article, Renamed, Section, Unpublished
from shared.domain.lists import cursor_of, place_of
from shared.domain.paper import Campaign
from shared.domain.tiers import Tier
from shared.http import NO_STORE, Request
from shared.reading import Outcome
from tests import strategies
from tests.functions.paper import PAPER
from tests.functions.test_articles import PASSES, as_tier, problem_of
from tests.money_twins import MemoryCampaigns
from tests.press import NOW, Press, piece
from tests.twins import MemoryPapers

RAISING = replace(PAPER, campaigns=(Campaign("river", "The river", "Why.", 1_000, "EUR"),))
OPINION = Section("opinion", "Opinion")
RELATED_TO_ONE = "/api/articles/piece-1/related"
NEIGHBOURS = [f"piece-{number}" for number in range(44, 38, -1)]  # what it names: if one goes, it is made anew


def ask(press: Press, path: str = "/api/articles", query: str = "", method: str = "GET", **headers: Any) -> Outcome:
    campaigns = MemoryCampaigns()
    campaigns.broken = press.articles.broken
    doors = Doors(press.articles, PASSES, press.lists, MemoryPapers(RAISING), campaigns)
    request = Request(method, path, query, {name.replace("_", "-"): value for name, value in headers.items()})
    return read(request, doors, NOW.timestamp())


def told(outcome: Outcome) -> Any:
    assert outcome.answer.status == 200, outcome.answer.body
    return json.loads(outcome.answer.body)


def slugs(outcome: Outcome) -> list[str]:
    return [entry["slug"] for entry in told(outcome)["articles"]]


PRESS = Press(
    *(piece(number) for number in range(45)),
    *(piece(number, section=OPINION, tags=("night",)) for number in range(45, 48)),
)


def test_a_list_is_newest_first_and_goes_on_at_its_cursor() -> None:
    first = told(ask(PRESS))
    second = told(ask(PRESS, query=f"cursor={first['next']}"))
    third = told(ask(PRESS, query=f"cursor={second['next']}&limit=100"))

    found = [entry["slug"] for page in (first, second, third) for entry in page["articles"]]
    assert found == [f"piece-{number}" for number in reversed(range(48))]
    assert [len(page["articles"]) for page in (first, second, third)] == [20, 20, 8]
    assert third["next"] is None


def test_an_entry_says_what_everyone_may_know() -> None:
    [entry] = told(ask(PRESS, query="limit=1"))["articles"]

    assert entry == {
        "id": "a-47",
        "slug": "piece-47",
        "kind": "analysis",
        "title": "Piece 47",
        "standfirst": "It runs empty. It runs on time.",
        "section": {"slug": "opinion", "name": "Opinion"},
        "author": {"slug": "ada-moor", "name": "Ada Moor", "kind": "person"},
        "language": "en",
        "published_at": "2025-10-23T11:00:00Z",
        "tags": ["night"],
    }


def test_a_cursor_stays_good_while_articles_come_and_go() -> None:
    press = Press(*(piece(number) for number in range(10)))
    first = told(ask(press, query="limit=3"))

    press.publish(piece(50))
    press.withdraw("piece-7")  # the very article that the cursor was made of
    second = told(ask(press, query=f"limit=3&cursor={first['next']}"))

    assert [entry["slug"] for entry in second["articles"]] == ["piece-6", "piece-5", "piece-4"]


def test_there_are_lists_by_section_author_and_tag() -> None:
    assert slugs(ask(PRESS, query="section=opinion")) == ["piece-47", "piece-46", "piece-45"]
    assert slugs(ask(PRESS, query="tag=night&limit=2")) == ["piece-47", "piece-46"]
    assert len(slugs(ask(PRESS, query="author=ada-moor&limit=100"))) == 48


def test_a_page_costs_three_gets_at_most_however_long_the_list_is() -> None:
    press = Press(*(piece(number) for number in range(730)))
    after, most, seen = "", 0, 0
    while True:
        press.lists.gets = 0
        page = told(ask(press, query=f"limit=100{after}"))
        most, seen = max(most, press.lists.gets), seen + len(page["articles"])
        if page["next"] is None:
            break
        assert len(page["articles"]) == 100
        after = f"&cursor={page['next']}"

    assert (most, seen) == (3, 730)


def test_an_empty_paper_has_empty_lists() -> None:
    press = Press()

    assert told(ask(press)) == {"articles": [], "next": None}
    assert told(ask(press, "/api/sections")) == {"sections": []}
    assert told(ask(press, "/api/authors")) == {"authors": []}


def test_sections_and_authors_are_told_with_their_articles() -> None:
    sections = told(ask(PRESS, "/api/sections"))["sections"]
    [author] = told(ask(PRESS, "/api/authors"))["authors"]

    assert [(one["slug"], one["name"], one["articles"]) for one in sections] == [
        ("city", "City", 45),
        ("opinion", "Opinion", 3),
    ]
    assert sections[1]["latest_at"] == "2025-10-23T11:00:00Z"
    assert told(ask(PRESS, "/api/authors/ada-moor")) == author
    assert (author["articles"], author["biography"]) == (48, "Writes about the river.")


def test_related_articles_are_those_that_share_most() -> None:
    found = slugs(ask(PRESS, "/api/articles/piece-46/related"))

    assert found[:2] == ["piece-47", "piece-45"]
    assert "piece-46" not in found
    assert len(slugs(ask(PRESS, "/api/articles/piece-3/related"))) == RELATED


def test_what_is_related_to_an_article_moves_and_goes_with_it() -> None:
    press = Press(piece(1), Renamed(1, "old", "piece-1"), Unpublished(1, "gone", NOW))

    moved = ask(press, "/api/articles/old/related").answer
    assert (moved.status, moved.headers["location"]) == (301, "/api/articles/piece-1/related")
    assert ask(press, "/api/articles/gone/related").answer.status == 410
    assert ask(press, "/api/articles/nowhere/related").answer.status == 404


@pytest.mark.parametrize(
    ("path", "query", "tag"),
    [
        ("/api/articles", "", "list-latest"),
        ("/api/articles", "section=opinion", "list-section-opinion"),
        ("/api/articles", "author=ada-moor", "list-author-ada-moor"),
        ("/api/articles", "tag=night", "list-tag-night"),
        ("/api/sections", "", "list-sections"),
        ("/api/authors", "", "list-authors"),
        ("/api/authors/ada-moor", "", "list-author-ada-moor"),
        ("/api/articles/piece-1/related", "", "article-a-1,slug-piece-1," + ",".join(f"slug-{s}" for s in NEIGHBOURS)),
    ],
)
def test_a_list_is_kept_a_day_for_everyone_and_purged_by_its_tag(path: str, query: str, tag: str) -> None:
    first = ask(PRESS, path, query).answer
    again = ask(PRESS, path, query, if_none_match=first.headers["etag"]).answer

    assert first.headers["cache-control"].startswith("public, s-maxage=86400,")
    assert first.headers["cache-tag"] == tag
    assert first.headers["x-rendered-for"] == "anonymous"
    assert (again.status, again.body) == (304, "")
    assert {ask(PRESS, path, query, **as_tier(tier)).answer.body for tier in Tier} == {first.body}
    assert ask(PRESS, path, query, method="HEAD").answer.headers == first.headers


# Noes ---------------------------------------------------------------------------------------------------------------


NO_LIMITS = ("", "0", "101", "-1", "1.0", "1e1", "01", "x", "%31%30%30%30", "9" * 5000, "+1", "%0A1", "1%0A", "½", "１")
NO_CURSORS = ("", "x", "null", "%00", "2026-11-01", "A" * 5000, "%FF", "..", f"{cursor_of(place_of(NOW, 'a'))}%3D")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("page=2", "unknown_parameter"),
        ("sektion=city", "unknown_parameter"),
        ("limit=1&limit=2", "repeated_parameter"),
        ("section=city&section=city", "repeated_parameter"),
        ("section=city&author=ada-moor", "unserved_combination"),
        ("section=city&tag=night", "unserved_combination"),
        ("author=ada-moor&tag=night&section=city", "unserved_combination"),
        ("limit", "invalid_parameter"),
        *[(f"limit={value}", "invalid_parameter") for value in NO_LIMITS],
        *[(f"cursor={value}", "invalid_cursor") for value in NO_CURSORS],
    ],
)
def test_what_cannot_be_asked_for_is_refused_with_the_reason(query: str, code: str) -> None:
    outcome = ask(PRESS, query=query)

    assert (outcome.answer.status, problem_of(outcome)["code"]) == (400, code)
    assert outcome.answer.headers["cache-control"] == NO_STORE


@pytest.mark.parametrize("query", ["section=nowhere", "author=nobody", "tag=nothing"])
def test_a_list_without_an_article_is_not_there_and_forgotten_soon(query: str) -> None:
    outcome = ask(PRESS, query=query)

    assert (outcome.answer.status, problem_of(outcome)["code"]) == (404, "unknown_list")
    assert outcome.answer.headers["cache-control"] == "public, s-maxage=30"
    assert outcome.answer.headers["cache-tag"] == f"list-{query.replace('=', '-')}"


@pytest.mark.parametrize("value", ["", "A", "a/b", "..%2Flatest", "%00", "a--b", "latest/index", "é", "a" * 121])
@pytest.mark.parametrize("where", ["section", "author", "tag", "authors"])
def test_what_is_no_slug_never_reaches_the_store(where: str, value: str) -> None:
    PRESS.lists.gets = 0

    outcome = ask(PRESS, f"/api/authors/{value}") if where == "authors" else ask(PRESS, query=f"{where}={value}")

    assert (outcome.answer.status, PRESS.lists.gets) == (404, 0)


@pytest.mark.parametrize("path", ["/api/articles", "/api/sections", "/api/authors", "/api/authors/ada-moor"])
@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS", "get"])
def test_a_list_can_only_be_read(path: str, method: str) -> None:
    assert problem_of(ask(PRESS, path, method=method))["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    "path", ["/api/sections", "/api/authors", "/api/authors/ada-moor", "/api/articles/piece-1/related"]
)
def test_only_the_list_of_articles_takes_parameters(path: str) -> None:
    assert problem_of(ask(PRESS, path, "limit=1"))["code"] == "unknown_parameter"


def test_a_section_that_has_lost_its_last_article_is_not_there() -> None:
    press = Press(piece(1), piece(2, section=OPINION))

    press.withdraw("piece-2")

    assert ask(press, query="section=opinion").answer.status == 404
    assert [one["slug"] for one in told(ask(press, "/api/sections"))["sections"]] == ["city"]


@pytest.mark.parametrize(
    "path", ["/api/articles", "/api/sections", "/api/authors/ada-moor", "/api/articles/piece-1/related"]
)
def test_a_store_that_fails_is_a_503_that_wakes_us(path: str) -> None:
    press = Press(piece(1))
    press.lists.broken = True

    outcome = ask(press, path)

    assert (outcome.answer.status, problem_of(outcome)["code"]) == (503, "content_unavailable")
    assert outcome.answer.headers["cache-control"] == NO_STORE
    assert outcome.trouble is not None


# What nobody may see ------------------------------------------------------------------------------------------------

PATHS = ("/api/articles", "/api/sections", "/api/authors")


def answers(press: Press, article: Article) -> list[Any]:
    """Every answer that is made of lists, and the article's own."""
    at = f"/api/articles/{article.slug}"
    paths = (*PATHS, f"/api/authors/{article.author.slug}", at, f"{at}/related")
    tags = [f"tag={tag}" for tag in article.tags]
    queries = [f"section={article.section.slug}", f"author={article.author.slug}", *tags]
    return [*(ask(press, path).answer for path in paths), *(ask(press, query=query).answer for query in queries)]


@given(strategies.gated_articles, st.data())
def test_no_list_tells_anything_gated_or_depends_on_it(article: Article, data: st.DataObject) -> None:
    canary = strategies.with_canaries(article, Tier.ANONYMOUS)
    other = data.draw(strategies.with_other_gated_content(canary, Tier.ANONYMOUS))
    neighbour = piece(1, tags=article.tags, section=article.section)

    one, two = (answers(Press(neighbour, each), each) for each in (canary, other))

    assert all(answer.status == 200 for answer in one)
    assert strategies.CANARY not in repr(one)
    assert one == two


@given(strategies.articles)
def test_an_article_whose_time_has_not_come_is_as_if_it_were_not_there(article: Article) -> None:
    early = replace(article, published_at=NOW + dt.timedelta(seconds=1), updated_at=None)

    with_it, without = answers(Press(piece(1), early), early), answers(Press(piece(1)), early)

    assert with_it == without
    assert ask(Press(early), f"/api/articles/{early.slug}", **as_tier(Tier.MEMBER)).answer.status == 404

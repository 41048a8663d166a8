"""The articles function's whole answers, on in-memory doors: statuses, headers, tiers, no leak (R1, R2)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.articles.read import Doors, read
from shared.adapters.pyjwt_passes import PyJwtPasses
from shared.domain.articles import Article, Renamed, Unpublished
from shared.domain.passes import PassState
from shared.domain.tiers import Tier
from shared.http import NO_STORE, Request, request_of
from shared.reading import Outcome
from tests import strategies
from tests.money_twins import MemoryCampaigns
from tests.samples import NIGHT_FERRY
from tests.twins import RING, MemoryArticles, MemoryDocuments, MemoryKeyring, MemoryLists, MemoryPapers

NOW = 1_800_000_000.0
PASSES = PyJwtPasses(MemoryKeyring(RING))
PASS = {tier: PASSES.mint(tier, NOW, 300) for tier in (Tier.SUBSCRIBER, Tier.MEMBER)}
NO_LISTS = MemoryLists(MemoryDocuments())
NOTHING_ELSE = MemoryPapers(None), MemoryCampaigns()
PATH = "/api/articles/night-ferry"


def ask(
    path: str = PATH,
    *stored: Any,
    method: str = "GET",
    query: str = "",
    articles: MemoryArticles | None = None,
    **headers: Any,
) -> Outcome:
    doors = Doors(articles or MemoryArticles(*(stored or (NIGHT_FERRY,))), PASSES, NO_LISTS, *NOTHING_ELSE)
    return read(Request(method, path, query, {k.replace("_", "-"): v for k, v in headers.items()}), doors, NOW)


def as_tier(tier: Tier) -> dict[str, Any]:
    """What the edge sends on for a reader of that tier."""
    return {"x_reader_tier": tier.value, **({"x_reader_pass": PASS[tier]} if tier in PASS else {})}


@pytest.mark.parametrize("tier", Tier)
def test_one_address_answers_each_tier_with_what_it_may_see(tier: Tier) -> None:
    outcome = ask(**as_tier(tier))

    shown = json.loads(outcome.answer.body)
    assert outcome.answer.status == 200
    assert shown["access"]["tier"] == outcome.answer.headers["x-rendered-for"] == tier.value
    assert ("SECRET-MEMBER" in outcome.answer.body) is (tier is Tier.MEMBER)
    assert ("SECRET-SUBSCRIBER" in outcome.answer.body) is (tier >= Tier.SUBSCRIBER)
    assert ("SECRET-LINK" in outcome.answer.body) is (tier >= Tier.SUBSCRIBER)


def test_a_good_answer_may_be_kept_a_day_and_purged_by_tag() -> None:
    headers = ask(**as_tier(Tier.MEMBER)).answer.headers

    assert headers["cache-control"] == "public, s-maxage=86400, stale-while-revalidate=3600, stale-if-error=86400"
    assert headers["cache-tag"] == "article-a-1,slug-night-ferry,section-city,author-ada-moor"
    assert headers["x-pass"] == "valid"
    assert "set-cookie" not in headers


@pytest.mark.parametrize(
    ("claimed", "pass_tier"),
    [
        ("member", None),
        ("subscriber", None),
        ("member", Tier.SUBSCRIBER),
        ("anonymous", Tier.MEMBER),
        ("", Tier.MEMBER),
        ("MEMBER", Tier.MEMBER),
        ("member,member", Tier.MEMBER),
        ("__proto__", Tier.MEMBER),
    ],
)
def test_when_edge_and_pass_differ_the_lower_tier_is_shown_to_nobody_else(claimed: str, pass_tier: Tier | None) -> None:
    headers: dict[str, Any] = {"x_reader_tier": claimed, **({"x_reader_pass": PASS[pass_tier]} if pass_tier else {})}

    outcome = ask(**headers)

    assert outcome.sight.mismatch
    assert outcome.answer.headers["cache-control"] == NO_STORE
    assert "cache-tag" not in outcome.answer.headers
    assert "SECRET-MEMBER" not in outcome.answer.body
    if claimed != "member":
        assert "SECRET" not in outcome.answer.body


@pytest.mark.parametrize(
    "token", ["x", "a.b.c", PASS[Tier.MEMBER] + "=", PASS[Tier.MEMBER][:-1], "x" * 5000, "é", "\x00"]
)
def test_a_pass_that_is_not_one_makes_anyone_of_the_reader_and_never_an_error(token: str) -> None:
    outcome = ask(x_reader_tier="anonymous", x_reader_pass=token)

    assert (outcome.answer.status, outcome.sight.state) == (200, PassState.INVALID)
    assert "SECRET" not in outcome.answer.body


def test_a_pass_for_one_article_opens_no_other() -> None:
    only = PASSES.mint(Tier.MEMBER, NOW, 300, "night-ferry")
    other = replace(NIGHT_FERRY, slug="day-ferry", id="a-9")

    here = ask(PATH, x_reader_tier="member", x_reader_pass=only)
    elsewhere = ask("/api/articles/day-ferry", other, x_reader_tier="member", x_reader_pass=only)

    assert here.sight.tier is Tier.MEMBER
    assert "SECRET-MEMBER" in here.answer.body
    assert (elsewhere.sight.tier, elsewhere.sight.state, elsewhere.sight.mismatch) == (
        Tier.ANONYMOUS,
        PassState.ELSEWHERE,
        True,
    )
    assert "SECRET" not in elsewhere.answer.body


@pytest.mark.parametrize("tier", Tier)
def test_an_entity_tag_saves_the_body_when_nothing_changed_for_that_tier(tier: Tier) -> None:
    first = ask(**as_tier(tier)).answer

    again = ask(if_none_match=first.headers["etag"], **as_tier(tier)).answer

    assert (again.status, again.body) == (304, "")
    assert again.headers == {name: value for name, value in first.headers.items() if name != "content-type"}


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("*", 304),
        ("W/{tag}", 304),
        ('"x", {tag}', 304),
        ('"x"', 200),
        ("", 200),
        ("{bare}", 200),
        ('"', 200),
        (",,,", 200),
        ("é" * 3000, 200),
    ],
)
def test_if_none_match_is_read_as_the_standard_has_it(condition: str, status: int) -> None:
    tag = ask().answer.headers["etag"]

    assert ask(if_none_match=condition.format(tag=tag, bare=tag.strip('"'))).answer.status == status


def test_tiers_have_entity_tags_of_their_own() -> None:
    tags = {ask(**as_tier(tier)).answer.headers["etag"] for tier in Tier}

    assert len(tags) == 3
    assert ask(if_none_match=",".join(tags - {ask().answer.headers["etag"]})).answer.status == 200


def test_head_says_what_get_would_without_saying_it() -> None:
    got, head = ask(), ask(method="HEAD")

    assert head.answer.headers == got.answer.headers
    assert head.answer.to_event(head=True)["body"] == ""


def problem_of(outcome: Outcome) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(outcome.answer.body)
    assert outcome.answer.headers["content-type"] == "application/problem+json"
    assert body["status"] == outcome.answer.status
    assert body["detail"]
    return body


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api",
        "/api/articles/",
        "/api/articles/a/b",
        "/api/articles/a\n",
        "//api/articles/a",
        "/API/articles/a",
        "/articles/night-ferry",
        "/api/articles//night-ferry",
    ],
)
def test_nothing_is_served_elsewhere(path: str) -> None:
    outcome = ask(path)

    assert outcome.answer.status == 404
    assert problem_of(outcome)["code"] in ("unknown_route", "unknown_article")
    assert outcome.answer.headers["cache-control"] == NO_STORE


@pytest.mark.parametrize(
    "slug",
    [
        "NIGHT-FERRY",
        "night--ferry",
        "-night",
        "night.json",
        "..",
        "%2e%2e",
        "night%20ferry",
        "a" * 121,
        "nïght",
        "night_ferry",
        "night-ferry?x",
    ],
)
def test_what_is_not_a_slug_never_reaches_the_store(slug: str) -> None:
    articles = MemoryArticles(NIGHT_FERRY)

    outcome = ask(f"/api/articles/{slug}", articles=articles)

    assert (outcome.answer.status, problem_of(outcome)["code"], articles.reads) == (404, "unknown_article", 0)


def test_an_article_that_is_not_there_is_forgotten_soon_and_by_its_slug() -> None:
    outcome = ask("/api/articles/day-ferry")

    assert problem_of(outcome)["code"] == "unknown_article"
    assert outcome.answer.headers["cache-control"] == "public, s-maxage=30"
    assert outcome.answer.headers["cache-tag"] == "slug-day-ferry"


def test_a_withdrawn_article_is_gone_and_a_renamed_one_is_elsewhere() -> None:
    gone = ask("/api/articles/old", Unpublished(1, "old", NIGHT_FERRY.published_at))
    moved = ask("/api/articles/old", Renamed(1, "old", "night-ferry"))

    assert (gone.answer.status, problem_of(gone)["code"]) == (410, "article_withdrawn")
    assert (moved.answer.status, moved.answer.headers["location"]) == (301, "/api/articles/night-ferry")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", ""])
def test_an_article_can_only_be_read(method: str) -> None:
    outcome = ask(method=method)

    assert (outcome.answer.status, problem_of(outcome)["code"]) == (405, "method_not_allowed")
    assert outcome.answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("query", ["utm_source=x", "a", "=x", "tier=member", "%00=1", "x=1&y=2", "gift=abc"])
def test_an_unknown_parameter_is_refused_and_named(query: str) -> None:
    outcome = ask(query=query)

    assert (outcome.answer.status, problem_of(outcome)["code"]) == (400, "unknown_parameter")


def test_a_store_that_fails_is_answered_without_a_word_of_the_article() -> None:
    articles = MemoryArticles(NIGHT_FERRY)
    articles.broken = True

    outcome = ask(articles=articles, **as_tier(Tier.MEMBER))

    assert (outcome.answer.status, outcome.answer.headers["retry-after"]) == (503, "5")
    assert outcome.answer.headers["cache-control"] == NO_STORE
    assert outcome.trouble is not None
    assert "ferry" not in outcome.answer.body.lower()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"null",
        b"[]",
        b"{",
        b"\xff",
        b'{"status":"\xed\xa0"}',
        b'{"status":"published","body":' + b"[" * 9999,
        b'{"status":"published"}',
        b'{"status":"gold"}',
        b'{"schema":1,"status":"renamed","slug":"other","to":"x"}',
    ],
)
def test_a_corrupted_article_is_a_503_that_wakes_us_and_not_a_stack_trace(raw: bytes) -> None:
    articles = MemoryArticles()
    articles.spoil("night-ferry", raw)

    outcome = ask(articles=articles)

    assert (outcome.answer.status, problem_of(outcome)["code"]) == (503, "content_unavailable")
    assert outcome.trouble is not None


def test_without_a_keyring_everyone_reads_as_anyone() -> None:
    doors = Doors(MemoryArticles(NIGHT_FERRY), PyJwtPasses(MemoryKeyring()), NO_LISTS, *NOTHING_ELSE)
    headers = {"x-reader-tier": "member", "x-reader-pass": PASS[Tier.MEMBER]}

    outcome = read(Request("GET", PATH, "", headers), doors, NOW)

    assert (outcome.answer.status, outcome.sight.state, outcome.sight.tier) == (
        200,
        PassState.UNVERIFIABLE,
        Tier.ANONYMOUS,
    )
    assert "SECRET" not in outcome.answer.body


@given(strategies.gated_articles, strategies.tiers)
def test_no_gated_word_is_anywhere_in_the_answer_to_a_lower_tier(article: Article, reader: Tier) -> None:
    answer = ask(f"/api/articles/{article.slug}", strategies.with_canaries(article, reader), **as_tier(reader)).answer

    assert answer.status == 200
    assert strategies.CANARY not in answer.body + repr(answer.headers)


@given(strategies.gated_articles, strategies.tiers, st.data())
def test_the_whole_answer_to_a_lower_tier_does_not_depend_on_what_is_gated(
    article: Article, reader: Tier, data: st.DataObject
) -> None:
    other = data.draw(strategies.with_other_gated_content(article, reader))
    path = f"/api/articles/{article.slug}"

    one, two = (ask(path, stored, **as_tier(reader)).answer for stored in (article, other))

    assert one == two


def test_a_request_is_read_from_the_event_of_a_function_url() -> None:
    event = {
        "version": "2.0",
        "rawPath": PATH,
        "rawQueryString": "",
        "headers": {"x-reader-tier": "anonymous"},
        "requestContext": {"http": {"method": "HEAD", "path": PATH}},
    }

    request = request_of(event)

    assert (request.method, request.path, request.header("x-reader-tier")) == ("HEAD", PATH, "anonymous")

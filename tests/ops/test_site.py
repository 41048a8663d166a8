"""What readers do not get as they should is named, and so is whoever answers strangers past the edge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from infra.ops.site import HttpWeb, Reply, Unreachable, problems_of_site, problems_past_the_edge
from tests.ops.web_twin import API, ARTICLE, AT, FUNCTION, KEPT, SITE, WellRead, served


class Paper(WellRead):
    """With what is told of it."""

    def problems(self) -> list[tuple[str, str, str]]:
        past = problems_past_the_edge(self, AT, {"ArticlesFunction": FUNCTION})
        return [*problems_of_site(self, AT), *past]


def test_of_a_paper_that_is_well_nothing_is_told() -> None:
    assert Paper().problems() == []


def test_a_paper_without_articles_is_well_too() -> None:
    paper = Paper()
    paper.change(f"{SITE}/api/articles?limit=1", body=b'{"articles":[],"next":null}')

    assert paper.problems() == []


def test_an_address_where_nobody_answers_is_told_of_once() -> None:
    paper = Paper()
    paper.replies[f"{SITE}/"] = None

    [(subject, words, cure)] = paper.problems()

    assert (subject, words) == (SITE, "nobody answers (gaierror: no such name)")
    assert "d1.cloudfront.net" in cure


def test_an_address_that_leads_elsewhere_is_told_of_once() -> None:
    paper = Paper()
    paper.replies[f"{SITE}/"] = Reply(200, {"content-type": "text/html", "server": "nginx"})

    [(_, words, cure)] = paper.problems()

    assert "it is not the edge" in words
    assert "d1.cloudfront.net" in cure


@pytest.mark.parametrize(
    ("url", "changes", "subject", "words"),
    [
        (
            f"{SITE}/",
            {"status": 503, "body": b'{"code":"content_unavailable"}'},
            "the front page",
            "503 (content_unavailable)",
        ),
        (f"{SITE}/", {"status": 502, "body": b"<h1>"}, "the front page", "502"),
        (f"{SITE}/api/articles?limit=1", {"status": 504}, "/api/articles", "504"),
        (f"{SITE}/api/articles?limit=1", {"body": b"<html>"}, "/api/articles", "no list"),
        (f"{SITE}/api/articles?limit=1", {"body": b"[1]"}, "/api/articles", "no list"),
        (SITE + ARTICLE, {"status": 500, "body": b'{"code":7}'}, ARTICLE, "readers get 500"),
        (SITE + ARTICLE, {"headers": {"content-type": "text/html"}}, ARTICLE, "readers get 200"),
        (f"{SITE}/media/member/nothing.mp3", {"status": 404}, "/media/member/", "strangers get 404"),
        (f"{SITE}/media/member/nothing.mp3", {"body": b"<Error>"}, "/media/member/", "not the word"),
        (f"{SITE}/api/members/me", {"status": 503, "body": b""}, "/api/members/me", "503"),
        (FUNCTION, {"status": 200}, "ArticlesFunction", "answers strangers at its own address (200)"),
        (f"{API}/api/members/me", {"status": 401}, "PersonalApi", "past the edge (401)"),
    ],
)
def test_what_is_not_as_it_should_be_is_named(url: str, changes: dict[str, Any], subject: str, words: str) -> None:
    paper = Paper()
    paper.change(url, **changes)

    [(about, told, cure)] = paper.problems()

    assert about == subject
    assert words in told
    assert cure


def test_headers_that_are_missing_are_named() -> None:
    paper = Paper()
    paper.change(f"{SITE}/", headers={"content-type": "text/html", **KEPT, "referrer-policy": "no-referrer"})

    [(_, words, _)] = paper.problems()

    assert "strict-transport-security, x-content-type-options, content-security-policy" in words


def test_an_edge_that_believes_strangers_is_named_for_each_tier() -> None:
    """R3."""
    paper = Paper()
    paper.trusting = True

    assert [words for _, words, _ in paper.problems()] == [
        "a stranger who says “member” gets what is made for member",
        "a stranger who says “subscriber” gets what is made for subscriber",
    ]


def test_an_edge_that_keeps_nothing_is_named() -> None:
    paper = Paper()
    paper.change(SITE + ARTICLE, headers={"content-type": "application/json", "x-rendered-for": "anonymous"})

    [(subject, words, _)] = paper.problems()

    assert (subject, words) == (ARTICLE, "the edge keeps no copy: every read reaches a function")


def test_where_the_api_cannot_be_asked_it_is_not() -> None:
    paper = Paper()
    del paper.replies[f"{API}/api/members/me"]

    assert [*problems_past_the_edge(paper, replace(AT, personal=None), {})] == []


# Asking, over a socket ------------------------------------------------------------------------------------------------


class Echo(WellRead):
    """Says what it was asked, and with which tier; at `/moved` it sends elsewhere."""

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Reply:
        tier = (headers or {}).get("x-reader-tier")
        return Reply(302 if url.endswith("/moved") else 200, {"X-Cache": "Hit"}, f"{url} {tier}".encode())


@pytest.fixture(scope="module")
def there() -> Iterator[str]:
    with served(Echo()) as address:
        yield address


def test_it_asks_with_the_headers_it_is_given_and_reads_what_comes(there: str) -> None:
    reply = HttpWeb().get(f"{there}/a?b=c", {"x-reader-tier": "member"})

    assert (reply.status, reply.body, reply.headers["x-cache"]) == (200, f"{SITE}/a?b=c member".encode(), "Hit")


def test_it_follows_nobody(there: str) -> None:
    assert HttpWeb().get(f"{there}/moved").status == 302


def test_where_nobody_listens_it_says_so_in_a_line() -> None:
    with pytest.raises(Unreachable, match="ConnectionRefusedError"):
        HttpWeb().get("http://127.0.0.1:9/")
    with pytest.raises(Unreachable):
        HttpWeb().get("http://no-such-name.invalid/")

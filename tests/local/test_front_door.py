"""The steps of a request through the edge: functions, key, origin, policies, in CloudFront's order."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from infra.local.edge_cache import EdgeCache
from infra.local.edge_runtime import EdgeFunction
from infra.local.front_door import Edge
from infra.local.local_pages import LocalPages
from infra.local.messages import Answer, Request
from infra.local.policies import Distribution, EdgeSource, OriginRequestPolicy, ResponseHeadersPolicy, Selection
from tests.local.edge import behaviour, outcome, said

ADDRESS = "192.0.2.1"
TIER = """
function handler(event) {
  const request = event.request;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { statusCode: 405, headers: { allow: { value: 'GET, HEAD' } }, body: 'no' };
  }
  if (request.uri === '/throw') throw new Error('planted');
  request.headers['x-reader-tier'] = { value: request.cookies.pass ? 'member' : 'anonymous' };
  request.headers['x-pass-state'] = { value: 'valid' };
  request.cookies = {};
  return request;
}
"""
MARK = """
function handler(event) {
  event.response.headers['x-marked'] = { value: event.request.headers['x-pass-state'].value };
  return event.response;
}
"""


class Origin:
    """Answers what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.says: Callable[[Request], Answer] = lambda request: said()

    def answer(self, request: Request) -> Answer:
        self.asked.append(request)
        return self.says(request)


class Door:
    """A front door with one behaviour, and the way to it."""

    def __init__(self, **changes: Any) -> None:
        rules = replace(
            behaviour(),
            viewer_request=EdgeSource("Request", TIER),
            viewer_response=EdgeSource("Response", MARK),
            forwards=OriginRequestPolicy(headers=Selection("whitelist", frozenset({"x-reader-pass"}))),
        )
        shape = Distribution((replace(rules, **changes),), {}, "cache-tag")
        self.origin = Origin()
        self.edge = Edge(
            distribution=shape,
            distribution_id="D",
            functions={
                "Request": EdgeFunction(TIER, lambda key: None),
                "Response": EdgeFunction(MARK, lambda key: None),
            },
            origins={"function": self.origin},
            cache=EdgeCache(shape, lambda: 0.0),
            pages=LocalPages("http://site", (), list).answer,
        )

    def get(self, path: str = "/a", method: str = "GET", **parts: Any) -> Answer:
        return self.edge.respond(Request(method, path, **parts), ADDRESS)


@pytest.fixture
def door() -> Door:
    return Door()


def test_the_function_decides_the_key_not_the_viewer(door: Door) -> None:
    door.origin.says = lambda request: said((request.header("x-reader-tier") or "").encode())
    claims = (("x-reader-tier", "member"), ("x-reader-tier", "member"))
    assert door.get(headers=claims).body == b"anonymous"
    assert door.get(cookies=(("pass", "1"),)).body == b"member"


def test_the_origin_gets_what_the_policies_let_through_and_nothing_else(door: Door) -> None:
    door.get(
        query=(("section", "city"), ("utm", "1")),
        headers=(("x-reader-pass", "token"), ("user-agent", "curl"), ("x-forwarded-host", "evil"), ("host", "site")),
        cookies=(("session", "1"),),
    )
    (asked,) = door.origin.asked
    assert asked.query == (("section", "city"),)
    assert asked.cookies == ()
    assert dict(asked.headers) | {"x-amz-cf-id": ""} == {
        "x-reader-tier": "anonymous",
        "x-reader-pass": "token",
        "host": "function.example",
        "user-agent": "Amazon CloudFront",
        "x-amz-cf-id": "",
        "via": asked.header("via"),
    }


def test_the_viewers_conditions_are_answered_at_the_edge(door: Door) -> None:
    answer = door.get(headers=(("if-none-match", '"1"'), ("range", "bytes=0-1")))
    assert answer.status == 304
    assert door.origin.asked[0].header("if-none-match") is None


def test_the_response_function_runs_on_misses_and_hits(door: Door) -> None:
    answers = [door.get(), door.get()]
    assert [(outcome(answer), answer.header("x-marked")) for answer in answers] == [("Miss", "valid"), ("Hit", "valid")]


def test_the_response_function_does_not_run_on_errors(door: Door) -> None:
    door.origin.says = lambda request: said(status=404)
    assert door.get().header("x-marked") is None


def test_what_the_request_function_answers_passes_neither_cache_nor_response_function(door: Door) -> None:
    answer = door.get(method="POST")
    assert (answer.status, answer.header("allow"), answer.body) == (405, "GET, HEAD", b"no")
    assert answer.header("x-cache") == "FunctionGeneratedResponse from frontline"
    assert answer.header("x-marked") is None
    assert door.origin.asked == []


def test_a_function_that_throws_is_a_503_without_content(door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    answer = door.get("/throw")
    assert answer.status == 503
    assert b"planted" not in answer.body
    assert "planted" in capsys.readouterr().err
    assert door.origin.asked == []


def test_a_method_that_the_distribution_does_not_take_is_403(door: Door) -> None:
    assert door.get(method="BREW").status == 403


def test_headers_of_the_policy_are_on_every_answer_and_not_in_the_cache() -> None:
    policy = ResponseHeadersPolicy(
        sets=(("cache-control", "private, no-cache", True), ("x-own", "policy", False), ("x-new", "1", False)),
        removes=frozenset({"cache-tag"}),
    )
    door = Door(response_headers=policy)
    door.origin.says = lambda request: said(x_own="origin", cache_tag="article-1")
    for answer in (door.get(), door.get()):
        assert answer.header("cache-control") == "private, no-cache"
        assert (answer.header("x-own"), answer.header("x-new")) == ("origin", "1")
        assert answer.header("cache-tag") is None
    assert door.edge.cache.purge(["#article-1"]) == 1
    door.origin.says = lambda request: said(status=503)
    assert door.get().header("x-new") == "1"


def test_the_tag_header_stays_where_no_policy_removes_it(door: Door) -> None:
    door.origin.says = lambda request: said(cache_tag="article-1")
    assert door.get().header("cache-tag") == "article-1"


@pytest.mark.parametrize("path", ["/_local/", "/_local", "/_local/outbox", "/_local/outbox.json", "/_local/purge.json"])
def test_this_machines_pages_come_before_everything(door: Door, path: str) -> None:
    assert door.get(path).status == 200
    assert door.origin.asked == []


def test_the_start_page_leads_to_lists_feeds_and_maps(door: Door) -> None:
    page = door.get("/_local/").body.decode()
    for path in ("/api/articles?limit=5", "/api/sections", "/api/authors", "/feeds/rss.xml", "/sitemap.xml"):
        assert f'href="{path}"' in page


def test_an_unknown_page_of_this_machine_says_which_there_are(door: Door) -> None:
    answer = door.get("/_local/till")
    assert answer.status == 404
    assert b"/_local/outbox.json" in answer.body
    assert door.get("/_locals").status == 200


def test_an_empty_outbox_is_an_empty_list(door: Door) -> None:
    assert door.get("/_local/outbox.json").body == b"[]"

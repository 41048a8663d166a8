"""The steps of a request through the edge: functions, key, origin, policies, in CloudFront's order."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from infra.local.edge_cache import EdgeCache
from infra.local.edge_runtime import EdgeFunction
from infra.local.front_door import Edge
from infra.local.local_pages import LocalPages
from infra.local.messages import Answer, OriginUnreachableError, Request
from infra.local.policies import (
    CachePolicy,
    Distribution,
    EdgeSource,
    ErrorPage,
    OriginRequestPolicy,
    ResponseHeadersPolicy,
    Selection,
)
from tests.local.edge import BUCKET, FUNCTION, KEPT, behaviour, outcome, said

ADDRESS = "192.0.2.1"
SORRY = b"<p>We are not to be had at the moment. Try again soon.</p>"
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
    """A front door with one behaviour, a page for when it fails, and the way to it."""

    def __init__(self, **changes: Any) -> None:
        rules = replace(
            behaviour(),
            viewer_request=EdgeSource("Request", TIER),
            viewer_response=EdgeSource("Response", MARK),
            forwards=OriginRequestPolicy(headers=Selection("whitelist", frozenset({"x-reader-pass"}))),
        )
        files = replace(behaviour(CachePolicy(default_ttl=60), BUCKET), pattern="/static/*")
        ttls = dict.fromkeys((500, 502, 504), 0.0)
        pages = {502: ErrorPage("/static/sorry.html", 502), 504: ErrorPage("/static/sorry.html", 504)}
        self.now = 0.0
        self.played: list[tuple[str, str, str]] = []
        shape = Distribution((files, replace(rules, **changes)), ttls, "cache-tag", pages)
        self.origin, self.bucket = Origin(), Origin()
        self.bucket.says = lambda request: said(SORRY, None, content_type="text/html", etag='"page"')
        self.edge = Edge(
            distribution=shape,
            distribution_id="D",
            functions={
                "Request": EdgeFunction(TIER, lambda key: None),
                "Response": EdgeFunction(MARK, lambda key: None),
            },
            origins={"function": self.origin, "bucket": self.bucket},
            cache=EdgeCache(shape, lambda: self.now),
            pages=LocalPages("http://site", (), list, lambda tier: f"a-pass-for-{tier}", self.play, self.till).answer,
        )

    def till(self, request: Request) -> Answer:
        return Answer(200, (("content-type", "text/plain"),), f"the till: {request.method} {request.url}".encode())

    def play(self, event: str, to: str, kind: str) -> int:
        self.played.append((event, to, kind))
        return 1

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
        "x-forwarded-for": "192.0.2.1",
        "via": asked.header("via"),
    }


ALL_BUT_HOST = OriginRequestPolicy(
    headers=Selection("allExcept", frozenset({"host"})), query=Selection("all"), cookies=Selection("all")
)


def test_where_all_but_the_host_is_let_through_the_origin_gets_the_rest_as_it_came() -> None:
    door = Door(cache=CachePolicy(0, 0, 0), forwards=ALL_BUT_HOST, viewer_request=None, viewer_response=None)
    sent = (
        *(
            ("host", "site"),
            ("user-agent", "curl"),
            ("accept-encoding", "gzip, br;q=0.5"),
            ("authorization", "Bearer x"),
        ),
        *(("content-type", "application/json"), ("origin", "https://site"), ("if-none-match", '"2"')),
        *(
            ("x-forwarded-for", "203.0.113.9"),
            ("connection", "keep-alive"),
            ("te", "trailers"),
            ("content-length", "99"),
        ),
    )
    cookies, query = (("__Host-session", "s"), ("b", "2"), ("b", "3")), (("next", "%2F"), ("utm", "1"))
    door.get("/account", "POST", headers=sent, cookies=cookies, query=query, body=b"{}")
    (asked,) = door.origin.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/account", b"{}")
    assert (asked.cookies, asked.query) == (cookies, query)
    assert {name: asked.header(name) for name, _ in asked.headers if name not in {"via", "x-amz-cf-id"}} == {
        "host": "function.example",
        "user-agent": "curl",
        "accept-encoding": "gzip, br;q=0.5",
        "authorization": "Bearer x",
        "content-type": "application/json",
        "content-length": "2",
        "origin": "https://site",
        "if-none-match": '"2"',
        "x-forwarded-for": f"203.0.113.9, {ADDRESS}",
    }


def test_the_origins_own_header_stands_in_place_of_the_viewers() -> None:
    origin = replace(FUNCTION, headers=(("x-edge-proof", "secret"),))
    door = Door(origin=origin, forwards=ALL_BUT_HOST, viewer_request=None, viewer_response=None)
    door.get(headers=(("x-edge-proof", "guess"), ("x-edge-proof", "another")))
    assert door.origin.asked[0].header("x-edge-proof") == "secret"


def test_what_is_not_kept_is_asked_for_each_time_and_keeps_its_cookies() -> None:
    door = Door(cache=CachePolicy(0, 0, 0), forwards=ALL_BUT_HOST, viewer_request=None, viewer_response=None)
    door.origin.says = lambda request: said(cache_control="public, s-maxage=100").having((("set-cookie", "a=1"),))
    answers = [door.get(), door.get()]
    assert [outcome(answer) for answer in answers] == ["Miss", "Miss"]
    assert [answer.header("set-cookie") for answer in answers] == ["a=1", "a=1"]


@pytest.mark.parametrize(
    ("path", "event", "query"),
    [
        ("/_local/bounce", ("Bounce", "a+b@example.org", "Permanent"), (("to", "a+b%40example.org"),)),
        ("/_local/bounce", ("Bounce", "a@b", "Transient"), (("to", "a@b"), ("type", "transient"))),
        ("/_local/complaint", ("Complaint", "a@b", "Permanent"), (("to", "a@b"),)),
    ],
)
def test_feedback_is_played_for_an_address(
    door: Door, path: str, event: tuple[str, str, str], query: tuple[tuple[str, str], ...]
) -> None:
    answer = door.get(path, "POST", query=query)
    assert (answer.status, door.played) == (200, [event])
    assert json.loads(answer.body) == {"event": event[0], "to": event[1], "told": 1}


@pytest.mark.parametrize("query", [(), (("to", ""),), (("to", "a@b"), ("type", "odd"))])
def test_feedback_for_nobody_or_of_an_unknown_kind_is_refused(door: Door, query: tuple[tuple[str, str], ...]) -> None:
    assert door.get("/_local/bounce", "POST", query=query).status == 400
    assert door.played == []


def test_looking_at_feedback_plays_nothing(door: Door) -> None:
    answer = door.get("/_local/bounce", query=(("to", "a@b"),))
    assert (answer.status, answer.header("allow"), door.played) == (405, "POST", [])


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


# Pages in place of errors --------------------------------------------------------------------------------------------


def _gone(status: int) -> Callable[[Request], Answer]:
    def answer(request: Request) -> Answer:
        raise OriginUnreachableError(status, "planted")

    return answer


@pytest.mark.parametrize("status", [502, 504])
@pytest.mark.parametrize("says", [lambda status: lambda request: said(b"broken: secret", None, status), _gone])
def test_an_error_that_has_a_page_is_answered_by_it_under_its_own_status(
    door: Door, status: int, says: Callable[[int], Callable[[Request], Answer]]
) -> None:
    door.origin.says = says(status)
    answer = door.get()
    assert (answer.status, answer.body, answer.header("content-type")) == (status, SORRY, "text/html")
    assert (outcome(answer), answer.header("x-marked")) == ("Error", None)


def test_an_error_that_has_no_page_stays_what_it_is(door: Door) -> None:
    door.origin.says = lambda request: said(b"in the function's own words", None, 503)
    assert (door.get().status, door.get().body) == (503, b"in the function's own words")
    assert door.bucket.asked == []


def test_the_page_is_asked_for_with_nothing_of_the_viewer_and_kept(door: Door) -> None:
    door.origin.says = _gone(504)
    mine = (("range", "bytes=0-1"), ("if-none-match", '"page"'), ("x-reader-pass", "token"), ("accept-encoding", "br"))
    parts: dict[str, Any] = {"headers": mine, "cookies": (("pass", "1"),), "query": (("section", "a"),)}
    answers = [door.get(path, **parts) for path in ("/a", "/b")]
    assert [(answer.status, answer.body) for answer in answers] == [(504, SORRY)] * 2
    (asked,) = door.bucket.asked
    assert (asked.path, asked.query, asked.cookies) == ("/static/sorry.html", (), ())
    assert {name for name, _ in asked.headers} == {"host", "user-agent", "x-amz-cf-id", "via"}


def test_the_page_has_no_body_for_head(door: Door) -> None:
    door.origin.says = _gone(502)
    answer = door.get(method="HEAD")
    assert (answer.status, answer.body, answer.header("content-length")) == (502, b"", str(len(SORRY)))


def test_a_stale_copy_comes_before_the_page_and_the_page_goes_when_the_trouble_does(door: Door) -> None:
    door.get()
    door.origin.says, door.now = _gone(504), 200.0
    assert (door.get().status, door.get("/other").status) == (200, 504)
    door.origin.says = lambda request: said(b"again")
    assert door.get("/other").body == b"again"


def test_the_page_has_the_headers_of_the_path_that_was_asked_for() -> None:
    door = Door(response_headers=ResponseHeadersPolicy(sets=(("cache-control", "private, no-cache", True),)))
    door.origin.says = _gone(502)
    door.bucket.says = lambda request: said(SORRY, KEPT)
    assert door.get().header("cache-control") == "private, no-cache"


@pytest.mark.parametrize(
    ("says", "status"),
    [
        pytest.param(lambda request: said(b"<Error>", None, 403), 403, id="no such page"),
        pytest.param(_gone(504), 504, id="no bucket either"),
    ],
)
def test_where_the_page_is_not_to_be_had_its_own_error_is_the_answer(
    door: Door, says: Callable[[Request], Answer], status: int
) -> None:
    """CloudFront's word for it; and the page's error has no page."""
    door.origin.says, door.bucket.says = _gone(502), says
    answer = door.get()
    assert (answer.status, outcome(answer)) == (status, "Error")
    assert len(door.bucket.asked) == 1


# What exists only here -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/_local/", "/_local", "/_local/outbox", "/_local/outbox.json", "/_local/purge.json"])
def test_this_machines_pages_come_before_everything(door: Door, path: str) -> None:
    assert door.get(path).status == 200
    assert door.origin.asked == []


def test_the_start_page_leads_to_lists_feeds_and_maps(door: Door) -> None:
    page = door.get("/_local/").body.decode()
    for path in ("/api/articles?limit=5", "/api/sections", "/api/authors", "/feeds/rss.xml", "/sitemap.xml"):
        assert f'href="{path}"' in page


def test_an_unknown_page_of_this_machine_says_which_there_are(door: Door) -> None:
    answer = door.get("/_local/nothing")
    assert answer.status == 404
    assert b"/_local/outbox.json" in answer.body
    assert door.get("/_locals").status == 200


def test_an_empty_outbox_is_an_empty_list(door: Door) -> None:
    assert door.get("/_local/outbox.json").body == b"[]"


def test_one_can_go_on_as_another_reader(door: Door) -> None:
    for tier, cookie in (("member", "a-pass-for-member; Path=/; Max-Age=86400"), ("anonymous", "; Path=/; Max-Age=0")):
        answer = door.get(f"/_local/as/{tier}")
        assert (answer.status, answer.header("location")) == (303, "/")
        assert answer.header("set-cookie") == f"__Host-pass={cookie}; Secure; HttpOnly; SameSite=Lax"
    assert door.get("/_local/as/editor").status == 404


@pytest.mark.parametrize("path", ["/_local/till", "/_local/till/", "/_local/till.json", "/_local/till/v1/customers"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_the_till_answers_for_itself_whatever_the_method(door: Door, path: str, method: str) -> None:
    assert door.get(path, method, query=(("limit", "1"),)).body.decode() == f"the till: {method} {path}?limit=1"
    assert (door.origin.asked, door.bucket.asked) == ([], [])


def test_what_only_begins_like_the_till_is_not_there(door: Door) -> None:
    assert door.get("/_local/tiller").status == 404
    assert "/_local/till" in door.get("/_local/").body.decode()

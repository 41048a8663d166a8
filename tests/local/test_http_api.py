"""Functions behind API Gateway's HTTP API: its events, its answers, and what it says itself."""

import ast
import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from infra.local.api_routes import Route
from infra.local.distribution import FunctionSpec
from infra.local.http_api import EDGE_ADDRESS, LARGEST_BODY, LARGEST_HEAD, HttpApi
from infra.local.messages import Answer, OriginUnreachableError, Request
from infra.local.policies import ApiOrigin
from infra.local.workers import FunctionPool

SPEC = FunctionSpec("Tried", "frontline-Tried", "tests.local.handlers.handler", 1, 256, {})
ROUTES = (
    Route("ANY /api/{proxy+}", "Tried", 30),
    Route("GET /event", "Tried", 30),
    Route("GET /quick/sleep", "Tried", 0.2),
)
ORIGIN = ApiOrigin("api", "abc.execute-api.us-east-1.amazonaws.com", ROUTES, read_timeout=5, attempts=2)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FunctionPool]:
    pool = FunctionPool(SPEC, "http://127.0.0.1:9", tmp_path_factory.mktemp("log") / "Tried.jsonl", size=1)
    yield pool
    pool.stop()


@pytest.fixture
def api(pool: FunctionPool) -> HttpApi:
    return HttpApi({"Tried": pool}, ORIGIN)


def _said(answer: Answer) -> tuple[int, bytes, str | None]:
    return answer.status, answer.body, answer.header("content-type")


def test_the_event_is_of_payload_format_2(api: HttpApi) -> None:
    request = Request(
        "POST",
        "/api/members/event",
        (("next", "%2Fa"), ("x", "1"), ("x", "2")),
        (
            *(("x-a", "1"), ("x-a", "2"), ("user-agent", "curl"), ("content-type", "application/json; charset=utf-8")),
            *(("x-forwarded-for", "192.0.2.1"), ("x-forwarded-proto", "http")),
        ),
        (("__Host-session", "1"), ("b", "2")),
        '{"email":"é"}'.encode(),
    )
    answer = api.answer(request)
    event = ast.literal_eval(answer.body.decode())
    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "ANY /api/{proxy+}", "/api/members/event")
    assert (event["rawQueryString"], event["pathParameters"]) == ("next=%2Fa&x=1&x=2", {"proxy": "members/event"})
    assert event["queryStringParameters"] == {"next": "/a", "x": "1,2"}
    assert event["cookies"] == ["__Host-session=1", "b=2"]
    headers = event["headers"]
    assert headers.pop("x-amzn-trace-id").startswith("Root=1-")
    assert headers == {
        "x-a": "1, 2",
        "user-agent": "curl",
        "content-type": "application/json; charset=utf-8",
        "x-forwarded-for": f"192.0.2.1, {EDGE_ADDRESS}",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }
    assert (event["body"], event["isBase64Encoded"]) == ('{"email":"é"}', False)
    context = event["requestContext"]
    assert (context["apiId"], context["routeKey"], context["stage"]) == ("abc", "ANY /api/{proxy+}", "$default")
    assert context["http"] == {
        "method": "POST",
        "path": "/api/members/event",
        "protocol": "HTTP/1.1",
        "sourceIp": EDGE_ADDRESS,
        "userAgent": "curl",
    }
    assert [value for name, value in answer.headers if name == "set-cookie"] == ["a=1", "b=2"]
    assert answer.header("apigw-requestid")
    assert answer.header("content-type") == "text/plain;charset=UTF-8"


def test_without_body_cookies_query_and_variables_the_event_has_none(api: HttpApi) -> None:
    event = ast.literal_eval(api.answer(Request("GET", "/event")).body.decode())
    assert event.keys().isdisjoint({"body", "cookies", "queryStringParameters", "pathParameters"})


@pytest.mark.parametrize(
    ("kind", "is_text"),
    [
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("text/plain", True),
        ("application/xml", True),
        ("application/javascript", True),
        ("application/x-www-form-urlencoded", False),
        ("application/problem+json", False),
        ("application/octet-stream", False),
        (None, False),
    ],
)
def test_a_body_is_text_or_base64_by_its_type(api: HttpApi, kind: str | None, is_text: bool) -> None:
    headers = (("content-type", kind),) if kind else ()
    event = ast.literal_eval(api.answer(Request("POST", "/api/event", (), headers, body=b"a=1")).body.decode())
    assert event["isBase64Encoded"] is not is_text
    assert event["body"] == ("a=1" if is_text else base64.b64encode(b"a=1").decode())


def test_a_plain_value_is_a_json_answer(api: HttpApi) -> None:
    assert _said(api.answer(Request("GET", "/api/plain"))) == (200, b'{"hello": "world"}', "application/json")


def test_a_binary_answer_is_decoded(api: HttpApi) -> None:
    assert api.answer(Request("GET", "/api/binary")).body == b"\x00\xff"


@pytest.mark.parametrize("path", ["raise", "exit", "unspeakable", "bad-base64", "bad-status", "huge", "sleep"])
def test_a_function_that_fails_is_a_500_that_says_nothing(api: HttpApi, path: str) -> None:
    answer = api.answer(Request("POST", f"/api/{path}"))
    assert _said(answer) == (500, b'{"message":"Internal Server Error"}', "application/json")


def test_a_function_that_takes_longer_than_its_route_is_a_503(api: HttpApi) -> None:
    answer = api.answer(Request("GET", "/quick/sleep"))
    assert _said(answer) == (503, b'{"message":"Service Unavailable"}', "application/json")


def test_when_the_edge_waits_no_longer_nobody_has_answered(pool: FunctionPool) -> None:
    with pytest.raises(OriginUnreachableError) as caught:
        HttpApi({"Tried": pool}, replace(ORIGIN, read_timeout=0.2)).answer(Request("POST", "/api/sleep"))
    assert caught.value.status == 504


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("POST", "/event"), ("GET", "/api/"), ("GET", "/other")])
def test_what_has_no_route_reaches_no_function(api: HttpApi, pool: FunctionPool, method: str, path: str) -> None:
    before = pool.calls
    assert _said(api.answer(Request(method, path))) == (404, b'{"message":"Not Found"}', "application/json")
    assert pool.calls == before


def test_what_is_too_long_reaches_no_function(api: HttpApi, pool: FunctionPool) -> None:
    before = pool.calls
    assert api.answer(Request("POST", "/api/event", body=b"x" * (LARGEST_BODY + 1))).status == 413
    assert api.answer(Request("GET", "/event", headers=(("x-a", "a" * LARGEST_HEAD),))).status == 431
    assert api.answer(Request("GET", "/event", cookies=(("a", "a" * LARGEST_HEAD),))).status == 431
    assert pool.calls == before


def test_a_head_has_the_headers_alone(api: HttpApi) -> None:
    answer = api.answer(Request("HEAD", "/api/binary"))
    assert (answer.status, answer.body) == (200, b"")


def test_a_stopped_function_cannot_be_reached(tmp_path: Path) -> None:
    stopped = FunctionPool(SPEC, "http://127.0.0.1:9", tmp_path / "Tried.jsonl", size=1)
    stopped.stop()
    with pytest.raises(OriginUnreachableError):
        HttpApi({"Tried": stopped}, ORIGIN).answer(Request("GET", "/event"))

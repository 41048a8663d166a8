"""Functions in processes of their own, called through a function URL."""

import ast
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from infra.local.distribution import FunctionSpec
from infra.local.messages import OriginUnreachableError, Request
from infra.local.origins import FunctionUrl
from infra.local.policies import FunctionOrigin
from infra.local.workers import FunctionPool, environment

SPEC = FunctionSpec("Tried", "frontline-Tried", "tests.local.handlers.handler", 5, 256, {"COLOUR": "blue"})
ORIGIN = FunctionOrigin("tried", "tried.example", "Tried", read_timeout=5, attempts=2)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "Tried.jsonl"


@pytest.fixture(scope="module")
def pool(log: Path) -> Iterator[FunctionPool]:
    pool = FunctionPool(SPEC, "http://127.0.0.1:9", log, size=1)
    yield pool
    pool.stop()


@pytest.fixture
def url(pool: FunctionPool) -> FunctionUrl:
    return FunctionUrl(pool, ORIGIN)


def _body(url: FunctionUrl, path: str) -> str:
    answer = url.answer(Request("GET", path))
    assert answer.status == 200
    return answer.body.decode()


def test_the_event_is_of_payload_format_2(url: FunctionUrl) -> None:
    request = Request(
        "GET",
        "/a/%41/event",
        (("x", "%20"), ("x", "2"), ("y", "")),
        (("x-a", "1"), ("x-a", "2"), ("user-agent", "Amazon CloudFront")),
        (("c", "1"), ("d", "2")),
    )
    event = ast.literal_eval(url.answer(request).body.decode())
    assert (event["version"], event["routeKey"], event["isBase64Encoded"]) == ("2.0", "$default", False)
    assert (event["rawPath"], event["rawQueryString"]) == ("/a/%41/event", "x=%20&x=2&y=")
    assert event["queryStringParameters"] == {"x": " ,2", "y": ""}
    assert event["headers"] == {"x-a": "1, 2", "user-agent": "Amazon CloudFront"}
    assert event["cookies"] == ["c=1", "d=2"]
    assert event["requestContext"]["http"] == {
        "method": "GET",
        "path": "/a/%41/event",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "Amazon CloudFront",
    }


def test_a_body_comes_as_text_or_as_base64(url: FunctionUrl) -> None:
    events = [
        ast.literal_eval(url.answer(Request("POST", "/event", body=body)).body.decode())
        for body in (b"\xc3\xa9", b"\xff")
    ]
    assert [(event["body"], event["isBase64Encoded"]) for event in events] == [("é", False), ("/w==", True)]


def test_headers_and_cookies_of_an_answer_come_through(url: FunctionUrl) -> None:
    answer = url.answer(Request("GET", "/event"))
    assert answer.header("x-seen") == "1"
    assert [value for name, value in answer.headers if name == "set-cookie"] == ["a=1", "b=2"]
    assert answer.header("content-length") == str(len(answer.body))


def test_a_handler_has_a_context_as_on_lambda(url: FunctionUrl) -> None:
    name, request_id, left = _body(url, "/context").split()
    assert name == "frontline-Tried"
    assert len(request_id) == 36
    assert 3_000 < int(left) <= 5_000


def test_a_process_answers_one_event_after_the_other(url: FunctionUrl) -> None:
    first, second = _body(url, "/calls").split(), _body(url, "/calls").split()
    assert first[0] == second[0]
    assert int(second[1]) == int(first[1]) + 1


def test_the_environment_is_the_functions_own(url: FunctionUrl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "somebody's real key")
    environment = ast.literal_eval(_body(url, "/environment"))
    assert environment["COLOUR"] == "blue"
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"
    assert environment["AWS_SECRET_ACCESS_KEY"] == "local"
    assert "HOME" not in environment


def test_what_a_function_prints_goes_to_its_log(url: FunctionUrl, log: Path) -> None:
    url.answer(Request("GET", "/print"))
    assert '{"said": "to the log"}\n' in log.read_text()


def test_what_is_no_answer_is_the_body_of_one(url: FunctionUrl) -> None:
    answer = url.answer(Request("GET", "/plain"))
    assert (answer.status, answer.header("content-type"), answer.body) == (
        200,
        "application/json",
        b'{"hello": "world"}',
    )


def test_a_binary_body_is_decoded(url: FunctionUrl) -> None:
    assert url.answer(Request("GET", "/binary")).body == b"\x00\xff"


@pytest.mark.parametrize("path", ["/huge", "/bad-base64", "/bad-status"])
def test_what_lambda_would_not_take_is_a_502(url: FunctionUrl, path: str) -> None:
    assert url.answer(Request("GET", path)).status == 502


@pytest.mark.parametrize("path", ["/raise", "/unspeakable", "/exit"])
def test_a_function_that_fails_is_a_502_and_the_next_call_is_answered(url: FunctionUrl, path: str) -> None:
    answer = url.answer(Request("GET", path))
    assert answer.status == 502
    assert b"secret" not in answer.body
    assert url.answer(Request("GET", "/plain")).status == 200


def test_the_terminal_hears_why_a_function_failed(log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pool = FunctionPool(SPEC, "http://127.0.0.1:9", log, size=1)  # its stderr is the one of this test
    try:
        FunctionUrl(pool, ORIGIN).answer(Request("GET", "/raise"))
    finally:
        pool.stop()
    assert "RuntimeError" in capfd.readouterr().err


def test_a_function_that_takes_too_long_is_ended_and_replaced(log: Path) -> None:
    pool = FunctionPool(replace(SPEC, timeout=0.5), "http://127.0.0.1:9", log, size=1)
    url = FunctionUrl(pool, replace(ORIGIN, attempts=1))
    try:
        before = _body(url, "/calls").split()[0]
        started = time.monotonic()
        with pytest.raises(OriginUnreachableError) as caught:
            url.answer(Request("GET", "/sleep"))
        assert caught.value.status == 504
        assert time.monotonic() - started < 2
        assert _body(url, "/calls").split()[0] != before
    finally:
        pool.stop()


def test_a_get_that_takes_too_long_is_asked_again_as_often_as_the_origin_allows(log: Path) -> None:
    pool = FunctionPool(replace(SPEC, timeout=0.3), "http://127.0.0.1:9", log, size=1)
    try:
        for method, calls in (("GET", 2), ("POST", 1)):
            before = pool.calls
            with pytest.raises(OriginUnreachableError):
                FunctionUrl(pool, ORIGIN).answer(Request(method, "/sleep"))
            assert pool.calls - before == calls
    finally:
        pool.stop()


def test_a_stopped_function_is_not_there_and_comes_back(log: Path) -> None:
    pool = FunctionPool(SPEC, "http://127.0.0.1:9", log, size=1)
    url = FunctionUrl(pool, ORIGIN)
    pool.stop()
    with pytest.raises(OriginUnreachableError):
        url.answer(Request("GET", "/plain"))
    pool.start()
    try:
        assert url.answer(Request("GET", "/plain")).status == 200
    finally:
        pool.stop()


def test_more_calls_than_processes_wait_for_their_turn(url: FunctionUrl) -> None:
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(url.answer(Request("GET", "/calls")).status)) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert statuses == [200] * 12


def test_where_stripe_is_only_a_function_is_told_that_has_its_key() -> None:
    asks = replace(SPEC, environment={"STRIPE_KEY": "arn"})
    assert environment(asks, "http://aws", "http://till")["STRIPE_API"] == "http://till"
    assert "STRIPE_API" not in environment(SPEC, "http://aws", "http://till")
    assert "STRIPE_API" not in environment(asks, "http://aws")


def test_processes_start_with_the_first_calls_and_not_more_than_there_may_be(log: Path) -> None:
    pool = FunctionPool(SPEC, "http://127.0.0.1:9", log, size=2)
    try:
        assert not pool._all
        assert pool.invoke({"rawPath": "/plain"}, 10) == {"hello": "world"}
        assert len(pool._all) == 1
        calls = [threading.Thread(target=pool.invoke, args=({"rawPath": "/plain"}, 10)) for _ in range(12)]
        for call in calls:
            call.start()
        for call in calls:
            call.join()
        assert len(pool._all) <= 2
        pool.stop()
        pool.start()
        assert not pool._all
        assert pool.invoke({"rawPath": "/plain"}, 10) == {"hello": "world"}
    finally:
        pool.stop()

"""CloudFront functions' events, and what becomes of what the functions return."""

from typing import Any

import pytest

from infra.local import edge_events
from infra.local.edge_events import EventError
from infra.local.messages import Answer, Request

CONTEXT = {"distributionId": "D"}
REQUEST = Request(
    "GET",
    "/%2e/a",
    (("x", "%20"), ("x", "2"), ("__proto__", "")),
    (("host", "h"), ("accept", "a"), ("accept", "b")),
    (("c", "1"), ("c", "2")),
)


def _event() -> Any:
    return edge_events.viewer_request(REQUEST, CONTEXT, "192.0.2.1")


def test_a_request_event_holds_everything_as_it_was_sent() -> None:
    event = _event()
    assert (event["version"], event["context"]["eventType"], event["viewer"]) == (
        "1.0",
        "viewer-request",
        {"ip": "192.0.2.1"},
    )
    assert event["request"] == {
        "method": "GET",
        "uri": "/%2e/a",
        "querystring": {
            "x": {"value": "%20", "multiValue": [{"value": "%20"}, {"value": "2"}]},
            "__proto__": {"value": ""},
        },
        "headers": {"host": {"value": "h"}, "accept": {"value": "a", "multiValue": [{"value": "a"}, {"value": "b"}]}},
        "cookies": {"c": {"value": "1", "multiValue": [{"value": "1"}, {"value": "2"}]}},
    }


def test_a_request_returned_unchanged_is_the_same_request() -> None:
    assert edge_events.request_of(_event()["request"], REQUEST) == REQUEST


def test_a_function_can_change_neither_method_nor_body() -> None:
    changed = edge_events.request_of(_event()["request"] | {"method": "DELETE", "body": "x"}, REQUEST)
    assert (changed.method, changed.body) == ("GET", b"")


def test_a_header_given_anew_has_none_of_its_old_values() -> None:
    returned = _event()["request"]
    returned["headers"]["accept"] = {"value": "c"}
    assert edge_events.request_of(returned, REQUEST).header("accept") == "c"


@pytest.mark.parametrize(
    "change",
    [
        {"uri": "a"},
        {"uri": None},
        {"headers": {"X-Upper": {"value": "1"}}},
        {"headers": {"x": {"value": "1\r\ny: 2"}}},
        {"headers": {"a b": {"value": "1"}}},
    ],
)
def test_a_request_that_cloudfront_would_not_take_is_an_error(change: dict[str, Any]) -> None:
    with pytest.raises(EventError):
        edge_events.request_of(_event()["request"] | change, REQUEST)


def test_a_function_may_answer_by_itself() -> None:
    answer = edge_events.answer_of(
        {
            "statusCode": 302,
            "headers": {"location": {"value": "/b"}},
            "cookies": {"a": {"value": "1", "attributes": "Secure"}},
            "body": {"encoding": "base64", "data": "aGk="},
        }
    )
    assert answer == Answer(302, (("location", "/b"), ("set-cookie", "a=1; Secure")), b"hi")


@pytest.mark.parametrize("returned", [{}, {"statusCode": 99}, {"statusCode": "200"}, {"statusCode": 200, "body": 1}])
def test_an_answer_that_cloudfront_would_not_take_is_an_error(returned: dict[str, Any]) -> None:
    with pytest.raises(EventError):
        edge_events.answer_of(returned)


def test_a_response_event_goes_round_without_losing_anything() -> None:
    answer = Answer(200, (("etag", '"1"'), ("set-cookie", "a=1; Secure")), b"body")
    event = edge_events.viewer_response(REQUEST, answer, CONTEXT, "192.0.2.1")
    assert event["response"]["cookies"] == {"a": {"value": "1", "attributes": "Secure"}}
    assert edge_events.answer_of(event["response"], answer) == answer

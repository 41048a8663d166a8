"""What personal_request.js says of a viewer, what it takes away, and which paths it lets through."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.edge.edge import Given, PersonalEdge, event
from tests.edge.reading import is_canonical

EDGE = PersonalEdge()
ADDRESS = "198.51.100.7"  # the event's viewer
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@pytest.mark.parametrize("method", METHODS)
def test_everything_else_goes_on_as_it_came(method: str) -> None:
    """R19: Origin and Sec-Fetch-Site are for the function to judge."""
    given_headers: dict[str, Given] = {
        "authorization": "Bearer a.b.c",
        "origin": "https://paper.example",
        "sec-fetch-site": "same-origin",
        "content-type": "application/json",
        "user-agent": "curl",
        "x-forwarded-for": "192.0.2.1",
        "idempotency-key": ["a", "b"],
    }
    sent = event(
        "/api/members/me/sessions/0a1b",
        method=method,
        headers=given_headers,
        cookies={"__Host-session": "s", "twice": ["a", "b"]},
        query={"next": "%2Fa", "t": ["a", "b"]},
    )
    seen = EDGE.run(copy.deepcopy(sent))
    expected: dict[str, Any] = sent["request"]
    expected["headers"]["x-viewer-address"] = {"value": ADDRESS}
    assert seen.result == expected


@pytest.mark.parametrize(
    "name",
    [
        *("x-viewer-address", "X-Viewer-Address", "x_viewer_address", "x-viewer_address"),
        *("x-edge-proof", "x_edge_proof", "X-EDGE-PROOF", "x-reader-tier", "x_reader_tier", "x-reader-pass"),
        *("x-reader", "x-pass-state", "x_pass_state", "x-pass"),
    ],
)
@pytest.mark.parametrize("value", ["192.0.2.66", ["192.0.2.66", "192.0.2.67"]], ids=["once", "twice"])
def test_what_only_the_edge_may_say_is_taken_away(name: str, value: str | list[str]) -> None:
    """R3, R17."""
    headers = EDGE(headers={name: value}).result["headers"]
    assert headers == {"host": {"value": "paper.example"}, "x-viewer-address": {"value": ADDRESS}}


@pytest.mark.parametrize("name", ["x-readers", "x-passenger", "x-edge-location", "viewer-address", "xx-edge-proof"])
def test_what_only_looks_like_it_stays(name: str) -> None:
    assert EDGE(headers={name: "1"}).header(name) == "1"


@pytest.mark.parametrize(
    "path",
    ["/account", "/account/devices", "/api/members/sign-in", "/.well-known/jwks.json", "/api/newsletters/a.b_c/x"],
)
@pytest.mark.parametrize("method", METHODS)
def test_the_one_spelling_of_a_path_goes_on(path: str, method: str) -> None:
    assert EDGE(path, method=method).result["uri"] == path


MOVED = {
    "/Account": "/account",
    "/account/": "/account",
    "/API/Members/Sign-In/": "/api/members/sign-in",
    "/.Well-Known/jwks.json": "/.well-known/jwks.json",
}


@pytest.mark.parametrize(("path", "right"), MOVED.items())
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_reads_is_told_the_right_spelling(path: str, right: str, method: str) -> None:
    """R23."""
    seen = EDGE(path, method=method, query={"T": "aB%2F", "x": ["1", "2"], "flag": ""})
    assert (seen.status, seen.location) == (301, f"{right}?T=aB%2F&x=1&x=2&flag")
    assert seen.header("cache-control") == "no-store"
    assert EDGE(path, method=method).location == right


@pytest.mark.parametrize("path", MOVED)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_who_writes_to_another_spelling_writes_nothing(path: str, method: str) -> None:
    assert EDGE(path, method=method).status == 404


@pytest.mark.parametrize(
    "path",
    [
        *("/account/%61", "/account%2f", "/account//", "/account/../me", "/account/./a", "/account/.a", "//account"),
        *("/account\n", "/account/a\n", "/account/é", "/account/~", "/account/a;b", "/a/.well-known/x", "/", ""),
        "/account/" + "a" * 512,
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_any_other_path_is_nowhere(path: str, method: str) -> None:
    """R21, R23."""
    seen = EDGE(path, method=method)
    assert seen.status == 404
    assert seen.problem()["code"] == "not_found"
    assert seen.header("content-type") == "application/problem+json"


@pytest.mark.parametrize("name", ["strict-transport-security", "x-content-type-options", "content-security-policy"])
@pytest.mark.parametrize("path", ["/account/%61", "/account/"])
def test_its_own_answers_have_the_headers_that_all_have(name: str, path: str) -> None:
    """R35."""
    assert EDGE(path).header(name)


def test_a_location_holds_no_line_break() -> None:
    location = EDGE("/account/", query={"a": "b\r\nset-cookie: x=1"}).location
    assert location == "/account?a=b%0D%0Aset-cookie:%20x=1"


def test_an_event_of_another_shape_is_refused_in_words() -> None:
    broken = event()
    del broken["viewer"]
    assert EDGE.run(broken).problem()["code"] == "unreadable_request"


@given(path=st.one_of(st.text("abAB./-_%~é\n", max_size=12).map(lambda text: f"/{text}"), st.text(max_size=12)))
def test_what_goes_on_is_canonical_and_has_the_viewers_address(path: str) -> None:
    seen = EDGE(path, headers={"x-viewer-address": "192.0.2.66"})
    if seen.status is None:
        assert seen.result["uri"] == path
        assert is_canonical(path)
        assert path != "/"
        assert seen.header("x-viewer-address") == ADDRESS
    elif seen.status == 301:
        assert is_canonical(seen.location or "")
    else:
        assert seen.status == 404

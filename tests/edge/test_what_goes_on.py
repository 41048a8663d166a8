"""What origin and viewer get to see: the tier (R3, R4), gated media (R24), the way to a new pass, its answers."""

from typing import Any

import pytest

from infra.local.edge_runtime import EdgeFunction
from tests.edge.edge import TIERS, VIEWER_RESPONSE, Edge, event
from tests.token_cases import GOOD, NOW, SLUG, mint

SUBSCRIBER = mint(tier="subscriber")
EXPIRED = mint(exp=NOW - 1)
PASSES = {"anonymous": {}, "subscriber": {"__Host-pass": SUBSCRIBER}, "member": {"__Host-pass": GOOD}}
SESSION = {"__Host-session": "s"}


@pytest.mark.parametrize("own", PASSES)
@pytest.mark.parametrize(
    "value",
    ["member", "subscriber", "anonymous", "", "MEMBER", "constructor", ["member", "member"], ["anonymous", "member"]],
)
@pytest.mark.parametrize(
    "name",
    [
        "x-reader-tier",
        "X-Reader-Tier",
        "x_reader_tier",
        "X_READER-TIER",
        "x-reader_tier",
        "x-reader-pass",
        "x-pass-state",
        "X-Pass-State",
    ],
)
def test_the_viewers_own_tier_header_changes_nothing(edge: Edge, own: str, value: str | list[str], name: str) -> None:
    seen = edge(headers={name: value, "accept": "text/html"}, cookies=PASSES[own])
    assert seen.result["headers"] == edge(headers={"accept": "text/html"}, cookies=PASSES[own]).result["headers"]
    assert seen.result["headers"]["x-reader-tier"] == {"value": own}


def test_nothing_that_names_the_reader_goes_on(edge: Edge) -> None:
    seen = edge(
        headers={
            "authorization": f"Bearer {GOOD}", "Authorization": "Basic x", "cookie": "a=b", "Cookie": "a=b",
            "x-reader-id": "1", "x_pass_x": "1", "x-pass-through": "1", "accept-encoding": "br",
            "if-none-match": '"e"', "x-readership": "kept",
        },
        cookies={"__Host-pass": GOOD, "__Host-session": "s", "a": "b", "__proto__": "c"},
    )  # fmt: skip
    assert seen.result["cookies"] == {}
    assert set(seen.result["headers"]) == {
        "host", "accept-encoding", "if-none-match", "x-readership", "x-reader-tier", "x-reader-pass", "x-pass-state",
    }  # fmt: skip


def test_the_tier_of_two_members_is_one_cache_key(edge: Edge) -> None:
    one, other = (edge(cookies={"__Host-pass": mint(iat=NOW - age)}) for age in (1, 2))
    assert one.header("x-reader-pass") != other.header("x-reader-pass")
    for part in ("uri", "querystring"):
        assert one.result[part] == other.result[part]
    assert one.tier == other.tier == "member"


@pytest.mark.parametrize("own", TIERS)
@pytest.mark.parametrize("needed", TIERS)
@pytest.mark.parametrize("file", ["", "/a.mp3", "/there-is-none", "/a/b/c.jpg"])
def test_gated_media_open_from_their_tier_on(edge: Edge, own: str, needed: str, file: str) -> None:
    seen = edge(f"/media/{needed}{file}", cookies=PASSES[own])
    if TIERS.index(own) >= TIERS.index(needed):
        assert (seen.status, seen.tier) == (None, own)
    else:
        assert (seen.status, seen.problem()["code"]) == (403, "tier_too_low")
        assert f"tier {needed} " in seen.problem()["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/media",
        "/media/a.mp3",
        "/media/members/a.mp3",
        "/media/member.mp3",
        "/media/__proto__/a",
        "/media/constructor/a",
        "/media/0/a",
        "/media/1",
    ],
)
def test_media_of_no_tier_are_not_there(edge: Edge, path: str) -> None:
    assert edge(path, cookies=PASSES["member"]).status == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/media//member/a.mp3", 404), ("//media/member/a.mp3", 404), ("/media/./member/a.mp3", 404),
        ("/media/anonymous/../member/a.mp3", 404), ("/static/../media/member/a.mp3", 404),
        ("/media/%6dember/a.mp3", 404), ("/medi%61/member/a.mp3", 404), ("/media%2fmember/a.mp3", 404),
        ("/media\\member\\a.mp3", 404), ("/media/member/a.mp3\n", 404), ("/media;x/member/a.mp3", 404),
        ("/media/ member/a.mp3", 404), ("/MEDIA/member/a.mp3", 301), ("/media/MEMBER/a.mp3", 301),
        ("/media/member/a.mp3/", 301), ("/media/member/", 301), ("/media/member/a.mp3", 403),
    ],
)  # fmt: skip
def test_no_spelling_of_a_gated_file_gets_past_the_edge(edge: Edge, path: str, status: int) -> None:
    assert edge(path).status == status


@pytest.mark.parametrize("path", ["/", "/articles/a", "/sections/x", "/account", "/api-docs"])
@pytest.mark.parametrize("cookies", [{}, {"__Host-pass": EXPIRED}, {"a": "b"}])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_signed_in_reader_without_a_fresh_pass_is_sent_for_one(
    edge: Edge, path: str, cookies: dict[str, str], method: str
) -> None:
    seen = edge(path, cookies={**cookies, **SESSION}, method=method)
    assert (seen.status, seen.location) == (302, "/api/members/refresh?next=" + path.replace("/", "%2F"))


@pytest.mark.parametrize(
    ("path", "cookies"),
    [
        ("/articles/a", {}),
        ("/articles/a", {"__Host-pass": EXPIRED}),
        ("/articles/a", {"undefined": "s"}),
        ("/articles/a", {"session": "s"}),
        ("/articles/a", {**SESSION, "__Host-pass": GOOD}),
        ("/articles/a", {**SESSION, "__Host-pass": "nonsense"}),
        ("/articles/a", {**SESSION, "__Host-refreshed": "1"}),
        ("/articles/a", {**SESSION, "__Host-refreshed": "1", "__Host-pass": EXPIRED}),
        *(
            (path, SESSION)
            for path in (
                "/api/articles",
                "/api/members/refresh",
                "/api",
                "/assets/a",
                "/static/a",
                "/feeds/all",
                "/robots.txt",
                "/a/b.c",
            )
        ),
        *((path, SESSION) for path in ("/media/anonymous/a", "/.well-known/change-password")),
    ],
)
def test_nobody_else_is_sent_away(edge: Edge, path: str, cookies: dict[str, str]) -> None:
    assert edge(path, cookies=cookies).status is None


GIFTS: dict[str, dict[str, str]] = {
    "none": {},
    "valid": {"gift": SUBSCRIBER},
    "expired": {"gift": EXPIRED},
    "invalid": {"gift": "x"},
}
ANSWERS: dict[int, dict[str, Any]] = {
    301: {"uri": "/Articles/a"},
    302: {"uri": "/articles/a", "cookies": SESSION},
    400: {"uri": "/api/articles", "query": {"x": "1"}},
    403: {"uri": "/media/member/a"},
    404: {"uri": "/%"},
    405: {"uri": "/", "method": "POST"},
}


@pytest.mark.parametrize("state", GIFTS)
@pytest.mark.parametrize("status", ANSWERS)
def test_every_answer_of_the_edge_is_guarded_and_kept_by_nobody(edge: Edge, status: int, state: str) -> None:
    given = {**ANSWERS[status], "query": {**ANSWERS[status].get("query", {}), **GIFTS[state]}}
    seen = edge(given.pop("uri"), **given)
    # A reader with a pass that holds is not sent for another; with a forged one neither, for that would go on for ever.
    assert seen.status == (None if status == 302 and state in ("valid", "invalid") else status)
    assert seen.state == state
    if seen.status is None:
        return
    assert seen.header("cache-control") == "no-store"
    assert seen.header("strict-transport-security") == "max-age=63072000; includeSubDomains"
    assert seen.header("x-content-type-options") == "nosniff"
    assert seen.header("referrer-policy") == "strict-origin-when-cross-origin"
    assert seen.header("content-security-policy") == "default-src 'none'; frame-ancestors 'none'"
    assert "set-cookie" not in seen.result["headers"]
    assert seen.result["statusDescription"]
    if status >= 400:
        assert seen.header("content-type") == "application/problem+json"
        assert set(seen.problem()) == {"type", "title", "status", "code", "detail"}
        assert (seen.problem()["type"], seen.problem()["status"]) == ("about:blank", status)
        assert seen.problem()["detail"].endswith(".")


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"uri": None},
        {"headers": None},
        {"cookies": None},
        {"querystring": None},
        {"uri": 5},
        {"querystring": {"gift": {}}},
        {"method": None},
    ],
)
def test_a_request_of_another_shape_is_refused_and_nothing_throws(edge: Edge, broken: dict[str, Any]) -> None:
    given = event()
    given["request"] = {**given["request"], **broken} if broken else None
    seen = edge.run(given)
    assert seen.status in (400, 405)
    assert seen.header("cache-control") == "no-store"


@pytest.mark.parametrize("state", ["none", "valid", "expired", "invalid", "elsewhere", "unverifiable"])
def test_the_viewer_is_told_what_became_of_its_pass(state: str) -> None:
    assert tell(state) == {"x-pass": {"value": state}, "etag": {"value": '"e"'}}


@pytest.mark.parametrize("state", [None, "", "Valid", "member", "__proto__", "constructor", "valid\r\nset-cookie: a=b"])
def test_the_viewer_is_told_nothing_that_is_no_state(state: str | None) -> None:
    assert tell(state) == {"x-pass": {"value": "cached"}, "etag": {"value": '"e"'}}


def test_the_two_functions_agree_on_the_states(edge: Edge) -> None:
    only = mint(only=SLUG)
    seen = [
        edge(),
        *(edge(query={"gift": token}) for token in (GOOD, EXPIRED, "x", only)),
        Edge(lambda _: None)(query={"gift": GOOD}),
    ]
    states = [one.state for one in seen]
    assert states == ["none", "valid", "expired", "invalid", "elsewhere", "unverifiable"]
    assert [tell(state)["x-pass"]["value"] for state in states] == states


def tell(state: str | None) -> dict[str, Any]:
    given = event(headers={} if state is None else {"x-pass-state": state})
    response = {"statusCode": 200, "headers": {"x-pass": {"value": "cached"}, "etag": {"value": '"e"'}}}
    return EdgeFunction(VIEWER_RESPONSE, lambda _: None).run({**given, "response": response})["headers"]  # type: ignore[no-any-return]

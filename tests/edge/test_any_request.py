"""Whatever a viewer sends, the function does what a second reading of the rules says; what goes on is clean."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.edge.edge import TIERS, Edge, Given, event
from tests.edge.reading import is_canonical, read
from tests.token_cases import CASES, GOOD, NOW, SLUG, mint

EDGE = Edge()
SORTS = {state: [case.token for case in CASES if case.state == state] for state in ("valid", "expired", "invalid")}

text = st.text(max_size=12)
token = st.one_of(*(st.sampled_from(tokens) for tokens in SORTS.values()), text)
bearer = st.builds(
    lambda scheme, value: scheme + value,
    st.sampled_from(["Bearer ", "bearer ", "Bearer", "BEARER\t", "Basic ", ""]),
    token,
)
TIERISH = ["member", "subscriber", "anonymous", "", "valid"]
segment = st.one_of(
    st.sampled_from(
        [
            "api",
            "articles",
            "media",
            "static",
            "feeds",
            ".well-known",
            "members",
            "refresh",
            "sections",
            "authors",
            *TIERS,
            SLUG,
            "a",
            "A.b",
            "..",
            ".",
            "",
        ]
    ),
    st.text("abAB.-_/%~é\n", max_size=4),
)
path = st.one_of(
    st.sampled_from(
        [
            "/",
            f"/articles/{SLUG}",
            f"/api/articles/{SLUG}",
            "/api/articles",
            "/Articles/A/",
            "/media/member/a.mp3",
            "/api/members/refresh",
            "/sections/city",
            "/sign-in",
        ]
    ),
    st.lists(segment, max_size=4).map(lambda parts: "/" + "/".join(parts)),
    text,
)


def several(
    names: st.SearchStrategy[str], values: st.SearchStrategy[str], most: int
) -> st.SearchStrategy[dict[str, Given]]:
    return st.dictionaries(names, st.one_of(values, values, st.lists(values, min_size=2, max_size=3)), max_size=most)


headers = several(
    st.one_of(
        st.sampled_from(
            [
                "authorization",
                "authorization",
                "x-reader-tier",
                "X-Reader-Tier",
                "x_reader_tier",
                "x-reader-pass",
                "x-pass-state",
                "cookie",
            ]
        ),
        st.sampled_from(["x-reader-tier ", "xx-reader-tier", "accept", "__proto__", "constructor", "undefined"]),
        text,
    ),
    st.one_of(bearer, token, st.sampled_from(TIERISH)),
    4,
)
cookies = several(
    st.one_of(
        st.sampled_from(
            [
                "__Host-pass",
                "__Host-pass",
                "__host-pass",
                "__Host-session",
                "__Host-refreshed",
                "undefined",
                "__proto__",
                "pass",
            ]
        ),
        text,
    ),
    token,
    3,
)
query = several(
    st.one_of(
        st.sampled_from(["gift", "gift", "section", "cursor", "next", "Gift", "__proto__", "constructor", "utm"]),
        text,
    ),
    st.one_of(token, st.text(st.characters(exclude_categories=["Cs"]), max_size=6)),
    3,
)


@given(path, st.sampled_from(["GET", "GET", "GET", "HEAD", "POST", ""]), headers, cookies, query)
def test_any_request_is_treated_as_the_rules_say_and_goes_on_clean(
    uri: str, method: str, headers: dict[str, Given], cookies: dict[str, Given], query: dict[str, Given]
) -> None:
    given_event = event(uri, method=method, headers=headers, cookies=cookies, query=query)
    expected = read(given_event["request"])
    seen = EDGE.run(given_event)
    assert (seen.status, seen.state) == (expected.status, expected.state)
    if seen.status is not None:
        assert seen.location == expected.location
        assert seen.location is None or is_canonical(seen.location.split("?")[0])
        return
    result: dict[str, Any] = seen.result
    assert result["cookies"] == {}
    assert result["querystring"] == {name: {"value": value} for name, value in expected.query.items()}
    assert (result["uri"], result["method"]) == (uri, method)
    alike = [name for name in result["headers"] if name.lower().replace("_", "-").startswith(("x-reader-", "x-pass-"))]
    assert sorted(alike) == ["x-pass-state", *(["x-reader-pass"] if expected.token else []), "x-reader-tier"]
    assert result["headers"]["x-reader-tier"] == {"value": expected.tier}
    assert result["headers"].get("x-reader-pass") == ({"value": expected.token} if expected.token else None)
    assert not {"authorization", "cookie"} & {name.lower() for name in result["headers"]}
    assert expected.tier in TIERS


@given(st.text(max_size=4200))
def test_no_text_is_a_pass_but_one_that_was_minted(text: str) -> None:
    assert EDGE(headers={"authorization": f"Bearer {text}"}).state == "invalid"


@given(st.integers(0, len(GOOD) - 1), st.characters())
def test_a_pass_with_one_character_changed_is_no_pass(place: int, character: str) -> None:
    changed = GOOD[:place] + character + GOOD[place + 1 :]
    assert EDGE(headers={"authorization": f"Bearer {changed}"}).state == ("valid" if changed == GOOD else "invalid")


@given(st.integers(-5, 90_000), st.integers(-90_000, 90_000), st.sampled_from(["subscriber", "member"]))
def test_times_are_read_as_written(ago: int, left: int, tier: str) -> None:
    seen = EDGE(headers={"authorization": f"Bearer {mint(iat=NOW - ago, exp=NOW + left, tier=tier)}"})
    sound = left > -ago and left + ago <= 86_400
    assert (seen.state, seen.tier) == (
        ("invalid", "anonymous") if not sound else ("valid", tier) if left > 0 else ("expired", "anonymous")
    )

"""Passes at the edge: the shared table through every source, several at once, one article's, the keyring's troubles."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given

from shared.domain.keyrings import MAX_KEYS
from tests import strategies
from tests.edge.edge import TIERS, Edge
from tests.token_cases import (
    CASES,
    CURRENT,
    GOOD,
    ISSUER,
    ITS_PATHS,
    KEYRING,
    KEYS,
    NOW,
    OTHER_PATHS,
    PREVIOUS,
    SLUG,
    TokenCase,
    mint,
    sized,
)

SUBSCRIBER = mint(tier="subscriber")
EXPIRED = mint(exp=NOW - 1)
ONLY = mint(only=SLUG)
BAD = GOOD[:-1]
DAMAGED = [case for case in CASES if case.state == "invalid"][::7] + [case for case in CASES if case.state != "invalid"]


def path_for(case: TokenCase) -> str:
    return f"/api/articles/{case.only or SLUG}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_token_is_worth_what_the_table_says(edge: Edge, case: TokenCase) -> None:
    seen = edge(path_for(case), headers={"authorization": f"Bearer {case.token}"})
    assert (seen.state, seen.tier) == (case.state, case.tier)
    assert seen.header("x-reader-pass") == (case.token if case.state == "valid" else None)


@pytest.mark.parametrize("case", DAMAGED, ids=lambda case: case.name)
def test_cookie_and_gift_are_worth_the_same(edge: Edge, case: TokenCase) -> None:
    as_cookie = edge(path_for(case), cookies={"__Host-pass": case.token})
    as_gift = edge(path_for(case), query={"gift": case.token})
    assert (as_cookie.state, as_cookie.tier) == (as_gift.state, as_gift.tier) == (case.state, case.tier)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_is_read_in_any_case(edge: Edge, scheme: str) -> None:
    assert edge(headers={"authorization": f"{scheme} {GOOD}"}).tier == "member"


@pytest.mark.parametrize(
    "value", ["Basic dTpw", "Digest x", f"Bearerx {GOOD}", GOOD, "", f"Basic Bearer {GOOD}", "AWS4-HMAC-SHA256 x"]
)
def test_another_scheme_is_no_pass(edge: Edge, value: str) -> None:
    assert edge(headers={"authorization": value}).state == "none"


@pytest.mark.parametrize(
    "value", ["Bearer", "Bearer ", f"Bearer  {GOOD}", f"Bearer\t{GOOD} ", f"Bearer {GOOD}, Bearer {GOOD}"]
)
def test_a_bearer_without_one_clean_token_is_invalid(edge: Edge, value: str) -> None:
    assert edge(headers={"authorization": value}).state == "invalid"


@pytest.mark.parametrize(
    "given",
    [
        {"headers": {"authorization": [f"Bearer {GOOD}", f"Bearer {GOOD}"]}},
        {"cookies": {"__Host-pass": [GOOD, GOOD]}},
        {"cookies": {"__Host-pass": GOOD, "__host-pass": GOOD}},
        {"query": {"gift": [GOOD, GOOD]}},
    ],
)
def test_a_source_given_twice_is_invalid(edge: Edge, given: dict[str, Any]) -> None:
    seen = edge(**given)
    assert (seen.state, seen.tier) == ("invalid", "anonymous")


@pytest.mark.parametrize(
    "cookies",
    [
        {"pass": GOOD},
        {"host-pass": GOOD},
        {"__Secure-pass": GOOD},
        {"undefined": GOOD},
        {"__proto__": GOOD},
        {"": GOOD},
    ],
)
def test_a_cookie_of_another_name_is_no_pass(edge: Edge, cookies: dict[str, str]) -> None:
    assert edge(cookies=cookies).state == "none"


def test_a_cookie_header_beside_the_cookies_is_no_pass_and_goes_no_further(edge: Edge) -> None:
    seen = edge(headers={"cookie": f"__Host-pass={GOOD}"})
    assert (seen.state, seen.header("cookie")) == ("none", None)


@pytest.mark.parametrize(
    ("bearer", "cookie", "gift", "tier", "state", "winner"),
    [
        (SUBSCRIBER, GOOD, None, "member", "valid", GOOD),
        (GOOD, SUBSCRIBER, None, "member", "valid", GOOD),
        (SUBSCRIBER, None, GOOD, "member", "valid", GOOD),
        (BAD, EXPIRED, GOOD, "member", "valid", GOOD),
        (BAD, SUBSCRIBER, EXPIRED, "subscriber", "valid", SUBSCRIBER),
        (None, SUBSCRIBER, ONLY, "member", "valid", ONLY),
        (BAD, EXPIRED, None, "anonymous", "invalid", None),
        (EXPIRED, BAD, None, "anonymous", "expired", None),
        (None, EXPIRED, BAD, "anonymous", "expired", None),
        (None, None, BAD, "anonymous", "invalid", None),
    ],
)
def test_the_highest_of_several_passes_wins_or_the_first_ones_trouble_is_told(
    edge: Edge, bearer: str | None, cookie: str | None, gift: str | None, tier: str, state: str, winner: str | None
) -> None:
    seen = edge(
        f"/articles/{SLUG}",
        headers={"authorization": f"Bearer {bearer}"} if bearer else {},
        cookies={"__Host-pass": cookie} if cookie else {},
        query={"gift": gift} if gift else {},
    )
    assert (seen.tier, seen.state, seen.header("x-reader-pass")) == (tier, state, winner)


CARRIED: dict[str, dict[str, Any]] = {
    "gift": {"query": {"gift": ONLY}},
    "cookie": {"cookies": {"__Host-pass": ONLY}},
    "bearer": {"headers": {"authorization": f"Bearer {ONLY}"}},
}


@pytest.mark.parametrize("how", CARRIED)
def test_a_pass_to_one_article_opens_its_two_addresses_and_nothing_else(edge: Edge, how: str) -> None:
    for path in ITS_PATHS:
        seen = edge(path, **CARRIED[how])
        assert (seen.tier, seen.state, seen.header("x-reader-pass")) == ("member", "valid", ONLY)
    for path in OTHER_PATHS:
        seen = edge(path, **CARRIED[how])
        if seen.status is None:
            assert (seen.tier, seen.state, seen.header("x-reader-pass")) == ("anonymous", "elsewhere", None), path
        else:  # another spelling of its address leads to it, and says nothing itself
            at = path.lower().rstrip("/")
            leads = at in ITS_PATHS and path != at
            assert (seen.status == 301) is leads, path
            assert seen.state == ("valid" if leads else "elsewhere"), path
            assert path.startswith("/media/") is (seen.status == 403), path


@given(strategies.a_letter_away(ITS_PATHS))
def test_no_address_a_letter_away_is_the_article_s(edge: Edge, path: str) -> None:
    assert edge(path, query={"gift": ONLY}).tier != "member"


def test_a_pass_to_another_article_takes_nothing_from_the_reader_s_own(edge: Edge) -> None:
    own = {"__Host-pass": SUBSCRIBER}
    for gift in (mint(only="another"), mint(only=SLUG, exp=NOW - 1), BAD):
        for path in ITS_PATHS:
            seen = edge(path, cookies=own, query={"gift": gift})
            assert (seen.tier, seen.state, seen.header("x-reader-pass")) == ("subscriber", "valid", SUBSCRIBER)
    lower = edge(ITS_PATHS[0], cookies={"__Host-pass": GOOD}, query={"gift": mint(tier="subscriber", only=SLUG)})
    assert (lower.tier, lower.header("x-reader-pass")) == ("member", GOOD)


RINGS_NOBODY_CAN_USE = {
    "missing": None,
    "empty": "",
    "not JSON": "{",
    "null": "null",
    "a list": "[]",
    "a text": '"keyring"',
    "no keys": json.dumps({"iss": ISSUER}),
    "no iss": json.dumps({"keys": KEYS}),
    "empty iss": json.dumps({"iss": "", "keys": KEYS}),
    "keys by name": json.dumps({"iss": ISSUER, "keys": dict(KEYS)}),
    "a key without a secret": json.dumps({"iss": ISSUER, "keys": [CURRENT, [PREVIOUS[0]]]}),
    "an empty secret": json.dumps({"iss": ISSUER, "keys": [CURRENT, [PREVIOUS[0], ""]]}),
    "a short secret": json.dumps({"iss": ISSUER, "keys": [CURRENT, [PREVIOUS[0], "abc"]]}),
    "a null secret": json.dumps({"iss": ISSUER, "keys": [CURRENT, [PREVIOUS[0], None]]}),
    "an odd kid": json.dumps({"iss": ISSUER, "keys": [CURRENT, ["../x", PREVIOUS[1]]]}),
    "a null key": json.dumps({"iss": ISSUER, "keys": [CURRENT, None]}),
}


@pytest.mark.parametrize("ring", RINGS_NOBODY_CAN_USE.values(), ids=list(RINGS_NOBODY_CAN_USE))
def test_without_a_usable_keyring_nobody_is_let_up_and_it_is_said(ring: str | None) -> None:
    seen = Edge({"keyring": ring}.get)(headers={"authorization": f"Bearer {GOOD}"})
    assert (seen.status, seen.tier, seen.state) == (None, "anonymous", "unverifiable")


def test_a_store_that_fails_lets_nobody_up() -> None:
    def broken(_: str) -> str | None:
        raise TimeoutError("the store is away")

    seen = Edge(broken)(cookies={"__Host-pass": GOOD})
    assert (seen.tier, seen.state) == ("anonymous", "unverifiable")


def test_a_keyring_without_keys_knows_no_kid() -> None:
    ring = json.dumps({"iss": ISSUER, "keys": []})
    assert Edge({"keyring": ring}.get)(headers={"authorization": f"Bearer {GOOD}"}).state == "invalid"


def test_each_of_as_many_keys_as_a_ring_may_have_is_accepted() -> None:
    keys = [(f"key-{n}", base64.urlsafe_b64encode(bytes([n]) * 32).decode().rstrip("=")) for n in range(MAX_KEYS)]
    edge = Edge({"keyring": json.dumps({"iss": ISSUER, "keys": keys})}.get)
    for kid, secret in keys:
        assert edge(ITS_PATHS[0], query={"gift": mint({"kid": kid}, secret, only=SLUG)}).tier == "member"


def test_size_and_shape_are_checked_before_any_key_is_looked_at() -> None:
    bare = Edge(lambda _: None)
    assert bare(headers={"authorization": f"Bearer {sized(4096)}"}).state == "unverifiable"
    assert bare(headers={"authorization": f"Bearer {sized(4097)}"}).state == "invalid"
    assert bare(headers={"authorization": f"Bearer {GOOD}="}).state == "invalid"


def test_a_dropped_key_is_refused_as_soon_as_the_store_knows() -> None:
    store = {"keyring": KEYRING}
    edge = Edge(store.get)
    token = mint({"kid": PREVIOUS[0]}, PREVIOUS[1])
    assert edge(headers={"authorization": f"Bearer {token}"}).tier == "member"
    store["keyring"] = json.dumps({"iss": ISSUER, "keys": [CURRENT]})
    assert edge(headers={"authorization": f"Bearer {token}"}).state == "invalid"


def test_a_reader_without_a_pass_costs_no_look_into_the_store() -> None:
    asked: list[str] = []

    def noting(key: str) -> None:
        asked.append(key)

    Edge(noting)(headers={"accept": "text/html"})
    assert asked == []
    Edge(noting)(headers={"authorization": f"Bearer {GOOD}"})
    assert set(asked) == {"keyring"}


@pytest.mark.parametrize("tier", TIERS[1:])
def test_every_tier_reaches_the_origin_with_its_proof(edge: Edge, tier: str) -> None:
    token = mint(tier=tier)
    seen = edge(cookies={"__Host-pass": token})
    assert (seen.tier, seen.header("x-reader-pass")) == (tier, token)

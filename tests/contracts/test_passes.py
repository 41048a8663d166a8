"""The Python verifier on the shared table of tokens, its keyring, and what it mints. `tests/edge` runs the same rows
at the edge."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.cloudfront_kvs import edge_copy
from shared.adapters.pyjwt_passes import LAST_GOOD_SECONDS, REFRESH_SECONDS, RETRY_SECONDS, PyJwtPasses
from shared.domain.keyrings import MAX_KEYS, Keyring, PassKey, begin
from shared.domain.passes import ANYONE, PassState, Reader
from shared.domain.tiers import PASS_TIERS, Tier
from tests import token_cases
from tests.token_cases import CASES, TokenCase
from tests.twins import RING, MemoryKeyring

TABLE_RING = Keyring(
    1,
    token_cases.ISSUER,
    token_cases.CURRENT[0],
    tuple(PassKey(kid, secret, 1_790_000_000 + i) for i, (kid, secret) in enumerate(reversed(token_cases.KEYS))),
)
NOW = 1_800_000_000.0


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(CASES) >= 150
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_token_is_worth_what_the_table_says(case: TokenCase) -> None:
    verdict = PyJwtPasses(MemoryKeyring(TABLE_RING)).verify(case.token, token_cases.NOW)

    assert (verdict.state.value, verdict.reader.tier.value, verdict.reader.only) == (case.state, case.tier, case.only)


def test_the_edge_gets_the_ring_in_the_form_that_the_table_tests() -> None:
    there, here = json.loads(token_cases.KEYRING), json.loads(edge_copy(TABLE_RING))

    assert (here["iss"], sorted(here["keys"])) == (there["iss"], sorted(there["keys"]))


def test_the_longest_ring_fits_into_the_edge_s_store() -> None:
    keys = tuple(PassKey(f"{i}" * 32, "A" * 43, 1) for i in range(MAX_KEYS))

    assert len(edge_copy(Keyring(1, "x" * 200, "0" * 32, keys)).encode()) <= 1024


@given(st.sampled_from(PASS_TIERS), st.integers(1, 86_400), st.none() | st.just("night-ferry"))
def test_what_is_minted_verifies_and_says_only_what_it_must(tier: Tier, lifetime: int, only: str | None) -> None:
    passes = PyJwtPasses(MemoryKeyring(RING))

    token = passes.mint(tier, NOW, lifetime, only)

    assert passes.verify(token, NOW).reader == Reader(tier, only)
    assert passes.verify(token, NOW + lifetime).state is PassState.EXPIRED
    assert len(token) < 600


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_no_text_makes_the_verifier_fail(text: str) -> None:
    verdict = PyJwtPasses(MemoryKeyring(RING)).verify(text, NOW)

    assert (verdict.state, verdict.reader) == (PassState.INVALID, ANYONE)


@given(st.data())
def test_no_changed_character_leaves_a_pass_good(data: st.DataObject) -> None:
    passes = PyJwtPasses(MemoryKeyring(RING))
    token = passes.mint(Tier.MEMBER, NOW, 300)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("ABCDabcd0123-_.=+/ \n").filter(lambda c: c != token[place]))

    assert passes.verify(token[:place] + other + token[place + 1 :], NOW).reader == ANYONE


def passes_of(ring: Keyring | None) -> tuple[PyJwtPasses, MemoryKeyring]:
    store = MemoryKeyring(ring)
    return PyJwtPasses(store), store


TOKEN = PyJwtPasses(MemoryKeyring(RING)).mint(Tier.MEMBER, NOW, 86_400)
STRANGER = PyJwtPasses(MemoryKeyring(begin("https://paper.example", PassKey("stranger", "Z" * 43, 1)))).mint(
    Tier.MEMBER, NOW, 86_400
)


def test_the_ring_is_read_once_for_many_passes() -> None:
    passes, store = passes_of(RING)

    for second in range(REFRESH_SECONDS):
        assert passes.verify(TOKEN, NOW + second).state is PassState.VALID
    assert store.reads == 1
    passes.verify(TOKEN, NOW + REFRESH_SECONDS)
    assert store.reads == 2


def test_what_is_no_pass_at_all_never_reaches_the_store() -> None:
    passes, store = passes_of(RING)

    for token in ("", "x", "a.b.c", TOKEN + "=", "x" * 10_000):
        passes.verify(token, NOW)
    assert store.reads == 0


def test_an_unknown_key_makes_us_look_but_not_often() -> None:
    passes, store = passes_of(RING)

    for tenth in range(RETRY_SECONDS * 100):
        assert passes.verify(STRANGER, NOW + tenth / 10).state is PassState.INVALID
    assert store.reads == 10


def test_a_new_key_is_found_soon_after_it_is_made() -> None:
    passes, store = passes_of(begin("https://paper.example", PassKey("k-before", "B" * 43, 1)))
    assert passes.verify(TOKEN, NOW).state is PassState.INVALID

    version = store.read_version()
    assert version is not None
    store.write(RING, version[1])

    assert passes.verify(TOKEN, NOW + RETRY_SECONDS).state is PassState.VALID


def test_a_dropped_key_stops_being_good_within_a_refresh() -> None:
    passes, store = passes_of(RING)
    assert passes.verify(TOKEN, NOW).state is PassState.VALID

    version = store.read_version()
    assert version is not None
    store.write(begin("https://paper.example", PassKey("k-new", "N" * 43, 1)), version[1])

    assert passes.verify(TOKEN, NOW + REFRESH_SECONDS).state is PassState.INVALID


def test_a_store_that_fails_is_asked_seldom_and_the_last_ring_serves_for_an_hour() -> None:
    passes, store = passes_of(RING)
    assert passes.verify(TOKEN, NOW).state is PassState.VALID
    store.broken = True

    for second in range(0, LAST_GOOD_SECONDS, 5):
        assert passes.verify(TOKEN, NOW + second).state is PassState.VALID
    assert store.reads <= 2 + LAST_GOOD_SECONDS // RETRY_SECONDS

    assert passes.verify(TOKEN, NOW + LAST_GOOD_SECONDS + RETRY_SECONDS).state is PassState.UNVERIFIABLE


def test_without_any_ring_a_pass_cannot_be_verified_and_the_store_is_not_stormed() -> None:
    passes, store = passes_of(None)

    for tenth in range(RETRY_SECONDS * 50):
        assert passes.verify(TOKEN, NOW + tenth / 10).state is PassState.UNVERIFIABLE
    assert store.reads == 5


def test_a_clock_that_jumps_back_does_not_stop_us_from_looking() -> None:
    passes, store = passes_of(RING)
    passes.verify(TOKEN, NOW + 5_000)

    assert passes.verify(TOKEN, NOW).state is PassState.VALID
    assert store.reads == 2

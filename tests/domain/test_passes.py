"""Which claims make a reader, and what a pass may be minted for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from shared.domain.passes import Claims, PassState, Reader, judge, new_claims
from shared.domain.refusals import InvalidPassRequest
from shared.domain.tiers import PASS_TIERS, Tier

ISSUER = "https://paper.example"
NOW = 1_800_000_000.7
GOOD = new_claims(ISSUER, Tier.MEMBER, NOW, 300)


@given(st.sampled_from(PASS_TIERS), st.integers(1, 86_400), st.none() | st.just("night-ferry"))
def test_what_is_minted_is_good_until_its_end_and_not_after(tier: Tier, lifetime: int, only: str | None) -> None:
    claims = new_claims(ISSUER, tier, NOW, lifetime, only)

    assert judge(claims, ISSUER, NOW).reader == Reader(tier, only)
    assert judge(claims, ISSUER, NOW + lifetime - 1).state is PassState.VALID
    assert judge(claims, ISSUER, NOW + lifetime).state is PassState.EXPIRED


@pytest.mark.parametrize(
    "claims",
    [
        replace(GOOD, iss="https://other.example"),
        replace(GOOD, aud="identity"),
        replace(GOOD, tier="anonymous"),
        replace(GOOD, tier="gold"),
        replace(GOOD, iat=0),
        replace(GOOD, iat=GOOD.iat + 61, exp=GOOD.exp + 61),
        replace(GOOD, exp=GOOD.iat),
        replace(GOOD, exp=GOOD.iat + 86_401),
        replace(GOOD, exp=GOOD.iat + 2_592_001, only="a"),
        replace(GOOD, only="Not a slug"),
        replace(GOOD, only=""),
    ],
)
def test_claims_that_we_would_not_write_make_anyone_of_the_reader(claims: Claims) -> None:
    verdict = judge(claims, ISSUER, NOW)

    assert (verdict.state, verdict.reader) == (PassState.INVALID, Reader(Tier.ANONYMOUS))


@pytest.mark.parametrize(
    ("tier", "lifetime", "only"),
    [
        (Tier.ANONYMOUS, 300, None),
        (Tier.MEMBER, 0, None),
        (Tier.MEMBER, -1, None),
        (Tier.MEMBER, 86_401, None),
        (Tier.MEMBER, 2_592_001, "a"),
        (Tier.MEMBER, 300, "Not a slug"),
    ],
)
def test_nothing_is_minted_that_no_verifier_would_accept(tier: Tier, lifetime: int, only: str | None) -> None:
    with pytest.raises(InvalidPassRequest):
        new_claims(ISSUER, tier, NOW, lifetime, only)


def test_a_pass_for_one_article_opens_that_one() -> None:
    reader = Reader(Tier.MEMBER, "night-ferry")

    assert reader.tier_for("night-ferry") is Tier.MEMBER
    assert reader.tier_for("day-ferry") is Tier.ANONYMOUS


def test_a_pass_without_only_has_no_such_claim() -> None:
    assert GOOD.only is UNSET

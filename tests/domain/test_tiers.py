"""The tiers' order, and that nothing odd is a tier."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.tiers import Tier, parse_tier


def test_tiers_are_ordered_from_everyone_to_members() -> None:
    assert sorted([Tier.MEMBER, Tier.ANONYMOUS, Tier.SUBSCRIBER]) == [Tier.ANONYMOUS, Tier.SUBSCRIBER, Tier.MEMBER]


@pytest.mark.parametrize(
    "name", ["Member", "member ", "MEMBER", "gold", "", None, "__proto__", "member,member", "ｍember"]
)
def test_an_unknown_tier_opens_nothing(name: str | None) -> None:
    assert parse_tier(name) is Tier.ANONYMOUS


@given(st.text())
def test_only_a_tier_s_own_name_is_that_tier(name: str) -> None:
    assert parse_tier(name).value == name or parse_tier(name) is Tier.ANONYMOUS

"""Which tier a person has at a time, as one table; grants, suppression, and the tokens in mails."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.domain.addresses import Address
from shared.domain.members import (
    REASONS,
    Contact,
    Grant,
    Member,
    Membership,
    MembershipState,
    grant,
    is_unsubscribe_token,
    new_member,
    revoke,
    suppress,
    tier_of,
    unsubscribe_token,
    wanting,
)
from shared.domain.refusals import UnknownGrant
from shared.domain.tiers import Tier

NOW = 1_800_000_000
WEEK = 7 * 86_400
ADA = Member("a" * 32, Address("ada@reader.example"), NOW - 10_000, "k" * 64)
S, M = Tier.SUBSCRIBER, Tier.MEMBER
ACTIVE, PAST_DUE, PAUSED, ENDED = MembershipState


def chance(count: int) -> bytes:
    return bytes(range(count))


def given_tier(tier: Tier, since: int, until: int | None) -> Grant:
    return Grant("g", tier, NOW + since, None if until is None else NOW + until, "press")


# What each grant and each membership is worth at NOW, alone. Times are seconds from NOW.
GRANTS: list[tuple[Grant | None, Tier]] = [
    (None, S),
    (given_tier(M, -10, None), M),
    (given_tier(M, 0, None), M),
    (given_tier(M, 1, None), S),
    (given_tier(M, -10, 10), M),
    (given_tier(M, -10, 1), M),
    (given_tier(M, -10, 0), S),
    (given_tier(M, -10, -1), S),
    (given_tier(M, 0, 0), S),
    (given_tier(M, 5, 10), S),
    (given_tier(M, 10, 5), S),
    (given_tier(S, -10, None), S),
    (given_tier(Tier.ANONYMOUS, -10, None), S),
]
MEMBERSHIPS: list[tuple[Membership | None, Tier]] = [
    (None, S),
    (Membership(ACTIVE, NOW - 10, NOW + 1_000, NOW + 1_000), M),
    (Membership(ACTIVE, NOW - 10, NOW - 5, NOW + 1), M),
    (Membership(ACTIVE, NOW - 10, NOW + 5, NOW), S),
    (Membership(PAST_DUE, NOW - 10, NOW - 5, NOW + 1), M),
    (Membership(PAST_DUE, NOW - 10, NOW - 5, NOW), S),
    (Membership(PAUSED, NOW - 10, NOW + 5, NOW + 5), M),
    (Membership(ENDED, 0, NOW + 5, 0), S),
]
KINDS = list(itertools.product(GRANTS, GRANTS, MEMBERSHIPS))


def test_the_tier_is_the_highest_that_any_of_it_gives_alone() -> None:
    for (one, first), (other, second), (paid, third) in KINDS:
        grants = tuple(each for each in (one, other) if each is not None)
        assert tier_of(replace(ADA, grants=grants, membership=paid), NOW) is max(first, second, third), (grants, paid)


@pytest.mark.parametrize(("one", "tier"), GRANTS)
def test_a_grant_counts_from_its_first_second_to_its_last(one: Grant | None, tier: Tier) -> None:
    assert tier_of(replace(ADA, grants=() if one is None else (one,)), NOW) is tier
    assert tier_of(replace(ADA, grants=() if one is None else (one,)), NOW + 0.999) is tier  # times are whole seconds


@pytest.mark.parametrize(("paid", "tier"), MEMBERSHIPS)
def test_a_membership_counts_until_the_end_of_its_grace(paid: Membership | None, tier: Tier) -> None:
    assert tier_of(replace(ADA, membership=paid), NOW) is tier


@pytest.mark.parametrize("state", MembershipState)
def test_every_state_of_a_membership_ends_with_time(state: MembershipState) -> None:
    assert tier_of(replace(ADA, membership=Membership(state, NOW, NOW, NOW + 1_000)), NOW + 1_000) is S


MEMBERS = st.builds(
    Member,
    st.just("a" * 32),
    st.just(ADA.address),
    st.just(0),
    st.just("k" * 64),
    grants=st.lists(
        st.builds(
            Grant, st.text("0123456789abcdef", min_size=8, max_size=8), st.sampled_from(Tier),
            st.integers(0, 100), st.none() | st.integers(0, 100), st.just("press"),
        ), max_size=4, unique_by=lambda one: one.id,
    ).map(tuple),
    membership=st.none()
    | st.builds(
        Membership, st.sampled_from(MembershipState), st.integers(0, 100), st.integers(0, 100), st.integers(0, 100)
    ),
)  # fmt: skip


@given(MEMBERS, st.floats(0, 2 * WEEK))
def test_nobody_with_an_account_is_less_than_a_subscriber_and_taking_away_never_raises(
    member: Member, now: float
) -> None:
    tier = tier_of(member, now)
    assert tier in (S, M)
    assert tier_of(replace(member, membership=None), now) <= tier
    for one in member.grants:
        assert tier_of(revoke(member, one.id), now) <= tier
    if member.grants:
        assert tier_of(replace(revoke(member, None), membership=None), now) is S


def test_a_grant_is_given_with_a_name_by_which_it_is_taken_back() -> None:
    once = grant(ADA, M, NOW + 100, "press", NOW, chance)
    twice = grant(once, M, None, "prize", NOW, lambda count: b"\xff" * count)

    assert (tier_of(once, NOW), tier_of(once, NOW + 99), tier_of(once, NOW + 100)) == (M, M, S)
    assert len({one.id for one in twice.grants}) == 2
    assert revoke(twice, twice.grants[1].id) == once
    assert revoke(twice, None).grants == ()
    for id in ("", "unknown", once.id + "0"):
        with pytest.raises(UnknownGrant):
            revoke(twice, id)
    with pytest.raises(UnknownGrant):
        revoke(ADA, None)


def test_newsletters_are_wanted_once_each_and_in_order() -> None:
    assert wanting(ADA, ("b", "a", "b")).newsletters == ("b", "a")
    assert wanting(wanting(ADA, ("b",)), ()).newsletters == ()


def test_the_graver_reason_stays_and_whose_the_address_is_too() -> None:
    bounced = suppress(Contact("a" * 32), "bounce", 5.5)
    assert bounced == Contact("a" * 32, "bounce", 5)
    assert suppress(bounced, "bounce", 9) == bounced
    complained = suppress(bounced, "complaint", 9)
    assert complained == Contact("a" * 32, "complaint", 9)
    for reason in REASONS:
        assert suppress(complained, reason, 11) == complained
        assert suppress(Contact(None, "by hand", 1), reason, 11) == Contact(None, "by hand", 1)


def test_an_unsubscribe_token_is_good_for_its_member_and_newsletter_alone() -> None:
    bob = replace(ADA, id="b" * 32)
    again = new_member(ADA.id, ADA.address, NOW, chance)  # the same name, another key
    token = unsubscribe_token(ADA, "weekly")

    assert is_unsubscribe_token(token, ADA, "weekly")
    assert is_unsubscribe_token(
        token, replace(ADA, address=Address("new@reader.example"), newsletters=("x",)), "weekly"
    )
    for member, newsletter in ((bob, "weekly"), (again, "weekly"), (ADA, "letters"), (ADA, ""), (ADA, "weekly ")):
        assert not is_unsubscribe_token(token, member, newsletter)
    for odd in (
        "",
        token[:-1],
        token + "0",
        token.upper(),
        bob.id + token[32:],
        token[:32] + "0" * 32,
        "\ud800",
        token + "\n",
    ):
        assert not is_unsubscribe_token(odd, ADA, "weekly")
    assert len(token) == 64
    assert ADA.unsubscribe_key not in token


def test_a_member_shows_nothing_but_the_id() -> None:
    assert repr(ADA) == f"Member({'a' * 32})"

"""Orders: their states, and what of them may be written down."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from shared.domain.members import Membership, MembershipState, best
from shared.domain.orders import ORDER_ID, TRANSITIONS, OrderState
from shared.domain.settling import state_of
from tests.money_cases import GIFT, standing_of

S = OrderState


def test_every_state_says_what_may_follow() -> None:
    assert set(TRANSITIONS) == set(OrderState)


def test_nothing_goes_back_to_what_nobody_had_paid() -> None:
    for state in set(OrderState) - {S.OPEN}:
        assert S.OPEN not in TRANSITIONS[state]
    for state in set(OrderState) - {S.OPEN, S.PENDING}:
        assert not TRANSITIONS[state] & {S.PENDING, S.EXPIRED, S.FAILED}


def test_what_has_ended_does_not_begin_again() -> None:
    assert TRANSITIONS[S.ENDED] == frozenset()
    assert TRANSITIONS[S.EXPIRED] == frozenset()
    assert S.RUNNING not in TRANSITIONS[S.FAILED]


def test_an_order_begins_open() -> None:
    assert GIFT.state is S.OPEN
    assert state_of(standing_of(GIFT)) is S.OPEN


def test_neither_a_name_nor_an_address_is_in_what_is_written_down_of_them() -> None:
    order = replace(GIFT, name="Ada Reader", message="For the river")
    standing = standing_of(order, email="ada@reader.example", customer="cus_1")

    assert not any(word in repr(order) for word in ("Ada", "river"))
    assert "ada" not in repr(standing)


@pytest.mark.parametrize(
    ("id", "is_one"),
    [("0" * 32, True), ("0" * 31, False), ("0" * 33, False), ("G" * 32, False), ("0" * 32 + "\n", False)],
)
def test_an_order_id_is_32_hexadecimal_digits(id: str, is_one: bool) -> None:
    assert (ORDER_ID.match(id) is not None) is is_one


def test_of_several_memberships_the_one_that_reaches_farthest_counts() -> None:
    ended = Membership(MembershipState.ENDED, 5, 900, 0)
    active = Membership(MembershipState.ACTIVE, 1, 100, 107)
    paused = Membership(MembershipState.PAUSED, 9, 100, 100)

    assert best([]) is None
    assert best([ended]) == ended
    assert best([ended, active, paused]) == best([paused, active, ended]) == active

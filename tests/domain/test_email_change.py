"""A change of address is agreed to by both, in either order, each once, within a day."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from shared.domain.addresses import Address
from shared.domain.email_change import LIFETIME_SECONDS, EmailChange, agree, begin_email_change
from shared.domain.refusals import SignInDead

NOW = 1_800_000_000.7
ENDS = int(NOW) + LIFETIME_SECONDS
OLD, NEW = Address("old@reader.example"), Address("new@reader.example")
_supply = itertools.count(1)


def chance(count: int) -> bytes:
    return next(_supply).to_bytes(32, "big")[-count:]


CHANGE, FOR_OLD, FOR_NEW = begin_email_change("a" * 32, OLD, NEW, NOW, chance)
OTHER, OTHER_OLD, OTHER_NEW = begin_email_change("a" * 32, OLD, NEW, NOW, chance)


@pytest.mark.parametrize("order", list(itertools.permutations([FOR_OLD, FOR_NEW])))
def test_both_have_to_agree_in_either_order_and_each_does_once(order: tuple[str, str]) -> None:
    assert not CHANGE.is_agreed
    once = agree(CHANGE, order[0], NOW)
    assert not once.is_agreed
    with pytest.raises(SignInDead):
        agree(once, order[0], NOW)
    both = agree(once, order[1], NOW)
    assert both.is_agreed
    for token in order:
        with pytest.raises(SignInDead):
            agree(both, token, NOW)
    assert (both.member, both.old, both.new, both.expires_at) == (CHANGE.member, OLD, NEW, ENDS)


@pytest.mark.parametrize(
    "token", ["", "x", OTHER_OLD, OTHER_NEW, FOR_OLD[:-1], FOR_OLD + "0", CHANGE.old_link, CHANGE.new_link, "0" * 64]
)
def test_nothing_else_agrees(token: str) -> None:
    for change in (CHANGE, agree(CHANGE, FOR_OLD, NOW), agree(CHANGE, FOR_NEW, NOW), None):
        with pytest.raises(SignInDead):
            agree(change, token, NOW)


@pytest.mark.parametrize("token", [FOR_OLD, FOR_NEW])
def test_it_holds_for_a_day_also_where_the_store_still_has_it(token: str) -> None:
    assert agree(CHANGE, token, ENDS - 0.01)
    for now in (ENDS, ENDS + 90 * 86_400):
        with pytest.raises(SignInDead):
            agree(CHANGE, token, now)


def test_the_links_are_kept_by_digest() -> None:
    stored = msgspec.json.encode(CHANGE).decode()
    assert FOR_OLD not in stored
    assert FOR_NEW not in stored
    assert len({FOR_OLD, FOR_NEW, CHANGE.old_link, CHANGE.new_link}) == 4
    assert msgspec.json.decode(stored, type=EmailChange) == CHANGE

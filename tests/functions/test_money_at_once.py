"""Whatever order, repetition and ends in the middle do: of one life of a payment there is one final state, to the cent
(R20). Proven on DynamoDB Local, whose transactions are kept apart; in a smaller sample on the twin."""

from __future__ import annotations

import random
from typing import Any, Final

import msgspec
import pytest

from functions.payments.batch import Desk
from shared.domain.standing import DisputeOutcome
from tests.contracts.test_ledger import make_ledger_tables
from tests.functions.under_fire import (
    AGAIN,
    GIFTS,
    LIVES,
    MEMBERSHIP,
    MOST_BETWEEN,
    Facts,
    Fuse,
    House,
    Play,
    deliver,
    steps_of,
)

RUNS: Final = 120
FEWER_RUNS: Final = 40


def told_in_order(run: str, plays: tuple[Play, ...], *, each: bool) -> House:
    """The same lives, told to one worker in order, once each: at the end of them, or after each step."""
    house = House(run, Fuse(None, random.Random(0)))  # noqa: S311 -- asks for none
    told = 0
    steps = steps_of(plays, house)
    for number, step in enumerate(steps):
        step()
        if each or number == len(steps) - 1:
            desk = Desk(house.doors)
            for event in house.processor.events[told:]:
                assert not desk.work_off(msgspec.json.encode(event).decode()).ended.comes_again
            told = len(house.processor.events)
    return house


def check_sums(facts: Facts, house: House) -> None:
    """To the cent, by what whoever takes the money says, and by nothing of ours."""
    raised = supporters = 0
    for order, entries in zip(facts.orders, facts.entries, strict=True):
        kept = 0
        for payment in house.processor.truth(order.session or "").payments:
            kept += payment.amount
            kept -= sum(one.amount for one in payment.refunds if not one.failed)
            kept -= sum(one.amount for one in payment.disputes if one.outcome is not DisputeOutcome.WON)
        assert order.received == sum(entry.amount for entry in entries) == kept
        if order.campaign is not None:
            raised += kept
            supporters += kept > 0
    assert (facts.raised.amounts.get("EUR", 0), facts.raised.supporters) == (raised, supporters)
    assert facts.shown == facts.raised


def under_fire(number: int, tables: tuple[Any, str, str] | None) -> int:
    """One order of events. Returns how often a worker has died."""
    chance = random.Random(number)  # noqa: S311 -- keeps no secret
    meanwhile = number % 2 == 1
    life = list(LIVES)[number // 2 % len(LIVES)]
    plays = (Play(MEMBERSHIP, LIVES[life]), *((), GIFTS, (), (AGAIN,), ())[number % 5])
    run = f"{number:x}"
    house = House(run, Fuse(number // 2 % MOST_BETWEEN, chance), tables)

    deliver(house, steps_of(plays, house), chance, meanwhile=meanwhile)

    least, most = told_in_order(run, plays, each=False), told_in_order(run, plays, each=True)
    facts = house.facts()
    check_sums(facts, house)
    assert facts == least.facts() == most.facts()
    mails = house.mails().items()
    if meanwhile:  # who did not look in time does not say that a renewal has failed, and has been paid since
        assert least.mails().items() <= mails <= most.mails().items()
    else:
        assert mails == least.mails().items()
    return house.fuse.deaths


@pytest.mark.parametrize("part", range(4))
def test_a_life_told_in_any_order_repeatedly_at_once_and_cut_off_ends_the_same(dynamodb_local: Any, part: int) -> None:
    tables = dynamodb_local, *make_ledger_tables(dynamodb_local, f"fire-{part}")
    deaths = [under_fire(number, tables) for number in range(part, RUNS, 4)]
    assert sum(deaths) > len(deaths)


@pytest.mark.parametrize("part", range(2))
def test_the_same_is_so_in_memory_wherever_java_is_not(part: int) -> None:
    deaths = [under_fire(number, None) for number in range(part, FEWER_RUNS, 2)]
    assert sum(deaths) > len(deaths)

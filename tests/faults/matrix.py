"""Every world, with every fault at every call that it makes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from tests.faults import money, newsroom, ops, persons, post, reading
from tests.faults.faulty import Call, Fault, Plan
from tests.faults.world import World
from tests.functions.cut_off import CutOff

WORLDS: Final[Mapping[str, Callable[[], World]]] = {
    name: begin for room in (reading, newsroom, persons, post, money, ops) for name, begin in room.WORLDS.items()
}
CUT_OFF: Final = "nothing, for it was cut off"
NOTHING: Final = "nothing"
_ROUNDS: Final = 4  # of doing it again


class Lost(AssertionError):
    """Something is not in the end as if nothing had failed."""


class Row(Struct, frozen=True):
    """One fault, at one call: where, in which world, and what was seen."""

    world: str
    port: str
    method: str
    fault: Fault
    seen: str
    lost: str = NOTHING


@cache
def rows_of(name: str) -> tuple[Row, ...]:
    """All of a world's. Raises Lost where one loses something."""
    begin = WORLDS[name]
    world, plan = begin(), Plan()
    seen_whole = world.act(world.through(plan))
    kept_whole = world.kept()
    rows: list[Row] = []
    for call in _chosen(plan.calls, world.most):
        for fault in Fault:
            world, failing = begin(), Plan(call, fault)
            row = Row(name, call.port, call.method, fault, _seen(world, failing))
            assert failing.has_failed, row
            world.meanwhile()
            rows.append(replace(row, lost=_mend(world, row, seen_whole, kept_whole)))
    return tuple(rows)


def _chosen(calls: Sequence[Call], most: int) -> Iterator[Call]:
    times = Counter((call.port, call.method) for call in calls)
    for call in calls:
        made = times[call.port, call.method]
        if made <= most or call.nth in {round(number * (made - 1) / (most - 1)) for number in range(most)}:
            yield call


def _seen(world: World, plan: Plan) -> str:
    try:
        return world.act(world.through(plan))
    except CutOff:
        return CUT_OFF


def _mend(world: World, row: Row, seen_whole: str, kept_whole: Any) -> str:
    """What was lost. Nothing fails any more: it is done again where it was not done, and then all is as if it had been
    whole from the beginning."""
    said = row.seen
    for _ in range(_ROUNDS):
        if said == seen_whole:
            break
        said = world.again()
    kept = world.kept()
    if kept == kept_whole:
        return NOTHING
    words, worst = world.at_worst.get((row.port, row.method), (NOTHING, kept_whole))
    if kept == worst:
        return words
    raise Lost(f"{row}: then “{said}”; kept {kept!r} instead of {kept_whole!r}")


def rows() -> tuple[Row, ...]:
    """All."""
    return tuple(row for name in WORLDS for row in rows_of(name))

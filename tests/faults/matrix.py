"""Every world, with every fault at every call that it makes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from tests.faults.faulty import Fault, Plan, faulty
from tests.faults.worlds import WORLDS, World
from tests.functions.cut_off import CutOff

CUT_OFF: Final = "nothing, for it was cut off"
AT_WORST: Final[Mapping[tuple[str, str], str]] = {
    ("Notices", "mark"): "a receipt, at worst: no mail goes out twice",
    ("Mailer", "send"): "a receipt, at worst: no mail goes out twice",
}
"""What may be lost after all where these calls fail, by choice."""
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
    lost: str = "nothing"


def calls_of(begin: Callable[[], World]) -> tuple[list[tuple[str, str]], str, Any]:
    """The calls that a world makes while nothing fails, what is seen, and what is kept."""
    world, plan = begin(), Plan()
    seen = world.act(faulty(world.doors, plan))
    return plan.calls, seen, world.kept()


def rows_of(name: str, worlds: Mapping[str, Callable[[], World]] = WORLDS) -> Iterator[Row]:
    """All of a world's. Raises Lost where one loses something."""
    begin = worlds[name]
    calls, seen_whole, kept_whole = calls_of(begin)
    for at in range(len(calls)):
        for fault in Fault:
            world, plan = begin(), Plan(at, fault)
            try:
                seen = world.act(faulty(world.doors, plan))
            except CutOff:
                seen = CUT_OFF
            except Exception as error:  # noqa: BLE001 - a command line's: it says what it is, and is typed again
                seen = f"an error: {type(error).__name__}"
            port, method = plan.calls[at]
            lost = _mend(world, name, (port, method, fault), seen_whole, kept_whole, seen)
            yield Row(name, port, method, fault, seen, lost)


def _mend(world: World, name: str, where: Any, seen_whole: str, kept_whole: Any, seen: str) -> str:
    """What was lost. Nothing fails any more: it is done again where it was not done, and then all is as if it had been
    whole from the beginning."""
    said = seen
    for _ in range(_ROUNDS):
        if said == seen_whole:
            break
        said = world.again()
    kept = world.kept()
    if kept != kept_whole and where[:2] in AT_WORST:
        return AT_WORST[where[:2]]
    if kept != kept_whole:
        raise Lost(f"{name}, {where}: saw “{seen}”, then “{said}”; kept {kept!r} instead of {kept_whole!r}")
    return "nothing"


def table() -> Mapping[tuple[str, str], Mapping[Fault | None, set[str]]]:
    """By port and method, and fault: what was seen, over all worlds; under None, what was lost."""
    found: dict[tuple[str, str], dict[Fault | None, set[str]]] = defaultdict(lambda: defaultdict(set))
    for name in WORLDS:
        for row in rows_of(name):
            found[row.port, row.method][row.fault].add(row.seen)
            found[row.port, row.method][None].add(row.lost)
    return found

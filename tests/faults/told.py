"""docs/reliability.md: its tables, written by running every fault (`make reliability`)."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from shared.ports import mail, money, persons, publishing, reading
from tests.faults.adapters import AWS_SAYS, COMPOSED, PORTS, Raised, raised
from tests.faults.clocks import CLOCKS
from tests.faults.faulty import KILLED, VENDOR_OF, Fault
from tests.faults.matrix import NOTHING, Row, rows
from tests.faults.vendors import Trouble

PAGE: Final = Path(__file__).parents[2] / "docs" / "reliability.md"
_TOLD: Final = tuple(fault for fault in Fault if fault not in KILLED)  # who is killed says nothing: the tests hold that


def all_methods() -> frozenset[str]:
    """Every method of every port."""
    return frozenset(
        f"{name}.{method}"
        for module in (mail, money, persons, publishing, reading)
        for name, port in vars(module).items()
        if inspect.isclass(port) and port.__module__ == module.__name__ and getattr(port, "_is_protocol", False)
        for method, act in vars(port).items()
        if inspect.isfunction(act) and not method.startswith("_")
    )


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _table(head: Iterable[str], body: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    return "\n".join([_row(head), f"|{'---|' * len(head)}", *map(_row, body)])


def seen_table(found: Iterable[Row]) -> str:
    """By port and method, and fault: what was seen, over all worlds, and what was lost over all faults."""
    seen: dict[str, dict[Fault, set[str]]] = defaultdict(lambda: defaultdict(set))
    lost: dict[str, set[str]] = defaultdict(set)
    for row in found:
        name = f"{row.port}.{row.method}"
        seen[name][row.fault].add(row.seen)
        lost[name].add(row.lost)
    return _table(
        ("door", *(fault.value for fault in _TOLD), "lost"),
        (
            (
                f"`{name}`",
                *(_together(seen[name][fault]) for fault in _TOLD),
                _together(lost[name] - {NOTHING}) or NOTHING,
            )
            for name in sorted(seen)
        ),
    )


def _together(said: Iterable[str]) -> str:
    return "; ".join(sorted(said))


def wire_table() -> str:
    """By vendor and port: what its adapter makes of each trouble; a method that differs from its port has its own."""
    lines: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for port, methods in sorted(PORTS.items()):
        by_method = {method: tuple(_named(raised(port, method, one)) for one in Trouble) for method in methods}
        for said in dict.fromkeys(by_method.values()):
            alike = [method for method, one in by_method.items() if one == said]
            name = f"`{port}`" if len(alike) == len(methods) else ", ".join(f"`{port}.{method}`" for method in alike)
            lines[VENDOR_OF[port], *said].append(name)
    return _table(
        ("of", "doors", *(one.value for one in Trouble)),
        ((vendor, ", ".join(doors), *said) for (vendor, *said), doors in sorted(lines.items())),
    )


def _named(said: Raised) -> str:
    if said == AWS_SAYS:
        return "what boto3 says"
    return " or ".join(f"`{kind.__name__}`" for kind in said) or "no exception"


def clock_table() -> str:
    """What is seen where our clock is not what it was."""
    return _table(
        ("what", "our clock is", "seen"),
        ((clock.what, _jump(late), clock.see(late)) for clock in CLOCKS for late in clock.wanted),
    )


def _jump(late: int) -> str:
    if not late:
        return "right"
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if abs(late) % size == 0:
            count = abs(late) // size
            return f"{count:,} {unit}{'s' * (count > 1)} {'late' if late > 0 else 'early'}"
    raise AssertionError


def survey() -> str:
    """How much was done."""
    found = rows()
    return (
        f"{len(found):,} runs of {len({row.world for row in found})} things that functions and `frontline` do, and "
        f"{len(all_methods() - COMPOSED.keys()) * len(Trouble)} calls of adapters."
    )


SECTIONS: Final[dict[str, Callable[[], str]]] = {
    "survey": survey,
    "doors": lambda: seen_table(rows()),
    "wire": wire_table,
    "clocks": clock_table,
}


def page(text: str) -> str:
    """The page with its tables as they are now."""
    for name, made in SECTIONS.items():
        begin, end = f"<!-- {name}: written by `make reliability` -->\n", f"<!-- {name}: until here -->\n"
        before, found, rest = text.partition(begin)
        assert found, name
        text = f"{before}{begin}\n{made()}\n\n{end}{rest.partition(end)[2]}"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

"""Where figures go: to the terminal as they come, and into results.json when all have come."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

Figure = tuple[str, float, str]
"""Name, value, unit."""

RESULTS = Path(__file__).with_name("results.json")


def keep(figures: Iterable[Figure], replaces: Callable[[str], bool]) -> None:
    """Print the figures as they come, and keep them when all have, in place of those whose names `replaces` says."""
    found: dict[str, dict[str, float | str]] = {}
    for name, value, unit in figures:
        print(f"{name} {value:.4g} {unit}", flush=True)
        found[name] = {"value": float(f"{value:.4g}"), "unit": unit}
    before = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    kept = {name: figure for name, figure in before.items() if not replaces(name)}
    RESULTS.write_text(json.dumps(kept | found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

"""What was counted, in memory."""

from __future__ import annotations

import math
from collections import defaultdict

from infra.ops.figures import Values, Wanted

Dimensions = tuple[tuple[str, str], ...]


class MemoryMetrics:
    """`Metrics`. `put` counts a value of a metric at a time (seconds since 1970)."""

    def __init__(self) -> None:
        self._counted: defaultdict[tuple[str, str, Dimensions], list[tuple[int, float]]] = defaultdict(list)

    def put(self, namespace: str, name: str, value: float, at: int, **dimensions: str) -> None:
        self._counted[namespace, name, tuple(sorted(dimensions.items()))].append((at, value))

    def there(self, namespace: str) -> tuple[Wanted, ...]:
        return tuple(Wanted(*key) for key in self._counted if key[0] == namespace)

    def values(self, wanted: tuple[Wanted, ...], start: int, end: int, step: int) -> tuple[Values, ...]:
        return tuple(self._values(one, start, end, step) for one in wanted)

    def _values(self, one: Wanted, start: int, end: int, step: int) -> Values:
        steps: defaultdict[int, list[float]] = defaultdict(list)
        for at, value in self._counted[one.namespace, one.name, one.dimensions]:
            if start <= at < end:
                steps[at // step * step].append(value)
        return {at: _statistic(sorted(values), one.statistic) for at, values in steps.items()}


def _statistic(values: list[float], statistic: str) -> float:
    match statistic:
        case "Sum":
            return sum(values)
        case "Average":
            return sum(values) / len(values)
        case "Maximum":
            return values[-1]
    return values[max(math.ceil(float(statistic[1:]) / 100 * len(values)), 1) - 1]

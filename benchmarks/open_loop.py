"""Load as readers make it: they come when they come, and do not wait for each other's answers. Knows no HTTP.

A generator that sends the next request when the last is answered slows down with what it measures, and leaves out the
reads that would have waited ("coordinated omission"). Here each read has its moment beforehand, and its latency is
counted from there, however late it was sent.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

PATIENCE: Final = 0.5
"""Seconds within which 95 of 100 reads must be answered for a rate to count as kept up with."""
KEPT_UP: Final = 0.95
"""The share of the rate that comes in at which answers must go out."""


@dataclass(frozen=True)
class Answered:
    """What came of one read. `hit` and `failed`: as the caller's client says."""

    latency: float
    hit: bool
    failed: bool


@dataclass(frozen=True)
class Step:
    """One rate, offered for `lasted` seconds. `seconds`: until the last answer came, and `lasted` at least."""

    offered: float
    lasted: float
    seconds: float
    answers: tuple[Answered, ...]

    @property
    def throughput(self) -> float:
        """Good answers a second."""
        return sum(not one.failed for one in self.answers) / self.seconds

    @property
    def failed(self) -> int:
        return sum(one.failed for one in self.answers)

    @property
    def hit_share(self) -> float:
        return sum(one.hit for one in self.answers) / len(self.answers)

    def latency(self, share: float) -> float:
        """The time within which that share of reads was answered, in seconds."""
        return percentile([one.latency for one in self.answers], share)

    @property
    def kept_up(self) -> bool:
        """Whether what came in went out as fast, without a fault and before readers lose their patience."""
        came_in = len(self.answers) / self.lasted  # not the rate offered: how many come is left to chance
        return not self.failed and self.throughput >= KEPT_UP * came_in and self.latency(0.95) <= PATIENCE


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that at least that share of them does not exceed (nearest rank)."""
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def schedule(rate: float, seconds: float, dice: random.Random) -> list[float]:
    """The moments of reads, in seconds from the start: strangers to each other (Poisson), so many a second on the
    average. There is one at least."""
    moments: list[float] = []
    moment = dice.expovariate(rate)
    while moment < seconds or not moments:
        moments.append(moment)
        moment += dice.expovariate(rate)
    return moments


def rising(first: float, by: float = 1.5) -> Callable[[Sequence[Step]], float | None]:
    """What to offer next, after these steps: more, as long as the last rate was kept up with; the same once more where
    it was not, in case it was somebody else's doing; None when it was not kept up with twice."""

    def following(steps: Sequence[Step]) -> float | None:
        if not steps:
            return first
        last = steps[-1]
        if last.kept_up:
            return last.offered * by
        before = steps[-2] if len(steps) > 1 else None
        return None if before is not None and before.offered == last.offered else last.offered

    return following


def knee(steps: Sequence[Step]) -> Step | None:
    """The highest rate that was kept up with before the first that never was. None: not even the lowest was."""
    best: Step | None = None
    for rate in sorted({step.offered for step in steps}):
        kept = [step for step in steps if step.offered == rate and step.kept_up]
        if not kept:
            break
        best = kept[-1]
    return best


async def offer(
    moments: Sequence[float], ask: Callable[[int], Awaitable[tuple[bool, bool]]], offered: float, seconds: float
) -> Step:
    """Have each read sent at its moment. `ask(number)` says (hit, failed); what it raises ends the run. `offered`: the
    rate that the moments were drawn for, over `seconds`; the step lasts that long at least."""
    began = time.perf_counter()

    async def one(number: int, moment: float) -> Answered:
        hit, failed = await ask(number)
        return Answered(time.perf_counter() - began - moment, hit, failed)

    async with asyncio.TaskGroup() as group:
        tasks = []
        for number, moment in enumerate(moments):
            await asyncio.sleep(max(moment - (time.perf_counter() - began), 0))
            tasks.append(group.create_task(one(number, moment)))
    answers = tuple(task.result() for task in tasks)
    ended = max(moment + answer.latency for moment, answer in zip(moments, answers, strict=True))
    return Step(offered, seconds, max(ended, seconds), answers)

"""`make load`: the stack on this machine under readers who come at rising rates, and what a read costs it.

Latencies and rates are of this machine at this moment, with whatever else runs on it. What is worth keeping is CPU, as
the ratio of two stacks that took turns: one as it is, one whose edge keeps no copies.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import open_loop
from benchmarks.articles import article
from benchmarks.open_loop import Step
from benchmarks.processes import cpu_seconds
from benchmarks.readers import Mix, Read, reads
from benchmarks.results import Figure, keep
from infra.ops.stack import Stack
from infra.template import TEMPLATE
from shared.domain.tiers import Tier

PREFIX: Final = "load_"
ARTICLES: Final = 200
ARTICLE_BYTES: Final = 12_000
PASSES: Final = 50  # of each tier: so many people
WARMING: Final = 3_000  # reads before anything is measured
TURNS, BLOCK = 12, 120  # of the comparison: turns, and the reads of each
CONNECTIONS: Final = 128
TIMEOUT: Final = 10.0
MOST_STEPS: Final = 24
# Fronts are asked for more than anything, then sections; feeds by programs.
LISTS: Final = {
    "/": 0.5,
    "/sections/city": 0.2,
    "/api/articles": 0.1,
    "/feeds/rss.xml": 0.1,
    "/authors/ada-moor": 0.05,
    "/api/articles?section=city": 0.05,
}
_KEPT: Final = "        MaxTTL: 604800\n"


@dataclass(frozen=True)
class Stands:
    """A stack that runs: where, as whom one reads, and its first process."""

    name: str
    address: tuple[str, int]
    passes: dict[Tier, list[str]]
    pid: int

    def cpu(self) -> tuple[float, float]:
        """CPU seconds (user and system) so far: of the front door with all that stands in for AWS, and of the
        functions' processes."""
        return cpu_seconds(self.pid), sum(cpu_seconds(pid) for pid in descendants(self.pid))


def descendants(pid: int) -> list[int]:
    """The processes that a process started, and theirs."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        children = [int(child) for child in (task / "children").read_text().split()]
        found += children + [below for child in children for below in descendants(child)]
    return found


@contextlib.contextmanager
def standing(name: str, template: Path, folder: Path) -> Iterator[Stands]:
    """What `make run` runs, on a port of its own, with articles enough for a tail; it ends with the block."""
    state = folder / name / "stack.json"
    command = [sys.executable, "-m", "infra.local", "--port", "0", "--template", str(template)]
    process = subprocess.Popen(
        command,
        env={**os.environ, "FRONTLINE_LOCAL_STATE": str(state)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # Ctrl-C is for us, who then end it
    )
    try:
        assert process.stdout is not None
        if not process.stdout.readline().startswith("ready:"):
            raise SystemExit(f"the stack {name} did not start: try `make run`")
        info = json.loads(state.read_text())
        stack = Stack.at(info)
        _say(f"{name}: publishing {ARTICLES} articles")
        s3, bucket = stack.client("s3"), stack.output("ContentBucket")
        for number in range(ARTICLES):
            s3.put_object(
                Bucket=bucket, Key=f"articles/piece-{number}.json", Body=article(f"piece-{number}", ARTICLE_BYTES)
            )
        host, _, port = info["site_url"].removeprefix("http://").partition(":")
        _settle(stack)
        minting, now = stack.passes(), time.time()
        passes = {
            tier: [minting.mint(tier, now - number, 86_400) for number in range(PASSES)]
            for tier in (Tier.SUBSCRIBER, Tier.MEMBER)
        }
        yield Stands(name, (host, int(port)), passes, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _settle(stack: Stack) -> None:
    """Wait until publishing has dealt with what was put there: it would be counted as readers' work."""
    sqs, queue = stack.client("sqs"), stack.output("PublishingQueueUrl")
    names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    while True:
        found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=list(names))["Attributes"]
        if not any(int(found[name]) for name in names):
            return
        time.sleep(0.5)


class Reading:
    """Readers of one stack, over connections that stay open, as those of a CDN's viewers do."""

    def __init__(self, stack: Stands, wishes: Iterator[Read], dice: random.Random) -> None:
        self._stack = stack
        self._wishes = wishes
        self._dice = dice
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._places = asyncio.Semaphore(CONNECTIONS)

    async def ask(self, _number: int = 0) -> tuple[bool, bool]:
        """One read, whatever it is: whether it was a hit, and whether it failed."""
        request = self._request(next(self._wishes))
        async with self._places:
            try:
                async with asyncio.timeout(TIMEOUT):
                    reader, writer = (
                        self._idle.pop() if self._idle else await asyncio.open_connection(*self._stack.address)
                    )
                    writer.write(request)
                    head = (await reader.readuntil(b"\r\n\r\n")).lower()
                    length = int(head.split(b"\r\ncontent-length: ", 1)[1].split(b"\r\n", 1)[0])
                    await reader.readexactly(length)
                    self._idle.append((reader, writer))
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                return False, True
        return b"\r\nx-cache: hit" in head, not head.startswith(b"http/1.1 200 ")

    def _request(self, wish: Read) -> bytes:
        if wish.article is None:
            path = list(LISTS)[wish.list]
        else:
            path = f"{'/api' if wish.json else ''}/articles/piece-{wish.article}"
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {self._stack.address[0]}:{self._stack.address[1]}",
            "Accept-Encoding: br",
        ]
        if wish.tier is not Tier.ANONYMOUS:
            lines.append(f"Cookie: __Host-pass={self._dice.choice(self._stack.passes[wish.tier])}")
        return "\r\n".join([*lines, "", ""]).encode()

    async def one_by_one(self, count: int) -> float:
        """So many reads, each after the other. The share of hits. Raises SystemExit when one fails."""
        came = [await self.ask() for _ in range(count)]
        if any(failed for _, failed in came):
            raise SystemExit(f"{self._stack.name}: a read failed while nothing else was asked")
        return statistics.mean(hit for hit, _ in came)


async def _rising(reading: Reading, first: float, seconds: float, dice: random.Random) -> list[Step]:
    """Rates, each higher than the one before, until one is not kept up with twice."""
    following, steps = open_loop.rising(first), list[Step]()
    while (rate := following(steps)) is not None and len(steps) < MOST_STEPS:
        step = await open_loop.offer(open_loop.schedule(rate, seconds, dice), reading.ask, rate, seconds)
        steps.append(step)
        times = ", ".join(f"p{share * 100:g} {step.latency(share) * 1e3:.0f} ms" for share in (0.5, 0.95, 0.99))
        _say(
            f"{rate:.0f}/s: {step.throughput:.0f}/s answered, {times}, {step.failed} failed, "
            f"{step.hit_share:.1%} hits{'' if step.kept_up else '; not kept up'}"
        )
    return steps


def _of_knee(steps: Sequence[Step], first: float) -> Iterator[Figure]:
    best = open_loop.knee(steps)
    if best is None:
        raise SystemExit(f"not even {first:g} reads a second were kept up with; try --from with less")
    yield "load_knee_offered", best.offered, "reads/s"
    yield "load_knee_throughput", best.throughput, "reads/s"
    for share in (0.5, 0.95, 0.99):
        yield f"load_knee_p{share * 100:.0f}", best.latency(share) * 1e3, "ms"
    yield "load_knee_hit_share", best.hit_share, "of reads"
    yield "load_knee_failed", best.failed, "reads"
    yield "load_beyond_failed", max(step.failed for step in steps), "reads"


async def _figures(kept: Stands, bare: Stands, mix: Mix, first: float, seconds: float, seed: int) -> list[Figure]:
    def reading(stack: Stands) -> Reading:
        """The same readers, whichever stack they read."""
        dice = random.Random(seed)  # noqa: S311 -- reproducible, not secret
        return Reading(stack, reads(mix, ARTICLES, list(LISTS.values()), dice), dice)

    with_copies, without = reading(kept), reading(bare)
    _say(f"warming: {WARMING} reads, {WARMING // 10} of the stack that keeps nothing")
    await with_copies.one_by_one(WARMING)
    await without.one_by_one(WARMING // 10)
    _say(f"comparing: {TURNS} turns of {BLOCK} reads")
    found = [*await _compared((kept, with_copies), (bare, without))]
    _say("rising rates, with the cache")
    dice = random.Random(seed)  # noqa: S311 -- reproducible, not secret
    steps = await _rising(with_copies, first, seconds, dice)
    return [*found, *_of_knee(steps, first)]


async def _compared(*pairs: tuple[Stands, Reading]) -> list[Figure]:
    """CPU per read of two stacks that take turns, less what they use when nobody reads."""
    idle = []
    for stack, _ in pairs:
        started, began = sum(stack.cpu()), time.perf_counter()
        await asyncio.sleep(3)
        idle.append((sum(stack.cpu()) - started) / (time.perf_counter() - began))
    all_of: tuple[list[float], list[float]] = ([], [])
    functions_of: tuple[list[float], list[float]] = ([], [])
    hits: list[float] = []
    for _ in range(TURNS):
        for number, (stack, reading) in enumerate(pairs):
            before, began = stack.cpu(), time.perf_counter()
            share = await reading.one_by_one(BLOCK)
            (door, functions), took = stack.cpu(), time.perf_counter() - began
            spent = door + functions - sum(before) - idle[number] * took
            all_of[number].append(spent / BLOCK)
            functions_of[number].append((functions - before[1]) / BLOCK)
            if number == 0:
                hits.append(share)
    with_copies, without = (statistics.mean(each) for each in functions_of)
    return [
        ("load_idle", statistics.mean(idle) * 1e3, "ms CPU/s"),
        ("load_hit_share", statistics.mean(hits), "of reads"),
        ("load_cpu_with_cache", statistics.median(all_of[0]) * 1e3, "ms CPU/read"),
        ("load_cpu_without_cache", statistics.median(all_of[1]) * 1e3, "ms CPU/read"),
        ("load_cpu_ratio", statistics.median(a / b for a, b in zip(*all_of, strict=True)), "ratio"),
        ("load_functions_cpu_with_cache", with_copies * 1e3, "ms CPU/read"),
        ("load_functions_cpu_without_cache", without * 1e3, "ms CPU/read"),
        ("load_functions_cpu_ratio", with_copies / without, "ratio"),
    ]


def figures(mix: Mix, first: float, seconds: float, seed: int) -> Iterator[Figure]:
    """Two stacks, what a read costs each, and how many a second the first can take."""
    source = TEMPLATE.read_text(encoding="utf-8")
    if source.count(_KEPT) != 1:
        raise SystemExit("template.yaml's policy for reads is not the one that is known here")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        forgetful = folder / "template.yaml"
        forgetful.write_text(source.replace(_KEPT, _KEPT.replace("604800", "0")), encoding="utf-8")
        with (
            standing("with the cache", TEMPLATE, folder) as kept,
            standing("without it", forgetful, folder) as bare,
        ):
            yield from asyncio.run(_figures(kept, bare, mix, first, seconds, seed))


def _say(what: str) -> None:
    print(f"# {what}", file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    usual = Mix()
    for name, value, what in (
        ("subscribers", usual.subscriber, "their share of reads"),
        ("members", usual.member, "their share of reads; what is left is anonymous"),
        ("lists", usual.lists, "the share of fronts, lists and feeds"),
        ("json", usual.json, "the share of JSON among articles"),
        ("from", 100.0, "the first rate, in reads a second"),
        ("seconds", 4.0, "for which each rate is offered"),
    ):
        parser.add_argument(f"--{name}", type=float, default=value, help=f"{what} (%(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="of the dice (%(default)s)")
    return parser.parse_args()


def main() -> int:
    """Print the figures and keep them; returns the exit code."""
    asked = _arguments()
    first = getattr(asked, "from")
    try:
        mix = Mix(asked.subscribers, asked.members, asked.lists, asked.json)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if first <= 0 or asked.seconds <= 0:
        print("--from and --seconds are more than 0", file=sys.stderr)
        return 2
    try:
        keep(figures(mix, first, asked.seconds, asked.seed), replaces=lambda name: name.startswith(PREFIX))
    except KeyboardInterrupt:
        _say("ended; nothing is kept")
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""What the edge costs: the function beside a plain check of one token, and who reaches the origin behind the cache."""

from __future__ import annotations

import http.client
import itertools
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.articles import article
from benchmarks.results import Figure
from infra.local.edge_runtime import EdgeFunction
from infra.local.stack import LocalStack
from infra.ops.stack import Stack
from shared.domain.tiers import Tier
from tests.edge.edge import VIEWER_REQUEST, event
from tests.token_cases import CURRENT, GOOD, KEYRING, NOW

ROUNDS, RUNS = 60, 40
READS, ARTICLES, MEMBERS, ZIPF = 50_000, 2_000, 500, 1.05


def function() -> Iterator[Figure]:
    """Our viewer-request function beside a plain JWT check (HMAC and parse of one token), in the same engine."""
    store = {"keyring": KEYRING, "secret": CURRENT[1]}
    plain_source = Path(__file__).with_name("plain_jwt.js").read_text(encoding="utf-8")
    ours, plain = (EdgeFunction(source, store.get, lambda: NOW) for source in (VIEWER_REQUEST, plain_source))
    headers: dict[str, str | list[str]] = {"accept": "text/html", "user-agent": "x", "accept-encoding": "br"}
    anonymous, single = event(headers=headers), event(headers=headers, query={"jwt": GOOD})
    member = event(headers={**headers, "authorization": f"Bearer {GOOD}"})
    assert ours.run(member)["headers"]["x-reader-tier"] == {"value": "member"}
    assert "statusCode" not in plain.run(single)

    took = [
        (_cpu(lambda: ours.run(member)), _cpu(lambda: ours.run(anonymous)), _cpu(lambda: plain.run(single)))
        for _ in range(ROUNDS)
    ]
    yield "edge_function_member", statistics.median(m for m, _, _ in took) * 1e6, "µs CPU"
    yield "edge_function_anonymous", statistics.median(a for _, a, _ in took) * 1e6, "µs CPU"
    yield "edge_plain_jwt_check", statistics.median(p for _, _, p in took) * 1e6, "µs CPU"
    yield "edge_function_ratio", statistics.median(m / p for m, _, p in took), "ratio"
    yield "edge_function_anonymous_ratio", statistics.median(a / p for _, a, p in took), "ratio"


def _cpu(run: Callable[[], Any]) -> float:
    began = time.thread_time()
    for _ in range(RUNS):
        run()
    return (time.thread_time() - began) / RUNS


def replay() -> Iterator[Figure]:
    """50,000 reads by Zipf's law through the front door, half of them by members with passes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FRONTLINE_LOCAL_STATE"] = str(Path(folder) / "stack.json")
        stack = LocalStack(0, Path(folder) / "stack.json")
        try:
            yield from _replayed(stack)
        finally:
            stack.stop()


def _replayed(stack: LocalStack) -> Iterator[Figure]:
    there = Stack.at(stack.info)
    s3, bucket = there.client("s3"), there.output("ContentBucket")
    for number in range(ARTICLES):
        s3.put_object(Bucket=bucket, Key=f"articles/piece-{number}.json", Body=article(f"piece-{number}", 5_000))
    passes, now = there.passes(), time.time()
    members = [passes.mint(Tier.MEMBER, now - number % 100, 86_400) for number in range(MEMBERS)]
    dice = random.Random(7)  # noqa: S311 -- reproducible, not secret
    weights = list(itertools.accumulate(1 / (rank + 1) ** ZIPF for rank in range(ARTICLES)))
    reads, misses = {"anonymous": 0, "member": 0}, {"anonymous": 0, "member": 0}
    door = http.client.HTTPConnection(stack.site_host)
    for number in dice.choices(range(ARTICLES), cum_weights=weights, k=READS):
        who = dice.choice(("anonymous", "member"))
        headers = {"Cookie": f"__Host-pass={dice.choice(members)}"} if who == "member" else {}
        door.request("GET", f"/api/articles/piece-{number}", headers=headers)
        answer = door.getresponse()
        answer.read()
        assert (answer.status, answer.headers["x-rendered-for"]) == (200, who)
        reads[who] += 1
        misses[who] += answer.headers["x-cache"].startswith("Miss")
    for who, count in reads.items():
        yield f"{who}_origin_share", misses[who] / count, "of reads"

"""What a read costs: starting, the first one, the next ones, and how that grows."""

from __future__ import annotations

import math
import statistics
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from benchmarks import bundles
from benchmarks.articles import FLAGSHIP, article, flagship
from benchmarks.processes import PYTHON, ColdStart, Loop, environment
from benchmarks.results import Figure
from benchmarks.s3_server import s3_server
from shared.adapters.pyjwt_passes import PyJwtPasses
from shared.domain.keyrings import Keyring, PassKey, begin
from shared.domain.tiers import Tier

STARTS, TURNS = 21, 40
RING = begin("https://paper.example", PassKey("k-now", "A" * 43, 1))
HANDLER = "functions.articles.handler"


class _Ring:
    def read(self) -> Keyring:
        return RING


def event(slug: str = FLAGSHIP, tier: Tier = Tier.ANONYMOUS, **headers: str) -> dict[str, Any]:
    """The event of a function URL for a read of an article by that tier; `key` is for the bare handler."""
    return {**asking(f"/api/articles/{slug}", "", tier, **headers), "key": f"articles/{slug}.json"}


def asking(path: str, query: str = "", tier: Tier = Tier.ANONYMOUS, **headers: str) -> dict[str, Any]:
    """The event of a function URL for any path."""
    sent = {"x-reader-tier": tier.value, "host": "origin.example", "user-agent": "Amazon CloudFront"}
    if tier is not Tier.ANONYMOUS:
        sent["x-reader-pass"] = PyJwtPasses(_Ring()).mint(tier, time.time(), 3_600)
    http = {
        "method": "GET",
        "path": path,
        "protocol": "HTTP/1.1",
        "sourceIp": "192.0.2.1",
        "userAgent": "Amazon CloudFront",
    }
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {**sent, **{name.replace("_", "-"): value for name, value in headers.items()}},
        "requestContext": {"http": http, "requestId": "1", "stage": "$default"},
        "isBase64Encoded": False,
    }


def objects(*raw: tuple[str, bytes]) -> dict[str, bytes]:
    """What lies in the two buckets."""
    stored = {f"/content/articles/{slug}.json": body for slug, body in raw}
    return {**stored, "/keyring/keyring.json": msgspec.json.encode(RING)}


def starting(made: bundles.Bundles) -> Iterator[Figure]:
    """Init, and init with a first member read of a real article, side by side under the runtime client."""
    took: dict[str, list[tuple[float, float]]] = {}
    contenders: Mapping[str, tuple[str, list[Any]]] = {
        "articles": (f"{HANDLER}.handler", [made.articles, made.runtime]),
        "bare": ("bare.handler", [made.bare, made.runtime]),
        "client": ("client_only.handler", [made.bare, made.runtime]),
    }
    with s3_server(objects((FLAGSHIP, flagship()))) as endpoint:
        for _ in range(STARTS):
            for name, (handler, path) in contenders.items():
                one = ColdStart(event(tier=Tier.MEMBER)).run(handler, environment(path, endpoint))
                took.setdefault(name, []).append(one)
    init, cold = ({name: [one[i] for one in starts] for name, starts in took.items()} for i in (0, 1))
    yield "ca_store_load", ca_store() * 1e3, "ms CPU"
    yield "articles_init", statistics.median(init["articles"]) * 1e3, "ms CPU"
    yield "boto3_client_init", statistics.median(init["client"]) * 1e3, "ms CPU"
    yield "articles_init_ratio", ratio(init["articles"], init["client"]), "ratio"
    yield "articles_cold_member", statistics.median(cold["articles"]) * 1e3, "ms CPU"
    yield "bare_handler_cold", statistics.median(cold["bare"]) * 1e3, "ms CPU"
    yield "articles_cold_member_ratio", ratio(cold["articles"], cold["bare"]), "ratio"


def ratio(ours: Sequence[float], others: Sequence[float]) -> float:
    """The median of what ours is of the other's, turn by turn: what slows a turn down slows both."""
    return statistics.median(own / other for own, other in zip(ours, others, strict=True))


def ca_store() -> float:
    """CPU seconds of loading the machine's authorities, as our store does when made; in no other figure."""
    code = (
        "import time, obstore.store as s; began = time.process_time(); s.S3Store('b', region='x'); "
        "print(time.process_time() - began)"
    )
    with_them, without = (
        float(subprocess.run([PYTHON, "-S", "-P", "-c", code], env=env, stdout=subprocess.PIPE, check=True).stdout)
        for env in ({"PYTHONPATH": str(bundles.FOLDER / "articles")}, environment([bundles.FOLDER / "articles"], ""))
    )
    return with_them - without


def running(made: bundles.Bundles) -> Iterator[Figure]:
    """Warm reads of that article (25 KB, six gates), taking turns with the bare handler.

    `first_member`: by a warm process that has not read the article before, so that it is fetched and decoded whole.
    """
    kinds = ("anonymous", "member", "304")
    ours: dict[str, list[float]] = {kind: [] for kind in (*kinds, "first_member")}
    bare: list[float] = []
    events = [(event(), 200), (event(tier=Tier.MEMBER), 200), (event(if_none_match="*"), 304)]
    with (
        s3_server(objects((FLAGSHIP, flagship()))) as endpoint,
        Loop(HANDLER, events, environment([made.articles], endpoint)) as mine,
        Loop("bare", [(event(), 200)], environment([made.bare], endpoint)) as theirs,
    ):
        for _ in range(TURNS):
            for number, kind in enumerate(kinds):
                ours[kind].append(mine.call(number))
            ours["first_member"].append(mine.call(1, forget=True))
            bare.append(theirs.call())
    yield "bare_handler_warm", statistics.median(bare) * 1e6, "µs CPU"
    for kind in ours:
        yield f"articles_warm_{kind}", statistics.median(ours[kind]) * 1e6, "µs CPU"
        yield f"articles_warm_{kind}_ratio", ratio(ours[kind], bare), "ratio"


def growing(made: bundles.Bundles) -> Iterator[Figure]:
    """First reads of larger articles, of more gates, and out of larger buckets."""
    sizes, gates = (5_000, 25_000, 250_000), (1, 6, 60)
    pieces = [(f"size_{size}", article("piece", size)) for size in sizes]
    pieces += [(f"gates_{count}", article("piece", 60_000, count)) for count in gates]
    named = [(name.replace("_", "-"), raw.replace(b"piece", name.replace("_", "-").encode())) for name, raw in pieces]
    took: dict[str, list[float]] = {name: [] for name, _ in pieces}
    events = [(event(slug, Tier.MEMBER), 200) for slug, _ in named]
    with (
        s3_server(objects(*named)) as endpoint,
        Loop(HANDLER, events, environment([made.articles], endpoint)) as loop,
    ):
        for _ in range(TURNS):
            for number, (name, _) in enumerate(pieces):
                took[name].append(loop.call(number, forget=True))
    seconds = {name: statistics.median(values) for name, values in took.items()}
    for name, value in seconds.items():
        yield f"growth_{name}", value * 1e6, "µs CPU"
    bytes_of = [len(raw) for _, raw in named[: len(sizes)]]
    yield "growth_size_exponent", _slope(bytes_of, [seconds[f"size_{size}"] for size in sizes]), "exponent"
    yield "growth_gates_60_over_6", seconds["gates_60"] / seconds["gates_6"], "ratio"
    yield "growth_articles_ratio", _larger_bucket(made, 100, 10_000), "ratio"


def _larger_bucket(made: bundles.Bundles, few: int, many: int) -> float:
    """How much more a read costs out of a bucket of many articles than out of one of few, taking turns."""
    with _bucket_of(made, few) as small, _bucket_of(made, many) as large:
        turns = [(small.call(turn % 20, forget=True), large.call(turn % 20, forget=True)) for turn in range(TURNS)]
    return statistics.median(b / a for a, b in turns)


@contextmanager
def _bucket_of(made: bundles.Bundles, count: int) -> Iterator[Loop]:
    """The function over a bucket of that many articles, with twenty events spread over them."""
    one = article("piece")
    pieces = ((f"piece-{i}", one.replace(b'"slug":"piece"', b'"slug":"piece-%d"' % i)) for i in range(count))
    events = [(event(f"piece-{i * (count // 20)}"), 200) for i in range(20)]
    with (
        s3_server(objects(*pieces)) as endpoint,
        Loop(HANDLER, events, environment([made.articles], endpoint)) as loop,
    ):
        yield loop


def _slope(sizes: list[int], seconds: list[float]) -> float:
    """The exponent in seconds ≈ a·size^b, by least squares on the logarithms: 1 is linear, less is better."""
    x, y = [math.log(size) for size in sizes], [math.log(second) for second in seconds]
    mean_x, mean_y = statistics.mean(x), statistics.mean(y)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / sum((a - mean_x) ** 2 for a in x)

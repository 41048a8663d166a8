"""What a read costs: starting, the first one, the next ones, and how that grows."""

from __future__ import annotations

import math
import statistics
import subprocess
import time
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from benchmarks import bundles
from benchmarks.articles import article
from benchmarks.processes import PYTHON, ColdStart, environment, warm
from benchmarks.s3_server import s3_server
from shared.adapters.pyjwt_passes import PyJwtPasses
from shared.domain.keyrings import Keyring, PassKey, begin
from shared.domain.tiers import Tier

Figure = tuple[str, float, str]

STARTS = 15
SLUG = "the-night-ferry"
RING = begin("https://paper.example", PassKey("k-now", "A" * 43, 1))
HANDLER = "functions.articles.handler"


class _Ring:
    def read(self) -> Keyring:
        return RING


def event(slug: str = SLUG, tier: Tier = Tier.ANONYMOUS, **headers: str) -> dict[str, Any]:
    """The event of a function URL for a read by that tier; `key` is for the bare handler."""
    sent = {"x-reader-tier": tier.value, "host": "origin.example", "user-agent": "Amazon CloudFront"}
    if tier is not Tier.ANONYMOUS:
        sent["x-reader-pass"] = PyJwtPasses(_Ring()).mint(tier, time.time(), 3_600)
    path = f"/api/articles/{slug}"
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
        "rawQueryString": "",
        "headers": {**sent, **{name.replace("_", "-"): value for name, value in headers.items()}},
        "requestContext": {"http": http, "requestId": "1", "stage": "$default"},
        "isBase64Encoded": False,
        "key": f"articles/{slug}.json",
    }


def objects(*raw: tuple[str, bytes]) -> dict[str, bytes]:
    """What lies in the two buckets."""
    stored = {f"/content/articles/{slug}.json": body for slug, body in raw}
    return {**stored, "/keyring/keyring.json": msgspec.json.encode(RING)}


def starting(made: bundles.Bundles) -> Iterator[Figure]:
    """Init, and init with a first member read, side by side under the runtime client."""
    took: dict[str, list[tuple[float, float]]] = {}
    contenders: Mapping[str, tuple[str, list[Any]]] = {
        "articles": (f"{HANDLER}.handler", [made.articles, made.runtime]),
        "bare": ("bare.handler", [made.bare, made.runtime]),
        "client": ("client_only.handler", [made.bare, made.runtime]),
    }
    with s3_server(objects((SLUG, article(SLUG)))) as endpoint:
        for _ in range(STARTS):
            for name, (handler, path) in contenders.items():
                one = ColdStart(event(tier=Tier.MEMBER)).run(handler, environment(path, endpoint))
                took.setdefault(name, []).append(one)
    init = {name: statistics.median(first for first, _ in starts) for name, starts in took.items()}
    cold = {name: statistics.median(second for _, second in starts) for name, starts in took.items()}
    yield "ca_store_load", ca_store() * 1e3, "ms CPU"
    yield "articles_init", init["articles"] * 1e3, "ms CPU"
    yield "boto3_client_init", init["client"] * 1e3, "ms CPU"
    yield "articles_init_ratio", init["articles"] / init["client"], "ratio"
    yield "articles_cold_member", cold["articles"] * 1e3, "ms CPU"
    yield "bare_handler_cold", cold["bare"] * 1e3, "ms CPU"
    yield "articles_cold_member_ratio", cold["articles"] / cold["bare"], "ratio"


def ca_store() -> float:
    """CPU seconds of loading the machine's authorities, as our store does when made; in no other figure."""
    code = (
        "import time, obstore.store as s; began = time.process_time(); s.S3Store('b', region='x'); "
        "print(time.process_time() - began)"
    )
    with_them, without = (
        float(subprocess.run([PYTHON, "-S", "-c", code], env=env, stdout=subprocess.PIPE, check=True).stdout)
        for env in ({"PYTHONPATH": str(bundles.FOLDER / "articles")}, environment([bundles.FOLDER / "articles"], ""))
    )
    return with_them - without


def running(made: bundles.Bundles) -> Iterator[Figure]:
    """Warm reads of a 25 KB article with six gates, beside the bare handler's."""
    kinds = ("anonymous", "member", "304")
    ours: dict[str, list[float]] = {kind: [] for kind in kinds}
    bare: list[float] = []
    with s3_server(objects((SLUG, article(SLUG)))) as endpoint:
        mine, theirs = environment([made.articles], endpoint), environment([made.bare], endpoint)
        events = [(event(), 200), (event(tier=Tier.MEMBER), 200), (event(if_none_match="*"), 304)]
        for _ in range(4):
            for kind, took in zip(kinds, warm(HANDLER, events, mine), strict=True):
                ours[kind] += took
            bare += warm("bare", [(event(), 200)], theirs)[0]
    other = statistics.median(bare)
    yield "bare_handler_warm", other * 1e6, "µs CPU"
    for kind in kinds:
        own = statistics.median(ours[kind])
        yield f"articles_warm_{kind}", own * 1e6, "µs CPU"
        yield f"articles_warm_{kind}_ratio", own / other, "ratio"


def growing(made: bundles.Bundles) -> Iterator[Figure]:
    """The same read of larger articles, of more gates, and out of larger buckets."""
    sizes, gates, counts = (5_000, 25_000, 250_000), (1, 6, 60), (100, 1_000, 10_000)
    by_size = [(f"size-{size}", article(f"size-{size}", size)) for size in sizes]
    by_gates = [(f"gates-{count}", article(f"gates-{count}", 60_000, count)) for count in gates]
    with s3_server(objects(*by_size, *by_gates)) as endpoint:
        events = [(event(slug, Tier.MEMBER), 200) for slug, _ in (*by_size, *by_gates)]
        took = [statistics.median(one) for one in warm(HANDLER, events, environment([made.articles], endpoint), 12, 40)]
    for (slug, _), seconds in zip((*by_size, *by_gates), took, strict=True):
        yield f"growth_{slug.replace('-', '_')}", seconds * 1e6, "µs CPU"
    yield "growth_size_exponent", _slope([len(raw) for _, raw in by_size], took[:3]), "exponent"
    yield "growth_gates_60_over_6", took[5] / took[4], "ratio"
    small, _, large = (_in_a_bucket_of(count, made) for count in counts)
    yield "growth_articles_ratio", large / small, "ratio"


def _in_a_bucket_of(count: int, made: bundles.Bundles) -> float:
    """The median of reads spread over a bucket of that many articles."""
    one = article("piece-0")
    many = [(f"piece-{i}", one.replace(b'"slug":"piece-0"', b'"slug":"piece-%d"' % i)) for i in range(count)]
    with s3_server(objects(*many)) as endpoint:
        events = [(event(f"piece-{i * (count // 20)}"), 200) for i in range(20)]
        return statistics.median(
            v for took in warm(HANDLER, events, environment([made.articles], endpoint), 6, 20) for v in took
        )


def _slope(sizes: list[int], seconds: list[float]) -> float:
    """The exponent in seconds ≈ a·size^b, by least squares on the logarithms: 1 is linear, less is better."""
    x, y = [math.log(size) for size in sizes], [math.log(second) for second in seconds]
    mean_x, mean_y = statistics.mean(x), statistics.mean(y)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / sum((a - mean_x) ** 2 for a in x)

"""A CDN before functions, simulated: edge locations, regional caches, an origin that starts its processes when it must.

Copies of different things do not know of each other, so each key is simulated by itself, and only what is not a hit is
played: between two of them reads come as strangers (Poisson), and the next is drawn instead of waited for. So a day of
a hundred million reads costs what its misses cost. Of many like keys some are played, and stand for the others.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from benchmarks.readers import Mix, zipf
from shared.domain.tiers import Tier

DAY: Final = 86_400.0


@dataclass(frozen=True)
class Cdn:
    """Where copies are and how long they stay (seconds).

    `locations`: how many edge locations each regional cache has behind it, all with as many readers. `life`: how long a
    copy is fresh, counted from the origin's answer (s-maxage); `stale`: for how long after that it is still given while
    another is fetched (stale-while-revalidate); `idle`: after how long without a reader an edge location drops one.
    CloudFront says of eviction only that it befalls what is asked for rarely.
    """

    locations: tuple[int, ...]
    life: float = DAY
    stale: float = 3_600.0
    idle: float = 8 * 3_600.0


@dataclass(frozen=True)
class Key:
    """What is stored under one key: how often it is asked for and purged (times a second), and for how many like keys
    it stands. `kind` and `tier` say what it is; `cached` is not set where the cache is passed by."""

    rate: float
    purges: float
    kind: str
    tier: Tier
    stands_for: float = 1.0
    cached: bool = True


@dataclass(frozen=True)
class Played:
    """What came of one key: reads, those answered from a copy at the edge, and what the origin was asked."""

    reads: float
    hits: float
    origin: float


@dataclass(frozen=True)
class Paper:
    """What there is to read, and what becomes of it in a day: articles published, and changed afterwards.

    An article's page names others at its end and is purged with them, as `named_by` says. Lists are purged by every
    article that is published or changed; `lists` are their shares of what is asked for as a list, each with the part of
    the paper's articles that enter it.
    """

    articles: int
    published: float
    changed: float
    lists: tuple[tuple[float, float], ...]
    named_by: float = 3.0


def keys(
    paper: Paper, mix: Mix, reads_a_day: float, sampled: int, bypass: frozenset[Tier], exponent: float
) -> list[Key]:
    """Everything that may be asked for. Of articles the first `sampled` are there, of the others as many, drawn evenly
    over their ranks, each standing for its neighbours. Readers of the tiers in `bypass` get no copies."""
    rate = reads_a_day / DAY
    found = []
    shares = zipf(paper.articles, exponent)
    for tier, of_tier in mix.tiers.items():
        cached = tier not in bypass
        for share, entered in paper.lists:
            purges = (paper.published + paper.changed) * entered / DAY
            found.append(Key(rate * of_tier * mix.lists * share, purges, "list", tier, cached=cached))
        for rank, stands_for in _ranks(paper.articles, sampled):
            # What is read much is new, and what is new is corrected; its page goes with those that it names, too.
            changes = paper.changed * shares[rank] / DAY
            for kind, of_kind, named in (("page", 1 - mix.json, 1 + paper.named_by), ("json", mix.json, 1)):
                asked = rate * of_tier * (1 - mix.lists) * of_kind * shares[rank]
                found.append(Key(asked, changes * named, kind, tier, stands_for, cached))
    return found


def _ranks(count: int, sampled: int) -> Iterator[tuple[int, float]]:
    """(rank, how many it stands for): each of the first, and the middles of as many stretches of the rest, longer and
    longer, as their popularity falls."""
    head = min(sampled, count)
    yield from ((rank, 1.0) for rank in range(head))
    begin, rest = float(head), count - head
    stretches = min(sampled, rest)
    for number in range(stretches):
        end = head * (count / head) ** ((number + 1) / stretches) if stretches < rest else begin + 1
        first, last = round(begin), round(end)
        if last > first:
            # The rank whose share is nearest to the mean of them all, for shares that fall about as 1/rank.
            yield min(max(int((last - first) / math.log(last / first)), first), last - 1), float(last - first)
        begin = end


def play(key: Key, cdn: Cdn, seconds: float, dice: random.Random) -> Played:
    """What becomes of a key in so many seconds, after as many as a copy lives, in which the cache fills."""
    expected = key.rate * seconds
    if not key.cached:
        return Played(expected, 0.0, expected)
    warm = min(cdn.life + cdn.stale, seconds)
    until = warm + seconds
    purges = _moments(key.purges, until, dice)
    places = sum(cdn.locations)
    misses = origin = 0
    for count in cdn.locations:
        missed, asked = _region(key.rate / places, count, cdn, purges, (warm, until), dice)
        misses += missed
        origin += asked
    return Played(expected, max(expected - misses, 0.0), float(origin))


def _moments(rate: float, until: float, dice: random.Random) -> list[float]:
    moments: list[float] = []
    moment = dice.expovariate(rate) if rate else math.inf
    while moment < until:
        moments.append(moment)
        moment += dice.expovariate(rate)
    return moments


def _region(
    rate: float, count: int, cdn: Cdn, purges: Sequence[float], counted: tuple[float, float], dice: random.Random
) -> tuple[int, int]:
    """(reads that waited for another place than their edge location, requests to the origin) of a regional cache and
    its `count` locations, each asked `rate` times a second."""
    begin, end = counted
    misses = origin = 0
    fresh_until = -math.inf  # of the regional copy
    waiting = [(dice.expovariate(rate), number, -math.inf) for number in range(count)] if rate else []
    heapq.heapify(waiting)
    purged = 0
    while waiting and waiting[0][0] < end:
        moment, number, stale_until = heapq.heappop(waiting)
        while purged < len(purges) and purges[purged] <= moment:
            purged += 1
            fresh_until = -math.inf
        if moment >= fresh_until:
            fresh_until = moment + cdn.life
            origin += moment >= begin
        # Whoever finds a copy that is only just too old gets it, and another is fetched behind their back.
        misses += moment >= begin and moment >= stale_until
        purge = purges[purged] if purged < len(purges) else math.inf
        gone, asked = _given(moment, min(fresh_until, purge), rate, cdn.idle, dice)
        stale_until = -math.inf
        if gone == fresh_until:
            # Reads come in the same way seen backwards: so long before its end it was asked for last.
            asked = max(asked, fresh_until - dice.expovariate(rate))
            stale_until = min(fresh_until + cdn.stale, asked + cdn.idle, purge)
        heapq.heappush(waiting, (gone + dice.expovariate(rate), number, stale_until))
    return misses, origin


def _given(moment: float, until: float, rate: float, idle: float, dice: random.Random) -> tuple[float, float]:
    """(until when a copy is given, when it was asked for, as far as was looked) of one that was asked for at `moment`:
    `until`, or until nobody has asked for so long that it is dropped."""
    while rate * idle <= 40 and moment + idle < until:  # e^-40: never
        gap = dice.expovariate(rate)
        if gap > idle:
            return moment + idle, moment
        moment += gap
    return until, moment


@dataclass(frozen=True)
class Day:
    """A day of a paper: reads, and what the origin was asked, by (kind, tier)."""

    reads: float
    hits: float
    origin: dict[tuple[str, Tier], float]

    @property
    def hit_share(self) -> float:
        return self.hits / self.reads

    @property
    def asked(self) -> float:
        """Requests to the origin."""
        return sum(self.origin.values())

    @property
    def origin_share(self) -> float:
        return self.asked / self.reads


def day(of: Iterable[Key], cdn: Cdn, seed: int, days: float = 1.0) -> Day:
    """Play every key for so many days, and give the average day."""
    dice = random.Random(seed)  # noqa: S311 -- reproducible, not secret
    reads = hits = 0.0
    origin: dict[tuple[str, Tier], float] = {}
    for key in of:
        played = play(key, cdn, days * DAY, dice)
        reads += played.reads * key.stands_for / days
        hits += played.hits * key.stands_for / days
        place = key.kind, key.tier
        origin[place] = origin.get(place, 0.0) + played.origin * key.stands_for / days
    return Day(reads, hits, origin)


def after_purge(of: Iterable[Key], cdn: Cdn, seconds: float, peak: float) -> float:
    """How many requests the origin gets in the first seconds after everything was purged, when `peak` times as many
    read as on the average: each key once for each regional cache where somebody asks for it by then."""
    places = sum(cdn.locations)
    return sum(
        key.stands_for * -math.expm1(-key.rate * peak * count / places * seconds)
        for key in of
        if key.cached
        for count in cdn.locations
    )


@dataclass(frozen=True)
class Starts:
    """How a function's processes fared: the share of requests that had to start one, and the most at once."""

    cold_share: float
    most: int


def environments(
    rate: float,
    busy: float,
    start: float,
    seed: int,
    requests: int = 60_000,
    idle: float = 600.0,
    life: float = 7_200.0,
) -> Starts:
    """Requests as strangers, `rate` a second, each taking `busy` seconds and `start` more where a process has to begin.
    One that nobody needs for `idle` seconds, or that is `life` seconds old, is gone (Lambda promises neither)."""
    dice = random.Random(seed)  # noqa: S311 -- reproducible, not secret
    resting: list[tuple[float, float]] = []  # (since when, begun), the last used at the end
    working: list[tuple[float, float]] = []  # (until when, begun)
    moment, cold, most = 0.0, 0, 0
    for _ in range(requests):
        moment += dice.expovariate(rate)
        while working and working[0][0] <= moment:
            resting.append(heapq.heappop(working))
        while resting and (moment - resting[-1][0] > idle or moment - resting[-1][1] > life):
            resting.pop()
        if resting:
            _, begun = resting.pop()
            took = busy
        else:
            begun, took, cold = moment, busy + start, cold + 1
        heapq.heappush(working, (moment + took, begun))
        most = max(most, len(working))
    return Starts(cold / requests, most)


def forgetting(cdn: Cdn, life: float) -> Cdn:
    """The same, with a short life and nothing stale: what is done where nobody purges."""
    return replace(cdn, life=life, stale=0.0)

"""docs/scale.md is what `make scale` writes, and the simulation behind it is right where that can be known."""

from __future__ import annotations

import json
import math
import random
from dataclasses import replace

import pytest

from benchmarks import bill, prices, results, scale
from benchmarks.readers import Mix
from benchmarks.simulation import Cdn, Key, Paper, after_purge, environments, forgetting, keys, play
from infra.template import TEMPLATE
from shared.domain.tiers import Tier

NOBODY: frozenset[Tier] = frozenset()
HOUR = 3_600.0


def _dice() -> random.Random:
    return random.Random(11)  # noqa: S311 -- reproducible, not secret


def _key(rate: float, purges: float = 0.0) -> Key:
    return Key(rate, purges, "page", Tier.ANONYMOUS)


def test_the_page_has_the_tables_that_the_figures_make() -> None:
    found = json.loads(scale.RESULTS.read_text(encoding="utf-8"))
    page = scale.PAGE.read_text(encoding="utf-8")

    assert scale.written(page, found) == page, "make scale"


def test_the_figures_are_reckoned_from_what_stands_there_now() -> None:
    assert json.loads(scale.RESULTS.read_text(encoding="utf-8"))["digest"] == scale.digest(), "make scale"


def test_a_page_without_a_table_s_place_is_not_written() -> None:
    found = json.loads(scale.RESULTS.read_text(encoding="utf-8"))

    with pytest.raises(KeyError, match="bill"):
        scale.written(scale.PAGE.read_text(encoding="utf-8").replace("<!-- scale: bill -->", ""), found)


@pytest.mark.parametrize("name", bill.MEASURED)
def test_what_is_said_to_be_measured_is_what_was_measured(name: str) -> None:
    figure = json.loads(results.RESULTS.read_text(encoding="utf-8"))[name]
    seconds = figure["value"] * {"ms CPU": 1e-3, "µs CPU": 1e-6}[figure["unit"]]

    assert 0.5 <= bill.MEASURED[name] / seconds <= 2


@pytest.mark.parametrize("rate", [0.2 / HOUR, 3 / HOUR, 100 / HOUR])
def test_one_cache_misses_as_the_formula_says(rate: float) -> None:
    """A copy lives for a time T from when it was fetched: of 1 + rate·T reads one fetches."""
    cdn = Cdn((1,), life=6 * HOUR, stale=0.0, idle=math.inf)
    seconds = 6_000 / (rate / (1 + rate * cdn.life))  # some thousand fetches

    played = play(_key(rate), cdn, seconds, _dice())

    expected = 1 / (1 + rate * cdn.life)
    assert played.origin / played.reads == pytest.approx(expected, rel=0.05)
    assert 1 - played.hits / played.reads == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize(
    ("rate", "purges", "idle", "stale"),
    [
        (40 / HOUR, 0.0, 1 * HOUR, 0.0),
        (40 / HOUR, 0.3 / HOUR, 8 * HOUR, 0.0),
        (10 / HOUR, 0.05 / HOUR, 1 * HOUR, 2 * HOUR),
        (200 / HOUR, 0.1 / HOUR, math.inf, 1 * HOUR),
    ],
)
def test_playing_misses_alone_comes_to_what_playing_every_read_does(
    rate: float, purges: float, idle: float, stale: float
) -> None:
    cdn = Cdn((3, 2), life=4 * HOUR, stale=stale, idle=idle)
    seconds = 40_000 / rate

    ours = play(_key(rate, purges), cdn, seconds, _dice())
    hits, origin = _read_by_read(rate, purges, cdn, seconds, random.Random(3))  # noqa: S311

    assert ours.hits / ours.reads == pytest.approx(hits, abs=0.015)
    assert ours.origin / ours.reads == pytest.approx(origin, rel=0.1)


def _read_by_read(rate: float, purges: float, cdn: Cdn, seconds: float, dice: random.Random) -> tuple[float, float]:
    """The shares of reads that are hits and that reach the origin, the slow way: each read looks at the copies."""
    places = [region for region, count in enumerate(cdn.locations) for _ in range(count)]
    edge: dict[int, tuple[float, float]] = {}  # place: (fresh until, last asked for)
    regional: dict[int, float] = {}
    moment, purge = 0.0, dice.expovariate(purges) if purges else math.inf
    reads = hits = origin = 0
    while moment < seconds:
        moment += dice.expovariate(rate)
        while purge < moment:
            edge.clear()
            regional.clear()
            purge += dice.expovariate(purges)
        place = dice.randrange(len(places))
        region = places[place]
        fresh_until, asked = edge.get(place, (-math.inf, -math.inf))
        there = moment - asked <= cdn.idle
        reads += 1
        if there and moment < fresh_until:
            hits += 1
            edge[place] = fresh_until, moment
            continue
        hits += there and moment < fresh_until + cdn.stale
        if moment >= regional.get(region, -math.inf):
            origin += 1
            regional[region] = moment + cdn.life
        edge[place] = regional[region], moment
    return hits / reads, origin / reads


def test_who_passes_by_the_cache_is_never_a_hit() -> None:
    played = play(replace(_key(1.0), cached=False), Cdn((2,)), HOUR, _dice())

    assert (played.hits, played.origin) == (0, played.reads)


@pytest.mark.parametrize("articles", [50, 500, 20_000])
def test_of_many_articles_some_stand_for_all(articles: int) -> None:
    paper = Paper(articles, 10, 5, ((1.0, 1.0),))

    made = keys(paper, Mix(), 1e6, 100, NOBODY, 1.05)

    pages = [key for key in made if (key.kind, key.tier) == ("page", Tier.MEMBER)]
    assert sum(key.stands_for for key in pages) == articles
    assert sum(key.rate * key.stands_for for key in made) * 86_400 == pytest.approx(1e6, rel=0.01)
    members = sum(key.rate * key.stands_for for key in made if key.tier is Tier.MEMBER)
    assert members * 86_400 == pytest.approx(5e4, rel=0.01)


def test_purging_everything_asks_once_for_each_regional_cache_at_most() -> None:
    some = [_key(1e3), _key(1e-9), replace(_key(1e3), stands_for=10.0), replace(_key(1e3), cached=False)]

    assert after_purge(some, Cdn((5, 5, 5)), 10.0, peak=2.0) == pytest.approx(3 + 30, rel=1e-4)
    assert after_purge([_key(1.0)], Cdn((1,)), 0.01, peak=1.0) == pytest.approx(0.01, rel=0.01)


def test_a_short_life_is_what_a_cache_has_that_nobody_purges() -> None:
    assert forgetting(Cdn((1,)), 60.0) == Cdn((1,), life=60.0, stale=0.0)


def test_processes_begin_where_none_rests() -> None:
    # Apart by far more than a process waits: each begins one.
    assert environments(1 / 1e5, 0.1, 1.0, seed=1, requests=200).cold_share > 0.98
    # Busy all the time: as many at once as Little's law says, give and take, and hardly one begins.
    busy = environments(100.0, 0.1, 0.5, seed=1)
    assert 10 < busy.most < 80
    assert busy.cold_share < 0.005
    # A process that waits in vain for exactly its time is gone with chance e^-1.
    assert environments(1 / 600, 0.001, 0.0, seed=1, life=math.inf).cold_share == pytest.approx(math.exp(-1), abs=0.01)


def test_transfer_is_priced_by_its_tiers() -> None:
    assert prices.edge_transfer(900) == 0
    assert prices.edge_transfer(2_000) == pytest.approx(85)
    assert prices.edge_transfer(1_000 + 20_000) == pytest.approx(10_000 * 0.085 + 10_000 * 0.08)


def test_the_smallest_plan_that_has_room_is_chosen() -> None:
    assert prices.flat_rate(9e5, 50) == ("Free", 0.0)
    assert prices.flat_rate(9e5, 500) == ("Pro", 15.0)
    assert prices.flat_rate(7e9, 500) is None
    assert prices.ghost_plan(1_001) == ("Business", 199.0)
    assert prices.ghost_plan(10_001) is None
    assert prices.mailgun(8_000) == 15
    assert prices.mailgun(60_000) == pytest.approx(35 + 10 * 1.30)


def test_a_metric_is_paid_for_in_the_hours_in_which_it_occurs() -> None:
    assert bill.busy_metrics(10, 1e9) == pytest.approx(10)
    assert bill.busy_metrics(10, 1) == pytest.approx(1 / 720, rel=0.01)


def test_x_ray_keeps_one_call_a_second_and_a_twentieth_of_the_others() -> None:
    seconds = 30 * 86_400
    assert bill.traces(1_000) == pytest.approx((1 + 0.05 * 999) * seconds, rel=0.001)
    assert bill.traces(1e-4) == pytest.approx(1e-4 * seconds, rel=0.001)


def test_what_is_free_is_taken_off_once_however_many_groups_share_it() -> None:
    size = bill.SIZES[1]
    played = scale.played(size, bill.Assumed(), size.cdn, days=0.2)
    used = bill.use(size, played, bill.Assumed())

    free, listed = used.cost(free=True), used.cost(free=False)

    known = prices.named()
    totals = {name: sum(a for (_, n), a in used.amounts.items() if n == name) for _, name in used.amounts}
    off = sum(min(known[name].free, total) * known[name].usd for name, total in totals.items())
    transfer = prices.edge_transfer(used.edge_gb + 1_000) - prices.edge_transfer(used.edge_gb)
    assert sum(listed.values()) - sum(free.values()) == pytest.approx(off + transfer)
    assert used.paid("CALL") == pytest.approx((totals["CALL"] - 1e6) * 0.2e-6)


def test_as_many_alarms_are_reckoned_with_as_the_template_has_or_nearly() -> None:
    there = TEMPLATE.read_text(encoding="utf-8").count("Type: AWS::CloudWatch::Alarm\n")

    assert bill.Assumed().alarms == pytest.approx(there, rel=0.25)

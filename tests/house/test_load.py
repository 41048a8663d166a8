"""The arithmetic of `make load`: who reads what, when, and where the knee is. Nothing is timed."""

from __future__ import annotations

import asyncio
import itertools
import random
import statistics
from collections import Counter

import pytest

from benchmarks.open_loop import PATIENCE, Answered, Step, knee, offer, percentile, rising, schedule
from benchmarks.readers import Draw, Mix, reads, zipf
from shared.domain.tiers import Tier


def _dice() -> random.Random:
    return random.Random(5)  # noqa: S311 -- reproducible, not secret


def _step(offered: float, *, latency: float = 0.01, failed: int = 0, lost: float = 0.0) -> Step:
    """A step of 100 reads a second of which some share came out too late."""
    answers = tuple(Answered(latency, hit=True, failed=number < failed) for number in range(400))
    return Step(offered, 4.0, 4.0 / (1 - lost), answers)


def test_zipf_s_shares_fall_as_their_rank_s_power_and_come_to_one() -> None:
    shares = zipf(1_000, 1.05)

    assert sum(shares) == pytest.approx(1)
    assert shares[0] / shares[9] == pytest.approx(10**1.05)
    assert shares[99] / shares[999] == pytest.approx(10**1.05)


def test_what_is_drawn_is_drawn_as_often_as_its_share_says() -> None:
    shares = zipf(50)
    draw = Draw(shares, _dice())

    drawn = Counter(draw() for _ in range(50_000))

    assert set(drawn) <= set(range(50))
    for rank in (0, 1, 10):
        assert drawn[rank] / 50_000 == pytest.approx(shares[rank], rel=0.08)


def test_readers_are_of_the_tiers_and_kinds_that_the_mix_says() -> None:
    mix = Mix(subscriber=0.2, member=0.3, lists=0.25, json=0.4)

    some = list(itertools.islice(reads(mix, 20, (0.75, 0.25), _dice()), 20_000))

    tiers = Counter(read.tier for read in some)
    assert {tier: tiers[tier] / 20_000 for tier in Tier} == pytest.approx(
        {Tier.ANONYMOUS: 0.5, Tier.SUBSCRIBER: 0.2, Tier.MEMBER: 0.3}, abs=0.02
    )
    lists = [read for read in some if read.article is None]
    assert len(lists) / 20_000 == pytest.approx(0.25, abs=0.02)
    assert statistics.mean(read.list == 0 for read in lists) == pytest.approx(0.75, abs=0.02)
    assert statistics.mean(read.json for read in some) == pytest.approx(0.4, abs=0.02)


@pytest.mark.parametrize("shares", [{"member": 1.1}, {"json": -0.1}, {"subscriber": 0.6, "member": 0.5}])
def test_shares_that_are_none_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="shares"):
        Mix(**shares)


def test_a_percentile_is_the_nearest_rank() -> None:
    values = [float(value) for value in range(1, 101)]
    _dice().shuffle(values)

    assert [percentile(values, share) for share in (0.5, 0.95, 0.99, 1)] == [50, 95, 99, 100]
    assert percentile([3.0], 0.99) == 3.0
    assert percentile([1.0, 2.0], 0.5) == 1.0


def test_readers_come_as_strangers_to_each_other_at_the_rate_that_was_asked_for() -> None:
    moments = schedule(200, 50, _dice())

    gaps = [after - before for before, after in itertools.pairwise(moments)]
    assert moments == sorted(moments)
    assert moments[-1] < 50
    assert len(moments) == pytest.approx(10_000, rel=0.03)
    # Of independent arrivals, gaps deviate as much as they are long.
    assert statistics.stdev(gaps) == pytest.approx(statistics.mean(gaps), rel=0.05)
    assert len(schedule(0.001, 0.01, _dice())) == 1


def test_a_read_that_had_to_wait_is_counted_from_the_moment_it_was_meant_for() -> None:
    """One server that answers one after the other, in 20 ms; five readers come at once. A generator that waits for its
    answers would say 20 ms of each."""
    server = asyncio.Lock()

    async def ask(number: int) -> tuple[bool, bool]:
        async with server:
            await asyncio.sleep(0.02)
        return number % 2 == 0, False

    step = asyncio.run(offer([0.0] * 5, ask, offered=50, seconds=0.05))

    waited = [answer.latency for answer in step.answers]
    assert all(own >= 0.02 * (place + 1) - 0.002 for place, own in enumerate(waited))
    assert step.seconds >= 0.1 - 0.002
    assert step.hit_share == 0.6


def test_a_rate_is_kept_up_with_when_it_comes_out_without_a_fault_and_in_time() -> None:
    assert _step(100).kept_up
    assert _step(100, lost=0.04).kept_up
    assert not _step(100, lost=0.06).kept_up
    assert not _step(100, failed=1).kept_up
    assert not _step(100, latency=PATIENCE * 1.01).kept_up
    # That fewer came than the rate says is chance, and no fault of what answered them.
    assert Step(150, 4.0, 4.0, _step(100).answers).kept_up


def test_the_knee_is_the_last_rate_before_the_first_that_never_was_kept_up_with() -> None:
    good, late = _step(100), _step(150, lost=0.3)

    assert knee([good, late, late]) == good
    assert knee([late, late]) is None
    # Somebody else's second: the next try shows that it can be done.
    again = _step(150)
    assert knee([good, late, again, _step(225, failed=3)]) == again
    # A rate beyond one that failed tells nothing.
    assert knee([good, late, _step(225)]) == good


def test_rates_rise_until_one_has_failed_twice() -> None:
    following = rising(100, by=1.5)

    assert following([]) == 100
    assert following([_step(100)]) == 150
    assert following([_step(100), _step(150, failed=1)]) == 150
    assert following([_step(100), _step(150, failed=1), _step(150)]) == 225
    assert following([_step(100), _step(150, failed=1), _step(150, failed=1)]) is None

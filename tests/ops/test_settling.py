"""Waiting until publishing has caught up, with a clock of the tests' own."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from functions.publishing.placements import Placement, placement_key
from infra.ops.settling import AROUND, FRONT, placed_version, settle
from shared.domain.refusals import ContentUnavailable
from tests.twins import MemoryDocuments


class World:
    """Documents, and a clock that goes on only while somebody sleeps. `then` is called after each sleep."""

    def __init__(self) -> None:
        self.documents = MemoryDocuments()
        self.now = 100.0
        self.sleeps = 0
        self.then: Callable[[], None] = lambda: None

    def place(self, slug: str, version: str | None) -> None:
        self.documents.raw[placement_key(slug)] = msgspec.json.encode(Placement(version=version))

    def settle(self, versions: dict[str, str], patience: float = 60) -> tuple[list[str], tuple[str, ...]]:
        told: list[str] = []
        late = settle(versions, self.documents, told.append, patience, lambda: self.now, self.sleep)
        return told, late

    def sleep(self, seconds: float) -> None:
        self.sleeps += 1
        self.now += seconds
        self.then()


def test_what_is_placed_needs_no_waiting() -> None:
    world = World()
    world.place("a", "1")

    assert world.settle({"a": "1"}) == (["a"], ())
    assert world.now == 100.0


@pytest.mark.parametrize("before", [None, "0"])
def test_it_waits_until_the_placement_says_the_version_that_was_written(before: str | None) -> None:
    world = World()
    world.place("a", before)
    world.then = lambda: world.place("a", "1") if world.now > 105 else None

    assert world.settle({"a": "1"}) == (["a"], ())
    assert 105 < world.now < 106


def test_what_is_deleted_is_settled_where_nothing_is_placed() -> None:
    assert World().settle({"a": ""}) == (["a"], ())


def test_patience_ends_when_nothing_has_moved_for_so_long_and_names_the_others() -> None:
    world = World()
    pieces = {f"p-{i}": "1" for i in range(10)}

    def then() -> None:  # one each 50 s, and from the fifth on none
        reached = int(world.now - 100) // 50
        for i in range(min(reached, 5)):
            world.place(f"p-{i}", "1")

    world.then = then

    told, late = world.settle(pieces)

    assert sorted(told) == [f"p-{i}" for i in range(5)]
    assert sorted(late) == [f"p-{i}" for i in range(5, 10)]
    assert 100 + 250 + 60 <= world.now < 100 + 250 + 62


def test_a_thousand_that_wait_are_looked_at_in_turn_and_those_that_are_stuck_hold_up_nobody() -> None:
    world = World()
    pieces = {f"p-{i:04}": "1" for i in range(1_000)}
    reads: list[str] = []
    told: dict[str, float] = {}

    def then() -> None:
        for slug in list(pieces)[0 if world.now > 110 else 500 :]:
            world.place(slug, "1")

    world.documents.before = lambda step, key: reads.append(key)  # type: ignore[method-assign]
    world.then = then

    late = settle(
        pieces,
        world.documents,
        lambda slug: told.update({slug: world.now}),
        60,
        lambda: world.now,
        world.sleep,
    )

    assert (len(told), late) == (1_000, ())
    assert max(told[slug] for slug in list(pieces)[500:]) < 105 < told["p-0000"]
    assert len(reads) <= 1_000 + (FRONT + AROUND) * world.sleeps


def test_a_damaged_placement_is_not_settled_and_an_outage_is_told() -> None:
    world = World()
    world.documents.raw[placement_key("a")] = b"{"
    assert placed_version(world.documents, "a") is None
    assert world.settle({"a": "1"}) == ([], ("a",))

    def fail(step: str, key: str) -> None:
        raise ContentUnavailable("S3 does not answer.")

    world.documents.before = fail  # type: ignore[method-assign]
    with pytest.raises(ContentUnavailable):
        world.settle({"a": "1"})

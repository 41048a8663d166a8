"""Making and rotating keys, cut off after every step."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

import pytest
from typer.testing import CliRunner, Result

from infra.ops.cli import app
from infra.ops.keys import ends_gifts_until, init_keys, list_keys, replace_keys, rotate_keys
from shared.adapters.cloudfront_kvs import edge_copy
from shared.adapters.pyjwt_passes import PyJwtPasses
from shared.domain.keyrings import SETTLING_SECONDS, Keyring, PassKey, decode_keyring
from shared.domain.moments import moment
from shared.domain.passes import PassState
from shared.domain.refusals import KeyringChanged, UnusableKeyring
from shared.domain.tiers import Tier
from tests.twins import MemoryEdgeKeys, MemoryKeyring

NOW = 1_800_000_000.0


class CutOff(Exception):
    """The laptop's lid was closed."""


class CutOffEdge(MemoryEdgeKeys):
    """An edge that cannot be reached."""

    def put(self, ring: Keyring) -> None:
        raise CutOff


def cut_off() -> None:
    raise CutOff


def no_wait() -> None:
    """Nothing has to settle in memory."""


def state(shelf: MemoryKeyring, token: str, now: float) -> PassState:
    return PyJwtPasses(shelf).verify(token, now).state


def test_the_ring_is_made_once_and_its_copy_renewed_later() -> None:
    shelf, edge = MemoryKeyring(), MemoryEdgeKeys()

    first, made = init_keys(shelf, edge, "https://paper.example", NOW)
    edge.ring = None
    second, made_again = init_keys(shelf, edge, "https://other.example", NOW)

    assert (made, made_again) == (True, False)
    assert first == second == edge.ring


def test_a_rotation_signs_with_a_new_key_and_keeps_passes_good() -> None:
    shelf, edge = MemoryKeyring(), MemoryEdgeKeys()
    before, _ = init_keys(shelf, edge, "https://paper.example", NOW)
    old = PyJwtPasses(shelf).mint(Tier.MEMBER, NOW, 300)

    after = rotate_keys(shelf, edge, NOW + 10, no_wait)

    assert after.current != before.current
    assert state(shelf, old, NOW + 20) is PassState.VALID
    assert state(shelf, PyJwtPasses(shelf).mint(Tier.MEMBER, NOW + 20, 300), NOW + 20) is PassState.VALID
    assert edge.accepted() == tuple(key.kid for key in after.keys)


def test_nothing_is_signed_with_a_key_before_it_is_accepted_everywhere() -> None:
    shelf, edge = MemoryKeyring(), MemoryEdgeKeys()
    init_keys(shelf, edge, "https://paper.example", NOW)
    seen: list[tuple[str, bool]] = []

    def look() -> None:
        ring = shelf.read()
        seen.append((ring.current, all(key.kid in (edge.accepted() or ()) for key in ring.keys)))

    after = rotate_keys(shelf, edge, NOW + 10, look)

    assert seen[0][0] != after.current
    assert seen[0][1]


@pytest.mark.parametrize("at_the_edge", [True, False])
def test_a_rotation_that_is_cut_off_is_completed_by_the_next(*, at_the_edge: bool) -> None:
    shelf, edge = MemoryKeyring(), MemoryEdgeKeys()
    init_keys(shelf, edge, "https://paper.example", NOW)
    old = PyJwtPasses(shelf).mint(Tier.MEMBER, NOW, 300)
    with pytest.raises(CutOff):
        rotate_keys(shelf, CutOffEdge() if at_the_edge else edge, NOW + 10, cut_off)

    assert state(shelf, old, NOW + 11) is PassState.VALID
    after = rotate_keys(shelf, edge, NOW + 12, no_wait)

    assert len(after.keys) == 2
    assert state(shelf, old, NOW + 13) is PassState.VALID
    assert {one.at_edge for one in list_keys(shelf, edge)} == {True}


DAY = 86_400


def test_a_gift_outlives_rotations_for_as_long_as_it_may_live() -> None:
    shelf, edge = MemoryKeyring(), MemoryEdgeKeys()
    ring, _ = init_keys(shelf, edge, "https://paper.example", NOW)
    first = ring.current
    for day in (10, 20, 25):
        assert not ends_gifts_until(shelf, NOW + day * DAY)
        ring = rotate_keys(shelf, edge, NOW + day * DAY, no_wait)
        assert (ring.key(first) is not None, first in (edge.accepted() or ())) == (True, True)
    end = NOW + 40 * DAY + SETTLING_SECONDS  # the first key signed until the tenth day
    assert ends_gifts_until(shelf, NOW + 25 * DAY) == ends_gifts_until(shelf, end - 1) == end
    assert ends_gifts_until(shelf, end) is None
    ring = rotate_keys(shelf, edge, NOW + 41 * DAY, no_wait)
    assert (ring.key(first), len(ring.keys)) == (None, 4)
    assert edge.accepted() == tuple(key.kid for key in ring.keys)


def test_a_rotation_that_is_said_to_end_gifts_drops_the_oldest_key_alone() -> None:
    shelf, edge = MemoryKeyring(), MemoryEdgeKeys()
    rings = [init_keys(shelf, edge, "https://paper.example", NOW)[0]]
    for day in range(1, 6):
        rings.append(rotate_keys(shelf, edge, NOW + day * DAY, no_wait))
    assert [key.kid for key in rings[-1].keys] == [ring.current for ring in rings[-4:]]


def test_whoever_would_end_gifts_is_told_until_when_and_has_to_say_so() -> None:
    shelf, edge = MemoryKeyring(), MemoryEdgeKeys()
    stack = Keys(shelf, edge)

    def rotate(*more: str) -> Result:
        return CliRunner().invoke(app, ["keys", "rotate", "--settle", "0", *more], obj=stack)

    init_keys(shelf, edge, "https://paper.example", time.time() - DAY)
    gift = PyJwtPasses(shelf).mint(Tier.MEMBER, time.time(), 30 * DAY, "night-ferry")
    assert [rotate().exit_code for _ in range(4)] == [0, 0, 0, 1]
    refused = rotate()
    until = moment(ends_gifts_until(shelf, time.time()))
    assert until is not None
    assert (refused.exit_code, until in refused.output, "--end-gifts" in refused.output) == (1, True, True)
    assert state(shelf, gift, time.time()) is PassState.VALID
    assert rotate("--end-gifts").exit_code == 0
    assert state(shelf, gift, time.time()) is PassState.INVALID


@dataclass
class Keys:
    """Of a stack, its keys."""

    shelf: MemoryKeyring
    edge: MemoryEdgeKeys

    def open(self) -> Keys:
        return self

    def keyring(self) -> MemoryKeyring:
        return self.shelf

    def edge_keys(self) -> MemoryEdgeKeys:
        return self.edge


def test_a_ring_of_two_keys_that_was_made_before_there_was_room_for_four_is_read_and_rotated() -> None:
    keys = [{"kid": kid, "secret": "s" * 43, "made_at": int(NOW) + at} for kid, at in (("p1", 0), ("p2", DAY))]
    ring = decode_keyring(
        json.dumps({"schema": 1, "issuer": "https://p.example", "current": "p2", "keys": keys}).encode()
    )
    shelf, edge = MemoryKeyring(ring), MemoryEdgeKeys()
    assert [key.kid for key in rotate_keys(shelf, edge, NOW + 2 * DAY, no_wait).keys[:2]] == ["p1", "p2"]
    assert (edge.accepted() or ())[:2] == ("p1", "p2")


def test_a_ring_of_the_largest_size_fits_the_edges_store() -> None:
    shelf, edge = MemoryKeyring(), MemoryEdgeKeys()
    init_keys(shelf, edge, "https://" + "a" * 192, NOW)
    for day in range(1, 6):
        ring = rotate_keys(shelf, edge, NOW + day * DAY, no_wait)
    assert len(edge_copy(ring)) <= 1_024


def test_an_emergency_leaves_no_pass_good() -> None:
    shelf, edge = MemoryKeyring(), MemoryEdgeKeys()
    init_keys(shelf, edge, "https://paper.example", NOW)
    old = PyJwtPasses(shelf).mint(Tier.MEMBER, NOW, 300)

    ring = replace_keys(shelf, edge, NOW + 1)

    assert state(shelf, old, NOW + 2) is PassState.INVALID
    assert edge.accepted() == (ring.current,)


def test_a_rotation_loses_to_another_that_came_first() -> None:
    shelf, edge = MemoryKeyring(), MemoryEdgeKeys()
    init_keys(shelf, edge, "https://paper.example", NOW)

    with pytest.raises(KeyringChanged):
        rotate_keys(shelf, edge, NOW + 10, lambda: void(replace_keys(shelf, edge, NOW + 11)))


def void(_: object) -> None:
    """For the sake of a callable without a result."""


def test_without_a_ring_there_is_nothing_to_rotate() -> None:
    with pytest.raises(UnusableKeyring, match="keys init"):
        rotate_keys(MemoryKeyring(), MemoryEdgeKeys(), NOW, no_wait)


def test_a_key_the_edge_accepts_and_the_ring_does_not_is_shown() -> None:
    shelf, edge = MemoryKeyring(), MemoryEdgeKeys()
    ring, _ = init_keys(shelf, edge, "https://paper.example", NOW)
    edge.ring = Keyring(1, ring.issuer, "stray", (PassKey("stray", "C" * 43, 1),))

    assert [(one.kid, one.in_ring, one.at_edge) for one in list_keys(shelf, edge)] == [
        (ring.current, True, False),
        ("stray", False, True),
    ]

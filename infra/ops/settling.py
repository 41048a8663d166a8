"""Waiting until publishing has caught up with what was written: an article's placement says of which version it is
true."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import msgspec

from functions.publishing.placements import Placement, placement_key
from shared.domain.decoding import UNREADABLE
from shared.ports.publishing import Documents

# A thousand that wait make no thousand requests for each that arrives. Publishing goes in the order of writing, so the
# front is where they arrive; where none does, the others are looked at in turn, for something may be stuck there.
FRONT: Final = 16
AROUND: Final = 48
PAUSE_SECONDS: Final = 0.2
PAUSE_SHARE: Final = 3  # or so many times as long as looking took: what is waited for needs the stores, too
_THREADS: Final = 8


def placed_version(documents: Documents, slug: str) -> str | None:
    """The version that everything agrees with: empty where nothing is there, None while it is being changed."""
    found = documents.read(placement_key(slug))
    if found is None:
        return ""
    try:
        return msgspec.json.decode(found[0], type=Placement).version
    except UNREADABLE:
        return None


def settle(
    versions: Mapping[str, str],
    documents: Documents,
    report: Callable[[str], None],
    patience: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[str, ...]:
    """Wait until everything agrees with these versions (by slug); `report` hears of each slug.

    Returns the others, when for `patience` seconds there has been none.
    """
    waiting = dict(versions)
    since, turn = clock(), 0
    with ThreadPoolExecutor(_THREADS) as pool:

        def look(slugs: list[str]) -> int:
            """How many have arrived, of these."""
            found = pool.map(lambda slug: placed_version(documents, slug), slugs)
            arrived = [slug for slug, version in zip(slugs, found, strict=True) if version == waiting[slug]]
            for slug in arrived:
                del waiting[slug]
                report(slug)
            return len(arrived)

        while waiting:
            began, front = clock(), list(waiting)[:FRONT]
            arrived = look(front)
            if arrived == len(front):
                since = clock()
                continue
            if not arrived and (others := list(waiting)[FRONT:]):
                turn %= len(others)
                arrived = look((others[turn:] + others[:turn])[:AROUND])
                turn += AROUND - arrived
            if arrived:
                since = clock()
            elif clock() - since >= patience:
                break
            sleep(max(PAUSE_SECONDS, PAUSE_SHARE * (clock() - began)))
    return tuple(waiting)

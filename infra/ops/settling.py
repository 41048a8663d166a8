"""Waiting until publishing has caught up with what was written: an article's placement says of which version it is
true."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import msgspec

from functions.publishing.catch_up import Placement, placement_key
from shared.domain.decoding import UNREADABLE
from shared.ports import Documents

LOOKED_AT_ONCE: Final = 64  # so that a thousand that wait make no thousand requests for each that arrives
PAUSE_SECONDS: Final = 0.2
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
    since = clock()
    with ThreadPoolExecutor(_THREADS) as pool:
        while waiting:
            looked_at = list(waiting)[:LOOKED_AT_ONCE]
            is_moving = True
            for slug, version in zip(
                looked_at, pool.map(lambda slug: placed_version(documents, slug), looked_at), strict=True
            ):
                wanted = waiting.pop(slug)
                if version == wanted:
                    since = clock()
                    report(slug)
                else:
                    waiting[slug] = wanted  # at the end: the others are looked at first
                    is_moving = False
            if waiting and clock() - since >= patience:
                break
            if not is_moving:
                sleep(PAUSE_SECONDS)
    return tuple(waiting)

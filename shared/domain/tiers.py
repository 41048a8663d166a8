"""The tiers: how far a paper's doors open for a reader. Ordered, and the list is closed."""

from __future__ import annotations

import enum
import functools


@functools.total_ordering
class Tier(enum.Enum):
    """What a reader may see; a higher tier sees everything that a lower one does."""

    ANONYMOUS = "anonymous"
    SUBSCRIBER = "subscriber"
    MEMBER = "member"

    def __lt__(self, other: Tier) -> bool:
        return _RANK[self] < _RANK[other]


_RANK = {tier: rank for rank, tier in enumerate(Tier)}

# A pass raises a reader above everyone; one for `anonymous` would mean nothing, so there is none.
PASS_TIERS = (Tier.SUBSCRIBER, Tier.MEMBER)


def parse_tier(name: str | None) -> Tier:
    """The tier of that name; anything unknown is `ANONYMOUS`, so that an odd spelling never opens anything."""
    try:
        return Tier(name)
    except ValueError:
        return Tier.ANONYMOUS

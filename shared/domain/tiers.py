"""The tiers: how far a paper's doors open for a reader. Ordered, and the list is closed."""

from __future__ import annotations

import enum


class Tier(enum.Enum):
    """What a reader may see; a higher tier sees everything that a lower one does."""

    ANONYMOUS = "anonymous"
    SUBSCRIBER = "subscriber"
    MEMBER = "member"

    def __init__(self, _: str | None) -> None:
        self._rank = len(type(self).__members__)

    # Written out: each gate and source of each read is compared, and functools.total_ordering takes ten times as long.
    def __lt__(self, other: Tier) -> bool:
        return self._rank < other._rank

    def __le__(self, other: Tier) -> bool:
        return self._rank <= other._rank

    def __gt__(self, other: Tier) -> bool:
        return self._rank > other._rank

    def __ge__(self, other: Tier) -> bool:
        return self._rank >= other._rank


# A pass raises a reader above everyone; one for `anonymous` would mean nothing, so there is none.
PASS_TIERS = (Tier.SUBSCRIBER, Tier.MEMBER)


def parse_tier(name: str | None) -> Tier:
    """The tier of that name; anything unknown is `ANONYMOUS`, so that an odd spelling never opens anything."""
    try:
        return Tier(name)
    except ValueError:
        return Tier.ANONYMOUS

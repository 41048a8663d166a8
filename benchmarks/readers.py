"""Who reads what: shares of tiers and of kinds, articles by Zipf's law. Load and simulation are of the same readers."""

from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from shared.domain.tiers import Tier

ZIPF: Final = 1.05
"""The exponent of articles' popularity: what is asked of a news site's archive in a day lies between 1.0 and 1.1."""


@dataclass(frozen=True)
class Mix:
    """Shares of reads, each from 0 to 1. What tiers leave is anonymous.

    Of a paper's readers some hundredths sign up and fewer pay, but they read more often than others: 10 and 5 of a
    hundred reads. A quarter of what is asked for are fronts, sections, lists and feeds, a sixth of the rest is JSON,
    for apps.
    """

    subscriber: float = 0.10
    member: float = 0.05
    lists: float = 0.25
    json: float = 0.15

    def __post_init__(self) -> None:
        shares = (self.subscriber, self.member, self.lists, self.json)
        if not all(0 <= share <= 1 for share in shares) or self.subscriber + self.member > 1:
            raise ValueError("shares are from 0 to 1, those of subscribers and members together 1 at most")

    @property
    def tiers(self) -> dict[Tier, float]:
        """Every tier's share."""
        return {
            Tier.ANONYMOUS: 1 - self.subscriber - self.member,
            Tier.SUBSCRIBER: self.subscriber,
            Tier.MEMBER: self.member,
        }


def zipf(count: int, exponent: float = ZIPF) -> list[float]:
    """The shares of the first, second, … of so many things; they come to 1."""
    weights = [(rank + 1) ** -exponent for rank in range(count)]
    total = sum(weights)
    return [weight / total for weight in weights]


class Draw:
    """Draws places in a row of shares, each as often as its share says."""

    def __init__(self, shares: Sequence[float], dice: random.Random) -> None:
        self._sums = list(itertools.accumulate(shares))
        self._dice = dice

    def __call__(self) -> int:
        return bisect.bisect(self._sums, self._dice.random() * self._sums[-1], hi=len(self._sums) - 1)


@dataclass(frozen=True, slots=True)
class Read:
    """One reader's wish. `article`: its rank, 0 is the most popular; None for a list, whose place is `list`."""

    tier: Tier
    article: int | None
    list: int
    json: bool


def reads(mix: Mix, articles: int, lists: Sequence[float], dice: random.Random) -> Iterator[Read]:
    """Wishes without end. `lists`: how often each list is asked for, beside the others."""
    tiers, tier_shares = list(mix.tiers), list(mix.tiers.values())
    tier, article, a_list = Draw(tier_shares, dice), Draw(zipf(articles), dice), Draw(lists, dice)
    while True:
        who, of_list = tiers[tier()], dice.random() < mix.lists
        yield Read(who, None if of_list else article(), a_list() if of_list else 0, dice.random() < mix.json)

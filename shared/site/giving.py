"""What the page shows on which one gives: the form as it was filled in, and what money is raised for."""

from __future__ import annotations

import datetime as dt
from typing import Final

from msgspec import Struct

from shared.domain.campaigns import Raised
from shared.domain.money import written
from shared.domain.paper import Campaign

NAMED: Final = 12
"""How many of a campaign's supporters its page names."""


class GiveForm(Struct, frozen=True):
    """What stands in the form: nothing when it is new, else what was typed. `problem`: what was wrong with it, at the
    field of that name, or with all of it where that is empty."""

    currency: str = ""
    amount: str = ""
    own_amount: str = ""
    interval: str = ""
    name: str = ""
    message: str = ""
    public: bool = False
    field: str = ""
    problem: str | None = None

    def __repr__(self) -> str:  # somebody has written it
        return "GiveForm(…)"


class SupporterView(Struct, frozen=True):
    """Somebody who has given and agreed to be named. Name and message are a stranger's words."""

    name: str
    message: str | None
    at: dt.datetime


class CampaignView(Struct, frozen=True):
    """A campaign as the page shows it: `goal` in minor units of `currency`; `raised`: how it stands, None where that is
    not looked up, or cannot be; `until`: its last day; `is_open`: whether it still takes anything."""

    slug: str
    title: str
    text: str
    goal: int
    currency: str
    raised: Raised | None = None
    until: dt.date | None = None
    is_open: bool = True

    @classmethod
    def of(cls, campaign: Campaign, raised: Raised | None = None, *, is_open: bool = True) -> CampaignView:
        """The campaign, and how it stands."""
        its = campaign.slug, campaign.title, campaign.text, campaign.goal, campaign.currency
        return cls(*its, raised, campaign.until, is_open)

    @property
    def has(self) -> int:
        """What has been raised in the goal's own currency, in minor units."""
        return 0 if self.raised is None else max(self.raised.amounts.get(self.currency, 0), 0)

    @property
    def filled(self) -> int:
        """How much of the goal that is: all of it at most."""
        return min(self.has, self.goal)

    @property
    def percent(self) -> int:
        """The same in hundredths, none of which is counted before it is there."""
        return 100 * self.filled // self.goal

    @property
    def beside(self) -> str:
        """What has been raised in other currencies: nobody here knows what they are worth in the goal's."""
        amounts = {} if self.raised is None else self.raised.amounts
        others = sorted(one for one in amounts.items() if one[0] != self.currency and one[1] > 0)
        return ", ".join(written(amount, currency) for currency, amount in others)

    @property
    def latest(self) -> tuple[SupporterView, ...]:
        """The latest of those who are named."""
        named = () if self.raised is None else self.raised.named
        latest = sorted(named, key=lambda one: (-one.at, one.order))[:NAMED]
        return tuple(SupporterView(one.name, one.message, dt.datetime.fromtimestamp(one.at, dt.UTC)) for one in latest)

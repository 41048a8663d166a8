"""What the page shows on which one gives: the form as it was filled in, and what money is raised for."""

from __future__ import annotations

from msgspec import Struct

from shared.domain.campaigns import Raised
from shared.domain.paper import Campaign


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


class CampaignView(Struct, frozen=True):
    """A campaign as the page shows it: `goal` in minor units of `currency`; `raised`: how it stands, None where that is
    not looked up."""

    slug: str
    title: str
    text: str
    goal: int
    currency: str
    raised: Raised | None = None

    @classmethod
    def of(cls, campaign: Campaign, raised: Raised | None = None) -> CampaignView:
        """The campaign, and how it stands."""
        return cls(campaign.slug, campaign.title, campaign.text, campaign.goal, campaign.currency, raised)

"""How a campaign stands, as programs are told: public facts, the same for every tier, and of no supporter more than
they have agreed to."""

from __future__ import annotations

import datetime as dt
import re

import msgspec
from msgspec import Struct

from shared.domain.campaigns import Raised, campaign_tag
from shared.domain.giving import is_open
from shared.domain.moments import moment
from shared.domain.paper import PAPER_TAG, Campaign
from shared.domain.refusals import UnknownCampaign, UnknownRoute
from shared.http import JSON, Answer, Request, for_everyone, shown
from shared.ports.reading import Campaigns, Papers
from shared.reading import CAMPAIGN_SECONDS

_campaign_path = re.compile(r"/api/campaigns/([^/]+)\Z")
_encode = msgspec.json.Encoder().encode


class CampaignFacts(Struct, frozen=True):
    """What money is raised for: `goal` is in minor units of `currency`, `until` its last day."""

    slug: str
    title: str
    text: str
    currency: str
    goal: int
    until: dt.date | None
    is_over: bool


class NamedSupporter(Struct, frozen=True):
    """Somebody who has given and agreed to be named, in their own words."""

    name: str
    message: str | None
    at: str


class CampaignStanding(Struct, frozen=True):
    """How a campaign stands: `raised` in minor units by currency, which only together are all; the number of
    `supporters`, and the latest of those who are `named`."""

    campaign: CampaignFacts
    raised: dict[str, int]
    supporters: int
    named: tuple[NamedSupporter, ...]


def read_campaign(request: Request, papers: Papers, campaigns: Campaigns, now: float) -> Answer:
    """`GET /api/campaigns/<slug>`. Raises UnknownCampaign, UnknownRoute, ContentUnavailable."""
    found = _campaign_path.match(request.path)
    if found is None:
        raise UnknownRoute("Nothing is served here. A campaign is at /api/campaigns/ and its name.")
    request.parameters()
    campaign = next((one for one in papers.read().campaigns if one.slug == found[1]), None)
    if campaign is None:
        raise UnknownCampaign("The paper has no campaign of this name.")
    # The key is made of the paper's word, never of the path's.
    standing = _standing(campaign, campaigns.read(campaign.slug), now)
    caching = for_everyone(CAMPAIGN_SECONDS, (PAPER_TAG, campaign_tag(campaign.slug)), stale=False)
    return shown(request, JSON, _encode(standing), caching)


def _standing(campaign: Campaign, raised: Raised, now: float) -> CampaignStanding:
    return CampaignStanding(
        CampaignFacts(
            campaign.slug,
            campaign.title,
            campaign.text,
            campaign.currency,
            campaign.goal,
            campaign.until,
            not is_open(campaign, now),
        ),
        {campaign.currency: 0} | raised.amounts,
        raised.supporters,
        tuple(NamedSupporter(one.name, one.message, moment(one.at)) for one in raised.named),
    )

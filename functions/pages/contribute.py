"""The page on which one gives: what for, how it stands, and who has given."""

from __future__ import annotations

from functools import partial

from msgspec.structs import replace

from functions.pages.page import opened, page
from functions.pages.route import Asked, Made, Route
from shared.domain.campaigns import campaign_tag
from shared.domain.giving import is_open, present_campaign
from shared.domain.paper import Campaign
from shared.domain.refusals import ContentUnavailable, UnknownCampaign
from shared.http import NO_STORE, for_everyone
from shared.reading import CAMPAIGN_SECONDS
from shared.site.giving import CampaignView, GiveForm
from shared.site.site import Site


def contribute_route(slug: str | None) -> Route:
    """`GET /contribute`, and `GET /contribute/<slug>`."""
    make = contribute if slug is None else partial(contribute_to, slug)
    return Route(make, caching=partial(for_everyone, CAMPAIGN_SECONDS, stale=False))


def contribute(asked: Asked) -> Made:
    """The form, and the campaign that the paper asks for now, if there is one."""
    site, _ = opened(asked)
    return _page(asked, site, present_campaign(site.paper, asked.now))


def contribute_to(slug: str, asked: Asked) -> Made:
    """The form and that campaign, over or not. Raises UnknownCampaign."""
    site, _ = opened(asked)
    campaign = next((one for one in site.paper.campaigns if one.slug == slug), None)
    if campaign is None:
        raise UnknownCampaign("The paper has no campaign of this name.")
    return _page(asked, site, campaign)


def _page(asked: Asked, site: Site, campaign: Campaign | None) -> Made:
    """Where it cannot be read how the campaign stands one can give all the same, and somebody is told."""
    if campaign is None:
        return page("contribute.html", site, asked.path, form=GiveForm(), campaign=None)
    raised, caching, trouble = None, "", None
    try:
        raised = asked.doors.campaigns.read(campaign.slug)
    except ContentUnavailable as refusal:
        caching, trouble = NO_STORE, refusal.__cause__ or refusal
    view = CampaignView.of(campaign, raised, is_open=is_open(campaign, asked.now))
    tags = (campaign_tag(campaign.slug),)
    made = page("contribute.html", site, asked.path, tags=tags, form=GiveForm(), campaign=view)
    return replace(made, caching=caching, trouble=trouble)

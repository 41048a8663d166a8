"""Which adapter stands behind each door of the pages function."""

from __future__ import annotations

from functions.pages.route import Doors
from shared.adapters.passes_when_needed import PassesWhenNeeded
from shared.adapters.s3_articles import S3Articles
from shared.adapters.s3_campaigns import S3Campaigns
from shared.adapters.s3_lists import S3Lists, S3Papers
from shared.adapters.s3_objects import S3Objects
from shared.settings import Settings


def doors(settings: Settings) -> Doors:
    """The doors of the deployed function."""
    content = S3Objects(settings.content_bucket, settings.region, settings.s3_endpoint)
    return Doors(
        articles=S3Articles(content),
        lists=S3Lists(content),
        papers=S3Papers(content),
        campaigns=S3Campaigns(content),
        passes=PassesWhenNeeded(settings),
    )

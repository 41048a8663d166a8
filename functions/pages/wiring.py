"""Which adapter stands behind each door of the pages function."""

from __future__ import annotations

from functions.pages.read import Doors
from shared.adapters.s3_lists import S3Lists, S3Papers
from shared.adapters.s3_objects import S3Objects
from shared.settings import PagesSettings


def doors(settings: PagesSettings) -> Doors:
    """The doors of the deployed function."""
    content = S3Objects(settings.content_bucket, settings.region, settings.s3_endpoint)
    return Doors(lists=S3Lists(content), papers=S3Papers(content))

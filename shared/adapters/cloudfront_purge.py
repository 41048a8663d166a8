"""Purging by cache tag: an invalidation whose paths are `#tag` (CloudFront, “Invalidating content by cache tags”)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_cloudfront.client import CloudFrontClient


class CloudFrontPurge:
    """`shared.ports.Purge` on CloudFront."""

    def __init__(self, client: CloudFrontClient, distribution: str) -> None:
        self._client, self._distribution = client, distribution

    def tags(self, tags: tuple[str, ...], reference: str) -> str:
        paths = sorted({f"#{tag}" for tag in tags})
        # The same reference with the same paths is the same purge to CloudFront, so that a retry is not a second one.
        reference = hashlib.sha256("\n".join([reference, *paths]).encode()).hexdigest()[:32]
        batch = {"Paths": {"Quantity": len(paths), "Items": paths}, "CallerReference": reference}
        made = self._client.create_invalidation(DistributionId=self._distribution, InvalidationBatch=batch)  # type: ignore[arg-type]
        return made["Invalidation"]["Id"]

"""Purging: an invalidation of paths, or of cache tags, which are paths `#tag` (CloudFront, “Invalidating content by
cache tags”)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_cloudfront.client import CloudFrontClient


class CloudFrontPurge:
    """`shared.ports.publishing.Purge` on CloudFront."""

    def __init__(self, client: CloudFrontClient, distribution: str) -> None:
        self._client, self._distribution = client, distribution

    def tags(self, tags: tuple[str, ...], reference: str) -> str:
        return self.paths(tuple(f"#{tag}" for tag in tags), reference)

    def paths(self, paths: tuple[str, ...], reference: str) -> str:
        items = sorted(set(paths))
        # The same reference with the same paths is the same purge to CloudFront, so that a retry is not a second one.
        reference = hashlib.sha256("\n".join([reference, *items]).encode()).hexdigest()[:32]
        batch = {"Paths": {"Quantity": len(items), "Items": items}, "CallerReference": reference}
        made = self._client.create_invalidation(DistributionId=self._distribution, InvalidationBatch=batch)  # type: ignore[arg-type]
        return made["Invalidation"]["Id"]

"""Announcing articles: a queue that the newsletters read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


class SqsAnnouncements:
    """`shared.ports.Announcements` on SQS."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client, self._queue_url = client, queue_url

    def announce(self, article_id: str, slug: str) -> None:
        message = msgspec.json.encode({"article": article_id, "slug": slug}).decode()
        self._client.send_message(QueueUrl=self._queue_url, MessageBody=message)

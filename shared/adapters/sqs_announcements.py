"""Announcing articles: a queue that the newsletters read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shared.adapters.boto3_failures import available

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


class SqsAnnouncements:
    """`shared.ports.publishing.Announcements` on SQS."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client, self._queue_url = client, queue_url

    def announce(self, article_id: str, slug: str) -> None:
        message = msgspec.json.encode({"article": article_id, "slug": slug}).decode()
        self._client.send_message(QueueUrl=self._queue_url, MessageBody=message)


class SqsContinuations:
    """`shared.ports.mail.Continuations` on the same queue.

    A message of its own, not the one at hand once more: that one counts how often it has come, and is put aside after
    some times, and here nothing went wrong with it.
    """

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client, self._queue_url = client, queue_url

    def later(self, article: str, slug: str, stalls: int, seconds: int) -> None:
        message = msgspec.json.encode({"article": article, "slug": slug, "stalls": stalls}).decode()
        with available():
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=message, DelaySeconds=seconds)

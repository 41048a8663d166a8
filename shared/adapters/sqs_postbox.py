"""Ordering mails: a queue that the mail function reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shared.adapters.boto3_failures import available
from shared.domain.mails import MailOrder

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


class SqsPostbox:
    """`shared.ports.mail.Postbox` on SQS."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client, self._queue_url = client, queue_url

    def order(self, order: MailOrder) -> None:
        with available():
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=msgspec.json.encode(order).decode())

"""Asking payments to look at something: a queue that they read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from shared.adapters.boto3_failures import available
from shared.domain.happenings import PaymentsMessage
from shared.domain.refusals import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

_AT_ONCE: Final = 10  # SQS's limit


class SqsPaymentsQueue:
    """`shared.ports.money.PaymentsQueue` on SQS."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client, self._queue_url = client, queue_url

    def put(self, messages: tuple[PaymentsMessage, ...]) -> None:
        for first in range(0, len(messages), _AT_ONCE):
            with available():
                answer = self._client.send_message_batch(
                    QueueUrl=self._queue_url,
                    Entries=[
                        {"Id": str(number), "MessageBody": msgspec.json.encode(message).decode()}
                        for number, message in enumerate(messages[first : first + _AT_ONCE])
                    ],
                )
            if answer.get("Failed"):  # an answer of 200 may say that of some
                raise StoreUnavailable

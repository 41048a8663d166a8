"""Messages that were put aside: a dead-letter queue.

In a first-in-first-out queue whose messages are all of one group nobody gets the eleventh while the first ten are out:
they have to be dealt with in their order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.ports.publishing import Letter

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

AT_ONCE: Final = 10  # SQS's limit
TAKEN_SECONDS: Final = 300
LOOKED_AT_SECONDS: Final = 30  # unless they are put back before, as they are


class SqsDeadLetters:
    """`shared.ports.publishing.DeadLetters` on SQS."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client, self._queue_url = client, queue_url

    def count(self) -> int:
        found = self._client.get_queue_attributes(
            QueueUrl=self._queue_url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])

    def peek(self) -> tuple[str, ...]:
        letters = self._receive(LOOKED_AT_SECONDS)
        for letter in letters:
            self._client.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
            )
        return tuple(letter.body for letter in letters)

    def take(self) -> tuple[Letter, ...]:
        return self._receive(TAKEN_SECONDS)

    def discard(self, letters: tuple[Letter, ...]) -> None:
        for letter in letters:  # one by one: a batch may fail in part, and says so in its answer only
            self._client.delete_message(QueueUrl=self._queue_url, ReceiptHandle=letter.receipt)

    def _receive(self, seconds: int) -> tuple[Letter, ...]:
        found = self._client.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=AT_ONCE,
            VisibilityTimeout=seconds,
            WaitTimeSeconds=1,  # asks all of the queue's servers: without, an answer may be empty by chance
        )
        return tuple(Letter(one["Body"], one["ReceiptHandle"]) for one in found.get("Messages", ()))

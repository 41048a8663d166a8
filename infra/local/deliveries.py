"""Lambda's side of a queue: takes its messages in batches and hands them to the function that the template says."""

import contextlib
import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from moto.sqs.exceptions import ReceiptHandleIsInvalid
from moto.sqs.models import sqs_backends

from infra.local.distribution import function_behind
from infra.local.template import ACCOUNT, REGION, Attribute, Template, only
from infra.local.workers import (
    INIT_SECONDS,
    FunctionFailedError,
    FunctionPool,
    FunctionStoppedError,
    FunctionTimedOutError,
)

RETRY_SECONDS: Final = 1.0  # after a failure; in the cloud it is what the function has asked for, or else its queue
LOOK_SECONDS: Final = 1.0  # until a look at what nobody wakes us for: a delay that ends, a function started again
KNOWN: Final = frozenset({"EventSourceArn", "FunctionName", "BatchSize", "FunctionResponseTypes"})
# Nothing waits for company here, and no function has more than one batch at a time.
QUIET: Final = frozenset({"MaximumBatchingWindowInSeconds", "ScalingConfig"})
SYSTEM_ATTRIBUTES: Final[Mapping[str, str]] = {
    "ApproximateReceiveCount": "approximate_receive_count",
    "SentTimestamp": "sent_timestamp",
    "SenderId": "sender_id",
    "ApproximateFirstReceiveTimestamp": "approximate_first_receive_timestamp",
    "MessageGroupId": "group_id",
    "MessageDeduplicationId": "deduplication_id",
    "SequenceNumber": "sequence_number",
}  # Lambda's name → moto's


@dataclass(frozen=True)
class Mapped:
    """An event source mapping of the template: which function gets a queue's messages, and how."""

    function: str  # logical id
    queue_arn: str
    batch_size: int
    reports_failures: bool  # what it returns says which messages failed; otherwise it is all or none


def mappings(template: Template, attribute: Attribute) -> list[Mapped]:
    """The template's event source mappings. TemplateError for what is not known here."""
    found = []
    for logical_id, resource in template.of_type("AWS::Lambda::EventSourceMapping").items():
        stated = resource["Properties"]
        only(logical_id, stated, KNOWN | QUIET)
        found.append(
            Mapped(
                function_behind(template, stated["FunctionName"]["Ref"]),
                str(template.resolve(stated["EventSourceArn"], attribute)),
                int(stated.get("BatchSize", 10)),
                "ReportBatchItemFailures" in stated.get("FunctionResponseTypes", []),
            )
        )
    return found


def queue_of(arn: str) -> Any:
    """moto's queue of that ARN."""
    return sqs_backends[ACCOUNT][REGION].get_queue(arn.rpartition(":")[2])


def depths() -> list[dict[str, Any]]:
    """Every queue: how many messages wait in it, and how many are with somebody."""
    found = []
    for name, queue in sorted(sqs_backends[ACCOUNT][REGION].queues.items()):
        with queue._messages_lock:
            waiting = len(queue.messages)
            found.append({"name": name, "waiting": waiting, "in_flight": len(queue._messages) - waiting})
    return found


class Delivery:
    """One mapping at work in a thread of its own, one batch at a time: so each group's messages are in order.

    moto's queue is shared with the threads of its server, and has a lock which its own deletion forgets: a message that
    was sent in that moment would be lost. So everything is done under that lock here.
    """

    def __init__(self, mapped: Mapped, pool: FunctionPool, retry_seconds: float = RETRY_SECONDS) -> None:
        self._mapped = mapped
        self._pool = pool
        self._retry_seconds = retry_seconds
        self._sqs = sqs_backends[ACCOUNT][REGION]
        self._queue = queue_of(mapped.queue_arn)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"to {mapped.function}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more. A batch that is being worked on ends with its function's processes."""
        self._stopped.set()
        with self._queue._messages_lock:
            self._queue._messages_lock.notify_all()

    def _work(self) -> None:
        while not self._stopped.is_set():
            batch = self._receive()
            failed = self._failed(batch) if batch else frozenset()
            self._settle(batch, failed)
            if failed:
                self._stopped.wait(self._retry_seconds)

    def _receive(self) -> list[Any]:
        """The next messages for a function that is there, if any. What came too often goes to moto's dead letters."""
        with self._queue._messages_lock:
            if not (self._queue.messages and self._pool.is_there):
                self._queue._messages_lock.wait(LOOK_SECONDS)
            if self._stopped.is_set() or not self._pool.is_there:
                return []
            batch: list[Any] = self._sqs.receive_message(
                self._queue.name, self._mapped.batch_size, 0, self._queue.visibility_timeout, ["All"]
            )
            if not batch and self._queue.messages:  # of a group that somebody else is busy with
                self._queue._messages_lock.wait(LOOK_SECONDS)
            return batch

    def _failed(self, batch: list[Any]) -> frozenset[str]:
        """The ids of the messages that were not handled, by what the function returns or that it does not."""
        every = frozenset(message.id for message in batch)
        records = [_record(message, self._mapped.queue_arn) for message in batch]
        try:
            answer = self._pool.invoke({"Records": records}, self._pool.spec.timeout + INIT_SECONDS)
        except (FunctionFailedError, FunctionTimedOutError, FunctionStoppedError) as error:
            if not self._stopped.is_set():
                print(f"messages of {self._queue.name} will come again: {error}", file=sys.stderr)
            return every
        if not self._mapped.reports_failures:
            return frozenset()
        return reported(answer, every)

    def _settle(self, batch: list[Any], failed: Iterable[str]) -> None:
        with self._queue._messages_lock:
            for message in batch:
                with contextlib.suppress(ReceiptHandleIsInvalid):  # somebody has emptied the queue meanwhile
                    if message.id in failed:
                        self._sqs.change_message_visibility(self._queue.name, message.receipt_handle, 0)
                    else:
                        self._queue.delete_message(message.receipt_handle)


def reported(answer: Any, every: frozenset[str]) -> frozenset[str]:
    """The ids that an answer names as failed. One that Lambda cannot read counts as a failure of `every` message.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    match answer:
        case None | {"batchItemFailures": None}:
            return frozenset()
        case {"batchItemFailures": list(items)}:
            named: list[Any] = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in items]
            there = list(every)  # not the set: what is named may be of any kind
            return frozenset(named) if all(name in there for name in named) else every
        case dict() if "batchItemFailures" not in answer:
            return frozenset()
    return every


def _record(message: Any, queue_arn: str) -> dict[str, Any]:
    attributes = {name: getattr(message, theirs) for name, theirs in SYSTEM_ATTRIBUTES.items()}
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": {name: str(value) for name, value in attributes.items() if value is not None},
        "messageAttributes": {
            name: {key[0].lower() + key[1:]: part for key, part in value.items()}
            for name, value in message.message_attributes.items()
        },
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": REGION,
    }

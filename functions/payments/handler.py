"""The payments function: something has happened to a payment; ledger, memberships, campaigns and mails follow."""

from __future__ import annotations

from typing import Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.payments.batch import PAUSES, Desk, Ended, Worked
from functions.payments.wiring import doors, redelivery
from shared.domain.refusals import ProcessorRefused, Refusal
from shared.faults import places
from shared.settings import payments_settings, stripe_settings, worker_settings

logger = Logger()
metrics = Metrics()
_doors = doors(payments_settings(), stripe_settings())
_redelivery = redelivery(worker_settings())

SECONDS_KEPT: Final = 20
"""How many seconds before its end no message is begun any more. Where the function is cut off, all of the batch stays
out of sight for minutes; a processor that takes what it is asked and does not answer would have it put aside so within
half an hour, an erasure too, which no reconciling makes up for."""


class ComesAgain(Exception):
    """A message is left on the queue. It says nothing more: whatever it was is logged in our own words."""


class NoTime(Exception):
    """The messages before it have taken all the time there is."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Work off a batch of the payments' queue (SQS, partial batch responses)."""
    desk = Desk(_doors)

    def work_off(record: SQSRecord) -> None:
        has_time = context.get_remaining_time_in_millis() >= SECONDS_KEPT * 1000
        worked = desk.work_off(record.body) if has_time else Worked(Ended.FAILED, cause=NoTime())
        _count(record.message_id, worked)
        if worked.ended.comes_again:
            times = int(record.attributes.approximate_receive_count)
            _redelivery.again_in(record.receipt_handle, PAUSES[min(times, len(PAUSES)) - 1])
            raise ComesAgain

    # A batch of which all fail is no fault of the function: it would say so with the words of all that happened.
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    with processor(records=event["Records"], handler=work_off):
        processor.process()
    return {"batchItemFailures": list(processor.response()["batchItemFailures"])}


def _count(message_id: str, worked: Worked) -> None:
    """What became of a message: ids, codes and counts, and nothing of whose payment it was (R27)."""
    looked = worked.looked
    trouble = worked.ended.comes_again or worked.ended is Ended.MISMATCHED
    cause = worked.cause.__cause__ or worked.cause if worked.cause else None
    (logger.error if trouble else logger.info)(
        "payment " + worked.ended.value,
        message_id=message_id,
        type=worked.type,
        order=looked.order if looked else None,
        what=looked.what if looked else None,
        entries=len(looked.entries) if looked else 0,
        code=worked.cause.code if isinstance(worked.cause, Refusal) else None,
        reason=worked.cause.reason if isinstance(worked.cause, ProcessorRefused) else None,
        cause=type(cause).__name__ if cause else None,
        at=places(worked.cause) if worked.cause else None,
    )
    metrics.add_dimension("Outcome", worked.ended.value)
    metrics.add_metric("Payments", MetricUnit.Count, 1)
    metrics.flush_metrics()
    metrics.add_metric("PaymentMismatches", MetricUnit.Count, int(worked.ended is Ended.MISMATCHED))
    metrics.add_metric("LedgerEntries", MetricUnit.Count, len(looked.entries) if looked else 0)
    metrics.add_metric("MoneyMailsDropped", MetricUnit.Count, looked.posted.dropped if looked else 0)
    metrics.flush_metrics()

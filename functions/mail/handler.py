"""The mail function: mails that readers have asked for, and what is told of mails that did not arrive."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from functions.mail.feedback import Heard, hear
from functions.mail.orders import Became, Done, work_off
from functions.mail.wiring import doors, redelivery
from shared.domain.refusals import StoreUnavailable
from shared.faults import places
from shared.settings import mail_settings, post_settings

logger = Logger()
metrics = Metrics()
_own = post_settings()
_doors = doors(mail_settings(), _own)
_redelivery = redelivery(_own)
_LOST = (Became.REFUSED, Became.UNCERTAIN, Became.UNREADABLE)  # what does not come again
_TROUBLE = (Became.FAILED, *_LOST)


class FeedbackNotKept(Exception):
    """The store did not answer: SNS shall call again."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any] | None:
    """Work off a batch of the mail queue (SQS, partial batch responses), or hear what SES has to tell (SNS)."""
    records = event["Records"]
    if any(record.get("EventSource") == "aws:sns" for record in records):
        _hear(records)
        return None
    worked = work_off(records, _doors, time.time())
    for done in worked.done:
        _count(done)
    for failure in worked.failures:
        _redelivery.again_in(failure.receipt, failure.pause)
    return {"batchItemFailures": [{"itemIdentifier": failure.message_id} for failure in worked.failures]}


def _hear(records: list[dict[str, Any]]) -> None:
    failed: str | None = None
    heard: tuple[Heard, ...] = ()
    try:
        heard = hear(records, _own.feedback_topic, _doors.members, time.time())
    except StoreUnavailable as error:
        logger.error("feedback not kept", cause=type(error.__cause__ or error).__name__)  # noqa: TRY400
        failed = error.code
    except Exception as error:  # noqa: BLE001 -- whatever it is, its words may hold an address
        logger.error("feedback failed", cause=type(error).__name__, at=places(error))  # noqa: TRY400
        failed = type(error).__name__
    for one in heard:
        if one.what in ("foreign", "unreadable"):
            cause = type(one.cause).__name__ if one.cause else None
            logger.error("feedback dropped", message_id=one.message_id, what=one.what, cause=cause)
        metrics.add_dimension("What", one.what)
        metrics.add_metric("MailFeedback", MetricUnit.Count, 1)
        metrics.flush_metrics()
    if failed is not None:
        raise FeedbackNotKept(failed)


def _count(done: Done) -> None:
    """What became of an order, by its kind: nothing of whose it was, nor of what it held (R27)."""
    if done.became in _TROUBLE:
        cause = done.cause.__cause__ or done.cause if done.cause else None
        logger.error(
            "mail " + done.became.value,
            message_id=done.message_id,
            kind=done.kind,
            code=getattr(done.cause, "code", None),
            cause=type(cause).__name__ if cause else None,
            at=places(done.cause) if done.became is Became.FAILED and done.cause else None,
        )
    metrics.add_dimension("Kind", done.kind)
    metrics.add_dimension("Outcome", done.became.value)
    metrics.add_metric("Mails", MetricUnit.Count, 1)
    metrics.flush_metrics()
    if done.became in _LOST:
        metrics.add_metric("MailsUnsent", MetricUnit.Count, 1)
        metrics.flush_metrics()

"""The newsletters function: an article that is out goes to everyone who wants to hear of it, once."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from functions.newsletters.batch import Worked, work_off
from functions.newsletters.wiring import doors
from shared.faults import places
from shared.settings import mail_settings, newsletters_settings

logger = Logger()
metrics = Metrics()
_doors = doors(mail_settings(), newsletters_settings())


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Work off a batch of the announcements' queue (SQS, partial batch responses)."""
    worked = work_off(event["Records"], _doors, lambda: context.get_remaining_time_in_millis() / 1000)
    for one in worked:
        _count(one)
    return {"batchItemFailures": [{"itemIdentifier": one.message_id} for one in worked if one.is_failed]}


def _count(one: Worked) -> None:
    """What was done for an article: no address, and nothing that was in a mail (R27)."""
    if one.run is None:
        what = "newsletter failed" if one.is_failed else "announcement unreadable"
        at = places(one.cause) if one.cause else None
        logger.error(what, message_id=one.message_id, article=one.article, cause=type(one.cause).__name__, at=at)
        ended, sent = ("failed" if one.is_failed else "unreadable"), 0
    else:
        ended, sent = one.run.ended.value, one.run.sent
        cause = one.run.cause.__cause__ or one.run.cause if one.run.cause else None
        level = logger.warning if cause else logger.info
        level("newsletter", article=one.article, ended=ended, sent=sent, cause=type(cause).__name__ if cause else None)
    metrics.add_dimension("Ended", ended)
    metrics.add_metric("NewsletterRuns", MetricUnit.Count, 1)
    metrics.add_metric("NewslettersSent", MetricUnit.Count, sent)
    metrics.flush_metrics()

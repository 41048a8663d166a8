"""The publishing function: something has happened to articles; everything that is made of them follows."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from functions.publishing.batch import Worked, work_off
from functions.publishing.wiring import doors, redelivery
from shared.settings import publishing_settings

logger = Logger()
metrics = Metrics()
_settings = publishing_settings()
_doors = doors(_settings)
_redelivery = redelivery(_settings)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Work off a batch of the queue (SQS, partial batch responses).

    What could not be handled comes again soon: all of publishing is one group of a FIFO queue, and whatever is in it
    waits behind the message that failed, for as long as that is out of sight.
    """
    worked = work_off(event["Records"], _doors, time.time())
    _count(worked)
    for failure in worked.failures:
        _redelivery.again_in(failure.receipt, failure.pause)
    return {"batchItemFailures": [{"itemIdentifier": failure.message_id} for failure in worked.failures]}


def _count(worked: Worked) -> None:
    """Log and count what was done. It holds slugs and nothing else of any article."""
    for what in ("listed", "unlisted", "announced", "unreadable"):
        slugs = [slug for done in worked.done for slug in getattr(done, what)]
        if slugs:
            logger.info(what, slugs=slugs)
        metrics.add_metric(what.capitalize(), MetricUnit.Count, len(slugs))
    for failure in worked.failures:
        logger.error("could not be handled", message_id=failure.message_id, slug=failure.slug, exc_info=failure.cause)
    metrics.add_metric("PublishingFailures", MetricUnit.Count, len(worked.failures))
    metrics.flush_metrics()

"""The publishing function: something has happened to articles; everything that is made of them follows."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from functions.publishing.catch_up import Done, Doors, catch_up
from functions.publishing.events import slug_in
from functions.publishing.wiring import doors
from shared.domain.decoding import UNREADABLE
from shared.settings import publishing_settings

logger = Logger()
metrics = Metrics()
_doors: Doors = doors(publishing_settings())


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Catch up with a batch of the queue (SQS, partial batch responses)."""
    failed, slugs = [], {}
    for record in event["Records"]:
        try:
            slugs[record["messageId"]] = slug_in(record["body"])
        except UNREADABLE:
            logger.exception("not an event of ours", message_id=record["messageId"])
            failed.append(record["messageId"])
    try:
        _count(_catch_up(slugs.values()))
    except Exception as error:  # noqa: BLE001 -- whatever it was: one article must not hold up the others
        logger.warning("one by one", cause=type(error).__name__)
        failed += [message for message, slug in slugs.items() if not _caught_up_alone(slug)]
    metrics.add_metric("PublishingFailures", MetricUnit.Count, len(failed))
    metrics.flush_metrics()
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}


def _caught_up_alone(slug: str | None) -> bool:
    try:
        _count(_catch_up([slug]))
    except Exception:  # it is delivered again, and in the end put aside for us
        logger.exception("could not catch up", slug=slug)
        return False
    return True


def _catch_up(slugs: Iterable[str | None]) -> Done:
    return catch_up((slug for slug in slugs if slug is not None), _doors, time.time())


def _count(done: Done) -> None:
    """Log and count what was done. It holds slugs and nothing else of any article."""
    for what in ("listed", "unlisted", "announced", "unreadable"):
        slugs: tuple[str, ...] = getattr(done, what)
        if slugs:
            logger.info(what, slugs=slugs)
        metrics.add_metric(what.capitalize(), MetricUnit.Count, len(slugs))

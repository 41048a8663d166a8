"""The webhooks function: what has happened at the processor, taken in fast and looked at later, by payments."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from functions.webhooks.intake import Outcome, take, webhook_of
from functions.webhooks.wiring import doors
from shared.domain.refusals import InvalidRequest, InvalidSignature, WebhooksClosed, WrongMode
from shared.faults import places
from shared.http import STATUS
from shared.http_api import FAILED, count_trouble, failed
from shared.settings import webhooks_settings

logger = Logger()
metrics = Metrics()
_doors = doors(webhooks_settings())
_NOT_STRIPES = (WebhooksClosed, InvalidSignature, WrongMode, InvalidRequest)
"""Refusals of what is no webhook of the Stripe that we know. They are counted by themselves, too: an alarm cannot add
up what is counted by code."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one request of the HTTP API (payload 2.0)."""
    webhook = webhook_of(event)
    try:
        outcome = take(webhook, _doors, time.time())
    except Exception as error:  # noqa: BLE001 - whatever it is
        # Its words, and those of what it came of, may hold what somebody has sent.
        logger.error("failed", cause=type(error).__name__, at=places(error))  # noqa: TRY400
        outcome = Outcome(failed(), FAILED)
    _count(outcome)
    return outcome.answer.to_event(head=webhook.request.method == "HEAD")


def _count(outcome: Outcome) -> None:
    """What came of it: the event's id and type where it has proved itself, and never its body or signature (R27)."""
    metrics.add_dimension("Outcome", outcome.what)
    metrics.add_metric("Webhooks", MetricUnit.Count, 1)
    if outcome.event is not None:
        metrics.add_metadata("event", outcome.event)
        metrics.add_metadata("type", outcome.type)
    metrics.flush_metrics()
    count_trouble(outcome.answer, metrics)
    refusal = outcome.refusal
    if isinstance(refusal, _NOT_STRIPES):
        metrics.add_metric("WebhooksRefused", MetricUnit.Count, 1)
        metrics.flush_metrics()
    if refusal is not None:
        cause = refusal.__cause__
        reason = refusal.reason if isinstance(refusal, InvalidSignature) else None
        # A webhook that is refused is one that we go without, or one that somebody has forged.
        level = logger.error if STATUS[type(refusal)] >= 500 else logger.warning
        level("refused", code=refusal.code, reason=reason, cause=type(cause).__name__ if cause else None)

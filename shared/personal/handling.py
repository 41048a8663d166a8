"""Lambda's side of such a function: an event of the HTTP API, and what is written down of its answer."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from shared.domain.refusals import ProcessorRefused, Refusal, StoreUnavailable
from shared.faults import places
from shared.http import status_of
from shared.http_api import FAILED, count_trouble
from shared.personal import personal_request_of
from shared.personal.answering import Desk, Outcome
from shared.personal.routes import D

logger = Logger()
metrics = Metrics()


def handle(event: dict[str, Any], desk: Desk[D], doors: D, about: str) -> dict[str, Any]:
    """Answer one request of the HTTP API (payload 2.0), counted as one `about` something, such as `Member`."""
    request = personal_request_of(event)
    try:
        outcome = desk.respond(request, doors, time.time())
    except Exception as error:  # noqa: BLE001 - whatever it is
        # Its words, and those of what it came of, may hold somebody's secret or address.
        logger.error("failed", cause=type(error).__name__, at=places(error))  # noqa: TRY400
        outcome = desk.failed(request)
    _count(outcome, about)
    return outcome.answer.to_event(head=request.method == "HEAD")


def _count(outcome: Outcome, about: str) -> None:
    """What was done, by the route's name, or why it was not: no token, address, cookie or path of one (R27).

    By both at once there would be some hundred metrics, each of which is paid for; the line says both.
    """
    code = outcome.refusal.code if outcome.refusal is not None else FAILED if outcome.answer.status == 500 else None
    if code is None:
        metrics.add_dimension("Route", outcome.route)
        metrics.add_metric(f"{about}Requests", MetricUnit.Count, 1)
    else:
        metrics.add_dimension("Code", code)
        metrics.add_metadata("route", outcome.route)
        metrics.add_metric(f"{about}Refusals", MetricUnit.Count, 1)
    metrics.flush_metrics()
    count_trouble(outcome.answer, metrics)
    if isinstance(outcome.refusal, Refusal) and status_of(outcome.refusal) >= 500:
        cause = outcome.refusal.__cause__
        level = logger.warning if isinstance(outcome.refusal, StoreUnavailable) else logger.error
        reason = outcome.refusal.reason if isinstance(outcome.refusal, ProcessorRefused) else None
        level(
            "unavailable", code=code, reason=reason, cause=type(cause).__name__ if cause else None, route=outcome.route
        )

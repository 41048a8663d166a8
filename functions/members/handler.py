"""The members function: signing in, sessions, passes, the account. Never cached, and never on the read path."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from functions.members.answer import Outcome, failed, respond
from functions.members.wiring import doors
from shared.domain.refusals import Refusal, StoreUnavailable
from shared.faults import places
from shared.http import STATUS
from shared.personal import personal_request_of
from shared.settings import members_settings, settings

logger = Logger()
metrics = Metrics()
_doors = doors(settings(), members_settings())


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one request of the HTTP API (payload 2.0)."""
    request = personal_request_of(event)
    try:
        outcome = respond(request, _doors, time.time())
    except Exception as error:  # noqa: BLE001 - whatever it is
        # Its words, and those of what it came of, may hold somebody's secret or address.
        logger.error("failed", cause=type(error).__name__, at=places(error))  # noqa: TRY400
        outcome = failed(request)
    _count(outcome)
    return outcome.answer.to_event(head=request.method == "HEAD")


def _count(outcome: Outcome) -> None:
    """What was asked for, by the route's name, and what came of it: no token, address, cookie or path of one (R27)."""
    code = outcome.refusal.code if outcome.refusal is not None else "ok"
    metrics.add_dimension("Route", outcome.route)
    metrics.add_dimension("Outcome", code)
    metrics.add_metric("MemberRequests", MetricUnit.Count, 1)
    metrics.flush_metrics()
    if isinstance(outcome.refusal, Refusal) and STATUS[type(outcome.refusal)] >= 500:
        cause = outcome.refusal.__cause__
        level = logger.warning if isinstance(outcome.refusal, StoreUnavailable) else logger.error
        level("unavailable", code=code, cause=type(cause).__name__ if cause else None, route=outcome.route)

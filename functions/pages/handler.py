"""The pages function: feeds, maps of the site and robots.txt, from S3 alone. HTML pages will come to it."""

from __future__ import annotations

import gc

gc.disable()  # Starting makes many objects and no garbage: looking for some is a tenth of its time.

import time
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import Metrics, MetricUnit

from functions.pages.read import RENDERED_FOR, Doors, Outcome, read
from functions.pages.wiring import doors
from shared.http import request_of
from shared.settings import pages_settings

metrics = Metrics()
_doors: Doors = doors(pages_settings())
gc.freeze()  # What is here now stays for good, so that later collections need not look at it.
gc.enable()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one request of the function URL (payload 2.0)."""
    request = request_of(event)
    outcome = read(request, _doors, time.time())
    _count(outcome)
    return outcome.answer.to_event(head=request.method == "HEAD")


def _count(outcome: Outcome) -> None:
    """One line per request, which is metric and access log at once. It holds a path only where something is served."""
    metrics.add_dimension("Tier", RENDERED_FOR.value)
    metrics.add_dimension("Outcome", str(outcome.answer.status))
    metrics.add_metric("Reads", MetricUnit.Count, 1)
    if outcome.path is not None:
        metrics.add_metadata("path", outcome.path)
    metrics.flush_metrics()
    if outcome.trouble is not None:
        _logger().error("content unavailable", path=outcome.path, cause=type(outcome.trouble).__name__)


@cache
def _logger() -> Any:
    """The logger, imported when there is first something to say: a good read never needs it (docs/performance.md)."""
    from aws_lambda_powertools import Logger

    return Logger()

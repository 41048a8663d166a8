"""The articles function: article JSON for a tier, from S3 alone."""

from __future__ import annotations

import gc

gc.disable()  # Starting makes many objects and no garbage: looking for some is a tenth of its time.

import time
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import Metrics, MetricUnit, single_metric

from functions.articles.read import Doors, Outcome, read
from functions.articles.wiring import doors
from shared.domain.passes import PassState
from shared.http import request_of
from shared.settings import settings

metrics = Metrics()
_doors: Doors = doors(settings())
gc.freeze()  # What is here now stays for good, so that later collections need not look at it.
gc.enable()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one request of the function URL (payload 2.0)."""
    request = request_of(event)
    outcome = read(request, _doors, time.time())
    _count(outcome)
    return outcome.answer.to_event(head=request.method == "HEAD")


def _count(outcome: Outcome) -> None:
    """One line per request, which is metric and access log at once. It holds no token, no query and no address."""
    metrics.add_dimension("Tier", outcome.tier.value)
    metrics.add_dimension("Outcome", str(outcome.answer.status))
    metrics.add_metric("Reads", MetricUnit.Count, 1)
    if outcome.slug is not None:
        metrics.add_metadata("slug", outcome.slug)
    metrics.flush_metrics()
    if outcome.pass_state not in (PassState.NONE, PassState.VALID):
        with single_metric("PassFailures", MetricUnit.Count, 1) as failure:
            failure.add_dimension("Reason", outcome.pass_state.value)
    if outcome.mismatch:
        with single_metric("TierMismatches", MetricUnit.Count, 1) as mismatch:
            mismatch.add_dimension("RenderedFor", outcome.tier.value)
    if outcome.trouble is not None:
        _logger().error("content unavailable", slug=outcome.slug, cause=type(outcome.trouble).__name__)


@cache
def _logger() -> Any:
    """The logger, imported when there is first something to say: a good read never needs it (docs/performance.md)."""
    from aws_lambda_powertools import Logger

    return Logger()

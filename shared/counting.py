"""What is written down of each answer to a reader: one line that is metric and access log at once."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import Metrics, MetricUnit, single_metric

from shared.domain.passes import PassState
from shared.reading import Outcome

metrics = Metrics()


def count(outcome: Outcome) -> None:
    """Write it down. It holds no token, no query and no address, and a path only where something is served."""
    tier = outcome.sight.tier.value
    metrics.add_dimension("Tier", tier)
    metrics.add_dimension("Outcome", str(outcome.answer.status))
    metrics.add_metric("Reads", MetricUnit.Count, 1)
    if outcome.place is not None:
        metrics.add_metadata("place", outcome.place)
    metrics.flush_metrics()
    if outcome.sight.state not in (PassState.NONE, PassState.VALID):
        with single_metric("PassFailures", MetricUnit.Count, 1) as failure:
            failure.add_dimension("Reason", outcome.sight.state.value)
    if outcome.sight.mismatch:
        with single_metric("TierMismatches", MetricUnit.Count, 1) as mismatch:
            mismatch.add_dimension("RenderedFor", tier)
    if outcome.answer.status >= 500:  # by itself: an alarm cannot add up tiers
        with single_metric("Unavailable", MetricUnit.Count, 1):
            pass
    if outcome.trouble is not None:
        _logger().error("content unavailable", place=outcome.place, cause=type(outcome.trouble).__name__)


@cache
def _logger() -> Any:
    """The logger, imported when there is first something to say: a good read never needs it (docs/performance.md)."""
    from aws_lambda_powertools import Logger

    return Logger()

"""What functions share that an HTTP API calls for the edge, whoever asks: the bytes of a body, the edge's proof, the
answer to a fault."""

from __future__ import annotations

import base64
from typing import Any, Final

from aws_lambda_powertools.metrics import Metrics, MetricUnit

from shared.domain.refusals import NotFromTheEdge
from shared.domain.secrets import same
from shared.http import NO_STORE, Answer, Request

UNREADABLE_BODY: Final = b"\0"  # what no body of ours is
FAILED: Final = "internal_error"
_FAILED: Final = (
    f'{{"type":"about:blank","title":"Something went wrong","status":500,"code":"{FAILED}",'
    '"detail":"That is our fault, and somebody has been told. Try again in a while."}'
)


def body_bytes(event: dict[str, Any]) -> bytes:
    """The body in an event of an HTTP API (payload 2.0), exactly as it was sent; UNREADABLE_BODY where the event holds
    none that can have been."""
    raw = event.get("body") or ""
    try:
        return base64.b64decode(raw, validate=True) if event.get("isBase64Encoded") else raw.encode()
    except ValueError:  # no Base64, or no Unicode
        return UNREADABLE_BODY


def check_from_the_edge(request: Request, proof: str) -> None:
    """Raises NotFromTheEdge for a request that has not come by way of the edge, which alone says who asks. A proof that
    is blank proves nothing."""
    if not proof or not same(request.header("x-edge-proof"), proof):
        raise NotFromTheEdge("Ask at the paper's own address.")


def failed() -> Answer:
    """The answer where something went wrong that nobody expected. It says nothing of it (R22)."""
    return Answer(500, {"content-type": "application/problem+json", "cache-control": NO_STORE}, _FAILED)


def count_trouble(answer: Answer, metrics: Metrics) -> None:
    """Count an answer that is a fault of ours (`Faults`), or of what does not answer us (`Unavailable`), once more by
    itself: an alarm cannot add up what is counted by route. Only after what else was counted is written down."""
    if answer.status >= 500:
        metrics.add_metric("Faults" if answer.status == 500 else "Unavailable", MetricUnit.Count, 1)
        metrics.flush_metrics()

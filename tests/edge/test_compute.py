"""The function's share of CloudFront's compute limit, as a multiple of a plain JWT check's."""

import time
from pathlib import Path
from statistics import median
from typing import Any

from infra.local.edge_runtime import EdgeFunction
from tests.edge.edge import VIEWER_REQUEST, event
from tests.token_cases import CURRENT, GOOD, KEYRING, NOW

PLAIN = Path(__file__).with_name("plain_jwt.js").read_text(encoding="utf-8")
SHARE = 3.0  # measured: 1.7 with a pass, 0.6 without


def cost(function: EdgeFunction, given: dict[str, Any]) -> float:
    """CPU seconds of one run, of many."""
    start = time.thread_time()
    for _ in range(40):
        function.run(given)
    return (time.thread_time() - start) / 40


def test_a_members_request_costs_less_than_three_plain_jwt_checks() -> None:
    store = {"keyring": KEYRING, "secret": CURRENT[1]}
    ours, plain = (EdgeFunction(source, store.get, lambda: NOW) for source in (VIEWER_REQUEST, PLAIN))
    headers: dict[str, str | list[str]] = {"accept": "text/html", "user-agent": "x", "accept-encoding": "br"}
    member = event(headers={**headers, "authorization": f"Bearer {GOOD}"})
    single = event(headers=headers, query={"jwt": GOOD})
    assert ours.run(member)["headers"]["x-reader-tier"] == {"value": "member"}
    assert "statusCode" not in plain.run(single)
    rounds = [(cost(ours, member), cost(plain, single)) for _ in range(9)]
    assert median(mine / theirs for mine, theirs in rounds) < SHARE

"""What it costs to wake the function that knows persons: somebody waits for it who has just typed an address."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from benchmarks import bundles
from benchmarks.pages import paper_objects
from benchmarks.processes import ColdStart, environment
from benchmarks.reading import STARTS, asking, ratio
from benchmarks.results import Figure
from benchmarks.s3_server import s3_server

_PROOF = "bench"
_TOLD = {
    "MEMBERS_TABLE": "members",
    "SIGN_INS_TABLE": "sign-ins",
    "LEDGER_TABLE": "ledger",
    "MAIL_QUEUE": "http://127.0.0.1:1/queue",
    "PAYMENTS_QUEUE": "http://127.0.0.1:1/payments",
    "IDENTITY_KEYS": "key",
    "EDGE_PROOF": _PROOF,
}


def waking(made: bundles.Bundles) -> Iterator[Figure]:
    """Starting the members function, beside a function that makes one boto3 client and does nothing else.

    `init`: until it can be asked; `cold`: with a first answer, for which the paper is read and no table.
    """
    starts: dict[str, list[tuple[float, float]]] = {"members": [], "client": []}
    asked = asking("/.well-known/openid-configuration", x_edge_proof=_PROOF)
    with s3_server(paper_objects()) as endpoint:
        ours = {**environment([made.members, made.runtime], endpoint), **_TOLD}
        bare = environment([made.bare, made.runtime], endpoint)
        for _ in range(STARTS):
            starts["members"].append(ColdStart(asked).run("functions.members.handler.handler", ours))
            starts["client"].append(ColdStart(asked).run("client_only.handler", bare))
    for number, name in enumerate(("init", "cold")):
        mine, others = ([one[number] for one in starts[which]] for which in ("members", "client"))
        yield f"members_{name}", statistics.median(mine) * 1e3, "ms CPU"
        yield f"members_{name}_ratio", ratio(mine, others), "ratio"

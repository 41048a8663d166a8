"""What it costs to take a webhook in: a processor may send thousands at once, and sends again what was slow."""

from __future__ import annotations

import hashlib
import hmac
import http.server
import json
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from benchmarks import bundles
from benchmarks.processes import ColdStart, Loop, environment
from benchmarks.reading import STARTS, asking, ratio
from benchmarks.results import Figure

_CALLS: Final = 3_000
_PROOF: Final = "bench"
_SECRET: Final = "whsec_bench"
_TOLD: Final = {"WEBHOOK_SECRET": "secret", "STRIPE_MODE": "test", "EDGE_PROOF": _PROOF}
_BODY_BYTES: Final = 6_000  # a subscription's


def waking(made: bundles.Bundles) -> Iterator[Figure]:
    """Starting the webhooks function, beside a function that makes one boto3 client and does nothing else; and what one
    call takes when it has started.

    `init`: until it can be asked; `cold`: with a first webhook, for which the secret is read and a message is sent.
    """
    starts: dict[str, list[tuple[float, float]]] = {"webhooks": [], "client": []}
    with _aws() as endpoint:
        ours = _environment(made, endpoint)
        bare = environment([made.bare, made.runtime], endpoint)
        for _ in range(STARTS):
            starts["webhooks"].append(ColdStart(_webhook()).run("functions.webhooks.handler.handler", ours))
            starts["client"].append(ColdStart(_webhook()).run("client_only.handler", bare))
        with Loop("functions.webhooks.handler", [(_webhook(), 200), (_forged(), 400)], ours, calls=1) as loop:
            taken, refused = ([loop.call(number) for _ in range(_CALLS)] for number in (0, 1))
    for number, name in enumerate(("init", "cold")):
        mine, others = ([one[number] for one in starts[which]] for which in ("webhooks", "client"))
        yield f"webhooks_{name}", statistics.median(mine) * 1e3, "ms CPU"
        yield f"webhooks_{name}_ratio", ratio(mine, others), "ratio"
    for name, each in (("taken", taken), ("refused", refused)):
        yield f"webhook_{name}", statistics.median(each) * 1e3, "ms CPU"
        yield f"webhook_{name}_p99", statistics.quantiles(each, n=100)[98] * 1e3, "ms CPU"


def _environment(made: bundles.Bundles, endpoint: str) -> dict[str, str]:
    return {
        **environment([made.webhooks, made.runtime], endpoint),
        **_TOLD,
        "PAYMENTS_QUEUE": f"{endpoint}/123456789012/payments",
    }


def _webhook(secret: str = _SECRET) -> dict[str, Any]:
    """The event of a webhook of now."""
    told = {"id": "evt_1", "created": int(time.time()), "livemode": False, "type": "customer.subscription.updated"}
    body = json.dumps({**told, "data": {"object": {"id": "sub_1", "padding": "x" * _BODY_BYTES}}}, indent=2)
    signed = f"{int(time.time())}.{body}"
    signature = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
    stripe_signature = f"t={signed.partition('.')[0]},v1={signature}"
    event = asking("/api/webhooks/stripe", x_edge_proof=_PROOF, stripe_signature=stripe_signature)
    event["requestContext"]["http"]["method"] = "POST"
    return {**event, "body": body}


def _forged() -> dict[str, Any]:
    return _webhook("whsec_of_somebody_else")


class _Aws(http.server.BaseHTTPRequestHandler):
    """Secrets Manager and SQS, as far as one webhook needs them."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        if "GetSecretValue" in self.headers["X-Amz-Target"]:
            answer: dict[str, Any] = {"SecretString": _SECRET}
        else:
            sent = [(one["Id"], hashlib.md5(one["MessageBody"].encode()).hexdigest()) for one in asked["Entries"]]  # noqa: S324
            answer = {"Successful": [{"Id": id, "MessageId": "1", "MD5OfMessageBody": sum} for id, sum in sent]}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@contextmanager
def _aws() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Aws) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()

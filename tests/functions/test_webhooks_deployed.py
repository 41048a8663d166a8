"""The webhooks function as it is deployed: from the HTTP API's event to the queue, and what it writes down of it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import msgspec

from shared.domain.happenings import Happened, PaymentsMessage
from tests.aws import REGION

SECRET = "whsec_of_the_papers_own"
_HEAVY = {"stripe", "requests", "jinja2", "pydantic", "obstore", "cryptography", "jwt", "asyncio"}
_PROGRAM = """
import hashlib, hmac, json, sys, time
from functions.webhooks import handler
loaded = sorted(sys.modules)
def event(secret, method="POST", proof="the-edge-proof", **changes):
    told = {"id": "evt_1", "created": 1790000000, "livemode": False, "type": "invoice.paid", "data": {"object": {
        "id": "in_1", "customer_email": "anna@reader.example", "customer_name": "Anna"}}}
    body = json.dumps({**told, **changes})
    at = int(time.time())
    signature = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"x-edge-proof": proof, "stripe-signature": f"t={at},v1={signature}", "content-type": "application/json"}
    http = {"method": method, "path": "/api/webhooks/stripe"}
    return {"rawPath": http["path"], "headers": headers, "requestContext": {"http": http}, "body": body}
right, wrong = %(secret)r, "whsec_of_somebody_else"
events = [event(right), event(right, type="customer.created"), event(wrong), event(right, livemode=True),
          event(right, id=7), event(right, method="HEAD"), event(right, proof="x"), {**event(right), "headers": None}]
answers = [handler.handler(one, None) for one in events]
class Broken:
    def __init__(self, error): self.error = error
    def put(self, messages): raise self.error
from msgspec.structs import replace
from shared.domain.refusals import StoreUnavailable
kept = handler._doors
for error in (StoreUnavailable("anna@reader.example"), RuntimeError("anna@reader.example " + right)):
    handler._doors = replace(kept, queue=Broken(error))
    answers.append(handler.handler(event(right), None))
signatures = [one["headers"]["stripe-signature"] for one in events if one["headers"]]
json.dump({"loaded": loaded, "answers": answers, "signatures": signatures}, sys.stderr)
"""


def test_what_happened_is_queued_and_nothing_of_it_is_written_down(aws: str, client: Any) -> None:
    """R27, and that a start loads no library that it does not need."""
    queue = client("sqs").create_queue(QueueName="webhooks-deployed")["QueueUrl"]
    name = client("secretsmanager").create_secret(Name="webhooks-deployed", SecretString=SECRET)["ARN"]
    told, out = _run(aws, queue, name)

    statuses = [answer["statusCode"] for answer in told["answers"]]
    assert statuses == [200, 200, 400, 400, 400, 405, 403, 403, 503, 500]
    assert told["answers"][5]["body"] == ""
    assert "anna" not in told["answers"][-1]["body"]
    messages = client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert [msgspec.json.decode(one["Body"], type=PaymentsMessage) for one in messages] == [
        Happened("evt_1", "invoice.paid", "in_1", 1_790_000_000, livemode=False)
    ]

    assert not set(told["loaded"]) & _HEAVY
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["Outcome"] for line in lines if "Webhooks" in line] == [
        *("queued", "ignored", "invalid_signature", "wrong_mode", "invalid_request", "method_not_allowed"),
        *("not_from_the_edge", "not_from_the_edge", "store_unavailable", "internal_error"),
    ]
    assert [(line["event"], line["type"]) for line in lines if line.get("Outcome") in ("queued", "ignored")] == [
        ("evt_1", "invoice.paid"),
        ("evt_1", "customer.created"),
    ]
    assert [line["reason"] for line in lines if line.get("code") == "invalid_signature"] == ["wrong signature"]
    levels = {line["code"]: line["level"] for line in lines if "code" in line}
    assert (levels["invalid_signature"], levels["store_unavailable"]) == ("WARNING", "ERROR")
    secret = (SECRET, "the-edge-proof", "reader.example", "Anna", "v1=", "stripe-signature")
    signatures = [one.partition("v1=")[2] for one in told["signatures"]]
    assert [each for each in (*secret, *signatures) if each in out] == []


def test_where_nobody_has_put_a_secret_in_nobody_is_believed(aws: str, client: Any) -> None:
    """R8: as the stack is the moment it was deployed."""
    queue = client("sqs").create_queue(QueueName="webhooks-closed")["QueueUrl"]
    name = client("secretsmanager").create_secret(Name="webhooks-closed")["ARN"]
    told, _ = _run(aws, queue, name)
    assert [answer["statusCode"] for answer in told["answers"][:3]] == [403, 403, 403]
    assert json.loads(told["answers"][0]["body"])["code"] == "webhooks_closed"
    assert "Messages" not in client("sqs").receive_message(QueueUrl=queue)


def _run(aws: str, queue: str, secret: str) -> tuple[dict[str, Any], str]:
    """What the program says in a process of its own: as JSON on stderr, and what the function has logged."""
    variables = {
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": aws,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "WEBHOOK_SECRET": secret,
        "PAYMENTS_QUEUE": queue,
        "STRIPE_MODE": "test",
        "EDGE_PROOF": "the-edge-proof",
        "POWERTOOLS_METRICS_NAMESPACE": "Frontline",
        "POWERTOOLS_SERVICE_NAME": "webhooks",
        "POWERTOOLS_LOG_LEVEL": "DEBUG",
    }
    program = _PROGRAM % {"secret": SECRET}
    done = subprocess.run([sys.executable, "-c", program], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stderr), done.stdout

"""Handlers for the workers' and the deliveries' tests: what functions may do, good and bad."""

import json
import os
import time
from typing import Any

CALLS = 0


def handler(event: dict[str, Any], context: Any) -> Any:
    """Does what the last part of the path says."""
    global CALLS  # noqa: PLW0603  # shows whether two calls met the same process
    CALLS += 1
    match event["rawPath"].rpartition("/")[2]:
        case "event":
            return {"statusCode": 200, "body": repr(event), "headers": {"X-Seen": "1"}, "cookies": ["a=1", "b=2"]}
        case "calls":
            return {"statusCode": 200, "body": f"{os.getpid()} {CALLS}"}
        case "context":
            left = context.get_remaining_time_in_millis()
            return {"statusCode": 200, "body": f"{context.function_name} {context.aws_request_id} {left}"}
        case "environment":
            return {"statusCode": 200, "body": repr(dict(os.environ))}
        case "print":
            print('{"said": "to the log"}')
            return {"statusCode": 200}
        case "plain":
            return {"hello": "world"}
        case "sleep":
            time.sleep(30)
        case "raise":
            raise RuntimeError("the secret body of an article")
        case "exit":
            os._exit(3)
        case "huge":
            return {"statusCode": 200, "body": "x" * (6 * 1024 * 1024 + 1)}
        case "unspeakable":
            return {"statusCode": 200, "body": object()}
        case "binary":
            return {"statusCode": 200, "body": "AP8=", "isBase64Encoded": True}
        case "bad-base64":
            return {"statusCode": 200, "body": "?", "isBase64Encoded": True}
        case "bad-status":
            return {"statusCode": "200"}
    return {"statusCode": 404}


def batch(event: dict[str, Any], context: Any) -> Any:
    """Notes a batch of a queue's messages as a line of the file SEEN, and does what each says when it first comes."""
    with open(os.environ["SEEN"], "a", encoding="utf-8") as seen:  # noqa: PTH123  # lean, for a quick start
        seen.write(json.dumps(event["Records"]) + "\n")
    failed = []
    for record in event["Records"]:
        first = record["attributes"]["ApproximateReceiveCount"] == "1"
        match record["body"]:
            case "poison":
                failed.append(record["messageId"])
            case "fail first" if first:
                failed.append(record["messageId"])
            case "raise first" if first:
                raise RuntimeError("planted")
            case "exit first" if first:
                os._exit(3)
            case "pause":
                time.sleep(0.2)
            case "sleep first" if first:
                time.sleep(30)
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}


def notified(event: dict[str, Any], context: Any) -> None:
    """Notes each notification as a line of the file SEEN, and fails on poison."""
    for record in event["Records"]:
        with open(os.environ["SEEN"], "a", encoding="utf-8") as seen:  # noqa: PTH123  # as above
            seen.write(json.dumps(record) + "\n")
        if record["Sns"]["Message"] == "poison":
            raise RuntimeError("planted")


def personal(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Says what it was asked, and sets two cookies; without the edge's proof it says nothing."""
    if event["headers"].get("x-edge-proof") != os.environ["EDGE_PROOF"]:
        return {"statusCode": 403, "headers": {"content-type": "text/plain"}, "body": "not from the edge"}
    return {
        "statusCode": 201,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": json.dumps(event),
        "cookies": ["__Host-a=1; Path=/; Secure", "__Host-b=2; Path=/; Secure"],
    }

"""Handlers for the workers' tests: what functions may do, good and bad."""

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

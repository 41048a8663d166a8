"""boto3's clients as the write functions use them."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import IncompleteReadError

# What fails is delivered again, or the reader tries again: nobody waits for long.
_CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "max_attempts": 3})
# Somebody waits before a page: two tries of at most 2 s leave time to say so in our own words (the function has 10 s).
SOON = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})
# `max_attempts` would be so many more tries after the first.
ONCE = _CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))


def client(service: str) -> Any:
    """A client of an AWS service, for where this function runs and with its role."""
    return _made(service, _CONFIG)


def client_that_answers_soon(service: str, **where: str) -> Any:
    """The same for functions that a reader waits for. `where`: what boto3 is told beside (tests do)."""
    return _made(service, SOON, **where)


def client_that_asks_once(service: str) -> Any:
    """The same for what must not happen twice: where an answer does not come, it may have been done."""
    return _made(service, ONCE)


def _made(service: str, config: Config, **where: str) -> Any:
    made = boto3.client(service, config=config, **where)  # type: ignore[call-overload]
    made.meta.events.register("before-parse.dynamodb", _check_whole)
    return made


def _check_whole(response_dict: dict[str, Any], **_: object) -> None:
    """botocore takes an answer that was cut off for a whole one: of a table, for one that says that nothing is there.
    Raises its IncompleteReadError."""
    length, body = response_dict["headers"].get("content-length"), response_dict["body"]
    if length is not None and len(body) != int(length):
        raise IncompleteReadError(actual_bytes=len(body), expected_bytes=int(length))

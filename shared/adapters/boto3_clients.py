"""boto3's clients as the write functions use them."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

# What fails is delivered again, or the reader tries again: nobody waits for long.
_CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "max_attempts": 3})
# `max_attempts` would be so many more tries after the first.
ONCE = _CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))


def client(service: str) -> Any:
    """A client of an AWS service, for where this function runs and with its role."""
    return boto3.client(service, config=_CONFIG)  # type: ignore[call-overload]


def client_that_asks_once(service: str) -> Any:
    """The same for what must not happen twice: where an answer does not come, it may have been done."""
    return boto3.client(service, config=ONCE)  # type: ignore[call-overload]

"""boto3's clients as the write functions use them."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

# What fails is delivered again, or the reader tries again: nobody waits for long.
_CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "max_attempts": 3})


def client(service: str) -> Any:
    """A client of an AWS service, for where this function runs and with its role."""
    return boto3.client(service, config=_CONFIG)  # type: ignore[call-overload]

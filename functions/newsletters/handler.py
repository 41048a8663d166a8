"""Placeholder: does nothing with what comes until mails are sent here."""

from __future__ import annotations

from typing import Any


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Not yet: what comes counts as handled."""
    return {"statusCode": 501}

"""The contributions function: sends readers to the page where they give, join, or manage what they pay."""

from __future__ import annotations

from typing import Any

from functions.contributions.answer import DESK
from functions.contributions.wiring import doors
from shared.personal.handling import handle
from shared.settings import contributions_settings, settings, stripe_settings

_doors = doors(settings(), contributions_settings(), stripe_settings())


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one request of the HTTP API (payload 2.0)."""
    return handle(event, DESK, _doors, "Money")

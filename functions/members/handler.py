"""The members function: signing in, sessions, passes, the account. Never cached, and never on the read path."""

from __future__ import annotations

from typing import Any

from functions.members.answer import DESK
from functions.members.wiring import doors
from shared.personal.handling import handle
from shared.settings import members_settings, settings

_doors = doors(settings(), members_settings())


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one request of the HTTP API (payload 2.0)."""
    return handle(event, DESK, _doors, "Member")

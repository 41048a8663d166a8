"""Passes: from a session, or from another issuer's token."""

from __future__ import annotations

from functions.members.route import Asked
from functions.members.sessions import renew
from shared.http import Answer


def give(asked: Asked) -> Answer:
    """`POST /api/members/passes`."""
    return renew(asked)

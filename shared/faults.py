"""What is written down of an exception that nobody expected: its class and places in our code, never its words, which
may hold somebody's address or secret (R27)."""

from __future__ import annotations

import traceback


def places(error: BaseException) -> list[str]:
    """Where it happened, the innermost last, in lines of code and nothing of what they held."""
    return [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)][-8:]

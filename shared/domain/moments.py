"""Moments as programs read them."""

from __future__ import annotations

import datetime as dt
from typing import overload


@overload
def moment(seconds: float) -> str: ...
@overload
def moment(seconds: None) -> None: ...
def moment(seconds: float | None) -> str | None:
    """Seconds since 1970 as RFC 3339 writes them, in UTC: `2026-11-25T15:09:47Z`."""
    if seconds is None:
        return None
    return dt.datetime.fromtimestamp(int(seconds), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

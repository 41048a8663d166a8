"""How often something may be asked for (R17)."""

from __future__ import annotations

from typing import Final

from functions.members.route import Asked
from shared.domain.refusals import TooMany

# Windows, in seconds.
MINUTE: Final = 60
QUARTER: Final = 900
HOUR: Final = 3_600
DAY: Final = 86_400


def limit(asked: Asked, what: str, who: str, most: int, seconds: int) -> None:
    """Count one more of `what` by `who`. Raises TooMany after the `most` in a window of so many seconds."""
    wait = asked.doors.limits.take(what, who, most, seconds, asked.now)
    if wait:
        minutes = -(-wait // 60)
        again = "in a minute" if minutes == 1 else f"in {minutes} minutes"
        raise TooMany(f"That was asked for too often. Look for the newest mail, or try again {again}.", wait)

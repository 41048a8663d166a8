"""How often something may be asked for (R17)."""

from __future__ import annotations

from typing import Final

from shared.domain.refusals import TooMany
from shared.personal.routes import Asked, D

# Windows, in seconds.
MINUTE: Final = 60
QUARTER: Final = 900
HOUR: Final = 3_600
DAY: Final = 86_400


def limit(asked: Asked[D], what: str, who: str, most: int, seconds: int, advice: str = "Try again") -> None:
    """Count one more of `what` by `who`. Raises TooMany after the `most` in a window of so many seconds. `advice`: what
    to do then, or after the time that follows it in the sentence."""
    wait = asked.doors.limits.take(what, who, most, seconds, asked.now)
    if wait:
        minutes = -(-wait // 60)
        again = "in a minute" if minutes == 1 else f"in {minutes} minutes"
        raise TooMany(f"That was asked for too often. {advice} {again}.", wait)

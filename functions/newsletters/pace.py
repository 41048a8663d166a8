"""Keeping to a rate without counting the seconds away."""

from __future__ import annotations

from collections.abc import Callable


class Pace:
    """One after the other, no more than `per_second` of them."""

    def __init__(self, per_second: float, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._interval = 1 / per_second
        self._clock, self._sleep = clock, sleep
        self._next = 0.0

    def wait(self) -> None:
        """Until the next one may be begun. Asked again before one was, it does not wait again."""
        wait = self._next - self._clock()
        if wait > 0:
            self._sleep(wait)

    def begin(self) -> None:
        """One is begun now."""
        self._next = self._clock() + self._interval

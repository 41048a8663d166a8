"""An in-memory twin of doing once what comes more than once, held to its promises as those in `tests.twins` are."""

from __future__ import annotations

import threading
from collections.abc import Callable

from shared.domain.refusals import KeyReused, StillRunning, StoreUnavailable
from shared.ports.money import Begun


class MemoryRepeats:
    """`Repeats`. What was cut off (by what is no `Exception`) stays begun until `wait` is called, as time passes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.done: dict[str, tuple[str, Begun | None]] = {}
        self.broken = False

    def once(self, key: str, said: str, act: Callable[[], Begun]) -> Begun:
        if self.broken:
            raise StoreUnavailable("The table does not answer.")
        with self._lock:
            if key in self.done:
                before, begun = self.done[key]
                if before != said:
                    raise KeyReused("This key was used for something else.")
                if begun is None:
                    raise StillRunning("It is being done.")
                return begun
            self.done[key] = said, None
        try:
            begun = act()
        except Exception:
            del self.done[key]
            raise
        self.done[key] = said, begun
        return begun

    def wait(self) -> None:
        """What was begun and cut off counts no more."""
        self.done = {key: (said, begun) for key, (said, begun) in self.done.items() if begun is not None}

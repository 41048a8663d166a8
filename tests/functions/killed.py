"""The payments functions, ended in the middle of their work: after so many of the things they do to the outside."""

from __future__ import annotations

from collections.abc import Callable

from tests.functions.books import Books
from tests.functions.cut_off import PostboxThatEnds, RecordsThatEnd, Steps
from tests.twins import MemoryDocuments


class KillableBooks(Books):
    """Books whose functions can be ended."""

    def __init__(self) -> None:
        self._steps = Steps()
        documents = MemoryDocuments()
        super().__init__(RecordsThatEnd(self._steps), PostboxThatEnds(self._steps), documents)
        documents.before = lambda step, key: self._steps.take() if step == "write" else None  # type: ignore[method-assign]
        doing = ("expire", "cancel", "forget")
        self.processor.before = lambda step, about: self._steps.take() if step in doing else None  # type: ignore[method-assign]

    def kill(self, after: int, act: Callable[[], object]) -> bool:
        """Let it act for so many steps. Returns whether it was ended by that."""
        return self._steps.cut_off(after, act)

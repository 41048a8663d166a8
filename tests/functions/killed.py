"""The payments functions, ended in the middle of their work: after so many of the things they do to the outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from shared.domain.mails import MailOrder
from tests.functions.books import Books
from tests.member_twins import Key, MemoryPostbox, MemoryRecords
from tests.twins import MemoryDocuments


class Killed(BaseException):
    """The function is no more: nothing in it can catch this."""


class _Steps:
    def __init__(self) -> None:
        self.left: int | None = None

    def take(self) -> None:
        if self.left is not None:
            if self.left == 0:
                raise Killed
            self.left -= 1


class _Records(MemoryRecords):
    def __init__(self, steps: _Steps) -> None:
        super().__init__()
        self._steps = steps

    def write(self, value: object, expected: str | None, *key: str) -> str:
        self._steps.take()
        return super().write(value, expected, *key)

    def together(
        self,
        writes: Iterable[tuple[object, str | None, Key]],
        puts: Iterable[tuple[object, Key]] = (),
        deletes: Iterable[Key] = (),
        adds: Iterable[tuple[int, Key]] = (),
    ) -> str:
        self._steps.take()
        return super().together(writes, puts, deletes, adds)

    def delete(self, *key: str) -> None:
        self._steps.take()
        super().delete(*key)


class _Postbox(MemoryPostbox):
    def __init__(self, steps: _Steps) -> None:
        super().__init__()
        self._steps = steps

    def order(self, order: MailOrder) -> None:
        self._steps.take()
        super().order(order)


class KillableBooks(Books):
    """Books whose functions can be ended."""

    def __init__(self) -> None:
        self._steps = _Steps()
        documents = MemoryDocuments()
        super().__init__(_Records(self._steps), _Postbox(self._steps), documents)
        documents.before = lambda step, key: self._steps.take() if step == "write" else None  # type: ignore[method-assign]
        doing = ("expire", "cancel", "forget")
        self.processor.before = lambda step, about: self._steps.take() if step in doing else None  # type: ignore[method-assign]

    def kill(self, after: int, act: Callable[[], object]) -> bool:
        """Let it act for so many steps. Returns whether it was ended by that."""
        self._steps.left = after
        try:
            act()
        except Killed:
            return True
        finally:
            self._steps.left = None
        return False

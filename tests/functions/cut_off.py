"""A function that is ended in the middle of its work: after so many of the things that it does to the outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from shared.domain.happenings import PaymentsMessage
from shared.domain.mails import MailOrder
from tests.functions.visitor import House
from tests.member_twins import Key, MemoryPostbox, MemoryRecords
from tests.money_twins import MemoryPaymentsQueue


class CutOff(BaseException):
    """The function is no more: nothing in it can catch this."""


class Steps:
    """How many are left."""

    def __init__(self) -> None:
        self.left: int | None = None

    def take(self) -> None:
        if self.left is not None:
            if self.left == 0:
                raise CutOff
            self.left -= 1

    def cut_off(self, after: int, act: Callable[[], object]) -> bool:
        """Let it act for so many steps. Returns whether it was cut off."""
        self.left = after
        try:
            act()
        except CutOff:
            return True
        finally:
            self.left = None
        return False


class RecordsThatEnd(MemoryRecords):
    """Records, of which each write is a step."""

    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self.steps = steps

    def write(self, value: object, expected: str | None, *key: str) -> str:
        self.steps.take()
        return super().write(value, expected, *key)

    def put(self, value: object, *key: str) -> None:
        self.steps.take()
        super().put(value, *key)

    def together(
        self,
        writes: Iterable[tuple[object, str | None, Key]],
        puts: Iterable[tuple[object, Key]] = (),
        deletes: Iterable[Key] = (),
        adds: Iterable[tuple[int, Key]] = (),
    ) -> str:
        self.steps.take()
        return super().together(writes, puts, deletes, adds)

    def take(self, expected: str, *key: str) -> None:
        self.steps.take()
        super().take(expected, *key)

    def delete(self, *key: str) -> None:
        self.steps.take()
        super().delete(*key)


class PostboxThatEnds(MemoryPostbox):
    """A postbox, in which each order is one."""

    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self.steps = steps

    def order(self, order: MailOrder) -> None:
        self.steps.take()
        super().order(order)


class _Payments(MemoryPaymentsQueue):
    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self.steps = steps

    def put(self, messages: tuple[PaymentsMessage, ...]) -> None:
        self.steps.take()
        super().put(messages)


class BreakableHouse(House):
    """A house whose function can be cut off."""

    def __init__(self) -> None:
        self.steps = Steps()
        super().__init__(RecordsThatEnd(self.steps), PostboxThatEnds(self.steps), _Payments(self.steps))

    def cut_off(self, after: int, act: Callable[[], object]) -> bool:
        """Let it act for so many steps. Returns whether it was cut off."""
        return self.steps.cut_off(after, act)

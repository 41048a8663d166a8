"""A function that is ended in the middle of its work: after so many of the things that it does to the outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from shared.domain.happenings import PaymentsMessage
from shared.domain.mails import MailOrder
from tests.functions.visitor import House
from tests.member_twins import Key, MemoryPostbox, MemoryRecords
from tests.money_twins import MemoryPaymentsQueue


class CutOff(Exception):
    """The function is no more."""


class _Steps:
    def __init__(self) -> None:
        self.left: int | None = None

    def take(self) -> None:
        if self.left is not None:
            if self.left == 0:
                raise CutOff
            self.left -= 1


class _Records(MemoryRecords):
    def __init__(self, steps: _Steps) -> None:
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


class _Postbox(MemoryPostbox):
    def __init__(self, steps: _Steps) -> None:
        super().__init__()
        self.steps = steps

    def order(self, order: MailOrder) -> None:
        self.steps.take()
        super().order(order)


class _Payments(MemoryPaymentsQueue):
    def __init__(self, steps: _Steps) -> None:
        super().__init__()
        self.steps = steps

    def put(self, messages: tuple[PaymentsMessage, ...]) -> None:
        self.steps.take()
        super().put(messages)


class BreakableHouse(House):
    """A house whose function can be cut off."""

    def __init__(self) -> None:
        self.steps = _Steps()
        super().__init__(_Records(self.steps), _Postbox(self.steps), _Payments(self.steps))

    def cut_off(self, after: int, act: Callable[[], object]) -> bool:
        """Let it act for so many steps. Returns whether it was cut off."""
        self.steps.left = after
        try:
            act()
        except CutOff:
            return True
        finally:
            self.steps.left = None
        return False

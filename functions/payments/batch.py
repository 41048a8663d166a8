"""What lies on the payments' queue, message by message: looked at, or left to be delivered again."""

from __future__ import annotations

import enum
from typing import Final

import msgspec
from msgspec import Struct

from functions.payments.doors import Doors
from functions.payments.forget import forget
from functions.payments.look import Became, Looked, look
from shared.domain.decoding import UNREADABLE
from shared.domain.happenings import Forget, Happened, PaymentsMessage
from shared.domain.members import MEMBER_ID

PAUSES: Final = (5, 60, 900, 7200)
"""Seconds until a message is tried again, by how often it has been tried. Somebody may be waiting to read; and whoever
takes the money may be out of reach for hours."""
_messages: Final[msgspec.json.Decoder[PaymentsMessage]] = msgspec.json.Decoder(PaymentsMessage)


class Ended(enum.Enum):
    """How it ended with a message."""

    SETTLED = "settled"
    UNCHANGED = "unchanged"
    FOREIGN = "foreign"  # of no page of ours
    MISMATCHED = "mismatched"  # not what was ordered, or of the other mode: it does not get better by itself
    FORGOTTEN = "forgotten"
    UNREADABLE = "unreadable"  # it is put aside, where somebody looks
    FAILED = "failed"  # it comes again

    @property
    def comes_again(self) -> bool:
        return self in (Ended.UNREADABLE, Ended.FAILED)


class Worked(Struct, frozen=True):
    """How it ended with a message: what was looked at, and what somebody has to look at (`cause`)."""

    ended: Ended
    type: str | None = None
    looked: Looked | None = None
    cause: BaseException | None = None


class Desk:
    """Where a batch is worked off. All that it tells of has happened before it was delivered: one look at an order
    answers every message about it."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._looked: dict[str, Looked] = {}

    def work_off(self, body: str) -> Worked:
        """Do what a message asks for. Never raises."""
        try:
            message = _messages.decode(body)
        except UNREADABLE as error:
            return Worked(Ended.UNREADABLE, cause=error)
        try:
            match message:
                case Forget(member=member):
                    return _forgotten(member, self._doors)
                case Happened():
                    return self._heard(message)
        except Exception as error:  # noqa: BLE001 -- it is told, delivered again, and in the end put aside for us
            return Worked(Ended.FAILED, cause=error)

    def _heard(self, event: Happened) -> Worked:
        if event.livemode is not self._doors.livemode:
            return Worked(Ended.MISMATCHED, event.type, Looked(Became.MISMATCHED, what="livemode"))
        session = self._doors.processor.session_behind(event.object)
        if session is None:
            return Worked(Ended.FOREIGN, event.type)
        if session in self._looked:
            return Worked(Ended.UNCHANGED, event.type, Looked(Became.UNCHANGED, self._looked[session].order))
        looked = look(session, self._doors)
        self._looked[session] = looked
        return Worked(Ended(looked.became.value), event.type, looked)


def _forgotten(member: str, doors: Doors) -> Worked:
    if MEMBER_ID.match(member) is None:
        return Worked(Ended.UNREADABLE)
    forget(member, doors)
    return Worked(Ended.FORGOTTEN)

"""A batch of announcements: each sent as far as it goes now, and the rest put off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from functions.newsletters.doors import Doors
from functions.newsletters.sending import Ended, Run, mail_article
from shared.domain.decoding import UNREADABLE
from shared.domain.text import is_slug

PAUSES: Final = (30, 60, 120, 300, 900)
"""Seconds until a run that came to nothing is tried again, by how many have in a row. The last is SQS's most."""


class Announcement(Struct, frozen=True):
    """What publishing announces, and what a run puts off. `stalls`: how many runs in a row have sent nothing."""

    article: str
    slug: str
    stalls: int = 0

    def __post_init__(self) -> None:
        if not (is_slug(self.article) and is_slug(self.slug)):
            raise ValueError("neither an id nor a slug of an article's")


class Worked(Struct, frozen=True):
    """What became of a message: the article it is about and its run, or why there was none (`cause`). One that
    `is_failed` comes again as its queue says, and is put aside in the end."""

    message_id: str
    article: str | None = None
    run: Run | None = None
    cause: BaseException | None = None
    is_failed: bool = False


_announcements: Final[msgspec.json.Decoder[Announcement]] = msgspec.json.Decoder(Announcement)


def work_off(
    records: Iterable[Mapping[str, Any]], doors: Doors, seconds_left: Callable[[], float]
) -> tuple[Worked, ...]:
    """Send what these messages (SQS records) announce. `seconds_left` says how long this may still take."""
    return tuple(_worked(record, doors, seconds_left) for record in records)


def _worked(record: Mapping[str, Any], doors: Doors, seconds_left: Callable[[], float]) -> Worked:
    id = record["messageId"]
    try:
        announced = _announcements.decode(record["body"])
    except UNREADABLE as error:
        return Worked(id, cause=error)
    try:
        run = mail_article(announced.article, announced.slug, doors, seconds_left)
        _put_off(announced, run, doors)
    except Exception as error:  # noqa: BLE001 -- it is told, delivered again, and in the end put aside for us
        return Worked(id, announced.article, cause=error, is_failed=True)
    return Worked(id, announced.article, run)


def _put_off(announced: Announcement, run: Run, doors: Doors) -> None:
    """Have the rest be sent later. Should this message come again all the same, two runs are at it, and no address gets
    two mails for that."""
    match run.ended:
        case Ended.NO_TIME:
            doors.continuations.later(announced.article, announced.slug, 0, 0)
        case Ended.LATER:
            stalls = 0 if run.sent else announced.stalls + 1
            pause = PAUSES[min(stalls, len(PAUSES) - 1)]
            doors.continuations.later(announced.article, announced.slug, stalls, pause)

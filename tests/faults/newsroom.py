"""What publishing does, with doors that fail."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from functions.publishing import batch
from functions.publishing.catch_up import Doors
from shared.domain.blocks import Picture
from shared.ports.publishing import Redelivery
from tests.faults.world import COMES_AGAIN, DONE, World
from tests.press import NOW, Press, piece

SOON: Final = NOW + dt.timedelta(hours=1)
PICTURE: Final = Picture("/media/anonymous/quay.png", "A quay", 8, 8, "photograph")


class Room(Struct, frozen=True):
    """Publishing's doors, and its queue."""

    doors: Doors
    redelivery: Redelivery


class _Queue:
    def again_in(self, receipt: str, seconds: int) -> bool:
        return True


class Publishing(World):
    """A batch of the queue. `slugs` are what its messages are about; `now` is when they come."""

    def __init__(self, press: Press, *slugs: str, now: dt.datetime = NOW) -> None:
        self.press, self.now = press, now
        press.purged()
        self.doors = Room(press.doors, _Queue())
        bodies = [json.dumps({"detail": {"object": {"key": f"articles/{slug}.json"}}}) for slug in slugs]
        self.records = [_record(number, body) for number, body in enumerate(bodies)]

    def act(self, doors: Any) -> str:
        worked = batch.work_off(self.records, doors.doors, self.now.timestamp())
        failed = {one.message_id for one in worked.failures}
        for one in worked.failures:
            doors.redelivery.again_in(one.receipt, one.pause)
        self.records = [one for one in self.records if one["messageId"] in failed]  # the others are not delivered again
        return COMES_AGAIN if failed else DONE

    def kept(self) -> Any:
        for _ in range(3):  # what comes again, comes again
            self.act(self.doors)
        tags = {tag for tags in self.press.purge.asked.values() for tag in tags}
        media = {path: file for path, (file, _, _) in self.press.media.files.items()}
        return (
            self.press.everything(),
            tags,
            set(self.press.announcements.sent),
            self.press.schedules.at,
            (media, set(self.press.waiting.files)),
            {slug: self.press.placement(slug) for slug, _ in self.press.articles.slugs()},
        )


def _record(number: int, body: str) -> dict[str, Any]:
    return {
        "messageId": f"m-{number}",
        "receiptHandle": f"r-{number}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
    }


def _out() -> Publishing:
    """An article comes out, which is announced, and an older one is changed."""
    press = Press(piece(1), piece(2))
    press.put(piece(3, published_at=NOW - dt.timedelta(hours=1)))
    press.put(piece(1, title="Another title", tags=("bridges",)))
    return Publishing(press, "piece-3", "piece-1")


def _scheduled() -> World:
    """An article for later is written."""
    press = Press(piece(1))
    press.put(piece(3, published_at=SOON))
    return Publishing(press, "piece-3")


def _due() -> World:
    """Its time has come, and that of its picture."""
    press = Press(piece(1))
    press.waiting.put(PICTURE.src, b"png", "image/png", "d")
    press.publish(piece(3, published_at=SOON, lead_picture=PICTURE))
    return Publishing(press, "piece-3", now=SOON)


def _redelivered() -> World:
    """One message of three is none of ours, and comes again until it is put aside: the others are not held up."""
    world = _out()
    world.records.insert(1, _record(9, "{"))
    return world


WORLDS: Final[Mapping[str, Callable[[], World]]] = {
    "an article comes out": _out,
    "an article is scheduled": _scheduled,
    "a scheduled article's time comes": _due,
    "an article comes out beside a message that nobody can read": _redelivered,
}

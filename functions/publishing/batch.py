"""A batch of the queue: caught up with at once, or else one by one, so that no article holds up the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from functions.publishing.catch_up import Done, Doors, catch_up
from functions.publishing.events import slug_in
from shared.domain.decoding import UNREADABLE

PAUSES: Final = (2, 10, 30, 60)
"""Seconds until a message is tried again, by how often it has been tried."""


class Failure(Struct, frozen=True):
    """A message that could not be handled: the article it is about (None: it is no event of ours), and why."""

    message_id: str
    receipt: str
    pause: int
    slug: str | None
    cause: Exception


class Worked(Struct, frozen=True):
    """What became of a batch."""

    done: tuple[Done, ...]
    failures: tuple[Failure, ...]


def work_off(records: Iterable[Mapping[str, Any]], doors: Doors, now: float) -> Worked:
    """Catch up with everything that these messages (SQS records) are about, at `now` (seconds since 1970)."""
    told: list[tuple[str, Mapping[str, Any]]] = []
    failures: list[Failure] = []
    for record in records:
        try:
            slug = slug_in(record["body"])
        except UNREADABLE as error:
            failures.append(_failure(record, None, error))
            continue
        if slug is not None:
            told.append((slug, record))
    try:
        return Worked((catch_up((slug for slug, _ in told), doors, now),), tuple(failures))
    except Exception:  # noqa: BLE001 -- whatever it was, and whosever fault: the others shall not wait for it
        done: list[Done] = []
        for slug, record in told:
            try:
                done.append(catch_up([slug], doors, now))
            except Exception as error:  # noqa: BLE001 -- it is told, delivered again, and in the end put aside for us
                failures.append(_failure(record, slug, error))
    return Worked(tuple(done), tuple(failures))


def _failure(record: Mapping[str, Any], slug: str | None, cause: Exception) -> Failure:
    times = int(record["attributes"]["ApproximateReceiveCount"])
    return Failure(record["messageId"], record["receiptHandle"], PAUSES[min(times, len(PAUSES)) - 1], slug, cause)

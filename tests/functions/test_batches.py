"""What the queue brings: which article a message is about, and batches of which some cannot be handled."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.publishing.batch import PAUSES, work_off
from functions.publishing.events import slug_in
from shared.domain.decoding import UNREADABLE
from tests.press import NOW, Press, piece


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ('{"detail-type":"Object Created","detail":{"object":{"key":"articles/a-b.json","size":1}}}', "a-b"),
        ('{"slug":"a-b","at":"2026-11-05T06:30:00Z"}', "a-b"),
        ('{"detail":{"object":{"key":"articles/A.json"}}}', None),
        ('{"detail":{"object":{"key":"articles/a/b.json"}}}', None),
        ('{"detail":{"object":{"key":"lists/latest/index.json"}}}', None),
        ('{"detail":{"object":{"key":"articles/a"}}}', None),
        ('{"slug":"../x"}', None),
    ],
)
def test_an_event_says_which_article_or_that_it_is_none(body: str, slug: str | None) -> None:
    assert slug_in(body) == slug


@pytest.mark.parametrize(
    "body", ["", "{", "{}", "[]", "null", '{"detail":{}}', '{"slug":1}', "[" * 9999, '{"slug":"\ud800"}']
)
def test_what_is_no_event_is_not_taken_for_one(body: str) -> None:
    with pytest.raises((*UNREADABLE, UnicodeEncodeError)):
        slug_in(body)


def record(number: int, body: str, times: int = 1) -> dict[str, Any]:
    return {
        "messageId": f"m-{number}",
        "receiptHandle": f"r-{number}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(times)},
    }


def changed(slug: str) -> str:
    return json.dumps({"detail": {"object": {"key": f"articles/{slug}.json"}}})


def test_a_message_that_cannot_be_handled_holds_up_no_other() -> None:
    press = Press()
    for number in (1, 2, 3):
        press.put(piece(number))

    def poisoned(step: str, key: str) -> None:
        if key == "placements/piece-2.json":
            raise RuntimeError("piece-2")

    press.documents.before = poisoned  # type: ignore[method-assign]
    bodies = [changed("piece-1"), changed("piece-2"), "{", changed("piece-3"), changed("piece-2"), changed("A")]
    worked = work_off(
        [record(number, body, number) for number, body in enumerate(bodies)], press.doors, NOW.timestamp()
    )

    assert press.slugs() == ["piece-3", "piece-1"]
    assert [(one.message_id, one.slug, one.receipt) for one in worked.failures] == [
        ("m-2", None, "r-2"),
        ("m-1", "piece-2", "r-1"),
        ("m-4", "piece-2", "r-4"),
    ]
    assert [one.pause for one in worked.failures] == [PAUSES[1], PAUSES[0], PAUSES[3]]


def test_what_cannot_be_handled_comes_again_soon_and_then_less_soon() -> None:
    pauses = [work_off([record(1, "{", times)], Press().doors, 0).failures[0].pause for times in (1, 2, 3, 4, 5, 99)]

    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (2, 60)


def test_a_batch_is_worked_off_at_once() -> None:
    press = Press()
    press.put(piece(1))

    worked = work_off([record(n, changed("piece-1")) for n in range(9)] + [record(9, changed("A"))], press.doors, 1e10)

    assert (worked.done[0].listed, len(worked.done), worked.failures) == (("piece-1",), 1, ())

"""`DeadLetters`: the twin and SQS keep the same promises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from shared.adapters.sqs_dead_letters import SqsDeadLetters
from shared.ports.publishing import DeadLetters
from tests.twins import MemoryDeadLetters

Making = Callable[..., DeadLetters]


@pytest.fixture(params=["twin", "sqs"])
def letters(request: pytest.FixtureRequest) -> Making:
    """Makes a queue with these messages in it, one group as publishing's are."""
    if request.param == "twin":
        return MemoryDeadLetters
    sqs: Any = request.getfixturevalue("client")("sqs")

    def made(*bodies: str) -> DeadLetters:
        url = sqs.create_queue(QueueName=f"{uuid4()}.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        for body in bodies:
            sqs.send_message(
                QueueUrl=url, MessageBody=body, MessageGroupId="paper", MessageDeduplicationId=str(uuid4())
            )
        return SqsDeadLetters(sqs, url)

    return made


def test_where_nothing_was_put_aside_there_is_nothing(letters: Making) -> None:
    queue = letters()

    assert (queue.count(), queue.peek(), queue.take()) == (0, (), ())


def test_looking_takes_nothing_away(letters: Making) -> None:
    queue = letters("one", "two")

    assert queue.peek() == queue.peek() == ("one", "two")
    assert queue.count() == 2
    assert [letter.body for letter in queue.take()] == ["one", "two"]


def test_what_is_taken_is_given_to_nobody_else_and_still_there_until_it_is_discarded(letters: Making) -> None:
    queue = letters("one", "two")

    taken = queue.take()

    assert queue.take() == ()
    assert queue.count() == 2
    queue.discard(taken)
    assert queue.count() == 0


def test_many_are_taken_ten_at_a_time_in_their_order(letters: Making) -> None:
    queue = letters(*(str(number) for number in range(23)))
    seen: list[str] = []

    while taken := queue.take():
        assert len(taken) <= 10
        seen += [letter.body for letter in taken]
        queue.discard(taken)

    assert seen == [str(number) for number in range(23)]

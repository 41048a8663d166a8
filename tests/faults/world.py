"""What all worlds have: each is one thing that a function does, to be begun anew, done once with doors that fail, then
again by whoever does it again; and what is kept in the end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from shared.http import Answer
from shared.personal.answering import Outcome
from tests.faults.faulty import Plan, faulty

COMES_AGAIN: Final = "it comes again"
DONE: Final = "done"


class World:
    """`act` tells what whoever waits for it sees; `again` is what follows by itself (a queue delivers again, the
    processor sends again, the night's run) or what a person does who was told to; `kept` is what must be the same as
    if nothing had failed. `at_worst`: where these calls (port, method) fail, what is lost by choice, in words, and what
    is kept then. `most`: how many of a method's calls fail, evenly among them, where it is called very often."""

    doors: Any
    most: int = 1_000
    at_worst: Mapping[tuple[str, str], tuple[str, Any]] = MappingProxyType({})

    def through(self, plan: Plan) -> Any:
        """The doors, each call of which goes by the plan."""
        return faulty(self.doors, plan)

    def act(self, doors: Any) -> str:
        raise NotImplementedError

    def meanwhile(self) -> None:
        """What holds also before it is done again."""

    def again(self) -> str:
        return self.act(self.doors)

    def kept(self) -> Any:
        raise NotImplementedError


def answered(desk: Any, request: Any, doors: Any, now: float) -> Answer:
    """As the handler answers: what nobody expected is a 500 that says nothing, and wakes somebody."""
    try:
        outcome: Outcome = desk.respond(request, doors, now)
    except Exception:  # noqa: BLE001 - as the handler does
        outcome = desk.failed(request)
    return outcome.answer


def said(answer: Answer) -> str:
    """An answer to a program, in short. What failed is a problem with a code, which nobody keeps; where another try is
    worth it, it says when."""
    if answer.status < 400:
        return str(answer.status)
    assert "no-store" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert "@" not in answer.body
    assert "Traceback" not in answer.body
    if answer.status == 503:
        assert int(answer.headers["retry-after"]) > 0
    return f"{answer.status} `{json.loads(answer.body)['code']}`"

"""What whoever asked for a page of the payment service is told."""

from __future__ import annotations

from functions.contributions.answers import Started
from functions.contributions.doors import Asked
from shared.http import Answer
from shared.personal import handed_over, told
from shared.ports.money import Begun


def started(asked: Asked, begun: Begun) -> Answer:
    """A person goes on there; a program is told where."""
    return handed_over(begun.url) if asked.request.is_form else told(201, Started(begun.order, begun.url))

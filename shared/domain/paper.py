"""The publication itself: what it is called and where it is. Configuration, kept in the content bucket."""

from typing import Annotated, Literal

from msgspec import Meta

from shared.domain.articles import Value
from shared.domain.text import Line, Passage

PAPER_KEY = "paper.json"
PAPER_TAG = "paper"
"""The cache tag of everything that shows what the paper is called or where it is."""


class Paper(Value, frozen=True):
    """`id` is made once and stays, so that what feeds call an article by stays too when the paper moves to another
    address. `url` is where the paper is read, without a slash at its end."""

    schema: Literal[1]
    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]
    name: Line
    description: Passage
    language: Annotated[str, Meta(pattern=r"^[a-z]{2,3}(?:-[A-Z]{2})?\Z")]
    url: Annotated[str, Meta(pattern=r"^https?://[a-z0-9.:-]+\Z", max_length=300)]

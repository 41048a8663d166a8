"""What decoding raises for bytes that are not what they ought to be: all of it, so that nothing odd becomes a 500."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec
from msgspec import MsgspecError

from shared.domain.refusals import ContentUnavailable

# msgspec says so itself for wrong JSON and wrong shapes; it leaves wrong UTF-8 in a text to Python, and stops at
# Python's own depth of recursion.
UNREADABLE = (MsgspecError, UnicodeDecodeError, RecursionError)

_Fact = TypeVar("_Fact")


def decoded(decoder: msgspec.json.Decoder[_Fact], raws: Iterable[bytes | msgspec.Raw]) -> tuple[_Fact, ...]:
    """Each of these. Raises ContentUnavailable for what is none: our own fault, nobody else writes them."""
    try:
        return tuple([decoder.decode(raw) for raw in raws])
    except UNREADABLE as error:
        raise ContentUnavailable("This cannot be shown right now. We have been told.") from error

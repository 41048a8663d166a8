"""What the till's pages are sent: forms, read once and doubted once."""

import math
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from infra.local.messages import Request

LARGEST: Final = 65_536  # bytes
MOST_FIELDS: Final = 50
FORM: Final = "application/x-www-form-urlencoded"


class PageError(Exception):
    """What the till does not do for whoever asked: an HTTP status, and a sentence for the page."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


def fields(request: Request) -> dict[str, str]:
    """The form's fields; of two with one name the last. Raises PageError."""
    kind = (request.header("content-type") or FORM).partition(";")[0].strip().lower()
    if request.body and kind != FORM:
        raise PageError(415, "Send a form.")
    if len(request.body) > LARGEST:
        raise PageError(413, "That is more than a form holds.")
    try:
        text = request.body.decode("ascii")  # all else is to be percent-encoded
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"))
    except ValueError:
        raise PageError(400, "That form cannot be read.") from None


def number(form: Mapping[str, str], name: str, otherwise: float = 0.0) -> float:
    """The number in a field, or what it is where the field is missing or blank. Raises PageError."""
    text = form.get(name, "").strip()
    try:
        value = float(text) if text else otherwise
    except ValueError:
        raise PageError(400, f"Write a number for “{name}”.") from None
    if not math.isfinite(value):
        raise PageError(400, f"Write a number for “{name}”.")
    return value


def whole(form: Mapping[str, str], name: str, least: int, most: int) -> int:
    """The whole number in a field, 0 where it is missing or blank. Raises PageError."""
    value = number(form, name)
    if value != int(value) or not least <= value <= most:
        raise PageError(400, f"Write a whole number from {least} to {most} for “{name}”.")
    return int(value)

"""How a paper says a day, on its pages and in its mails alike."""

from __future__ import annotations

import datetime as dt
from typing import Final

DATE_TEXTS: Final[dict[str, str]] = {
    "date": "{day} {month} {year}",
    "months": "January February March April May June July August September October November December",
}
"""A paper says its own instead where it wants others, as with every other text."""


def day_said(at: dt.datetime, date: str, months: str) -> str:
    """A day in a paper's words: `date` and `months` are its texts of these names."""
    month = months.split()[at.month - 1]
    return date.replace("{day}", str(at.day)).replace("{month}", month).replace("{year}", str(at.year))

"""A paper's words, and how it says dates and lengths."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from shared.dates import day_said
from shared.site.texts import TEXTS


class Words:
    """The texts by their names, as attributes: `words.skip`. `say` fills in what stands in braces."""

    def __init__(self, own: Mapping[str, str]) -> None:
        self.__dict__.update(TEXTS)
        self.__dict__.update({name: text for name, text in own.items() if name in TEXTS})

    def say(self, name: str, /, **values: object) -> str:
        """The text of that name, with these values in place of their names in braces."""
        text: str = self.__dict__[name]
        for key, value in values.items():
            text = text.replace(f"{{{key}}}", str(value))
        return text

    def __getattr__(self, name: str) -> Any:  # only for what __dict__ does not have
        raise AttributeError(f"No text is called {name!r}.")


def day(at: dt.datetime, words: Words) -> str:
    """A date in the paper's words, as its desk has written it."""
    return day_said(at, words.date, words.months)


def moment(at: dt.datetime, words: Words) -> str:
    """A date and time. Its distance from UTC stands with it: a paper has readers elsewhere."""
    minutes = int((at.utcoffset() or dt.timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    zone = "UTC" if minutes == 0 else f"UTC{'+' if minutes > 0 else '−'}{hours}{f':{rest:02}' if rest else ''}"
    return words.say("time", date=day(at, words), hour=f"{at.hour:02}", minute=f"{at.minute:02}", zone=zone)


def length(seconds: int, words: Words) -> str:
    """The length of a sound."""
    if seconds < 60:
        return words.say("seconds", seconds=seconds)
    return words.say("minutes", minutes=seconds // 60, seconds=f"{seconds % 60:02}")

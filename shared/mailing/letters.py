"""Mails out of templates: each a text that is whole in itself, and the same as simple HTML in the paper's colours.

No picture, script or style comes from elsewhere with a mail, so that opening it tells nobody anything.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, ModuleLoader, StrictUndefined

from shared.dates import DATE_TEXTS, day_said
from shared.domain.paper import Paper
from shared.mail_texts import MAIL_TEXTS

MAX_SUBJECT: Final = 200
MAX_NAME: Final = 100
_SHARED: Final = Path(__file__).parent
# What ends a line somewhere, or cannot be sent: control characters, the two separators, lone surrogates.
_NEVER: Final = frozenset({"Cc", "Zl", "Zp", "Cs"})
# The marks of Unicode's bidirectional algorithm that stay in force: they turn the rest of a line around.
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: str) -> str:
    """The text as one line, whatever somebody has put into it: for subjects, names, headers (R15).

    `=?` is taken apart: a mail program would decode what looks like an encoded word (RFC 2047, section 2), and show
    something else than stands there.
    """
    kept = "".join([" " if unicodedata.category(sign) in _NEVER else sign for sign in text if sign not in _TURNING])
    return re.sub(r"=(?=\?)", "= ", " ".join(kept.split()))


def some_lines(text: str) -> str:
    """The text as the lines it has, each `one_line`."""
    return "\n".join([one_line(line) for line in text.splitlines()])


def shortened(text: str, most: int) -> str:
    """One line of so many characters at most."""
    line = one_line(text)
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def environment(loader: BaseLoader) -> Environment:
    """How mails' templates are compiled, here and when the zip is made: in HTML everything is escaped that is not
    markup by its type, and a name that nobody has given is a fault."""
    made = Environment(
        loader=loader,
        autoescape=is_html,  # noqa: S701 -- a mail's text is no HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(line=one_line, lines=some_lines)
    return made


def is_html(template: str | None) -> bool:
    """Whether what is put into that template is escaped: everywhere but in the text of a mail."""
    return template is None or not template.endswith(".txt")


class Wording:
    """The words of a paper's mails, by name."""

    def __init__(self, own: Mapping[str, str]) -> None:
        known = {**DATE_TEXTS, **MAIL_TEXTS}
        self._texts = {**known, **{name: text for name, text in own.items() if name in known}}

    def say(self, name: str, /, **values: object) -> str:
        """The text of that name, with these values in place of their names in braces. What a value holds is not filled
        in once more."""
        return re.sub(
            r"\{([a-z_]+)\}",
            lambda found: str(values[found[1]]) if found[1] in values else found[0],
            self._texts[name],
        )

    def day(self, seconds: int) -> str:
        """The day (UTC) of a moment in seconds since 1970, as the paper's pages say it."""
        at = dt.datetime.fromtimestamp(seconds, dt.UTC)
        return day_said(at, self._texts["date"], self._texts["months"])


class Letters:
    """The mails of a function, whose templates lie in `templates` of its folder `own`: `<name>.txt`, `<name>.html`. In
    a zip they lie in `compiled`, as Python; elsewhere they are compiled when they are first needed."""

    def __init__(self, own: Path) -> None:
        self._folders = (own, _SHARED)

    def write(self, name: str, paper: Paper, subject: str, **values: Any) -> tuple[str, str]:
        """The text and the HTML of a mail."""
        around = {"paper": paper, "wording": Wording(paper.texts), "subject": subject, **values}
        text, html = (self._environment.get_template(f"{name}.{kind}").render(around) for kind in ("txt", "html"))
        return f"{text.strip()}\n", html

    @cached_property
    def _environment(self) -> Environment:
        compiled = ModuleLoader([folder / "compiled" for folder in self._folders])
        return environment(ChoiceLoader([compiled, FileSystemLoader([each / "templates" for each in self._folders])]))

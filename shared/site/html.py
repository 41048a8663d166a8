"""Templates, and what makes HTML of them: a function's own, and those that every page stands in."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, ModuleLoader, StrictUndefined

from shared.site import words

HTML: Final = "text/html; charset=utf-8"
# Scripts, styles, pictures and forms of this site alone, nothing inline, in nobody's frame. JSON-LD is data, no
# script.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load, and where its forms may go. Every answer that is a page says it."""

_SHARED: Final = Path(__file__).parent


def environment(loader: BaseLoader) -> Environment:
    """How templates are compiled, here and when the zip is made: everything is escaped that is not markup by its type,
    and a name that nobody has given is a fault."""
    made = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(moment=words.moment, day=words.day, length=words.length, money=words.money)
    return made


class Templates:
    """Those of a function, in `templates` of its folder `own`, before those here. In a zip they lie in `compiled`, as
    Python; elsewhere they are compiled when they are first needed."""

    def __init__(self, own: Path) -> None:
        self._folders = (own, _SHARED)

    def render(self, template: str, values: dict[str, Any]) -> bytes:
        """A page of that template."""
        return self._environment.get_template(template).render(values).encode()

    def macros(self, template: str) -> Any:
        """What a template defines, to be called from here."""
        return self._environment.get_template(template).module

    @property
    def _environment(self) -> Environment:
        return _of_folders(*self._folders)


@cache
def _of_folders(*folders: Path) -> Environment:
    """One for a process, however often a function's doors are made: what was compiled stays."""
    compiled = ModuleLoader([folder / "compiled" for folder in folders])
    return environment(ChoiceLoader([compiled, FileSystemLoader([each / "templates" for each in folders])]))

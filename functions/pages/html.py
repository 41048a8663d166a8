"""Templates, and what makes HTML of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, ModuleLoader, StrictUndefined

from functions.pages import words

HERE: Final = Path(__file__).parent


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


def render(template: str, **values: Any) -> bytes:
    """A page of that template."""
    return _environment().get_template(template).render(values).encode()


def macros(template: str) -> Any:
    """What a template defines, to be called from here."""
    return _environment().get_template(template).module


@cache
def _environment() -> Environment:
    """In a zip the templates lie compiled; elsewhere they are compiled when they are first needed."""
    return environment(ChoiceLoader([ModuleLoader(HERE / "compiled"), FileSystemLoader(HERE / "templates")]))

"""Templates, and what makes HTML of them: a function's own, and those that every page stands in."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, ModuleLoader, StrictUndefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from markupsafe import escape

from shared.domain.money import written
from shared.site import words

HTML: Final = "text/html; charset=utf-8"
# Scripts, styles, pictures and forms of this site alone, nothing inline, in nobody's frame. JSON-LD is data, no
# script. Where forms about money lead on to, browsers want said too: `form-action` counts for redirects after a POST.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "form-action 'self' https://checkout.stripe.com https://billing.stripe.com; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load, and where its forms may go. Every answer that is a page says it."""

_SHARED: Final = Path(__file__).parent


@lru_cache(2_048, typed=True)
def escaped(value: Any) -> str:
    """What stands in a page for a value: escaped, unless its type says that it is markup.

    A page shows some 250 values, and most of them (words, names, addresses) stood in the page before it too. `typed`,
    because markup is equal to the text that it is made of.
    """
    return str(escape(value))


class _Generator(CodeGenerator):
    """Templates that call `escaped` where Jinja2 would call its own: that makes an object of each value, which is a
    quarter of a page's time, to join them all to one text."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 - Jinja2's name
        self.writeline(f"from {__name__} import escaped")
        super().visit_Template(node, frame)

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            raise NotImplementedError("Templates here are escaped throughout, and nothing else is done to a value.")
        self.write("escaped(")


class _Context(Context):
    """Jinja2 looks at each thing that a template calls, for whether it wants to know from where. None here does, and a
    page calls some forty."""

    def call(self, called: Callable[..., Any], /, *args: Any, **named: Any) -> Any:
        named.pop("_block_vars", None)  # what it would have told them
        named.pop("_loop_vars", None)
        return called(*args, **named)


class _Environment(Environment):
    code_generator_class = _Generator
    context_class = _Context


def environment(loader: BaseLoader) -> Environment:
    """How templates are compiled, here and when the zip is made: everything is escaped that is not markup by its type,
    and a name that nobody has given is a fault."""
    made = _Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(moment=words.moment, day=words.day, length=words.length, money=written)
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

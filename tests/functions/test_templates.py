"""Which template a name stands for, and what becomes of a value that is text."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import TemplateNotFound, UndefinedError
from markupsafe import Markup

from shared.site.html import Templates


def _own(folder: Path, **sources: str) -> Templates:
    (folder / "templates").mkdir()
    for name, source in sources.items():
        (folder / "templates" / f"{name}.html").write_text(source)
    return Templates(folder)


def test_a_function_s_own_template_goes_before_the_shared_one_of_its_name(tmp_path: Path) -> None:
    templates = _own(tmp_path, refused="of its own")

    assert templates.render("refused.html", {}) == b"of its own"
    assert templates.macros("parts.html").faulty


def test_text_is_escaped_and_what_nobody_gave_is_a_fault(tmp_path: Path) -> None:
    templates = _own(tmp_path, said="{{ it }}")

    assert templates.render("said.html", {"it": "<b>\"'&"}) == b"&lt;b&gt;&#34;&#39;&amp;"
    # Markup is equal to the text that it is made of, and both may stand in one page, in either order.
    for text in ("<i>one</i>", "<i>two</i>"):
        for value in (text, Markup(text), text) if "one" in text else (Markup(text), text, Markup(text)):  # noqa: S704
            shown = text if isinstance(value, Markup) else text.replace("<", "&lt;").replace(">", "&gt;")
            assert templates.render("said.html", {"it": value}) == shown.encode()
    with pytest.raises(UndefinedError):
        templates.render("said.html", {})
    with pytest.raises(TemplateNotFound):
        templates.render("nowhere.html", {})

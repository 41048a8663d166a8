"""How the outbox shows a mail that was sent on this machine."""

import html
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

LINK: Final = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]]")


def shown(mail: Mapping[str, Any]) -> str:
    """A mail to read: its links can be pressed, and its HTML can do nothing but open them."""
    to = mail["to"] if isinstance(mail["to"], str) else ", ".join(mail["to"])
    rows = {"To": to, "At": mail["sent_at"], **mail["headers"]}
    table = "".join(f"<tr><th>{html.escape(name)}<td>{html.escape(str(value))}" for name, value in rows.items())
    page = html.escape(f'<base target="_blank">{mail["html"]}')
    buttons = "".join(
        f'<form method="post" action="{html.escape(f"{path}?to={quote(to)}")}"><button>{words}</button></form>'
        for path, words in (("/_local/bounce", "It bounces"), ("/_local/complaint", "Its reader complains"))
    )
    return (
        f"<h2>{html.escape(mail['subject'])}</h2><table>{table}</table><pre>{_with_links(mail['text'])}</pre>"
        f'<details><summary>as HTML</summary><iframe sandbox="allow-popups allow-popups-to-escape-sandbox" '
        f'title="the mail as HTML" srcdoc="{page}"></iframe></details>{buttons}'
    )


def _with_links(text: str) -> str:
    parts, end = [], 0
    for link in LINK.finditer(text):
        there = html.escape(link[0])
        parts.append(f'{html.escape(text[end : link.start()])}<a href="{there}">{there}</a>')
        end = link.end()
    return "".join([*parts, html.escape(text[end:])])

"""What every page of the till stands in, and how it says sums, moments and things to press."""

import datetime as dt
import html
from collections.abc import Iterable, Mapping
from typing import Any, Final

from infra.local.local_pages import STYLE
from infra.local.messages import Answer, Request
from shared.domain.money import digits_of

BASE: Final = "/_local/till"
EVERY: Final = {"month": "every month", "year": "every year"}
MORE_STYLE: Final = (
    "label{display:block;margin:0 0 1rem;color:var(--quiet)}"
    "input,select{font:inherit;color:inherit;background:none;border:1px solid var(--line);padding:.25rem .5rem}"
    "label input{display:block;width:100%;box-sizing:border-box}"
    "button{font:inherit;color:var(--accent);background:none;border:1px solid var(--accent);padding:.25rem .75rem;"
    "cursor:pointer}button.first{background:var(--accent);color:var(--paper)}"
    "td form{margin:0 .25rem .25rem 0}td button,td input{font-size:.875rem;padding:0 .5rem}td input{width:5rem}"
    ".quiet{color:var(--quiet)}"
    ".sum{font:1.75rem/1.3 Charter,'Iowan Old Style',Palatino,Georgia,serif;margin:0 0 1.5rem}"
    ".told{border-left:2px solid var(--accent);padding-left:.875rem}"
    ".pay{display:block}.pay button{display:block;width:100%;margin:.5rem 0;padding:.5rem}"
    ".wide{overflow-x:auto}small{color:var(--quiet);overflow-wrap:anywhere}"
    ".wide td,.wide th{display:table-cell;padding:.25rem 1.25rem .25rem 0;overflow-wrap:normal}"
    ".wide td:not(:last-child){white-space:nowrap}td button{white-space:nowrap}"
)
BROAD: Final = "body{max-width:66rem}"


def page(title: str, body: str, request: Request, status: int = 200, *, broad: bool = False) -> Answer:
    """A page, `broad` for tables. `title` is text, `body` HTML."""
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        '<link rel="icon" href="data:,">'
        f"<title>{html.escape(title)}</title><style>{STYLE}{MORE_STYLE}{BROAD if broad else ''}</style>"
        f'<p class="quiet">The till: a stand-in for Stripe on this machine. No money moves.</p>'
        f"<h1>{html.escape(title)}</h1>{body}"
    )
    return answer(status, "text/html; charset=utf-8", text, request)


def answer(status: int, kind: str, text: str, request: Request) -> Answer:
    """An answer of that type, which nobody keeps."""
    body = text.encode()
    headers = (("content-type", kind), ("content-length", str(len(body))), ("cache-control", "no-store"))
    return Answer(status, headers, b"" if request.method == "HEAD" else body)


def go(to: str) -> Answer:
    """Go on there."""
    return Answer(303, (("location", to), ("cache-control", "no-store"), ("content-length", "0")))


def money(amount: int, currency: str) -> str:
    """An amount in minor units as people write it: `8.00 EUR`."""
    digits = digits_of(currency.upper())
    return f"{amount / 10**digits:,.{digits}f} {currency.upper()}"


def moment(seconds: float | None) -> str:
    """A moment, in UTC."""
    return "" if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%-d %b %Y, %H:%M")


def press(to: str, do: str, words: str, more: str = "") -> str:
    """A button that does something there. `more`: fields that go with it."""
    return (
        f'<form method="post" action="{html.escape(to)}">{more}'
        f'<button name="do" value="{html.escape(do)}">{html.escape(words)}</button></form>'
    )


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of HTML cells; a sentence where there is no row."""
    lines = "".join("<tr>" + "".join(f"<td>{cell}" for cell in row) for row in rows)
    if not lines:
        return '<p class="quiet">None yet.</p>'
    return f'<div class="wide"><table><tr>{"".join(f"<th>{head}" for head in heads)}{lines}</table></div>'


def price_of(amount: int, currency: str, interval: str | None) -> str:
    """What is asked for: `8.00 EUR every month`."""
    return f"{money(amount, currency)} {EVERY.get(interval or '', 'once')}"


def interval_of(price: Mapping[str, Any]) -> str | None:
    """How often a price is paid; None for once."""
    return price["recurring"]["interval"] if price["recurring"] else None

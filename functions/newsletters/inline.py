"""Inline HTML as a mail has it: with links that lead to the paper from anywhere, and as plain text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from markupsafe import Markup

_own_link = re.compile(r'(<a href=")(?=[/#])')


def absolute(href: str, site: str, page: str) -> str:
    """Where a link of an article leads when it is read elsewhere. `page` is the article's own address."""
    if href.startswith("/"):
        return f"{site}{href}"
    return f"{page}{href}" if href.startswith("#") else href


def mailed_html(html: str, site: str, page: str) -> Markup:
    """The same inline HTML, whose links all lead somewhere. It has been checked where it was read."""
    led = _own_link.sub(lambda found: found[1] + (page if html[found.end()] == "#" else site), html)
    return Markup(led)  # noqa: S704


def plain_text(html: str, site: str, page: str) -> str:
    """What it says, with the address of each link behind its words."""
    parser = _Plain(site, page)
    parser.feed(html)
    parser.close()
    return "".join(parser.said)


class _Plain(HTMLParser):
    def __init__(self, site: str, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self._site, self._page = site, page
        self._hrefs: list[str] = []
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        match tag:
            case "br":
                self.said.append("\n")
            case "q":
                self.said.append("“")
            case "a":
                self._hrefs.append(absolute(dict(attrs).get("href") or "", self._site, self._page))

    def handle_endtag(self, tag: str) -> None:
        if tag == "q":
            self.said.append("”")
        elif tag == "a" and self._hrefs:
            self.said.append(f" ({self._hrefs.pop().removeprefix('mailto:')})")

    def handle_data(self, data: str) -> None:
        self.said.append(data)

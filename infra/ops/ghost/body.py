"""The nodes of a Ghost post made into blocks of ours, each with the lowest tier that may read it.

Every letter of what comes out is written here, escaped, from a short list of tags: nothing of Ghost's HTML passes
(R30). What no block can hold is made into the nearest that can, or left out, and noted either way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape, unescape
from itertools import groupby
from typing import Any, Final, Protocol

from infra.ops.ghost.nodes import DROPPED, EMPTY, NOBODY, Node, Part, at_paywall, text_of
from shared.domain.tiers import Tier

MAX_LINE: Final = 500
_MAX_HTML: Final = 20_000
_MAX_ITEMS: Final = 200
_MAX_GATE: Final = 500  # blocks

_INLINE: Final = frozenset(
    {
        *("a", "b", "strong", "i", "em", "code", "kbd", "samp", "tt", "var", "s", "del", "strike", "u", "ins"),
        *("small", "big", "span", "font", "sub", "sup", "mark", "q", "cite", "abbr", "acronym", "time"),
        *("label", "bdi", "bdo", "dfn", "data", "wbr", "br"),
    }
)
_TAGS: Final = {
    **{"b": "strong", "strong": "strong", "i": "em", "em": "em", "cite": "em", "dfn": "em", "var": "em"},
    **{"s": "s", "del": "s", "strike": "s", "code": "code", "kbd": "code", "samp": "code", "tt": "code"},
}
_RAISED: Final = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_LOWERED: Final = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
_space = re.compile(r"[ \t\n\r\f]+")
_youtube = re.compile(r"https://(?:www\.)?youtube(?:-nocookie)?\.com/embed/([\w-]+)")
_vimeo = re.compile(r"https://player\.vimeo\.com/video/(\d+)")
_PROVIDERS: Final = {
    "youtube.com": "YouTube",
    "youtu.be": "YouTube",
    "vimeo.com": "Vimeo",
    "twitter.com": "Twitter",
    "x.com": "X",
    "instagram.com": "Instagram",
    "spotify.com": "Spotify",
    "soundcloud.com": "SoundCloud",
}

Placed = tuple[Tier, dict[str, Any]]
"""A block as the document has it, and the lowest tier that may read it."""


class Surroundings(Protocol):
    """What a post is written among."""

    def link(self, href: str) -> str | None:
        """Where a link leads from here: https, mailto, a path or a place of the page; None where to nothing we have."""

    def media(self, src: str, tier: Tier, kind: str) -> str | None:
        """The media path under which a picture or sound (`kind`: image, audio) is going to lie for that tier."""

    def alt(self, src: str) -> str:
        """What to say of a picture of which nothing is said."""

    def note(self, code: str, detail: str = "") -> None:
        """Something was changed, or left out."""


def to_blocks(parts: Sequence[Part], tier: Tier, around: Surroundings) -> list[Placed]:
    """A post's text. `tier` is who may read all of it; others read up to the paywall, or nothing if there is none."""
    before: tuple[Part, ...] = tuple(parts)
    behind: tuple[Part, ...] | None = None
    if tier is not Tier.ANONYMOUS:
        before, behind = at_paywall(parts)
        if behind is None:
            before, behind = (), tuple(parts)
    writing = _Writing(around)
    writing.flow(before, Tier.ANONYMOUS)
    writing.flow(behind or (), tier)
    return writing.placed


def in_gates(placed: Sequence[Placed], teaser: str, calls: dict[Tier, tuple[str, str, str]]) -> list[dict[str, Any]]:
    """The body: what is for everyone as it is, the rest in gates. `calls`: of each tier the gate's teaser, and what can
    be pressed and where that leads; `teaser` in its place where it is not empty."""
    body: list[dict[str, Any]] = []
    count = 0
    for tier, several in groupby(placed, key=lambda one: one[0]):
        blocks = [block for _, block in several]
        if tier is Tier.ANONYMOUS:
            body += blocks
            continue
        words, label, href = calls[tier]
        for start in range(0, len(blocks), _MAX_GATE):
            count += 1
            body.append(
                {
                    "type": "gate",
                    "id": f"{GATE_KIND}-{count}",
                    "tier": tier.value,
                    "kind": GATE_KIND,
                    "teaser": teaser or words,
                    "call_to_action": {"label": label, "href": href},
                    "blocks": blocks[start : start + _MAX_GATE],
                }
            )
    return body


GATE_KIND: Final = "full-text"


@dataclass
class _Writing:
    """A text while it is written; `run` is the paragraph that is under way."""

    around: Surroundings
    placed: list[Placed] = field(default_factory=list)
    run: list[Part] = field(default_factory=list)

    def flow(self, parts: Iterable[Part], tier: Tier) -> None:
        """Write these as blocks."""
        for part in parts:
            if isinstance(part, str) or self._is_inline(part):
                self.run.append(part)
                continue
            if part.name in DROPPED:
                self._see_dropped(part)
                continue
            self._end_paragraph(tier)
            self._see_handlers(part)
            self._block(part, tier)
        self._end_paragraph(tier)

    def _block(self, node: Node, tier: Tier) -> None:
        match node.name:
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                self._heading(node, tier)
            case "ul" | "ol":
                self._list(node, tier)
            case "blockquote":
                self._quote(node, tier)
            case "hr":
                self._add(tier, {"type": "rule"})
            case "picture" if node.get("src") or not node.children:
                self._picture(node, tier)
            case "sound":
                self._sound(node, tier)
            case "elsewhere":
                self._elsewhere(node, tier)
            case "press":
                self._paragraph(tier, self._inline((Node("a", node.attributes, node.children),)))
            case "code-block":
                self._code(text_lines(node), tier)
            case "table":
                self._table(node, tier)
            case "only":
                self._only(node, tier)
            case name if name in EMPTY:
                self.around.note("html", name)
                self.flow(node.children, tier)
            case "a":
                self.around.note("link-block")
                self.flow(node.children, tier)
            case "left-out":
                self.around.note("card", node.get("what"))
                self.flow(node.children, tier)
            case _:
                self.flow(node.children, tier)

    def _add(self, tier: Tier, block: dict[str, Any]) -> None:
        self.placed.append((tier, block))

    # Text -----------------------------------------------------------------------------------------------------------

    def _is_inline(self, node: Node) -> bool:
        return all(one.name in _INLINE or one.name in DROPPED for one in node.walk()) and node.name in _INLINE

    def _end_paragraph(self, tier: Tier) -> None:
        run, self.run = self.run, []
        if run:
            self._paragraph(tier, self._inline(run))

    def _paragraph(self, tier: Tier, html: str) -> None:
        for piece in pieces(html):
            self._add(tier, {"type": "paragraph", "html": piece})

    def _inline(self, parts: Iterable[Part]) -> str:
        """These as inline HTML of ours, empty where there is nothing to read."""
        html = re.sub(r" *<br> *", "<br>", re.sub(" +", " ", "".join(self._marked(parts, frozenset()))))
        _, html, _ = _edges(html)
        return html if re.sub(r"<[^>]*>|\s|&nbsp;", "", html) else ""

    def _marked(self, parts: Iterable[Part], within: frozenset[str]) -> Iterator[str]:
        for part in parts:
            if isinstance(part, str):
                yield escape(_space.sub(" ", part), quote=False)
                continue
            if part.name in DROPPED:
                self._see_dropped(part)
                continue
            self._see_handlers(part)
            yield self._one(part, within)

    def _one(self, node: Node, within: frozenset[str]) -> str:
        tag = _TAGS.get(node.name)
        if tag == "code":
            words = _space.sub(" ", text_of(node.children))
            return f"<code>{escape(words, quote=False)}</code>" if words else ""
        if node.name == "br":
            return "<br>"
        if node.name in ("sub", "sup"):
            return self._raised(node, within)
        if node.name == "a" and "a" not in within and node.get("href"):
            inner = "".join(self._marked(node.children, within | {"a"}))
            href = self.around.link(node.get("href"))
            return inner if href is None else _wrapped(f'<a href="{escape(href, quote=False)}">', inner, "</a>")
        if node.name == "mark":
            self.around.note("mark")
        inner = "".join(self._marked(node.children, within | {tag} if tag else within))
        if node.name == "q":
            return f"“{inner}”"
        return inner if tag is None or tag in within else _wrapped(f"<{tag}>", inner, f"</{tag}>")

    def _raised(self, node: Node, within: frozenset[str]) -> str:
        """Digits above or below the line have letters of their own."""
        words = text_of(node.children)
        made = words.translate(_RAISED if node.name == "sup" else _LOWERED)
        if words and all(a != b for a, b in zip(words, made, strict=True)):
            return made
        self.around.note("raised")
        return "".join(self._marked(node.children, within))

    def _see_dropped(self, node: Node) -> None:
        if node.name not in ("button", "svg"):  # what Ghost's own cards are moved by
            self.around.note("html", node.name)

    def _see_handlers(self, node: Node) -> None:
        for name in node.attributes:
            if name.startswith("on"):
                self.around.note("html", f"{name}=")

    # Blocks ---------------------------------------------------------------------------------------------------------

    def _heading(self, node: Node, tier: Tier) -> None:
        words = text_of(node.children)[:MAX_LINE].strip()
        if words:
            if any(one.name == "a" for one in node.walk()):
                self.around.note("heading")
            self._add(tier, {"type": "heading", "text": words, "level": 2 if node.name in ("h1", "h2") else 3})
        self.flow((one for one in node.walk() if one.name in ("picture", "sound", "elsewhere")), tier)

    def _list(self, node: Node, tier: Tier) -> None:
        items: list[str] = []
        others: list[Node] = []
        self._items(node, items, others)
        for start in range(0, len(items), _MAX_ITEMS):
            some = items[start : start + _MAX_ITEMS]
            self._add(tier, {"type": "list", "items": some, "ordered": node.name == "ol"})
        self.flow(others, tier)

    def _items(self, node: Node, items: list[str], others: list[Node]) -> None:
        for item in node.children:
            if isinstance(item, str):
                if item.strip():
                    items += pieces(self._inline((item,)))
            elif item.name in ("ul", "ol"):  # not HTML, and yet written
                self._items(item, items, others)
            else:
                lines = self._lines(item, others)
                items += pieces("<br>".join(lines))
                for inner in item.children:
                    if isinstance(inner, Node) and inner.name in ("ul", "ol"):
                        self.around.note("nested-list")
                        self._items(inner, items, others)

    def _lines(self, node: Node, others: list[Node]) -> list[str]:
        """The paragraphs in a node that can hold nothing else; what else is in it goes to the others."""
        lines: list[str] = []
        run: list[Part] = []

        def end() -> None:
            if html := self._inline(run):
                lines.append(html)
            run.clear()

        for part in node.children:
            if isinstance(part, str) or self._is_inline(part):
                run.append(part)
            elif part.name in ("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"):
                end()
                lines += self._lines(part, others)
            elif part.name not in ("ul", "ol") or node.name != "li":
                end()
                others.append(part)
        end()
        return lines

    def _quote(self, node: Node, tier: Tier) -> None:
        others: list[Node] = []
        for html in pieces("<br><br>".join(self._lines(node, others))):
            self._add(tier, {"type": "quote", "html": html})
        self.flow(others, tier)

    def _picture(self, node: Node, tier: Tier) -> None:
        src = self.around.media(node.get("src"), tier, "image")
        if src is None:
            return
        caption = " ".join(node.get("caption").split())[:MAX_LINE].strip()
        alt = " ".join(node.get("alt").split())[:MAX_LINE].strip() or caption or self.around.alt(node.get("src"))
        picture = {"src": src, "alt": alt, **({"caption": caption} if caption else {})}
        self._add(tier, {"type": "image", "picture": picture})

    def _sound(self, node: Node, tier: Tier) -> None:
        src = self.around.media(node.get("src"), tier, "audio")
        if src is not None:
            title = " ".join(node.get("title").split())[:MAX_LINE].strip()
            title = title or src.rpartition("/")[2].partition(".")[0].replace("-", " ")
            self._add(tier, {"type": "audio", "src": src, "title": title})

    def _elsewhere(self, node: Node, tier: Tier) -> None:
        said = node.get("href")
        if found := _youtube.match(said):
            said = f"https://www.youtube.com/watch?v={found[1]}"
        elif found := _vimeo.match(said):
            said = f"https://vimeo.com/{found[1]}"
        href = self.around.link(said)
        title = " ".join(node.get("title").split())[:MAX_LINE].strip()
        if href is None:
            self.around.note("embed")
            self._paragraph(tier, escape(title, quote=False))
        elif not href.startswith("https://"):
            self._paragraph(tier, f'<a href="{escape(href, quote=False)}">{escape(title or href, quote=False)}</a>')
        else:
            host = href.split("/")[2].rpartition("@")[2].removeprefix("www.")
            known = next((name for of, name in _PROVIDERS.items() if host == of or host.endswith(f".{of}")), "")
            provider = known or " ".join(node.get("provider").split())[:MAX_LINE].strip() or host
            self._add(tier, {"type": "embed", "provider": provider, "href": href, "title": title or provider})
        self.flow(node.children, tier)

    def _code(self, lines: Sequence[str], tier: Tier) -> None:
        """No block of ours holds code: a paragraph, with each line as code."""
        self.around.note("code")
        html, written = "", 0
        for line in lines:
            shown = re.sub(r"\A[ \t]+", lambda found: "\u00a0" * len(found.group().expandtabs(4)), line).rstrip()
            piece = f"<code>{escape(shown[:2000], quote=False)}</code>" if shown.strip("\u00a0") else ""
            if written and len(html) + len(piece) > _MAX_HTML // 2:
                self._paragraph(tier, html)
                html, written = "", 0
            html += f"{'<br>' if written else ''}{piece}"
            written += 1
        self._paragraph(tier, html.removesuffix("<br>"))

    def _table(self, node: Node, tier: Tier) -> None:
        self.around.note("table")
        others: list[Node] = []
        rows: list[str] = []
        for row in (one for one in node.walk() if one.name == "tr"):
            cells = [one for one in row.children if isinstance(one, Node) and one.name in ("td", "th")]
            lines = (" ".join(self._lines(cell, others)).replace("<br>", " ") for cell in cells)
            rows += pieces(" · ".join(line for line in lines if line))
        for start in range(0, len(rows), _MAX_ITEMS):
            self._add(tier, {"type": "list", "items": rows[start : start + _MAX_ITEMS], "ordered": False})
        self.flow(others, tier)

    def _only(self, node: Node, tier: Tier) -> None:
        if node.get("for") == NOBODY:
            self.around.note("only")
        else:
            self.flow(node.children, max(tier, Tier(node.get("for"))))


def text_lines(node: Node) -> list[str]:
    """The lines of a block of code."""
    return "".join(part for part in node.children if isinstance(part, str)).strip("\n").split("\n")


def pieces(html: str) -> list[str]:
    """This text in as many as it takes: markup stays where it is in one, and goes where it has to be cut."""
    if not html:
        return []
    if len(html) <= _MAX_HTML:
        return [html]
    words = unescape(re.sub(r"<[^>]*>", " ", html))
    cut = re.findall(r"\S.{0,3000}(?:(?<=\s)|\Z)|\S{3000}", words, re.DOTALL)
    return [escape(_space.sub(" ", one).strip(), quote=False) for one in cut if one.strip()]


def _wrapped(begin: str, inner: str, end: str) -> str:
    """Spaces and line breaks at the edges stand outside."""
    before, words, after = _edges(inner)
    return f"{before}{begin}{words}{end}{after}" if words else inner


def _edges(html: str) -> tuple[str, str, str]:
    """The spaces and line breaks before, what stands between, and those behind."""
    start, end = 0, len(html)
    while html.startswith((" ", "<br>"), start):
        start += 1 if html[start] == " " else 4
    while end > start and html.endswith((" ", "<br>"), start, end):
        end -= 1 if html[end - 1] == " " else 4
    return html[:start], html[start:end], html[end:]

"""Inline Markdown as `InlineHtml`: what a text of ours may hold, escaped; everything else a fault."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from markdown_it.tree import SyntaxTreeNode

from infra.ops.front_matter import Fault
from shared.domain.text import is_tidy

_unmade_link = re.compile(r"\](?:\(|\[)")


def plain_text(nodes: Sequence[SyntaxTreeNode]) -> str | None:
    """The words of these nodes; None when there is more than words."""
    words: list[str] = []
    for node in nodes:
        if node.type in ("text", "text_special"):
            words.append(node.content)
        elif node.type == "softbreak":
            words.append(" ")
        else:
            return None
    return "".join(words).strip()


@dataclass
class Inline:
    """One paragraph's worth of text; `line` is the line of the file that it has come to."""

    line: int
    faults: list[Fault] = field(default_factory=list)

    def html(self, nodes: Sequence[SyntaxTreeNode]) -> str:
        """These nodes as tidy HTML of the allow-list."""
        bare = "".join(node.content if node.type == "text" else "\0" for node in nodes)
        if _unmade_link.search(bare):
            words = "this looks like a link and is none; write `[words](https://…)`, its address without spaces"
            self.fault(f"{words}, or `\\[` for a bracket that is meant")
        return "".join(self.one(node) for node in nodes)

    def one(self, node: SyntaxTreeNode) -> str:
        match node.type:
            case "text" | "text_special":
                return html.escape(node.content, quote=False)
            case "softbreak":
                self.line += 1
                return " "
            case "hardbreak":
                self.line += 1
                return "<br>"
            case "code_inline":
                return f"<code>{html.escape(node.content, quote=False)}</code>"
            case "em" | "strong" | "s":
                return f"<{node.type}>{self.html(node.children)}</{node.type}>"
            case "link":
                return self.link(node)
            case "image":
                self.fault("a picture cannot stand inside a text; give it a paragraph of its own")
            case "html_inline" if not (self.faults and node.content.startswith("</")):  # its beginning was told
                self.fault(f"{node.content} is HTML; write it in Markdown, or `\\<` for a < that is meant")
            case "html_inline":
                pass
            case other:
                self.fault(f"a text cannot hold {other}; take it out")
        return ""

    def link(self, node: SyntaxTreeNode) -> str:
        href = html.escape(self.href(node), quote=False)
        if node.attrs.get("title"):
            self.fault("a link has no title of its own; take the words in quotes out of it")
        words = self.html(node.children)
        if not words.strip():
            self.fault("this link has no words; write them between [ and ]")
        opening = f'<a href="{href}">'
        if not is_tidy(opening):
            self.fault(f"a link cannot lead to “{node.attrs.get('href', '')}”; {_ALLOWED}")
        return f"{opening}{words}</a>"

    def href(self, node: SyntaxTreeNode) -> str:
        """Where a link leads. (An apostrophe has no place in our links; its escape means the same.)"""
        return str(node.attrs.get("href", "")).replace("'", "%27")

    def fault(self, words: str) -> None:
        self.faults.append(Fault(self.line, words))


_ALLOWED: Final = "write an https:// address, mailto:, # or a path of this site, such as /articles/night-ferry"

"""The body of a Markdown article as blocks: CommonMark by markdown-it-py, and `:::` containers for gates, audio and
embeds.

The containers are cut out first, line by line: in between stands nothing but CommonMark, and a `teaser:` followed by
`---` is not taken for a heading. What our blocks cannot say is a fault, never dropped and never shown as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from infra.ops.front_matter import Fault
from infra.ops.markdown_text import Inline, plain_text
from infra.ops.media import TYPES
from shared.domain.text import is_slug
from shared.domain.tiers import PASS_TIERS

_fence = re.compile(r":::\s*(?P<words>.*?)\s*")
_setting = re.compile(r"(?P<name>[A-Za-z_]+):(?:\s+(?P<value>.*?))?\s*")
_action = re.compile(r"(?P<label>.+?)\s*(?:->|→)\s*(?P<href>\S+)")
_cite = re.compile(r"(?:—|–|--)\s*")

_SETTINGS: Final = {"gate": ("teaser", "action"), "audio": ("title", "seconds"), "embed": ("provider", "title")}
_TIERS: Final = tuple(tier.value for tier in PASS_TIERS)
_STAND_IN: Final[dict[str, Any]] = {"type": "rule"}  # keeps the places of the blocks behind one that is at fault

_NOT_OURS: Final = {
    "fence": "a block of code; code stands in a line, between ` and `",
    "code_block": "four spaces at the beginning make this a block of code; take them out",
    "html_block": "HTML; write it in Markdown, or take it out",
    "table": "a table; write a list, or make it a picture whose origin is chart",
}


@dataclass(frozen=True)
class Body:
    """The blocks as the document has them; `lines` says where each place of the body stands in the file."""

    blocks: list[dict[str, Any]]
    lines: dict[str, int]
    faults: tuple[Fault, ...]
    used_pictures: frozenset[str]


def read_body(lines: Sequence[str], first_line: int, pictures: Mapping[str, Any]) -> Body:
    """The blocks in these lines, the first of which is line `first_line` of the file; `pictures` has what the front
    matter says of each picture, by its path."""
    reading = _Reading(lines, first_line, pictures)
    reading.read()
    return Body(reading.body, reading.lines, tuple(reading.faults), frozenset(reading.used_pictures))


@dataclass
class _Reading:
    """One body while it is read."""

    source: Sequence[str]
    first_line: int
    pictures: Mapping[str, Any]
    body: list[dict[str, Any]] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    used_pictures: set[str] = field(default_factory=set)
    gate: dict[str, Any] | None = None  # the one that is open
    gates: dict[str, int] = field(default_factory=dict)  # how many of each kind there are
    references: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # HTML is parsed, not rendered: so that it can be refused by its line. Links are looked at here, each with a
        # cure; markdown-it would leave a bad one standing as text.
        self.parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 50})
        self.parser.enable(["table", "strikethrough"]).disable("text_join")
        setattr(self.parser, "validateLink", lambda _: True)  # noqa: B010

    # Containers -----------------------------------------------------------------------------------------------------

    def read(self) -> None:
        self.parser.parse("\n".join(self.source), self.references)  # links by name work across containers
        at = start = 0
        opened: list[tuple[int, str]] = []
        while at < len(self.source):
            line = self.source[at]
            if not line.lstrip().startswith(":::"):
                at += 1
                continue
            self.text(start, at)
            found = _fence.fullmatch(line)
            words = found["words"] if found else ""
            if found is None or words.startswith(":"):
                self.fault(at, "a container is made of three colons at the beginning of the line: write `:::`")
                at += 1
            elif words:
                word, *given = words.split()
                at = self.container(at, word, given, opened)
            elif opened:
                _, word = opened.pop()
                if word == "gate" and not any(one == "gate" for _, one in opened):
                    self.close_gate()
                at += 1
            else:
                self.fault(at, "this closes nothing; take it out, or open a gate before it: `::: gate member analysis`")
                at += 1
            start = at
        self.text(start, len(self.source))
        for line_number, word in opened:
            self.fault(line_number, f"this {word} is not closed; write `:::` in a line of its own where it ends")

    def container(self, at: int, word: str, given: list[str], opened: list[tuple[int, str]]) -> int:
        """Take in what opens at this line; the line to go on with."""
        if word in ("audio", "embed"):
            return self.leaf(at, word, given)
        opened.append((at, word))
        if word != "gate":
            self.fault(at, f"there is no container “{word}”; write gate, audio or embed")
            return at + 1
        settings, end = self.settings(at + 1, "gate")
        if self.gate is not None:
            self.fault(at, "a gate cannot stand inside a gate; write `:::` before it to end the first one")
            return end
        gate: dict[str, Any] = {"type": "gate", "blocks": []}
        place = self.add(gate, at)
        if len(given) not in (2, 3):
            self.fault(at, "write `::: gate TIER KIND`, such as `::: gate member analysis`", place)
        tier, kind, name = (*given, "", "", "")[:3]
        if given and tier not in _TIERS:
            self.fault(at, f"there is no gate for “{tier}”; write {' or '.join(_TIERS)}", place)
        for slug in filter(None, (kind, name)):
            if not is_slug(slug):
                words = f"“{slug}” is not a slug; write lower-case letters, digits and single hyphens"
                self.fault(at, words, place)
        self.gates[kind] = self.gates.get(kind, 0) + 1
        gate |= {"id": name or f"{kind}-{self.gates[kind]}", "tier": tier, "kind": kind}
        if any(one.get("id") == gate["id"] for one in self.body[:-1]):
            words = f"another gate has the id “{gate['id']}”; give this one its own: `::: gate {tier} {kind} ID`"
            self.fault(at, words, place)
        gate["teaser"] = self.required(settings, "teaser", at, "`teaser: Members are reading: why …`", place)
        action = self.required(settings, "action", at, "`action: Become a member -> /join`", place)
        if action and (found := _action.fullmatch(action)):
            gate["call_to_action"] = {"label": found["label"], "href": found["href"]}
        elif action:
            words = f"“{action}” does not say where it leads; write `action: Become a member -> /join`"
            self.faults.append(Fault(self.lines[f"{place}.call_to_action"], words, place))
        self.gate = gate
        return end

    def close_gate(self) -> None:
        if self.gate is not None and not self.gate["blocks"]:
            place = f"body[{len(self.body) - 1}]"
            self.faults.append(Fault(self.lines[place], "there is nothing in this gate; write what it opens", place))
        self.gate = None

    def leaf(self, at: int, word: str, given: list[str]) -> int:
        """An audio or embed, which holds settings alone."""
        settings, end = self.settings(at + 1, word)
        is_closed = end < len(self.source) and _fence.fullmatch(self.source[end].rstrip()) is not None
        if is_closed and self.source[end].strip() == ":::":
            end += 1
        else:
            self.fault(at, f"this {word} is not closed; write `:::` in the line after its settings")
        block: dict[str, Any] = {"type": word}
        place = self.add(block, at)
        example = "/media/member/talk.mp3" if word == "audio" else "https://example.org/film"
        if len(given) != 1:
            self.fault(at, f"write what it is of: `::: {word} {example}`", place)
        block["src" if word == "audio" else "href"] = " ".join(given)
        if word == "embed":
            block["provider"] = self.required(settings, "provider", at, "`provider: Vimeo`", place)
            block["title"] = self.required(settings, "title", at, "`title: The crossing, filmed`", place)
            return end
        block["title"] = self.required(settings, "title", at, "`title: The crossing in thirty seconds`", place)
        if "seconds" in settings:
            seconds = self.required(settings, "seconds", at, "`seconds: 30`, or take the line out", place)
            if re.fullmatch(r"[0-9]{1,9}", seconds):
                block["seconds"] = int(seconds)
            elif seconds:
                words = f"“{seconds}” is not a whole number; write the length in seconds, such as `seconds: 30`"
                self.faults.append(Fault(self.lines[f"{place}.seconds"], words, place))
        media_type = TYPES.get(block["src"].rpartition(".")[2], "")
        if media_type.startswith("audio/"):
            block["media_type"] = media_type
        return end

    def settings(self, at: int, word: str) -> tuple[dict[str, tuple[int, str]], int]:
        """The `name: value` lines from here on, and the line behind them. A gate's end with `---`; a line that is
        indented goes on with the one before."""
        found: dict[str, tuple[int, str]] = {}
        last = ""
        known = _SETTINGS[word]
        for number in range(at, len(self.source)):
            line = self.source[number]
            if word == "gate" and line.strip() == "---":
                return found, number + 1
            setting = _setting.fullmatch(line)
            if setting and setting["name"] in found:
                self.fault(number, f"`{setting['name']}:` stands here a second time; keep one")
            elif setting and setting["name"] in known:
                last = setting["name"]
                found[last] = (number, setting["value"] or "")
            elif setting:
                fields = " and ".join(f"`{name}:`" for name in known)
                self.fault(number, f"{word} knows no `{setting['name']}:`; it has {fields}{_END_OF_HEAD[word]}")
            elif last and line[:1] in " \t" and line.strip():
                found[last] = (found[last][0], f"{found[last][1]} {line.strip()}".strip())
            elif word == "gate" and not line.strip():
                continue
            else:
                if word == "gate":
                    self.fault(number, "the gate's teaser and action end with a line `---`; write it before this line")
                return found, number
        return found, len(self.source)

    def required(self, settings: Mapping[str, tuple[int, str]], name: str, at: int, example: str, place: str) -> str:
        number, value = settings.get(name, (at, ""))
        self.lines[f"{place}.{'call_to_action' if name == 'action' else name}"] = self.first_line + number
        if not value:
            self.fault(number, f"`{name}:` is missing; write {example}", place)
        return value

    # Blocks ---------------------------------------------------------------------------------------------------------

    def text(self, start: int, end: int) -> None:
        """Take in lines of CommonMark."""
        if not any(line.strip() for line in self.source[start:end]):
            return
        try:
            tokens = self.parser.parse("\n".join(self.source[start:end]), self.references)
            for node in SyntaxTreeNode(tokens).children:
                self.block(node, start + (node.map[0] if node.map else 0), start)
        except RecursionError:
            self.fault(start, "markup is nested too deeply here; write it more plainly")

    def block(self, node: SyntaxTreeNode, at: int, start: int) -> None:
        made: dict[str, Any] | None = None
        match node.type:
            case "paragraph":
                inline = node.children[0]
                made = (
                    self.image(inline.children[0], at)
                    if [one.type for one in inline.children] == ["image"]
                    else {"type": "paragraph", "html": self.inline(inline.children, at)}
                )
            case "heading":
                made = self.heading(node, at)
            case "bullet_list" | "ordered_list":
                made = self.list(node, at, start)
            case "blockquote":
                made = self.quote(node, at, start)
            case "hr":
                made = {"type": "rule"}
            case other:
                self.fault(at, f"an article cannot hold {_NOT_OURS.get(other, other)}")
        place = self.add(made or dict(_STAND_IN), at)
        if made and made["type"] == "list":
            for i, item in enumerate(node.children):
                self.lines[f"{place}.items[{i}]"] = self.first_line + start + (item.map[0] if item.map else 0)

    def heading(self, node: SyntaxTreeNode, at: int) -> dict[str, Any] | None:
        if node.markup in ("-", "="):
            words = f"the {node.markup * 3} under this text makes a heading of it"
            return self.fault(at, f"{words}; write `## ` before a heading, an empty line before a rule")
        if node.tag not in ("h2", "h3"):
            return self.fault(at, "headings in a text have two levels; write `## ` or `### `")
        text = plain_text(node.children[0].children)
        if text is None:
            return self.fault(at, "a heading is plain text; take the markup out of it")
        if not text:
            return self.fault(at, "this heading is empty; write its text behind the `##`")
        return {"type": "heading", "text": text, "level": int(node.tag[1])}

    def list(self, node: SyntaxTreeNode, at: int, start: int) -> dict[str, Any] | None:
        items: list[str] = []
        is_good = True
        for item in node.children:
            line = start + item.map[0] if item.map else at
            if [one.type for one in item.children] == ["paragraph"]:
                items.append(self.inline(item.children[0].children[0].children, line))
                continue
            is_good = False
            if not item.children:
                self.fault(line, "this item is empty; write its text, or take it out")
                continue
            odd = next((one for one in item.children[1:] if one.type != "paragraph"), item.children[-1])
            inner = start + odd.map[0] if odd.map else line
            if odd.type.endswith("_list"):
                self.fault(inner, "lists do not nest; write one list, or two with a paragraph between them")
            else:
                self.fault(inner, "an item is one paragraph; write what follows as an item or paragraph of its own")
        if node.attrs.get("start", 1) != 1:
            return self.fault(at, "a list begins with 1; write `1.`, or put a backslash before the dot")
        return {"type": "list", "items": items, "ordered": node.type == "ordered_list"} if is_good else None

    def quote(self, node: SyntaxTreeNode, at: int, start: int) -> dict[str, Any] | None:
        for one in node.children:
            if one.type != "paragraph":
                line = start + one.map[0] if one.map else at
                return self.fault(line, "a quote holds paragraphs alone; take this out of it")
        made: dict[str, Any] = {"type": "quote"}
        parts = [list(one.children[0].children) for one in node.children]
        if not parts:
            return self.fault(at, "this quote is empty; write its text behind the `>`")
        breaks = [i for i, one in enumerate(parts[-1]) if one.type in ("softbreak", "hardbreak")]
        begin = breaks[-1] + 1 if breaks else 0
        cited = parts[-1][begin:]
        dash = _cite.match(cited[0].content) if cited and cited[0].type == "text" else None
        if dash:
            parts[-1] = parts[-1][: max(begin - 1, 0)]
            last = node.children[-1].map
            line = start + last[1] - 1 if last else at
            links = [one for one in cited if one.type == "link"]
            if len(links) == 1 and cited[-1] is links[0] and cited[0].content == dash.group() and len(cited) == 2:
                inline = Inline(self.first_line + line)
                made["href"] = inline.href(links[0])
                self.faults += inline.faults
                cite = plain_text(links[0].children)
            else:
                cite = plain_text(cited)
                cite = cite[dash.end() :] if cite else cite
            if not cite:
                return self.fault(line, "who is quoted is a name or one link; write `> — Name`")
            made["cite"] = cite
        offset = [one.map[0] if one.map else 0 for one in node.children]
        html = "<br><br>".join(self.inline(part, start + offset[i]) for i, part in enumerate(parts) if part)
        if not html:
            return self.fault(at, "this quote has a name and no words; write what was said before the `> — Name`")
        return {**made, "html": html}

    def image(self, node: SyntaxTreeNode, at: int) -> dict[str, Any] | None:
        src = str(node.attrs.get("src", ""))
        if node.attrs.get("title"):
            return self.fault(at, f"a caption stands in the front matter; write it under pictures: {src}: caption:")
        alt = plain_text(node.children or [])
        if not alt:
            return self.fault(at, f"say in plain words what is to be seen; write `![A ferry at night]({src})`")
        self.used_pictures.add(src)
        if src not in self.pictures:
            return self.fault(at, f"the front matter says nothing of {src}; write its origin under pictures:")
        return {"type": "image", "picture": {"src": src, "alt": alt, **(self.pictures[src] or {})}}

    def inline(self, nodes: Sequence[SyntaxTreeNode], at: int) -> str:
        inline = Inline(self.first_line + at)
        html = inline.html(nodes)
        self.faults += inline.faults
        return html

    def add(self, block: dict[str, Any], at: int) -> str:
        """Put the block where it belongs; its place in the document."""
        if self.gate is None:
            self.body.append(block)
            place = f"body[{len(self.body) - 1}]"
        else:
            self.gate["blocks"].append(block)
            place = f"body[{len(self.body) - 1}].blocks[{len(self.gate['blocks']) - 1}]"
        self.lines[place] = self.first_line + at
        return place

    def fault(self, at: int, words: str, place: str = "") -> dict[str, Any] | None:
        """Note what is wrong; the block that there is then: None."""
        self.faults.append(Fault(self.first_line + at, words, place))
        return None


_END_OF_HEAD: Final = {"gate": ", and ends with a line `---`", "audio": "", "embed": ""}


def image_places(blocks: Sequence[Mapping[str, Any]], place: str = "body") -> Iterator[tuple[str, str]]:
    """The place and path of every image in these blocks, those inside gates too."""
    for i, block in enumerate(blocks):
        if block["type"] == "image":
            yield f"{place}[{i}]", block["picture"]["src"]
        elif block["type"] == "gate":
            yield from image_places(block["blocks"], f"{place}[{i}].blocks")

"""Ghost's editor state (5 and later), read into nodes: JSON of Lexical, with Ghost's own cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from infra.ops.ghost.cards import card
from infra.ops.ghost.nodes import MAX_DEPTH, NOBODY, Node, Part, TooDeep, audience, clean
from shared.domain.tiers import Tier

# Lexical's TextNode: a bit for each format.
_FORMATS: Final = ((1, "strong"), (2, "em"), (4, "s"), (16, "code"), (32, "sub"), (64, "sup"), (128, "mark"))
_CONTAINERS: Final = {
    "paragraph": "p",
    "quote": "blockquote",
    "extended-quote": "blockquote",
    "aside": "blockquote",
    "listitem": "li",
}


class NotLexical(Exception):
    """This is no editor state."""


def read_lexical(document: Any) -> tuple[Part, ...]:
    """The nodes of an editor state. Raises NotLexical, TooDeep."""
    root = document.get("root") if isinstance(document, dict) else None
    if not isinstance(root, dict) or not isinstance(root.get("children"), list):
        raise NotLexical
    return _parts(root["children"], 0)


def _parts(nodes: Iterable[Any], depth: int) -> tuple[Part, ...]:
    if depth > MAX_DEPTH:
        raise TooDeep
    return tuple(part for node in nodes if isinstance(node, dict) for part in _part(node, depth))


def _part(node: Mapping[str, Any], depth: int) -> tuple[Part, ...]:
    kind = str(node.get("type", ""))
    match kind:
        case "text" | "extended-text" | "tk" | "emoji":
            return (_text(node),)
        case "linebreak":
            return (Node("br"),)
        case "tab":
            return (" ",)
        case "zwnj" | "at-link-search":
            return ()
    children = node.get("children")
    inner = _parts(children, depth + 1) if isinstance(children, list) else ()
    match kind:
        case "heading" | "extended-heading":
            tag = node.get("tag")
            return (Node(tag if tag in ("h1", "h2", "h3", "h4", "h5", "h6") else "h2", {}, inner),)
        case "link" | "autolink" | "at-link":
            return (Node("a", {"href": clean(str(node.get("url") or ""))}, inner),)
        case "list":
            return (Node("ol" if node.get("listType") == "number" or node.get("tag") == "ol" else "ul", {}, inner),)
        case _ if kind in _CONTAINERS:
            return (Node(_CONTAINERS[kind], {}, inner),)
    made = (*card(kind, node), *inner)
    shown_to = _audience(node.get("visibility"))
    return made if shown_to == Tier.ANONYMOUS.value else (Node("only", {"for": shown_to}, made),)


def _text(node: Mapping[str, Any]) -> Part:
    made: Part = clean(str(node.get("text") or ""))
    formats = node.get("format")
    for bit, name in _FORMATS:
        if isinstance(formats, int) and formats & bit and made:
            made = Node(name, {}, (made,))
    return made


def _audience(visibility: Any) -> str:
    """For whom a card is on the site. What cannot be read shuts it."""
    if visibility is None:
        return Tier.ANONYMOUS.value
    if not isinstance(visibility, dict):
        return NOBODY
    web = visibility.get("web")
    if isinstance(web, dict):
        return audience(web.get("nonMember") is True, str(web.get("memberSegment") or ""))
    # As it was written before 2025; then everyone or nobody saw a card on the site.
    hidden = visibility.get("showOnWeb") is False or visibility.get("emailOnly") is True
    return NOBODY if hidden else Tier.ANONYMOUS.value

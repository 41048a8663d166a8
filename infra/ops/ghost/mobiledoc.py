"""Ghost's older posts (2 to 4), read into nodes: mobiledoc 0.3.

https://github.com/bustle/mobiledoc-kit/blob/master/MOBILEDOC.md
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from infra.ops.ghost.cards import card
from infra.ops.ghost.nodes import Node, Part, clean


class NotMobiledoc(Exception):
    """This is no mobiledoc."""


def read_mobiledoc(document: Any) -> tuple[Part, ...]:
    """The nodes of a mobiledoc. Raises NotMobiledoc, TooDeep."""
    try:
        return tuple(part for section in document["sections"] for part in _section(section, document))
    except (KeyError, TypeError, IndexError, ValueError, AttributeError):  # it is made of numbered places
        raise NotMobiledoc from None


def _section(section: Any, document: Any) -> tuple[Part, ...]:
    match section[0]:
        case 1:
            name = str(section[1]).lower()
            inner = _inline(section[2], document)
            return (Node("blockquote" if name in ("aside", "pull-quote") else name, {}, inner),)
        case 2:
            return (captionless(str(section[1])),)
        case 3:
            items = tuple(Node("li", {}, _inline(item, document)) for item in section[2])
            return (Node("ol" if section[1] == "ol" else "ul", {}, items),)
        case 10:
            kind, properties = document["cards"][section[1]]
            return card(str(kind), properties if isinstance(properties, dict) else {})
    raise NotMobiledoc


def captionless(src: str) -> Node:
    return Node("picture", {"src": clean(src), "alt": ""})


def _inline(markers: Iterable[Any], document: Any) -> tuple[Part, ...]:
    """Markers open markups by their numbers, and close so many of those that are open."""
    open_now: list[tuple[Node, list[Part]]] = [(Node("p"), [])]
    for kind, opened, closed, value in markers:
        for number in opened:
            name, *given = document["markups"][number]
            pairs = given[0] if given else []
            open_now.append((Node(str(name).lower(), dict(zip(pairs[::2], map(str, pairs[1::2]), strict=True))), []))
        if kind == 0:
            open_now[-1][1].append(clean(str(value)))
        elif document["atoms"][value][0] == "soft-return":
            open_now[-1][1].append(Node("br"))
        else:
            open_now[-1][1].append(clean(str(document["atoms"][value][1])))
        for _ in range(closed):
            node, inner = open_now.pop()
            open_now[-1][1].append(Node(node.name, node.attributes, tuple(inner)))
    while len(open_now) > 1:
        node, inner = open_now.pop()
        open_now[-1][1].append(Node(node.name, node.attributes, tuple(inner)))
    return tuple(open_now[0][1])

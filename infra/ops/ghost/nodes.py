"""What a Ghost post is read into, whichever way it was written: a tree of named nodes and texts, and where it closes.

Names are HTML's, and a few of our own for what Ghost calls cards: `picture`, `sound`, `elsewhere`, `press`,
`code-block`, `left-out`; `paywall` is the public preview's end, `only` a part for some (`for`: a tier, or `nobody`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from lxml import etree, html

from shared.domain.tiers import Tier

NOBODY: Final = "nobody"
MAX_DEPTH: Final = 100
"""How deeply nodes may lie in each other; nobody writes a text so."""


@dataclass(frozen=True)
class Node:
    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: tuple[Part, ...] = ()

    def get(self, name: str) -> str:
        return self.attributes.get(name, "")

    def is_of(self, *classes: str) -> bool:
        return not set(classes).isdisjoint(self.get("class").split())

    def walk(self) -> Iterator[Node]:
        """This node and all in it, in the order of the text."""
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()

    def first(self, wanted: str) -> Node | None:
        """The first in it of that class (`.name`) or name."""
        for one in self.walk():
            if one.is_of(wanted[1:]) if wanted.startswith(".") else one.name == wanted:
                return one
        return None


Part: TypeAlias = Node | str
PAYWALL: Final = Node("paywall")


class TooDeep(Exception):
    """Nodes lie in each other more deeply than any text."""


def text_of(parts: Iterable[Part]) -> str:
    """The words of these for everyone, without markup, in one line: none from behind a paywall, or from a part for
    some."""
    return " ".join("".join(_words(at_paywall(parts)[0])).split())


def _words(parts: Iterable[Part]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, str):
            yield part
        elif part.name == "only" or part.name in DROPPED:
            continue
        elif part.name == "br" or part.name in BLOCKS:
            yield " "
            yield from _words(part.children)
            yield " "
        else:
            yield from _words(part.children)


BLOCKS: Final = frozenset(
    {
        *("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "figure"),
        *("figcaption", "pre", "table", "tr", "td", "th", "hr", "section", "article", "aside"),
    }
)

DROPPED: Final = frozenset(
    {
        *("script", "style", "noscript", "template", "form", "textarea", "select", "object", "applet", "svg", "math"),
        *("canvas", "title", "frameset", "map", "dialog", "button"),
    }
)
"""What in HTML is no text, with all that is in it."""
EMPTY: Final = frozenset({"embed", "base", "link", "meta", "input", "frame"})
"""What has nothing in it. The parser knows not all of them, and puts into one what follows it."""

# Where it closes ------------------------------------------------------------------------------------------------------


def at_paywall(parts: Iterable[Part]) -> tuple[tuple[Part, ...], tuple[Part, ...] | None]:
    """What stands before the first paywall, however deep that lies, and what behind it; None where there is none.

    Ghost cuts the text there, whatever element that is in: so what is begun before it goes on behind it.
    """
    before: list[Part] = []
    rest = list(parts)
    for i, part in enumerate(rest):
        if not isinstance(part, Node):
            before.append(part)
        elif part.name == "paywall":
            return tuple(before), _without_paywalls(rest[i + 1 :])
        else:
            inside, behind = at_paywall(part.children)
            if behind is not None:
                before.append(replace(part, children=inside))
                return tuple(before), (replace(part, children=behind), *_without_paywalls(rest[i + 1 :]))
            before.append(part)
    return tuple(before), None


def _without_paywalls(parts: Iterable[Part]) -> tuple[Part, ...]:
    kept = (part for part in parts if not isinstance(part, Node) or part.name != "paywall")
    return tuple(
        replace(part, children=_without_paywalls(part.children)) if isinstance(part, Node) else part for part in kept
    )


def audience(non_members: bool, segment: str) -> str:
    """For whom a card is, as Ghost decides it (its `checkGatedBlockAccess`): the lowest of our tiers that sees it,
    or NOBODY where no tier of ours would be right: for those who have not paid, or for no one on the site."""
    if non_members:
        return Tier.ANONYMOUS.value if "status:-free" in segment else NOBODY
    if "status:-free" not in segment:
        return NOBODY
    return Tier.SUBSCRIBER.value if "status:free" in segment.split(",") else Tier.MEMBER.value


# HTML -----------------------------------------------------------------------------------------------------------------

_marker = re.compile(
    r"<!--\s*(?:(?P<wall>members-only)|kg-gated-block:begin\b(?P<for>.*?)|(?P<end>kg-gated-block:end))\s*-->",
    re.IGNORECASE | re.DOTALL,
)
_segment = re.compile(r"""memberSegment:["']?([^"'\s]*)""")
_never_text = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without characters that nobody means to write."""
    return _never_text.sub("", str(text)).replace("\x85", " ").replace("\u2028", " ").replace("\u2029", " ")


def read_html(source: str) -> tuple[Part, ...]:
    """The nodes of this HTML. Raises TooDeep.

    Ghost's markers are found in its letters, as Ghost does it, not in the tree that they would lie in. Nothing of the
    HTML goes into an article as it is: what is made of these nodes is written anew.
    """
    made: list[Part] = []
    inner: list[Part] | None = None
    shown_to = ""
    at = 0
    for found in _marker.finditer(source):
        here = made if inner is None else inner
        here += _parsed(source[at : found.start()])
        at = found.end()
        if found["wall"] is None and found["end"] is None:  # a second beginning ends the first
            _end_only(made, inner, shown_to)
            said = _segment.search(found["for"])
            shown_to = audience("nonMember:true" in found["for"], said[1] if said else "")
            inner = []
            continue
        _end_only(made, inner, shown_to)
        inner = None
        if found["wall"] is not None:
            made.append(PAYWALL)
    (made if inner is None else inner).extend(_parsed(source[at:]))
    _end_only(made, inner, shown_to)
    return tuple(made)


def _end_only(made: list[Part], inner: list[Part] | None, shown_to: str) -> None:
    if inner:
        made.append(Node("only", {"for": shown_to}, tuple(inner)))


def _parsed(source: str) -> tuple[Part, ...]:
    if "<" not in source and "&" not in source:
        return (clean(source),) if source else ()
    try:
        body = html.fragment_fromstring(clean(source), create_parent="body")
    except (etree.LxmlError, ValueError, AssertionError):  # nothing in it but comments
        return ()
    return _from_element(body, 0).children


def _from_element(element: html.HtmlElement, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise TooDeep
    children: list[Part] = [element.text] if element.text else []
    for child in element:
        if isinstance(child.tag, str):
            children.append(_from_element(child, depth + 1))
        if child.tail:
            children.append(child.tail)
    attributes = {str(name).lower(): str(value) for name, value in element.attrib.items()}
    return _card(Node(str(element.tag).lower(), attributes, tuple(children)))


# Cards as HTML --------------------------------------------------------------------------------------------------------


def _card(node: Node) -> Node:
    """What Ghost's editor has made of a card, as one of our own nodes; any other node as it is."""
    if node.is_of("kg-bookmark-card"):
        link, title = node.first("a"), node.first(".kg-bookmark-title")
        publisher = node.first(".kg-bookmark-publisher")
        return elsewhere(
            link.get("href") if link else "",
            text_of(title.children) if title else "",
            text_of(publisher.children) if publisher else "",
            _caption(node),
        )
    if node.is_of("kg-audio-card"):
        sound, title = node.first("sound"), node.first(".kg-audio-title")
        said = {"src": sound.get("src") if sound else "", "title": text_of(title.children) if title else ""}
        return Node("sound", said)
    if node.is_of("kg-button-card") and (link := node.first("a")):
        return Node("press", {"href": link.get("href")}, link.children)
    for what in ("signup", "video", "file", "email", "email-cta"):
        if node.is_of(f"kg-{what}-card"):
            return left_out(what, _caption(node))
    if node.is_of("twitter-tweet", "instagram-media", "tiktok-embed"):
        links = [one.get("href") for one in node.walk() if one.name == "a"]
        return elsewhere(node.get("cite") or (links[-1] if links else ""), text_of(node.children)[:200], "", ())
    match node.name:
        case "iframe":
            return elsewhere(node.get("src"), node.get("title"), "", ())
        case "audio":
            source = node.first("source")
            return Node("sound", {"src": node.get("src") or (source.get("src") if source else "")})
        case "video":
            return left_out("video", ())
        case "img":
            return Node("picture", {"src": node.get("src") or node.get("data-src"), "alt": node.get("alt")})
        case "figure":
            caption = [one for one in node.children if isinstance(one, Node) and one.name == "figcaption"]
            others = [one for one in node.children if one not in caption]
            words = caption[0].children if len(caption) == 1 else tuple(caption)
            return captioned(others, words)
        case "pre":
            return Node("code-block", {}, ("".join(_verbatim(node)),))
    return node


def _verbatim(node: Node) -> Iterator[str]:
    for part in node.children:
        if isinstance(part, str):
            yield part
        else:
            yield "\n" if part.name == "br" else "".join(_verbatim(part))


def _caption(node: Node) -> tuple[Part, ...]:
    found = node.first("figcaption")
    return found.children if found else ()


def elsewhere(href: str, title: str, provider: str, caption: Iterable[Part]) -> Node:
    """Something that lives elsewhere: a bookmark, an embed."""
    return Node("elsewhere", {"href": href, "title": title, "provider": provider}, tuple(caption))


def left_out(what: str, caption: Iterable[Part]) -> Node:
    """A card that no block of ours can hold; its caption is a text."""
    return Node("left-out", {"what": what}, tuple(caption))


def captioned(parts: Iterable[Part], caption: Iterable[Part]) -> Node:
    """What stands in a figure. What is said of its pictures stands under the last; where there is none, it is text."""
    said, behind = at_paywall(caption)
    made, is_said = _under_last(tuple(parts), text_of(said))
    closed = () if behind is None else (PAYWALL, *behind)
    return Node("div", {}, (*made, *(() if is_said else (Node("p", {}, said),)), *closed))


def _under_last(parts: tuple[Part, ...], words: str) -> tuple[tuple[Part, ...], bool]:
    """These with the words under the last picture in them, and whether there is one."""
    for i, part in reversed(list(enumerate(parts))):
        if not isinstance(part, Node):
            continue
        if part.name == "picture":
            made = replace(part, attributes={**part.attributes, "caption": words})
            return (*parts[:i], made, *parts[i + 1 :]), True
        inner, is_said = _under_last(part.children, words)
        if is_said:
            return (*parts[:i], replace(part, children=inner), *parts[i + 1 :]), True
    return parts, False

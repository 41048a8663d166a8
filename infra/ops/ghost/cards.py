"""Ghost's cards by their names and properties, the same in its newer and its older editor's JSON, made into nodes.

The names are those of Ghost's kg-default-nodes and kg-default-cards.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from markdown_it import MarkdownIt

from infra.ops.ghost.nodes import PAYWALL, Node, Part, captioned, clean, elsewhere, left_out, read_html, text_of

_LEFT_OUT: Final = {"email": "email", "email-cta": "email-cta", "signup": "signup", "collection": "collection"}
_markdown: Final = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def card(kind: str, of: Mapping[str, Any]) -> tuple[Part, ...]:
    """The nodes of a card with these properties. Raises TooDeep."""

    def said(name: str) -> str:
        value = of.get(name)
        return clean(value) if isinstance(value, str) else ""

    def markup(name: str) -> tuple[Part, ...]:
        return read_html(said(name))

    metadata = of.get("metadata")

    def about(name: str) -> str:
        value = metadata.get(name) if isinstance(metadata, dict) else None
        return clean(value) if isinstance(value, str) else ""

    match kind:
        case "paywall":
            return (PAYWALL,)
        case "horizontalrule" | "hr":
            return (Node("hr"),)
        case "image":
            shown = _picture(of, said("src"))
            linked = Node("a", {"href": said("href")}, (shown,)) if said("href") else shown
            return (captioned((linked,), markup("caption")),)
        case "gallery":
            images = [one for one in of.get("images") or () if isinstance(one, dict)]
            return (captioned([_picture(one, str(one.get("src") or "")) for one in images], markup("caption")),)
        case "html":
            return read_html(said("html"))
        case "markdown" | "card-markdown":
            return read_html(str(_markdown.render(said("markdown"))))
        case "audio":
            return (Node("sound", {"src": said("src"), "title": said("title")}), *_paragraph(markup("caption")))
        case "bookmark":
            title, publisher = said("title") or about("title"), said("publisher") or about("publisher")
            return (elsewhere(said("url") or about("url"), title, publisher, markup("caption")),)
        case "embed":
            frame = Node("div", {}, markup("html")).first("elsewhere")
            href = said("url") or (frame.get("href") if frame else "")
            title = about("title") or (frame.get("title") if frame else "")
            return (elsewhere(href, title, about("provider_name"), markup("caption")),)
        case "button":
            return (Node("press", {"href": said("buttonUrl")}, (said("buttonText"),)),)
        case "callout":
            sign = said("calloutEmoji")
            return (Node("p", {}, (*((f"{sign} ",) if sign else ()), *_unwrapped(markup("calloutText")))),)
        case "toggle":
            return (Node("h3", {}, markup("heading")), *markup("content"))
        case "header":
            return (Node("h2", {}, markup("header")), *_paragraph(markup("subheader")), *_button(of, "button"))
        case "product":
            picture = (
                (_picture({"alt": text_of(markup("productTitle"))}, said("productImageSrc")),)
                if said("productImageSrc")
                else ()
            )
            button = Node("press", {"href": said("productUrl")}, (said("productButton"),))
            return (
                *picture,
                Node("h3", {}, markup("productTitle")),
                *_paragraph(markup("productDescription")),
                *((button,) if of.get("productButtonEnabled") and said("productUrl") else ()),
            )
        case "call-to-action":
            picture = (_picture({}, said("imageUrl")),) if said("imageUrl") else ()
            return (
                *picture,
                *_paragraph(markup("textValue")),
                *(_button(of, "button") if of.get("showButton") else ()),
            )
        case "codeblock" | "code":
            return (Node("code-block", {}, (said("code"),)), *_paragraph(markup("caption")))
        case "video" | "file":
            return (left_out(kind, markup("caption")),)
        case _:
            return (left_out(_LEFT_OUT.get(kind, "unknown card"), ()),)


def _picture(of: Mapping[str, Any], src: str) -> Node:
    alt = of.get("alt")
    return Node("picture", {"src": src, "alt": clean(alt) if isinstance(alt, str) else ""})


def _button(of: Mapping[str, Any], name: str) -> tuple[Part, ...]:
    href, words = of.get(f"{name}Url"), of.get(f"{name}Text")
    is_meant = isinstance(href, str) and isinstance(words, str) and href and words
    is_meant = is_meant and of.get(f"{name}Enabled", True)
    return (Node("press", {"href": str(href)}, (clean(str(words)),)),) if is_meant else ()


def _paragraph(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    return (Node("div", {}, parts),) if parts else ()


def _unwrapped(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """What stands in a paragraph, if that is all there is."""
    whole = [part for part in parts if not isinstance(part, str) or part.strip()]
    return whole[0].children if len(whole) == 1 and isinstance(whole[0], Node) and whole[0].name == "p" else parts

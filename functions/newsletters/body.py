"""An article's body as a mail shows it: what a tier may see of it, piece by piece, as HTML and as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from markupsafe import Markup
from msgspec import Struct

from functions.newsletters.inline import absolute, mailed_html, plain_text
from shared.domain.articles import LockedGate, OpenGate, SeenArticle, SeenBlock
from shared.domain.blocks import Audio, Embed, Heading, Image, List, Paragraph, Quote, Rule
from shared.domain.paper import Paper
from shared.domain.tiers import Tier
from shared.mailing.letters import Wording, one_line, some_lines


class Piece(Struct, frozen=True):
    """A piece of the body: its kind, what the HTML shows of it, and what the text does. `is_gated`: it stands in a gate
    that is open."""

    kind: str
    html: Any
    text: str
    is_gated: bool = False


class Body:
    """What turns blocks into pieces, for one paper and article. Pictures and sounds do not come with a mail: it names
    them, and the article has them."""

    def __init__(self, paper: Paper, wording: Wording, seen: SeenArticle) -> None:
        self._paper, self._wording = paper, wording
        self._page = f"{paper.url}/articles/{seen.slug}"
        self._seen = seen

    def pieces(self) -> tuple[Piece, ...]:
        return tuple(self._pieces(self._seen.body, is_gated=False))

    def _pieces(self, blocks: Iterable[SeenBlock], *, is_gated: bool) -> Iterator[Piece]:
        for block in blocks:
            match block:
                case OpenGate(blocks=inner):
                    yield from self._pieces(inner, is_gated=True)
                case LockedGate():
                    yield self._gate(block)
                case _:
                    kind, html, text = self._shown(block)
                    yield Piece(kind, html, text, is_gated)

    def _gate(self, gate: LockedGate) -> Piece:
        names = self._paper.tiers.member if gate.tier is Tier.MEMBER else self._paper.tiers.subscriber
        opens = self._wording.say("mail_article_opens", tier=names.many)
        href = absolute(gate.call_to_action.href, self._paper.url, self._page)
        label = gate.call_to_action.label
        text = f"[{one_line(opens)}]\n{some_lines(gate.teaser)}\n{one_line(label)}: {href}"
        return Piece("gate", {"opens": opens, "teaser": gate.teaser, "label": label, "href": href}, text)

    def _shown(self, block: SeenBlock) -> tuple[str, Any, str]:
        say = self._wording.say
        match block:
            case Paragraph(html=html):
                return "paragraph", self._html(html), self._text(html)
            case Heading(text=text, level=level):
                return f"heading{level}", text, one_line(text)
            case List(items=items, ordered=ordered):
                kept = [self._html(item) for item in items]
                signs = [f"{number}." if ordered else "-" for number in range(1, len(items) + 1)]
                lines = [f"{sign} {self._text(item)}" for sign, item in zip(signs, items, strict=True)]
                return "ordered" if ordered else "list", kept, "\n".join(lines)
            case Quote(html=html, cite=cite, href=href):
                quoted = "\n".join(f"> {line}" for line in self._text(html).splitlines())
                source = href and absolute(href, self._paper.url, self._page)
                by = " ".join(part for part in (one_line(cite or ""), f"({source})" if source else "") if part)
                shown = {"words": self._html(html), "cite": cite, "source": source}
                return "quote", shown, f"{quoted}\n— {by}" if by else quoted
            case Image(picture=picture):
                told = picture.caption or picture.alt
                name = "mail_article_picture_ai" if picture.origin == "ai" else "mail_article_picture"
                words = say(name, alt=told)
                return "aside", words, f"[{one_line(words)}]"
            case Audio(title=title):
                words = say("mail_article_sound", title=title)
                return "link", {"words": words, "href": self._page}, f"[{one_line(words)}: {self._page}]"
            case Embed(title=title, href=href):
                return "link", {"words": title, "href": href}, f"[{one_line(title)}: {href}]"
            case Rule():
                return "rule", None, "* * *"
        raise TypeError(type(block).__name__)

    def _html(self, html: str) -> Markup:
        return mailed_html(html, self._paper.url, self._page)

    def _text(self, html: str) -> str:
        return some_lines(plain_text(html, self._paper.url, self._page))

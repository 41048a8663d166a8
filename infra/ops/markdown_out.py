"""A published article as the Markdown file that it would be published from again: `read_markdown`, backwards.

Nothing here has to be believed: the file is read back, and given only where it says that very article.
"""

from __future__ import annotations

import html
import json
import re
import string
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from infra.ops.front_matter import slug_of
from infra.ops.markdown import read_markdown
from infra.ops.media import Look
from shared.domain.articles import Article, Block, Gate
from shared.domain.blocks import Audio, Embed, Heading, Image, List, Paragraph, Quote, Rule
from shared.domain.text import is_tidy, unbalanced_tag

_DELIMITERS: Final = {"em": 1, "strong": 2, "s": 2}
_UNSEEN: Final = "\t\n\x85\u2028\u2029\ufeff"  # a file may not have these, or they end its lines
_piece = re.compile(r'<code>(?P<code>[^<]+)</code>|<(?P<end>/?)(?P<tag>[a-z]+)(?: href="(?P<href>[^"]*)")?>|[^<]+')
_special = re.compile(
    r"[\\`*\[\]~]"
    r"|(?<![^\W_])_|_(?![^\W_])"  # within a word it stands for itself
    r"|<(?=[A-Za-z/!?]|\Z)"
    r"|&(?=#?\w+;)"
    rf"|[{_UNSEEN}]"
)
_line_start = re.compile(r"\A(\d{0,9})(#+(?=\s|\Z)|>|=|\||[-+](?=[-\s|:]|\Z)|:(?=::|-)|(?<=\d)[.)](?=\s|\Z))")
_last_hashes = re.compile(r"(?<!\S)#+\Z")  # would be taken off a heading
_dash = re.compile(r"\A[—–]")  # would name who is quoted
# What may stand in YAML as it is: no indicator at its beginning, and nothing that ends it before its end.
_plain = re.compile(r"(?!(?:null|Null|NULL)\Z)(?:[^\W_]|/)(?:[^\x00-\x1f:#]|:(?=[^\s,\[\]{}])|(?<=\S)#)*\Z")
_not_in_yaml = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def to_markdown(article: Article, look: Look | None = None) -> str | None:
    """The Markdown file that this very article would be published from; None where Markdown cannot say it.

    With `look` it leaves out of pictures and sounds what that finds in their files.
    """
    try:
        fields = _fields(article)
        body = list(_body(article.body, is_measured=look is not None))
        text = "\n".join(("---", *_yaml(_unmeasured(fields) if look else fields), "---", "", *body))
    except _Unsayable:
        return None
    return text if read_markdown(text.encode(), look or (lambda _: None)).article == article else None


class _Unsayable(Exception):
    """Markdown has nothing for this."""


# The fields ---------------------------------------------------------------------------------------------------------


def _fields(article: Article) -> dict[str, Any]:
    """What the front matter says, in the order of the file that `frontline new` writes."""
    said: dict[str, Any] = msgspec.to_builtins(article)
    said["published_at"] = article.published_at.isoformat()
    if article.updated_at is not None:
        said["updated_at"] = article.updated_at.isoformat()
    said["corrections"] = [{"at": one.at.isoformat(), "note": one.note} for one in article.corrections]
    if slug_of(article.section.name) == article.section.slug:
        said["section"] = article.section.name
    author = said["author"]
    said["author"] = {"name": author.pop("name"), **author}
    if slug_of(article.author.name) == article.author.slug:
        del said["author"]["slug"]
    said["pictures"] = {
        picture.pop("src"): {name: fact for name, fact in picture.items() if name != "alt"}
        for picture in map(msgspec.to_builtins, _pictures(article.body))
    }
    return {name: said[name] for name in _ORDER if said.get(name)}


_ORDER: Final = (
    *("id", "slug", "kind", "title", "standfirst", "section", "author", "language", "published_at", "updated_at"),
    *("corrections", "tags", "lead_picture", "pictures", "sources", "production"),
)


def _unmeasured(fields: Mapping[str, Any]) -> dict[str, Any]:
    """These fields without what a picture's file tells."""
    return {
        name: _unmeasured(value) if isinstance(value, Mapping) else value
        for name, value in fields.items()
        if name not in ("width", "height", "widths")
    }


def _pictures(blocks: Sequence[Block]) -> Iterator[Any]:
    for block in blocks:
        if isinstance(block, Image):
            yield block.picture
        elif isinstance(block, Gate):
            yield from _pictures(block.blocks)


def _yaml(fields: Mapping[str, Any]) -> Iterator[str]:
    """These fields as lines of YAML."""
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield f"{name}:"
            yield from (f"  {line}" for line in _yaml(value))
        elif isinstance(value, Sequence) and value and isinstance(value[0], Mapping):
            yield f"{name}:"
            for one in value:
                yield from (f"  {'  ' if i else '- '}{line}" for i, line in enumerate(_yaml(one)))
        elif isinstance(value, str):
            yield f"{name}: {_quoted(value)}"
        elif isinstance(value, Sequence):
            items = (_quoted(one, ",[]{}") if isinstance(one, str) else str(one) for one in value)
            yield f"{name}: [{', '.join(items)}]"
        else:
            yield f"{name}: {value}"


def _quoted(text: str, besides: str = "") -> str:
    """A text as YAML has it, in quotes where it has to be; `besides` are characters that want them here."""
    is_plain = _plain.match(text) and text == text.strip() and not any(one in text for one in besides)
    if is_plain and not _not_in_yaml.search(text):
        return text
    return _not_in_yaml.sub(lambda found: f"\\u{ord(found.group()):04x}", json.dumps(text, ensure_ascii=False))


# Blocks -------------------------------------------------------------------------------------------------------------


def _body(blocks: Sequence[Block], *, is_measured: bool) -> Iterator[str]:
    """These blocks as lines, with an empty one behind each. `is_measured`: files tell how long a sound is."""
    kinds: dict[str, int] = {}
    before: Block | None = None
    is_other = False
    for block in blocks:
        # Two lists would be one, were their markers the same.
        is_other = (
            isinstance(block, List) and isinstance(before, List) and block.ordered == before.ordered and not is_other
        )
        before = block
        match block:
            case Gate(id=name, kind=kind):
                kinds[kind] = kinds.get(kind, 0) + 1
                words = f"::: gate {block.tier.value} {kind}"
                yield words if name == f"{kind}-{kinds[kind]}" else f"{words} {name}"
                yield f"teaser: {block.teaser}"
                yield f"action: {block.call_to_action.label} -> {block.call_to_action.href}"
                yield "---"
                *inner, _ = _body(block.blocks, is_measured=is_measured)
                yield from inner
                yield ":::"
            case Paragraph(text):
                yield from _lines(text)
            case Heading(text, level):
                yield f"{'#' * level} {_last_hashes.sub(_escaped, _plain_text(text))}"
            case List(items, is_ordered):
                bullet, sign = ("*", ")") if is_other else ("-", ".")
                for i, item in enumerate(items):
                    marker = f"{i + 1}{sign}" if is_ordered else bullet
                    first, *rest = _lines(item)
                    yield f"{marker} {first}"
                    yield from (f"{' ' * len(marker)} {line}" for line in rest)
            case Quote():
                yield from (f"> {line}".rstrip() for line in _quote(block))
            case Image(picture):
                yield f"![{_plain_text(picture.alt)}]({picture.src})"
            case Audio(src, title, seconds):
                length = () if is_measured else (f"seconds: {seconds}",)
                yield from (f"::: audio {src}", f"title: {title}", *length, ":::")
            case Embed(provider, href, title):
                yield from (f"::: embed {href}", f"provider: {provider}", f"title: {title}", ":::")
            case Rule():
                yield "---"
        yield ""


def _quote(quote: Quote) -> Iterator[str]:
    parts = quote.html.split("<br><br>")
    if not all(part and unbalanced_tag(part) is None for part in parts):
        parts = [quote.html]
    lines = [line for part in parts for line in ("", *_lines(part))][1:]
    if quote.cite is None:
        lines[-1] = _dash.sub(lambda found: _reference(found.group()), lines[-1])
    yield from lines
    if quote.cite is not None:
        name = _plain_text(quote.cite)
        yield f"— {name}" if quote.href is None else f"— [{name}]({_address(quote.href)})"


# Text ---------------------------------------------------------------------------------------------------------------


def _lines(markup: str) -> list[str]:
    """This inline HTML as lines of a paragraph: one, and one more for each <br>."""
    if not is_tidy(markup):
        raise _Unsayable  # could be read, not published
    text = _Text()
    for found in _piece.finditer(markup):
        if found["code"]:
            text.code(html.unescape(found["code"]))
        elif not found["tag"]:
            text.words(html.unescape(found.group()))
        elif found["tag"] == "br":
            text.line_break()
        elif found["end"]:
            text.end()
        else:
            text.begin(found["tag"], found["href"])
    return text.whole().split("\n")


def _plain_text(words: str) -> str:
    """Words without markup, within a line."""
    return _special.sub(_escaped, words)


def _escaped(found: re.Match[str]) -> str:
    return _reference(found.group()) if found.group() in _UNSEEN else f"\\{found.group()}"


def _reference(character: str) -> str:
    return f"&#{ord(character)};"


def _address(href: str) -> str:
    href = re.sub(r"&(?=#?\w+;)", r"\\&", href)
    return f"<{href}>" if "(" in href or ")" in href else href


def _parts_words(character: str) -> bool:
    """Whether * and its like may begin or end anything beside this."""
    return character.isspace() or character in string.punctuation or unicodedata.category(character)[0] == "P"


class _Text:
    """One paragraph while it is written."""

    def __init__(self) -> None:
        self.out = ""
        self.opened: list[tuple[str, int, str | None]] = []  # what begins there, where, and where a link leads
        self.is_behind = False  # what ended here would not have, were a letter behind it

    def words(self, said: str) -> None:
        is_first = self.out[-1:] in ("", "\n")
        is_inner = bool(self.opened) and self.opened[-1][1] == len(self.out)
        if ((is_first or is_inner) and said[0].isspace()) or (self.is_behind and not _parts_words(said[0])):
            self.out += _reference(said[0]) + _plain_text(said[1:])
        elif is_first:
            self.out += _line_start.sub(r"\1\\\2", _plain_text(said))
        else:
            self.out += _plain_text(said)
        self.is_behind = False

    def line_break(self) -> None:
        self.out += "\\\n"
        self.is_behind = False

    def code(self, said: str) -> None:
        ticks = "`" * (max(map(len, re.findall("`+", said)), default=0) + 1)
        if said[0] == "`" or said[-1] == "`" or (said[0] == said[-1] == " " and said.strip(" ")):
            said = f" {said} "
        self.out += f"{ticks}{said}{ticks}"
        self.is_behind = False

    def begin(self, tag: str, href: str | None) -> None:
        if tag == "a":
            if self.out.endswith("!"):  # or it is a picture
                self.out = f"{self.out[:-1]}\\!"
            mark = "["
        elif tag in _DELIMITERS:
            outer = next((one[0] for one, _, _ in reversed(self.opened) if one[0] in "*_"), "_")
            is_other = outer == "*" or self.out.endswith("*")
            mark = ("~" if tag == "s" else "_" if is_other else "*") * _DELIMITERS[tag]
        else:
            raise _Unsayable
        self.out += mark
        self.is_behind = False
        self.opened.append((mark, len(self.out), href))

    def end(self) -> None:
        if not self.opened:
            raise _Unsayable
        mark, start, href = self.opened.pop()
        if start == len(self.out):
            raise _Unsayable
        self._see_space()
        if href is not None:
            self.out += f"]({_address(html.unescape(href))})"
            self.is_behind = False
            return
        outside = start - len(mark)
        letter = self.out[outside - 1 : outside]
        is_inner_open = not self.out[start].isalnum() or mark[0] == "_"
        self.is_behind = not self.out[-1].isalnum() or mark[0] == "_"
        self.out += mark
        if letter and is_inner_open and not _parts_words(letter):
            self.out = self.out[: outside - 1] + _reference(letter) + self.out[outside:]

    def whole(self) -> str:
        if self.opened:
            raise _Unsayable
        self._see_space()
        return self.out

    def _see_space(self) -> None:
        """A space at the end would be taken away, or keep what ends here from ending."""
        if self.out[-1:].isspace():
            self.out = self.out[:-1] + _reference(self.out[-1])

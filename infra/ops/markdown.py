"""An article as an editor writes it, Markdown under YAML, made into the document that is published.

It goes through the very checks that JSON goes through; what they find is told with the line that it came from.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from string import Template
from typing import Any, Final

from infra.ops.front_matter import Fault, line_at, read_front_matter
from infra.ops.markdown_body import image_places, read_body
from infra.ops.media import Look, fill_in
from shared.domain.articles import SCHEMA_VERSION, Article
from shared.domain.refusals import InvalidArticle
from shared.domain.validation import MAX_DOCUMENT_BYTES, parse_article

STARTING_FILE: Final = Path(__file__).with_name("starting.md")

_place = re.compile(r"(?P<place>[a-z_]+(?:[.\[][^:]*)?): (?P<words>.*)\Z", re.DOTALL)
_named = re.compile(r"`([a-z_]+)`")
# Not a new line or a tab; YAML and CommonMark each make something else of the rest.
_control = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ufeff]")


@dataclass(frozen=True)
class MarkdownArticle:
    """What a file holds: the article, or the faults that keep it from being one, in the order of their lines."""

    article: Article | None
    faults: tuple[Fault, ...]
    lines: Mapping[str, int]

    def line_of(self, place: str) -> int:
        """The line of the file where that part of the document stands, or what it is part of; the first, if none."""
        return line_at(self.lines, place) or 1


def read_markdown(raw: bytes, look: Look = lambda _: None) -> MarkdownArticle:
    """The article in these bytes. A byte order mark and any kind of line end are fine.

    `look` says what lies at hand of a picture or a sound: from there comes what the text leaves out of it.
    """
    lines, faults = _lines_of(raw)
    return _read(lines, faults, look) if lines else MarkdownArticle(None, tuple(faults), {})


def read_page(raw: bytes, look: Look = lambda _: None) -> tuple[list[dict[str, Any]], dict[str, int], list[Fault]]:
    """The blocks of a page that is no article: a text without fields, for everyone. With the line of each place in
    `body`, and every fault."""
    lines, faults = _lines_of(raw)
    if not lines:
        return [], {}, faults
    body = read_body(lines, 1, {})
    for fault in body.faults:
        is_image = "the front matter says nothing of" in fault.words
        words = "a picture has to say how it was made, which Markdown without fields cannot; put it into the JSON file"
        faults.append(replace(fault, words=words) if is_image else fault)
    if not body.blocks and not faults:
        faults.append(Fault(1, "there is no text; write it here"))
    document: dict[str, Any] = {"body": body.blocks}
    if not faults:
        faults += [Fault(line_at(body.lines, place) or 1, words, place) for place, words in fill_in(document, look)]
    return document["body"], body.lines, sorted(faults, key=lambda one: one.line)


def _lines_of(raw: bytes) -> tuple[list[str], list[Fault]]:
    """The file's lines, and what is wrong with its bytes; no lines where they are no text."""
    if len(raw) > MAX_DOCUMENT_BYTES:
        words = f"the file has {len(raw):,} bytes; {MAX_DOCUMENT_BYTES:,} are the most: make it two"
        return [], [Fault(1, words)]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
        return [], [Fault(line, "not UTF-8 from here on; save the file as UTF-8")]
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    faults: list[Fault] = []
    for i, one in enumerate(lines):
        if (found := _control.search(one)) is not None:
            faults.append(Fault(i + 1, f"has the control character U+{ord(found.group()):04X} in it; take it out"))
            lines[i] = _control.sub(" ", one)
    return lines, faults


def new_article(slug: str, identifier: str, now: dt.datetime) -> str:
    """A file to begin with: valid as it is, with a word on each part."""
    moment = now.replace(microsecond=0).isoformat()
    return Template(STARTING_FILE.read_text(encoding="utf-8")).substitute(slug=slug, id=identifier, now=moment)


def _read(lines: list[str], faults: list[Fault], look: Look) -> MarkdownArticle:
    if lines[0].rstrip() != "---":
        words = "the file does not begin with its fields; write a line `---`, the fields, and a line `---`"
        return MarkdownArticle(None, (*faults, Fault(1, words)), {})
    end = next((i for i in range(1, len(lines)) if lines[i].rstrip() == "---"), None)
    if end is None:
        words = "the fields that begin here do not end; write a line `---` between them and the text"
        return MarkdownArticle(None, (*faults, Fault(1, words)), {})
    front = read_front_matter("\n".join(lines[1:end]), 2)
    # Faults of the front matter do not keep the text from being read: all is told at once.
    body = read_body(lines[end + 1 :], end + 2, front.pictures)
    places = {**front.lines, **body.lines}
    for place, src in image_places(body.blocks):
        places |= {
            f"{place}.picture.{at.removeprefix(f'pictures.{src}.')}": line
            for at, line in front.lines.items()
            if at.startswith(f"pictures.{src}.")
        }
        places |= {f"{place}.picture": front.lines[f"pictures.{src}"], f"{place}.picture.alt": body.lines[place]}
    faults += front.faults
    faults += body.faults
    if not front.is_readable:  # then nobody knows which pictures it tells of
        faults = [one for one in faults if "the front matter says nothing of" not in one.words]
    faults += [
        Fault(front.lines[f"pictures.{src}"], f"no image in the text shows {src}; show it, or take this out")
        for src in front.pictures
        if src not in body.used_pictures
    ]
    if not any(one for one in body.blocks) and not body.faults:
        faults.append(Fault(end + 1, "there is no text; write it under this line", "body"))
    document = {"schema": SCHEMA_VERSION, "status": "published", **front.fields, "body": body.blocks}
    unread = MarkdownArticle(None, (), places)
    faults += [Fault(unread.line_of(place), words) for place, words in fill_in(document, look, places)]
    article, found = _checked(document, unread)
    spoiled = [one.place for one in faults if one.place]
    if not front.is_readable:
        found = [one for one in found if one.place.startswith("body")]
    faulty_lines = {one.line for one in faults}
    faults += [
        one
        for one in found
        if not any(_within(one.place, place) or _within(place, one.place) for place in spoiled)
        and not (one.place.startswith("body") and one.line in faulty_lines)
        and not (one.place == "document" and faults)
    ]
    ordered = tuple(sorted(dict.fromkeys(faults), key=lambda one: one.line))
    return MarkdownArticle(None if ordered else article, ordered, places)


def _checked(document: dict[str, Any], unread: MarkdownArticle) -> tuple[Article | None, list[Fault]]:
    """The article in this document, or what the checks of publishing say of it, each with its line."""
    try:
        return parse_article(json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")), []
    except InvalidArticle as invalid:
        return None, [_located(problem, unread) for problem in invalid.problems]


def _located(problem: str, unread: MarkdownArticle) -> Fault:
    found = _place.match(problem)
    place, words = (found["place"], found["words"]) if found else ("document", problem)
    if place == "document" and (named := _named.search(words)) and named.group(1) in unread.lines:
        return Fault(unread.line_of(named.group(1)), words, "document")
    # `body[12]` says nothing to somebody who wrote Markdown; the line says it.
    said = words if place.startswith(("body", "document")) else f"{place}: {words}"
    return Fault(unread.line_of(place), said, place)


def _within(place: str, other: str) -> bool:
    """Whether `place` is `other` or a part of it."""
    return place == other or place.startswith((f"{other}.", f"{other}["))

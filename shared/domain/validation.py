"""What may be published: an article's JSON, read strictly, with every fault named at its place.

Reading asks only what the types ask. Publishing asks that too, and then for what a careful editor would: tidy markup,
media
that its readers may fetch. It tells all faults at once, so that nobody mends them one by one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, get_args, get_type_hints

import msgspec

from shared.domain import text
from shared.domain.articles import Article, Block, Gate, Source, texts_of
from shared.domain.blocks import Audio, Image, Picture, PlainBlock
from shared.domain.decoding import UNREADABLE
from shared.domain.refusals import InvalidArticle
from shared.domain.tiers import Tier, parse_tier

MAX_DOCUMENT_BYTES: Final = 2_000_000

_decoder = msgspec.json.Decoder(Article)
_whole = re.compile(r"(?P<said>.*?)(?: - at `(?:key in )?\$(?P<place>[^`]*)`)?\Z", re.DOTALL)
_control = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_STAND_IN: Final = [{"type": "rule"}]  # A block that is always right, while the real ones are looked at one by one.

_CHOICES: Final = {  # by the end of the place; the longer first
    "tier": f"a tier is {', '.join(tier.value for tier in Tier)}",
    "author.kind": "an author is a person or a persona",
    "kind": f"an article is {', '.join(get_args(get_type_hints(Article)['kind']))}",
    "origin": f"a picture is {', '.join(get_args(get_type_hints(Picture)['origin']))}",
    "media_type": f"a sound is {', '.join(get_args(get_type_hints(Audio)['media_type']))}",
}
_HINTS: Final = (
    ("^[a-z0-9]+(?:-", "a slug is lower-case letters, digits and single hyphens, such as `night-ferry-2`"),
    ("^/media/", "a media path is /media/<tier>/<name>, lower-case, with an ending, such as /media/member/talk.mp3"),
    ("^(?:https://", "a link is an https:// address or a path of this site that begins with one /"),
    ("^https://", "an embed's link is an https:// address"),
    ("^#[0-9a-f]", "a colour is # and six of 0-9 and a-f, such as `#1c1b19`"),
    ("^[A-Z]{3}", "a currency is its three capitals, such as `EUR`"),
    ("^[a-z]{2,3}", "a language is a code such as `en` or `de-AT`"),
)


def parse_article(raw: bytes) -> Article:
    """The article in this JSON text. Raises InvalidArticle with every problem found, each with its place in the
    document."""
    document = read_object(raw)
    problems = tuple(dict.fromkeys(_problems(document)))
    if problems:
        raise InvalidArticle(problems)
    try:
        return _decoder.decode(raw)
    except UNREADABLE as error:
        raise InvalidArticle((_worded(error, ""),)) from None


def read_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in this text. Raises InvalidArticle where there is none, or one with a member twice."""
    if len(raw) > MAX_DOCUMENT_BYTES:
        raise InvalidArticle((f"The document has {len(raw):,} bytes; {MAX_DOCUMENT_BYTES:,} are the most",))
    twice: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        twice.extend(name for name in dict.fromkeys(names) if names.count(name) > 1)
        return dict(pairs)

    try:
        document = json.loads(raw.decode("utf-8"), object_pairs_hook=members)
    except UnicodeDecodeError as error:
        raise InvalidArticle((f"Not UTF-8 from byte {error.start} on: save the file as UTF-8",)) from None
    except json.JSONDecodeError as error:
        raise InvalidArticle((f"Not JSON: {error.msg} in line {error.lineno}, column {error.colno}",)) from None
    except RecursionError:
        raise InvalidArticle(("Nested too deeply to be read",)) from None
    if twice:
        raise InvalidArticle(tuple(f"The member “{name}” stands twice in one object: keep one" for name in twice))
    if not isinstance(document, dict):
        raise InvalidArticle(("The document is no JSON object: write { first",))
    return document


def _problems(document: dict[str, Any]) -> Iterator[str]:
    if document.get("status", "published") != "published":
        yield "status: an article to be published has the status “published”, or none"
    fields = {field.encode_name: field for field in msgspec.structs.fields(Article)}
    yield from (f"{name}: an article has no such field" for name in document if name not in {*fields, "status"})
    for name, field in fields.items():
        if name not in document:
            if field.required:
                yield f"{name}: is missing"
        elif name == "body" and isinstance(document["body"], list):
            yield from value_problems(document["body"] and _STAND_IN, field.type, "body")
            yield from (p for i, block in enumerate(document["body"]) for p in block_problems(block, f"body[{i}]"))
        elif name == "sources" and isinstance(document["sources"], list):
            yield from (
                p
                for i, source in enumerate(document["sources"])
                for p in value_problems(source, Source, f"sources[{i}]")
            )
        else:
            yield from value_problems(document[name], field.type, name)
    for name in ("lead_picture", "author"):
        picture = document.get(name)
        picture = picture.get("picture") if name == "author" and isinstance(picture, dict) else picture
        if isinstance(picture, dict):
            yield from _media_problems(picture.get("src"), Tier.ANONYMOUS, name)
    yield from control_characters(document, "")


def block_problems(block: Any, place: str, within: Tier | None = None) -> Iterator[str]:
    """Faults of one block. `within` is the tier of the gate around it: in there, and on pages that are no articles,
    stands no other gate."""
    if (
        isinstance(block, dict)
        and block.get("type") == "gate"
        and within is None
        and isinstance(block.get("blocks"), list)
    ):
        yield from value_problems({**block, "blocks": block["blocks"] and _STAND_IN}, Gate, place)
        tier = parse_tier(block["tier"]) if isinstance(block.get("tier"), str) else Tier.ANONYMOUS
        yield from (p for i, b in enumerate(block["blocks"]) for p in block_problems(b, f"{place}.blocks[{i}]", tier))
        return
    faults = list(value_problems(block, Block if within is None else PlainBlock, place))
    yield from faults
    if faults:
        return
    value: Block = msgspec.convert(block, Block)
    for html in texts_of((value,)):
        if (found := text.forbidden_markup(html)) is not None:
            yield f"{place}: `{found}` is not allowed in text: {text.MARKUP_RULE}"
        elif (tag := text.unbalanced_tag(html)) is not None:
            yield f"{place}: the tag <{tag}> is not closed where it should be"
        elif not text.is_tidy(html):
            yield f"{place}: write & as &amp; and > as &gt; in text, and no control characters"
    if isinstance(value, (Image, Audio)):
        yield from _media_problems(
            value.picture.src if isinstance(value, Image) else value.src, within or Tier.ANONYMOUS, place
        )


def _media_problems(src: Any, readers: Tier, place: str) -> Iterator[str]:
    """A file must lie where exactly those who see its block may fetch it: a gated file elsewhere would be open to
    everyone."""
    if isinstance(src, str) and src.startswith("/media/") and not src.startswith(f"/media/{readers.value}/"):
        yield f"{place}: {src} is seen by {readers.value} readers here, so it belongs under /media/{readers.value}/"


def control_characters(value: Any, place: str) -> Iterator[str]:
    """Texts in the value with a character that nobody means to write."""
    if isinstance(value, str) and _control.search(value):
        yield f"{place}: has a control character in it"
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from control_characters(
            child, f"{place}[{key}]" if isinstance(key, int) else f"{place}.{key}".lstrip(".")
        )


def value_problems(value: Any, kind: Any, place: str) -> Iterator[str]:
    """What the types say of the value."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        yield _worded(error, place)


def _worded(error: Exception, place: str) -> str:
    """The decoder's words with the place before them, and with what to write instead."""
    found = _whole.match(str(error))
    said, inner = (found["said"], found["place"] or "") if found else (str(error), "")
    where = f"{place}{inner}".lstrip(".") or "document"
    if "matching regex" in said:
        said = next((hint for pattern, hint in _HINTS if f"'{pattern}" in said), said)
    elif said.startswith("Invalid enum value"):
        said += next((f": {words}" for end, words in _CHOICES.items() if where.endswith(end)), "")
    elif said == "Invalid value 'gate'":
        said = "a gate cannot stand inside a gate: end the first one before"
    elif said.startswith("Invalid value") and inner.endswith(".type"):
        said = f"{said}: a block is paragraph, heading, list, quote, image, audio, rule, embed or gate"
    if "surrogate" in said:
        said = "a text ends in the middle of a character: \\ud800 to \\udfff stand only in pairs"
    return f"{where}: {said[:1].lower()}{said[1:]}"

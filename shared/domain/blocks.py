"""What a text is made of: paragraphs, headings, pictures, sounds. An article is; so is the page on how they are made.

(No `from __future__ import annotations` here, nor in `articles`: msgspec would have to evaluate each as text, 4 ms of
every cold start.)
"""

import datetime as dt
from itertools import pairwise
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from shared.domain.text import MAX_MEDIA_PATH, InlineHtml, Line, Link, MediaPath

Moment = Annotated[dt.datetime, Meta(tz=True)]
Pixels = Annotated[int, Meta(ge=1, le=20_000)]


class Value(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Ours are immutable, and a field that nobody knows is a fault, not a decoration."""


# Blocks -------------------------------------------------------------------------------------------------------------


class Paragraph(Value, frozen=True, tag="paragraph"):
    html: InlineHtml


class Heading(Value, frozen=True, tag="heading"):
    text: Line
    level: Literal[2, 3] = 2


class List(Value, frozen=True, tag="list"):
    items: Annotated[tuple[InlineHtml, ...], Meta(min_length=1, max_length=200)]
    ordered: bool = False


class Quote(Value, frozen=True, tag="quote"):
    html: InlineHtml
    cite: Line | None = None
    href: Link | None = None


class Picture(Value, frozen=True):
    """`origin` says how the picture was made; an AI picture says so in its caption and in the structured data.
    `widths` are those of the narrower copies that lie beside it, for phones, in ascending order."""

    src: MediaPath
    alt: Annotated[str, Meta(max_length=500)]
    width: Pixels
    height: Pixels
    origin: Literal["photograph", "illustration", "chart", "ai"]
    caption: Line | None = None
    credit: Line | None = None
    widths: Annotated[tuple[Pixels, ...], Meta(max_length=6)] = ()

    def __post_init__(self) -> None:
        if not self.widths:
            return
        if any(a >= b for a, b in pairwise(self.widths)):
            raise ValueError("`widths` go from the narrowest copy to the widest, each once: put them in that order")
        if self.widths[-1] >= self.width:
            raise ValueError(
                f"`widths` are those of narrower copies: take out what is not below {self.width}, the picture's `width`"
            )
        if len(copy_path(self.src, self.widths[-1])) > MAX_MEDIA_PATH:
            raise ValueError("the picture's `src` is too long for names of copies: make it shorter, or `widths` empty")

    @property
    def copies(self) -> tuple[tuple[str, int], ...]:
        """Path and width in pixels of each narrower copy, the narrowest first."""
        return tuple([(copy_path(self.src, width), width) for width in self.widths])


class Image(Value, frozen=True, tag="image"):
    picture: Picture


class Audio(Value, frozen=True, tag="audio"):
    src: MediaPath
    title: Line
    seconds: Annotated[int, Meta(ge=1, le=86_400)]
    media_type: Literal["audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav"] = "audio/mpeg"


class Rule(Value, frozen=True, tag="rule"):
    pass


class Embed(Value, frozen=True, tag="embed"):
    """Something that lives elsewhere. It is a link until the reader asks for more: no third party's code comes with a
    page."""

    provider: Line
    href: Annotated[str, Meta(pattern=r"^https://[^\s<>\"'\x00-\x1f]+\Z", max_length=2_000)]
    title: Line


PlainBlock: TypeAlias = Paragraph | Heading | List | Quote | Image | Audio | Rule | Embed


def copy_path(src: str, width: int) -> str:
    """Where the copy of that width lies: `/media/anonymous/quay-480w.png` beside `/media/anonymous/quay.png`."""
    name, _, ending = src.partition(".")  # the first dot: a media path has none before its endings
    return f"{name}-{width}w.{ending}"

"""An article as it is stored, and what a reader of a tier may see of it.

`seen_by` is the paywall: it returns a value that has nothing locked in it, so that whatever is made of that value
(JSON, HTML, feeds, structured data) cannot leak what it never held.

(No `from __future__ import annotations` here, as in `blocks`.)
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal, TypeAlias, final

from msgspec import Meta

from shared.domain.blocks import Audio, Image, List, Moment, Paragraph, Picture, PlainBlock, Quote, Value
from shared.domain.refusals import ArticleMoved, ArticleWithdrawn, UnknownArticle
from shared.domain.text import (
    Line,
    Link,
    Passage,
    Slug,
    forbidden_markup,
    is_slug,
)
from shared.domain.tiers import Tier

SCHEMA_VERSION = 1


class CallToAction(Value, frozen=True):
    label: Line
    href: Link


@final
class Gate(Value, frozen=True, tag="gate"):
    """A part of the body that opens from `tier` on. Gates do not nest: a block inside is never a gate, by its type."""

    id: Slug
    tier: Annotated[Tier, Meta(extra_json_schema={"enum": ["subscriber", "member"]})]
    kind: Slug
    teaser: Passage
    call_to_action: CallToAction
    blocks: Annotated[tuple[PlainBlock, ...], Meta(min_length=1, max_length=500)]

    def __post_init__(self) -> None:
        if self.tier is Tier.ANONYMOUS:
            raise ValueError(
                "A gate for `anonymous` closes nothing: name `subscriber` or `member`, or take the gate away"
            )

    def admits(self, tier: Tier) -> bool:
        return tier >= self.tier


Block: TypeAlias = PlainBlock | Gate


# What stands around the body ----------------------------------------------------------------------------------------


class Section(Value, frozen=True):
    slug: Slug
    name: Line


class Author(Value, frozen=True):
    """`kind` says whether this is a person or an AI persona; a reader is told which."""

    slug: Slug
    name: Line
    kind: Literal["person", "persona"]
    biography: Passage
    picture: Picture | None = None


class Source(Value, frozen=True):
    """Where something comes from. Who published it and what was used are for everyone; the direct link opens from
    `tier` on."""

    publisher: Line
    used: Line
    href: Link | None = None
    tier: Tier = Tier.SUBSCRIBER

    def admits(self, tier: Tier) -> bool:
        return tier >= self.tier


class Production(Value, frozen=True):
    """Who made it: how many AI personas took part, which human editors, and where the paper explains how it works."""

    personas: Annotated[int, Meta(ge=0, le=1_000)]
    editors: tuple[Line, ...]
    process_href: Link


class Correction(Value, frozen=True):
    at: Moment
    note: Passage


class Published(Value, frozen=True):
    """What everyone may know of an article: all of it but body and sources. `seen_by` copies these fields as they
    are."""

    id: Slug
    slug: Slug
    kind: Literal["news", "opinion", "analysis", "report", "interview", "essay", "review", "guide"]
    title: Line
    standfirst: Passage
    section: Section
    author: Author
    language: Annotated[str, Meta(pattern=r"^[a-z]{2,3}(?:-[A-Z]{2})?\Z")]
    published_at: Moment
    updated_at: Moment | None = None
    tags: Annotated[tuple[Slug, ...], Meta(max_length=20)] = ()
    lead_picture: Picture | None = None
    production: Production | None = None
    corrections: tuple[Correction, ...] = ()


# What a reader sees -------------------------------------------------------------------------------------------------


@final
class LockedGate(Value, frozen=True, tag="gate", omit_defaults=False):
    id: Slug
    tier: Tier
    kind: Slug
    teaser: Passage
    call_to_action: CallToAction
    locked: Literal[True] = True


class OpenGate(Value, frozen=True, tag="gate", omit_defaults=False):
    id: Slug
    tier: Tier
    kind: Slug
    teaser: Passage
    call_to_action: CallToAction
    blocks: tuple[PlainBlock, ...]
    locked: Literal[False] = False


class SeenSource(Value, frozen=True, omit_defaults=False):
    """`href` is only ever there when `locked` is false; `locked` says that there is a link for a higher tier."""

    publisher: Line
    used: Line
    tier: Tier
    locked: bool
    href: Link | None


SeenBlock: TypeAlias = PlainBlock | LockedGate | OpenGate


class Access(Value, frozen=True, omit_defaults=False):
    """For which tier this was made, and how many gates stayed closed."""

    tier: Tier
    locked: int


class SeenArticle(Published, frozen=True, kw_only=True):
    """An article as one tier sees it. It has nothing in it that this tier may not read."""

    access: Access
    body: tuple[SeenBlock, ...]
    sources: tuple[SeenSource, ...] = ()


# What is stored -----------------------------------------------------------------------------------------------------


class Article(Published, frozen=True, kw_only=True, tag_field="status", tag="published"):
    """An article as it is stored: everything, locked and open."""

    schema: Literal[1]
    body: Annotated[tuple[Block, ...], Meta(min_length=1, max_length=2_000)]
    sources: Annotated[tuple[Source, ...], Meta(max_length=200)] = ()

    def __post_init__(self) -> None:
        ids = [block.id for block in self.body if type(block) is Gate]
        if len(ids) != len(set(ids)):
            raise ValueError(f"Two gates have the id `{next(i for i in ids if ids.count(i) > 1)}`: give each its own")
        if not 1000 <= self.published_at.year <= 9998:  # lists sort moments as texts, and convert them to UTC
            raise ValueError("`published_at` lies in no year from 1000 to 9998")
        if self.updated_at is not None and self.updated_at < self.published_at:
            raise ValueError("`updated_at` lies before `published_at`")
        # Here for all blocks at once, not in each: msgspec would call Python once a paragraph. The texts stay apart: no
        # tag has a line break in it.
        if (found := forbidden_markup("\n".join(texts_of(self.body)))) is not None:
            raise ValueError(f"`{found}` is not allowed in text")

    @property
    def whole_for(self) -> Tier:
        """The lowest tier to which none of its gates stays closed."""
        return max((block.tier for block in self.body if type(block) is Gate), default=Tier.ANONYMOUS)

    def seen_by(self, tier: Tier) -> SeenArticle:
        """This article as `tier` may read it.

        Nothing in the result depends on what stands inside a gate that stays closed, or on a link that does.
        """
        # `type(…) is`, not isinstance: the metaclass of structs makes that ten times as slow, and it is asked of every
        # block.
        body = tuple([_gate_seen_by(block, tier) if type(block) is Gate else block for block in self.body])
        return SeenArticle(
            id=self.id,
            slug=self.slug,
            kind=self.kind,
            title=self.title,
            standfirst=self.standfirst,
            section=self.section,
            author=self.author,
            language=self.language,
            published_at=self.published_at,
            updated_at=self.updated_at,
            tags=self.tags,
            lead_picture=self.lead_picture,
            production=self.production,
            corrections=self.corrections,
            access=Access(tier, sum([type(block) is LockedGate for block in body])),
            body=body,
            sources=tuple([_source_seen_by(source, tier) for source in self.sources]),
        )


class Unpublished(Value, frozen=True, tag_field="status", tag="unpublished"):
    """What stays behind when an article is taken back."""

    schema: Literal[1]
    slug: Slug
    at: Moment


class Renamed(Value, frozen=True, tag_field="status", tag="renamed"):
    """What stays behind at the old slug when an article gets another."""

    schema: Literal[1]
    slug: Slug
    to: Slug

    def __post_init__(self) -> None:
        if self.to == self.slug:
            raise ValueError("An article cannot be renamed to the slug it has")


Stored: TypeAlias = Article | Unpublished | Renamed


def article_key(slug: str) -> str:
    """Where the article lives. The slug is checked here too: no text from a path becomes a key unexamined."""
    if not is_slug(slug):
        raise UnknownArticle("No article can have this name.")
    return f"articles/{slug}.json"


def readable(document: Stored, now: float) -> Article:
    """The article in a document that readers ask for at `now` (seconds since 1970).

    Raises ArticleMoved, ArticleWithdrawn, and UnknownArticle for one whose time has not come: nobody can tell it from
    one that never was.
    """
    if isinstance(document, Renamed):
        raise ArticleMoved(document.to)
    if isinstance(document, Unpublished):
        raise ArticleWithdrawn("This article has been taken back by the editors.")
    if document.published_at.timestamp() > now:
        raise UnknownArticle
    return document


def texts_of(blocks: Iterable[Block]) -> list[str]:
    """Every text in these blocks that may hold inline HTML, those inside gates too."""
    texts: list[str] = []
    for block in blocks:
        if type(block) is Paragraph or type(block) is Quote:
            texts.append(block.html)
        elif type(block) is List:
            texts += block.items
        elif type(block) is Gate:
            texts += texts_of(block.blocks)
    return texts


def files_of(article: Article) -> tuple[str, ...]:
    """Every picture, with its copies, and every sound that the article names, those inside gates too, each once."""
    files: list[str] = []
    for one in _named_by(article):
        files.append(one.src)
        if isinstance(one, Picture):
            files += (path for path, _ in one.copies)
    return tuple(dict.fromkeys(files))


def copies_of(article: Article) -> dict[str, tuple[str, int]]:
    """The path of each copy that the article names, with its picture's path and its own width."""
    pictures = [one for one in _named_by(article) if isinstance(one, Picture)]
    return {path: (picture.src, width) for picture in pictures for path, width in picture.copies}


def _named_by(article: Article) -> Iterator[Picture | Audio]:
    yield from (picture for picture in (article.lead_picture, article.author.picture) if picture)
    yield from _named_in(article.body)


def _named_in(blocks: Iterable[Block]) -> Iterator[Picture | Audio]:
    for block in blocks:
        match block:
            case Image(picture):
                yield picture
            case Audio():
                yield block
            case Gate(blocks=inner):
                yield from _named_in(inner)


def _gate_seen_by(gate: Gate, tier: Tier) -> LockedGate | OpenGate:
    if gate.admits(tier):
        return OpenGate(gate.id, gate.tier, gate.kind, gate.teaser, gate.call_to_action, gate.blocks)
    return LockedGate(gate.id, gate.tier, gate.kind, gate.teaser, gate.call_to_action)


def _source_seen_by(source: Source, tier: Tier) -> SeenSource:
    is_open = source.href is None or source.admits(tier)
    return SeenSource(source.publisher, source.used, source.tier, not is_open, source.href if is_open else None)

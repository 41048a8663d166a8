"""The page of an article, made of what a tier may see of it and of nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from markupsafe import Markup
from msgspec import Struct

from functions.pages.entries import entries_in
from functions.pages.page import opened, page
from functions.pages.route import Asked, Doors, Made
from functions.pages.structured import article_data
from shared.domain.articles import LockedGate, OpenGate, Published, SeenArticle, SeenBlock, readable
from shared.domain.blocks import List as Items
from shared.domain.blocks import Paragraph, PlainBlock, Quote
from shared.domain.list_parts import Row
from shared.domain.lists import slug_at
from shared.domain.refusals import UnknownList
from shared.domain.tiers import Tier
from shared.reading import cache_tags
from shared.site.site import Site

MORE: Final = 3
"""How many articles of the section, and of the author, stand under an article."""

KEPT: Final = 1_000  # neighbours, of half a kilobyte each


class Stretch(Struct, frozen=True):
    """A part of the body that is one gate, or stands between gates. `blocks` are (kind, what the template shows of it);
    `is_slim`: a closed one has already said at length what closed ones are."""

    gate: LockedGate | OpenGate | None
    blocks: tuple[tuple[str, Any], ...] = ()
    is_slim: bool = False


class Neighbour(Struct, frozen=True):
    """An article under another: its slug, and how it looks there."""

    slug: str
    html: Markup


class Shelf(Struct, frozen=True):
    """Articles to go on with: what they have in common, and where there are more of them."""

    id: str
    title: str
    neighbours: tuple[Neighbour, ...]
    href: str
    all: str


def article(asked: Asked) -> Made:
    """`GET /articles/<slug>`."""
    doors = asked.doors
    site, edition = opened(asked)
    slug = asked.path.rpartition("/")[2]
    document = readable(doors.articles.read(slug), asked.now)
    made: Made | None = doors.frames.kept(document, asked.sight.tier)
    if made is None:
        made = _rendered(asked, site, edition, document.seen_by(asked.sight.tier))
        doors.frames.keep(document, asked.sight.tier, made)
    return made


def _rendered(asked: Asked, site: Site, edition: str, seen: SeenArticle) -> Made:
    shelves = _shelves(seen, asked.doors, site, edition)
    # What is withdrawn is nowhere to be read any more, not even as a title. A new article does not purge its
    # neighbours: what they name may be a day old.
    named = (f"slug-{one.slug}" for shelf in shelves for one in shelf.neighbours)
    return page(
        "article.html",
        site,
        asked.path,
        tags=(*cache_tags(seen), *named),
        article=seen,
        stretches=stretches(seen.body),
        shelves=shelves,
        offers_sources=any(source.locked and source.tier is Tier.SUBSCRIBER for source in seen.sources),
        gives=_has_gates(seen) and site.paper.gifts is not None and site.tier is Tier.MEMBER,
        metered_at=_metered_at(seen) if site.paper.metering and site.tier is Tier.SUBSCRIBER else None,
        structured=Markup(article_data(seen, site.paper)),  # noqa: S704 - made safe for a script element there
    )


def _metered_at(seen: SeenArticle) -> str | None:
    """The closed gate that offers to read by the meter: the first that is not of sound, which that does not open."""
    return next((one.id for one in seen.body if type(one) is LockedGate and one.kind != "audio"), None)


def _has_gates(seen: SeenArticle) -> bool:
    return any(type(block) is OpenGate or type(block) is LockedGate for block in seen.body)


def stretches(body: Iterable[SeenBlock]) -> list[Stretch]:
    """The body in parts."""
    made: list[Stretch] = []
    between: list[PlainBlock] = []
    closed = 0
    for block in body:
        if type(block) is OpenGate or type(block) is LockedGate:
            if between:
                made.append(Stretch(None, shown_blocks(between)))
                between = []
            if type(block) is OpenGate:
                made.append(Stretch(block, shown_blocks(block.blocks)))
            else:
                made.append(Stretch(block, is_slim=closed > 0))
                closed += 1
        else:
            between.append(block)  # type: ignore[arg-type]
    if between:
        made.append(Stretch(None, shown_blocks(between)))
    return made


def _shown(block: PlainBlock) -> tuple[str, Any]:
    """A block's kind, and what the template shows of it. Inline HTML has been checked where it was read."""
    if type(block) is Items:
        return "ordered" if block.ordered else "list", [Markup(item) for item in block.items]  # noqa: S704
    if type(block) is Quote:
        return "quote", {"text": Markup(block.html), "cite": block.cite, "href": block.href}  # noqa: S704
    return type(block).__name__.lower(), block


def shown_blocks(blocks: Iterable[PlainBlock]) -> tuple[tuple[str, Any], ...]:
    """The same of each of these. Paragraphs in a row are one: they are most of what there is, and a template takes a
    hundred times as long to say `<p>`."""
    shown: list[tuple[str, Any]] = []
    paragraphs: list[str] = []
    for block in blocks:
        if type(block) is Paragraph:
            paragraphs.append(f"<p>{block.html}</p>\n")
            continue
        if paragraphs:
            shown.append(("paragraphs", Markup("".join(paragraphs))))  # noqa: S704
            paragraphs = []
        shown.append(_shown(block))
    if paragraphs:
        shown.append(("paragraphs", Markup("".join(paragraphs))))  # noqa: S704
    return tuple(shown)


def _shelves(of: Published, doors: Doors, site: Site, edition: str) -> tuple[Shelf, ...]:
    """More of the section, and more by the author that does not stand there already."""
    say, section, author = site.words.say, of.section, of.author
    in_section = _others(of, f"section/{section.slug}", doors, site, edition)
    by_author = _others(of, f"author/{author.slug}", doors, site, edition)
    others = tuple([one for one in by_author if one not in in_section])
    return tuple(
        shelf
        for shelf in (
            Shelf(
                "more-in",
                say("more_in", name=section.name),
                in_section,
                f"/sections/{section.slug}",
                say("see_all", name=section.name),
            ),
            Shelf(
                "more-by",
                say("more_by", name=author.name),
                others,
                f"/authors/{author.slug}",
                say("all_by", name=author.name),
            ),
        )
        if shelf.neighbours
    )


def _others(of: Published, name: str, doors: Doors, site: Site, edition: str) -> tuple[Neighbour, ...]:
    try:
        rows = doors.lists.page(name, None, MORE + 1, edition).rows
    except UnknownList:  # not listed yet, or any more
        return ()
    found = [_neighbour(row, site, doors.frames.neighbours) for row in rows if slug_at(row.place) != of.slug]
    return tuple(found[:MORE])


def _neighbour(row: Row, site: Site, kept: dict[bytes, Neighbour]) -> Neighbour:
    raw = bytes(row.entry)
    if (found := kept.get(raw)) is None:
        entry = entries_in((row,))[0]
        found = Neighbour(entry.slug, site.templates.macros("parts.html").entry(entry, site.words, heading="h4"))
        if len(kept) < KEPT:
            kept[raw] = found
    return found

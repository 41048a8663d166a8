"""The front page, a section's and an author's: lists for people."""

from __future__ import annotations

from itertools import groupby
from typing import Any, Final

from markupsafe import Markup
from msgspec import Struct

from functions.pages.entries import entries_in
from functions.pages.page import opened, page
from functions.pages.route import Asked, Made
from functions.pages.structured import author_data, front_data, section_data
from shared.domain.articles import Section
from shared.domain.lists import LATEST, MAX_PAGE, Entry, author_facts, cursor_of, moment_at, place_in
from shared.domain.refusals import UnknownList
from shared.ports.reading import ListPage
from shared.site.site import Site

ON_TOP: Final = 3
IN_SECTION: Final = 4
ON_PAGE: Final = 20


class Shelf(Struct, frozen=True):
    """A section on the front page."""

    section: Section
    entries: tuple[Entry, ...]


def front(asked: Asked) -> Made:
    """`GET /`: a lead story and two more, then the sections. It is made of the latest hundred articles; those that the
    paper names for its front come first, while they are among them."""
    site, edition = opened(asked)
    listed = asked.doors.lists.page(LATEST, None, MAX_PAGE, edition)
    entries = entries_in(listed.rows)
    named = {slug: number for number, slug in enumerate(site.paper.front)}
    ranked = sorted(entries, key=lambda entry: named.get(entry.slug, len(named)))  # stable: the newest come first
    top = ranked[:ON_TOP]
    return page(
        "front.html",
        site,
        asked.path,
        top=top,
        shelves=_shelves(site, [entry for entry in entries if entry not in top]),
        structured=Markup(front_data(site.paper)),  # noqa: S704 - made safe there
    )


def section(name: str, asked: Asked) -> Made:
    """`GET /sections/<slug>`."""
    site, edition = opened(asked)
    listed, entries = _listed(name, asked, edition)
    of = entries[0].section
    structured = Markup(section_data(site.paper, of.slug, of.name))  # noqa: S704 - made safe there
    return _list_page("section.html", site, asked, listed, entries, of=of, structured=structured)


def author(name: str, asked: Asked) -> Made:
    """`GET /authors/<slug>`."""
    site, edition = opened(asked)
    listed, entries = _listed(name, asked, edition)
    index = listed.index
    if index.author is None or index.newest is None:
        raise UnknownList
    of = author_facts(index.author, index.total, moment_at(index.newest))
    structured = Markup(author_data(site.paper, of))  # noqa: S704 - made safe there
    return _list_page("author.html", site, asked, listed, entries, of=of, structured=structured)


def _listed(name: str, asked: Asked, edition: str) -> tuple[ListPage, tuple[Entry, ...]]:
    """Raises UnknownList where nothing is behind the cursor, InvalidCursor."""
    after = place_in(asked.parameters["cursor"]) if "cursor" in asked.parameters else None
    listed = asked.doors.lists.page(name, after, ON_PAGE, edition)
    entries = entries_in(listed.rows)
    if not entries:
        raise UnknownList
    return listed, entries


def _list_page(
    template: str, site: Site, asked: Asked, listed: ListPage, entries: tuple[Entry, ...], **values: Any
) -> Made:
    older = None if listed.next is None else f"{asked.path}?cursor={cursor_of(listed.next)}"
    is_first = "cursor" not in asked.parameters
    return page(
        template,
        site,
        asked.path,
        entries=entries,
        older=older,
        is_first=is_first,
        **values,
    )


def _shelves(site: Site, entries: list[Entry]) -> list[Shelf]:
    """The newest of each section, in the order in which the paper names sections."""
    order = {one.slug: number for number, one in enumerate(site.sections)}
    ranked = sorted(entries, key=lambda entry: (order.get(entry.section.slug, len(order)), entry.section.slug))
    by_section = [list(each) for _, each in groupby(ranked, key=lambda entry: entry.section.slug)]
    return [Shelf(each[0].section, tuple(each[:IN_SECTION])) for each in by_section]

"""Lists of articles, sections and authors. They hold what everyone may know, so every tier gets the same."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from shared.domain.articles import Article
from shared.domain.lists import (
    LATEST,
    MAX_PAGE,
    Directory,
    Entry,
    author_facts,
    cursor_of,
    list_tag,
    moment_at,
    place_in,
    related,
)
from shared.domain.refusals import InvalidParameter, UnknownList, UnknownRoute, UnservedCombination
from shared.domain.text import is_slug
from shared.http import JSON, Answer, Request, for_everyone, problem, shown
from shared.ports.reading import Lists

LIST_SECONDS: Final = 86_400  # purged by tag when the list changes
MISSING_SECONDS: Final = 30
PAGE: Final = 20
RELATED: Final = 6
RELATED_TAGS: Final = 4  # an article's first; each costs a list

_limit = re.compile(r"[1-9][0-9]{0,2}\Z")
_author_path = re.compile(r"/api/authors/([^/]+)\Z")
_entry: msgspec.json.Decoder[Entry] = msgspec.json.Decoder(Entry)
_encode = msgspec.json.Encoder().encode


class _Listed(Struct, frozen=True):
    """A page as it is answered: the entries are the bytes that are stored."""

    articles: tuple[Raw, ...]
    next: str | None


def answer_list(request: Request, lists: Lists) -> Answer:
    """The answer to a request for a list. Raises what `problem` makes an answer of, UnknownRoute among it."""
    match request.path:
        case "/api/articles":
            return list_articles(request, lists)
        case "/api/sections":
            return list_names(request, "sections", lists)
        case "/api/authors":
            return list_names(request, "authors", lists)
    if (found := _author_path.match(request.path)) is not None:
        return describe_author(request, found[1], lists)
    raise UnknownRoute(
        "Nothing is served here. Articles are at /api/articles, one of them at /api/articles/ and its name."
    )


def list_articles(request: Request, lists: Lists) -> Answer:
    """`GET /api/articles`: a page of a list. Raises what `problem` makes an answer of."""
    asked = request.parameters("section", "author", "tag", "limit", "cursor")
    by = [(kind, asked[kind]) for kind in ("section", "author", "tag") if kind in asked]
    if len(by) > 1:
        raise UnservedCombination(
            "There are lists by section, by author and by tag, and none by two of these: ask for one of them."
        )
    limit = asked.get("limit", str(PAGE))
    if _limit.match(limit) is None or int(limit) > MAX_PAGE:
        raise InvalidParameter(f"“limit” is a whole number from 1 to {MAX_PAGE}.")
    after = place_in(asked["cursor"]) if "cursor" in asked else None
    if not by:
        name = LATEST
    elif is_slug(by[0][1]):
        name = "/".join(by[0])
    else:
        raise UnknownList
    try:
        page = lists.page(name, after, int(limit))
    except UnknownList as refusal:
        return _missing(refusal, name)
    listed = _Listed(tuple([row.entry for row in page.rows]), None if page.next is None else cursor_of(page.next))
    return _kept(request, listed, (list_tag(name),))


def list_names(request: Request, kind: Directory, lists: Lists) -> Answer:
    """`GET /api/sections`, `GET /api/authors`: each with what is to be known of it."""
    request.parameters()
    facts = [Raw(each) for each in lists.directory(kind)]
    return _kept(request, {kind: facts}, (list_tag(kind),))


def describe_author(request: Request, slug: str, lists: Lists) -> Answer:
    """`GET /api/authors/<slug>`."""
    request.parameters()
    if not is_slug(slug):
        raise UnknownList
    name = f"author/{slug}"
    try:
        index = lists.page(name, None, 0).index
    except UnknownList as refusal:
        return _missing(refusal, name)
    if index.author is None or index.newest is None:
        return _missing(UnknownList(), name)
    facts = author_facts(index.author, index.total, moment_at(index.newest))
    return _kept(request, facts, (list_tag(name),))


def list_related(request: Request, article: Article, lists: Lists) -> Answer:
    """`GET /api/articles/<slug>/related`. It may be a day old: a new article does not purge its neighbours. But one
    that it names does, whatever happens to it: what is withdrawn is nowhere to be read any more."""
    request.parameters()
    names = [f"section/{article.section.slug}", *(f"tag/{tag}" for tag in article.tags[:RELATED_TAGS])]
    candidates: list[Entry] = []
    for name in names:
        try:
            candidates += [_entry.decode(row.entry) for row in lists.page(name, None, PAGE).rows]
        except UnknownList:  # not listed yet, or any more
            continue
    found = related(article, candidates, RELATED)
    tags = (f"article-{article.id}", f"slug-{article.slug}", *(f"slug-{entry.slug}" for entry in found))
    return _kept(request, {"articles": found}, tags)


def _kept(request: Request, value: Any, tags: tuple[str, ...]) -> Answer:
    return shown(request, JSON, _encode(value), for_everyone(LIST_SECONDS, tags))


def _missing(refusal: UnknownList, name: str) -> Answer:
    """It may be kept until something is published there."""
    answer = problem(refusal)
    answer.headers.update(for_everyone(MISSING_SECONDS, (list_tag(name),), stale=False))
    return answer

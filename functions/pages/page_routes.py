"""The pages that people read: which one is asked for, and how long it may be kept."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from functions.pages import article, fronts, simple
from functions.pages.contribute import contribute_route
from functions.pages.route import Route
from shared.domain.lists import LATEST
from shared.domain.text import is_slug
from shared.http import NO_STORE

_article_path = re.compile(r"/articles/([^/]+)\Z")
_campaign_path = re.compile(r"/contribute/([^/]+)\Z")
_list_path = re.compile(r"/(section|author)s/([^/]+)\Z")
# Tokens are hexadecimal, because the edge writes paths in lower case.
_link_path = re.compile(r"/sign-in/link/([0-9a-f]{64})\Z")
_unsubscribe_path = re.compile(r"/unsubscribe/([^/]+)/([0-9a-f]{64})\Z")
_SIMPLE: Final = {
    "/sign-in": Route(simple.sign_in, parameters=("next",)),
    "/sign-in/sent": Route(simple.sent),
    "/unsubscribed": Route(partial(simple.plain, "unsubscribed")),
    "/erased": Route(partial(simple.plain, "erased")),
    "/join": Route(simple.join),
    "/contribute": contribute_route(None),
    "/thanks": Route(partial(simple.plain, "thanks")),
    "/thanks/member": Route(partial(simple.plain, "thanks_member")),
    "/process": Route(simple.process),
}


def _for_one(_: tuple[str, ...]) -> dict[str, str]:
    """A page with a token of one reader's in it is kept nowhere."""
    return {"cache-control": NO_STORE}


def page_route(path: str) -> Route | None:
    """The route of a page; None where there is none, or no name is like that."""
    if path == "/":
        return Route(fronts.front, (LATEST, "sections"))
    if found := _article_path.match(path):
        return Route(article.article, slug=found[1]) if is_slug(found[1]) else None
    if found := _list_path.match(path):
        kind, slug = found.groups()
        if not is_slug(slug):
            return None
        name = f"{kind}/{slug}"
        make = fronts.section if kind == "section" else fronts.author
        return Route(partial(make, name), (name,), parameters=("cursor",))
    if found := _campaign_path.match(path):
        return contribute_route(found[1]) if is_slug(found[1]) else None
    if found := _link_path.match(path):
        make = partial(simple.link, found[1])
        return Route(make, caching=_for_one, is_secret=True)
    if (found := _unsubscribe_path.match(path)) and is_slug(found[1]):
        make = partial(simple.unsubscribe, found[1], found[2])
        return Route(make, caching=_for_one, is_secret=True)
    return _SIMPLE.get(path)

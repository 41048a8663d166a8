"""Feeds, maps and pages: which one is asked for, for whom, and the answer."""

from __future__ import annotations

import re

from functions.pages.machine_routes import machine_route
from functions.pages.page_routes import page_route
from functions.pages.refused import refused_page
from functions.pages.route import Asked, Doors, Route
from shared.domain.lists import list_tag
from shared.domain.paper import PAPER_TAG
from shared.domain.refusals import ArticleMoved, ContentUnavailable, Refusal, UnknownList, UnknownRoute
from shared.http import Answer, Request, check_method, for_everyone, problem, shown
from shared.reading import ANYONES, MISSING_SECONDS, Outcome, Sight, kept_refusal, say_for_whom, sight_of
from shared.site.html import CONTENT_SECURITY_POLICY, HTML

# As the edge has it: what is under these, or has a dot in its last part, is for machines.
_machines = re.compile(r"/(?:api|assets|feeds|media|static|\.well-known)(?:/|\Z)|.*\.[^/]*\Z", re.DOTALL)


def read(request: Request, doors: Doors, now: float) -> Outcome:
    """Answer one request at `now` (seconds since 1970). Every expected no is an answer; anything else raises."""
    route, sight, trouble = None, ANYONES, None
    is_page = _machines.match(request.path) is None
    try:
        if is_page:
            route = page_route(request.path)
            sight = sight_of(request, route.slug if route else "", doors.passes, now)
        else:
            route = machine_route(request.path)
        if route is None:
            raise UnknownRoute(
                "Nothing is served here. /sitemap.xml says what is, and new articles are in /feeds/rss.xml."
            )
        check_method(request)
        parameters = request.parameters(*route.parameters)
        made = route.make(Asked(request.path, doors, now, sight, parameters))
        caching = route.caching((PAPER_TAG, *map(list_tag, route.lists), *made.tags))
        if made.caching:
            caching["cache-control"] = made.caching
        answer, trouble = shown(request, made.content_type, made.body, caching, made.changed_at), made.trouble
    except Refusal as refusal:
        answer = _refused(refusal, request, doors, sight) if is_page else problem(refusal)
        if route is not None:
            answer.headers.update(_kept(refusal, route))
        trouble = refusal.__cause__ or refusal if isinstance(refusal, ContentUnavailable) else None
    say_for_whom(answer, sight)
    if is_page:
        answer.headers["content-security-policy"] = CONTENT_SECURITY_POLICY
    else:  # the same for every tier: nobody's pass has been looked at
        answer.headers.pop("x-pass", None)
    return Outcome(answer, sight, request.path if route is not None and not route.is_secret else None, trouble)


def _refused(refusal: Refusal, request: Request, doors: Doors, sight: Sight) -> Answer:
    """The refusal as a page. A moved article is one line to those who do not follow."""
    answer = problem(refusal)
    if isinstance(refusal, ArticleMoved):
        return Answer(301, {"location": f"/articles/{refusal.slug}", "cache-control": answer.headers["cache-control"]})
    answer.headers["content-type"] = HTML
    body = refused_page(refusal, answer.status, request.path, doors, sight).decode()
    return Answer(answer.status, answer.headers, body)


def _kept(refusal: Refusal, route: Route) -> dict[str, str]:
    if isinstance(refusal, UnknownList):  # true for everyone until something is published there
        return for_everyone(MISSING_SECONDS, tuple(map(list_tag, route.lists)), stale=False)
    return kept_refusal(refusal, route.slug)

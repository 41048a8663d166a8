"""From a request to its answer: by the right way, from the right page, and a refusal in words."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from functions.members.pages import is_page
from functions.members.refused import refused
from functions.members.route import Asked, Doors
from functions.members.routes import name_of, route_of
from functions.members.signed_in import SESSION, SIGNED_OUT
from shared.domain.refusals import NotSignedIn, Refusal
from shared.http import NO_STORE, Answer, problem
from shared.personal import PersonalRequest, check_from_the_edge, check_same_site

_FAILED: Final = (
    '{"type":"about:blank","title":"Something went wrong","status":500,"code":"internal_error",'
    '"detail":"That is our fault, and somebody has been told. Try again in a while."}'
)


class Outcome(Struct, frozen=True):
    """An answer, and what is worth counting of it: the route's name, which holds nothing that was asked with, and the
    refusal if it is one."""

    answer: Answer
    route: str
    refusal: Refusal | None = None


def respond(request: PersonalRequest, doors: Doors, now: float) -> Outcome:
    """The answer to one request. Only what nobody expected is raised."""
    name = name_of(request)
    try:
        check_from_the_edge(request, doors.proof)
        route = route_of(request.method, request.path)
        request.parameters(*route.parameters)
        asked = Asked(request, doors, now, doors.papers.read())
    except Refusal as refusal:
        return Outcome(problem(refusal), name, refusal)
    try:
        if route.changes:
            check_same_site(request, asked.paper.url)
        return Outcome(route.act(asked), name)
    except Refusal as refusal:
        return Outcome(_refused(asked, refusal), name, refusal)


def failed(request: PersonalRequest) -> Outcome:
    """The answer where something went wrong that nobody expected. It says nothing of it (R22)."""
    headers = {"content-type": "application/problem+json", "cache-control": NO_STORE}
    return Outcome(Answer(500, headers, _FAILED), name_of(request))


def _refused(asked: Asked, refusal: Refusal) -> Answer:
    """The refusal, for a person or for a program. A session's cookie that is worth nothing goes with it."""
    request = asked.request
    is_for_a_person = request.is_form or is_page(request.path) or (request.method == "GET" and request.wants_page)
    answer = refused(asked, refusal) if is_for_a_person else problem(refusal)
    if is_for_a_person:
        kept = ("retry-after", "allow")
        answer.headers.update({name: value for name, value in problem(refusal).headers.items() if name in kept})
    if isinstance(refusal, NotSignedIn) and SESSION in request.cookies:
        return Answer(answer.status, answer.headers, answer.body, SIGNED_OUT)
    return answer

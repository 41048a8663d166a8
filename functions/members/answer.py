"""From a request to its answer: by the right way, from the right page, and a refusal in words."""

from __future__ import annotations

from msgspec import Struct

from functions.members.route import Asked, Doors, Route
from functions.members.routes import route_of
from functions.members.signed_in import SESSION, SIGNED_OUT
from shared.domain.refusals import NotSignedIn, Refusal, SessionReused
from shared.http import Answer, problem
from shared.personal import PersonalRequest, check_from_the_edge, check_same_site


class Outcome(Struct, frozen=True):
    """An answer, and what is worth counting of it: the route's path where there is one, the refusal's code if it is
    one, and whether a session was ended because somebody else had its secret."""

    answer: Answer
    refusal: Refusal | None = None
    is_theft: bool = False


def respond(request: PersonalRequest, doors: Doors, now: float) -> Outcome:
    """The answer to one request. Only what nobody expected is raised."""
    try:
        check_from_the_edge(request, doors.proof)
        route = route_of(request.method, request.path)
        request.parameters(*route.parameters)
        asked = Asked(request, doors, now, doors.papers.read())
    except Refusal as refusal:
        return Outcome(problem(refusal), refusal)
    try:
        if route.changes:
            check_same_site(request, asked.paper.url)
        return Outcome(route.act(asked))
    except Refusal as refusal:
        return Outcome(_refused(asked, route, refusal), refusal, isinstance(refusal, SessionReused))


def _refused(asked: Asked, route: Route, refusal: Refusal) -> Answer:
    answer = problem(refusal)
    if isinstance(refusal, NotSignedIn) and SESSION in asked.request.cookies:
        return Answer(answer.status, answer.headers, answer.body, SIGNED_OUT)
    return answer

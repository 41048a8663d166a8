"""From a request to its answer: by the right way, from the right page, and a refusal in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

from msgspec import Struct

from shared.domain.refusals import NotSignedIn, Refusal
from shared.http import Answer, Request, problem
from shared.http_api import failed
from shared.personal import PersonalRequest, check_from_the_edge, check_same_site
from shared.personal.routes import Asked, D, Route
from shared.personal.signed_in import SESSION, SIGNED_OUT


class Outcome(Struct, frozen=True):
    """An answer, and what is worth counting of it: the route's name, which holds nothing that was asked with, and the
    refusal if it is one."""

    answer: Answer
    route: str
    refusal: Refusal | None = None


class Desk(Struct, Generic[D], frozen=True):
    """How a function answers. `route_of` takes method and path; `refused` makes the page of a refusal; `is_page`:
    whether a person comes to this path to look; `signs_out`: whether it takes away a session's cookie that is worth
    nothing. Only who ends sessions does: the one that has been used twice is to come there."""

    route_of: Callable[[str, str], Route[D]]
    name_of: Callable[[Request], str]
    refused: Callable[[Asked[D], Refusal], Answer]
    is_page: Callable[[str], bool] = lambda _: False
    signs_out: bool = False

    def respond(self, request: PersonalRequest, doors: D, now: float) -> Outcome:
        """The answer to one request. Only what nobody expected is raised."""
        name = self.name_of(request)
        try:
            check_from_the_edge(request, doors.proof)
            route = self.route_of(request.method, request.path)
            request.parameters(*route.parameters)
            asked = Asked(request, doors, now, doors.papers.read())
        except Refusal as refusal:
            return Outcome(problem(refusal), name, refusal)
        try:
            if route.changes:
                check_same_site(request, asked.paper.url)
            return Outcome(route.act(asked), name)
        except Refusal as refusal:
            return Outcome(self._refused(asked, refusal), name, refusal)

    def failed(self, request: PersonalRequest) -> Outcome:
        """The answer where something went wrong that nobody expected. It says nothing of it (R22)."""
        return Outcome(failed(), self.name_of(request))

    def _refused(self, asked: Asked[D], refusal: Refusal) -> Answer:
        """The refusal, for a person or for a program."""
        request = asked.request
        is_page = self.is_page(request.path) or (request.method == "GET" and request.wants_page)
        if request.is_form or is_page:
            answer, kept = self.refused(asked, refusal), ("retry-after", "allow")
            answer.headers.update({name: value for name, value in problem(refusal).headers.items() if name in kept})
        else:
            answer = problem(refusal)
        if self.signs_out and isinstance(refusal, NotSignedIn) and SESSION in request.cookies:
            return Answer(answer.status, answer.headers, answer.body, SIGNED_OUT)
        return answer

"""Which route answers a method and a path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from functions.contributions import giving, joining
from functions.contributions.doors import Doors
from shared.http import Request
from shared.personal.routes import Route, among, name_for

ROUTES: Final[Mapping[str, Mapping[str, Route[Doors]]]] = {
    "/api/contributions": {"POST": Route(giving.give)},
    "/api/memberships": {"POST": Route(joining.join)},
    "/api/memberships/portal": {"POST": Route(joining.manage)},
}


def route_of(method: str, path: str) -> Route[Doors]:
    """The route. Raises UnknownRoute, MethodNotAllowed."""
    return among(ROUTES.get(path), method)


def name_of(request: Request) -> str:
    """What the request is counted under."""
    return name_for(request, request.path if request.path in ROUTES else None)

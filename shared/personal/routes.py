"""What a route of such a function is given, what it is, and which one answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Generic, Protocol, TypeVar

from msgspec import Struct

from shared.domain.paper import Paper
from shared.domain.refusals import MethodNotAllowed, UnknownRoute
from shared.http import Answer, Request
from shared.personal import PersonalRequest
from shared.ports.persons import Limits
from shared.ports.reading import Papers

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class PersonalDoors(Protocol):
    """What every such function leans on. `proof` is what the edge puts on requests, and nobody else knows."""

    @property
    def papers(self) -> Papers: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def proof(self) -> str: ...


D = TypeVar("D", bound=PersonalDoors)


class Asked(Struct, Generic[D], frozen=True):
    """One request, with the time at which it is answered (seconds since 1970) and the paper as it is configured."""

    request: PersonalRequest
    doors: D
    now: float
    paper: Paper


class Route(Struct, Generic[D], frozen=True):
    """What answers. `changes`: whether a page of this site has to ask for it; `parameters`: those of its query."""

    act: Callable[[Asked[D]], Answer]
    changes: bool = True
    parameters: tuple[str, ...] = ()


def reading(act: Callable[[Asked[D]], Answer], *parameters: str) -> Route[D]:
    """A route that changes nothing, with the parameters of its query."""
    return Route(act, changes=False, parameters=parameters)


def among(methods: Mapping[str, Route[D]] | None, method: str) -> Route[D]:
    """The route of a method, of those that a path has. Raises UnknownRoute where it has none, MethodNotAllowed."""
    if not methods:
        raise UnknownRoute("There is nothing here. Check the address.")
    wanted = "GET" if method == "HEAD" else method
    if wanted not in methods:
        there = _listed({*methods, *(["HEAD"] if "GET" in methods else [])})
        raise MethodNotAllowed(f"This takes {there} and nothing else.", there)
    return methods[wanted]


def name_for(request: Request, path: str | None) -> str:
    """What a request is counted under: its method, and a path without anything of one person's in it (None: one that
    no route has)."""
    return f"{request.method if request.method in METHODS else 'ANY'} {path or 'elsewhere'}"


def _listed(methods: Iterable[str]) -> str:
    return ", ".join(sorted(methods))

"""Which route answers a method and a path."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from functions.members import account, address, entry, identity, newsletters, pages, passes, sessions
from functions.members.route import Asked, Route
from shared.domain.refusals import MethodNotAllowed, UnknownRoute
from shared.domain.text import is_slug
from shared.http import Answer, Request

Methods = Mapping[str, Route]


def _read(act: Callable[[Asked], Answer], *parameters: str) -> Route:
    return Route(act, changes=False, parameters=parameters)


_EXACT: Final[Mapping[str, Methods]] = {
    "/api/members/sign-in": {"POST": Route(entry.ask)},
    "/api/members/sessions": {
        "POST": Route(entry.redeem),
        "GET": _read(sessions.devices),
        "DELETE": Route(sessions.sign_out_everywhere),
    },
    "/api/members/sign-out": {"POST": Route(sessions.sign_out)},
    "/api/members/refresh": {"GET": _read(sessions.refresh, "next")},
    "/api/members/passes": {"POST": Route(passes.give)},
    "/api/members/me": {
        "GET": _read(account.me),
        "PATCH": Route(account.change),
        "POST": Route(account.change),  # a form knows no PATCH
        "DELETE": Route(account.erase),
    },
    "/api/members/me/export": {"GET": _read(account.export)},
    "/api/members/me/erase": {"POST": Route(account.erase)},  # nor DELETE
    "/api/members/identity": {"POST": Route(identity.token)},
    "/.well-known/jwks.json": {"GET": _read(identity.keys)},
    "/.well-known/openid-configuration": {"GET": _read(identity.configuration)},
    "/account": {"GET": _read(pages.account)},
    "/account/erase": {"GET": _read(pages.erasing)},
    "/account/email": {"GET": _read(pages.changing_address)},
    "/account/email/asked": {"GET": _read(pages.asked_both)},
    "/account/email/changed": {"GET": _read(pages.address_changed)},
    "/api/members/email": {"POST": Route(address.ask_for_change)},
    "/api/members/email/agree": {"POST": Route(address.agree_to_change)},
}
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_session = re.compile(r"/api/members/sessions/([0-9a-f]{32})\Z")
_unsubscribe = re.compile(r"/api/newsletters/([^/]+)/unsubscribe\Z")


def route_of(method: str, path: str) -> Route:
    """The route. Raises UnknownRoute, MethodNotAllowed."""
    methods = _EXACT.get(path) or _named(path)
    if not methods:
        raise UnknownRoute("There is nothing here. Check the address.")
    wanted = "GET" if method == "HEAD" else method
    if wanted not in methods:
        there = ", ".join(sorted({*methods, *(["HEAD"] if "GET" in methods else [])}))
        raise MethodNotAllowed(f"This takes {there} and nothing else.", there)
    return methods[wanted]


def name_of(request: Request) -> str:
    """What the request is counted under: its method and path, without anything of one member's in it."""
    if request.path in _EXACT:
        path = request.path
    elif _session.match(request.path):
        path = "/api/members/sessions/<id>"
    elif pages.agree_token(request.path):
        path = "/account/email/<token>"
    elif _unsubscribe.match(request.path):
        path = "/api/newsletters/<name>/unsubscribe"
    else:
        path = "elsewhere"
    return f"{request.method if request.method in _METHODS else 'ANY'} {path}"


def _named(path: str) -> Methods:
    if found := _session.match(path):
        end = Route(partial(sessions.end, id=found[1]))
        return {"DELETE": end, "POST": end}
    if token := pages.agree_token(path):
        return {"GET": _read(partial(pages.agreeing, token=token))}
    if (found := _unsubscribe.match(path)) and is_slug(found[1]):
        # Mail programs send no origin, and what they send is worth nothing without its token.
        return {
            "POST": _read(partial(newsletters.unsubscribe, newsletter=found[1]), "t"),
            "GET": _read(partial(newsletters.show_button, newsletter=found[1]), "t"),
        }
    return {}

"""Which route answers a method and a path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Final

from functions.members import account, address, entry, identity, newsletters, openings, pages, passes, sessions
from functions.members.route import Route
from shared.domain.text import is_slug
from shared.http import Request
from shared.personal.routes import among, name_for, reading

Methods = Mapping[str, Route]


_EXACT: Final[Mapping[str, Methods]] = {
    "/api/members/sign-in": {"POST": Route(entry.ask)},
    "/api/members/sessions": {
        "POST": Route(entry.redeem),
        "GET": reading(sessions.devices),
        "DELETE": Route(sessions.sign_out_everywhere),
    },
    "/api/members/sign-out": {"POST": Route(sessions.sign_out)},
    "/api/members/refresh": {"GET": reading(sessions.refresh, "next")},
    "/api/members/passes": {"POST": Route(passes.give)},
    "/api/members/me": {
        "GET": reading(account.me),
        "PATCH": Route(account.change),
        "POST": Route(account.change),  # a form knows no PATCH
        "DELETE": Route(account.erase),
    },
    "/api/members/me/export": {"GET": reading(account.export)},
    "/api/members/me/erase": {"POST": Route(account.erase)},  # nor DELETE
    "/api/members/gifts": {"POST": Route(openings.give), "GET": reading(openings.gifts)},
    "/api/members/reads": {"POST": Route(openings.read), "GET": reading(openings.reads)},
    "/api/members/identity": {"POST": Route(identity.token)},
    "/.well-known/jwks.json": {"GET": reading(identity.keys)},
    "/.well-known/openid-configuration": {"GET": reading(identity.configuration)},
    "/account": {"GET": reading(pages.account)},
    "/account/gifts": {"GET": reading(pages.giving_away)},
    "/account/erase": {"GET": reading(pages.erasing)},
    "/account/email": {"GET": reading(pages.changing_address)},
    "/account/email/asked": {"GET": reading(pages.asked_both)},
    "/account/email/changed": {"GET": reading(pages.address_changed)},
    "/api/members/email": {"POST": Route(address.ask_for_change)},
    "/api/members/email/agree": {"POST": Route(address.agree_to_change)},
}
_session = re.compile(r"/api/members/sessions/([0-9a-f]{32})\Z")
_unsubscribe = re.compile(r"/api/newsletters/([^/]+)/unsubscribe\Z")


def route_of(method: str, path: str) -> Route:
    """The route. Raises UnknownRoute, MethodNotAllowed."""
    return among(_EXACT.get(path) or _named(path), method)


def name_of(request: Request) -> str:
    """What the request is counted under: its method and path, without anything of one member's in it."""
    path = None
    if request.path in _EXACT:
        path = request.path
    elif _session.match(request.path):
        path = "/api/members/sessions/<id>"
    elif pages.agree_token(request.path):
        path = "/account/email/<token>"
    elif _unsubscribe.match(request.path):
        path = "/api/newsletters/<name>/unsubscribe"
    return name_for(request, path)


def _named(path: str) -> Methods:
    if found := _session.match(path):
        end = Route(partial(sessions.end, id=found[1]))
        return {"DELETE": end, "POST": end}
    if token := pages.agree_token(path):
        return {"GET": reading(partial(pages.agreeing, token=token))}
    if (found := _unsubscribe.match(path)) and is_slug(found[1]):
        # Mail programs send no origin, and what they send is worth nothing without its token.
        return {
            "POST": reading(partial(newsletters.unsubscribe, newsletter=found[1]), "t"),
            "GET": reading(partial(newsletters.show_button, newsletter=found[1]), "t"),
        }
    return {}

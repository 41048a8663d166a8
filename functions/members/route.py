"""What a route is given, and what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from shared.domain.paper import Paper
from shared.domain.passes import DEFAULT_LIFETIME_SECONDS
from shared.domain.secrets import Chance
from shared.http import Answer
from shared.personal import PersonalRequest
from shared.ports import (
    EmailChanges,
    ForeignTokens,
    IdentitySigner,
    Limits,
    Lists,
    Members,
    Papers,
    Passes,
    Postbox,
    Sessions,
    SignIns,
    TrustStore,
)
from shared.site.site import Sites

PASS_SECONDS: Final = DEFAULT_LIFETIME_SECONDS


class Doors(Struct, frozen=True):
    """What the members function leans on. `proof` is what the edge puts on requests, and nobody else knows."""

    members: Members
    sessions: Sessions
    sign_ins: SignIns
    changes: EmailChanges
    limits: Limits
    postbox: Postbox
    passes: Passes
    foreign: ForeignTokens
    trust: TrustStore
    identity: IdentitySigner
    papers: Papers
    lists: Lists
    sites: Sites
    chance: Chance
    proof: str


class Asked(Struct, frozen=True):
    """One request, with the time at which it is answered (seconds since 1970) and the paper as it is configured."""

    request: PersonalRequest
    doors: Doors
    now: float
    paper: Paper


class Route(Struct, frozen=True):
    """What answers. `changes`: whether a page of this site has to ask for it; `parameters`: those of its query."""

    act: Callable[[Asked], Answer]
    changes: bool = True
    parameters: tuple[str, ...] = ()

"""What the contributions function leans on."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from shared.domain.secrets import Chance
from shared.personal import routes
from shared.ports.money import Checkouts, Ledger, Repeats
from shared.ports.persons import Limits, Members, Sessions
from shared.ports.reading import Lists, Papers
from shared.site.site import Sites


class Doors(Struct, frozen=True):
    """Members and sessions are only read here. `livemode`: whether money is meant; `proof` is what the edge puts on
    requests, and nobody else knows."""

    members: Members
    sessions: Sessions
    ledger: Ledger
    checkouts: Checkouts
    repeats: Repeats
    limits: Limits
    papers: Papers
    lists: Lists
    sites: Sites
    chance: Chance
    livemode: bool
    proof: str


Asked: TypeAlias = routes.Asked[Doors]

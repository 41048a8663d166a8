"""What the members function leans on, and what its routes are in its words."""

from __future__ import annotations

from typing import Final, TypeAlias

from msgspec import Struct

from shared.domain.passes import DEFAULT_LIFETIME_SECONDS
from shared.domain.secrets import Chance
from shared.personal import routes
from shared.ports.mail import Postbox
from shared.ports.money import Ledger, PaymentsQueue
from shared.ports.persons import (
    Allowances,
    EmailChanges,
    ForeignTokens,
    IdentitySigner,
    Limits,
    Members,
    Sessions,
    SignIns,
    TrustStore,
)
from shared.ports.reading import Lists, Papers, Passes
from shared.site.site import Sites

PASS_SECONDS: Final = DEFAULT_LIFETIME_SECONDS


class Doors(Struct, frozen=True):
    """What the members function leans on. `proof` is what the edge puts on requests, and nobody else knows. The ledger
    is only read: AWS lets this function do no more."""

    members: Members
    sessions: Sessions
    allowances: Allowances
    sign_ins: SignIns
    changes: EmailChanges
    limits: Limits
    postbox: Postbox
    ledger: Ledger
    payments: PaymentsQueue
    passes: Passes
    foreign: ForeignTokens
    trust: TrustStore
    identity: IdentitySigner
    papers: Papers
    lists: Lists
    sites: Sites
    chance: Chance
    proof: str


Asked: TypeAlias = routes.Asked[Doors]
Route: TypeAlias = routes.Route[Doors]

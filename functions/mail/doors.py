"""What the mail function leans on."""

from __future__ import annotations

from msgspec import Struct

from shared.domain.secrets import Chance
from shared.ports import EmailChanges, Mailer, Members, Notices, Papers, SignIns


class Doors(Struct, frozen=True):
    members: Members
    sign_ins: SignIns
    changes: EmailChanges
    notices: Notices
    mailer: Mailer
    papers: Papers
    chance: Chance

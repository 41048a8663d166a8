"""What the mail function leans on."""

from __future__ import annotations

from msgspec import Struct

from shared.domain.secrets import Chance
from shared.ports.mail import Mailer, Notices
from shared.ports.persons import EmailChanges, Members, SignIns
from shared.ports.reading import Papers


class Doors(Struct, frozen=True):
    members: Members
    sign_ins: SignIns
    changes: EmailChanges
    notices: Notices
    mailer: Mailer
    papers: Papers
    chance: Chance

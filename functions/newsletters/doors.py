"""What the newsletters function leans on."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from shared.domain.secrets import Chance
from shared.ports.mail import Continuations, Mailer, Mailings, MailQuota
from shared.ports.persons import Members
from shared.ports.reading import Articles, Papers


class Doors(Struct, frozen=True):
    """`clock` gives seconds since 1970; `sleep` waits for so many."""

    articles: Articles
    papers: Papers
    members: Members
    mailings: Mailings
    mailer: Mailer
    quota: MailQuota
    continuations: Continuations
    chance: Chance
    clock: Callable[[], float]
    sleep: Callable[[float], None]

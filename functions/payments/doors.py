"""What the payments functions lean on."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from shared.ports.mail import Postbox
from shared.ports.money import Checkouts, Ledger, Processor
from shared.ports.persons import Members
from shared.ports.publishing import Documents
from shared.ports.reading import Papers


class Doors(Struct, frozen=True):
    """`livemode`: whether money is meant here; `clock` gives seconds since 1970."""

    ledger: Ledger
    members: Members
    processor: Processor
    checkouts: Checkouts
    papers: Papers
    documents: Documents
    postbox: Postbox
    livemode: bool
    clock: Callable[[], float]

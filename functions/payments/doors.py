"""What the payments functions lean on."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from shared.ports import Checkouts, Documents, Ledger, Members, Papers, Postbox, Processor


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

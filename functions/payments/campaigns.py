"""What campaigns have raised, written down where readers' functions read it."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import msgspec

from functions.payments.doors import Doors
from shared.domain.campaigns import Raised, campaign_key
from shared.domain.refusals import DocumentChanged

_ROUNDS: Final = 20


def say_raised(campaign: str, doors: Doors) -> None:
    """Have the campaign's document say what the ledger says. Raises DocumentChanged where others write it all the time,
    ContentUnavailable, StoreUnavailable.

    The document is read before the ledger: whoever wrote it in between has read no older one. What was written is
    looked at once more, since a tag can come back with what it stood for, and somebody may have paid in between.
    """
    key = campaign_key(campaign)
    for _ in range(_ROUNDS):
        found = doors.documents.read(key)
        raised = doors.ledger.raised(campaign)
        present, tag = found or (None, None)
        body = msgspec.json.encode(raised, order="deterministic")
        if present == body or (present is None and raised == Raised()):
            return
        with suppress(DocumentChanged):
            doors.documents.write(key, body, tag)
    raise DocumentChanged(f"Others write {key} all the time.")

"""Asking once more: what comes again under a key of the client's is done once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from functions.contributions.doors import Asked
from shared.domain.members import Member
from shared.domain.refusals import InvalidRequest
from shared.domain.secrets import digest_of, new_id
from shared.personal import PersonalRequest, client_of
from shared.ports.money import Begun

HEADER: Final = "idempotency-key"
_key = re.compile(r"[\x21-\x7e]{1,255}\Z")


def key_of(request: PersonalRequest) -> str | None:
    """The client's key for this request; None where it has none. Raises InvalidRequest for what is none."""
    if HEADER not in request.headers:
        return None
    if not _key.match(request.headers[HEADER]):
        raise InvalidRequest("An Idempotency-Key is 1 to 255 visible ASCII characters: a UUID does.")
    return request.headers[HEADER]


def once(
    asked: Asked, key: str | None, member: Member | None, said: dict[str, Any], act: Callable[[str], Begun]
) -> Begun:
    """What `act` makes for an order of a new id, once for each key.

    A key is its sender's: a member's, or a client's address's, so that two strangers who choose the same one do not
    meet. The order's id follows from it. So whoever was cut off anywhere and asks again comes to the same order, and
    with it to the same page of the payment service.
    """
    if key is None:
        return act(new_id(asked.doors.chance))
    sender = f"member {member.id}" if member is not None else f"client {client_of(asked.request)}"
    whose = f"{sender} {key}"
    return asked.doors.repeats.once(
        whose, msgspec.json.encode(said).decode(), lambda: act(digest_of(f"order {whose}")[:32])
    )

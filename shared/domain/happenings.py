"""What lies on the payments' queue: that something has happened at the processor, never what. Whoever takes it from
there asks how it stands now, so order, repetition and loss of these change nothing in the end (R20)."""

from __future__ import annotations

from msgspec import Struct


class Happened(Struct, frozen=True, tag_field="kind", tag="event"):
    """An event of the processor's: its id and type, the id of the object that it is about, and when it was made
    (seconds since 1970)."""

    event: str
    type: str
    object: str
    at: int
    livemode: bool


class Forget(Struct, frozen=True, tag_field="kind", tag="forget"):
    """A member has had their account erased: nothing of theirs goes on, and nothing here leads to them (R32)."""

    member: str


PaymentsMessage = Happened | Forget

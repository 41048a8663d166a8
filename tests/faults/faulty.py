"""Doors that fail: at one call of one run, in one way."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

import msgspec
from botocore.exceptions import ClientError
from msgspec import Struct

from shared.domain.refusals import (
    ContentUnavailable,
    IdentityUnavailable,
    IssuerUnavailable,
    MailUncertain,
    ProcessorUnavailable,
    StoreUnavailable,
    UnusableKeyring,
    UnusableTrust,
)
from tests.functions.cut_off import CutOff

D = TypeVar("D", bound=Struct)


class Fault(enum.Enum):
    """What goes wrong at a door, in the words of docs/reliability.md."""

    OUTAGE = "does not answer"  # or fails, hangs until its time is out, or throttles: an adapter says the same of all
    LOST = "does it, and the answer is lost"
    EXPIRED = "no longer knows our credentials"
    KILLED_BEFORE = "the function is killed before it"
    KILLED_AFTER = "the function is killed after it"


def _aws(code: str, status: int) -> Callable[[], Exception]:
    said: Any = {"Error": {"Code": code, "Message": "-"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return lambda: ClientError(said, "Operation")


_busy, _expired = _aws("SlowDown", 503), _aws("ExpiredTokenException", 400)
_reading: Final = {
    **dict.fromkeys(("Articles", "Lists", "Papers", "Campaigns"), lambda: ContentUnavailable("S3 does not answer.")),
    "Passes": lambda: UnusableKeyring("S3 does not answer."),
}
_OUTAGE: Final[dict[str, Callable[[], Exception]]] = {
    **_reading,
    **dict.fromkeys(("Processor", "Checkouts"), ProcessorUnavailable),
    **dict.fromkeys(
        ("ArticleShelf", "Documents", "WaitingMedia", "Purge", "Schedules", "KeyringShelf", "EdgeKeys"), _busy
    ),
    "ForeignTokens": lambda: IssuerUnavailable("It does not answer."),
    "TrustStore": lambda: UnusableTrust("S3 does not answer."),
    "IdentitySigner": lambda: IdentityUnavailable("KMS does not answer."),
}
"""What each port's adapter makes of an outage, where that is not StoreUnavailable."""
# obstore tells no denial from an outage, and Stripe has no credentials that run out; boto3's adapters let it through,
# because it is a fault of ours.
_EXPIRED: Final = {
    **_reading,
    **dict.fromkeys(("Processor", "Checkouts"), ProcessorUnavailable),
    **{name: _OUTAGE[name] for name in ("ForeignTokens", "TrustStore")},
}
_LOST: Final[dict[str, Callable[[], Exception]]] = {"Mailer": lambda: MailUncertain("It did not answer.")}


class Plan:
    """Which call fails, and how; `calls` are those that were made, as (port, method)."""

    def __init__(self, at: int | None = None, fault: Fault = Fault.OUTAGE) -> None:
        self.at, self.fault = at, fault
        self.calls: list[tuple[str, str]] = []

    def pass_through(self, port: str, method: str, act: Callable[[], Any]) -> Any:
        self.calls.append((port, method))
        if len(self.calls) - 1 != self.at:
            return act()
        match self.fault:
            case Fault.OUTAGE:
                raise _OUTAGE.get(port, StoreUnavailable)()
            case Fault.EXPIRED:
                raise _EXPIRED.get(port, _expired)()
            case Fault.KILLED_BEFORE:
                raise CutOff
        done = act()
        if self.fault is Fault.KILLED_AFTER:
            raise CutOff
        if isinstance(done, Iterator):
            list(done)
        raise _LOST.get(port, _OUTAGE.get(port, StoreUnavailable))()


class _Door:
    def __init__(self, door: Any, port: str, plan: Plan) -> None:
        self._door, self._port, self._plan = door, port, plan

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._door, name)
        if not callable(found):
            return found
        return lambda *given, **named: self._plan.pass_through(self._port, name, lambda: found(*given, **named))


def faulty(doors: D, plan: Plan, *only: str) -> D:
    """The same doors, each call of which goes by the plan. What is no port (a clock, chance, templates) stays."""
    fields = {field.name: field.type for field in msgspec.structs.fields(type(doors))}
    changed = {
        name: _Door(getattr(doors, name), kind.__name__, plan)
        for name, kind in fields.items()
        if getattr(kind, "_is_protocol", False) and (not only or name in only)
    }
    return msgspec.structs.replace(doors, **changed)

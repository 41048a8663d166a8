"""Doors that fail: from one call of one run on, or at it alone, in one way. What they say then is what their adapters
were seen to say (`adapters.py`)."""

from __future__ import annotations

import enum
import inspect
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from botocore.exceptions import ClientError
from msgspec import Struct

from shared.domain.passes import PassState, Verdict
from shared.domain.refusals import (
    MailUncertain,
    ProcessorRefused,
    ProcessorUnavailable,
    StoreUnavailable,
)
from tests.faults.adapters import raised
from tests.faults.vendors import Trouble
from tests.functions.cut_off import CutOff

D = TypeVar("D", bound=Struct)


class Fault(enum.Enum):
    """What goes wrong at a door, in the words of docs/reliability.md."""

    ONCE = "fails once"  # or throttles, or hangs until its time is out: an adapter says the same of all
    DOWN = "is down from then on"  # it, and all that the same vendor runs
    LOST = "does it, and the answer is lost"
    EXPIRED = "does not know our credentials any more"  # nor does any other of AWS's, from then on; or Stripe
    KILLED_BEFORE = "the function is killed before it"
    KILLED_AFTER = "the function is killed after it"


KILLED: Final = (Fault.KILLED_BEFORE, Fault.KILLED_AFTER)
_TROUBLE: Final = {Fault.ONCE: Trouble.BUSY, Fault.DOWN: Trouble.BUSY, Fault.EXPIRED: Trouble.EXPIRED}
_STRIPE: Final = "Stripe"
_VENDORS: Final[Mapping[str, tuple[str, ...]]] = {
    "S3": (
        *("Articles", "Lists", "Papers", "Campaigns", "Keyrings", "Passes", "TrustStore"),
        *("Documents", "ArticleShelf", "KeyringShelf", "MediaShelf", "WaitingMedia"),
    ),
    "DynamoDB": (
        *("Members", "Allowances", "Sessions", "SignIns", "EmailChanges", "Limits"),
        *("Ledger", "Repeats", "Mailings", "Notices"),
    ),
    "SQS": ("Announcements", "Continuations", "Postbox", "PaymentsQueue", "Redelivery", "DeadLetters"),
    "SES": ("Mailer", "MailQuota", "MailPlace"),
    "CloudFront": ("Purge", "EdgeKeys"),
    "Secrets Manager": ("VendorSecrets", "SecretsShelf"),
    "EventBridge Scheduler": ("Schedules",),
    "KMS": ("IdentitySigner",),
    "an issuer": ("IssuerKeys", "ForeignTokens"),
    _STRIPE: ("Checkouts", "Processor", "Catalogue"),
}
VENDOR_OF: Final = {port: vendor for vendor, ports in _VENDORS.items() for port in ports}
_NOT_AWS: Final = frozenset({"an issuer", _STRIPE})


def _unverifiable(*_: object, **__: object) -> Verdict:
    return Verdict(PassState.UNVERIFIABLE)


def _not_sooner(*_: object, **__: object) -> bool:
    return False


_QUIET: Final[Mapping[tuple[str, str], Callable[..., object]]] = {
    ("Passes", "verify"): _unverifiable,
    ("Redelivery", "again_in"): _not_sooner,
}
"""What those say that never raise."""


def _error(port: str, method: str, trouble: Trouble) -> Exception:
    kind = raised(port, method, trouble)[0]
    if kind is ClientError:
        code, status = ("ExpiredTokenException", 400) if trouble is Trouble.EXPIRED else ("SlowDown", 503)
        said: Any = {"Error": {"Code": code, "Message": "-"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        return ClientError(said, "Operation")
    if kind in (StoreUnavailable, ProcessorUnavailable):
        return kind()
    return ProcessorRefused("api_key_expired") if kind is ProcessorRefused else kind("It does not answer.")


class Call(NamedTuple):
    """A port's method, and how often it had been called before: what is done at once keeps no order among its doors."""

    port: str
    method: str
    nth: int


class Plan:
    """Which call fails, and how; `calls` are those that were made."""

    def __init__(self, at: Call | None = None, fault: Fault = Fault.ONCE) -> None:
        self.at, self.fault = at, fault
        self.calls: list[Call] = []
        self._lock = threading.Lock()
        self._times: Counter[tuple[str, str]] = Counter()
        self._down: str | None = None  # the vendor, once it is

    @property
    def has_failed(self) -> bool:
        return self._down is not None

    def pass_through(self, port: str, method: str, act: Callable[..., Any], *given: Any, **named: Any) -> Any:
        with self._lock:
            call = Call(port, method, self._times[port, method])
            self._times[port, method] += 1
            self.calls.append(call)
        if call == self.at:
            self._down = VENDOR_OF[port]
            return self._fail(port, method, act, *given, **named)
        if self._is_down(VENDOR_OF[port]):
            return self._refuse(port, method, act, *given, **named)
        return act(*given, **named)

    def _is_down(self, vendor: str) -> bool:
        if self._down is None or self.fault not in (Fault.DOWN, Fault.EXPIRED):
            return False
        is_aws = self.fault is Fault.EXPIRED and self._down not in _NOT_AWS and vendor not in _NOT_AWS
        return is_aws or vendor == self._down

    def _fail(self, port: str, method: str, act: Callable[..., Any], *given: Any, **named: Any) -> Any:
        if self.fault is Fault.KILLED_BEFORE:
            raise CutOff
        if self.fault in _TROUBLE:
            return self._refuse(port, method, act, *given, **named)
        try:
            done = act(*given, **named)
        finally:
            if self.fault is Fault.KILLED_AFTER:
                raise CutOff
        if (port, method) in _QUIET:
            return _QUIET[port, method]()
        error = MailUncertain("It did not answer.") if port == "Mailer" else _error(port, method, Trouble.BUSY)
        if isinstance(done, Iterator):
            return _breaking(done, error)
        raise error

    def _refuse(self, port: str, method: str, act: Callable[..., Any], *given: Any, **named: Any) -> Any:
        if (port, method) in _QUIET:
            return _QUIET[port, method](*given, **named)
        error = _error(port, method, _TROUBLE[self.fault])
        if inspect.isgeneratorfunction(act):  # it fails when it is first asked for something
            return _breaking(iter(()), error)
        raise error


def _breaking(told: Iterator[Any], error: Exception) -> Iterator[Any]:
    yield from told
    raise error


class _Door:
    def __init__(self, behind: Any, port: type, plan: Plan) -> None:
        self._behind, self._port, self._plan = behind, port, plan

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._behind, name)
        if not callable(found):
            return found
        port = next(one.__name__ for one in self._port.__mro__ if name in vars(one))  # one port may be more of another
        return lambda *given, **named: self._plan.pass_through(port, name, found, *given, **named)


def door(behind: Any, port: type, plan: Plan) -> Any:
    """One door, each call of which goes by the plan."""
    return _Door(behind, port, plan)


def faulty(doors: D, plan: Plan) -> D:
    """The same doors, all of which go by the plan. What is no port (a clock, chance, templates) stays."""
    kinds = {field.name: field.type for field in msgspec.structs.fields(type(doors))}
    return msgspec.structs.replace(
        doors, **{name: through(getattr(doors, name), kind, plan) for name, kind in kinds.items()}
    )


def through(value: Any, kind: Any, plan: Plan) -> Any:
    """What is of that type: a door that goes by the plan, where it is a port, or one or none; doors within doors, too.
    Everything else as it is."""
    if value is None:
        return None
    for one in (kind, *getattr(kind, "__args__", ())):
        if getattr(one, "_is_protocol", False) and one.__module__.startswith("shared.ports"):
            return door(value, one, plan)
    has_doors = isinstance(value, Struct) and type(value).__module__.split(".")[0] in ("functions", "infra", "tests")
    return faulty(value, plan) if has_doors else value

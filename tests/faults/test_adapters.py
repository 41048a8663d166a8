"""What every adapter makes of its vendor's trouble, in the vendor's own words: what the doors of the matrix say of it,
in bounded time, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.adapters.boto3_clients import SOON
from shared.adapters.dynamo_members import DynamoMembers
from shared.domain.refusals import ContentUnavailable, StoreUnavailable
from tests.faults.adapters import COMPOSED, PORTS, raised
from tests.faults.told import all_methods
from tests.faults.vendors import Trouble, Vendors, vendors

PATIENCE = 7.0  # seconds; functions that somebody waits for have 10 (template.yaml), those that read 5


def _asked(at: Vendors, ask: Callable[[Vendors], object]) -> tuple[str, Exception | None, float]:
    began = time.monotonic()
    try:
        ask(at)
    except Exception as error:  # noqa: BLE001 -- which one it is, is what is looked at
        return type(error).__name__, error, time.monotonic() - began
    return "nothing", None, time.monotonic() - began


@pytest.mark.parametrize("trouble", list(Trouble), ids=lambda one: one.name)
def test_each_method_says_what_its_port_promises_whatever_the_vendor_does(trouble: Trouble) -> None:
    methods = {(port, method): ask for port, asked in PORTS.items() for method, ask in asked.items()}
    with vendors(trouble) as at, ThreadPoolExecutor(16) as pool:
        found = dict(zip(methods, pool.map(lambda ask: _asked(at, ask), methods.values()), strict=True))
    wrong = {
        f"{port}.{method}": (said, wanted)
        for (port, method), (said, error, seconds) in found.items()
        for wanted in [raised(port, method, trouble)]
        if not (isinstance(error, wanted) if wanted else error is None) or seconds > PATIENCE
    }
    assert not wrong


def test_every_method_of_every_port_is_asked() -> None:
    asked = {f"{port}.{method}" for port, methods in PORTS.items() for method in methods}
    assert asked | COMPOSED.keys() == all_methods()
    assert not asked & COMPOSED.keys()
    assert set(COMPOSED.values()) <= asked


@pytest.mark.parametrize(
    ("port", "method", "well"),
    [
        ("IdentitySigner", "sign", "GetPublicKey"),
        ("EdgeKeys", "put", "DescribeKeyValueStore"),
        ("WaitingMedia", "bring_out", "HeadObject"),
        ("DeadLetters", "peek", "ReceiveMessage"),
        ("Schedules", "due", "ListSchedules"),
        ("Schedules", "set", "UpdateSchedule"),
        ("MailPlace", "read", "GetAccount"),
    ],
)
def test_it_says_the_same_where_the_second_thing_that_it_asks_for_fails(port: str, method: str, well: str) -> None:
    at = Vendors(Trouble.FAILS, well=well)
    for trouble in Trouble:
        at.trouble, at.asked = trouble, 0
        assert isinstance(_asked(at, PORTS[port][method])[1], raised(port, method, trouble))
        assert at.asked == 2


@pytest.mark.parametrize("trouble", [Trouble.BUSY, Trouble.FAILS, Trouble.AWAY], ids=lambda one: one.name)
def test_what_somebody_waits_for_is_asked_twice_and_a_mail_is_handed_over_once(trouble: Trouble) -> None:
    """Where an answer is missing the mail may have gone out: asked again, it would be two."""
    with vendors(trouble) as at:
        _asked(at, lambda at: DynamoMembers(at.aws("dynamodb", SOON), "t").read("m"))
        assert at.asked == 2
        _asked(at, PORTS["Mailer"]["send"])
        assert at.asked == 3


@pytest.mark.parametrize(("port", "method"), [("PaymentsQueue", "put"), ("Documents", "delete")])
def test_an_answer_of_200_that_says_what_was_not_done_is_no_success(port: str, method: str) -> None:
    assert isinstance(_asked(Vendors(None), PORTS[port][method])[1], (StoreUnavailable, ContentUnavailable))

"""A fault that nobody expected, in a function that knows a person: what is answered, and what is counted of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_lambda_powertools.metrics import Metrics

from shared.domain.refusals import ProcessorRefused
from shared.personal import handling
from shared.personal.answering import Desk

EVENT: dict[str, Any] = {
    "rawPath": "/api/memberships",
    "rawQueryString": "",
    "headers": {},
    "requestContext": {"http": {"method": "POST"}},
}


class Doors:
    """Of which already the first is broken, by `fault`."""

    def __init__(self, fault: Exception) -> None:
        self._fault = fault

    @property
    def proof(self) -> str:
        raise self._fault


@pytest.fixture(autouse=True)
def counted_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handling, "metrics", Metrics(namespace="Frontline", service="contributions"))


def ask(fault: Exception) -> dict[str, Any]:
    def nothing(*_: object) -> Any:
        raise AssertionError

    desk: Desk[Any] = Desk(route_of=nothing, name_of=lambda _: "POST /api/memberships", refused=nothing)
    return handling.handle(EVENT, desk, Doors(fault), "Money")


def test_a_fault_is_not_counted_as_what_went_well(capsys: pytest.CaptureFixture[str]) -> None:
    answer = ask(ZeroDivisionError("what nobody is to read"))
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (500, "internal_error")
    written = capsys.readouterr().out
    counted = [json.loads(line) for line in written.splitlines() if "MoneyRefusals" in line]
    assert [one["Code"] for one in counted] == ["internal_error"]
    assert "nobody is to read" not in written


def test_why_the_payment_service_refuses_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    answer = ask(ProcessorRefused("no key: nobody has put one into the secret"))
    assert answer["statusCode"] == 502
    assert [vars(record)["reason"] for record in caplog.records] == ["no key: nobody has put one into the secret"]

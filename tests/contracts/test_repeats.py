"""`Repeats`: twin and table do once what comes more than once, and keep nothing of what was said."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config

from shared.adapters.powertools_repeats import DAY, LONGEST_SECONDS, PowertoolsRepeats
from shared.domain.refusals import InvalidField, KeyReused, StillRunning, StoreUnavailable
from shared.ports.money import Begun, Repeats
from tests.aws import REGION
from tests.repeats_twin import MemoryRepeats

BEGUN = Begun("0" * 32, "https://checkout.example/1")


@dataclass
class Desk:
    repeats: Repeats
    wait: Callable[[], None]
    client: Any = None
    table: str = ""

    @property
    def items(self) -> list[dict[str, Any]]:
        return list(self.client.scan(TableName=self.table)["Items"])


@pytest.fixture(params=["twin", "moto", "dynamodb local"])
def desk(request: pytest.FixtureRequest) -> Desk:
    if request.param == "twin":
        twin = MemoryRepeats()
        return Desk(twin, twin.wait)
    client = (
        request.getfixturevalue("client")("dynamodb")
        if request.param == "moto"
        else request.getfixturevalue("dynamodb_local")
    )
    table = f"requests-{uuid.uuid4().hex}"
    client.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    desk = Desk(PowertoolsRepeats(client, table), lambda: None, client, table)

    def wait() -> None:
        """What was to be done by then was to be done long ago."""
        for item in desk.items:
            client.update_item(
                TableName=table,
                Key={"pk": item["pk"]},
                UpdateExpression="SET in_progress_until = :past",
                ExpressionAttributeValues={":past": {"N": "1"}},
            )

    desk.wait = wait
    return desk


class Kill(BaseException):
    """The process is no more."""


class Act:
    """Counts how often it is done; raises what it is told to, the first time."""

    def __init__(self, raises: BaseException | None = None) -> None:
        self.raises = raises
        self.count = 0

    def __call__(self) -> Begun:
        self.count += 1
        if self.raises is not None and self.count == 1:
            raise self.raises
        return BEGUN


def test_it_is_done_once_for_each_key(desk: Desk) -> None:
    act = Act()
    assert [desk.repeats.once(key, "this", act) for key in ("a", "a", "b", "a")] == [BEGUN] * 4
    assert act.count == 2


def test_another_thing_under_the_same_key_is_refused(desk: Desk) -> None:
    act = Act()
    desk.repeats.once("a", "this", act)
    with pytest.raises(KeyReused):
        desk.repeats.once("a", "that", act)
    assert act.count == 1


def test_what_is_refused_was_not_done(desk: Desk) -> None:
    act = Act(InvalidField("amount", "Too little."))
    with pytest.raises(InvalidField):
        desk.repeats.once("a", "this", act)
    assert desk.repeats.once("a", "that", act) == BEGUN


def test_what_is_being_done_is_not_done_beside_it(desk: Desk) -> None:
    def act() -> Begun:
        with pytest.raises(StillRunning):
            desk.repeats.once("a", "this", act)
        return BEGUN

    assert desk.repeats.once("a", "this", act) == BEGUN


def test_what_was_cut_off_is_done_again_as_soon_as_nobody_can_be_at_it(desk: Desk) -> None:
    act = Act(Kill())
    with pytest.raises(Kill):
        desk.repeats.once("a", "this", act)
    with pytest.raises(StillRunning):
        desk.repeats.once("a", "this", act)
    desk.wait()
    assert desk.repeats.once("a", "this", act) == BEGUN


def test_of_many_at_once_one_does_it(desk: Desk) -> None:
    act, told = Act(), list[str]()

    def ask() -> None:
        try:
            told.append(desk.repeats.once("a", "this", act).url)
        except StillRunning:
            told.append("still")

    workers = [threading.Thread(target=ask) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert act.count == 1
    assert BEGUN.url in told
    assert set(told) <= {BEGUN.url, "still"}


def test_key_and_what_was_said_are_kept_by_digest_and_for_a_day(desk: Desk) -> None:
    if desk.client is None:
        pytest.skip("the twin keeps nothing")
    desk.repeats.once("member 1 my-own-key", "Ada says hello", Act())
    (item,) = desk.items
    kept = json.dumps(item)
    assert "my-own-key" not in kept
    assert "Ada" not in kept
    assert item["pk"]["S"].startswith("repeat#")
    until = int(item["expires_at"]["N"]) - int(item["in_progress_until"]["N"]) // 1_000
    assert until == pytest.approx(DAY - LONGEST_SECONDS, abs=5)


def test_a_table_that_does_not_answer_is_unavailable() -> None:
    nowhere = boto3.client(
        "dynamodb",
        region_name=REGION,
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    act = Act()
    with pytest.raises(StoreUnavailable):
        PowertoolsRepeats(nowhere, "requests").once("a", "this", act)
    assert act.count == 0

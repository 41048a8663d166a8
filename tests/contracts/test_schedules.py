"""`Schedules`: the twin and EventBridge Scheduler keep the same promises."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from shared.adapters.scheduler_schedules import MESSAGE_GROUP, SOONEST, SchedulerSchedules
from shared.ports.publishing import Schedules
from tests.aws import REGION
from tests.twins import MemorySchedules

AT = dt.datetime(2099, 12, 5, 5, 30, tzinfo=dt.UTC)
ROLE = "arn:aws:iam::123456789012:role/scheduler"
QUEUE = f"arn:aws:sqs:{REGION}:123456789012:publishing.fifo"


@pytest.fixture
def group(client: Any, request: pytest.FixtureRequest) -> str:
    name = f"g{abs(hash(request.node.nodeid)):x}"
    client("scheduler").create_schedule_group(Name=name)
    return name


@pytest.fixture(params=["twin", "scheduler"])
def schedules(request: pytest.FixtureRequest) -> Schedules:
    if request.param == "twin":
        return MemorySchedules()
    client = request.getfixturevalue("client")("scheduler")
    return SchedulerSchedules(client, request.getfixturevalue("group"), ROLE, QUEUE)


def test_what_is_set_is_due_and_setting_again_replaces_it(schedules: Schedules) -> None:
    assert list(schedules.due()) == []
    schedules.set("night-ferry", AT)
    schedules.set("day-ferry", AT)
    schedules.set("night-ferry", AT + dt.timedelta(hours=1))

    assert dict(schedules.due()) == {"night-ferry": AT + dt.timedelta(hours=1), "day-ferry": AT}
    assert len(list(schedules.due())) == 2


def test_the_moment_is_the_same_wherever_it_was_written(schedules: Schedules) -> None:
    schedules.set("night-ferry", AT.astimezone(dt.timezone(dt.timedelta(hours=-9, minutes=-30))))

    assert dict(schedules.due()) == {"night-ferry": AT}


def test_long_slugs_that_begin_alike_are_told_apart(schedules: Schedules) -> None:
    slugs = [f"{'long-' * 20}{end}" for end in ("one", "two")]
    for slug in slugs:
        schedules.set(slug, AT)

    assert dict(schedules.due()) == dict.fromkeys(slugs, AT)


def test_there_may_be_more_than_a_page_of_them(schedules: Schedules) -> None:
    for i in range(60):
        schedules.set(f"piece-{i}", AT)

    assert {slug for slug, _ in schedules.due()} == {f"piece-{i}" for i in range(60)}


@pytest.mark.parametrize("ahead", [-3_600.0, -1.0, 0.0, 1.0])
def test_a_moment_that_passes_meanwhile_is_put_off_a_little_and_one_just_ahead_is_kept(
    client: Any, group: str, ahead: float
) -> None:
    now = AT.timestamp()
    schedules = SchedulerSchedules(client("scheduler"), group, ROLE, QUEUE, lambda: now)

    schedules.set("passing", AT + dt.timedelta(seconds=ahead))
    schedules.set("ahead", AT + dt.timedelta(seconds=5))

    assert dict(schedules.due()) == {"passing": AT + SOONEST, "ahead": AT + dt.timedelta(seconds=5)}


def test_a_schedule_is_never_early_and_sends_to_the_queue_once(client: Any, group: str) -> None:
    SchedulerSchedules(client("scheduler"), group, ROLE, QUEUE).set("night-ferry", AT + dt.timedelta(milliseconds=1))

    name = client("scheduler").list_schedules(GroupName=group)["Schedules"][0]["Name"]
    made = client("scheduler").get_schedule(GroupName=group, Name=name)

    assert made["ScheduleExpression"] == "at(2099-12-05T05:30:01)"
    assert made["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert made["ActionAfterCompletion"] == "DELETE"
    assert (made["Target"]["Arn"], made["Target"]["RoleArn"]) == (QUEUE, ROLE)
    assert made["Target"]["SqsParameters"] == {"MessageGroupId": MESSAGE_GROUP}
    assert json.loads(made["Target"]["Input"])["slug"] == "night-ferry"

"""Being called again: one-time schedules of EventBridge Scheduler, which send to the queue that publishing reads.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#one-time : to the minute, never early.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_scheduler.client import EventBridgeSchedulerClient

SOONEST: Final = dt.timedelta(seconds=3)
"""From now; nobody says what becomes of a schedule whose time is past when it is made, and making one takes a while."""
MESSAGE_GROUP = "paper"  # as template.yaml has it for EventBridge: all of publishing is one after the other


class SchedulerSchedules:
    """`shared.ports.publishing.Schedules` on EventBridge Scheduler."""

    def __init__(
        self,
        client: EventBridgeSchedulerClient,
        group: str,
        role_arn: str,
        queue_arn: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client, self._group, self._role_arn, self._queue_arn = client, group, role_arn, queue_arn
        self._clock = clock  # Unix seconds

    def set(self, slug: str, at: dt.datetime) -> None:
        # A schedule has no fractions of a second: the next whole one, so that it is never early.
        soonest = dt.datetime.fromtimestamp(self._clock(), dt.UTC) + SOONEST
        moment = max(at.astimezone(dt.UTC), soonest) + dt.timedelta(microseconds=999_999)
        wanted: dict[str, Any] = {
            "GroupName": self._group,
            "Name": _name(slug),
            "ScheduleExpression": f"at({moment:%Y-%m-%dT%H:%M:%S})",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ActionAfterCompletion": "DELETE",
            "Target": {
                "Arn": self._queue_arn,
                "RoleArn": self._role_arn,
                "Input": msgspec.json.encode({"slug": slug, "at": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}).decode(),
                "SqsParameters": {"MessageGroupId": MESSAGE_GROUP},
            },
        }
        try:
            self._client.update_schedule(**wanted)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            self._client.create_schedule(**wanted)

    def due(self) -> Iterator[tuple[str, dt.datetime]]:
        for page in self._client.get_paginator("list_schedules").paginate(GroupName=self._group):
            for found in page["Schedules"]:
                try:
                    schedule = self._client.get_schedule(GroupName=self._group, Name=found["Name"])
                except ClientError as error:
                    if error.response["Error"]["Code"] != "ResourceNotFoundException":
                        raise
                    continue  # its time has come in this moment
                said = json.loads(schedule["Target"]["Input"])
                yield said["slug"], dt.datetime.fromisoformat(said["at"])


def _name(slug: str) -> str:
    """A schedule's name is at most 64 characters long; a slug may be longer."""
    return f"{slug[:40]}-{hashlib.sha256(slug.encode()).hexdigest()[:16]}"

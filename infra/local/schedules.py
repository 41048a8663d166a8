"""EventBridge Scheduler's clock, which moto lacks: puts a schedule's message on its queue when the time has come."""

import datetime as dt
import re
import sys
import threading
import uuid
from collections.abc import Callable
from typing import Any, Final

from moto.scheduler.models import scheduler_backends
from moto.sqs.exceptions import MissingParameter, QueueDoesNotExist
from moto.sqs.models import sqs_backends

from infra.local.deliveries import queue_of
from infra.local.template import ACCOUNT, REGION

SECONDS: Final = 1.0  # between two looks; AWS's own are a minute apart
TARGET: Final = frozenset({"Arn", "RoleArn", "Input", "SqsParameters", "RetryPolicy", "DeadLetterConfig"})
UNKNOWN: Final = "the stack on this machine knows at(…) in UTC, with an Input for a queue, and nothing else"


class Schedules:
    """Fires what is due by `clock` (Unix seconds), never before. Only one-time schedules in UTC, to queues."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._stopped = threading.Event()
        self._done: set[tuple[str, str]] = set()  # (ARN, expression) of what stays after it has fired, or cannot fire

    def start(self) -> None:
        """Look once a second, in a thread of its own, until `stop`."""
        threading.Thread(target=self._tick, name="schedules", daemon=True).start()

    def stop(self) -> None:
        """Fire nothing more."""
        self._stopped.set()

    def fire_due(self) -> None:
        """Fire every schedule whose time has come and that has not fired."""
        now = self._clock()
        for group in list(scheduler_backends[ACCOUNT][REGION].schedule_groups.values()):
            for schedule in list(group.schedules.values()):
                this = (schedule.arn, schedule.schedule_expression)
                if schedule.state == "DISABLED" or this in self._done:
                    continue
                due = _due(schedule)
                if due is None:
                    self._done.add(this)
                    print(f"{schedule.arn} will not fire: {UNKNOWN}", file=sys.stderr)
                elif due <= now:
                    _send(schedule.target)
                    if schedule.action_after_completion == "DELETE":
                        group.schedules.pop(schedule.name, None)
                    else:
                        self._done.add(this)

    def _tick(self) -> None:
        while not self._stopped.wait(SECONDS):
            self.fire_due()


def daily_event(rule: str) -> dict[str, Any]:
    """What a function gets from a rule of EventBridge's that fires by the clock.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html
    """
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{rule}"],
        "detail": {},
    }


def _due(schedule: Any) -> float | None:
    """When (Unix seconds) a schedule is to fire; None for one of a kind that is not known here."""
    target = schedule.target
    known = target.keys() <= TARGET and ":sqs:" in target["Arn"] and "<aws." not in target.get("Input", "<aws.")
    if not known or schedule.schedule_expression_timezone != "UTC":
        return None
    at = re.fullmatch(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)", schedule.schedule_expression)
    try:
        return dt.datetime.fromisoformat(f"{at[1]}+00:00").timestamp() if at else None
    except ValueError:
        return None


def _send(target: dict[str, Any]) -> None:
    group = target.get("SqsParameters", {}).get("MessageGroupId")
    try:
        sqs_backends[ACCOUNT][REGION].send_message(queue_of(target["Arn"]).name, target["Input"], group_id=group)
    except (QueueDoesNotExist, MissingParameter) as error:  # what AWS would try for a day and then give up
        print(f"a schedule cannot send to {target['Arn']}: {type(error).__name__}", file=sys.stderr)

"""From a change in a bucket, or a schedule, over a queue to the function: what AWS would deliver, and how often."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.local.cloud import Cloud
from infra.local.deliveries import Delivery, Mapped, depths, mappings, queue_of, reported
from infra.local.distribution import FunctionSpec
from infra.local.schedules import Schedules
from infra.local.template import REGION, Template, TemplateError
from infra.local.workers import FunctionPool

AT = 1_800_000_000  # 2027-01-15T08:00:00 UTC
RESOURCES: dict[str, Any] = {
    "TriedBucket": {
        "Type": "AWS::S3::Bucket",
        "Properties": {
            "VersioningConfiguration": {"Status": "Enabled"},
            "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
        },
    },
    "TriedQuietBucket": {"Type": "AWS::S3::Bucket"},
    "TriedRule": {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventPattern": {
                "source": ["aws.s3"],
                "detail-type": ["Object Created", "Object Deleted"],
                "detail": {
                    "bucket": {"name": [{"Ref": "TriedBucket"}, {"Ref": "TriedQuietBucket"}]},
                    "object": {"key": [{"prefix": "articles/"}]},
                },
            },
            "Targets": [
                {
                    "Id": "tried",
                    "Arn": {"Fn::GetAtt": ["TriedQueue", "Arn"]},
                    "SqsParameters": {"MessageGroupId": "paper"},
                }
            ],
        },
    },
    "TriedQueue": {
        "Type": "AWS::SQS::Queue",
        "Properties": {
            "FifoQueue": True,
            "ContentBasedDeduplication": True,
            "VisibilityTimeout": 360,
            "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["TriedDead", "Arn"]}, "maxReceiveCount": 3},
        },
    },
    "TriedDead": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True}},
    "TriedGroup": {"Type": "AWS::Scheduler::ScheduleGroup"},
    "TriedFunction": {"Type": "AWS::Lambda::Function", "Properties": {}},
    "TriedAlias": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "TriedFunction"}}},
    "TriedMapping": {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {
            "EventSourceArn": {"Fn::GetAtt": ["TriedQueue", "Arn"]},
            "FunctionName": {"Ref": "TriedAlias"},
            "BatchSize": 10,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        },
    },
}


def _template(**changed: dict[str, Any]) -> Template:
    resources = {
        name: {**resource, "Properties": resource.get("Properties", {}) | changed.get(name, {})}
        for name, resource in RESOURCES.items()
    }
    return Template({}, {}, {}, resources, {})


class Tried:
    """A queue with what is before it and behind it."""

    def __init__(self, cloud: Cloud, pool: FunctionPool, seen: Path) -> None:
        self.cloud = cloud
        self.pool = pool
        self._seen = seen
        [self.mapped] = mappings(_template(), cloud.attribute)
        self.delivery: Delivery | None = None

    def client(self, service: str) -> Any:
        return boto3.client(  # type: ignore[call-overload]
            service,
            region_name=REGION,
            endpoint_url=self.cloud.endpoint,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )

    def url(self, logical_id: str = "TriedQueue") -> str:
        return str(self.cloud.attribute(logical_id, None))

    def send(self, *bodies: str) -> None:
        sqs = self.client("sqs")
        for number, body in enumerate(bodies):
            sqs.send_message(
                QueueUrl=self.url(),
                MessageBody=body,
                MessageGroupId="paper",
                MessageDeduplicationId=f"{time.time_ns()}-{number}",
            )

    def deliver(self) -> None:
        self.delivery = Delivery(self.mapped, self.pool, retry_seconds=0.01)

    def settled(self) -> None:
        """Wait until nothing is in the queue any more."""
        name = self.url().rpartition("/")[2]
        _until(lambda: not any(one["waiting"] + one["in_flight"] for one in depths() if one["name"] == name))

    @property
    def batches(self) -> list[list[dict[str, Any]]]:
        return [json.loads(line) for line in self._seen.read_text().splitlines()] if self._seen.exists() else []

    @property
    def bodies(self) -> list[list[str]]:
        return [[record["body"] for record in batch] for batch in self.batches]

    @property
    def dead(self) -> list[str]:
        return [message.body for message in queue_of(self.cloud.attribute("TriedDead", "Arn"))._messages]

    def forget(self) -> None:
        if self.delivery is not None:
            self.delivery.stop()
        self._seen.unlink(missing_ok=True)
        for logical_id in ("TriedQueue", "TriedDead"):
            queue = queue_of(self.cloud.attribute(logical_id, "Arn"))
            queue._messages, queue._pending_messages = [], set()


def _until(true: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 10
    while not true():
        assert time.monotonic() < give_up, "it never came"
        time.sleep(0.005)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    folder = tmp_path_factory.mktemp("deliveries")
    cloud = Cloud(_template(), "127.0.0.1:8000", lambda _: None)
    cloud.start()
    variables = {"SEEN": str(folder / "seen")}
    spec = FunctionSpec("TriedFunction", "frontline-Tried", "tests.local.handlers.batch", 0.5, 256, variables)
    pool = FunctionPool(spec, cloud.endpoint, folder / "log", size=1)
    yield Tried(cloud, pool, folder / "seen")
    pool.stop()
    cloud.stop()


@pytest.fixture
def tried(stage: Tried) -> Iterator[Tried]:
    yield stage
    stage.forget()


# From the bucket ------------------------------------------------------------------------------------------------------


def test_changes_of_articles_come_in_aws_s_words(tried: Tried) -> None:
    tried.deliver()
    s3, bucket = tried.client("s3"), tried.cloud.attribute("TriedBucket", None)
    s3.put_object(Bucket=bucket, Key="lists/latest.json", Body=b"[]")
    put = s3.put_object(Bucket=bucket, Key="articles/a b.json", Body=b"{}")
    source = {"Bucket": bucket, "Key": "articles/a b.json"}
    copied = s3.copy_object(Bucket=bucket, Key="articles/c.json", CopySource=source)
    marker = s3.delete_object(Bucket=bucket, Key="articles/a b.json")
    s3.delete_object(Bucket=bucket, Key="articles/a b.json", VersionId=put["VersionId"])
    s3.delete_object(Bucket=bucket, Key="articles/never-there.json")
    tried.settled()
    events = [json.loads(body) for bodies in tried.bodies for body in bodies]
    details = [one["detail"] for one in events]
    assert [
        (one["detail-type"], detail["reason"], detail.get("deletion-type"), detail["object"]["key"])
        for one, detail in zip(events, details, strict=True)
    ] == [
        ("Object Created", "PutObject", None, "articles/a b.json"),
        ("Object Created", "CopyObject", None, "articles/c.json"),
        ("Object Deleted", "DeleteObject", "Delete Marker Created", "articles/a b.json"),
        ("Object Deleted", "DeleteObject", "Permanently Deleted", "articles/a b.json"),
    ]
    assert [detail["object"]["version-id"] for detail in details] == [
        put["VersionId"],
        copied["VersionId"],
        marker["VersionId"],
        put["VersionId"],
    ]
    first = events[0]
    assert details[0]["bucket"] == {"name": bucket}
    assert details[0]["object"]["etag"] == put["ETag"].strip('"')
    assert details[0]["object"]["size"] == 2
    assert (first["source"], first["account"], first["region"]) == ("aws.s3", "123456789012", REGION)
    assert first["resources"] == [f"arn:aws:s3:::{bucket}"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first["time"])
    sequence = [detail["object"]["sequencer"] for detail in details]
    assert sequence == sorted(set(sequence))
    assert len({one["id"] for one in events}) == 4


def test_a_bucket_that_does_not_tell_eventbridge_tells_nobody(tried: Tried) -> None:
    quiet = tried.cloud.attribute("TriedQuietBucket", None)
    tried.client("s3").put_object(Bucket=quiet, Key="articles/a.json", Body=b"{}")
    assert queue_of(tried.mapped.queue_arn)._messages == []


def test_a_record_is_as_lambda_makes_it(tried: Tried) -> None:
    tried.client("sqs").send_message(
        QueueUrl=tried.url(),
        MessageBody="hello",
        MessageGroupId="paper",
        MessageAttributes={"Kind": {"DataType": "String", "StringValue": "news"}},
    )
    tried.deliver()
    tried.settled()
    [[record]] = tried.batches
    attributes = record.pop("attributes")
    assert {name: attributes[name] for name in ("ApproximateReceiveCount", "MessageGroupId")} == {
        "ApproximateReceiveCount": "1",
        "MessageGroupId": "paper",
    }
    assert attributes["SentTimestamp"].isdecimal()
    assert len(record.pop("messageId")) == 36
    assert record.pop("receiptHandle")
    assert record == {
        "body": "hello",
        "messageAttributes": {"Kind": {"dataType": "String", "stringValue": "news"}},
        "md5OfBody": "5d41402abc4b2a76b9719d911017c592",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:frontline-triedqueue.fifo",
        "awsRegion": "us-east-1",
    }


# To the function ------------------------------------------------------------------------------------------------------


def test_messages_come_in_order_in_batches_once(tried: Tried) -> None:
    sent = [str(number) for number in range(25)]
    tried.send(*sent)
    tried.deliver()
    tried.settled()
    assert [len(bodies) for bodies in tried.bodies] == [10, 10, 5]
    assert [body for bodies in tried.bodies for body in bodies] == sent
    assert tried.dead == []


def test_nothing_is_deleted_while_somebody_sends(tried: Tried) -> None:
    """moto sends under its queue's lock and deletes by writing its list anew: what was sent meanwhile would be lost."""
    queue = queue_of(tried.mapped.queue_arn)
    tried.send("pause")
    tried.deliver()
    _until(lambda: bool(tried.bodies))
    with queue._messages_lock:
        time.sleep(0.4)
        assert [message.body for message in queue._messages] == ["pause"]
    tried.settled()


def test_only_what_failed_comes_again(tried: Tried) -> None:
    tried.send("one", "fail first", "two")
    tried.deliver()
    tried.settled()
    assert tried.bodies == [["one", "fail first", "two"], ["fail first"]]


@pytest.mark.parametrize("trouble", ["raise first", "exit first", "sleep first"])
def test_where_the_function_does_not_answer_everything_comes_again(
    tried: Tried, trouble: str, capfd: pytest.CaptureFixture[str]
) -> None:
    tried.send("one", trouble, "two")
    tried.deliver()
    tried.settled()
    assert tried.bodies == [["one", trouble, "two"]] * 2
    assert "messages of frontline-triedqueue.fifo will come again: TriedFunction" in capfd.readouterr().err


def test_what_cannot_be_handled_steps_aside_after_its_tries(tried: Tried) -> None:
    tried.send("poison", "one")
    tried.deliver()
    tried.settled()
    assert tried.bodies == [["poison", "one"], ["poison"], ["poison"]]
    assert tried.dead == ["poison"]


def test_nothing_is_taken_for_a_function_that_is_stopped(tried: Tried) -> None:
    tried.pool.stop()
    tried.deliver()
    tried.send("one")
    time.sleep(0.1)
    assert tried.bodies == []
    tried.pool.start()
    tried.settled()
    assert tried.bodies == [["one"]]
    assert tried.batches[0][0]["attributes"]["ApproximateReceiveCount"] == "1"


def test_after_its_stop_nothing_is_delivered(tried: Tried) -> None:
    tried.deliver()
    assert tried.delivery is not None
    started = time.monotonic()
    tried.delivery.stop()
    tried.delivery._thread.join(1)
    assert time.monotonic() - started < 0.5
    tried.send("too late")
    time.sleep(0.05)
    assert tried.bodies == []


def test_a_stop_does_not_wait_for_a_function_at_work(tried: Tried, capfd: pytest.CaptureFixture[str]) -> None:
    tried.send("sleep first")
    tried.deliver()
    assert tried.delivery is not None
    _until(lambda: bool(tried.bodies))
    started = time.monotonic()
    tried.delivery.stop()
    tried.pool.stop()
    tried.delivery._thread.join(1)
    assert time.monotonic() - started < 0.3
    assert capfd.readouterr().err == ""
    tried.pool.start()


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (None, ""),
        ({}, ""),
        ({"batchItemFailures": []}, ""),
        ({"batchItemFailures": None}, ""),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, "b"),
        ({"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "c"}]}, "bc"),
        ({"batchItemFailures": [{"itemIdentifier": "unknown"}]}, "abc"),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, "abc"),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, "abc"),
        ({"batchItemFailures": [{"itemIdentifier": ["a"]}]}, "abc"),
        ({"batchItemFailures": [{"id": "a"}]}, "abc"),
        ({"batchItemFailures": ["a"]}, "abc"),
        ({"batchItemFailures": "a"}, "abc"),
        ("done", "abc"),
    ],
)
def test_what_an_answer_says_of_failures(answer: Any, failed: str) -> None:
    assert reported(answer, frozenset("abc")) == frozenset(failed)


def test_a_function_that_reports_nothing_has_handled_all(tried: Tried) -> None:
    tried.mapped, before = Mapped("TriedFunction", tried.mapped.queue_arn, 2, reports_failures=False), tried.mapped
    try:
        tried.send("poison", "one", "two")
        tried.deliver()
        tried.settled()
    finally:
        tried.mapped = before
    assert tried.bodies == [["poison", "one"], ["two"]]


# Schedules ------------------------------------------------------------------------------------------------------------


class _Clock:
    now = AT - 3600.0

    def __call__(self) -> float:
        return self.now


def _schedule(tried: Tried, name: str, **changed: Any) -> None:
    given = {
        "Name": name,
        "GroupName": tried.cloud.attribute("TriedGroup", None),
        "ScheduleExpression": "at(2027-01-15T08:00:00)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": {
            "Arn": tried.mapped.queue_arn,
            "RoleArn": "arn:aws:iam::123456789012:role/schedule",
            "Input": f"due: {name}",
            "SqsParameters": {"MessageGroupId": "paper"},
        },
    }
    tried.client("scheduler").create_schedule(**given | changed)


def _names(tried: Tried) -> list[str]:
    group = tried.cloud.attribute("TriedGroup", None)
    return [one["Name"] for one in tried.client("scheduler").list_schedules(GroupName=group)["Schedules"]]


def test_a_schedule_fires_at_its_time_and_never_before_and_is_gone_then(tried: Tried) -> None:
    clock = _Clock()
    schedules = Schedules(clock)
    _schedule(tried, "morning")
    clock.now = AT - 0.001
    schedules.fire_due()
    assert _names(tried) == ["morning"]
    clock.now = AT
    schedules.fire_due()
    schedules.fire_due()
    assert _names(tried) == []
    tried.deliver()
    tried.settled()
    assert tried.bodies == [["due: morning"]]


def test_a_schedule_that_stays_fires_once_until_it_is_changed(tried: Tried) -> None:
    clock, queue = _Clock(), queue_of(tried.mapped.queue_arn)
    schedules = Schedules(clock)

    def fired(now: float) -> list[str]:
        clock.now = now
        schedules.fire_due()
        sent, queue._messages = queue._messages, []  # or the queue would drop a second one as the same
        return [message.body for message in sent]

    _schedule(tried, "stays", ActionAfterCompletion="NONE")
    _schedule(tried, "off", State="DISABLED")
    assert fired(AT + 1) == ["due: stays"]
    assert fired(AT + 2) == []
    scheduler, group = tried.client("scheduler"), tried.cloud.attribute("TriedGroup", None)
    given = scheduler.get_schedule(GroupName=group, Name="stays")
    kept = {name: given[name] for name in ("Name", "GroupName", "FlexibleTimeWindow", "Target")}
    scheduler.update_schedule(**kept, ScheduleExpression="at(2027-01-15T09:00:00)")
    assert fired(AT + 3599) == []
    assert fired(AT + 3600) == ["due: stays"]
    for name in ("stays", "off"):
        scheduler.delete_schedule(GroupName=group, Name=name)


@pytest.mark.parametrize(
    "changed",
    [
        {"ScheduleExpression": "rate(5 minutes)"},
        {"ScheduleExpression": "at(2027-02-30T08:00:00)"},
        {"ScheduleExpressionTimezone": "Europe/Lisbon"},
        {"Target": {"Arn": "arn:aws:lambda:us-east-1:123456789012:function:f", "RoleArn": "r" * 20, "Input": "x"}},
    ],
)
def test_a_schedule_of_a_kind_that_is_not_known_is_told_once(
    tried: Tried, changed: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    clock = _Clock()
    schedules = Schedules(clock)
    _schedule(tried, "odd", **changed)
    clock.now = AT + 86_400
    schedules.fire_due()
    schedules.fire_due()
    assert capfd.readouterr().err.count("odd will not fire") == 1
    assert queue_of(tried.mapped.queue_arn)._messages == []
    tried.client("scheduler").delete_schedule(GroupName=tried.cloud.attribute("TriedGroup", None), Name="odd")


def test_time_passes_by_itself(tried: Tried) -> None:
    _schedule(tried, "soon")
    schedules = Schedules(lambda: float(AT))
    schedules.start()
    try:
        _until(lambda: _names(tried) == [])
    finally:
        schedules.stop()


# What is not known ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("logical_id", "properties"),
    [
        ("Queue", {"DelaySeconds": 5}),
        ("Rule", {"State": "DISABLED"}),
        ("Rule", {"Targets": [{"Id": "tried", "Arn": "arn:aws:sqs:::x", "InputPath": "$.detail"}]}),
        ("Rule", {"Targets": [{"Id": "tried", "Arn": "arn:aws:lambda:us-east-1:123456789012:function:f"}]}),
        ("Group", {"Tags": []}),
        ("Mapping", {"FilterCriteria": {}}),
        ("Bucket", {"NotificationConfiguration": {"QueueConfigurations": []}}),
    ],
)
def test_what_is_not_known_of_queues_rules_and_mappings_stops_the_stack(
    logical_id: str, properties: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    prefix = f"Odd{abs(hash(request.node.nodeid)):x}"  # moto is one for all stacks of this process
    text = json.dumps(_template(**{f"Tried{logical_id}": properties}).resources).replace('"Tried', f'"{prefix}')
    template = Template({}, {}, {}, json.loads(text), {})
    cloud = Cloud(template, "127.0.0.1:8000", lambda _: None)

    def make() -> None:
        mappings(template, cloud.attribute)
        cloud.attribute(f"{prefix}{logical_id}", "Arn")

    with pytest.raises(TemplateError, match=f"{prefix}{logical_id}"):
        make()

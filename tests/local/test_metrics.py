"""This machine counts as CloudWatch, Lambda and CloudFront do."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from infra.local.cloud import Cloud
from infra.local.messages import Answer
from infra.local.metrics import embedded, statistic_of
from infra.local.template import REGION, load
from infra.ops.boto3_metrics import Boto3Metrics
from infra.ops.figures import Wanted
from infra.template import TEMPLATE


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    cloud = Cloud(load(TEMPLATE), "127.0.0.1:8000", lambda items: None)
    cloud.start()
    yield cloud
    cloud.stop()


@pytest.fixture(scope="module")
def metrics(cloud: Cloud) -> Boto3Metrics:
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    return Boto3Metrics(boto3.client("cloudwatch", region_name=REGION, endpoint_url=cloud.endpoint, **keys))  # type: ignore[call-overload]


def asked(metrics: Boto3Metrics, *wanted: Wanted) -> list[list[float]]:
    """The values of the last hour, whatever their time."""
    now = int(time.time())
    return [[*one.values()] for one in metrics.values(wanted, now - 3600, now + 60, 3600 * 24)]


def line(name: str, *values: float, at: float | None = None, **dimensions: str) -> bytes:
    """As a function writes it down."""
    directive = {
        "Namespace": "Frontline/x",
        "Dimensions": [[*dimensions]],
        "Metrics": [{"Name": name, "Unit": "Count"}],
    }
    told = {"_aws": {"Timestamp": int((at or time.time()) * 1000), "CloudWatchMetrics": [directive]}}
    return json.dumps({**told, **dimensions, name: [*values]}, separators=(",", ":")).encode() + b"\n"


def test_what_functions_write_down_is_counted_when_somebody_asks(
    cloud: Cloud, metrics: Boto3Metrics, tmp_path: Path
) -> None:
    log = tmp_path / "articles.jsonl"
    log.write_bytes(line("Reads", 100.0, service="before"))
    cloud.counting.read(log)
    whole = line("Reads", 2.0, service="articles", Tier="member")
    with log.open("ab") as writing:
        writing.write(b'{"level":"INFO"}\nno JSON {"_aws"\n' + whole + line("Listed", 1.0, 2.0, service="publishing"))
        writing.write(whole[:20])  # somebody is writing it
    reads = Wanted("Frontline/x", "Reads", (("Tier", "member"), ("service", "articles")))
    listed = Wanted("Frontline/x", "Listed", (("service", "publishing"),))

    assert asked(metrics, reads, listed) == [[2.0], [3.0]]
    assert set(metrics.there("Frontline/x")) == {reads, listed}
    with log.open("ab") as writing:
        writing.write(whole[20:])
    assert asked(metrics, reads) == [[4.0]]


def test_a_line_that_is_no_metric_is_none() -> None:
    assert [*embedded(b'{"level":"ERROR"}\n')] == []


def test_calls_of_a_function_are_counted_with_how_long_they_took(cloud: Cloud, metrics: Boto3Metrics) -> None:
    called = cloud.counting.of_function("mail")
    for number in range(200):
        called(0.01 if number < 197 else 2.5, number == 0)
    of = (("FunctionName", "mail"),)
    wanted = (
        ("Invocations", "Sum"),
        ("Errors", "Sum"),
        ("Duration", "p99"),
        ("Duration", "p50"),
        ("Duration", "Maximum"),
    )

    found = asked(metrics, *(Wanted("AWS/Lambda", name, of, statistic) for name, statistic in wanted))

    assert found == [[200.0], [1.0], [2500.0], [10.0], [2500.0]]


def test_of_reads_only_those_that_could_have_been_hits_count_as_hits_or_none(
    cloud: Cloud, metrics: Boto3Metrics
) -> None:
    answered = cloud.counting.of_edge("E1")
    for status, outcome in (
        *((200, "Hit"), (200, "Hit"), (304, "RefreshHit"), (200, "Miss")),
        *((301, "FunctionGeneratedResponse"), (502, "Error"), (404, "Error"), (404, "Error")),
    ):
        answered(Answer(status, (("x-cache", f"{outcome} from frontline"),)))
    of = (("DistributionId", "E1"), ("Region", "Global"))
    averages = ("CacheHitRate", "5xxErrorRate", "4xxErrorRate")
    wanted = (Wanted("AWS/CloudFront", name, of, "Average") for name in averages)

    assert asked(metrics, Wanted("AWS/CloudFront", "Requests", of), *wanted) == [[8.0], [75.0], [12.5], [25.0]]


@pytest.mark.parametrize(
    ("statistic", "value"),
    [
        ("Sum", 15.0),
        ("Average", 3.0),
        ("Minimum", 1.0),
        ("Maximum", 9.0),
        ("SampleCount", 5.0),
        ("p50", 2.0),
        ("p99", 9.0),
        ("p1", 1.0),
    ],
)
def test_statistics_are_those_of_all_values(statistic: str, value: float) -> None:
    assert statistic_of(Counter({1.0: 2, 2.0: 2, 9.0: 1}), statistic) == value


def test_every_alarm_of_the_template_is_there_and_quiet(cloud: Cloud) -> None:
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    cloudwatch = boto3.client("cloudwatch", region_name=REGION, endpoint_url=cloud.endpoint, **keys)  # type: ignore[call-overload]
    found = {one["AlarmName"]: one["StateValue"] for one in cloudwatch.describe_alarms(MaxRecords=100)["MetricAlarms"]}
    named = {at for kind, at in cloud.resources().values() if kind == "AWS::CloudWatch::Alarm"}

    assert found == dict.fromkeys(named, "OK")
    assert "frontline-ReadsUnavailable" in named


def test_a_bucket_says_whether_it_tells_eventbridge(cloud: Cloud) -> None:
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    s3 = boto3.client("s3", region_name=REGION, endpoint_url=cloud.endpoint, **keys)  # type: ignore[call-overload]
    bucket = cloud.resources()["ContentBucket"][1]
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=bucket)

    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket=bucket)

    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=bucket)

"""`Metrics`: the twin, and CloudWatch as moto has it, keep the same promises. Percentiles moto lacks: tests/local."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config

from infra.ops.boto3_metrics import AT_ONCE, Boto3Metrics
from infra.ops.figures import Metrics, Wanted
from shared.domain.refusals import StoreUnavailable
from tests.ops.metrics_twin import MemoryMetrics

START = 1_800_000_000 // 3600 * 3600
Put = Callable[..., None]


@pytest.fixture(params=["twin", "moto"])
def counting(request: pytest.FixtureRequest) -> tuple[Metrics, Put, str]:
    """A door, how something gets counted behind it, and a namespace that is nobody else's."""
    namespace = f"Frontline/{uuid4().hex}"
    if request.param == "twin":
        twin = MemoryMetrics()
        return twin, twin.put, namespace
    cloudwatch: Any = request.getfixturevalue("client")("cloudwatch")

    def put(namespace: str, name: str, value: float, at: int, **dimensions: str) -> None:
        named = [{"Name": key, "Value": value} for key, value in sorted(dimensions.items())]  # moto mixes them up
        when = dt.datetime.fromtimestamp(at, dt.UTC)
        datum = {"MetricName": name, "Value": value, "Timestamp": when, "Dimensions": named}
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=[datum])

    return Boto3Metrics(cloudwatch), put, namespace


def test_what_is_there_is_named_with_its_dimensions(counting: tuple[Metrics, Put, str]) -> None:
    metrics, put, namespace = counting
    for _ in range(2):
        put(namespace, "Reads", 1.0, START, service="pages", Tier="member")
    put(namespace, "Listed", 1.0, START, service="publishing")

    assert set(metrics.there(namespace)) == {
        Wanted(namespace, "Reads", (("Tier", "member"), ("service", "pages"))),
        Wanted(namespace, "Listed", (("service", "publishing"),)),
    }
    assert metrics.there(f"{namespace}-else") == ()


def test_values_come_by_the_step_and_by_the_statistic(counting: tuple[Metrics, Put, str]) -> None:
    metrics, put, namespace = counting
    for at, value in ((START - 1, 50.0), (START, 1.0), (START + 299, 4.0), (START + 700, 7.0), (START + 3600, 90.0)):
        put(namespace, "Duration", value, at, FunctionName="articles")
    of = (("FunctionName", "articles"),)
    wanted = tuple(Wanted(namespace, "Duration", of, statistic) for statistic in ("Sum", "Average", "Maximum"))

    assert metrics.values(wanted, START, START + 3600, 300) == (
        {START: 5.0, START + 600: 7.0},
        {START: 2.5, START + 600: 7.0},
        {START: 4.0, START + 600: 7.0},
    )


def test_a_metric_of_other_dimensions_is_another(counting: tuple[Metrics, Put, str]) -> None:
    metrics, put, namespace = counting
    put(namespace, "Reads", 1.0, START, service="pages", Tier="subscriber")
    wanted = (
        Wanted(namespace, "Reads", (("Tier", "subscriber"), ("service", "pages"))),
        Wanted(namespace, "Reads", (("service", "pages"),)),
        Wanted(namespace, "Never", (("service", "pages"),)),
    )

    assert metrics.values(wanted, START, START + 300, 300) == ({START: 1.0}, {}, {})


def test_more_are_asked_for_than_go_into_one_request(counting: tuple[Metrics, Put, str]) -> None:
    metrics, put, namespace = counting
    put(namespace, "Reads", 3.0, START, service="last")
    wanted = (
        *(Wanted(namespace, f"M{n}", (("service", "x"),)) for n in range(AT_ONCE)),
        Wanted(namespace, "Reads", (("service", "last"),)),
    )

    *others, last = metrics.values(wanted, START, START + 300, 300)

    assert last == {START: 3.0}
    assert set(map(len, others)) == {0}


def test_a_cloud_that_does_not_answer_is_told_of() -> None:
    config = Config(connect_timeout=1, retries={"max_attempts": 1})
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    at = {"region_name": "eu-west-1", "endpoint_url": "http://127.0.0.1:9"}
    metrics = Boto3Metrics(boto3.client("cloudwatch", config=config, **at, **keys))  # type: ignore[call-overload]
    with pytest.raises(StoreUnavailable):
        metrics.there("Frontline/paper")
    with pytest.raises(StoreUnavailable):
        metrics.values((Wanted("N", "M"),), START, START + 300, 300)

"""Alarms and dashboard: they look at what is counted, and each alarm says what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from infra.template import TEMPLATE
from tests.house.emitted import Metric, emitted
from tests.house.templates import NAMESPACE, ROOT, Json, resources, transformed

ALARMS = resources("AWS::CloudWatch::Alarm")
EVERY_ALARM = pytest.mark.parametrize("name", ALARMS)
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
QUEUE, TABLE, FUNCTION = "AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::Lambda::Function"
# What AWS counts by itself: by which dimensions, and of what kind of resource each names one (None: a word of AWS's).
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
# https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html
# https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
# https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-cloudwatch-alarm.html
_OF_FUNCTION = {"FunctionName": FUNCTION}
_OF_QUEUE = {"QueueName": QUEUE}
_OF_EDGE: dict[str, str | None] = {"DistributionId": "AWS::CloudFront::Distribution", "Region": None}
COUNTED_BY_AWS: dict[tuple[str, str], dict[str, str | None]] = {
    **{("AWS/Lambda", one): {**_OF_FUNCTION} for one in ("Errors", "Throttles", "Duration", "AsyncEventsDropped")},
    ("AWS/Lambda", "ConcurrentExecutions"): {**_OF_FUNCTION},
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): {**_OF_QUEUE},
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): {**_OF_QUEUE},
    **{("AWS/DynamoDB", f"{one}ThrottleEvents"): {"TableName": TABLE} for one in ("Read", "Write")},
    **{("AWS/CloudFront", one): _OF_EDGE for one in ("Requests", "CacheHitRate", "4xxErrorRate", "5xxErrorRate")},
    **{
        ("AWS/CloudFront", f"Function{one}Errors"): {"FunctionName": "AWS::CloudFront::Function", "Region": None}
        for one in ("Execution", "Validation")
    },
    ("AWS/Events", "FailedInvocations"): {"RuleName": "AWS::Events::Rule"},
    ("AWS/Scheduler", "InvocationDroppedCount"): {"ScheduleGroup": "AWS::Scheduler::ScheduleGroup"},
    ("AWS/SNS", "NumberOfNotificationsFailed"): {"TopicName": "AWS::SNS::Topic"},
    ("AWS/SES", "Reputation.BounceRate"): {},
    ("AWS/SES", "Reputation.ComplaintRate"): {},
}
ATTRIBUTES = {"QueueName", "TopicName"}  # a dimension that is not what Ref gives


def stated(alarm: Json) -> list[Json]:
    """What an alarm looks at: each metric with its namespace, name, dimensions and period."""
    if "Metrics" in alarm:
        told = [one["MetricStat"] for one in alarm["Metrics"] if "MetricStat" in one]
        return [{**one["Metric"], "Period": one["Period"], "Statistic": one["Stat"]} for one in told]
    return [{**alarm, "Statistic": alarm.get("Statistic", alarm.get("ExtendedStatistic"))}]


def dimensions(metric: Json) -> dict[str, Any]:
    return {one["Name"]: one["Value"] for one in metric.get("Dimensions", [])}


def named(value: Any) -> tuple[str, str | None]:
    """Which resource a dimension means, and which of its attributes (None: its Ref)."""
    match value:
        case {"Ref": str() as name}:
            return name, None
        case {"Fn::GetAtt": [str() as name, str() as attribute]}:
            return name, attribute
        case {"Fn::Sub": str() as text}:  # a name that the template gives
            [name] = [
                one
                for one, it in transformed()["Resources"].items()
                if it.get("Properties", {}).get("Name") == {"Fn::Sub": text}
            ]
            return name, None
    raise AssertionError(value)


def looked_at(function_of_alarm: str) -> set[str]:
    """The resources that some alarm looks at by the metric of that name."""
    return {
        named(value)[0]
        for alarm in ALARMS.values()
        for metric in stated(alarm["Properties"])
        if metric["MetricName"] == function_of_alarm
        for value in dimensions(metric).values()
        if isinstance(value, dict)
    }


@EVERY_ALARM
def test_an_alarm_looks_at_what_is_counted(name: str) -> None:
    for metric in stated(ALARMS[name]["Properties"]):
        given = dimensions(metric)
        if metric["Namespace"] == NAMESPACE:
            assert Metric(metric["MetricName"], frozenset(given.items())) in emitted(), metric
            continue
        known = COUNTED_BY_AWS[metric["Namespace"], metric["MetricName"]]
        assert given.keys() == known.keys()
        for dimension, kind in known.items():
            if kind is None:
                assert given[dimension] == "Global"
                continue
            resource, attribute = named(given[dimension])
            assert transformed()["Resources"][resource]["Type"] == kind
            assert attribute == (dimension if dimension in ATTRIBUTES else None)


@EVERY_ALARM
def test_an_alarm_tells_the_topic_when_it_begins_and_when_it_is_over(name: str) -> None:
    told = ALARMS[name]["Properties"]
    assert told["AlarmActions"] == told["OKActions"] == [{"Ref": "AlarmTopic"}]
    assert told.get("ActionsEnabled", True) is True


@EVERY_ALARM
def test_an_alarm_says_what_to_do_and_where_more_is_said(name: str) -> None:
    words = ALARMS[name]["Properties"]["AlarmDescription"]
    assert words.endswith(f" See {name} in docs/operations.md."), words
    assert (
        len(words) <= 1024
    )  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html


def test_every_alarm_has_its_paragraph_and_no_paragraph_is_without_its_alarm() -> None:
    section = OPERATIONS.partition("\n## Watching\n")[2].partition("\n## ")[0]
    paragraphs = dict(re.findall(r"^#### (\w+)\n\n(.+?)(?=\n#|\Z)", section, re.MULTILINE | re.DOTALL))

    assert set(paragraphs) == set(ALARMS)
    assert {name: None for name, text in paragraphs.items() if len(text.split()) < 15 or "**Do:**" not in text} == {}
    table = section.partition("\n### ")[0]
    assert set(re.findall(r"\[(\w+)\]\(#(\w+)\)", table)) == {(name, name.lower()) for name in ALARMS}


@EVERY_ALARM
def test_what_no_news_means_is_said(name: str) -> None:
    """No trouble was counted: none was there. A queue or a rate of which nothing new is said is as it was. Only where
    something has to happen every day is silence the alarm."""
    told = ALARMS[name]["Properties"]
    of = {metric["MetricName"] for metric in stated(told)}
    by_day = {f"Reconcile{one}" for one in ("Repaired", "Mismatched", "Failed", "Unfinished")}
    rates = {"Reputation.BounceRate", "Reputation.ComplaintRate"}
    stays = by_day | rates | {"ApproximateNumberOfMessagesVisible"}
    expected = "breaching" if name == "ReconcileMissed" else "ignore" if of <= stays else "notBreaching"
    assert told["TreatMissingData"] == expected


@EVERY_ALARM
def test_an_alarm_is_one_that_cloudwatch_takes(name: str) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html"""
    told = ALARMS[name]["Properties"]
    metrics = stated(told)
    [period] = {metric["Period"] for metric in metrics}
    assert len(metrics) <= 10
    assert period * told["EvaluationPeriods"] <= (86_400 if period < 3600 else 7 * 86_400)
    assert told.get("DatapointsToAlarm", 1) <= told["EvaluationPeriods"]
    ids = [one["Id"] for one in told.get("Metrics", [])]
    assert len(set(ids)) == len(ids)
    for one in told.get("Metrics", []):
        if "Expression" in one and "METRICS()" not in one["Expression"]:
            assert set(ids) - {one["Id"]} <= set(re.findall(r"[a-z]+", one["Expression"]))


def test_what_cloudfront_counts_is_watched_where_it_is() -> None:
    for name, alarm in ALARMS.items():
        of_edge = any(metric["Namespace"] == "AWS/CloudFront" for metric in stated(alarm["Properties"]))
        assert alarm.get("Condition") == ("SeesTheEdge" if of_edge else None), name
    assert transformed()["Conditions"]["SeesTheEdge"] == {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}
    [monitoring] = resources("AWS::CloudFront::MonitoringSubscription").values()
    assert monitoring["Properties"]["DistributionId"] == {"Ref": "Distribution"}


def test_nothing_that_needs_watching_is_without_an_alarm() -> None:
    queues = resources(QUEUE)
    targets = {
        queue["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for queue in queues.values()
        if "RedrivePolicy" in queue["Properties"]
    }
    targets |= {
        target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0]
        for rule in resources("AWS::Events::Rule").values()
        for target in rule["Properties"]["Targets"]
        if "DeadLetterConfig" in target
    }
    assert looked_at("ApproximateNumberOfMessagesVisible") == targets
    assert looked_at("ApproximateAgeOfOldestMessage") == queues.keys() - targets
    assert looked_at("Throttles") == looked_at("Errors") == resources(FUNCTION).keys()
    assert looked_at("ReadThrottleEvents") == looked_at("WriteThrottleEvents") == resources(TABLE).keys()
    assert looked_at("FunctionExecutionErrors") == resources("AWS::CloudFront::Function").keys()


def test_the_template_stays_within_what_cloudformation_takes() -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""
    template = transformed()
    assert len(template["Resources"]) <= 500
    assert len(template["Outputs"]) <= 200
    assert TEMPLATE.stat().st_size < 1_000_000
    assert len(json.dumps(template)) < 1_000_000


# The dashboard -------------------------------------------------------------------------------------------------------


def dashboard() -> Json:
    [found] = resources("AWS::CloudWatch::Dashboard").values()
    body: Json = json.loads(found["Properties"]["DashboardBody"]["Fn::Sub"])
    return body


def graphed() -> Iterator[tuple[str, list[Any]]]:
    """Each line of each graph, with the graph's title."""
    for widget in dashboard()["widgets"]:
        for metric in widget["properties"].get("metrics", []):
            yield widget["properties"]["title"], metric


@pytest.mark.parametrize(("title", "line"), [*graphed()], ids=lambda it: it if isinstance(it, str) else "")
def test_a_graph_shows_what_is_counted(title: str, line: list[Any]) -> None:
    if isinstance(line[0], dict):
        found = re.fullmatch(
            r"SUM\(SEARCH\('\{\"Frontline/\$\{AWS::StackName\}\",([\w,]+)\} MetricName=\"(\w+)\"(.*)', 'Sum', 300\)\)",
            line[0]["expression"],
        )
        assert found is not None, line
        wanted = set(re.findall(r' (\w+)="([^"]+)"', found[3]))
        assert any(
            one.name == found[2]
            and {key for key, _ in one.dimensions} == {*found[1].split(",")}
            and wanted <= one.dimensions
            for one in emitted()
        ), line
        return
    namespace, name, *rest = (part for part in line if isinstance(part, str))
    given = dict(zip(rest[::2], rest[1::2], strict=True))
    if namespace == "Frontline/${AWS::StackName}":
        assert Metric(name, frozenset(given.items())) in emitted(), line
    elif given:  # `Throttles` of all functions has none
        known = COUNTED_BY_AWS[namespace, name]
        assert given.keys() == known.keys()
        for dimension, kind in known.items():
            resource, _, attribute = given[dimension].removeprefix("${").removesuffix("}").partition(".")
            assert kind is None or transformed()["Resources"][resource]["Type"] == kind
            assert attribute == (dimension if dimension in ATTRIBUTES else "")


def test_the_dashboard_shows_every_alarm_first_and_nothing_over_another() -> None:
    widgets = dashboard()["widgets"]
    told = set(re.findall(r"\$\{(\w+)\.Arn\}", json.dumps(widgets[0])))
    assert widgets[0]["type"] == "alarm"
    assert told == {name for name, alarm in ALARMS.items() if "Condition" not in alarm}
    taken = [
        (x, y)
        for one in widgets
        for x in range(one["x"], one["x"] + one["width"])
        for y in range(one["y"], one["y"] + one["height"])
    ]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24
    assert {one["properties"]["region"] for one in widgets[1:]} == {"us-east-1", "${AWS::Region}"}

"""CloudWatch on this machine: what functions write down in their logs, how long they took, and what readers got.

moto keeps alarms and what is put there. What Lambda, CloudFront and the logs would count is counted here, minute by
minute, for a day; functions' logs are read when somebody asks, so that counting costs a read nothing.
"""

import json
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from moto.cloudwatch import urls
from moto.cloudwatch.models import CloudWatchBackend, MetricDatum, MetricDatumBase, cloudwatch_backends

from infra.local.messages import Answer
from infra.local.template import ACCOUNT, REGION, TemplateError

MINUTE: Final = 60
KEPT: Final = 24 * 60  # minutes
EDGE: Final = "AWS/CloudFront"
Metric = tuple[str, str, tuple[tuple[str, str], ...]]  # namespace, name, dimensions in their order


class CountingCloudWatch(CloudWatchBackend):
    """moto's CloudWatch with the rest of what is counted here, and with the statistics that moto lacks."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._lock = threading.Lock()
        self._minutes: dict[Metric, dict[int, Counter[float]]] = {}
        self._logs: dict[Path, int] = {}  # how far each was read

    @classmethod
    def of_this_machine(cls) -> "CountingCloudWatch":
        """The one that answers on this machine; it takes moto's place when it is first asked for."""
        serving = cloudwatch_backends[ACCOUNT][REGION]
        if not isinstance(serving, cls):
            serving = cls(REGION, ACCOUNT)
            cloudwatch_backends[ACCOUNT][REGION] = serving
        return serving

    @property
    def _url_module(self) -> Any:
        return urls  # moto would look for it beside this file

    # What is counted

    def note(self, metric: Metric, value: float, at: float) -> None:
        """A value of a metric, at a time (seconds since 1970)."""
        minute = int(at // MINUTE)
        with self._lock:
            minutes = self._minutes.setdefault(metric, {})
            if minute not in minutes:
                for old in [one for one in minutes if one < minute - KEPT]:
                    del minutes[old]
                minutes[minute] = Counter()
            minutes[minute][value] += 1

    def of_function(self, name: str) -> Callable[[float, bool], None]:
        """Counts the calls of a function: after each, how many seconds it took and whether it failed."""

        def called(seconds: float, failed: bool) -> None:
            told = {"Invocations": 1.0, "Errors": float(failed), "Throttles": 0.0, "Duration": round(seconds * 1000, 1)}
            for what, value in told.items():
                self.note(("AWS/Lambda", what, (("FunctionName", name),)), value, time.time())

        return called

    def of_edge(self, distribution: str) -> Callable[[Answer], None]:
        """Counts what readers get through the edge. Only what could have been a hit counts as one or none."""
        dimensions = (("DistributionId", distribution), ("Region", "Global"))

        def answered(answer: Answer) -> None:
            outcome = dict(answer.headers).get("x-cache", "").partition(" ")[0]
            told = {"Requests": 1.0, "4xxErrorRate": 100.0 * (400 <= answer.status < 500)}
            told["5xxErrorRate"] = 100.0 * (answer.status >= 500)
            if outcome in {"Hit", "RefreshHit", "Miss"}:
                told["CacheHitRate"] = 100.0 * (outcome != "Miss")
            for what, value in told.items():
                self.note((EDGE, what, dimensions), value, time.time())

        return answered

    def read(self, log: Path) -> None:
        """Count what is written into that log, from now on."""
        self._logs[log] = log.stat().st_size if log.exists() else 0

    def _read_on(self) -> None:
        for log, read in list(self._logs.items()):
            if not log.exists():
                continue
            with log.open("rb") as lines:
                lines.seek(read)
                for line in lines:
                    if not line.endswith(b"\n"):
                        break  # somebody is writing it
                    self._logs[log] += len(line)
                    for metric, value, at in embedded(line):
                        self.note(metric, value, at)

    # What is asked

    def get_all_metrics(self) -> list[MetricDatumBase]:
        self._read_on()
        with self._lock:
            ours = [_datum(metric) for metric in self._minutes]
        return [*super().get_all_metrics(), *ours]

    def get_metric_data(
        self,
        queries: list[dict[str, Any]],
        start_time: datetime,
        end_time: datetime,
        scan_by: str = "TimestampAscending",
    ) -> list[dict[str, Any]]:
        """Of single metrics: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html"""
        self._read_on()
        return [self._values(query, start_time, end_time) for query in queries]

    def _values(self, query: dict[str, Any], start: datetime, end: datetime) -> dict[str, Any]:
        if "MetricStat" not in query:
            raise TemplateError("CloudWatch on this machine knows no expressions")
        asked, period = query["MetricStat"]["Metric"], int(query["MetricStat"]["Period"])
        dimensions = tuple(sorted((one["Name"], one["Value"]) for one in asked.get("Dimensions", [])))
        with self._lock:
            minutes = {
                minute: Counter(values)
                for minute, values in self._minutes.get(
                    (asked["Namespace"], asked["MetricName"], dimensions), {}
                ).items()
            }
        periods: dict[int, Counter[float]] = {}
        for minute, values in sorted(minutes.items()):
            at = minute * MINUTE
            if start.timestamp() - period < at < end.timestamp():
                periods.setdefault(at // period * period, Counter()).update(values)
        statistic = query["MetricStat"]["Stat"]
        return {
            "id": query["Id"],
            "label": asked["MetricName"],
            "timestamps": [datetime.fromtimestamp(at, UTC).replace(tzinfo=None) for at in periods],
            "values": [statistic_of(values, statistic) for values in periods.values()],
            "status_code": "Complete",
        }


def embedded(line: bytes) -> Iterator[tuple[Metric, float, float]]:
    """The metrics in a line of a log: each with its value and when (seconds since 1970); nothing in any other line.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    if not line.startswith(b'{"_aws"'):
        return
    told = json.loads(line)
    for directive in told["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = tuple(sorted((name, str(told[name])) for name in names))
            for metric in directive["Metrics"]:
                values = told[metric["Name"]]
                for value in values if isinstance(values, list) else [values]:
                    yield (directive["Namespace"], metric["Name"], dimensions), value, told["_aws"]["Timestamp"] / 1000


def statistic_of(values: Counter[float], statistic: str) -> float:
    """`Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount`, or a percentile such as p99, of values and how often each
    came."""
    count = values.total()
    match statistic:
        case "Sum":
            return sum(value * times for value, times in values.items())
        case "Average":
            return sum(value * times for value, times in values.items()) / count
        case "Minimum":
            return min(values)
        case "Maximum":
            return max(values)
        case "SampleCount":
            return float(count)
    rank = math.ceil(float(statistic.removeprefix("p")) / 100 * count)
    return sorted(values.elements())[max(rank, 1) - 1]


def _datum(metric: Metric) -> MetricDatum:
    namespace, name, dimensions = metric
    return MetricDatum(namespace, name, 0.0, [{"Name": key, "Value": value} for key, value in dimensions], None)

"""What was counted, from CloudWatch."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.figures import Values, Wanted
from shared.domain.refusals import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.client import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

AT_ONCE: Final = 500  # metrics in a request; more values than one answer holds come in further ones


class Boto3Metrics:
    """`infra.ops.figures.Metrics`.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
    """

    def __init__(self, client: CloudWatchClient) -> None:
        self._client = client

    def there(self, namespace: str) -> tuple[Wanted, ...]:
        try:
            pages = self._client.get_paginator("list_metrics").paginate(Namespace=namespace)
            return tuple(
                Wanted(namespace, one["MetricName"], tuple(sorted((d["Name"], d["Value"]) for d in one["Dimensions"])))
                for page in pages
                for one in page["Metrics"]
            )
        except (ClientError, BotoCoreError) as error:
            raise _silent() from error

    def values(self, wanted: tuple[Wanted, ...], start: int, end: int, step: int) -> tuple[Values, ...]:
        found: list[dict[int, float]] = [{} for _ in wanted]
        paginator = self._client.get_paginator("get_metric_data")
        first_moment, last_moment = (dt.datetime.fromtimestamp(at, dt.UTC) for at in (start, end))
        try:
            for first in range(0, len(wanted), AT_ONCE):
                queries = [_query(first + n, one, step) for n, one in enumerate(wanted[first : first + AT_ONCE])]
                for page in paginator.paginate(MetricDataQueries=queries, StartTime=first_moment, EndTime=last_moment):
                    for one in page["MetricDataResults"]:
                        values = found[int(one["Id"].removeprefix("m"))]
                        for at, value in zip(one["Timestamps"], one["Values"], strict=True):
                            values[int(at.timestamp())] = value
        except (ClientError, BotoCoreError) as error:
            raise _silent() from error
        return tuple(found)


def _query(number: int, one: Wanted, step: int) -> MetricDataQueryTypeDef:
    dimensions = [{"Name": name, "Value": value} for name, value in one.dimensions]
    metric = {"Namespace": one.namespace, "MetricName": one.name, "Dimensions": dimensions}
    return {"Id": f"m{number}", "MetricStat": {"Metric": metric, "Period": step, "Stat": one.statistic}}  # type: ignore[misc, typeddict-item]


def _silent() -> StoreUnavailable:
    return StoreUnavailable(
        "CloudWatch does not say what was counted: may you `cloudwatch:ListMetrics`, `GetMetricData`?"
    )

"""The parts of a stack, as AWS describes them. What is not there any more is told as gone; whatever else goes wrong is
StoreUnavailable, so that one who may not ask about one kind learns of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from infra.ops.facilities import Alarm, Bucket, Delivery, Function, Queue, Rule, Table, Told
from shared.domain.refusals import StoreUnavailable

_T = TypeVar("_T")
_CLOSED: Final = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_GONE: Final = frozenset(
    {
        *("NoSuchBucket", "404", "ResourceNotFoundException", "NotFound", "NotFoundException"),
        *("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"),
    }
)
_ALARMS_AT_ONCE: Final = 100
ALIAS: Final = "live"
CONTENT, ALARM_TOPIC = "ContentBucket", "AlarmTopic"


class Boto3Facilities:
    """`infra.ops.facilities.Facilities`. `client`: a boto3 client by its service's name; `resources`: type and name of
    each, by its name in the template, as CloudFormation lists them."""

    def __init__(self, client: Callable[[str], Any], resources: Mapping[str, tuple[str, str]]) -> None:
        self._client, self._resources = client, resources

    def buckets(self) -> tuple[Bucket, ...]:
        s3 = self._client("s3")

        def read(name: str, bucket: str) -> Bucket:
            versions = s3.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled"
            tells = None
            if name == CONTENT:
                tells = "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=bucket)
            return Bucket(name, bucket, versions, _is_closed(s3, bucket), tells)

        return self._each("AWS::S3::Bucket", read, lambda name, at: Bucket(name, at, is_there=False))

    def tables(self) -> tuple[Table, ...]:
        dynamodb = self._client("dynamodb")

        def read(name: str, table: str) -> Table:
            told = dynamodb.describe_table(TableName=table)["Table"]
            backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
            back = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") == "ENABLED"
            return Table(name, table, back, told.get("DeletionProtectionEnabled", False))

        return self._each("AWS::DynamoDB::Table", read, lambda name, at: Table(name, at, is_there=False))

    def queues(self) -> tuple[Queue, ...]:
        sqs = self._client("sqs")

        def read(name: str, url: str) -> Queue:
            asked = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
            counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)["Attributes"]
            return Queue(name, url, sum(int(counts[one]) for one in asked))

        return self._each("AWS::SQS::Queue", read, lambda name, at: Queue(name, at, is_there=False))

    def rules(self) -> tuple[Rule, ...]:
        events = self._client("events")

        def read(name: str, rule: str) -> Rule:
            bus, _, own = rule.rpartition("|")  # so CloudFormation names one on a bus that is not the default one
            where = {"EventBusName": bus} if bus else {}
            is_on = events.describe_rule(Name=own, **where)["State"] != "DISABLED"
            targets = events.list_targets_by_rule(Rule=own, **where)["Targets"]
            return Rule(name, own, is_on, bool(targets))

        return self._each("AWS::Events::Rule", read, lambda name, at: Rule(name, at, is_there=False))

    def functions(self) -> tuple[Function, ...]:
        with_address = {
            name.removesuffix("Url") for name, (kind, _) in self._resources.items() if kind == "AWS::Lambda::Url"
        }

        def read(name: str, function: str) -> Function:
            functions = self._client("lambda")
            told = functions.get_function_configuration(FunctionName=function)
            why = None
            if told.get("State", "Active") not in ("Active", "Inactive"):  # one that rests wakes when it is called
                why = told.get("StateReason", told["State"])
            elif told.get("LastUpdateStatus") == "Failed":
                why = told.get("LastUpdateStatusReason", "its last update has failed")
            reserved = functions.get_function_concurrency(FunctionName=function).get("ReservedConcurrentExecutions")
            url, is_open = None, False
            if name in with_address:
                where = functions.get_function_url_config(FunctionName=function, Qualifier=ALIAS)
                url, is_open = where["FunctionUrl"], where["AuthType"] != "AWS_IAM"
            return Function(name, function, why, reserved == 0, url, is_open)

        return self._each("AWS::Lambda::Function", read, lambda name, at: Function(name, at, is_there=False))

    def deliveries(self) -> tuple[Delivery, ...]:
        def read(name: str, mapping: str) -> Delivery:
            state = self._client("lambda").get_event_source_mapping(UUID=mapping)["State"]
            return Delivery(name, mapping, None if state in ("Enabled", "Enabling", "Updating", "Creating") else state)

        return self._each("AWS::Lambda::EventSourceMapping", read, lambda name, at: Delivery(name, at, is_there=False))

    def alarms(self) -> tuple[Alarm, ...]:
        named = {physical: name for name, physical in self._of("AWS::CloudWatch::Alarm")}
        found: dict[str, Any] = {}
        with _answering("CloudWatch does not say how alarms are"):
            for names in _in_batches([*named], _ALARMS_AT_ONCE):
                told = self._client("cloudwatch").describe_alarms(AlarmNames=names, MaxRecords=_ALARMS_AT_ONCE)
                found |= {one["AlarmName"]: one for one in told["MetricAlarms"]}
        return tuple(
            _alarm(name, found[physical]) if physical in found else Alarm(name, physical, is_there=False)
            for physical, name in named.items()
        )

    def told(self) -> Told | None:
        if ALARM_TOPIC not in self._resources:
            return None
        with _answering("SNS does not say who is told of alarms"):
            pages = self._client("sns").get_paginator("list_subscriptions_by_topic")
            arns = [
                one["SubscriptionArn"]
                for page in pages.paginate(TopicArn=self._resources[ALARM_TOPIC][1])
                for one in page["Subscriptions"]
            ]
        return Told(sum(arn.startswith("arn:") for arn in arns), arns.count("PendingConfirmation"))

    def _of(self, kind: str) -> list[tuple[str, str]]:
        return [(name, physical) for name, (one, physical) in self._resources.items() if one == kind]

    def _each(self, kind: str, read: Callable[[str, str], _T], gone: Callable[[str, str], _T]) -> tuple[_T, ...]:
        found: list[_T] = []
        for name, physical in self._of(kind):
            with _answering(f"AWS does not say how {name} is"):
                try:
                    found.append(read(name, physical))
                except ClientError as error:
                    if error.response["Error"]["Code"] not in _GONE:
                        raise
                    found.append(gone(name, physical))
        return tuple(found)


def _is_closed(s3: Any, bucket: str) -> bool:
    try:
        block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchPublicAccessBlockConfiguration":
            return False
        raise
    return all(block.get(one) for one in _CLOSED)


def _alarm(name: str, told: Mapping[str, Any]) -> Alarm:
    rings = told["StateValue"] == "ALARM"
    since = int(told["StateUpdatedTimestamp"].timestamp()) if rings else None
    is_known = told["StateValue"] != "INSUFFICIENT_DATA"
    return Alarm(
        name,
        told["AlarmName"],
        since,
        told.get("StateReason", "") if rings else "",
        not told["ActionsEnabled"],
        is_known,
    )


def _in_batches(names: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]


@contextmanager
def _answering(words: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise StoreUnavailable(f"{words} ({error.response['Error']['Code']}).") from error
    except BotoCoreError as error:
        raise StoreUnavailable(f"{words} ({type(error).__name__}).") from error

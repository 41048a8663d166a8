"""`Facilities`: of a stack that somebody breaks by hand, the twin and AWS say the same."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from functools import cache
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from msgspec import Struct
from msgspec.structs import replace

from infra.ops.boto3_facilities import Boto3Facilities
from infra.ops.facilities import Facilities, Told
from shared.domain.refusals import StoreUnavailable
from tests.aws import REGION
from tests.ops.facilities_twin import MemoryFacilities

KINDS = ("buckets", "tables", "queues", "rules", "functions", "deliveries", "alarms")
_CLOSED = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)


class Real:
    """The stack of the twin, at moto."""

    def __init__(self, of: Callable[[str], Any]) -> None:
        self.of = of
        self.mark = uuid4().hex[:8]
        self.at: dict[str, tuple[str, str]] = {}
        for name in ("ContentBucket", "MediaBucket"):
            self._make_bucket(name)
        self._make_rest()

    @property
    def facilities(self) -> Facilities:
        return Boto3Facilities(self.of, self.at)

    def _make_bucket(self, name: str) -> None:
        s3, bucket = self.of("s3"), f"{name.lower()}-{self.mark}"
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=_CLOSED)
        self.at[name] = ("AWS::S3::Bucket", bucket)

    def _make_rest(self) -> None:
        mark = self.mark
        table = {"TableName": f"ledger-{mark}", "BillingMode": "PAY_PER_REQUEST", "DeletionProtectionEnabled": True}
        keys = {"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]}
        self.of("dynamodb").create_table(**table, **keys, KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}])
        self.go_back(True)
        queue = self.of("sqs").create_queue(QueueName=f"mail-{mark}")["QueueUrl"]
        arn = self.of("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.of("events").put_rule(Name=f"changes-{mark}", EventPattern='{"source": ["aws.s3"]}')
        self.of("events").put_targets(Rule=f"changes-{mark}", Targets=[{"Id": "queue", "Arn": arn}])
        role = self.of("iam").create_role(RoleName=f"role-{mark}", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("handler.py", "")
        for name in ("articles", "mail"):
            made = {"Runtime": "python3.13", "Role": role, "Handler": "handler.handler", "Publish": True}
            self.of("lambda").create_function(FunctionName=f"{name}-{mark}", Code={"ZipFile": code.getvalue()}, **made)
            self.of("lambda").create_alias(FunctionName=f"{name}-{mark}", Name="live", FunctionVersion="1")
        self.of("lambda").create_function_url_config(
            FunctionName=f"articles-{mark}", Qualifier="live", AuthType="AWS_IAM"
        )
        mapping = self.of("lambda").create_event_source_mapping(FunctionName=f"mail-{mark}", EventSourceArn=arn)["UUID"]
        for name in ("MailLate", "FewHits"):
            stated = {"EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold"}
            metric = {"Namespace": "N", "MetricName": "M", "Period": 60, "Statistic": "Sum"}
            self.of("cloudwatch").put_metric_alarm(AlarmName=f"{mark}-{name}", **stated, **metric)
            self.ring(name, "OK")
        topic = self.of("sns").create_topic(Name=f"alarms-{mark}")["TopicArn"]
        self.of("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        self.at |= {
            "LedgerTable": ("AWS::DynamoDB::Table", f"ledger-{mark}"),
            "MailQueue": ("AWS::SQS::Queue", queue),
            "ArticleChanges": ("AWS::Events::Rule", f"changes-{mark}"),
            "ArticlesFunction": ("AWS::Lambda::Function", f"articles-{mark}"),
            "ArticlesFunctionUrl": ("AWS::Lambda::Url", "an ARN"),
            "MailFunction": ("AWS::Lambda::Function", f"mail-{mark}"),
            "MailFunctionOrders": ("AWS::Lambda::EventSourceMapping", mapping),
            "MailLate": ("AWS::CloudWatch::Alarm", f"{mark}-MailLate"),
            "FewHits": ("AWS::CloudWatch::Alarm", f"{mark}-FewHits"),
            "AlarmTopic": ("AWS::SNS::Topic", topic),
        }

    def go_back(self, enabled: bool) -> None:
        self.of("dynamodb").update_continuous_backups(
            TableName=f"ledger-{self.mark}", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled}
        )

    def ring(self, name: str, state: str) -> None:
        self.of("cloudwatch").set_alarm_state(
            AlarmName=f"{self.mark}-{name}", StateValue=state, StateReason="one more", StateReasonData=json.dumps({})
        )


def said(facilities: Facilities, kind: str) -> list[Struct]:
    """What is said of a kind, without what is the place's own."""
    found: list[Struct] = []
    for one in getattr(facilities, kind)():
        own: dict[str, Any] = {"at": ""}
        if kind == "functions":
            own["url"] = "somewhere" if one.url else None
        if kind == "alarms" and one.rings_since is not None:
            own["rings_since"] = 1
        if one.name == "ContentBucket":  # moto says of no bucket that it tells EventBridge: tests/local has that
            own["tells"] = None
        found.append(replace(one, **own))
    return sorted(found, key=lambda one: str(getattr(one, "name", "")))


Break = Callable[[Real], object]
FAULTS: dict[str, tuple[str, dict[str, Any], Break]] = {
    "opened": (
        "MediaBucket",
        {"is_closed": False},
        lambda it: it.of("s3").delete_public_access_block(Bucket=it.at["MediaBucket"][1]),
    ),
    "opened a crack": (
        "MediaBucket",
        {"is_closed": False},
        lambda it: it.of("s3").put_public_access_block(
            Bucket=it.at["MediaBucket"][1], PublicAccessBlockConfiguration={**_CLOSED, "BlockPublicPolicy": False}
        ),
    ),
    "versions": (
        "MediaBucket",
        {"keeps_versions": False},
        lambda it: it.of("s3").put_bucket_versioning(
            Bucket=it.at["MediaBucket"][1], VersioningConfiguration={"Status": "Suspended"}
        ),
    ),
    "no bucket": (
        "MediaBucket",
        {"is_there": False, "keeps_versions": None, "is_closed": None},
        lambda it: it.of("s3").delete_bucket(Bucket=it.at["MediaBucket"][1]),
    ),
    "recovery": ("LedgerTable", {"can_go_back": False}, lambda it: it.go_back(False)),
    "protection": (
        "LedgerTable",
        {"is_protected": False},
        lambda it: it.of("dynamodb").update_table(TableName=it.at["LedgerTable"][1], DeletionProtectionEnabled=False),
    ),
    "waiting": (
        "MailQueue",
        {"waiting": 1},
        lambda it: it.of("sqs").send_message(QueueUrl=it.at["MailQueue"][1], MessageBody="{}"),
    ),
    "no queue": (
        "MailQueue",
        {"is_there": False},
        lambda it: it.of("sqs").delete_queue(QueueUrl=it.at["MailQueue"][1]),
    ),
    "rule off": (
        "ArticleChanges",
        {"is_on": False},
        lambda it: it.of("events").disable_rule(Name=it.at["ArticleChanges"][1]),
    ),
    "no target": (
        "ArticleChanges",
        {"has_target": False},
        lambda it: it.of("events").remove_targets(Rule=it.at["ArticleChanges"][1], Ids=["queue"]),
    ),
    "switched off": (
        "MailFunction",
        {"is_switched_off": True},
        lambda it: it.of("lambda").put_function_concurrency(
            FunctionName=it.at["MailFunction"][1], ReservedConcurrentExecutions=0
        ),
    ),
    "open to the world": (
        "ArticlesFunction",
        {"is_open": True},
        lambda it: it.of("lambda").update_function_url_config(
            FunctionName=it.at["ArticlesFunction"][1], Qualifier="live", AuthType="NONE"
        ),
    ),
    "no function": (
        "MailFunction",
        {"is_there": False},
        lambda it: it.of("lambda").delete_function(FunctionName=it.at["MailFunction"][1]),
    ),
    "delivery off": (
        "MailFunctionOrders",
        {"state": "Disabled"},
        lambda it: it.of("lambda").update_event_source_mapping(UUID=it.at["MailFunctionOrders"][1], Enabled=False),
    ),
    "no delivery": (
        "MailFunctionOrders",
        {"is_there": False},
        lambda it: it.of("lambda").delete_event_source_mapping(UUID=it.at["MailFunctionOrders"][1]),
    ),
    "rings": ("MailLate", {"rings_since": 1, "why": "one more"}, lambda it: it.ring("MailLate", "ALARM")),
    "unknown": ("MailLate", {"is_known": False}, lambda it: it.ring("MailLate", "INSUFFICIENT_DATA")),
    "silent": (
        "MailLate",
        {"is_silent": True},
        lambda it: it.of("cloudwatch").disable_alarm_actions(AlarmNames=[it.at["MailLate"][1]]),
    ),
    "no alarm": (
        "MailLate",
        {"is_there": False},
        lambda it: it.of("cloudwatch").delete_alarms(AlarmNames=[it.at["MailLate"][1]]),
    ),
}


@pytest.fixture(scope="module")
def clients(aws: str) -> Callable[[str], Any]:
    """One client of each service for all of these tests."""

    @cache
    def made(service: str) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, region_name=REGION, endpoint_url=aws, **keys)  # type: ignore[call-overload]

    return made


@pytest.fixture
def real(clients: Callable[[str], Any]) -> Real:
    return Real(clients)


@pytest.mark.parametrize("fault", [None, *FAULTS])
def test_the_twin_and_aws_say_the_same(real: Real, fault: str | None) -> None:
    twin = MemoryFacilities()
    if fault is not None:
        name, changes, happen = FAULTS[fault]
        twin.change(name, **changes)
        happen(real)

    assert {kind: said(real.facilities, kind) for kind in KINDS} == {kind: said(twin, kind) for kind in KINDS}


def test_who_is_told_of_alarms_is_counted(real: Real) -> None:
    assert real.facilities.told() == MemoryFacilities().told() == Told(1, 0)


def test_who_has_not_agreed_is_counted_by_itself() -> None:
    """moto agrees for everybody at once."""
    sns = boto3.client("sns", region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")
    topic = f"arn:aws:sns:{REGION}:123456789012:alarms"
    arns = (f"{topic}:0", "PendingConfirmation", "Deleted")
    with Stubber(sns) as stubbed:
        told = {"Subscriptions": [{"SubscriptionArn": arn, "Protocol": "email", "TopicArn": topic} for arn in arns]}
        stubbed.add_response("list_subscriptions_by_topic", told, {"TopicArn": topic})
        facilities = Boto3Facilities(lambda _: sns, {"AlarmTopic": ("AWS::SNS::Topic", topic)})

        assert facilities.told() == Told(1, 1)


def test_a_cloud_that_does_not_answer_is_no_stack_that_is_gone() -> None:
    def nobody(service: str) -> Any:
        config = Config(connect_timeout=1, retries={"max_attempts": 1})
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, region_name="eu-west-1", endpoint_url="http://127.0.0.1:9", config=config, **keys)  # type: ignore[call-overload]

    facilities = Boto3Facilities(nobody, {"MailQueue": ("AWS::SQS::Queue", "http://127.0.0.1:9/q")})
    with pytest.raises(StoreUnavailable, match="MailQueue"):
        facilities.queues()

"""What is published to a topic reaches the function that subscribes."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.local.cloud import Cloud
from infra.local.distribution import FunctionSpec
from infra.local.template import REGION, Template, TemplateError
from infra.local.topics import Subscriber, subscriptions
from infra.local.workers import FunctionPool

RESOURCES: dict[str, Any] = {
    "TriedTopic": {"Type": "AWS::SNS::Topic"},
    "TriedFunction": {"Type": "AWS::Lambda::Function", "Properties": {}},
    "TriedAlias": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "TriedFunction"}}},
    "TriedSubscription": {
        "Type": "AWS::SNS::Subscription",
        "Properties": {
            "TopicArn": {"Ref": "TriedTopic"},
            "Protocol": "lambda",
            "Endpoint": {"Ref": "TriedAlias"},
        },
    },
}


class Rig:
    """A topic, its function, and what the function was told."""

    def __init__(self, folder: Path) -> None:
        self._seen = folder / "seen.jsonl"
        template = Template(parameters={}, conditions={}, mappings={}, resources=RESOURCES, outputs={})
        self.cloud = Cloud(template, "127.0.0.1:8000", lambda items: None)
        self.cloud.start()
        [told] = subscriptions(template, self.cloud.attribute)
        assert told.function == "TriedFunction"
        variables = {"SEEN": str(self._seen)}
        spec = FunctionSpec("TriedFunction", "frontline-Tried", "tests.local.handlers.notified", 5, 256, variables)
        self.pool = FunctionPool(spec, self.cloud.endpoint, folder / "log.jsonl", size=1)
        self.subscriber = Subscriber(told, self.pool, retry_seconds=0.05)
        self.topic = str(self.cloud.attribute("TriedTopic", None))

    def publish(self, message: str, **more: Any) -> None:
        boto3.client(
            "sns",
            region_name=REGION,
            endpoint_url=self.cloud.endpoint,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        ).publish(TopicArn=self.topic, Message=message, **more)

    def seen(self, count: int) -> list[dict[str, Any]]:
        """The records the function was given, once there are that many."""
        until = time.monotonic() + 10
        while True:
            lines = self._seen.read_text().splitlines() if self._seen.exists() else []
            if len(lines) >= count or time.monotonic() > until:
                return [json.loads(line) for line in lines]
            time.sleep(0.02)

    def stop(self) -> None:
        self.subscriber.stop()
        self.pool.stop()
        self.cloud.stop()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.stop()


def test_a_notification_is_of_the_shape_that_lambda_hands_over(rig: Rig) -> None:
    attributes = {"kind": {"DataType": "String", "StringValue": "x"}}
    rig.publish('{"eventType":"Bounce"}', Subject="Of a mail", MessageAttributes=attributes)
    [record] = rig.seen(1)
    assert (record["EventSource"], record["EventVersion"]) == ("aws:sns", "1.0")
    told = record["Sns"]
    assert (told["Type"], told["TopicArn"], told["Subject"]) == ("Notification", rig.topic, "Of a mail")
    assert json.loads(told["Message"]) == {"eventType": "Bounce"}
    assert told["MessageAttributes"] == {"kind": {"Type": "String", "Value": "x"}}
    assert told["MessageId"]
    assert told["Timestamp"].endswith("Z")


def test_what_the_function_fails_on_comes_again_and_then_no_more(rig: Rig) -> None:
    rig.publish("poison")
    rig.publish("after it")
    records = rig.seen(4)
    assert [each["Sns"]["Message"] for each in records] == ["poison", "poison", "poison", "after it"]
    assert len({each["Sns"]["MessageId"] for each in records}) == 2


def test_another_subscriber_is_refused() -> None:
    other = json.loads(json.dumps(RESOURCES))
    other["TriedSubscription"]["Properties"]["Protocol"] = "email"
    template = Template(parameters={}, conditions={}, mappings={}, resources=other, outputs={})
    with pytest.raises(TemplateError, match="no subscribers but functions"):
        subscriptions(template, lambda name, wanted: name)

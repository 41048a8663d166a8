"""SNS's side of a subscription: what is published to a topic reaches the function that the template says, as Lambda's
asynchronous invocations do: in a thread of its own, tried three times."""

import datetime as dt
import queue
import sys
import threading
from dataclasses import dataclass
from typing import Any, Final

from moto.sns.models import Subscription, sns_backends

from infra.local.distribution import function_meant
from infra.local.template import ACCOUNT, REGION, Attribute, Template, TemplateError, only
from infra.local.workers import (
    INIT_SECONDS,
    FunctionFailedError,
    FunctionPool,
    FunctionStoppedError,
    FunctionTimedOutError,
)

TRIES: Final = 3
RETRY_SECONDS: Final = 1.0  # in the cloud a minute, then two


@dataclass(frozen=True)
class Subscribed:
    """A subscription of the template: which function hears of what is published to a topic."""

    function: str  # logical id
    topic_arn: str


def subscriptions(template: Template, attribute: Attribute) -> list[Subscribed]:
    """The template's subscriptions. TemplateError for what is not known here."""
    found = []
    for logical_id, resource in template.of_type("AWS::SNS::Subscription").items():
        stated = resource["Properties"]
        only(logical_id, stated, {"TopicArn", "Protocol", "Endpoint"})
        if stated["Protocol"] != "lambda":
            raise TemplateError(f"{logical_id}: this stack knows no subscribers but functions")
        topic = str(template.resolve(stated["TopicArn"], attribute))
        found.append(Subscribed(function_meant(template, stated["Endpoint"]), topic))
    return found


class Subscriber:
    """One subscription at work."""

    def __init__(self, subscribed: Subscribed, pool: FunctionPool, retry_seconds: float = RETRY_SECONDS) -> None:
        self._pool = pool
        self._retry_seconds = retry_seconds
        self._stopped = threading.Event()
        self._events: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=f"to {subscribed.function}", daemon=True)
        self._thread.start()
        sns = sns_backends[ACCOUNT][REGION]
        told = _ToFunction(sns.get_topic(subscribed.topic_arn), self._events.put)
        sns.subscriptions[told.arn] = told

    def stop(self) -> None:
        """Begin nothing more. An event that is being worked on ends with its function's processes."""
        self._stopped.set()
        self._events.put(None)

    def _work(self) -> None:
        while (event := self._events.get()) is not None:
            for attempt in range(1, TRIES + 1):
                try:
                    self._pool.invoke(event, self._pool.spec.timeout + INIT_SECONDS)
                    break
                except (FunctionFailedError, FunctionTimedOutError, FunctionStoppedError) as error:
                    if self._stopped.is_set():
                        return
                    what = "will come again" if attempt < TRIES else "is lost"
                    print(f"what a topic told {what}: {error}", file=sys.stderr)
                if self._stopped.wait(self._retry_seconds):
                    return


class _ToFunction(Subscription):
    """moto's own would start Lambda in a container."""

    def __init__(self, topic: Any, put: Any) -> None:
        super().__init__(ACCOUNT, topic, "here", "lambda")
        self._put = put
        self.confirmed = True
        self.attributes = {"TopicArn": topic.arn, "Protocol": "lambda", "SubscriptionArn": self.arn}

    def publish(
        self,
        message: str,
        message_id: str,
        subject: str | None = None,
        message_attributes: dict[str, Any] | None = None,
        group_id: str | None = None,
        deduplication_id: str | None = None,
        message_structure: str | None = None,
    ) -> None:
        """Hand the function the event that Lambda makes of a notification.

        https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
        """
        attributes = message_attributes or {}
        at = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        notification = {
            "SignatureVersion": "1",
            "Timestamp": at,
            # Lambda has checked it by the time a function gets the event: nobody looks at it here.
            "Signature": "EXAMPLE",
            "SigningCertUrl": f"https://sns.{REGION}.amazonaws.com/EXAMPLE.pem",
            "MessageId": message_id,
            "Message": message,
            "MessageAttributes": {
                name: {"Type": each["Type"], "Value": each["Value"]} for name, each in attributes.items()
            },
            "Type": "Notification",
            "UnsubscribeUrl": f"https://sns.{REGION}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={self.arn}",
            "TopicArn": self.topic.arn,
            "Subject": subject,
        }
        record = {
            "EventVersion": "1.0",
            "EventSubscriptionArn": self.arn,
            "EventSource": "aws:sns",
            "Sns": notification,
        }
        self._put({"Records": [record]})

"""This machine's SES, as boto3 finds it: what it takes, what it keeps for the outbox, and what it tells of a mail."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.local.cloud import Cloud
from infra.local.outbox import shown
from infra.local.template import REGION, Template

SENT: list[dict[str, Any]] = []
NAME = {"Ref": "Set"}
RESOURCES: dict[str, Any] = {
    "Topic": {"Type": "AWS::SNS::Topic"},
    "Queue": {"Type": "AWS::SQS::Queue"},
    "Set": {"Type": "AWS::SES::ConfigurationSet", "Properties": {"Name": "paper"}},
    "Events": {
        "Type": "AWS::SES::ConfigurationSetEventDestination",
        "Properties": {
            "ConfigurationSetName": NAME,
            "EventDestination": {
                "Enabled": True,
                "MatchingEventTypes": ["BOUNCE", "COMPLAINT"],
                "SnsDestination": {"TopicARN": {"Ref": "Topic"}},
            },
        },
    },
}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    template = Template(parameters={}, conditions={}, mappings={}, resources=RESOURCES, outputs={})
    cloud = Cloud(template, "127.0.0.1:8000", lambda items: None)
    cloud.start()
    cloud.mails.on_mail = SENT.append
    yield cloud
    cloud.stop()


@pytest.fixture(autouse=True)
def nothing_sent() -> None:
    SENT.clear()


def _client(cloud: Cloud, service: str) -> Any:
    return boto3.client(  # type: ignore[call-overload]
        service,
        region_name=REGION,
        endpoint_url=cloud.endpoint,
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


@pytest.fixture(scope="module")
def ses(cloud: Cloud) -> Any:
    return _client(cloud, "sesv2")


@pytest.fixture(scope="module")
def told(cloud: Cloud) -> Any:
    """What the topic has told since it was last asked."""
    sqs, url = _client(cloud, "sqs"), cloud.attribute("Queue", None)
    _client(cloud, "sns").subscribe(
        TopicArn=cloud.attribute("Topic", None), Protocol="sqs", Endpoint=cloud.attribute("Queue", "Arn")
    )

    def told() -> list[dict[str, Any]]:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for each in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
        return [json.loads(json.loads(each["Body"])["Message"]) for each in found]

    return told


def _send(ses: Any, to: str | list[str] = "reader@example.org", **changes: Any) -> Any:
    simple = {
        "Subject": {"Data": "Your link – Frontline"},
        "Body": {"Text": {"Data": "Press https://x/a?t=1."}, "Html": {"Data": "<p>Press"}},
        "Headers": [{"Name": "List-Unsubscribe", "Value": "<https://x/u>"}],
        **changes.pop("simple", {}),
    }
    return ses.send_email(
        **{
            "FromEmailAddress": "Frontline <post@frontline.example>",
            "Destination": {"ToAddresses": [to] if isinstance(to, str) else to},
            "Content": {"Simple": simple},
            "ConfigurationSetName": "paper",
            **changes,
        }
    )


def test_a_mail_that_is_accepted_is_kept_whole(ses: Any) -> None:
    assert _send(ses, ReplyToAddresses=["desk@frontline.example"])["MessageId"]
    [mail] = SENT
    assert mail.pop("sent_at").endswith("Z")
    assert mail == {
        "to": "reader@example.org",
        "subject": "Your link – Frontline",
        "text": "Press https://x/a?t=1.",
        "html": "<p>Press",
        "headers": {
            "List-Unsubscribe": "<https://x/u>",
            "From": "Frontline <post@frontline.example>",
            "Reply-To": "desk@frontline.example",
        },
    }


def test_a_mail_to_several_names_them_all(ses: Any) -> None:
    _send(ses, ["a@example.org", "b@example.org"])
    assert SENT[0]["to"] == ["a@example.org", "b@example.org"]


@pytest.mark.parametrize(
    "changes",
    [
        {"FromEmailAddress": "nobody"},
        {"FromEmailAddress": "A <a@example.org>, B <b@example.org>"},
        {"Destination": {"ToAddresses": []}},
        {"Destination": {"ToAddresses": ["a@example.org,b@example.org"]}},
        {"Destination": {"ToAddresses": ["a@example.org\nBcc: b@example.org"]}},
        {"Destination": {"ToAddresses": ["é@example.org"]}},
        {"Destination": {"ToAddresses": [f"{number}@example.org" for number in range(51)]}},
        {"Content": {"Raw": {"Data": b"Subject: x\r\n\r\n"}}},
        {"simple": {"Subject": {"Data": "a\r\nBcc: b@example.org"}}},
        {"simple": {"Body": {}}},
        {"simple": {"Headers": [{"Name": "X-A", "Value": "a\r\nBcc: b@example.org"}]}},
        {"simple": {"Headers": [{"Name": "X A", "Value": "a"}]}},
        {"FeedbackForwardingEmailAddress": "a@example.org"},
    ],
)
def test_what_is_no_mail_is_refused(ses: Any, changes: dict[str, Any]) -> None:
    """R15."""
    with pytest.raises(ses.exceptions.BadRequestException):
        _send(ses, **changes)
    assert SENT == []


def test_an_unknown_configuration_set_is_not_found(ses: Any) -> None:
    with pytest.raises(ses.exceptions.NotFoundException):
        _send(ses, ConfigurationSetName="other")


def test_what_is_not_known_here_is_refused(ses: Any) -> None:
    with pytest.raises(ClientError, match="there is no such thing here"):
        ses.list_contact_lists()


def test_every_sender_is_verified_and_the_account_may_send(ses: Any) -> None:
    assert ses.get_email_identity(EmailIdentity="post@frontline.example")["VerifiedForSendingStatus"] is True
    account = ses.get_account()
    assert (account["SendingEnabled"], account["ProductionAccessEnabled"]) == (True, True)
    assert account["SendQuota"]["MaxSendRate"] > 0


def test_a_bounce_is_told_of_the_last_mail_to_an_address(cloud: Cloud, ses: Any, told: Any) -> None:
    told()
    id = _send(ses, "bounces+1@example.org")["MessageId"]
    assert cloud.mails.play("Bounce", "bounces+1@example.org") == 1
    [event] = told()
    assert (event["eventType"], event["bounce"]["bounceType"]) == ("Bounce", "Permanent")
    assert event["bounce"]["bouncedRecipients"][0]["emailAddress"] == "bounces+1@example.org"
    assert (event["mail"]["messageId"], event["mail"]["destination"]) == (id, ["bounces+1@example.org"])
    assert event["mail"]["tags"] == {"ses:configuration-set": ["paper"]}


def test_a_mailbox_that_is_full_bounces_for_now(cloud: Cloud, told: Any) -> None:
    told()
    cloud.mails.play("Bounce", "full@example.org", "Transient")
    [event] = told()
    assert (event["bounce"]["bounceType"], event["bounce"]["bounceSubType"]) == ("Transient", "MailboxFull")


def test_a_complaint_is_told(cloud: Cloud, told: Any) -> None:
    told()
    cloud.mails.play("Complaint", "cross@example.org")
    [event] = told()
    assert event["eventType"] == "Complaint"
    assert event["complaint"]["complainedRecipients"] == [{"emailAddress": "cross@example.org"}]


def test_what_is_no_feedback_cannot_be_played(cloud: Cloud) -> None:
    with pytest.raises(ValueError, match="Delivery"):
        cloud.mails.play("Delivery", "a@example.org")


def test_a_suppressed_address_gets_nothing_and_the_topic_hears_of_it(ses: Any, told: Any) -> None:
    told()
    ses.put_suppressed_destination(EmailAddress="a+b@example.org", Reason="COMPLAINT")
    assert (
        ses.get_suppressed_destination(EmailAddress="a+b@example.org")["SuppressedDestination"]["Reason"] == "COMPLAINT"
    )
    assert _send(ses, "a+b@example.org")["MessageId"]
    assert SENT == []
    [event] = told()
    assert event["bounce"]["bounceSubType"] == "OnAccountSuppressionList"
    ses.delete_suppressed_destination(EmailAddress="a+b@example.org")
    with pytest.raises(ses.exceptions.NotFoundException):
        ses.get_suppressed_destination(EmailAddress="a+b@example.org")
    _send(ses, "a+b@example.org")
    assert len(SENT) == 1


# How the outbox shows it ----------------------------------------------------------------------------------------------


def test_a_mail_is_shown_with_links_that_can_be_pressed_and_html_that_can_do_nothing(ses: Any) -> None:
    hostile = "<script>alert(1)</script>"
    body = {"Text": {"Data": f"See <https://x/a?t=1&b=2>. {hostile}"}, "Html": {"Data": f'<p class="a">{hostile}'}}
    _send(ses, simple={"Subject": {"Data": hostile}, "Body": body})
    page = shown(SENT[0])
    assert '<a href="https://x/a?t=1&amp;b=2">https://x/a?t=1&amp;b=2</a>&gt;. &lt;script' in page
    assert hostile not in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "&lt;p class=&quot;a&quot;&gt;" in page
    assert 'action="/_local/bounce?to=reader%40example.org"' in page

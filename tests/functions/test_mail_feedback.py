"""What SES tells of mails: bounces and complaints end them, nothing else does, and no report names a stranger."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.mail.feedback import Heard, hear
from shared.domain.addresses import parse_address
from shared.domain.members import Contact, suppress
from shared.domain.refusals import StoreUnavailable
from tests.member_twins import MemoryMembers, MemoryRecords

NOW = 1_800_000_000
TOPIC = "arn:aws:sns:eu-west-1:123456789012:feedback"
ADA, BO = parse_address("ada@reader.example"), parse_address("bo@reader.example")


def bounce(kind: str = "Permanent", told: tuple[str, ...] = (ADA.text,), **members: Any) -> dict[str, Any]:
    recipients = [{"emailAddress": one, "action": "failed", "status": "5.1.1"} for one in told]
    mail = {"destination": [ADA.text], "messageId": "0100", "commonHeaders": {"subject": "123456 is your code"}}
    return {
        "eventType": "Bounce",
        "bounce": {"bounceType": kind, "bounceSubType": "General", "bouncedRecipients": recipients},
        "mail": mail,
    } | members


def complaint(**changes: Any) -> dict[str, Any]:
    told = {"complainedRecipients": [{"emailAddress": ADA.text}], "complaintFeedbackType": "abuse"} | changes
    return {"eventType": "Complaint", "complaint": told, "mail": {"destination": [ADA.text]}}


def record(event: Any, topic: str = TOPIC, source: str = "aws:sns") -> dict[str, Any]:
    message = event if isinstance(event, str) else json.dumps(event)
    return {
        "EventSource": source,
        "EventVersion": "1.0",
        "Sns": {"Type": "Notification", "MessageId": "n-1", "TopicArn": topic, "Message": message, "Subject": "Amazon"},
    }


def heard(event: Any, members: MemoryMembers, **where: str) -> Heard:
    (one,) = hear([record(event, **where)], TOPIC, members, NOW)
    return one


@pytest.mark.parametrize(
    ("event", "what", "suppressed"),
    [
        (bounce(), "bounce", "bounce"),
        (bounce(bounceSubType="OnAccountSuppressionList"), "bounce", "bounce"),
        (bounce(eventType="", notificationType="Bounce"), "bounce", "bounce"),
        (bounce(told=("ADA@Reader.example",)), "bounce", "bounce"),
        (bounce(told=('"Ada" <ada@reader.example>',)), "bounce", "bounce"),
        (bounce("Transient"), "passing", None),
        (bounce("Undetermined"), "passing", None),
        (complaint(), "complaint", "complaint"),
        (complaint(complaintFeedbackType=None), "complaint", "complaint"),
        (complaint(complaintSubType="OnAccountSuppressionList"), "complaint", "complaint"),
        (complaint(complaintFeedbackType="not-spam"), "passing", None),
        ({"eventType": "Delivery", "mail": {"destination": [ADA.text]}}, "unreadable", None),
        ({"eventType": "Bounce", "mail": {"destination": [ADA.text]}}, "unreadable", None),
        (bounce(eventType="Complaint"), "unreadable", None),
        (bounce(bounce={"bounceType": "Permanent"}), "unreadable", None),
        (bounce(mail={"destination": ["nobody"]}), "unreadable", None),
        (bounce(mail={"destination": "ada@reader.example"}), "unreadable", None),
        (bounce(mail={}), "unreadable", None),
        ("Successfully validated SNS topic for Amazon SES event publishing.", "unreadable", None),
        ("", "unreadable", None),
        ("[" * 9_999, "unreadable", None),
        ("[]", "unreadable", None),
    ],
)
def test_a_report_is_heeded_for_what_it_says(event: Any, what: str, suppressed: str | None) -> None:
    members = MemoryMembers(MemoryRecords())

    one = heard(event, members)

    assert (one.what, one.suppressed) == (what, int(suppressed is not None))
    known = members.contact(ADA.digest)
    assert known == (None if suppressed is None else (Contact(None, suppressed, NOW), known and known[1]))


def test_a_report_ends_mails_to_nobody_but_whom_that_mail_went_to() -> None:
    members = MemoryMembers(MemoryRecords())

    heard(bounce(told=(BO.text,)), members)  # the other side's words: a forwarder's, or somebody's who means harm

    assert members.contact(BO.digest) is None
    assert members.contact(ADA.digest) is not None


def test_of_a_mail_to_several_those_end_that_are_told_of() -> None:
    members = MemoryMembers(MemoryRecords())
    several = {"destination": [ADA.text, BO.text]}

    assert heard(bounce(told=(BO.text, "cy@reader.example"), mail=several), members).suppressed == 1
    assert heard(bounce(told=("cy@reader.example",), mail=several), members).suppressed == 0

    assert (members.contact(ADA.digest), members.contact(BO.digest) is None) == (None, False)


@pytest.mark.parametrize(
    ("where"),
    [{"topic": f"{TOPIC}-2"}, {"topic": ""}, {"source": "aws:sqs"}, {"topic": TOPIC.replace("1234", "9999")}],
)
def test_what_does_not_come_from_our_topic_is_not_heard(where: dict[str, str]) -> None:
    members = MemoryMembers(MemoryRecords())

    assert heard(bounce(), members, **where).what == "foreign"
    assert members.contact(ADA.digest) is None


def test_a_contact_keeps_whose_it_is_and_the_graver_reason() -> None:
    members = MemoryMembers(MemoryRecords())
    members.write_contact(ADA.digest, Contact("m" * 32), None)

    told = []
    for event in (bounce(), complaint(), bounce(), complaint()):
        heard(event, members)
        known = members.contact(ADA.digest)
        assert known is not None
        told.append(known[0])

    assert told == [Contact("m" * 32, "bounce", NOW)] + [Contact("m" * 32, "complaint", NOW)] * 3


def test_a_reason_that_somebody_gave_by_hand_stays() -> None:
    by_hand = Contact(None, "asked not to", 5)

    assert suppress(by_hand, "complaint", NOW) == by_hand


def test_somebody_who_writes_at_the_same_time_does_not_lose_what_they_wrote() -> None:
    class Racing(MemoryMembers):
        """Where the person signs in for the first time in between."""

        raced = False

        def contact(self, address: str) -> tuple[Contact, str] | None:
            found = super().contact(address)
            if not self.raced:
                self.raced = True
                super().write_contact(address, Contact("m" * 32), None)
            return found

    members = Racing(MemoryRecords())
    heard(bounce(), members)

    known = members.contact(ADA.digest)
    assert known is not None
    assert known[0] == Contact("m" * 32, "bounce", NOW)


def test_a_store_in_trouble_has_sns_call_again() -> None:
    members = MemoryMembers(MemoryRecords())
    members.records.broken = True

    with pytest.raises(StoreUnavailable):
        heard(bounce(), members)

"""What SES tells of mails that came back or were complained of: their addresses get no more (R34).

It comes by SNS, which calls this function itself: only SNS may, and only for our topic (the function's own policy in
template.yaml), and on that topic only SES may publish. SNS's signature is for those whom it calls by HTTP, where
anybody could: it says no more than the call itself, and to verify it would take a request for a certificate each time,
and cryptography in this bundle. Whoever could forge a call past the policy has the account's rights already.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from shared.domain.addresses import Address, parse_address
from shared.domain.decoding import UNREADABLE
from shared.domain.members import Contact, suppress
from shared.domain.refusals import InvalidAddress, RecordChanged, StoreUnavailable
from shared.ports.persons import Members

_ROUNDS: Final = 8


class Heard(Struct, frozen=True):
    """What came of an event: `what` is bounce, complaint, passing (nothing is to be done), foreign (not from our topic)
    or unreadable. `suppressed` says for how many addresses; `cause` why it could not be read."""

    message_id: str
    what: str
    suppressed: int = 0
    cause: BaseException | None = None


class _Recipient(Struct, frozen=True, rename="camel"):
    email_address: str


class _Bounce(Struct, frozen=True, rename="camel"):
    bounce_type: str
    bounced_recipients: tuple[_Recipient, ...]


class _Complaint(Struct, frozen=True, rename="camel"):
    complained_recipients: tuple[_Recipient, ...]
    complaint_feedback_type: str | None = None


class _Mail(Struct, frozen=True, rename="camel"):
    destination: tuple[str, ...]


class _Event(Struct, frozen=True, rename="camel"):
    """As a configuration set publishes it (`eventType`), or an identity (`notificationType`)."""

    mail: _Mail
    event_type: str = ""
    notification_type: str = ""
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None


_events: Final[msgspec.json.Decoder[_Event]] = msgspec.json.Decoder(_Event)


def hear(records: Iterable[Mapping[str, Any]], topic: str, members: Members, now: float) -> tuple[Heard, ...]:
    """Keep what these records (of SNS) tell, if they are of that `topic`. Raises StoreUnavailable: then SNS calls
    again."""
    return tuple(_heard(record, topic, members, now) for record in records)


def _heard(record: Mapping[str, Any], topic: str, members: Members, now: float) -> Heard:
    told = record["Sns"]
    id = told["MessageId"]
    if record.get("EventSource") != "aws:sns" or told["TopicArn"] != topic:
        return Heard(id, "foreign")
    try:
        event = _events.decode(told["Message"])
        what, addresses = _unreachable(event)
    except (*UNREADABLE, InvalidAddress) as error:
        return Heard(id, "unreadable", cause=error)
    for address in addresses:
        _suppress(address, what, members, now)
    return Heard(id, what, len(addresses))


def _unreachable(event: _Event) -> tuple[str, frozenset[Address]]:
    """What has happened, and the addresses that get no more mail for it. Raises InvalidAddress."""
    match event.event_type or event.notification_type, event.bounce, event.complaint:
        case "Bounce", _Bounce(bounce_type="Permanent", bounced_recipients=recipients), _:
            return "bounce", _mailed(event.mail, recipients)
        # “not-spam” says that somebody took it out of the spam.
        case "Complaint", _, _Complaint(complained_recipients=recipients, complaint_feedback_type=kind) if (
            kind != "not-spam"
        ):
            return "complaint", _mailed(event.mail, recipients)
        case ("Bounce", _Bounce(), _) | ("Complaint", _, _Complaint()):
            return "passing", frozenset()
    raise msgspec.ValidationError("neither a bounce nor a complaint")


def _mailed(mail: _Mail, recipients: tuple[_Recipient, ...]) -> frozenset[Address]:
    """The addresses among them that we have mailed to. A report's words are the other side's, which could name
    anybody's: of a mail to one address, as all of ours are, nothing else can be told than of that one."""
    destination = frozenset(parse_address(one) for one in mail.destination)
    if len(destination) == 1:
        return destination
    return destination & {parse_address(one.email_address) for one in recipients}


def _suppress(address: Address, reason: str, members: Members, now: float) -> None:
    for _ in range(_ROUNDS):
        known = members.contact(address.digest)
        contact, expected = known or (Contact(), None)
        changed = suppress(contact, reason, now)
        if changed == contact:
            return
        try:
            members.write_contact(address.digest, changed, expected)
        except RecordChanged:
            continue
        return
    raise StoreUnavailable("Others write this address's record all the time.")

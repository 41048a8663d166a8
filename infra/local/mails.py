"""SES on this machine: takes mails, keeps them for the outbox, and plays bounces and complaints.

Moto forgets a mail's headers and text, and knows nothing of suppression. So the few calls that Frontline makes are
answered here, as https://docs.aws.amazon.com/ses/latest/APIReference-V2/ describes them. Every sender counts as
verified.
"""

import datetime as dt
import json
import re
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote

from moto.sns.models import sns_backends

from infra.local.template import ACCOUNT, REGION, TemplateError, only

PATH: Final = "/v2/email/"
OUTBOUND: Final = "outbound-emails"
SUPPRESSED: Final = "suppression/addresses"
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageHeader.html
HEADER_NAME: Final = re.compile(r"[!-9;-~]{1,126}")
HEADER_VALUE: Final = re.compile(r"[ -~]{1,870}")
ADDRESS: Final = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+"
MAILBOX: Final = re.compile(rf"""{ADDRESS}|("[^"\r\n]*"|[^"<>,\r\n]*) ?<{ADDRESS}>""")
RECIPIENTS: Final = 50
MOST_A_SECOND: Final = 14.0  # what a new account outside the sandbox may send
KINDS: Final = ("Bounce", "Complaint")
STATUSES: Final = {  # by bounceType: what the receiving side says, as SES's own simulator words it
    "Permanent": ("General", "5.1.1", "smtp; 550 5.1.1 user unknown"),
    "Transient": ("MailboxFull", "4.2.2", "smtp; 452 4.2.2 mailbox full"),
}

Answer = tuple[HTTPStatus, dict[str, str], bytes]


class SesError(Exception):
    """A refusal of SES's, by the name that boto3 makes an exception of."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


@dataclass(frozen=True)
class Destination:
    """Where a configuration set's events go: of these kinds, to this topic."""

    configuration_set: str
    kinds: frozenset[str]  # BOUNCE, COMPLAINT, …
    topic_arn: str


@dataclass(frozen=True)
class Sent:
    """A mail that was accepted, as far as an event about it repeats it."""

    id: str
    at: str
    sender: str
    to: tuple[str, ...]
    subject: str
    headers: Mapping[str, str]
    configuration_set: str | None


class Mails:
    """SES. `clock` gives Unix seconds; `on_mail` hears of every mail that is delivered, before its sender goes on."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.on_mail: Callable[[dict[str, Any]], object] = lambda mail: None
        self._clock = clock
        self._lock = threading.Lock()
        self._sets: set[str] = set()
        self._destinations: list[Destination] = []
        self._suppressed: dict[str, tuple[str, float]] = {}  # address → (reason, since)
        self._sent: dict[str, Sent] = {}  # the last one to an address

    def make_configuration_set(self, name: str) -> str:
        """A configuration set of the template; returns its name."""
        self._sets.add(name)
        return name

    def make_event_destination(self, where: str, properties: Mapping[str, Any]) -> Destination:
        """A destination of a set's events. Raises TemplateError for what is not known here."""
        event = properties["EventDestination"]
        only(f"{where}, EventDestination", event, {"Name", "Enabled", "MatchingEventTypes", "SnsDestination"})
        if "SnsDestination" not in event or not event.get("Enabled"):
            raise TemplateError(f"{where}: this stack knows topics (SnsDestination) only, and enabled ones")
        kinds = frozenset(str(kind).upper() for kind in event["MatchingEventTypes"])
        made = Destination(properties["ConfigurationSetName"], kinds, event["SnsDestination"]["TopicARN"])
        self._destinations.append(made)
        return made

    # What becomes of a mail -------------------------------------------------------------------------------------------

    def play(self, kind: str, address: str, bounce: str = "Permanent") -> int:
        """Tell that the last mail to an address has bounced, or that its reader complains; returns how many were told.

        `kind` is Bounce or Complaint, `bounce` Permanent or Transient. A mail need not have been sent. Raises
        ValueError for other words. https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
        """
        if kind not in KINDS or bounce not in STATUSES:
            raise ValueError(f"{kind} {bounce}")
        now = self._now()
        with self._lock:
            sent = self._sent.get(address) or Sent(_id(), now, "post@frontline.example", (address,), "A mail", {}, None)
        told = _bounce(address, now, bounce) if kind == "Bounce" else _complaint(address, now)
        return self._tell(kind, sent, told)

    def _tell(self, kind: str, sent: Sent, told: Mapping[str, Any]) -> int:
        topics = [
            each.topic_arn
            for each in self._destinations
            if kind.upper() in each.kinds and sent.configuration_set in {None, each.configuration_set}
        ]
        event = {"eventType": kind, kind.lower(): told, "mail": _mail(sent)}
        for arn in topics:
            # As SES does: the subject is for people, the message for programs.
            subject = "Amazon SES Email Event Notification"
            sns_backends[ACCOUNT][REGION].get_topic(arn).publish(json.dumps(event), subject=subject)
        return len(topics)

    # What boto3's `sesv2` asks ----------------------------------------------------------------------------------------

    def answer(self, method: str, target: str, body: bytes) -> Answer:
        """The answer to a request: status, headers and body."""
        path, _, _ = target.partition("?")
        try:
            status, value = HTTPStatus.OK, self._answer(method, path.removeprefix(PATH), body)
            headers: dict[str, str] = {}
        except SesError as error:
            status, value, headers = error.status, {"message": str(error)}, {"x-amzn-errortype": error.code}
        return status, {"content-type": "application/json", **headers}, json.dumps(value).encode()

    def _answer(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        given: dict[str, Any] = json.loads(body) if body else {}
        head, _, last = path.rpartition("/")
        match method, head, unquote(last):
            case "POST", "", "outbound-emails":
                return {"MessageId": self._send(given)}
            case "GET", "", "account":
                return self._account()
            case "GET", "identities", identity:
                return _identity(identity)
            case "GET", "configuration-sets", name if name in self._sets:
                return {"ConfigurationSetName": name, "SendingOptions": {"SendingEnabled": True}}
            case "GET", _, "event-destinations" if (name := head.rpartition("/")[2]) in self._sets:
                return {
                    "EventDestinations": [_told(each) for each in self._destinations if each.configuration_set == name]
                }
            case "PUT", "suppression", "addresses":
                reason = given.get("Reason")
                if reason not in {"BOUNCE", "COMPLAINT"} or not isinstance(given.get("EmailAddress"), str):
                    raise _bad("A reason is BOUNCE or COMPLAINT.")
                self._suppressed[given["EmailAddress"]] = (reason, self._clock())
                return {}
            case "GET", "suppression/addresses", address if address in self._suppressed:
                return {"SuppressedDestination": self._summary(address)}
            case "DELETE", "suppression/addresses", address if address in self._suppressed:
                del self._suppressed[address]
                return {}
            case "GET", "suppression", "addresses":
                return {"SuppressedDestinationSummaries": [self._summary(address) for address in self._suppressed]}
        raise SesError(HTTPStatus.NOT_FOUND, "NotFoundException", f"{method} {path}: there is no such thing here.")

    def _send(self, given: Mapping[str, Any]) -> str:
        known = {
            *("FromEmailAddress", "Destination", "ReplyToAddresses", "Content", "ConfigurationSetName", "EmailTags"),
        }
        if unknown := given.keys() - known:
            raise _bad(f"This machine's SES does not know {', '.join(sorted(unknown))}.")
        configuration_set = given.get("ConfigurationSetName")
        if configuration_set is not None and configuration_set not in self._sets:
            raise SesError(
                HTTPStatus.NOT_FOUND, "NotFoundException", f"Configuration set <{configuration_set}> does not exist."
            )
        destination = given.get("Destination", {})
        to = tuple(each for key in ("ToAddresses", "CcAddresses", "BccAddresses") for each in destination.get(key, []))
        sender = given.get("FromEmailAddress", "")
        if not 1 <= len(to) <= RECIPIENTS or not all(_is_mailbox(each) for each in (*to, sender)):
            raise _bad("Sender and recipients: one of the addresses is none, or there are none or too many.")
        if given.get("Content", {}).keys() != {"Simple"}:
            raise _bad("This machine's SES knows simple content only.")
        simple = given["Content"]["Simple"]
        subject, parts = simple["Subject"]["Data"], simple["Body"]
        if re.search(r"[\r\n]", subject) or not parts:
            raise _bad("A subject is one line, and a mail has a body.")
        headers = {each["Name"]: each["Value"] for each in simple.get("Headers", [])}
        for name, value in headers.items():
            if not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(value):
                raise _bad(f"The header {name!r} is none.")
        headers["From"] = sender
        if given.get("ReplyToAddresses"):
            headers["Reply-To"] = ", ".join(given["ReplyToAddresses"])
        sent = Sent(_id(), self._now(), sender, to, subject, headers, configuration_set)
        self._deliver(sent, parts)
        return sent.id

    def _deliver(self, sent: Sent, parts: Mapping[str, Any]) -> None:
        """SES accepts a mail to a suppressed address too, and then tells of a bounce instead of sending it."""
        with self._lock:
            self._sent |= dict.fromkeys(sent.to, sent)
            refused = [address for address in sent.to if address in self._suppressed]
        for address in refused:
            told = _bounce(address, sent.at, "Permanent") | {"bounceSubType": "OnAccountSuppressionList"}
            self._tell("Bounce", sent, told)
        to = [address for address in sent.to if address not in refused]
        if to:
            self.on_mail(
                {
                    "to": to[0] if len(to) == 1 else to,
                    "subject": sent.subject,
                    "text": parts.get("Text", {}).get("Data", ""),
                    "html": parts.get("Html", {}).get("Data", ""),
                    "headers": dict(sent.headers),
                    "sent_at": sent.at,
                }
            )

    def _account(self) -> dict[str, Any]:
        return {
            "DedicatedIpAutoWarmupEnabled": False,
            "EnforcementStatus": "HEALTHY",
            "ProductionAccessEnabled": True,
            "SendingEnabled": True,
            "SendQuota": {"Max24HourSend": 50_000.0, "MaxSendRate": MOST_A_SECOND, "SentLast24Hours": 0.0},
            "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
        }

    def _summary(self, address: str) -> dict[str, Any]:
        reason, since = self._suppressed[address]
        return {"EmailAddress": address, "Reason": reason, "LastUpdateTime": since}

    def _now(self) -> str:
        at = dt.datetime.fromtimestamp(self._clock(), dt.UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _told(destination: Destination) -> dict[str, Any]:
    return {
        "Name": "feedback",
        "Enabled": True,
        "MatchingEventTypes": sorted(destination.kinds),
        "SnsDestination": {"TopicArn": destination.topic_arn},
    }


def _bad(message: str) -> SesError:
    return SesError(HTTPStatus.BAD_REQUEST, "BadRequestException", message)


def _id() -> str:
    return f"01000000{uuid.uuid4()}-000000"


def _is_mailbox(text: Any) -> bool:
    """An address in ASCII, alone or with a name before it; no second one, no line break."""
    return isinstance(text, str) and MAILBOX.fullmatch(text) is not None


def _identity(identity: str) -> dict[str, Any]:
    return {
        "IdentityType": "EMAIL_ADDRESS" if "@" in identity else "DOMAIN",
        "FeedbackForwardingStatus": True,
        "VerifiedForSendingStatus": True,
        "VerificationStatus": "SUCCESS",
        "DkimAttributes": {"SigningEnabled": True, "Status": "SUCCESS", "Tokens": []},
        "MailFromAttributes": {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"},
        "Policies": {},
        "Tags": [],
    }


def _bounce(address: str, now: str, kind: str) -> dict[str, Any]:
    subtype, status, code = STATUSES[kind]
    recipient = {"emailAddress": address, "action": "failed", "status": status, "diagnosticCode": code}
    return {
        "feedbackId": _id(),
        "bounceType": kind,
        "bounceSubType": subtype,
        "bouncedRecipients": [recipient],
        "timestamp": now,
        "reportingMTA": "dsn; this-machine.frontline.example",
    }


def _complaint(address: str, now: str) -> dict[str, Any]:
    return {
        "feedbackId": _id(),
        "complaintSubType": None,
        "complainedRecipients": [{"emailAddress": address}],
        "timestamp": now,
        "userAgent": "this machine's SES",
        "complaintFeedbackType": "abuse",
        "arrivalDate": now,
    }


def _mail(sent: Sent) -> dict[str, Any]:
    headers = {**sent.headers, "To": ", ".join(sent.to), "Subject": sent.subject}
    tags = {"ses:configuration-set": [sent.configuration_set]} if sent.configuration_set else {}
    return {
        "timestamp": sent.at,
        "source": sent.sender,
        "sourceArn": f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/{sent.sender}",
        "sendingAccountId": ACCOUNT,
        "messageId": sent.id,
        "destination": list(sent.to),
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in headers.items()],
        "commonHeaders": {
            "from": [sent.sender],
            "to": list(sent.to),
            "messageId": sent.id,
            "subject": sent.subject,
        },
        "tags": tags,
    }

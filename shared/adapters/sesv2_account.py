"""SES's account: how much mail may be sent, how it is set up, and to whom it sends nothing.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from shared.domain.addresses import Address
from shared.domain.refusals import StoreUnavailable
from shared.ports.mail import MailSetup, Quota

if TYPE_CHECKING:
    from mypy_boto3_sesv2.client import SESV2Client

_UNLIMITED: Final = -1
_NOT_THERE: Final = "NotFoundException"


class Sesv2Quota:
    """`shared.ports.mail.MailQuota`."""

    def __init__(self, client: SESV2Client) -> None:
        self._client = client

    def read(self) -> Quota:
        with _answering():
            return _quota(self._client.get_account())


class Sesv2Place:
    """`shared.ports.mail.MailPlace`. `sender`: the address that mails come from, None where none is set; `topic`: where
    bounces and complaints are told."""

    def __init__(self, client: SESV2Client, sender: str | None, configuration: str, topic: str) -> None:
        self._client, self._sender = client, sender
        self._configuration, self._topic = configuration, topic

    def read(self) -> MailSetup:
        with _answering():
            account = self._client.get_account()
            own = self._client.get_configuration_set(ConfigurationSetName=self._configuration)
            destinations = self._client.get_configuration_set_event_destinations(
                ConfigurationSetName=self._configuration
            )
        reasons = own.get("SuppressionOptions", account.get("SuppressionAttributes", {})).get("SuppressedReasons", [])
        told = [
            kind
            for one in destinations.get("EventDestinations", [])
            if one.get("Enabled") and one.get("SnsDestination", {}).get("TopicArn") == self._topic
            for kind in one["MatchingEventTypes"]
        ]
        return MailSetup(_quota(account), self._is_verified(), frozenset(told), frozenset(reasons))

    def holds_back(self, address: Address) -> str | None:
        try:
            with _answering():
                found = self._client.get_suppressed_destination(EmailAddress=address.text)
        except _NotThere:
            return None
        return found["SuppressedDestination"]["Reason"].lower()

    def let_through(self, address: Address) -> None:
        try:
            with _answering():
                self._client.delete_suppressed_destination(EmailAddress=address.text)
        except _NotThere:
            return

    def _is_verified(self) -> bool | None:
        if self._sender is None:
            return None
        try:
            with _answering():
                return self._client.get_email_identity(EmailIdentity=self._sender)["VerifiedForSendingStatus"]
        except _NotThere:
            return None


class _NotThere(StoreUnavailable):
    """SES knows no such thing."""


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        kind = _NotThere if error.response["Error"]["Code"] == _NOT_THERE else StoreUnavailable
        raise kind("SES does not say.") from error
    except BotoCoreError as error:
        raise StoreUnavailable("SES does not say.") from error


def _quota(account: Any) -> Quota:
    quota = account["SendQuota"]
    daily = quota["Max24HourSend"]
    is_limited = daily != _UNLIMITED
    return Quota(
        per_second=quota["MaxSendRate"],
        daily=daily if is_limited else None,
        left=daily - quota["SentLast24Hours"] if is_limited else None,
        sandbox=not account["ProductionAccessEnabled"],
        paused=not account["SendingEnabled"],
    )

"""Sending mail by SES, which puts the MIME together: ours are texts alone, and no header of them breaks a line."""

from __future__ import annotations

import re
from email.utils import formataddr
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from shared.domain.mails import Mail
from shared.domain.refusals import MailRefused, MailUncertain, StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sesv2.client import SESV2Client

# Names and values as SES takes them in `Headers`, and narrower: printable ASCII, no line break (R15). An encoded word
# (RFC 2047) would be decoded by whoever reads it.
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,125}\Z")
_VALUE: Final = re.compile(r"[\x20-\x7e]{1,850}\Z")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_LATER: Final = frozenset({"TooManyRequestsException", "LimitExceededException", "InternalServiceErrorException"})


class Sesv2Mailer:
    """`shared.ports.Mailer`. `sender`: the address that mails come from, whose identity SES has verified."""

    def __init__(self, client: SESV2Client, sender: str, name: str, configuration: str) -> None:
        self._client, self._configuration = client, configuration
        self._from = formataddr((_CONTROL.sub("", name), sender))

    def send(self, mail: Mail) -> None:
        if _CONTROL.search(mail.subject) or not all(_is_header(*header) for header in mail.headers):
            raise MailRefused("A mail's subject or header holds a line break, or what no header may hold.")
        content: Any = {
            "Simple": {
                "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": mail.text, "Charset": "UTF-8"},
                    "Html": {"Data": mail.html, "Charset": "UTF-8"},
                },
                "Headers": [{"Name": name, "Value": value} for name, value in mail.headers],
            }
        }
        try:
            self._client.send_email(
                FromEmailAddress=self._from,
                Destination={"ToAddresses": [mail.to.text]},
                Content=content,
                ConfigurationSetName=self._configuration,
            )
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if error.response["Error"]["Code"] in _LATER or status >= 500:
                raise StoreUnavailable("Mail cannot be sent at the moment.") from error
            if error.response["Error"]["Code"] in ("MessageRejected", "BadRequestException"):
                raise MailRefused("SES does not take this mail.") from error
            raise
        except (EndpointConnectionError, ConnectTimeoutError) as error:  # it has not even been asked
            raise StoreUnavailable("Mail cannot be sent at the moment.") from error
        except BotoCoreError as error:
            raise MailUncertain("SES did not answer.") from error


def _is_header(name: str, value: str) -> bool:
    return _NAME.match(name) is not None and _VALUE.match(value) is not None and "=?" not in value

"""Sending mail by SES, which puts the MIME together: ours are texts alone, and no header of them breaks a line.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
"""

from __future__ import annotations

from email.utils import formataddr
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from shared.domain.mails import Mail, check_lines
from shared.domain.refusals import MailRefused, MailUncertain, StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sesv2.client import SESV2Client

_REFUSED: Final = frozenset({"BadRequestException", "MessageRejected"})
# Its 503 is an answer: not now. With any other 5xx nobody knows how far it had come.
_BUSY: Final = 503


class Sesv2Mailer:
    """`shared.ports.mail.Mailer`. `sender`: the address that mails come from, whose identity SES has verified; None in
    a stack that sends no mail.

    The client must not try again by itself: where an answer is missing, the mail may have been sent.
    """

    def __init__(self, client: SESV2Client, sender: str | None, configuration: str) -> None:
        self._client, self._sender, self._configuration = client, sender, configuration

    def send(self, mail: Mail) -> None:
        check_lines(mail)
        if self._sender is None:
            raise MailRefused("This stack has no address that mails could come from.")
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
                FromEmailAddress=formataddr((mail.sender, self._sender)),
                Destination={"ToAddresses": [mail.to.text]},
                Content=content,
                ConfigurationSetName=self._configuration,
            )
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if error.response["Error"]["Code"] in _REFUSED:
                raise MailRefused("SES does not take this mail.") from error
            if status >= 500 and status != _BUSY:
                raise MailUncertain("SES failed over this mail.") from error
            # Too many at once, too many today, sending is paused, a configuration set is not there: whatever it is,
            # nothing was sent, and the next mail fares no better.
            raise StoreUnavailable("Mail cannot be sent at the moment.") from error
        except (EndpointConnectionError, ConnectTimeoutError) as error:  # it has not even been asked
            raise StoreUnavailable("Mail cannot be sent at the moment.") from error
        except BotoCoreError as error:
            raise MailUncertain("SES did not answer.") from error

"""How much mail SES lets the account send.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from shared.domain.refusals import StoreUnavailable
from shared.ports import Quota

if TYPE_CHECKING:
    from mypy_boto3_sesv2.client import SESV2Client

_UNLIMITED: Final = -1


class Sesv2Quota:
    """`shared.ports.MailQuota`."""

    def __init__(self, client: SESV2Client) -> None:
        self._client = client

    def read(self) -> Quota:
        try:
            account = self._client.get_account()
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailable("SES does not say how much may be sent.") from error
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

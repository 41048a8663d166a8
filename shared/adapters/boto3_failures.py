"""What AWS says when it does not do what it was asked, in our words: the same for tables and queues."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from shared.domain.refusals import RecordChanged, StoreUnavailable

# Said with a status below 500, and passing all the same: too much at once.
_BUSY: Final = frozenset(
    {"ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled", "ThrottlingException"}
)


@contextmanager
def available() -> Iterator[None]:
    """Raises RecordChanged for a condition that failed, StoreUnavailable for what passes by itself. All else that AWS
    says is a fault of ours, and wakes someone."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ConditionalCheckFailedException":
            raise RecordChanged("Somebody else has changed this in between. Try again.") from None
        if code in _BUSY or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
            raise StoreUnavailable from error
        raise
    except BotoCoreError as error:  # no connection, no answer in time
        raise StoreUnavailable from error

"""What AWS says when it does not do what it was asked, in our words: the same for tables and queues."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from shared.domain.refusals import RecordChanged, StoreUnavailable

_LOST: Final = frozenset({"ConditionalCheckFailedException", "TransactionConflictException"})
# Of the parts of a transaction, what passes by itself: somebody else is at the same item, or too much at once.
_CONFLICT: Final = "TransactionConflict"
_PASSING: Final = frozenset({_CONFLICT, "ThrottlingError", "ProvisionedThroughputExceeded"})
# Said with a status below 500, and passing all the same: too much at once.
_BUSY: Final = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)


class Contended(StoreUnavailable):
    """A transaction met others at one of its items. Nothing was written, and a moment later it may be."""


@contextmanager
def available() -> Iterator[None]:
    """Raises RecordChanged for a condition that failed, StoreUnavailable for what passes by itself. All else that AWS
    says is a fault of ours, and wakes someone.

    A transaction of which a condition failed is RecordChanged, whatever its other parts met: it cannot be written any
    more. One that only met others is Contended. A single write that meets a transaction is RecordChanged as well: its
    item is changing at this moment.
    """
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        reasons = _reasons(error)
        if code in _LOST or "ConditionalCheckFailed" in reasons:
            raise RecordChanged("Somebody else has changed this in between. Try again.") from None
        if reasons and reasons <= _PASSING:
            raise (Contended if _CONFLICT in reasons else StoreUnavailable) from error
        if code in _BUSY or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
            raise StoreUnavailable from error
        raise
    except BotoCoreError as error:  # no connection, no answer in time
        raise StoreUnavailable from error


def _reasons(error: ClientError) -> frozenset[str]:
    """Why a transaction was cancelled, over all of its parts."""
    response: Any = error.response
    return frozenset(one["Code"] for one in response.get("CancellationReasons", ())) - {"None"}

"""One DynamoDB transaction: all of its writes, or none.

Two that meet at one item, a campaign's sum for example, send one of them away. It was not wrong, and is tried again
here: otherwise a well visited campaign would have all its payments delivered anew by the queue, a minute later.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from shared.adapters.boto3_failures import Contended, available

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_WAITS: Final = (0.02, 0.05, 0.1, 0.2, 0.4)  # seconds at most; under one in all


def write_together(
    client: DynamoDBClient, writes: Sequence[TransactWriteItemTypeDef], wait: Callable[[float], None] = time.sleep
) -> None:
    """Write all of these, 100 at most, or nothing. Raises RecordChanged when a condition failed, StoreUnavailable where
    it was sent away six times: then nothing is written. `wait` takes seconds.

    boto3 gives each call a token of its own, by which a try after a lost answer is the same one to DynamoDB
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html).
    """
    for longest in _WAITS:
        try:
            return _written(client, writes)
        except Contended:
            wait(random.uniform(longest / 2, longest))  # noqa: S311 -- keeps no secret, only out of step
    return _written(client, writes)


def _written(client: DynamoDBClient, writes: Sequence[TransactWriteItemTypeDef]) -> None:
    with available():
        client.transact_write_items(TransactItems=writes)

"""A transaction that DynamoDB does not write: for a while, or for good."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.adapters.boto3_failures import available
from shared.adapters.dynamo_together import write_together
from shared.domain.refusals import RecordChanged, StoreUnavailable


def cancelled(*codes: str) -> ClientError:
    """What DynamoDB says of a transaction that it has not written, a reason for each of its parts."""
    said: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"},
        "ResponseMetadata": {"HTTPStatusCode": 400},
        "CancellationReasons": [{"Code": code} for code in codes],
    }
    return ClientError(said, "TransactWriteItems")


class Contended:
    """DynamoDB, at whose items others are as often as there are `says`."""

    def __init__(self, client: Any, *says: ClientError) -> None:
        self._client, self.says = client, list(says)

    def transact_write_items(self, **asked: Any) -> Any:
        if self.says:
            raise self.says.pop(0)
        return self._client.transact_write_items(**asked)


PUT: Any = {"Put": {"TableName": "contended", "Item": {"pk": {"S": "a"}}}}
CONFLICT = cancelled("None", "TransactionConflict")


@pytest.fixture
def plain(client: Any) -> Any:
    """A client of a table."""
    dynamodb = client("dynamodb")
    with suppress(dynamodb.exceptions.ResourceInUseException):
        dynamodb.create_table(
            TableName="contended",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
    return dynamodb


@pytest.mark.parametrize("times", [1, 5])
def test_a_transaction_that_meets_others_is_tried_again_a_little_later(plain: Any, times: int) -> None:
    waited: list[float] = []
    contended: Any = Contended(plain, *[CONFLICT] * times)
    write_together(contended, [PUT], waited.append)
    assert len(waited) == times
    assert waited == sorted(waited)
    assert "Item" in plain.get_item(TableName="contended", Key={"pk": {"S": "a"}})


def test_one_that_meets_others_all_the_time_is_unavailable_within_a_second(plain: Any) -> None:
    waited: list[float] = []
    contended: Any = Contended(plain, *[CONFLICT] * 6)
    with pytest.raises(StoreUnavailable):
        write_together(contended, [PUT], waited.append)
    assert not contended.says
    assert sum(waited) < 1


@pytest.mark.parametrize(
    ("says", "raised"),
    [
        (cancelled("None", "ConditionalCheckFailed"), RecordChanged),
        (cancelled("TransactionConflict", "ConditionalCheckFailed"), RecordChanged),
        (cancelled("ThrottlingError", "None"), StoreUnavailable),
        (cancelled("ProvisionedThroughputExceeded"), StoreUnavailable),
        (cancelled("TransactionConflict", "ValidationError"), ClientError),
        (cancelled("ItemCollectionSizeLimitExceeded"), ClientError),
        (cancelled(), ClientError),
    ],
)
def test_what_else_a_transaction_is_sent_away_for_is_told_at_once(
    plain: Any, says: ClientError, raised: type[Exception]
) -> None:
    contended: Any = Contended(plain, says)
    waited: list[float] = []
    with pytest.raises(raised):
        write_together(contended, [PUT], waited.append)
    assert waited == []


def test_a_single_write_that_meets_a_transaction_has_lost_to_it() -> None:
    said: Any = {
        "Error": {"Code": "TransactionConflictException", "Message": "Transaction is ongoing for the item"},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    with pytest.raises(RecordChanged), available():
        raise ClientError(said, "PutItem")

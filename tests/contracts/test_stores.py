"""`Table` and `Bucket` of a backup: twins and moto keep the same promises."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest

from infra.ops.stores import Bucket, DynamoTable, Item, S3Bucket, Table, Told
from tests.ops.stores_twin import MemoryBucket, MemoryTable

ROW: Item = {"pk": {"S": "a#1"}, "sk": {"S": "x"}, "n": {"N": "7"}, "tags": {"SS": ["a", "b"]}}
TOLD = Told({"ContentType": "image/png", "CacheControl": "max-age=5"}, {"sha256": "0" * 64})


@pytest.fixture(params=["twin", "moto"])
def table(request: pytest.FixtureRequest) -> Table:
    if request.param == "twin":
        return MemoryTable()
    client = request.getfixturevalue("client")("dynamodb")
    name = f"t{abs(hash(request.node.nodeid)):x}"
    keys = (("pk", "HASH"), ("sk", "RANGE"))
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
    )
    return DynamoTable(client, name)


@pytest.fixture(params=["twin", "moto"])
def store(request: pytest.FixtureRequest) -> Bucket:
    if request.param == "twin":
        return MemoryBucket({})
    return S3Bucket(request.getfixturevalue("client")("s3"), request.getfixturevalue("bucket"))


def test_an_item_is_put_where_nothing_is_and_read_as_it_was_written(table: Table) -> None:
    other: Item = {**ROW, "n": {"N": "8"}}
    assert table.get(ROW) is None
    assert table.put(ROW) is None
    assert table.put(other) == ROW
    assert table.get(other) == ROW
    table.replace(other)
    assert list(table.items()) == [other]


def test_items_are_found_by_how_their_key_begins(table: Table) -> None:
    rows = [{**ROW, "pk": {"S": pk}} for pk in ("erased#1", "erased#2", "member#1")]
    for row in rows:
        table.put(row)
    assert sorted(each["pk"]["S"] for each in table.items("erased#")) == ["erased#1", "erased#2"]
    assert len(list(table.items())) == 3


def test_an_object_keeps_what_it_says_of_itself(store: Bucket) -> None:
    assert store.put("media/a b.png", io.BytesIO(b"png"), TOLD)
    into = io.BytesIO()
    found = store.read("media/a b.png", into)
    assert found is not None
    assert (found[0], into.getvalue()) == (TOLD, b"png")
    assert list(store.listed()) == [("media/a b.png", found[1])]
    assert store.digest("media/a b.png") == hashlib.sha256(b"png").hexdigest()


def test_an_object_is_put_where_nothing_is(store: Bucket) -> None:
    missing: Any = (store.read("a", io.BytesIO()), store.digest("a"))
    assert missing == (None, None)
    assert store.put("a", io.BytesIO(b"1"), TOLD)
    assert not store.put("a", io.BytesIO(b"2"), TOLD)
    assert store.digest("a") == hashlib.sha256(b"1").hexdigest()
    store.replace("a", io.BytesIO(b"2"), TOLD)
    assert store.digest("a") == hashlib.sha256(b"2").hexdigest()

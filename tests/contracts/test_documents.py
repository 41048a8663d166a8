"""`Documents`: the twin and S3 keep the same promises."""

from __future__ import annotations

import datetime as dt
import threading

import boto3
import pytest
from botocore.config import Config

from shared.adapters.boto3_shelves import Boto3Documents
from shared.domain.refusals import ContentUnavailable, DocumentChanged
from shared.ports.publishing import Documents
from tests.aws import REGION
from tests.twins import MemoryDocuments

KEY = "lists/latest/index.json"


@pytest.fixture(params=["twin", "s3"])
def documents(request: pytest.FixtureRequest) -> Documents:
    if request.param == "twin":
        return MemoryDocuments()
    return Boto3Documents(request.getfixturevalue("client")("s3"), request.getfixturevalue("bucket"))


def test_what_is_written_is_read_at_once_with_its_version(documents: Documents) -> None:
    assert documents.read(KEY) is None
    first = documents.write(KEY, b"{}", None)
    assert documents.read(KEY) == (b"{}", first)
    second = documents.write(KEY, b"[]", first)
    assert documents.read(KEY) == (b"[]", second)
    assert first != second


def test_a_writer_who_expects_another_version_loses_and_has_written_nothing(documents: Documents) -> None:
    with pytest.raises(DocumentChanged):
        documents.write(KEY, b"0", "no-such-version")
    first = documents.write(KEY, b"1", None)
    second = documents.write(KEY, b"2", first)

    for expected in (None, first):
        with pytest.raises(DocumentChanged):
            documents.write(KEY, b"3", expected)
    assert documents.read(KEY) == (b"2", second)


@pytest.mark.parametrize("is_first", [True, False])
def test_of_several_writers_exactly_one_succeeds(documents: Documents, is_first: bool) -> None:
    expected = None if is_first else documents.write(KEY, b"before", None)
    won: list[tuple[bytes, str]] = []
    lost: list[bytes] = []
    together = threading.Barrier(8)

    def write(body: bytes) -> None:
        together.wait()
        try:
            won.append((body, documents.write(KEY, body, expected)))
        except DocumentChanged:
            lost.append(body)

    threads = [threading.Thread(target=write, args=(b"writer %d" % i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(won), len(lost)) == (1, 7)
    assert documents.read(KEY) == won[0]


def test_what_is_deleted_is_gone_and_what_is_not_there_is_no_fault(documents: Documents) -> None:
    keys = tuple(f"lists/latest/{i}.json" for i in range(3))
    for key in keys:
        documents.write(key, b"{}", None)

    documents.delete((*keys[:2], "lists/none.json"))
    documents.delete(())

    assert [documents.read(key) is None for key in keys] == [True, True, False]
    documents.write(keys[0], b"[]", None)


def test_more_can_be_deleted_than_one_request_takes(documents: Documents) -> None:
    documents.write("a/last.json", b"{}", None)

    documents.delete((*(f"a/{i}.json" for i in range(1_500)), "a/last.json"))

    assert list(documents.keys("a/")) == []


def test_keys_are_all_that_begin_so_in_order_with_the_time_of_their_last_write(documents: Documents) -> None:
    began = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=2)
    version = documents.write("placements/b.json", b"1", None)
    for key in ("placements/a.json", "placement.json", "lists/x.json"):
        documents.write(key, b"1", None)
    documents.write("placements/b.json", b"2", version)

    found = list(documents.keys("placements/"))

    assert [key for key, _ in found] == ["placements/a.json", "placements/b.json"]
    assert all(began <= at <= dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2) for _, at in found)


def test_a_store_that_does_not_answer_is_a_refusal_whatever_was_asked() -> None:
    client = boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url="http://127.0.0.1:9",  # nobody listens at the discard port
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(connect_timeout=1, retries={"max_attempts": 1}),
    )
    documents = Boto3Documents(client, "bucket")

    for ask in (
        lambda: documents.read(KEY),
        lambda: documents.write(KEY, b"{}", None),
        lambda: documents.delete((KEY,)),
        lambda: list(documents.keys("lists/")),
    ):
        with pytest.raises(ContentUnavailable):
            ask()

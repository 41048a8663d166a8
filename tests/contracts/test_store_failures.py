"""S3 or a table that refuses, fails, hangs or is not there: bounded time, and our own words (R22)."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from shared.adapters.boto3_clients import client_that_answers_soon
from shared.adapters.dynamo_members import DynamoMembers
from shared.adapters.s3_articles import S3Articles
from shared.adapters.s3_keyring import S3Keyrings
from shared.adapters.s3_objects import S3Objects
from shared.domain.refusals import ContentUnavailable, StoreUnavailable, UnusableKeyring
from tests.aws import REGION


@pytest.fixture(params=["refused", "slow", "denied", "error", "garbage", "cut short"])
def endpoint(request: pytest.FixtureRequest, aws: str) -> Iterator[str]:
    """The address of an S3 that is in trouble. (`aws` puts credentials where the store looks for them.)"""
    server = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{server.getsockname()[1]}"
    if request.param == "refused":
        server.close()
        yield address
        return
    say = {
        "slow": None,
        "denied": b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n",
        "error": b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n",
        "garbage": b"\x00\x01 this is not HTTP\r\n\r\n",
        "cut short": b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\netag: x\r\n"
        b"last-modified: Mon, 23 Nov 2026 00:00:00 GMT\r\n\r\n{",
    }[request.param]
    open_ones: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            open_ones.append(connection)
            if say is not None:
                connection.recv(65_536)
                connection.sendall(say)
                connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield address
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    for connection in open_ones:
        connection.close()


def test_a_store_in_trouble_is_a_refusal_in_bounded_time(endpoint: str) -> None:
    objects = S3Objects("bucket", REGION, endpoint)

    for read in (lambda: S3Articles(objects).read("night-ferry"), S3Keyrings(objects).read):
        began = time.monotonic()
        with pytest.raises((ContentUnavailable, UnusableKeyring)):
            read()
        assert time.monotonic() - began < 4.5  # the function has 5 s (template.yaml); not a measure of speed


def test_a_table_in_trouble_is_a_refusal_before_the_function_has_to_end(
    endpoint: str, request: pytest.FixtureRequest
) -> None:
    """The members function has 10 s (template.yaml), and has to answer in its own words."""
    client = client_that_answers_soon("dynamodb", region_name=REGION, endpoint_url=endpoint)
    expected = ClientError if "denied" in request.node.name else StoreUnavailable  # a fault of ours wakes someone
    began = time.monotonic()
    with pytest.raises(expected):
        DynamoMembers(client, "members").read("a" * 32)
    assert time.monotonic() - began < 7

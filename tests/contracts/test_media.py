"""`MediaShelf`: the twin and S3 keep the same promises; and files reach S3 as they are to be served."""

from __future__ import annotations

from typing import Any

import pytest

from shared.adapters.boto3_media import Boto3MediaShelf
from shared.ports import MediaShelf
from tests.twins import MemoryMedia

PATH = "/media/member/bells.mp3"


@pytest.fixture(params=["twin", "s3"])
def shelf(request: pytest.FixtureRequest) -> MediaShelf:
    if request.param == "twin":
        return MemoryMedia()
    return Boto3MediaShelf(request.getfixturevalue("client")("s3"), request.getfixturevalue("bucket"))


def test_a_shelf_knows_the_digest_of_what_was_put_last(shelf: MediaShelf) -> None:
    assert shelf.holds(PATH) is None

    for digest in ("a" * 64, "", "b" * 64):
        shelf.put(PATH, b"sound", "audio/mpeg", digest)
        assert shelf.holds(PATH) == digest

    assert shelf.holds("/media/member/bells.mp") is None


def test_a_file_lies_under_its_path_with_its_type_and_nothing_else(client: Any, bucket: str) -> None:
    Boto3MediaShelf(client("s3"), bucket).put(PATH, b"sound", "audio/mpeg", "a" * 64)

    found = client("s3").get_object(Bucket=bucket, Key="media/member/bells.mp3")
    assert (found["Body"].read(), found["ContentType"], found["Metadata"]) == (
        b"sound",
        "audio/mpeg",
        {"sha256": "a" * 64},
    )
    assert "CacheControl" not in found


def test_what_was_put_by_other_means_is_there_without_a_digest(client: Any, bucket: str) -> None:
    client("s3").put_object(Bucket=bucket, Key=PATH[1:], Body=b"sound")

    assert Boto3MediaShelf(client("s3"), bucket).holds(PATH) == ""

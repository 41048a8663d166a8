"""`MediaShelf`: the twin and S3 keep the same promises; and files reach S3 as they are to be served."""

from __future__ import annotations

from typing import Any

import pytest

from shared.adapters.boto3_media import Boto3MediaShelf, Boto3WaitingMedia
from shared.ports.publishing import MediaShelf, WaitingMedia
from tests.twins import MemoryMedia, MemoryWaitingMedia

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


@pytest.fixture(params=["twin", "s3"])
def both(request: pytest.FixtureRequest) -> tuple[MediaShelf, WaitingMedia]:
    """What everybody can fetch, and what waits for its time."""
    if request.param == "twin":
        media = MemoryMedia()
        return media, MemoryWaitingMedia(media)
    s3, bucket = request.getfixturevalue("client")("s3"), request.getfixturevalue("bucket")
    return Boto3MediaShelf(s3, bucket), Boto3WaitingMedia(s3, bucket)


def test_what_waits_is_not_there_until_it_is_brought_out(both: tuple[MediaShelf, WaitingMedia]) -> None:
    media, waiting = both
    waiting.put(PATH, b"sound", "audio/mpeg", "a" * 64)
    assert (media.holds(PATH), waiting.holds(PATH)) == (None, "a" * 64)

    for _ in range(2):
        assert waiting.bring_out(PATH)
        assert (media.holds(PATH), waiting.holds(PATH)) == ("a" * 64, "a" * 64)
    for _ in range(2):
        waiting.discard(PATH)
        assert not waiting.bring_out(PATH)
    assert (media.holds(PATH), waiting.holds(PATH)) == ("a" * 64, None)


def test_what_is_brought_out_replaces_what_was_there(both: tuple[MediaShelf, WaitingMedia]) -> None:
    media, waiting = both
    media.put(PATH, b"old", "audio/mpeg", "a" * 64)
    waiting.put(PATH, b"new", "audio/mpeg", "b" * 64)

    assert waiting.bring_out(PATH)

    assert media.holds(PATH) == "b" * 64


def test_what_waits_lies_where_the_edge_may_not_look_and_keeps_its_type(client: Any, bucket: str) -> None:
    waiting = Boto3WaitingMedia(client("s3"), bucket)
    waiting.put(PATH, b"sound", "audio/mpeg", "a" * 64)
    assert [one["Key"] for one in client("s3").list_objects_v2(Bucket=bucket)["Contents"]] == [f"waiting{PATH}"]

    waiting.bring_out(PATH)

    found = client("s3").get_object(Bucket=bucket, Key=PATH[1:])
    assert (found["Body"].read(), found["ContentType"]) == (b"sound", "audio/mpeg")

"""`Keyrings`, `KeyringShelf` and `Purge`: the twins and AWS keep the same promises."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import pytest

from shared.adapters.boto3_shelves import Boto3KeyringShelf
from shared.adapters.cloudfront_purge import CloudFrontPurge
from shared.adapters.s3_keyring import S3Keyrings
from shared.adapters.s3_objects import S3Objects
from shared.domain.keyrings import PassKey, accept, begin
from shared.domain.refusals import KeyringChanged, UnusableKeyring
from shared.ports.publishing import KeyringShelf, Purge
from shared.ports.reading import Keyrings
from tests.aws import REGION
from tests.twins import RING, MemoryKeyring, MemoryPurge


@dataclass
class Doors:
    keyrings: Keyrings
    shelf: KeyringShelf
    spoil: Any


@pytest.fixture(params=["twin", "s3"])
def doors(request: pytest.FixtureRequest) -> Doors:
    if request.param == "twin":
        twin = MemoryKeyring()
        return Doors(twin, twin, twin.spoil)
    aws, bucket = request.getfixturevalue("aws"), request.getfixturevalue("bucket")
    s3 = request.getfixturevalue("client")("s3")

    def spoil(raw: bytes) -> None:
        s3.put_object(Bucket=bucket, Key="keyring.json", Body=raw)

    return Doors(S3Keyrings(S3Objects(bucket, REGION, aws)), Boto3KeyringShelf(s3, bucket), spoil)


def test_the_ring_that_is_written_is_read_at_once(doors: Doors) -> None:
    version = doors.shelf.write(RING, None)

    assert doors.keyrings.read() == RING
    assert doors.shelf.read_version() == (RING, version)


def test_without_a_ring_readers_are_told_and_the_shelf_is_empty(doors: Doors) -> None:
    assert doors.shelf.read_version() is None
    with pytest.raises(UnusableKeyring):
        doors.keyrings.read()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b'{"schema":1,"issuer":"x","current":"k","keys":[]}',
        b'{"schema":1,"issuer":"x","current":"k","keys":[{"kid":"k","secret":"short","made_at":1}]}',
        b'{"schema":1,"issuer":"x","current":"other","keys":[{"kid":"k","secret":"' + b"A" * 43 + b'","made_at":1}]}',
    ],
)
def test_what_is_not_a_ring_is_refused_without_a_word_of_it(doors: Doors, raw: bytes) -> None:
    doors.spoil(raw)

    for read in (doors.keyrings.read, doors.shelf.read_version):
        with pytest.raises(UnusableKeyring) as refused:
            read()
        assert "secret" not in str(refused.value).lower()
        assert "AAAA" not in str(refused.value)


def test_a_second_writer_loses(doors: Doors) -> None:
    version = doors.shelf.write(RING, None)
    doors.shelf.write(accept(RING, PassKey("k-next", "C" * 43, 5)), version)

    for expected in (None, version):
        with pytest.raises(KeyringChanged):
            doors.shelf.write(begin("https://x.example", PassKey("k", "D" * 43, 6)), expected)


def test_a_key_keeps_its_secret_out_of_texts() -> None:
    assert "AAAA" not in repr(RING)


@pytest.fixture(params=["twin", "cloudfront"])
def purge(request: pytest.FixtureRequest) -> Purge:
    if request.param == "twin":
        return MemoryPurge()
    cloudfront = request.getfixturevalue("client")("cloudfront")
    return CloudFrontPurge(cloudfront, made_distribution(cloudfront))


def made_distribution(cloudfront: Any) -> str:
    behaviour = {
        "TargetOriginId": "o",
        "ViewerProtocolPolicy": "https-only",
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
    }
    origin = {
        "Id": "o",
        "DomainName": "o.example",
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
    }
    config = {
        "CallerReference": secrets.token_hex(8),
        "Comment": "",
        "Enabled": True,
        "DefaultCacheBehavior": behaviour,
        "Origins": {"Quantity": 1, "Items": [origin]},
    }
    made: str = cloudfront.create_distribution(DistributionConfig=config)["Distribution"]["Id"]
    return made


def test_a_purge_has_an_id_and_may_be_asked_for_again(purge: Purge) -> None:
    assert purge.tags(("article-a-1", "slug-night-ferry"), "once")
    assert purge.tags(("slug-night-ferry", "article-a-1", "article-a-1"), "once")
    assert purge.paths(("/media/member/bells.mp3",), "once")


def test_paths_are_purged_as_they_are_and_tags_as_tags(client: Any) -> None:
    cloudfront = CloudFrontPurge(client("cloudfront"), made_distribution(client("cloudfront")))

    for made, path in [
        (cloudfront.paths(("/media/member/bells.mp3",), "once"), "/media/member/bells.mp3"),
        (cloudfront.tags(("article-a-1",), "once"), "#article-a-1"),
    ]:
        found = client("cloudfront").get_invalidation(DistributionId=cloudfront._distribution, Id=made)
        assert found["Invalidation"]["InvalidationBatch"]["Paths"]["Items"] == [path]

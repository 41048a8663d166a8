"""`TrustStore`: the twin and S3 keep the same promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import pytest

from shared.adapters.boto3_shelves import Boto3Documents
from shared.adapters.s3_objects import S3Objects
from shared.adapters.s3_trust import S3Trust
from shared.domain.refusals import DocumentChanged, UnusableTrust
from shared.domain.trust import NOBODY, TRUST_KEY, Audience, Trust
from shared.ports.persons import TrustStore
from tests.aws import REGION
from tests.issuers import MemoryTrust, an_issuer

TRUST = Trust(issuers=(an_issuer(),), audiences=(Audience("forum"),))


@dataclass
class Doors:
    store: TrustStore
    put: Callable[[Trust | None], object]


@pytest.fixture(params=["twin", "s3"])
def doors(request: pytest.FixtureRequest) -> Doors:
    if request.param == "twin":
        twin = MemoryTrust()
        return Doors(twin, lambda trust: setattr(twin, "trust", trust or NOBODY))
    aws, bucket = request.getfixturevalue("aws"), request.getfixturevalue("bucket")
    s3 = request.getfixturevalue("client")("s3")

    def put(trust: Trust | None) -> None:
        if trust is None:
            s3.delete_object(Bucket=bucket, Key=TRUST_KEY)
        else:
            s3.put_object(Bucket=bucket, Key=TRUST_KEY, Body=msgspec.json.encode(trust))

    return Doors(S3Trust(S3Objects(bucket, REGION, aws)), put)


def test_where_nothing_is_configured_nobody_is_trusted(doors: Doors) -> None:
    assert doors.store.read() == NOBODY


def test_what_is_written_counts_from_the_next_read_on(doors: Doors) -> None:
    for trust in (TRUST, TRUST, Trust(audiences=TRUST.audiences), None, TRUST):
        doors.put(trust)
        assert doors.store.read() == (trust or NOBODY)
        assert doors.store.read() == (trust or NOBODY)


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"schema":2}', b'{"issuers":[{}]}', b'{"audiences":[{"name":"edge"}]}'])
def test_what_lies_there_and_is_none_is_refused_each_time(aws: str, bucket: str, client: object, raw: bytes) -> None:
    s3 = client("s3")  # type: ignore[operator]
    store = S3Trust(S3Objects(bucket, REGION, aws))
    s3.put_object(Bucket=bucket, Key=TRUST_KEY, Body=msgspec.json.encode(TRUST))
    assert store.read() == TRUST
    s3.put_object(Bucket=bucket, Key=TRUST_KEY, Body=raw)

    for _ in range(2):
        with pytest.raises(UnusableTrust):
            store.read()
    s3.put_object(Bucket=bucket, Key=TRUST_KEY, Body=msgspec.json.encode(TRUST))
    assert store.read() == TRUST


def test_a_store_that_does_not_answer_is_not_one_that_trusts_nobody(aws: str) -> None:
    with pytest.raises(UnusableTrust):
        S3Trust(S3Objects("no-such-bucket-here", REGION, "http://127.0.0.1:1")).read()


def test_of_two_who_set_it_one_loses(bucket: str, client: object) -> None:
    documents = Boto3Documents(client("s3"), bucket)  # type: ignore[operator]
    documents.write(TRUST_KEY, b"{}", None)

    with pytest.raises(DocumentChanged):
        documents.write(TRUST_KEY, b"{}", None)

"""What readers see when what is stored is gone, elsewhere, broken or missing: the right status and no gated word."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.domain.tiers import Tier
from tests.journeys.conftest import PATH, Paper

Put = Callable[[str, bytes], str]


@pytest.fixture
def put(paper: Paper) -> Iterator[Put]:
    """Put anything at a new slug, past publishing; returns its path. It is taken away afterwards."""
    s3, bucket = paper.stack.client("s3"), paper.stack.output("ContentBucket")
    keys: list[str] = []

    def write(slug: str, raw: bytes) -> str:
        keys.append(f"articles/{slug}.json")
        s3.put_object(Bucket=bucket, Key=keys[-1], Body=raw)
        paper.settle()  # or publishing would purge it between two reads
        return f"/api/articles/{slug}"

    yield write
    for key in keys:
        s3.delete_object(Bucket=bucket, Key=key)
    paper.settle()


def as_stored(**members: Any) -> bytes:
    return json.dumps({"schema": 1, **members}).encode()


def test_a_withdrawn_article_is_gone(paper: Paper, put: Put) -> None:
    path = put("taken-back", as_stored(status="unpublished", slug="taken-back", at="2026-11-01T08:00:00Z"))

    answer = paper.get(path)

    assert (answer.status, answer.json["code"]) == (410, "article_withdrawn")
    before = paper.origin_calls
    assert paper.get(path).status == 410
    assert paper.origin_calls == before


def test_a_renamed_article_is_found_under_its_new_name(paper: Paper, put: Put) -> None:
    path = put("older-name", as_stored(status="renamed", slug="older-name", to="the-night-ferry-question"))

    answer = paper.get(path)

    assert (answer.status, answer.headers["location"]) == (301, PATH)
    assert paper.get(answer.headers["location"]).status == 200


@pytest.mark.parametrize("raw", [b"", b"{}", b"\xff\xfe", b'{"status":"published","body":' + b"[" * 5000], ids=len)
def test_what_is_not_an_article_is_a_503_that_nobody_keeps(paper: Paper, put: Put, raw: bytes) -> None:
    path = put("broken", raw)

    answer = paper.get(path, Tier.MEMBER)

    assert (answer.status, answer.json["code"], answer.headers["retry-after"]) == (503, "content_unavailable", "5")
    assert b"Traceback" not in answer.body
    before = paper.origin_calls
    paper.get(path, Tier.MEMBER)
    assert paper.origin_calls > before


def test_without_its_keyring_the_origin_shows_members_what_everyone_sees(paper: Paper, put: Put) -> None:
    s3, bucket = paper.stack.client("s3"), paper.stack.output("KeyringBucket")
    ring = s3.get_object(Bucket=bucket, Key="keyring.json")["Body"].read()
    with paper.key_known_to_the_edge_alone() as sign:
        s3.delete_object(Bucket=bucket, Key="keyring.json")
        try:
            answer = paper.get(authorization=f"Bearer {sign(Tier.MEMBER)}")
            again = paper.get(authorization=f"Bearer {sign(Tier.MEMBER)}")
        finally:
            s3.put_object(Bucket=bucket, Key="keyring.json", Body=ring)

    assert (answer.status, answer.headers["x-rendered-for"]) == (200, "anonymous")
    assert [answer.outcome, again.outcome] == ["Miss", "Miss"]
    assert paper.get(tier=Tier.MEMBER).headers["x-rendered-for"] == "member"


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("Bearer not.a.pass", "invalid"),
        ("Bearer " + "x" * 5_000, "invalid"),
        ("Bearer ", "invalid"),
        ("Basic eDp5", "none"),
    ],
)
def test_a_pass_that_is_none_reads_as_anyone_and_says_why(paper: Paper, said: str, state: str) -> None:
    answer = paper.get(authorization=said)

    assert (answer.status, answer.headers["x-rendered-for"], answer.headers["x-pass"]) == (200, "anonymous", state)


def test_an_expired_pass_says_so_also_on_what_the_cache_had(paper: Paper) -> None:
    expired = paper.stack.passes().mint(Tier.MEMBER, time.time() - 2, 1)
    paper.get()

    answer = paper.get(authorization=f"Bearer {expired}")

    assert (answer.outcome, answer.headers["x-rendered-for"], answer.headers["x-pass"]) == (
        "Hit",
        "anonymous",
        "expired",
    )


def test_an_answer_that_is_nobody_elses_is_not_given_out_in_an_outage_either(paper: Paper) -> None:
    with paper.key_known_to_the_edge_alone() as sign:
        assert paper.get(authorization=f"Bearer {sign(Tier.MEMBER)}").status == 200
        with paper.outage():
            answer = paper.get(tier=Tier.MEMBER)

    assert answer.status >= 500
    assert b"ferry" not in answer.body

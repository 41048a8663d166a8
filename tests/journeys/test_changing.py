"""What readers see when an article changes, and when what stands behind the edge is not there."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.domain.tiers import Tier
from tests.journeys.conftest import PUBLISHING, SLUG, UNAVAILABLE, Paper
from tests.samples import SAMPLE

OTHER = "how-to-read-a-river-gauge"
LATER = 86_400 + 3_600 + 60  # seconds: past the article's day, and past the hour in which it is fetched anew behind


@pytest.fixture
def sample(tmp_path: Path, paper: Paper) -> Any:
    """Publish the article with changes; what it was before is published again afterwards."""
    source = SAMPLE / "articles" / f"{SLUG}.json"

    def publish(**changes: Any) -> str:
        path = tmp_path / f"{SLUG}.json"
        path.write_text(json.dumps(json.loads(source.read_text(encoding="utf-8")) | changes), encoding="utf-8")
        done = paper.frontline("publish", str(path))
        assert done.returncode == 0, done.stderr
        return done.stdout

    yield publish
    assert paper.frontline("publish", str(source)).returncode == 0


def test_a_published_change_is_what_every_tier_reads_next(paper: Paper, sample: Any) -> None:
    for tier in Tier:
        paper.get(tier=tier)
    neighbour = f"/api/articles/{OTHER}"
    paper.get(neighbour)
    sample(title="The night ferry, answered")
    for tier in Tier:
        answer = paper.get(tier=tier)
        assert (answer.json["title"], answer.outcome) == ("The night ferry, answered", "Miss")
        assert paper.get(tier=tier).outcome == "Hit"
    assert paper.get(neighbour).outcome == "Hit"
    purged = [item for purge in paper.get("/_local/purge.json").json for item in purge["items"]]
    assert any(item.startswith("#") and SLUG in item for item in purged)


def test_a_change_reaches_the_publishing_function_and_no_message_is_left(paper: Paper, sample: Any) -> None:
    paper.settle()
    before = paper.calls(PUBLISHING)
    sample(title="The night ferry, told to everybody")
    paper.settle()
    assert paper.calls(PUBLISHING) > before
    url = paper.stack.output("PublishingDeadLettersUrl")
    asked = paper.stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert asked["Attributes"]["ApproximateNumberOfMessages"] == "0"
    assert {"name": url.rpartition("/")[2], "waiting": 0, "in_flight": 0} in paper.queues


def test_a_name_that_was_missing_is_there_once_it_is_published(paper: Paper, sample: Any) -> None:
    slug = "a-name-that-was-missing"
    assert paper.get(f"/api/articles/{slug}").status == 404
    sample(slug=slug, id="a-9999")
    assert paper.get(f"/api/articles/{slug}").status == 200


def test_an_outage_goes_unnoticed_by_who_reads_what_was_read(paper: Paper) -> None:
    before = {tier: paper.get(tier=tier).body for tier in Tier}
    paper.wait(LATER)
    with paper.outage():
        for tier in Tier:
            answer = paper.get(tier=tier)
            assert (answer.status, answer.body) == (200, before[tier])
            assert int(answer.headers["age"]) >= LATER


def test_an_outage_without_a_copy_is_an_error_without_content(paper: Paper, secrets: dict[Tier, list[str]]) -> None:
    paper.get(tier=Tier.MEMBER)
    with paper.outage():
        answer = paper.get()  # members' copy is not everybody's
        assert 500 <= answer.status < 600
        text = answer.body.decode()
        assert (answer.outcome, UNAVAILABLE in text) == ("Error", True)
        assert not any(sentence in text for sentences in secrets.values() for sentence in sentences)
    assert paper.get().status == 200  # and the error was nobody else's


def test_an_outage_does_not_bring_back_what_was_purged(paper: Paper) -> None:
    paper.get()
    paper.purge_everything()
    with paper.outage():
        assert paper.get().status >= 500


def test_after_its_time_a_copy_is_confirmed_and_not_sent_again(paper: Paper) -> None:
    first = paper.get()
    paper.wait(LATER)
    again = paper.get()
    assert (again.outcome, again.body) == ("RefreshHit", first.body)


def test_an_article_that_cannot_be_read_is_a_503_that_says_nothing(paper: Paper) -> None:
    s3, bucket = paper.stack.client("s3"), paper.stack.output("ContentBucket")
    s3.put_object(Bucket=bucket, Key="articles/torn.json", Body=b'{"schema":1,"secret":"half a sen')
    answer = paper.get("/api/articles/torn")
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    assert b"half a sen" not in answer.body
    assert b"Traceback" not in answer.body
    s3.delete_object(Bucket=bucket, Key="articles/torn.json")
    assert paper.get("/api/articles/torn").status == 404  # nobody kept the error

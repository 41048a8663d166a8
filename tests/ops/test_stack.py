"""The stack that commands talk to: what tells it from others, and the commands on real adapters, against moto."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from functions.publishing.catch_up import catch_up
from infra.ops.cli import app
from infra.ops.remembered import VARIABLE
from infra.ops.settling import placed_version
from infra.ops.stack import STATE_VARIABLE, Stack
from tests.aws import REGION
from tests.press import doors_on
from tests.samples import raw_article

QUEUE = f"arn:aws:sqs:{REGION}:123456789012:publishing.fifo"


def state(endpoint: str, **outputs: str) -> dict[str, Any]:
    return {"pid": os.getpid(), "region": REGION, "aws_endpoint": endpoint, "outputs": outputs, "endpoints": {}}


@pytest.fixture
def stack(aws: str, client: Any, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A local stack's state over moto, and somebody who follows up what is written, as publishing does."""
    client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client("scheduler").create_schedule_group(Name=bucket)
    outputs = {
        "ContentBucket": bucket,
        "MediaBucket": bucket,
        "DistributionId": "none-is-purged",
        "ScheduleGroup": bucket,
        "ScheduleRoleArn": "arn:aws:iam::123456789012:role/scheduler",
        "PublishingQueueArn": QUEUE,
        "SiteUrl": "http://127.0.0.1:1",
    }
    (tmp_path / "stack.json").write_text(json.dumps(state(aws, **outputs)))
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "stack.json"))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "versions.json"))
    monkeypatch.chdir(tmp_path)
    here = Stack.local()
    over = threading.Event()
    following = threading.Thread(target=_follow, args=(here, over))
    following.start()
    yield here
    over.set()
    following.join()


def _follow(stack: Stack, over: threading.Event) -> None:
    shelf, documents = stack.articles(), stack.documents()
    doors = doors_on(shelf, documents, stack.schedules())
    known: set[str] = set()
    while not over.wait(0.05):
        present = dict(shelf.slugs())
        known |= present.keys()
        catch_up([s for s in known if placed_version(documents, s) != present.get(s, "")], doors, time.time())


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["--local", *arguments])


def test_a_day_at_the_desk(stack: Stack) -> None:
    Path("x.json").write_text(json.dumps(raw_article()))
    Path("y.json").write_text(json.dumps(raw_article(slug="y", id="a-9", published_at="2099-01-01T00:00:00Z")))

    assert "live after" in run("publish", "x.json").stdout
    assert "unchanged" in run("publish", "x.json").stdout
    assert "appears 2099" in run("schedule", "y.json").stdout
    assert [one["slug"] for one in json.loads(run("list", "--json").stdout)] == ["a-small-piece"]
    assert [one["slug"] for one in json.loads(run("list", "--scheduled", "--json").stdout)] == ["y"]
    assert run("rename", "a-small-piece", "z").exit_code == 0
    assert run("unpublish", "z", "y").exit_code == 0
    assert (run("list").stdout, run("list", "--scheduled").stdout) == ("", "")
    assert [one["what"] for one in json.loads(run("history", "y", "--json").stdout)] == ["deleted", "published"]
    assert "live after" in run("rollback", "z").stdout
    assert run("fetch", "z").exit_code == 0
    assert run("publish", "z.md").stdout.startswith("unchanged")


def test_one_client_serves_all_doors_of_a_service(stack: Stack) -> None:
    assert stack.client("s3") is stack.client("s3")
    assert stack.client("s3") is not stack.client("scheduler")


def test_a_local_stack_that_was_started_anew_is_another_one() -> None:
    first, again, anew = (Stack.at(state("http://127.0.0.1:1", DistributionId=name)) for name in ("E1", "E1", "E2"))

    assert first.instance == again.instance != anew.instance


def test_a_deployed_stack_is_told_by_its_id_which_no_other_will_have(
    aws: str, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("ENDPOINT_URL", aws), ("ACCESS_KEY_ID", "x"), ("SECRET_ACCESS_KEY", "x")):
        monkeypatch.setenv(f"AWS_{name}", value)
    template = {
        "Resources": {"Topic": {"Type": "AWS::S3::Bucket"}},
        "Outputs": {"SiteUrl": {"Value": "https://paper.example"}},
    }
    made = client("cloudformation").create_stack(StackName="paper", TemplateBody=json.dumps(template))

    stack = Stack.deployed("paper", REGION)

    assert (stack.instance, stack.output("SiteUrl")) == (made["StackId"], "https://paper.example")

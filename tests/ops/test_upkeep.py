"""`frontline doctor`, `rebuild` and `paper` as they are typed, on a cloud of this machine."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from functions.publishing.catch_up import catch_up
from infra.local.cloud import Cloud
from infra.local.template import ACCOUNT, REGION, load
from infra.ops.cli import app
from infra.ops.keys import init_keys
from infra.ops.paper import put_error_page, read_paper, set_paper
from infra.ops.stack import STATE_VARIABLE, Stack
from infra.template import TEMPLATE
from shared.adapters.scheduler_schedules import SchedulerSchedules
from shared.domain.blocks import Heading, Paragraph
from shared.domain.list_parts import index_key
from shared.domain.paper import Logo
from tests.ops.media_files import picture, put
from tests.ops.upkeep_case import ESSAY, NEWS, NOW, PROFILE, SOON
from tests.ops.web_twin import WellRead, served


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    cloud = Cloud(load(TEMPLATE), "127.0.0.1:8000", lambda _: None)
    cloud.start()
    yield cloud
    cloud.stop()


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with served(WellRead()) as address:
        yield address


@pytest.fixture
def stack(cloud: Cloud, site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A small paper that is well, as the stack that `--local` means."""
    outputs = cloud.outputs()
    state = {
        "pid": os.getpid(),
        "region": REGION,
        "aws_endpoint": cloud.endpoint,
        "endpoints": cloud.endpoints,
        "outputs": outputs,
        "resources": cloud.resources(),
    }
    sqs = Stack.at(state).client("sqs")
    outputs["PublishingDeadLettersUrl"] = sqs.create_queue(QueueName="d.fifo", Attributes={"FifoQueue": "true"})[
        "QueueUrl"
    ]
    outputs["AnnouncementsQueueUrl"] = sqs.create_queue(QueueName="announcements")["QueueUrl"]
    outputs["PublishingQueueUrl"] = sqs.create_queue(QueueName="publishing")["QueueUrl"]
    outputs["MailDeadLettersUrl"] = sqs.create_queue(QueueName="mail-dead")["QueueUrl"]
    outputs["SiteUrl"] = site
    outputs["MailFrom"] = "post@paper.example"
    outputs["ScheduleGroup"] = "default"
    outputs["ScheduleRoleArn"] = f"arn:aws:iam::{ACCOUNT}:role/schedules"
    outputs["PublishingQueueArn"] = f"arn:aws:sqs:{REGION}:{ACCOUNT}:publishing.fifo"
    path = tmp_path / "stack.json"
    path.write_text(json.dumps(state))
    monkeypatch.setenv(STATE_VARIABLE, str(path))
    monkeypatch.delenv("FRONTLINE_STACK", raising=False)
    stack = Stack.at(state)
    doors, now = stack.doors(), dt.datetime.now(dt.UTC)
    for key, _ in doors.documents.keys(""):
        doors.documents.delete((key,))
    init_keys(stack.keyring(), stack.edge_keys(), stack.output("SiteUrl"), now.timestamp())
    for piece in (ESSAY, PROFILE, SOON):
        doors.articles.write(replace(piece, published_at=now - NOW + piece.published_at), None)
    catch_up(("essay", "profile", "soon"), doors, now.timestamp())
    paper = {"name": "The Sounding", "description": "Of the river."}
    made, _ = set_paper(doors.documents, doors.purge, paper, stack.output("SiteUrl"), now)
    put_error_page(stack.client("s3"), stack.output("StaticBucket"), made)
    return stack


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_a_stack_is_examined_damaged_mended_made_anew_and_renamed(stack: Stack) -> None:
    done = run("--local", "doctor", "--pause", "0")
    assert (done.exit_code, "all is well" in done.output) == (0, True), done.output

    stack.documents().delete((index_key("latest"),))
    stack.articles().write(replace(NEWS, title="Nobody has heard of this"), None)
    sqs = stack.client("sqs")
    sqs.send_message(
        QueueUrl=stack.output("PublishingDeadLettersUrl"),
        MessageBody='{"slug":"news"}',
        MessageGroupId="paper",
        MessageDeduplicationId="1",
    )
    done = run("--local", "doctor", "--pause", "0")
    assert done.exit_code == 1
    assert "essay: is missing in latest" in done.output
    assert "news: is missing in latest, section/city" in done.output
    assert "dead letters: publishing could not deal with one message: news" in done.output
    assert "4 things are wrong" in done.output

    done = run("--local", "doctor", "--repair", "--pause", "0")
    assert (done.exit_code, "all is well" in done.output) == (0, True), done.output
    assert "dealt with one message" in done.output

    done = run("--local", "rebuild", "--yes")
    assert (done.exit_code, "3 articles stand in" in done.output) == (0, True), done.output
    assert run("--local", "doctor", "--pause", "0").exit_code == 0

    done = run("--local", "paper")
    assert (done.exit_code, "The Sounding" in done.output) == (0, True), done.output
    done = run("--local", "paper", "--name", "The [red]Lead", "--language", "de")
    assert (done.exit_code, "The [red]Lead" in done.output) == (0, True), done.output
    done = run("--local", "paper", "--language", "German")
    assert (done.exit_code, "invalid_paper" in done.output, "such as `en`" in done.output) == (1, True, True)


def test_a_paper_is_taken_out_changed_in_a_file_and_set_with_its_pictures(stack: Stack, tmp_path: Path) -> None:
    said = run("--local", "paper", "--json")
    document = json.loads(said.stdout)
    put(tmp_path, "/media/anonymous/logo.png", picture("PNG"))
    put(tmp_path, "/media/anonymous/icon.png", picture("PNG", 32, 32))
    document |= {"logo": {"src": "/media/anonymous/logo.png"}, "icon": "/media/anonymous/icon.png", "name": "The Lead"}
    file, process = tmp_path / "paper.json", tmp_path / "process.md"
    file.write_text(json.dumps(document, indent=2))
    process.write_text("## Who\n\nWe *ask* first.\n")

    done = run("--local", "paper", "--file", str(file), "--process", str(process), "--language", "de")

    assert (done.exit_code, "new          /media/anonymous/logo.png" in done.output) == (0, True), done.output
    paper, _ = read_paper(stack.documents())
    assert paper is not None
    assert (paper.name, paper.language, paper.icon) == ("The Lead", "de", "/media/anonymous/icon.png")
    assert paper.logo == Logo("/media/anonymous/logo.png", 64, 48)
    assert paper.process == (Heading("Who"), Paragraph("We <em>ask</em> first."))
    s3 = stack.client("s3")
    icon = s3.get_object(Bucket=stack.output("MediaBucket"), Key="media/anonymous/icon.png")
    assert icon["ContentType"] == "image/png"
    page = s3.get_object(Bucket=stack.output("StaticBucket"), Key="static/errors/unavailable.html")
    assert (page["ContentType"], page["CacheControl"]) == ("text/html; charset=utf-8", "public, max-age=300")
    assert b"The Lead" in page["Body"].read()
    assert run("--local", "doctor", "--pause", "0").exit_code == 0

    file.write_text('{\n  "name": "Ruined",\n  "icon": "/media/member/icon.png"\n}')
    done = run("--local", "paper", "--file", str(file))
    assert (done.exit_code, f"{file}:3: icon: " in done.output) == (1, True), done.output
    assert read_paper(stack.documents())[0] == paper


def test_without_a_yes_nothing_is_made_anew(stack: Stack) -> None:
    version = stack.documents().read(index_key("latest"))

    done = CliRunner().invoke(app, ["--local", "rebuild"], input="n\n")

    assert done.exit_code == 1
    assert stack.documents().read(index_key("latest")) == version


AHEAD = dt.datetime(2099, 12, 5, 5, 30, tzinfo=dt.UTC)


def test_a_schedule_whose_time_comes_while_they_are_read_is_passed_over(client: Any) -> None:
    scheduler = client("scheduler")

    class Coming:
        """A scheduler whose first schedule is over when it is looked at."""

        def __getattr__(self, name: str) -> Any:
            return getattr(scheduler, name)

        def get_schedule(self, **which: Any) -> Any:
            if which["Name"].startswith("first"):
                scheduler.delete_schedule(**which)
            return scheduler.get_schedule(**which)

    role = f"arn:aws:iam::{ACCOUNT}:role/schedules"
    scheduler.create_schedule_group(Name="paper")
    schedules = SchedulerSchedules(Coming(), "paper", role, f"arn:aws:sqs:{REGION}:{ACCOUNT}:q.fifo")  # type: ignore[arg-type]
    for slug in ("first", "second"):
        schedules.set(slug, AHEAD)

    assert list(schedules.due()) == [("second", AHEAD)]


@pytest.mark.parametrize(
    "arguments",
    [
        ("doctor", "--pause", "soon"),
        ("doctor", "--pause", "-1"),
        ("doctor", "now"),
        ("rebuild", "latest"),
        ("paper", "The Paper"),
        ("doctor",),
    ],
)
def test_a_wrong_command_line_is_exit_code_2(arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FRONTLINE_STACK", raising=False)

    done = run(*arguments)

    assert done.exit_code == 2
    assert "Traceback" not in done.output


@pytest.mark.parametrize("command", ["doctor", "rebuild", "paper"])
def test_every_command_explains_itself(command: str) -> None:
    done = run(command, "--help")

    assert done.exit_code == 0
    assert len(done.output) > 400

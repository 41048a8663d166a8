"""A stack is emptied, and is what it was: `frontline backup` and `restore`, rehearsed."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.ops.backup_folder import BUCKETS
from infra.ops.cli import app
from infra.ops.stack import Stack
from shared.domain.tiers import Tier
from tests.journeys.at_the_till import AtTheTill
from tests.journeys.conftest import PATH, Paper, walked
from tests.journeys.test_money import ADA, CAMPAIGN, TABLES, give, member, tier_of
from tests.journeys.walker import Walker

EVE = "eve@reader.example"
GONE = "the-last-rope-maker"
PICTURE = "/media/anonymous/the-night-ferry-question.png"


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    """A stack of one's own: whoever else walks here would find it empty."""
    with walked(tmp_path_factory.mktemp("kept") / "stack.json") as walk:
        yield walk


@dataclass(frozen=True)
class Here:
    """The stack of a walk, as commands look it up."""

    stack: Stack

    def open(self) -> Stack:
        return self.stack


def done(paper: Paper, *arguments: str) -> str:
    """What a command says. In this process: there are many of them, and each would take a second to start."""
    ran = CliRunner().invoke(app, arguments, obj=Here(paper.stack))
    assert ran.exit_code == 0, ran.output
    return ran.stdout


def seen(paper: Paper) -> dict[str, Any]:
    """What readers, members and the accountant see."""
    paper.settle()
    paper.purge_everything()
    addresses = ["/api/articles?limit=100", "/api/sections", "/api/authors", "/", "/feeds/rss.xml", f"/articles/{GONE}"]
    addresses += [f"/api/campaigns/{CAMPAIGN}", PICTURE, "/static/errors/unavailable.html"]
    replies = {path: paper.get(path) for path in addresses}
    found: dict[str, Any] = {path: (reply.status, reply.body) for path, reply in replies.items()}
    status, feed = found["/feeds/rss.xml"]
    found["/feeds/rss.xml"] = status, re.sub(rb"<lastBuildDate>[^<]*", b"", feed)  # the lists are new
    for tier in Tier:
        reply = paper.get(PATH, tier)
        found[f"{PATH} for {tier}"] = (reply.status, reply.headers["x-rendered-for"], reply.body)
    found["books"] = done(paper, "contributions", "export", "--with-names")
    found["members"] = sorted(json.loads(done(paper, "members", "list", "--json")), key=lambda one: str(one["id"]))
    return found


def empty(paper: Paper) -> None:
    """Somebody has deleted everything."""
    dynamodb, s3 = paper.stack.client("dynamodb"), paper.stack.client("s3")
    for output, names in (*TABLES, ("MailingsTable", ("pk", "sk"))):
        table = paper.stack.output(output)
        for item in dynamodb.scan(TableName=table)["Items"]:
            dynamodb.delete_item(TableName=table, Key={name: item[name] for name in names})
    for name in BUCKETS:
        bucket = paper.stack.output(f"{name.capitalize()}Bucket")
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for each in page.get("Contents", ()):
                s3.delete_object(Bucket=bucket, Key=each["Key"])


def test_a_stack_that_was_emptied_is_what_it_was(paper: Paper, tmp_path: Path) -> None:
    till = AtTheTill(paper)
    ada, _ = member(paper, till)
    begun = give(Walker(paper), campaign=CAMPAIGN, name="Ada Reader", public=True)
    till.pay(begun["url"], ADA)
    Walker(paper).sign_in(EVE)
    assert paper.frontline("unpublish", GONE).returncode == 0
    till.settle()
    before, folder = seen(paper), tmp_path / "backup"
    assert (before[f"/articles/{GONE}"][0], before[PICTURE][0]) == (410, 200)

    done(paper, "backup", str(folder), "--with-keys")

    files = [each for each in folder.rglob("*") if each.is_file()]
    assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}
    assert "session#" not in (folder / "members.jsonl").read_text()

    empty(paper)
    paper.settle()
    paper.purge_everything()
    assert (paper.get(PATH).status, ada.post("/api/members/passes").status) == (404, 503)  # not even the paper's name
    assert "Nothing was changed" in done(paper, "restore", str(folder), "--dry-run")
    assert paper.get(PATH).status == 404

    told = done(paper, "restore", str(folder), "--yes")

    assert "different" not in told
    assert "there already" not in told
    assert seen(paper) == before
    assert ada.post("/api/members/passes").status == 401  # every session has ended
    ada.sign_in(ADA)
    assert tier_of(ada) == "member"
    assert till.sums() == till.theirs()
    assert "repaired    0 orders; missing were 0 entries" in done(paper, "contributions", "reconcile")
    assert "all is well" in done(paper, "doctor", "--pause", "0")

    # Once more it changes nothing, and whoever was erased meanwhile stays erased.
    done(paper, "members", "erase", EVE, "--yes")
    again = done(paper, "restore", str(folder), "--yes")
    assert "restored" not in again
    assert "left out: erased since" in again
    assert EVE not in done(paper, "members", "list", "--json")

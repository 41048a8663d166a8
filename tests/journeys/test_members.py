"""A reader becomes a subscriber, a member reads, devices come and go: all of it through the front door."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.ops.stack import Stack
from shared.domain.addresses import parse_address
from shared.domain.tiers import Tier
from tests.journeys.conftest import PATH, SLUG, Paper
from tests.journeys.walker import Walker

ADA = "ada@reader.example"
PAGE = f"/articles/{SLUG}"


@pytest.fixture(autouse=True)
def nobody_has_asked(paper: Paper) -> None:
    """Each walk begins with nobody known and nothing counted: all walks come from one address."""
    tables = paper.stack.client("dynamodb")
    for output, names in (("SignInsTable", ("pk",)), ("MembersTable", ("pk", "sk"))):
        table = paper.stack.output(output)
        for item in tables.scan(TableName=table)["Items"]:
            tables.delete_item(TableName=table, Key={name: item[name] for name in names})


def rows(stack: Stack, *outputs: str) -> str:
    """All that the tables hold, as text."""
    tables = stack.client("dynamodb")
    return json.dumps([tables.scan(TableName=stack.output(output))["Items"] for output in outputs])


def test_a_reader_signs_in_by_the_mailed_link_and_reads_from_the_same_cache_as_every_subscriber(
    paper: Paper, secrets: dict[Tier, list[str]]
) -> None:
    ada = Walker(paper)
    assert ada.get(PATH).headers["x-rendered-for"] == "anonymous"

    reply = ada.sign_in(ADA, next=PAGE)
    assert (reply.json["tier"], reply.json["next"]) == ("subscriber", PAGE)
    opened = ada.get(PATH)
    assert (opened.headers["x-rendered-for"], opened.headers["x-pass"]) == ("subscriber", "valid")
    assert all(text in opened.body.decode() for text in secrets[Tier.SUBSCRIBER])
    assert not any(text in opened.body.decode() for text in secrets[Tier.MEMBER])

    bob = Walker(paper)
    bob.sign_in("bob@reader.example")
    assert (bob.get(PATH).outcome, bob.get(PATH).body) == ("Hit", opened.body)


def test_the_links_page_changes_nothing_however_often_a_scanner_looks(paper: Paper) -> None:
    ada = Walker(paper)
    token, _ = ada.ask_for_mail(ADA)
    before = rows(paper.stack, "MembersTable", "SignInsTable")
    scanner = Walker(paper)
    for method in ("GET", "HEAD", "GET"):
        assert scanner.ask(method, f"/sign-in/link/{token}").status == 200
    assert (scanner.cookies, rows(paper.stack, "MembersTable", "SignInsTable")) == ({}, before)
    assert ada.post("/api/members/sessions", {"token": token}).status == 201


def test_six_digits_sign_in_by_forms_without_scripts(paper: Paper) -> None:
    ada = Walker(paper)
    before = len(ada.mails_to(ADA))
    sent = ada.post("/api/members/sign-in", {"email": ADA, "next": PAGE}, form=True)
    assert (sent.status, sent.headers["location"]) == (303, "/sign-in/sent")
    code = ada.mail_to(ADA, before)["subject"].split()[0]

    signed = ada.post("/api/members/sessions", {"code": code}, form=True)
    assert (signed.status, signed.headers["location"]) == (303, PAGE)
    assert ada.get(PAGE).headers["x-rendered-for"] == "subscriber"


def test_a_page_whose_readers_pass_ran_out_is_reached_again_by_way_of_a_refresh(paper: Paper) -> None:
    ada = Walker(paper)
    ada.sign_in(ADA)
    del ada.cookies["__Host-pass"]  # as the browser does, after five minutes

    turned = ada.get(PAGE)
    assert (turned.status, turned.headers["location"]) == (302, f"/api/members/refresh?next={PAGE.replace('/', '%2F')}")
    back = ada.get(turned.headers["location"])
    assert (back.status, back.headers["location"]) == (302, PAGE)
    assert ada.get(PAGE).headers["x-rendered-for"] == "subscriber"


def test_a_session_that_is_over_sends_nobody_round_in_circles(paper: Paper) -> None:
    lost = Walker(paper, cookies={"__Host-session": "f" * 128})
    turned = lost.get(PAGE)
    back = lost.get(turned.headers["location"])
    assert (back.status, back.headers["location"], set(lost.cookies)) == (302, PAGE, {"__Host-refreshed"})
    lost.cookies["__Host-session"] = "f" * 128  # a browser that keeps it all the same
    assert (lost.get(PAGE).status, lost.get(PAGE).headers["x-rendered-for"]) == (200, "anonymous")


def test_devices_come_and_go(paper: Paper) -> None:
    desk = Walker(paper)
    desk.sign_in(ADA)
    phone = Walker(paper, agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Mobile Safari/604.1")
    phone.sign_in(ADA)
    listed = desk.get("/api/members/sessions").json["sessions"]
    assert {one["agent"] for one in listed} == {"Firefox on Linux", "Safari on iPhone"}

    old = Walker(paper, cookies=dict(phone.cookies))
    assert phone.post("/api/members/sign-out").headers["clear-site-data"] == '"cache", "storage"'
    assert (phone.cookies, old.post("/api/members/passes").status) == ({}, 401)
    assert desk.post("/api/members/passes").status == 200

    phone.sign_in(ADA)
    assert desk.post("/api/members/sign-out", {"everywhere": True}).json == {"ended": 2}
    assert phone.post("/api/members/passes").status == 401


def test_the_erased_are_gone_everywhere(paper: Paper) -> None:
    ada = Walker(paper)
    ada.sign_in(ADA, newsletter=paper_newsletter(paper))
    exported = ada.get("/api/members/me/export")
    assert exported.headers["content-disposition"].startswith("attachment")
    assert exported.json["account"]["email"] == ADA

    before = len(ada.mails_to(ADA))
    assert ada.ask("DELETE", "/api/members/me").json == {"erased": True}
    ada.mail_to(ADA, before)
    left = rows(paper.stack, "MembersTable", "MailingsTable")
    assert (ADA in left, exported.json["id"] in left, parse_address(ADA).digest in left) == (False, False, False)
    assert ada.post("/api/members/passes").status == 401


def paper_newsletter(paper: Paper) -> str:
    """One of the sample paper's newsletters."""
    body = paper.stack.client("s3").get_object(Bucket=paper.stack.output("ContentBucket"), Key="paper.json")["Body"]
    return str(json.loads(body.read())["newsletters"][0]["slug"])


def test_no_secret_and_no_address_is_written_where_none_may_be(paper: Paper) -> None:
    """After a walk along everything: logs hold neither; tables hold digests of secrets, and addresses only in the
    values of whoever they belong to."""
    ada, bob = Walker(paper), Walker(paper)
    token, code = ada.ask_for_mail(ADA, next=PAGE)
    bob.post("/api/members/sessions", {"token": token[:-1] + ("0" if token[-1] != "0" else "1")})
    bob.post("/api/members/sessions", {"code": code})
    ada.post("/api/members/sessions", {"token": token})
    ada.post("/api/members/passes")
    ada.get(f"/api/members/refresh?next={PAGE}")
    ada.get("/api/members/me")
    ada.get("/api/members/me/export")
    ada.ask("PATCH", "/api/members/me", {"newsletters": []})
    ada.post("/api/members/email", {"email": "new-ada@reader.example"})
    new = ada.mail_to("new-ada@reader.example", 0)["text"]
    agreeing = new.partition("/account/email/")[2][:64]
    ada.post("/api/members/email/agree", {"token": agreeing})
    ada.post("/api/members/passes", {"odd": True})
    ada.ask("POST", "/api/members/passes", authorization="Bearer " + "x.y.z" * 9)
    ada.ask("POST", "/api/newsletters/weekly/unsubscribe?t=" + "ab" * 32)

    seen = {*ada.seen, *bob.seen, agreeing, "ab" * 32, "x.y.z" * 9}
    assert len(seen) > 10
    people = ("ada@", "new-ada@", parse_address(ADA).digest)
    logs = "".join(path.read_text() for path in sorted((paper.state.parent / "log").glob("*.jsonl")))
    assert "MemberRequests" in logs
    assert [one for one in (*seen, *people) if one in logs] == []

    held = rows(paper.stack, "MembersTable", "SignInsTable", "MailingsTable")
    assert [one for one in seen if one in held] == []
    keys = keys_of(paper.stack)
    assert parse_address(ADA).digest in keys
    assert [one for one in people[:2] if one in keys] == []


def keys_of(stack: Stack) -> str:
    """The keys alone: the store's own logs have them."""
    tables: Any = stack.client("dynamodb")
    outputs = ("MembersTable", "SignInsTable", "MailingsTable")
    items = [item for output in outputs for item in tables.scan(TableName=stack.output(output))["Items"]]
    return json.dumps([{name: item[name] for name in ("pk", "sk") if name in item} for item in items])

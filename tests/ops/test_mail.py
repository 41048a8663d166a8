"""What ops sees of mail: how it is set up, who gets none, who reads which newsletter, how far an article is."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from infra.local.cloud import Cloud
from infra.ops.doctor import Post, examine
from infra.ops.mail import lift, readership, setup_problems, standing_of
from infra.ops.stack import Stack
from shared.domain.addresses import parse_address
from shared.domain.mailings import Counts, Mailing, MailingState
from shared.domain.members import Contact
from shared.domain.paper import PAPER_KEY
from shared.ports.mail import MailSetup, Quota
from tests.functions.test_newsletters import PAPER, member
from tests.member_twins import MemoryMailPlace, MemoryMembers, MemoryRecords
from tests.ops.test_upkeep import cloud, run, site, stack  # noqa: F401 -- fixtures
from tests.ops.upkeep_case import PaperCase
from tests.twins import MemoryDeadLetters

FINE = MailSetup(
    Quota(14.0, 50_000.0, 50_000.0, sandbox=False, paused=False),
    True,
    frozenset({"BOUNCE", "COMPLAINT"}),
    frozenset({"BOUNCE", "COMPLAINT"}),
)
SENDER = "post@paper.example"
ADA = parse_address("ada@reader.example")


def limits(**changes: Any) -> MailSetup:
    return replace(FINE, quota=replace(FINE.quota, **changes))


@pytest.mark.parametrize(
    ("setup", "sender", "words", "cure"),
    [
        (replace(FINE, verified=None), None, "no address that mails come from", "MailFrom"),
        (replace(FINE, verified=False), SENDER, "does not know yet that post@paper.example is ours", "confirm it"),
        (replace(FINE, verified=None), SENDER, "does not know yet that post@paper.example is ours", "confirm it"),
        (limits(sandbox=True), SENDER, "in its sandbox", "production access"),
        (limits(paused=True, sandbox=True), SENDER, "sends nothing for this account", "console"),
        (replace(FINE, feedback=frozenset({"BOUNCE"})), SENDER, "nobody hears of complaints", "deploy again"),
        (replace(FINE, feedback=frozenset()), SENDER, "nobody hears of bounces and complaints", "deploy again"),
        (replace(FINE, suppresses=frozenset({"COMPLAINT"})), SENDER, "goes on sending after bounces", "deploy again"),
    ],
)
def test_what_is_wrong_with_mail_is_told_with_its_cure(
    setup: MailSetup, sender: str | None, words: str, cure: str
) -> None:
    ((said, what_to_do),) = setup_problems(setup, sender)

    assert words in said
    assert cure in what_to_do


def test_doctor_looks_at_mail_too() -> None:
    case, place = PaperCase(), MemoryMailPlace(FINE)
    letters = MemoryDeadLetters()

    def told() -> list[str]:
        ward = replace(case.ward, post=Post(SENDER, place, letters))
        return [str(one) for one in examine(ward, case.clock, lambda: None).findings]

    assert told() == []
    letters = MemoryDeadLetters("{}", "{}")
    assert "mail: 2 messages to mail something could not be dealt with" in told()[0]
    place.setup = limits(sandbox=True)
    assert "sandbox" in told()[0]
    place.broken = True
    assert ["SES does not say" in one for one in told()] == [True]


def test_an_address_is_let_through_by_us_and_by_ses() -> None:
    members, place = MemoryMembers(MemoryRecords()), MemoryMailPlace(FINE)
    assert lift(ADA, members, place) is False
    place.held_back[ADA.text] = "bounce"
    members.write_contact(ADA.digest, Contact(None, "bounce", 5), None)
    found = standing_of(ADA, members, place)
    assert (found.has_account, found.suppressed, found.held_back) == (False, "bounce", "bounce")

    assert lift(ADA, members, place) is True

    assert (members.contact(ADA.digest), place.held_back) == (None, {})


def test_whose_address_it_is_stays_when_it_is_let_through() -> None:
    members, place, ada = MemoryMembers(MemoryRecords()), MemoryMailPlace(FINE), member("ada")
    members.write(ada, None)
    members.write_contact(ADA.digest, Contact(ada.id, "complaint", 5), None)

    assert lift(ADA, members, place) is True

    known = members.contact(ADA.digest)
    assert known is not None
    assert known[0] == Contact(ada.id)
    assert standing_of(ADA, members, place).has_account


def test_readers_are_counted_who_would_get_it() -> None:
    members = MemoryMembers(MemoryRecords())
    for one in (member("ada", "daily", "inside"), member("bo", "daily"), member("cy")):
        members.write(one, None)

    assert readership(PAPER, members, time.time()) == {"daily": 2, "city": 0, "inside": 0, "sport": 0}


def test_the_commands_show_newsletters_mailings_and_addresses(stack: Stack, cloud: Cloud) -> None:  # noqa: F811
    documents, members, mailings = stack.documents(), stack.members(), stack.mailings()
    found = documents.read(PAPER_KEY)
    assert found is not None
    assert run("--local", "newsletters", "show").exit_code == 1
    document = msgspec.json.decode(found[0]) | {"newsletters": msgspec.to_builtins(PAPER.newsletters)}
    documents.write(PAPER_KEY, msgspec.json.encode(document), found[1])
    assert "No article has been sent" in run("--local", "newsletters", "status").output
    members.write(member("ada", "daily"), None)
    counts = Counts(sent=11, skipped=22, suppressed=33, refused=44, uncertain=55)
    mailings.write(Mailing("a-1", "night-ferry", 1_800_000_000, counts=counts), None)
    over = Mailing("a-2", "day-ferry", 1_800_000_001).ended(MailingState.FINISHED, 1_800_000_099)
    mailings.write(over, None)

    shown = run("--local", "newsletters", "show").output
    assert [line.split()[-1] for line in shown.splitlines() if "daily" in line] == ["1"]
    listed = run("--local", "newsletters", "status").output
    assert [line.split()[0] for line in listed.splitlines()[1:3]] == ["day-ferry", "night-ferry"]
    assert listed.splitlines()[2].split()[-3:] == ["11", "22", "132"]
    one = run("--local", "newsletters", "status", "--article", "night-ferry")
    assert [line.split()[-1] for line in one.output.splitlines()[-5:]] == ["11", "22", "33", "44", "55"]
    none = run("--local", "newsletters", "status", "--article", "no-ferry")
    assert (none.exit_code, "unknown_article" in none.output) == (1, True)

    ses = stack.client("sesv2")
    ses.put_suppressed_destination(EmailAddress=ADA.text, Reason="COMPLAINT")
    members.write_contact(ADA.digest, Contact(None, "bounce", 1_800_000_000), None)
    told = run("--local", "mail", "show", "Ada@Reader.example").output
    assert "no mail from us since 2027-01-15T08:00:00Z: bounce" in told
    assert "SES holds back mails to it: complaint" in told
    assert "It gets mail again" in run("--local", "mail", "lift", ADA.text).output
    assert "It gets mail." in run("--local", "mail", "show", ADA.text).output
    assert "Nothing kept it" in run("--local", "mail", "lift", ADA.text).output
    assert run("--local", "mail", "show", "nobody").exit_code == 1


def test_doctor_asks_the_stacks_own_ses(stack: Stack) -> None:  # noqa: F811
    setup = stack.mail_place().read()

    assert (setup.verified, setup.quota.sandbox) == (True, False)
    assert list(setup_problems(setup, stack.mail_sender)) == []

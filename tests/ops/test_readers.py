"""`frontline members` as it is typed: what it says, its exit codes, and what it never says."""

from __future__ import annotations

import json
import re
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from functions.members.answers import Exported
from infra.local.cloud import Cloud
from infra.ops.cli import app
from infra.ops.stack import Stack
from shared.domain.addresses import parse_address
from shared.domain.erasures import erased_id
from shared.domain.mails import NoticeOrder
from shared.domain.members import Contact, Grant, Membership, MembershipState, new_member
from shared.domain.refusals import StoreUnavailable
from shared.domain.sessions import begin_session
from shared.domain.tiers import Tier
from tests.functions.visitor import House, Visitor
from tests.member_twins import MemoryMembers
from tests.ops.test_members import ADA, BO, chance, contact_of, read, reader
from tests.ops.test_upkeep import cloud, site, stack  # noqa: F401 -- fixtures
from tests.ops.twin_stack import TwinStack

COMMANDS = {
    "show": ("show", ADA.text),
    "list": ("list",),
    "grant": ("grant", ADA.text, "--reason", "quiz"),
    "revoke": ("revoke", ADA.text),
    "export": ("export", ADA.text),
    "erase": ("erase", ADA.text, "--yes"),
    "sign-out": ("sign-out", ADA.text),
}


def run(twin: Any, *arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, ["members", *arguments], obj=twin, input=typed)


@pytest.fixture
def twin() -> TwinStack:
    return TwinStack()


@pytest.fixture
def members(twin: TwinStack) -> MemoryMembers:
    return MemoryMembers(twin.kept_records)


def test_a_reader_is_shown_in_lines(twin: TwinStack, members: MemoryMembers) -> None:
    grants = (Grant("0a0b0c0d", Tier.MEMBER, 1, None, "quiz\x1b[31m"), Grant("1a", Tier.MEMBER, 1, 2, "old"))
    ada = reader(members, newsletters=("weekly",), grants=grants)
    twin.sessions().write(begin_session(ada.id, "Firefox on Linux", time.time(), chance)[0], None)

    told = run(twin, "show", "Ada@Reader.example ").stdout

    assert "member: grant 0a0b0c0d\n" in told
    assert "weekly" in told
    assert "“old”, over" in told
    assert "Firefox on Linux" in told
    assert re.search(r"mail +nothing keeps it", told)
    assert "\x1b" not in told


def test_what_gives_the_tier_is_said(twin: TwinStack, members: MemoryMembers) -> None:
    now = int(time.time())
    reader(members)
    assert "subscriber: the address is confirmed" in run(twin, "show", ADA.text).stdout
    reader(members, BO, membership=Membership(MembershipState.ACTIVE, 1, now - 60, now + 60))
    told = run(twin, "show", BO.text).stdout
    assert "member: membership, in grace" in told
    assert "in grace until" in told


def test_a_program_gets_the_same_as_json(twin: TwinStack, members: MemoryMembers) -> None:
    ada = reader(members, newsletters=("weekly",))

    told = json.loads(run(twin, "show", ada.id, "--json").stdout)

    assert (told["id"], told["email"], told["tier"], told["newsletters"]) == (
        ada.id,
        ADA.text,
        "subscriber",
        ["weekly"],
    )
    assert told["membership"] is None


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in ("list", "grant")])
def test_nobody_known_is_exit_code_1_and_a_way_to_look(twin: TwinStack, command: str) -> None:
    done = run(twin, *COMMANDS[command])

    assert (done.exit_code, "unknown_member" in done.stderr, "members list" in done.stderr) == (1, True, True)
    assert twin.kept_records.values == {}
    done = run(twin, *[word.replace(ADA.text, "A" * 32) for word in COMMANDS[command]])
    assert (done.exit_code, "unknown_member" in done.stderr) == (1, True)


def test_an_id_of_nobody_gets_no_grant(twin: TwinStack) -> None:
    done = run(twin, "grant", "a" * 32, "--reason", "quiz")

    assert (done.exit_code, twin.kept_records.values) == (1, {})


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "list"])
@pytest.mark.parametrize(
    "who",
    [
        "",
        "ada",
        "ada@",
        "ada@reader.example,bo@reader.example",
        "Ada <a@b.example>",
        "ä@b.example",
        "a" * 31,
        "a@b.example\n",
        "\udcff@b.example",
    ],
)
def test_what_is_neither_address_nor_id_is_mistyped(twin: TwinStack, command: str, who: str) -> None:
    done = run(twin, *[word.replace(ADA.text, who) for word in COMMANDS[command]])

    assert (done.exit_code, "READER" in done.stderr) == (2, True)
    assert twin.kept_records.values == {}


@pytest.mark.parametrize(
    "options",
    [
        ("--tier", "subscriber"),
        ("--tier", "anonymous"),
        ("--tier", "gold"),
        ("--until", "2020-01-31"),
        ("--until", "2020-01-31 12:00 +01:00"),
        ("--until", "2999-02-30"),
        ("--until", "9999-12-31"),
        ("--until", "next year"),
        ("--until", "2999-01-31 12:00"),
        ("--until", ""),
        ("--days", "0"),
        ("--days", "36501"),
        ("--days", "soon"),
        ("--days", "3", "--until", "2999-01-31"),
        ("--reason", " "),
        ("--reason", "two\nlines"),
        ("--reason", "\x1b[31m"),
        ("--reason", "x" * 201),
        ("--reason", "\udcff"),
    ],
)
def test_a_grant_that_means_nothing_is_mistyped_and_nothing_is_written(
    twin: TwinStack, options: tuple[str, ...]
) -> None:
    done = run(twin, "grant", ADA.text, "--reason", "quiz", *options)

    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert twin.kept_records.values == {}


def test_a_grant_needs_its_reason(twin: TwinStack) -> None:
    assert run(twin, "grant", ADA.text).exit_code == 2


@pytest.mark.parametrize(
    ("options", "until"),
    [
        ((), None),
        (("--until", "2999-01-31"), "2999-02-01T00:00:00Z"),
        (("--until", "2999-01-31 18:00 +01:00"), "2999-01-31T17:00:00Z"),
    ],
)
def test_a_grant_lasts_as_long_as_was_said_its_last_day_included(
    twin: TwinStack, members: MemoryMembers, options: tuple[str, ...], until: str | None
) -> None:
    reader(members)

    done = run(twin, "grant", ADA.text, "--reason", "quiz", *options)

    assert done.exit_code == 0
    assert (until or "for good") in done.stdout
    assert "300 s" in done.stderr
    assert json.loads(run(twin, "show", ADA.text, "--json").stdout)["grants"][0]["until"] == until


def test_days_reach_to_the_end_of_a_day_so_that_the_same_again_is_the_same(
    twin: TwinStack, members: MemoryMembers
) -> None:
    ada = reader(members)

    for _ in range(2):
        done = run(twin, "grant", ADA.text, "--reason", "quiz", "--days", "30")

    (given,) = read(members, ada.id).grants
    assert given.until is not None
    assert given.until % 86_400 == 0
    assert 30 * 86_400 < given.until - time.time() <= 31 * 86_400
    assert "Granted before" in done.stdout


def test_a_grant_to_a_stranger_waits_and_that_is_said(twin: TwinStack, members: MemoryMembers) -> None:
    done = run(twin, "grant", ADA.text, "--reason", "founder")

    assert (done.exit_code, "waits for the first sign-in" in done.stderr) == (0, True)
    assert "waits" in run(twin, "show", ADA.text).stdout
    house = House(twin.kept_records)
    ada = Visitor(house)
    ada.sign_in(ADA.text)
    assert ada.tier is Tier.MEMBER
    assert "founder" in run(twin, "revoke", ADA.text).stdout
    assert json.loads(run(twin, "show", ADA.text, "--json").stdout)["tier"] == "subscriber"


def test_taking_back_says_what_is_left(twin: TwinStack, members: MemoryMembers) -> None:
    grants = (Grant("one", Tier.MEMBER, 1, None, "quiz"), Grant("two", Tier.MEMBER, 1, None, "[b]prize"))
    reader(members, grants=grants)

    none = run(twin, "revoke", ADA.text, "three")
    assert (none.exit_code, "unknown_grant" in none.stderr, "members show" in none.stderr) == (1, True, True)
    assert "is a member now" in run(twin, "revoke", ADA.text, "one").stderr
    last = run(twin, "revoke", ADA.text)
    assert ("[b]prize" in last.stdout, "is a subscriber now" in last.stderr, "300 s" in last.stderr) == (True,) * 3


def test_the_list_has_a_line_for_each_and_json_is_an_array(twin: TwinStack, members: MemoryMembers) -> None:
    assert (run(twin, "list").stdout, run(twin, "list", "--json").stdout) == ("", "[]\n")
    ada = reader(members, newsletters=("weekly", "daily"))
    reader(members, BO, grants=(Grant("g", Tier.MEMBER, 1, None, "x"),))

    done = run(twin, "list")
    assert {line.split()[3] for line in done.stdout.splitlines()} == {ADA.text, BO.text}
    assert "2 readers." in done.stderr
    assert f"{ada.id}  {ADA.text}  weekly, daily" in done.stdout
    assert [one["email"] for one in json.loads(run(twin, "list", "--json", "--tier", "member").stdout)] == [BO.text]
    assert len(json.loads(run(twin, "list", "--json").stdout)) == 2
    wanted = run(twin, "list", "--newsletter", "weekly", "--json")
    assert [one["email"] for one in json.loads(wanted.stdout)] == [ADA.text]


@pytest.mark.parametrize("options", [("--tier", "anonymous"), ("--tier", "gold"), ("--newsletter", "No Slug")])
def test_a_list_of_nobody_is_mistyped(twin: TwinStack, options: tuple[str, ...]) -> None:
    assert run(twin, "list", *options).exit_code == 2


def test_a_list_that_breaks_off_is_no_json(twin: TwinStack, members: MemoryMembers) -> None:
    for number in range(501):
        reader(members, parse_address(f"r{number}@reader.example"))

    class Breaking(MemoryMembers):
        def everyone(self, after: str | None, limit: int) -> Any:
            if after is not None:
                raise StoreUnavailable("The table does not answer.")
            return super().everyone(after, limit)

    twin.members = lambda: Breaking(twin.kept_records)  # type: ignore[method-assign]
    done = run(twin, "list", "--json")

    assert done.exit_code == 3
    assert len(done.stdout.splitlines()) > 400
    with pytest.raises(json.JSONDecodeError):
        json.loads(done.stdout)


def test_the_export_is_the_document_that_the_reader_gets(twin: TwinStack, tmp_path: Path) -> None:
    house = House(twin.kept_records)
    house.now = time.time()
    ada = Visitor(house)
    ada.sign_in(ADA.text, newsletter="weekly")
    ada.send("GET", "/api/members/me/export")
    theirs = ada.body

    file = tmp_path / "ada.json"
    done = run(twin, "export", ADA.text, "--file", str(file))

    ours = json.loads(file.read_text())
    for one in theirs["sessions"]:
        one["is_this"] = False  # nobody's browser has asked
    assert ours == theirs == json.loads(run(twin, "export", ADA.text).stdout)
    assert set(ours) == set(Exported.__struct_fields__)
    assert ADA.text not in done.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_export_overwrites_nothing(twin: TwinStack, members: MemoryMembers, tmp_path: Path) -> None:
    reader(members)
    (tmp_path / "mine").write_text("mine")

    assert run(twin, "export", ADA.text, "--file", str(tmp_path / "mine")).exit_code == 1
    assert (tmp_path / "mine").read_text() == "mine"
    assert run(twin, "export", ADA.text, "--file", str(tmp_path / "no" / "x")).exit_code == 1
    assert run(twin, "export", ADA.text, "--file", str(tmp_path)).exit_code == 2


def test_erasing_asks_first_and_says_what_stays(twin: TwinStack, members: MemoryMembers) -> None:
    ada = reader(members)

    for typed in ("n\n", "\n", ""):
        done = run(twin, "erase", ADA.text, typed=typed)
        assert (done.exit_code, read(members, ada.id)) == (1, ada)
    assert "subscriber" in done.stderr
    done = run(twin, "erase", ada.id, typed="y\n")

    assert (done.exit_code, members.read(ada.id), contact_of(members)) == (0, None, None)
    assert "Nothing is kept" in done.stderr
    assert [type(one) for one in twin.kept_postbox.orders] == [NoticeOrder]


def test_what_stays_of_an_address_that_gets_no_mail_is_said(twin: TwinStack, members: MemoryMembers) -> None:
    ada = reader(members)
    members.write_contact(ADA.digest, Contact(ada.id, "complaint", 5), members.contact(ADA.digest)[1])  # type: ignore[index]
    twin.kept_place.held_back[ADA.text] = "complaint"

    done = run(twin, "erase", ADA.text, "--yes")

    assert all(
        words in done.stderr for words in ("(complaint), under its digest", "SES keeps the address", "mail lift")
    )
    assert "Nothing is kept" not in done.stderr


def test_an_erasure_that_is_stopped_says_how_to_complete_it(twin: TwinStack, members: MemoryMembers) -> None:
    ada = reader(members)

    class Stopped(MemoryMembers):
        def erase(self, id: str) -> None:
            super().erase(id)
            raise KeyboardInterrupt

    twin.members = lambda: Stopped(twin.kept_records)  # type: ignore[method-assign]
    done = run(twin, "erase", ADA.text, "--yes")
    assert (done.exit_code, "run it again" in done.stderr) == (130, True)

    twin.members = lambda: members  # type: ignore[method-assign]
    assert run(twin, "erase", ADA.text).exit_code == 0
    assert [*twin.kept_records.values] == [("erased", erased_id(ada.id))]


def test_signing_out_says_from_how_many(twin: TwinStack, members: MemoryMembers) -> None:
    ada = reader(members)
    for _ in range(2):
        twin.sessions().write(begin_session(ada.id, "Firefox", time.time(), chance)[0], None)

    assert "from 2 devices" in run(twin, "sign-out", ADA.text).stdout
    assert "from 0 devices" in run(twin, "sign-out", ada.id).stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_a_table_that_does_not_answer_is_exit_code_3(twin: TwinStack, command: str) -> None:
    twin.kept_records.broken = True

    done = run(twin, *COMMANDS[command])

    assert (done.exit_code, "store_unavailable" in done.stderr) == (3, True)


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in ("show", "list", "export")])
def test_what_changes_a_reader_says_no_address(twin: TwinStack, members: MemoryMembers, command: str) -> None:
    """What a script prints ends in somebody's log."""
    reader(members, grants=(Grant("g", Tier.MEMBER, 1, None, "x"),))

    done = run(twin, *COMMANDS[command])

    assert done.exit_code == 0
    assert ADA.text not in done.output
    assert ADA.hinted in done.output


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_teaches_by_an_example_that_is_right(command: str) -> None:
    shown = CliRunner().invoke(app, ["members", command, "--help"], terminal_width=200)

    assert shown.exit_code == 0
    assert f"frontline --local members {command}" in " ".join(shown.output.split())


def test_an_address_is_suppressed_by_hand_and_the_first_reason_stays(twin: TwinStack, members: MemoryMembers) -> None:
    def mail(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["mail", *arguments], obj=twin)

    ada = reader(members)
    assert mail("suppress", ADA.text, "--reason", "\n").exit_code == 2
    assert "Asked by letter" in mail("suppress", ADA.text, "--reason", "Asked by letter").stdout
    assert "Asked by letter" in mail("suppress", ADA.text, "--reason", "Again").stdout
    assert "none since" in run(twin, "show", ADA.text).stdout
    assert "It gets mail again" in mail("lift", ADA.text).stdout
    assert contact_of(members) == Contact(ada.id)


def test_the_whole_of_it_on_a_cloud_of_this_machine(stack: Stack, cloud: Cloud) -> None:  # noqa: F811
    def local(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["--local", "members", *arguments])

    members = stack.members()
    assert local("grant", BO.text, "--reason", "founder").exit_code == 0
    made = new_member("a" * 32, ADA, time.time(), chance)
    members.write(made, None)
    members.write_contact(ADA.digest, Contact(made.id), None)
    stack.sessions().write(begin_session(made.id, "Firefox on Linux", time.time(), chance)[0], None)

    assert local("grant", ADA.text, "--reason", "quiz", "--days", "3").exit_code == 0
    assert [one["tier"] for one in json.loads(local("list", "--json").stdout)] == ["member"]
    shown = json.loads(local("show", made.id, "--json").stdout)
    assert ([one["agent"] for one in shown["devices"]], shown["held_back_by_ses"]) == (["Firefox on Linux"], None)
    assert "from one device" in local("sign-out", ADA.text).stdout
    assert json.loads(local("export", ADA.text).stdout)["account"]["tier"] == "member"
    assert local("revoke", ADA.text).exit_code == 0
    assert local("erase", ADA.text, "--yes").exit_code == 0
    assert local("show", ADA.text).exit_code == 1
    queue = {"QueueUrl": stack.output("MailQueueUrl"), "WaitTimeSeconds": 1}
    (order,) = stack.client("sqs").receive_message(**queue)["Messages"]
    assert json.loads(order["Body"])["notice"] == "erased"
    assert local("revoke", BO.text).exit_code == 0
    left = stack.client("dynamodb").scan(TableName=stack.output("MembersTable"))["Items"]
    assert [each["sk"]["S"] for each in left] == ["erasure"]

"""Ghost's members made into readers: whom it takes, what they get, and that twice makes no difference."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from infra.ops.cli import app
from infra.ops.ghost.export import UnusableExport
from infra.ops.ghost.members import REASON_PAYING, Row, put, read_members
from infra.ops.ghost.report import Report
from shared.domain.addresses import Address, parse_address
from shared.domain.members import Contact, Member, new_member, tier_of
from shared.domain.refusals import RecordChanged
from shared.domain.tiers import Tier
from tests.member_twins import MemoryMembers
from tests.ops.twin_stack import TwinStack

NOW, UNTIL = 1_800_000_000, 1_810_000_000
SUPPLY = itertools.count(1)
HEAD = (
    "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers\n"
)
CSV = HEAD + (
    "1,Free@Reader.example,Fay,,true,false,,2020-01-02T03:04:05.000Z,,,\n"
    "2,given@reader.example,=SUM(A1),'-5,true,true,,2020-01-02T03:04:05.000Z,,VIP,Gold\n"
    '3,paying@reader.example,"Pia, P.",,false,false,cus_1,2020-01-02T03:04:05.000Z,,,Gold\n'
    "4,gone@reader.example,,,true,false,,2020-01-02T03:04:05.000Z,2021-01-02T03:04:05.000Z,,\n"
    "5,free@reader.example,,,true,true,,,,,\n"
    "6,not an address,,,true,false,,,,,\n"
)
FREE, GIVEN, PAYING = (parse_address(f"{name}@reader.example") for name in ("free", "given", "paying"))


def chance(count: int) -> bytes:
    return next(SUPPLY).to_bytes(count, "little")


def rows_of(tmp_path: Path, text: str) -> tuple[list[Row], Report]:
    path, report = tmp_path / "members.csv", Report()
    path.write_text(text, encoding="utf-8")
    return read_members(path, report), report


def admitted(rows: list[Row], members: MemoryMembers, now: float = NOW) -> int:
    return put(rows, ("weekly",), UNTIL, members, now, chance, lambda: None)


def member(address: Address, members: MemoryMembers) -> Member:
    known = members.contact(address.digest)
    assert known is not None
    assert known[0].member is not None
    found = members.read(known[0].member)
    assert found is not None
    return found[0]


def everything(members: MemoryMembers) -> Any:
    return members.everyone(None, 100)[0], [members.contact(one.digest) for one in (FREE, GIVEN, PAYING)]


@pytest.fixture
def members() -> MemoryMembers:
    return MemoryMembers(TwinStack().kept_records)


def test_readers_come_with_their_tier_and_newsletter(tmp_path: Path, members: MemoryMembers) -> None:
    rows, _ = rows_of(tmp_path, CSV)

    assert admitted(rows, members) == 3

    free, given, paying = (member(one, members) for one in (FREE, GIVEN, PAYING))
    assert [tier_of(one, NOW) for one in (free, given, paying)] == [Tier.SUBSCRIBER, Tier.MEMBER, Tier.MEMBER]
    assert [tier_of(one, UNTIL) for one in (given, paying)] == [Tier.MEMBER, Tier.SUBSCRIBER]
    assert [one.newsletters for one in (free, given, paying)] == [("weekly",), ("weekly",), ()]
    assert free.since == 1_577_934_245
    assert [one.reason for one in paying.grants] == [REASON_PAYING]


def test_twice_makes_no_difference(tmp_path: Path, members: MemoryMembers) -> None:
    rows, _ = rows_of(tmp_path, CSV)
    admitted(rows, members)
    first = everything(members)

    assert admitted(rows, members, NOW + 86_400) == 0
    assert everything(members) == first


def test_whoever_is_a_reader_already_keeps_what_they_have_chosen(tmp_path: Path, members: MemoryMembers) -> None:
    rows, _ = rows_of(tmp_path, CSV)
    admitted(rows, members)
    known = members.contact(FREE.digest)
    assert known is not None
    assert known[0].member is not None
    kept = members.read(known[0].member)
    assert kept is not None
    members.write(replace(kept[0], newsletters=()), kept[1])

    admitted(rows, members)

    assert member(FREE, members).newsletters == ()


def test_cut_off_anywhere_the_same_again_does_the_rest(tmp_path: Path) -> None:
    rows, _ = rows_of(tmp_path, CSV)

    class CutOff(Exception):
        pass

    class Failing(MemoryMembers):
        left = 0

        def _count(self) -> None:
            self.left -= 1
            if self.left < 0:
                raise CutOff

        def write(self, member: Member, expected: str | None) -> str:
            self._count()
            return super().write(member, expected)

        def write_contact(self, address: str, contact: Contact | None, expected: str | None) -> None:
            self._count()
            super().write_contact(address, contact, expected)

    cut = 0
    for writes in range(20):
        failing = Failing(TwinStack().kept_records)
        failing.left = writes
        try:
            admitted(rows, failing)
        except CutOff:
            cut += 1
        failing.left = 100

        admitted(rows, failing)

        found = [member(one, failing) for one in (FREE, GIVEN, PAYING)]
        assert [len(one.grants) for one in found] == [0, 1, 1]
        assert len(failing.everyone(None, 100)[0]) == 3
    assert cut == 8  # three addresses, three members, two grants


def test_somebody_who_signs_in_at_that_moment_is_one_reader(tmp_path: Path) -> None:
    rows, _ = rows_of(tmp_path, CSV)

    class Signing(MemoryMembers):
        done = False

        def write_contact(self, address: str, contact: Contact | None, expected: str | None) -> None:
            if address == FREE.digest and not self.done:
                self.done = True
                made = new_member(chance(16).hex(), FREE, NOW, chance)
                super().write_contact(address, Contact(made.id), None)
                super().write(made, None)
                raise RecordChanged("They were faster.")
            super().write_contact(address, contact, expected)

    members = Signing(TwinStack().kept_records)

    assert admitted(rows, members) == 2
    assert len(members.everyone(None, 100)[0]) == 3


def test_what_waits_for_an_address_and_what_is_known_of_it_stays(tmp_path: Path, members: MemoryMembers) -> None:
    members.write_contact(FREE.digest, Contact(suppressed="bounce", suppressed_at=5), None)
    rows, _ = rows_of(tmp_path, CSV)

    admitted(rows, members)

    known = members.contact(FREE.digest)
    assert known is not None
    assert (known[0].suppressed, known[0].member is not None) == ("bounce", True)


def test_what_is_wrong_is_told_by_its_line_and_never_by_an_address(tmp_path: Path) -> None:
    _, report = rows_of(tmp_path, CSV)

    said = json.dumps(report.to_builtins()) + "\n".join(report.lines())

    assert report.notes["member-twice"] == [("line 6", "")]
    assert report.notes["member-invalid"] == [("line 7", "")]
    assert report.notes["member-deleted"] == [("line 5", "")]
    assert [detail for _, detail in report.notes["member-fields"]] == ["name", "note", "labels"]
    assert "reader.example" not in said.lower()


@pytest.mark.parametrize(
    ("text", "wants", "given", "paying"),
    [
        ("email\na@b.example\n", False, False, False),
        ("\ufeffEmail,Subscribed to emails\na@b.example,TRUE\n", True, False, False),
        ("email,subscribed_to_emails,complimentary_plan\r\na@b.example,false,1\r\n", False, True, False),
        ("email,tiers,subscribed_to_emails\na@b.example,Free,true\n", True, False, False),
        ('email,tiers\na@b.example,"Gold,Silver"\n', False, False, True),
        ("email,stripe_customer_id\na@b.example,cus_1\n", False, False, None),
        ("email,name,note\na@b.example\n", False, False, False),
        ("email,created_at\n  a@b.example  ,2099-01-01\n", False, False, False),
        ("email,subscribed_to_emails\na@b.example,perhaps\n", False, False, False),
    ],
)
def test_columns_are_read_as_ghost_has_written_them(
    tmp_path: Path, text: str, wants: bool, given: bool, paying: bool | None
) -> None:
    (row,), _ = rows_of(tmp_path, text)

    assert (row.address.text, row.wants_mail, row.is_given, row.is_paying) == ("a@b.example", wants, given, paying)


@pytest.mark.parametrize(
    "cell", ["=cmd|' /C calc'!A0", "=a@b.example", "a@b.example,x@y.example\n", "a@b.example\x00", "a\n@b", "@"]
)
def test_a_cell_that_is_no_address_is_nobody(tmp_path: Path, cell: str) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'

    rows, report = rows_of(tmp_path, f"email\n{quoted}\n")

    assert (rows, len(report.notes["member-invalid"])) == ([], 1)


def test_a_cell_that_was_kept_from_being_a_formula_is_what_it_was(tmp_path: Path) -> None:
    (row,), _ = rows_of(tmp_path, "email\n'+a@b.example\n")

    assert row.address.text == "+a@b.example"


@pytest.mark.parametrize("text", ["", "name\nAda\n", "email,email\na@b.example,c@d.example\n", "PK\x03\x04"])
def test_what_is_no_members_csv_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnusableExport, match="column “email”"):
        rows_of(tmp_path, text)


# The command ----------------------------------------------------------------------------------------------------------


def run(tmp_path: Path, *arguments: str, stack: TwinStack | None = None) -> Result:
    path = tmp_path / "members.csv"
    path.write_text(CSV, encoding="utf-8")
    return CliRunner().invoke(app, ["import", "ghost", "--members", str(path), *arguments], obj=stack or TwinStack())


def test_at_first_readers_are_only_counted(tmp_path: Path) -> None:
    stack = TwinStack()

    done = run(tmp_path, "--json", stack=stack)

    assert stack.members().everyone(None, 10)[0] == ()
    report = json.loads(done.stdout)
    assert report["carried_over"]["readers"] == 3
    assert {one["code"] for one in report["not_carried_over"]} >= {"stripe", "member-newsletter", "member-deleted"}
    assert done.exit_code == 1  # one line has no address


def test_whoever_pays_is_not_forgotten_about(tmp_path: Path) -> None:
    stack = TwinStack()

    done = run(tmp_path, "--write", stack=stack)

    assert (done.exit_code, "--paid-until" in done.output) == (2, True)
    assert stack.members().everyone(None, 10)[0] == ()


def test_a_newsletter_that_the_paper_has_not_is_refused(tmp_path: Path) -> None:
    stack = TwinStack()

    done = run(tmp_path, "--write", "--paid-until", "2099-01-31", "--newsletter", "daily", stack=stack)

    assert (done.exit_code, "“daily”" in done.output) == (2, True)
    assert stack.members().everyone(None, 10)[0] == ()


def test_readers_are_written_and_no_address_is_told(tmp_path: Path) -> None:
    stack = TwinStack()

    done = run(tmp_path, "--write", "--paid-until", "2099-01-31", stack=stack)

    assert len(stack.members().everyone(None, 10)[0]) == 3
    assert "3 readers new here" in done.output
    assert "reader.example" not in done.output.lower()

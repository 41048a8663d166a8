"""What a stack holds, into a folder and back: what is left out, what stays, what is refused, and who is cut off."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from infra.ops.backup import Outcome, Outcomes, back_up, erase_again, is_all_there, restore
from infra.ops.backup_folder import BUCKETS, TABLES, NewFolder, WholeFolder
from infra.ops.cli import app
from infra.ops.stores import Item, Stores, Told
from infra.ops.survey import silently
from shared.domain.addresses import parse_address
from shared.domain.erasures import erased_id
from shared.domain.happenings import Forget
from shared.domain.members import Contact, new_member
from shared.domain.refusals import FolderTaken, UnusableBackup
from tests.member_twins import MemoryMembers, MemoryRecords
from tests.money_twins import MemoryPaymentsQueue
from tests.ops.stores_twin import MemoryBucket, MemoryTable

PLAIN = Told({}, {})
PICTURE = Told({"ContentType": "image/png", "CacheControl": "max-age=5"}, {"sha256": "0" * 64})
ADA, EVE = "a" * 32, "e" * 32


def item(pk: str, sk: str, body: Any = "x", **more: dict[str, Any]) -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}, "body": {"S": json.dumps(body)}, "version": {"S": "v1"}, **more}


def erasure(member: str) -> Item:
    return item(f"erased#{erased_id(member)}", "erasure", 5)


ADA_HERSELF = item(f"member#{ADA}", "member")
ADAS_ADDRESS = item("address#1", "contact", {"member": ADA})
EVES = [
    item(f"member#{EVE}", "member"),
    item(f"member#{EVE}", "month#2026-11", expires_at={"N": "99999999999"}),
    item("address#2", "contact", {"member": EVE}),
    item("address#3", "contact", {"member": EVE, "suppressed": "bounce", "suppressed_at": 7}),
]
LEDGER = [item("order#1", "order"), item(f"payer#{ADA}", "order#1"), item(f"payer#{EVE}", "customer")]
SESSION = item(f"member#{ADA}", "session#1")
LATE = item("mark#1", "mark", expires_at={"N": "5"})
CONTENT = {
    "paper.json": (b"{}", PLAIN),
    "articles/a.json": (b"a", PLAIN),
    "articles/b.json": (b"b", PLAIN),
    "announced/1.json": (b"b", PLAIN),
}


@dataclass
class Kept:
    """A stack of tables and buckets."""

    tables: dict[str, MemoryTable]
    buckets: dict[str, MemoryBucket]

    @property
    def stores(self) -> Stores:
        return Stores(self.tables, self.buckets)

    @property
    def holds(self) -> Any:
        """All of it."""
        return (
            {name: dict(table.rows) for name, table in self.tables.items()},
            {name: dict(bucket.objects) for name, bucket in self.buckets.items()},
        )


def full() -> Kept:
    return Kept(
        {
            "members": MemoryTable(ADA_HERSELF, ADAS_ADDRESS, *EVES),
            "mailings": MemoryTable(item("mailings", "a")),
            "ledger": MemoryTable(*LEDGER),
        },
        {
            "keyring": MemoryBucket({"keyring.json": (b"ring", PLAIN), "trust.json": (b"trust", PLAIN)}),
            "media": MemoryBucket({"media/member/a.png": (b"png", PICTURE), "waiting/media/b.png": (b"", PICTURE)}),
            "static": MemoryBucket({"static/errors/unavailable.html": (b"<p>", PLAIN)}),
            "content": MemoryBucket(CONTENT),
        },
    )


def bare() -> Kept:
    return Kept({name: MemoryTable() for name in TABLES}, {name: MemoryBucket({}) for name in BUCKETS})


def copied(kept: Kept, folder: Path, with_keys: bool = True, instance: str = "one") -> int:
    """A backup of it; how many objects were not ours."""
    return back_up(kept.stores, NewFolder(folder, instance, 10), "paper", False, with_keys, silently)[1]


def put_back(
    kept: Kept, folder: Path, queue: MemoryPaymentsQueue | None = None, tried: bool = False, over: bool = False
) -> Outcomes:
    whole = WholeFolder(folder)
    whole.verify(lambda: None)
    return restore(kept.stores, whole, queue or MemoryPaymentsQueue(), tried, over, silently)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A backup of everything."""
    copied(full(), tmp_path / "backup")
    return tmp_path / "backup"


# There and back -------------------------------------------------------------------------------------------------------


def test_what_was_in_a_stack_is_in_another(folder: Path) -> None:
    other = bare()
    outcomes = put_back(other, folder)
    assert other.holds == full().holds
    assert {outcome for counts in outcomes.values() for outcome in counts} == {Outcome.RESTORED}


def test_what_is_over_or_made_anew_or_none_of_ours_is_left_out(tmp_path: Path) -> None:
    kept, other = full(), bare()
    for table, one in (("members", SESSION), ("mailings", LATE)):
        kept.tables[table].put(one)
    strange = {"lists/latest/index.json": (b"1", PLAIN), "placements/a.json": (b"1", PLAIN), "notes.txt": (b"1", PLAIN)}
    kept.buckets["content"].objects |= strange
    kept.buckets["media"].objects |= {"media/../articles/a.json": (b"1", PLAIN), "media//": (b"", PLAIN)}
    assert copied(kept, tmp_path / "backup") == 3
    put_back(other, tmp_path / "backup")
    assert other.holds == full().holds


def test_the_keyring_is_kept_only_where_somebody_says_so(tmp_path: Path) -> None:
    copied(full(), tmp_path / "backup", with_keys=False)
    other = bare()
    put_back(other, tmp_path / "backup")
    assert set(other.buckets["keyring"].objects) == {"trust.json"}
    assert not [each for each in (tmp_path / "backup").rglob("*") if each.is_file() and each.read_bytes() == b"ring"]


def test_only_its_owner_can_look_into_a_backup(folder: Path) -> None:
    modes = {each.is_dir(): each.stat().st_mode & 0o777 for each in [folder, *folder.rglob("*")]}
    assert modes == {True: 0o700, False: 0o600}
    assert not [each for each in folder.rglob("*") if each.name.endswith(".part")]


def test_articles_come_back_after_what_says_that_they_were_announced(folder: Path) -> None:
    """Or publishing would announce them once more."""
    other, written = bare(), list[str]()
    other.buckets["content"].before = written.append
    put_back(other, folder)
    whole = [key for key in written if not key.startswith("articles/")]
    assert written.index("articles/a.json") >= len(whole) - 1 > 0


# What is there --------------------------------------------------------------------------------------------------------


def changed() -> Kept:
    kept = full()
    kept.tables["members"].replace({**ADA_HERSELF, "version": {"S": "v2"}})
    kept.buckets["content"].objects["articles/a.json"] = (b"newer", PLAIN)
    del kept.tables["ledger"].rows["order#1", "order"]
    return kept


def test_what_is_there_and_differs_stays(folder: Path) -> None:
    kept = changed()
    outcomes = put_back(kept, folder)
    assert kept.tables["members"].get(ADA_HERSELF) != ADA_HERSELF
    assert kept.buckets["content"].objects["articles/a.json"][0] == b"newer"
    assert kept.tables["ledger"].get(LEDGER[0]) == LEDGER[0]
    assert outcomes["members"] == {Outcome.SAME: 5, Outcome.DIFFERENT: 1}
    assert outcomes["content"] == {Outcome.SAME: 3, Outcome.DIFFERENT: 1}
    assert outcomes["ledger"] == {Outcome.SAME: 2, Outcome.RESTORED: 1}
    assert not is_all_there(outcomes)


def test_it_is_overwritten_where_somebody_says_so(folder: Path) -> None:
    kept = changed()
    outcomes = put_back(kept, folder, over=True)
    assert kept.holds == full().holds
    assert outcomes["members"] == {Outcome.SAME: 5, Outcome.OVERWRITTEN: 1}
    assert is_all_there(outcomes)


@pytest.mark.parametrize("over", [False, True])
def test_whoever_only_tries_is_told_the_same_and_changes_nothing(folder: Path, over: bool) -> None:
    kept, queue = changed(), MemoryPaymentsQueue()
    kept.tables["members"].replace(erasure(EVE))
    before = kept.holds
    tried = put_back(kept, folder, queue, tried=True, over=over)
    assert (kept.holds, queue.messages) == (before, [])
    assert tried == put_back(kept, folder, over=over)


def test_nobody_who_was_erased_since_comes_back(folder: Path) -> None:
    """R32. What the address wished for itself is kept, as when it was erased."""
    kept, queue = bare(), MemoryPaymentsQueue()
    kept.tables["members"].put(erasure(EVE))
    outcomes = put_back(kept, folder, queue, over=True)
    members = kept.tables["members"].rows
    assert EVE not in json.dumps([*members.values()])
    assert json.loads(members["address#3", "contact"]["body"]["S"]) == {
        "member": None, "suppressed": "bounce", "suppressed_at": 7, "grants": [],
    }  # fmt: skip
    assert {*members} >= {(f"member#{ADA}", "member"), ("address#1", "contact")}
    assert outcomes["members"][Outcome.ERASED] == 3
    assert is_all_there(outcomes)
    assert queue.messages == [Forget(EVE)]  # the ledger's part is done by payments


def test_an_erasure_before_the_backup_is_heeded_in_whatever_stack_it_is_restored(tmp_path: Path) -> None:
    """It may have been caught in the middle: the member copied, then erased, then what is kept of that copied."""
    kept, other = full(), bare()
    kept.tables["members"].put(erasure(EVE))
    copied(kept, tmp_path / "backup")
    put_back(other, tmp_path / "backup")
    assert (f"member#{EVE}", "member") not in other.tables["members"].rows
    assert other.tables["members"].get(erasure(EVE)) == erasure(EVE)


def test_whoever_came_back_in_another_way_is_erased_once_more() -> None:
    """Their table was brought back by DynamoDB, and what is kept of erasures by a backup of a later day."""
    records, queue = MemoryRecords(), MemoryPaymentsQueue()
    members = MemoryMembers(records)
    for id, email in ((ADA, "ada@reader.example"), (EVE, "eve@reader.example")):
        address = parse_address(email)
        members.write(replace(new_member("x", address, 5, bytes), id=id), None)
        members.write_contact(address.digest, Contact(id, "bounce", 7), None)
    kept = Kept({"members": MemoryTable(erasure(EVE))}, {})

    assert erase_again(kept.stores, members, queue, silently) == 1

    assert [one.id for one in members.everyone(None, 10)[0]] == [ADA]
    assert members.contact(parse_address("eve@reader.example").digest) == (Contact(None, "bounce", 7), "5")
    assert queue.messages == [Forget(EVE)]
    assert erase_again(kept.stores, members, queue, silently) == 0


# Cut off --------------------------------------------------------------------------------------------------------------


class CutOffError(Exception):
    pass


def _after(count: int) -> Callable[..., None]:
    steps = itertools.count()

    def step(*_: object) -> None:
        if next(steps) >= count:
            raise CutOffError

    return step


@pytest.mark.parametrize("count", range(9))
def test_a_backup_that_was_cut_off_is_none_and_is_completed(tmp_path: Path, count: int) -> None:
    kept, cut, again = full(), _after(count), list[str]()
    for bucket in kept.buckets.values():
        bucket.before = cut
    with pytest.raises(CutOffError):
        copied(kept, tmp_path / "backup")
    with pytest.raises(UnusableBackup, match="completes it"):
        WholeFolder(tmp_path / "backup")
    for bucket in kept.buckets.values():
        bucket.before = again.append
    kept.buckets["media"].objects["media/member/a.png"] = (b"another", PICTURE)
    copied(kept, tmp_path / "backup")
    other = bare()
    put_back(other, tmp_path / "backup")
    assert other.holds == kept.holds
    assert len(again) <= 9
    assert count < 4 or "trust.json" not in again  # what is there is not fetched again
    named = {one.sha256 for name in BUCKETS for one in WholeFolder(tmp_path / "backup").objects(name)}
    assert {each.name for each in (tmp_path / "backup/objects").iterdir()} == named


@pytest.mark.parametrize("count", [0, 1, 4, 7, 9])
def test_a_restore_that_was_cut_off_is_completed(folder: Path, count: int) -> None:
    kept, cut = bare(), _after(count)
    for table in kept.tables.values():
        table.before = cut
    for bucket in kept.buckets.values():
        bucket.before = cut
    with pytest.raises(CutOffError):
        put_back(kept, folder)
    other = Kept(
        {name: MemoryTable(*table.rows.values()) for name, table in kept.tables.items()},
        {name: MemoryBucket(bucket.objects) for name, bucket in kept.buckets.items()},
    )
    put_back(other, folder)
    assert other.holds == full().holds


# Refused --------------------------------------------------------------------------------------------------------------


def test_a_backup_is_mixed_with_nothing(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FolderTaken, match="whole backup"):
        NewFolder(folder, "one", 10)
    NewFolder(tmp_path / "begun", "another", 10)
    with pytest.raises(FolderTaken, match="another stack"):
        NewFolder(tmp_path / "begun", "one", 10)
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file"):
        with pytest.raises(FolderTaken):
            NewFolder(path, "one", 10)


def _rewrite(folder: Path, name: str, *lines: Any) -> None:
    """Other lines in a file, by somebody who has made the checksums fit."""
    text = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    (folder / f"{name}.jsonl").write_bytes(text)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = {"lines": len(lines), "sha256": hashlib.sha256(text).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def _manifest(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "manifest.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return change


def _object(**changes: Any) -> Callable[[Path], None]:
    sound = {"key": "media/a.png", "sha256": "0" * 64, "size": 1, "tag": "", "told": {"headers": {}, "metadata": {}}}
    return lambda folder: _rewrite(folder, "media", {**sound, **changes})


def _odd_item(**changes: Any) -> Callable[[Path], None]:
    return lambda folder: _rewrite(folder, "ledger", {**item("order#1", "order"), **changes})


def _flip(name: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = next(folder.glob(name))
        path.write_bytes(path.read_bytes()[:-1] + b"?")

    return change


def _link(folder: Path) -> None:
    path = next((folder / "objects").iterdir())
    path.rename(folder.parent / "elsewhere")
    path.symlink_to(folder.parent / "elsewhere")


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no manifest": (lambda folder: (folder / "manifest.json").unlink(), "no backup in this folder"),
    "half a manifest": (lambda folder: (folder / "manifest.json").write_text('{"schema": 1'), "^manifest.json is not"),
    "a manifest of something else": (lambda folder: (folder / "manifest.json").write_text("[]"), "^manifest.json is"),
    "another form": (_manifest(schema=2), "Its form is 2"),
    "no form": (_manifest(schema=None), "Its form is None"),
    "a field that nobody knows": (_manifest(more=1), "^manifest.json is not"),
    "a file that leads out": (_manifest(files={"../../x": {"lines": 1, "sha256": "0" * 64}}), "names other files"),
    "other counts": (_manifest(objects=3), "lists of objects differ"),
    "a file changed": (_flip("ledger.jsonl"), "^ledger.jsonl is not"),
    "a file cut": (lambda folder: (folder / "members.jsonl").write_text(""), "^members.jsonl is not"),
    "a file missing": (lambda folder: (folder / "mailings.jsonl").unlink(), "^mailings.jsonl cannot be read"),
    "an object changed": (_flip("objects/*"), "^objects/[0-9a-f]* is not"),
    "an object missing": (lambda folder: next((folder / "objects").iterdir()).unlink(), "^objects/.* cannot be read"),
    "an object that is a link": (_link, "^objects/.* cannot be read"),
    "a name that leads out": (_object(sha256="../../../etc/passwd"), "no object of ours"),
    "a key that leads out": (_object(key="media/../../x"), "no object of ours"),
    "a key of another folder": (_object(key="articles/a.json"), "no object of ours"),
    "headers that are none": (_object(told={"headers": {"ACL": "a"}, "metadata": {}}), "no object of ours"),
    "an item without a key": (_odd_item(pk={"N": "1"}), "no item of ours"),
    "an item of bytes": (_odd_item(body={"B": "AA=="}), "no item of ours"),
    "an item of two kinds": (_odd_item(body={"S": "a", "N": "1"}), "no item of ours"),
    "an item that is none": (_odd_item(body="a"), "^ledger.jsonl is not"),
    "a contact that is none": (
        lambda folder: _rewrite(folder, "members", ADA_HERSELF, item("address#1", "contact", 7)),
        "no contact of ours",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_backup_that_is_not_as_it_was_written_is_refused_before_anything_is(folder: Path, damage: str) -> None:
    harm, words = DAMAGES[damage]
    harm(folder)
    kept = bare()
    with pytest.raises(UnusableBackup, match=words):
        put_back(kept, folder)
    assert kept.holds == bare().holds


# The commands ---------------------------------------------------------------------------------------------------------


class Small:
    """As much of a stack as commands ask for."""

    name, instance = "paper", "one"

    def __init__(self, kept: Kept, livemode: bool = False) -> None:
        self.kept, self.livemode, self.queue = kept, livemode, MemoryPaymentsQueue()

    def open(self) -> Small:
        return self

    def stores(self) -> Stores:
        return self.kept.stores

    def payments(self) -> MemoryPaymentsQueue:
        return self.queue


def run(stack: Small, *arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments], obj=stack)


def test_the_commands_say_what_they_did_and_what_differs(tmp_path: Path) -> None:
    made = run(Small(full()), "backup", tmp_path / "backup")
    assert (made.exit_code, "6 in members" in made.output, "gift links" in made.output) == (0, True, True)
    tried = run(Small(changed()), "restore", tmp_path / "backup", "--dry-run")
    assert tried.exit_code == 1
    assert "1 different there, and left" in tried.output
    assert "Nothing was changed" in tried.output


def test_a_backup_of_test_money_is_not_restored_where_money_is_meant(folder: Path) -> None:
    done = run(Small(bare(), livemode=True), "restore", folder, "--yes")
    assert (done.exit_code, "wrong_mode" in done.output) == (1, True)


def test_what_cannot_be_used_is_a_sentence_with_a_code(folder: Path, tmp_path: Path) -> None:
    for code, arguments in (
        ("folder_taken", ("backup", folder)),
        ("unusable_backup", ("restore", tmp_path, "--yes")),
        ("cannot be written", ("backup", Path("/proc/nowhere"))),
    ):
        done = run(Small(full()), *arguments)
        assert (done.exit_code, code in done.output) == (1, True), done.output


def test_nothing_is_restored_unless_somebody_says_yes(folder: Path) -> None:
    stack = Small(bare())
    assert run(stack, "restore", folder).exit_code == 1
    assert stack.kept.holds == bare().holds

"""What a machine remembers of versions: by stack, whole or not at all, and never in the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.ops.remembered import STACKS_KEPT, VARIABLE, Remembered, versions_path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "versions.json"


class Desk:
    """One person at one stack; `warned` is what they were told."""

    def __init__(self, path: Path, stack: str = "here") -> None:
        self.warned: list[str] = []
        self.remembered = Remembered(path, stack, self.warned.append)


def test_what_is_noted_is_remembered_by_the_next_command_and_of_this_stack_alone(path: Path) -> None:
    Desk(path).remembered.note({"a": "1", "b": "1"})
    Desk(path, "there").remembered.note({"a": "9"})
    Desk(path).remembered.note({"b": "2"})

    assert Desk(path).remembered.versions() == {"a": "1", "b": "2"}
    assert Desk(path, "there").remembered.versions() == {"a": "9"}
    assert Desk(path, "a fresh one").remembered.versions() == {}


def test_what_is_deleted_is_forgotten(path: Path) -> None:
    desk = Desk(path)
    desk.remembered.note({"a": "1", "b": "1"})
    desk.remembered.note({"a": ""})

    assert desk.remembered.versions() == {"b": "1"}


def test_stacks_that_are_long_gone_are_forgotten_and_the_one_in_use_is_not(path: Path) -> None:
    for number in range(STACKS_KEPT + 5):
        Desk(path, f"local {number}").remembered.note({"a": "1"})
        Desk(path, "paper").remembered.note({"a": str(number)})

    kept = json.loads(path.read_text())
    assert len(kept) == STACKS_KEPT
    assert Desk(path, "paper").remembered.versions() == {"a": str(STACKS_KEPT + 4)}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"here":1}', b'{"here":{"a":1}}', b"\xff", b"[" * 100_000])
def test_a_damaged_file_is_a_warning_and_begun_anew(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    desk = Desk(path)

    assert desk.remembered.versions() == {}
    assert "damaged" in desk.warned[0]
    desk.remembered.note({"a": "1"})
    assert Desk(path).remembered.versions() == {"a": "1"}


def test_what_cannot_be_read_or_written_is_a_warning(tmp_path: Path) -> None:
    desk = Desk(tmp_path)  # a folder

    assert desk.remembered.versions() == {}
    desk.remembered.note({"a": "1"})
    assert ["cannot be read" in desk.warned[0], "cannot be written" in desk.warned[1]] == [True, True]

    (tmp_path / "file").write_text("")
    desk = Desk(tmp_path / "file" / "versions.json")
    desk.remembered.note({"a": "1"})
    assert "cannot be written" in desk.warned[-1]


def test_a_write_leaves_nothing_beside_it_and_is_for_this_person_alone(path: Path, tmp_path: Path) -> None:
    Desk(path).remembered.note({"a": "1"})
    (tmp_path / "taken").mkdir()
    Desk(tmp_path / "taken").remembered.note({"a": "1"})  # it cannot be put in place

    assert {one.name for one in path.parent.iterdir()} == {"versions.json"}
    assert {one.name for one in tmp_path.iterdir()} == {"state", "taken"}
    assert path.stat().st_mode & 0o077 == 0


def test_it_lies_where_the_user_s_state_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert versions_path() == tmp_path / "frontline" / "versions.json"
    monkeypatch.setenv("XDG_STATE_HOME", "")
    assert versions_path() == Path.home() / ".local" / "state" / "frontline" / "versions.json"
    monkeypatch.setenv(VARIABLE, str(tmp_path / "x.json"))
    assert versions_path() == tmp_path / "x.json"

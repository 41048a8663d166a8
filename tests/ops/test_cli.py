"""The command line where it says no: in a sentence, with an exit code, and never with a traceback."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from infra.ops.cli import app
from infra.ops.stack import STATE_VARIABLE

GONE = 2**22 - 1  # a process id that Linux gives nobody by default


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a local stack would say that it runs; none does."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "stack.json"))
    monkeypatch.delenv("FRONTLINE_STACK", raising=False)
    return tmp_path / "stack.json"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_without_a_stack_it_asks_which(state: Path) -> None:
    done = run("pass")

    assert done.exit_code == 2
    assert "--local" in done.output
    assert "--stack" in done.output


def test_without_a_local_stack_it_says_how_to_start_one(state: Path) -> None:
    done = run("--local", "pass")

    assert (done.exit_code, "make run" in done.output) == (1, True)


def test_a_stack_that_died_is_told_from_one_that_runs(state: Path) -> None:
    state.write_text(
        json.dumps({"pid": GONE, "region": "x", "aws_endpoint": "http://127.0.0.1:1", "outputs": {}, "endpoints": {}})
    )

    done = run("--local", "keys", "list")

    assert (done.exit_code, "ended without tidying up" in done.output) == (1, True)


def test_a_stack_that_is_not_ours_is_named_so(state: Path) -> None:
    state.write_text(
        json.dumps(
            {"pid": os.getpid(), "region": "x", "aws_endpoint": "http://127.0.0.1:1", "outputs": {}, "endpoints": {}}
        )
    )

    done = run("--local", "keys", "list")

    assert (done.exit_code, "KeyringBucket" in done.output) == (1, True)


def test_what_looks_like_markup_in_a_name_is_shown_as_it_is(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)  # no region: it fails before anybody is asked

    done = run("--stack", "[/x]", "pass")

    assert (done.exit_code, "“[/x]”" in done.output) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("pass", "--tier", "gold"),
        ("pass", "--ttl", "soon"),
        ("--local", "--stack", "x", "pass"),
        ("publish",),
        ("keys", "rotate", "--settle", "-1"),
        ("nosuch",),
    ],
)
def test_a_wrong_command_line_is_exit_code_2(state: Path, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)

    assert done.exit_code == 2
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    "arguments", [(), ("publish",), ("pass",), ("keys",), ("keys", "init"), ("keys", "rotate"), ("keys", "list")]
)
def test_every_command_explains_itself(arguments: tuple[str, ...]) -> None:
    done = run(*arguments, "--help")

    assert done.exit_code == 0
    assert len(done.output) > 200

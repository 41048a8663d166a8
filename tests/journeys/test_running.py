"""`python -m infra.local` as one types it: it says when it is ready, and leaves nothing behind."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.journeys.conftest import PATH, ROOT, SLUG, Paper
from tests.samples import SAMPLE


@contextmanager
def _run(state: Path, *arguments: str) -> "Iterator[subprocess.Popen[str]]":
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.local", *arguments],
        cwd=ROOT,
        env={**os.environ, "FRONTLINE_LOCAL_STATE": str(state)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _children(pid: int) -> list[int]:
    """Its child processes, where the machine has a /proc to look them up in."""
    stats = [path.read_text() for path in Path("/proc").glob("[0-9]*/stat")]
    fields = [(int(stat.split()[0]), int(stat.rpartition(")")[2].split()[1])) for stat in stats]
    return [child for child, parent in fields if parent == pid]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_when_it_says_so_and_ends_without_a_trace(tmp_path: Path, number: signal.Signals) -> None:
    state = tmp_path / "stack.json"
    with _run(state, "--port", "0") as process:
        said = _line(process)
        assert said.startswith("ready: http://127.0.0.1:")
        info = json.loads(state.read_text())
        assert info["site_url"] == said.removeprefix("ready: ").strip()
        assert info["pid"] == process.pid
        connection = http.client.HTTPConnection(info["site_url"].removeprefix("http://"), timeout=10)
        connection.request("GET", PATH)
        assert connection.getresponse().read()
        connection.close()
        children = _children(process.pid)
        assert children or not Path("/proc").exists()  # functions' processes
        asked = time.monotonic()
        process.send_signal(number)
        assert process.wait(5) == 0
        assert time.monotonic() - asked < 2
        assert not state.exists()
        assert [child for child in children if _is_alive(child)] == []
        out, err = process.communicate()
        assert out == ""
        assert "Traceback" not in err
        assert len(err.splitlines()) <= 7


def test_a_port_that_is_taken_is_told_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with _run(tmp_path / "stack.json", "--port", str(port)) as process:
            _, err = process.communicate(timeout=30)
            assert process.returncode == 1
            assert f"Port {port}" in err
            assert len(err.splitlines()) == 1


def test_it_can_be_ended_while_it_is_coming_up(tmp_path: Path) -> None:
    with _run(tmp_path / "stack.json", "--port", "0") as process:
        time.sleep(0.7)
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
        assert "Traceback" not in process.communicate()[1]


def test_a_stack_that_runs_here_is_set_up_already(paper: Paper) -> None:
    ended = paper.frontline("setup", "--article", str(SAMPLE / "articles" / f"{SLUG}.json"))

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "unchanged" in ended.stdout
    assert "OPEN" not in ended.stdout
    assert f"All is done: {paper.info['site_url']}" in ended.stdout

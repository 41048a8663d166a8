"""What a person sees on a terminal, in bytes."""

import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

SAYS_IN_A_BAR = """
from infra.ops.terminal import out, progress
with progress("waiting", 2) as step:
    out.print("done  the-night-ferry")
    step()
"""


def test_a_line_takes_the_place_of_the_bar_and_stands_not_beside_it() -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "60"}
    root = Path(__file__).resolve().parents[2]
    subprocess.run(
        [sys.executable, "-c", SAYS_IN_A_BAR], stdout=theirs, stderr=theirs, env=environment, cwd=root, check=True
    )
    os.close(theirs)
    told = _read(ours)
    os.close(ours)

    before = told.partition("waiting")[2].partition("done  the-night-ferry")[0]
    assert before.rstrip("\r").endswith("\x1b[2K")


def _read(terminal: int) -> str:
    """Everything that was written to it; its other end is closed."""
    read = b""
    with suppress(OSError):  # Linux's word for the end
        while chunk := os.read(terminal, 4_096):
            read += chunk
    return read.decode()

"""Everything that a handler writes down, in a process of its own as Lambda runs it."""

from __future__ import annotations

import os
import subprocess
import sys


def written_down(script: str, environment: dict[str, str]) -> tuple[str, str]:
    """What the script has written to its output, and to where errors go."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr

"""`frontline status`: how a stack does, in the terminal."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from typing import Annotated, Final

import msgspec
import typer

from infra.ops.figures import DAY, Figures, gather, told
from infra.ops.terminal import out, plain, plainly, stop

SHORTEST, LONGEST = 300, 14 * DAY  # CloudWatch lists nothing of which nothing was counted for longer
_UNITS: Final = {"m": 60, "h": 3600, "d": DAY}

app = typer.Typer()


@app.command()
def status(
    context: typer.Context,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="Since when: 5m to 14d, in minutes (m), hours (h) or days (d).")
    ] = "1h",
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object, for programs.")] = False,
) -> None:
    """Show how a stack does: what readers asked for and got, functions, sign-ins, mails, payments, queues, alarms.

    Try it: `frontline --stack NAME status --since 24h`. Figures are a few minutes old. The exit code is 0, also while
    an alarm rings.
    """
    seconds = seconds_in(since)
    with plainly():
        stack = context.obj.open()
        facilities = stack.facilities()
        figures = gather(stack.counted(), seconds, time.time(), facilities.queues(), facilities.alarms())
    if as_json:
        out.print(json.dumps(msgspec.to_builtins(figures), ensure_ascii=False), markup=False)
        return
    out.print(f"{figures.stack}, from {_moment(figures.start)} to {_moment(figures.end)}", markup=False)
    _show(figures)


def seconds_in(since: str) -> int:
    """How many seconds that is; exit code 2 for what is no such time."""
    found = re.fullmatch(r"([0-9]{1,5})([mhd])", since)
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not SHORTEST <= seconds <= LONGEST:
        stop(f"--since {since}: write 5m to 14d, such as 90m, 24h or 7d.")
    return seconds


def _show(figures: Figures) -> None:
    for about, words in told(figures):
        out.print(f"  {about:<22} {plain(words)}", markup=False)


def _moment(at: int) -> str:
    return f"{dt.datetime.fromtimestamp(at, dt.UTC):%Y-%m-%d %H:%M} UTC"

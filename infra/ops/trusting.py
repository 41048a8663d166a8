"""`frontline trust`: whose tokens are exchanged for passes, and who gets tokens of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infra.ops import trust as work
from infra.ops.terminal import err, out, plain, plainly
from shared.adapters.http_issuer_keys import HttpIssuerKeys
from shared.domain.refusals import InvalidTrust
from shared.domain.trust import NOBODY, Trust
from shared.domain.trust_checks import parse_trust

app = typer.Typer(no_args_is_help=True, help="Other issuers whose tokens count here, and audiences of ours.")

File = Annotated[
    Path, typer.Argument(metavar="FILE.json", exists=True, dir_okay=False, help="The whole configuration.")
]


@app.command("show")
def show(context: typer.Context) -> None:
    """Print whose word counts, as `set` takes it."""
    with plainly():
        trust = work.read_trust(context.obj.open().trust_documents())
        if trust is None:
            err.print("Nobody's, so far: `frontline trust set FILE.json` changes that.")
        print(work.as_json(trust or NOBODY).decode(), end="")


@app.command("set")
def set_(context: typer.Context, file: File) -> None:
    """Have these issuers' word count, and no other's. Functions know it with the next token.

    The file is all of it: an issuer that is not in it is not trusted any more. Try it first: `frontline trust check`.
    """
    with plainly():
        trust = _parsed(file)
        changed, dropped = work.set_trust(context.obj.open().trust_documents(), trust)
        out.print("Written." if changed else "It says so already.")
        for url in dropped:
            err.print(f"not trusted any more: {url}", markup=False)


@app.command("check")
def check(file: File) -> None:
    """Say what is wrong with the file, then fetch each issuer's keys from here and say what was found.

    Needs no stack. The exit code is 1 when something is wrong. That a key can be fetched from this machine does not
    prove that a function can: a private network may stand between.
    """
    with plainly():
        failed = False
        for report in work.look_around(_parsed(file), HttpIssuerKeys()):
            failed |= bool(report.failure)
            _tell(report)
        if failed:
            raise typer.Exit(1)


def _parsed(file: Path) -> Trust:
    try:
        return parse_trust(file.read_bytes())
    except InvalidTrust as refusal:
        for problem in refusal.problems:
            err.print(plain(f"{file}: {problem}"), markup=False)
        raise typer.Exit(1) from None


def _tell(report: work.Report) -> None:
    if report.failure:
        err.print(plain(f"{report.issuer}: nothing of it is believed: {report.failure}"), markup=False)
        return
    count = "one key" if len(report.kids) == 1 else f"{len(report.kids)} keys"
    out.print(plain(f"{report.issuer}: {count}: {', '.join(report.kids)}"), markup=False)
    for one in report.passed_over:
        err.print(plain(f"  passed over: {one}"), markup=False)

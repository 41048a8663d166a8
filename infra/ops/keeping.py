"""`frontline backup` and `restore`: what a stack holds, out of the account and back."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import Annotated

import typer

from infra.ops import keys as key_work
from infra.ops.backup import Outcome, Outcomes, back_up, erase_again, is_all_there
from infra.ops.backup import restore as put_back
from infra.ops.backup_folder import BUCKETS, KEYRING, NewFolder, WholeFolder
from infra.ops.rebuild import rebuild
from infra.ops.stack import Stack
from infra.ops.terminal import Begin, err, out, plainly, stages
from shared.domain.refusals import WrongMode

app = typer.Typer()


@app.command()
def backup(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder, or one that was begun.")],
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="The keyring too: whoever has the folder can sign passes then.")
    ] = False,
) -> None:
    """Copy what cannot be made again into a folder: members, orders and payments, mailings, articles and files.

    It holds personal data: keep it encrypted, and not for longer than you need it. Ctrl-C does no harm: the same
    command again goes on. Back: `frontline restore FOLDER`.

    Try it: `frontline --local backup ~/paper-2027-01-31`
    """
    with plainly(), stages() as progress:
        stack: Stack = context.obj.open()
        try:
            new = NewFolder(folder, stack.instance, int(time.time()))
            done, foreign = back_up(stack.stores(), new, stack.name, stack.livemode, with_keys, progress)
        except OSError as error:
            _stop_at(folder, error)
        lines = {name: noted.lines for name, noted in done.files.items()}
        out.print(", ".join(f"{count} in {name}" for name, count in lines.items()), markup=False)
        out.print(f"{folder} is whole: {done.objects} files, {done.bytes / 1e6:.1f} MB.", markup=False)
        if foreign:
            err.print(f"{foreign} objects in its buckets are none of Frontline's: left out.")
        if not with_keys:
            err.print("Without the keyring: after a restore into a new stack, gift links that are out end.")


@app.command()
def restore(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="What `frontline backup` has written.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Also what is there and differs: it is as in the backup then.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")] = False,
) -> None:
    """Put back what is missing in a stack, and make its lists anew. What is there stays, unless you say --overwrite.

    All of the backup is checked before anything is written. Whoever was erased since, by what this stack knows, stays
    erased. The exit code is 1 when something is there that differs. Ctrl-C does no harm: run it again.

    Try it: `frontline --local restore ~/paper-2027-01-31 --dry-run`
    """
    with plainly(), stages() as progress:
        whole = WholeFolder(folder)
        made = whole.manifest
        stack: Stack = context.obj.open()
        if made.livemode != stack.livemode:
            raise WrongMode("Money is meant in one of the two, backup and stack, and not in the other.")
        whole.verify(progress("checking the backup", len(made.files) + made.objects))
        moment = f"{dt.datetime.fromtimestamp(made.began_at, dt.UTC):%Y-%m-%d %H:%M} UTC"
        err.print(f"A backup of {made.stack}, {moment}.", markup=False)
        if not (yes or dry_run):
            typer.confirm(f"Restore it into {stack.name}?", abort=True, err=True)
        outcomes = put_back(stack.stores(), whole, stack.payments(), dry_run, overwrite, progress)
        if not dry_run:
            if again := erase_again(stack.stores(), stack.members(), stack.payments(), progress):
                out.print(f"Erased once more: {again}, who were there and had been erased.")
            _follow(stack, whole, outcomes, progress)
        _tell(outcomes)
        if dry_run:
            out.print("Nothing was changed.")
        else:
            err.print("Next: `frontline contributions reconcile`, then `frontline doctor --repair`.")
    raise typer.Exit(0 if is_all_there(outcomes) else 1)


def _follow(stack: Stack, whole: WholeFolder, outcomes: Outcomes, progress: Begin) -> None:
    """What is made of that which was put back: lists, the edge's copies of everything, and of the keys."""
    changed = {name for name, counts in outcomes.items() if counts[Outcome.RESTORED] or counts[Outcome.OVERWRITTEN]}
    if "keyring" in changed and any(one.key == KEYRING for one in whole.objects("keyring")):
        key_work.init_keys(stack.keyring(), stack.edge_keys(), stack.output("SiteUrl"), time.time())
    if "content" in changed:
        rebuild(stack.doors(), lambda: dt.datetime.now(dt.UTC), progress)
    if changed & {*BUCKETS}:
        stack.purge().paths(("/*",), f"restore-{time.time_ns()}")


def _tell(outcomes: Outcomes) -> None:
    for name, counts in outcomes.items():
        told = ", ".join(f"{counts[one]} {one.value}" for one in Outcome if counts[one]) or "nothing"
        out.print(f"{name:<9} {told}", markup=False)


def _stop_at(folder: Path, error: OSError) -> None:
    err.print(f"{folder} cannot be written: {error.strerror or error}", markup=False)
    raise typer.Exit(1) from None

"""The `frontline` command: what ops and editors do with a stack, the one on this machine or one in the cloud."""

from __future__ import annotations

import datetime as dt
import time
from typing import Annotated

import typer
from rich.table import Table

from infra.ops import (
    adopting,
    archive,
    contributing,
    desk,
    importing,
    keeping,
    mailing,
    paying,
    readers,
    setting_up,
    trusting,
    upkeep,
    watching,
)
from infra.ops import keys as key_work
from infra.ops.terminal import Chosen, err, out, plainly
from shared.domain.moments import moment
from shared.domain.passes import DEFAULT_LIFETIME_SECONDS
from shared.domain.tiers import PASS_TIERS, Tier

# How long a rotation waits until the new key is known everywhere: functions look at the ring when they meet an unknown
# key
# (10 s apart at most), the edge's store takes seconds.
SETTLE_SECONDS = 15

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,  # locals hold secrets
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Run a Frontline paper: publish articles, look after the keys, make passes.\n\n"
    "Begin with `--local` for the stack that `make run` keeps up on this machine, or with `--stack NAME` for a "
    "deployed one.",
)
pass_app = typer.Typer()
keys_app = typer.Typer(no_args_is_help=True, help="The keys that passes are signed with.")
# In the order of the help: what is used daily first.
for commands in (desk.app, archive.app, watching.app, upkeep.app, setting_up.app, adopting.app, keeping.app, pass_app):
    app.add_typer(commands)
app.add_typer(importing.app, name="import")
app.add_typer(keys_app, name="keys")
app.add_typer(trusting.app, name="trust")
app.add_typer(readers.app, name="members")
app.add_typer(contributing.app, name="contributions")
app.add_typer(paying.app, name="payments")
app.add_typer(mailing.newsletters_app, name="newsletters")
app.add_typer(mailing.mail_app, name="mail")


@app.callback()
def choose(
    context: typer.Context,
    local: Annotated[bool, typer.Option("--local", help="The stack that `make run` keeps up on this machine.")] = False,
    stack: Annotated[
        str | None,
        typer.Option(
            "--stack", metavar="NAME", help="A deployed stack, by its CloudFormation name.", envvar="FRONTLINE_STACK"
        ),
    ] = None,
    region: Annotated[
        str | None, typer.Option("--region", help="Its AWS region, where it is not your default.")
    ] = None,
) -> None:
    source = context.get_parameter_source("stack")
    if local and source is not None and source.name == "COMMANDLINE":
        err.print("--local and --stack name two different stacks: give one of them.")
        raise typer.Exit(2)
    context.obj = context.obj or Chosen(local, stack, region)  # a test brings its own


@pass_app.command("pass")
def make_pass(
    context: typer.Context,
    tier: Annotated[Tier, typer.Option(help=f"{' or '.join(t.value for t in PASS_TIERS)}.")] = Tier.MEMBER,
    ttl: Annotated[int, typer.Option(metavar="SECONDS", help="Its lifetime in seconds.")] = DEFAULT_LIFETIME_SECONDS,
    only: Annotated[
        str | None, typer.Option(metavar="SLUG", help="Open this one article (its slug) and nothing else.")
    ] = None,
) -> None:
    """Print a pass, signed with the stack's current key.

    Try it: `curl -H "Authorization: Bearer $(frontline --local pass --tier member)"
    http://127.0.0.1:8000/api/articles/SLUG`
    """
    with plainly():
        print(context.obj.open().passes().mint(tier, time.time(), ttl, only))


@keys_app.command("init")
def keys_init(context: typer.Context) -> None:
    """Make the keyring, once after the first deployment; later, put its copy at the edge again."""
    with plainly():
        stack = context.obj.open()
        ring, made = key_work.init_keys(stack.keyring(), stack.edge_keys(), stack.output("SiteUrl"), time.time())
        out.print(
            f"{'Made the keyring' if made else 'The keyring is there; its copy at the edge is renewed'}: {ring.current}"
        )


@keys_app.command("rotate")
def keys_rotate(
    context: typer.Context,
    emergency: Annotated[bool, typer.Option("--emergency", help="Drop every key: all passes end at once.")] = False,
    end_gifts: Annotated[
        bool, typer.Option("--end-gifts", help="Rotate although that ends gift links which are out.")
    ] = False,
    settle: Annotated[
        int, typer.Option(metavar="SECONDS", help="How long to wait until the new key is known everywhere.", min=0)
    ] = SETTLE_SECONDS,
) -> None:
    """Sign with a new key. Readers notice nothing; with --emergency everybody's pass is renewed or gone.

    Cut off half-way, it does no harm: run it again.
    """
    with plainly():
        stack = context.obj.open()
        if emergency:
            ring = key_work.replace_keys(stack.keyring(), stack.edge_keys(), time.time())
            out.print(f"Only {ring.current} is accepted now. Members' browsers fetch a new pass from their session.")
            return

        def wait() -> None:
            err.print(f"The new key is accepted; waiting {settle} s until that is known everywhere…")
            time.sleep(settle)

        until = key_work.ends_gifts_until(stack.keyring(), time.time())
        if until is not None and not end_gifts:
            err.print(
                "There is room for four keys, and gift links that the oldest has signed may be good until "
                f"{moment(until)}: they would end. Wait until then, or say --end-gifts."
            )
            raise typer.Exit(1)
        ring = key_work.rotate_keys(stack.keyring(), stack.edge_keys(), time.time(), wait)
        out.print(f"Signing with {ring.current}; passes of the key before it stay good for as long as they live.")


@keys_app.command("list")
def keys_list(context: typer.Context) -> None:
    """Show the keys: which is current, which are accepted, and whether the edge knows the same."""
    with plainly():
        stack = context.obj.open()
        reports = key_work.list_keys(stack.keyring(), stack.edge_keys())
        table = Table("key", "made", "", "ring", "edge", box=None)
        for one in reports:
            made = f"{dt.datetime.fromtimestamp(one.made_at, dt.UTC):%Y-%m-%d %H:%M} UTC" if one.made_at else "?"
            table.add_row(
                one.kid,
                made,
                "current" if one.current else "",
                "yes" if one.in_ring else "NO",
                "yes" if one.at_edge else "NO",
            )
        out.print(table)
        if not all(one.in_ring and one.at_edge for one in reports):
            err.print(
                "[red]The edge and the ring differ[/red]: `frontline keys init` puts the ring's copy at the edge."
            )
            raise typer.Exit(1)

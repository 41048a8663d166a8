"""The `frontline` command: what ops and editors do with a stack, the one on this machine or one in the cloud."""

from __future__ import annotations

import datetime as dt
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from infra.ops import keys as key_work
from infra.ops import publishing
from infra.ops.markdown import new_article
from infra.ops.stack import Stack
from shared.domain.passes import DEFAULT_LIFETIME_SECONDS
from shared.domain.refusals import Refusal
from shared.domain.text import is_slug
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
keys_app = typer.Typer(no_args_is_help=True, help="The keys that passes are signed with.")
app.add_typer(keys_app, name="keys")

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


@dataclass(frozen=True)
class Chosen:
    """Which stack the command line named; it is looked up when a command first needs it."""

    local: bool
    stack: str | None
    region: str | None

    def open(self) -> Stack:
        if self.local:
            return Stack.local()
        if self.stack is None:
            err.print("Which stack? Put --local (on this machine) or --stack NAME (deployed) before the command.")
            raise typer.Exit(2)
        return Stack.deployed(self.stack, self.region)


@app.callback()
def choose(
    context: typer.Context,
    local: Annotated[bool, typer.Option("--local", help="The stack that `make run` keeps up on this machine.")] = False,
    stack: Annotated[
        str | None,
        typer.Option("--stack", help="A deployed stack, by its CloudFormation name.", envvar="FRONTLINE_STACK"),
    ] = None,
    region: Annotated[
        str | None, typer.Option("--region", help="Its AWS region, where it is not your default.")
    ] = None,
) -> None:
    source = context.get_parameter_source("stack")
    if local and source is not None and source.name == "COMMANDLINE":
        err.print("--local and --stack name two different stacks: give one of them.")
        raise typer.Exit(2)
    context.obj = Chosen(local, stack, region)


@contextmanager
def _plainly() -> Iterator[None]:
    """Turn what can go wrong into a sentence and an exit code: 1 for a no, 3 for a cloud that does not answer."""
    try:
        yield
    except Refusal as refusal:
        err.print(f"[red]{refusal.title}[/red] ({refusal.code}): {escape(refusal.detail)}")
        raise typer.Exit(1) from None
    except (BotoCoreError, ClientError) as error:
        err.print(f"[red]AWS did not do it[/red]: {escape(str(error))}")
        raise typer.Exit(3) from None


@app.command("pass")
def make_pass(
    context: typer.Context,
    tier: Annotated[Tier, typer.Option(help=f"{' or '.join(t.value for t in PASS_TIERS)}.")] = Tier.MEMBER,
    ttl: Annotated[int, typer.Option(help="Its lifetime in seconds.")] = DEFAULT_LIFETIME_SECONDS,
    only: Annotated[str | None, typer.Option(help="Open this one article (its slug) and nothing else.")] = None,
) -> None:
    """Print a pass, signed with the stack's current key.

    Try it: `curl -H "Authorization: Bearer $(frontline --local pass --tier member)"
    http://127.0.0.1:8000/api/articles/SLUG`
    """
    with _plainly():
        print(context.obj.open().passes().mint(tier, time.time(), ttl, only))


Files = Annotated[
    list[Path],
    typer.Argument(help="Articles as Markdown (docs/writing.md) or JSON (docs/article.schema.json).", exists=False),
]


@app.command()
def new(slug: Annotated[str, typer.Argument(help="Its address: lower-case letters, digits, single hyphens.")]) -> None:
    """Write SLUG.md here, a file to begin an article with: valid as it is, with a word on each part.

    A file that is there already is left alone.
    """
    if not is_slug(slug):
        err.print(f"“{slug}” cannot be an address: use lower-case letters, digits and single hyphens.", markup=False)
        raise typer.Exit(2)
    path = Path(f"{slug}.md")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(new_article(slug, f"a-{secrets.token_hex(6)}", dt.datetime.now(dt.UTC)))
    except FileExistsError:
        err.print(f"{path} is there already: choose another slug, or move it away.", markup=False)
        raise typer.Exit(1) from None
    except OSError as error:
        err.print(f"{path} cannot be written: {error.strerror or error}", markup=False)
        raise typer.Exit(1) from None
    out.print(f"{path} is written: change it, then `frontline check {path}`.", markup=False)


@app.command()
def check(files: Files) -> None:
    """Say everything that would keep these files from being published, each with its place. Needs no stack.

    The exit code is 1 when there is something.
    """
    articles, problems = publishing.check_files(files, dt.datetime.now(dt.UTC))
    _stop_at(problems, "Not ready to be published", len(files))
    for path, _ in articles:
        out.print(f"{path}: fine", markup=False)


def _stop_at(problems: list[publishing.Problem], outcome: str, count: int) -> None:
    if problems:
        for problem in problems:
            err.print(str(problem), markup=False)
        err.print(f"[red]{outcome}[/red]: mend {len({one.path for one in problems})} of {count} files.")
        raise typer.Exit(1)


@app.command()
def publish(context: typer.Context, files: Files) -> None:
    """Check the files, upload the pictures and sounds that they name, write the articles and make the CDN forget what
    it had of them.

    Nothing is written unless every file is valid. Running it again is safe, and completes a run that was cut off.
    """
    with _plainly():
        stack = context.obj.open()
        articles, problems = publishing.check_files(files, dt.datetime.now(dt.UTC))
        _stop_at(problems, "Nothing was published", len(files))
        with _progress(len(articles)) as step:

            def written(one: publishing.Published) -> None:
                out.print(f"{one.what:<9} {one.slug}  {stack.output('SiteUrl')}/api/articles/{one.slug}", markup=False)
                step()

            def uploaded(src: str, what: str) -> None:
                out.print(f"{what:<9} {src}", markup=False)

            purge, reference = stack.purge(), f"publish-{time.time_ns()}"
            try:
                # Before the articles: none is ever live without its pictures.
                problems = publishing.upload_media(articles, stack.media(), purge, reference, uploaded)
                _stop_at(problems, "Nothing was published", len(files))
                publishing.publish(articles, stack.articles(), purge, reference, written)
            except KeyboardInterrupt:
                err.print("Stopped. What is listed above is published and purged; run it again for the rest.")
                raise typer.Exit(130) from None


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """A bar on a terminal, silence elsewhere."""
    columns = (TextColumn("publishing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("publishing", total=total)
        yield lambda: progress.advance(task)


@keys_app.command("init")
def keys_init(context: typer.Context) -> None:
    """Make the keyring, once after the first deployment; later, put its copy at the edge again."""
    with _plainly():
        stack = context.obj.open()
        ring, made = key_work.init_keys(stack.keyring(), stack.edge_keys(), stack.output("SiteUrl"), time.time())
        out.print(
            f"{'Made the keyring' if made else 'The keyring is there; its copy at the edge is renewed'}: {ring.current}"
        )


@keys_app.command("rotate")
def keys_rotate(
    context: typer.Context,
    emergency: Annotated[bool, typer.Option("--emergency", help="Drop every key: all passes end at once.")] = False,
    settle: Annotated[
        int, typer.Option(help="Seconds to wait until the new key is known everywhere.", min=0)
    ] = SETTLE_SECONDS,
) -> None:
    """Sign with a new key. Readers notice nothing; with --emergency everybody's pass is renewed or gone.

    Cut off half-way, it does no harm: run it again.
    """
    with _plainly():
        stack = context.obj.open()
        if emergency:
            ring = key_work.replace_keys(stack.keyring(), stack.edge_keys(), time.time())
            out.print(f"Only {ring.current} is accepted now. Members' browsers fetch a new pass from their session.")
            return

        def wait() -> None:
            err.print(f"The new key is accepted; waiting {settle} s until that is known everywhere…")
            time.sleep(settle)

        ring = key_work.rotate_keys(stack.keyring(), stack.edge_keys(), time.time(), wait)
        out.print(f"Signing with {ring.current}; passes of the key before it stay good for as long as they live.")


@keys_app.command("list")
def keys_list(context: typer.Context) -> None:
    """Show the keys: which is current, which are accepted, and whether the edge knows the same."""
    with _plainly():
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

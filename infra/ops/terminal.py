"""What all commands share: which stack is meant, what they say and how, and exit codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, NoReturn

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from infra.ops.adopt import CloudFormationStacks, Stacks
from infra.ops.remembered import Remembered, versions_path
from infra.ops.stack import Stack
from shared.domain.refusals import ContentUnavailable, ProcessorRefused, ProcessorUnavailable, Refusal, StoreUnavailable
from shared.domain.text import is_slug

out, err = Console(highlight=False), Console(stderr=True, highlight=False)
if out.is_terminal and err.is_terminal:
    out = err  # one console for one terminal: of two, one writes into the other's bars
for console in (out, err):
    console.soft_wrap = not console.is_terminal  # there lines break between words; for a program one stays one

MAX_LINE = 200

Slug = Annotated[str, typer.Argument(metavar="SLUG", help="The article's address, such as the-night-ferry.")]


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

    def stacks(self) -> tuple[str, Stacks]:
        """The name that was given, and where such stacks are, for whoever makes one that is not there."""
        if self.local or self.stack is None:
            err.print(
                "Which stack is to be made? Put --stack NAME before the command; on this machine nothing is kept."
            )
            raise typer.Exit(2)
        return self.stack, CloudFormationStacks(boto3.client("cloudformation", region_name=self.region))


@contextmanager
def plainly() -> Iterator[None]:
    """Turn what can go wrong into a sentence and an exit code: 1 for a no, 3 for a cloud that does not answer, 130 for
    Ctrl-C."""
    try:
        yield
    except Refusal as refusal:
        say_no(refusal)
        is_silent = isinstance(refusal, (ContentUnavailable, StoreUnavailable, ProcessorUnavailable))
        raise typer.Exit(3 if is_silent else 1) from None
    except (BotoCoreError, ClientError) as error:
        err.print(f"[red]AWS did not do it[/red]: {escape(str(error))}")
        raise typer.Exit(3) from None
    except KeyboardInterrupt:
        err.print("Stopped.")
        raise typer.Exit(130) from None


def say_no(refusal: Refusal) -> None:
    words = f"Stripe: {refusal.reason}." if isinstance(refusal, ProcessorRefused) else refusal.detail
    err.print(f"[red]{refusal.title}[/red] ({refusal.code}): {escape(plain(words))}")


def need_slugs(slugs: Iterable[str]) -> None:
    """Exit code 2 for what cannot be an address."""
    for slug in slugs:
        if not is_slug(slug):
            err.print(
                f"“{plain(slug)}” cannot be an address: use lower-case letters, digits and single hyphens.",
                markup=False,
            )
            raise typer.Exit(2)


def need_line(option: str, said: str) -> str:
    """The one line that was given; exit code 2 for none, or for more than that."""
    text = said.strip()
    if not text or len(text) > MAX_LINE or plain(text) != text:
        err.print(f"{option}: write one line of 1 to {MAX_LINE} letters.", markup=False)
        raise typer.Exit(2)
    return text


def stop(words: str) -> NoReturn:
    """Exit code 2 for what was mistyped."""
    err.print(plain(words), markup=False)
    raise typer.Exit(2)


def plain(text: str) -> str:
    """The text without characters that steer a terminal or turn the line around."""
    return "".join(sign for sign in text if sign.isprintable())


def remembered(stack: Stack) -> Remembered:
    """The versions that this machine has seen of the stack's articles."""
    return Remembered(versions_path(), stack.instance, lambda words: err.print(words, markup=False))


Begin = Callable[[str, int | None], Callable[[], None]]
"""Hears what is done now, and how many times (None: nobody knows); what it returns is called after each."""


@contextmanager
def stages() -> Iterator[Begin]:
    """A bar for each thing that is done, on a terminal; silence elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(
        *columns,
        console=err,
        transient=True,
        disable=not err.is_terminal,
        redirect_stdout=out.is_terminal,  # into a file, lines go there and not around the bars
    ) as bars:

        def begin(doing: str, total: int | None) -> Callable[[], None]:
            task = bars.add_task(doing, total=total)
            return lambda: bars.advance(task)

        yield begin


@contextmanager
def progress(doing: str, total: int | None) -> Iterator[Callable[[], None]]:
    """A bar for one thing."""
    with stages() as begin:
        yield begin(doing, total)

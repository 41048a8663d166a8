"""`frontline setup`: what a stack needs once it is deployed, one step after the other. What is done stays as it is."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, Final

import typer
from msgspec import Struct

from infra.ops import desk, paying
from infra.ops import payments as money_work
from infra.ops.keys import init_keys, list_keys
from infra.ops.mail import setup_problems
from infra.ops.paper import error_page, put_error_page, read_error_page, read_paper, set_paper
from infra.ops.paper_file import Sheet, read_sheet
from infra.ops.stack import Stack
from infra.ops.terminal import MAX_LINE, err, out, plain, plainly, say_no
from infra.ops.upkeep import put_paper, stop_at
from shared.domain.refusals import Refusal, UnusableKeyring

app = typer.Typer()
STOPPED: Final = 130  # the exit code of Ctrl-C


class Skip(Enum):
    """The steps, by the name by which one is left out."""

    KEYS = "keys"
    PAPER = "paper"
    MAIL = "mail"
    MONEY = "money"
    ARTICLE = "article"


class Open(Exception):
    """A step is not done, and nothing more can be done about it from here: it says what is to be done outside."""


class Walk(Struct, frozen=True):
    """Whom the steps are done for. `yes`: nobody is asked whether. `sheet`, `given`: what is to be set of the paper.
    `article`: the file of the first one."""

    context: typer.Context
    stack: Stack
    yes: bool
    sheet: Sheet
    given: dict[str, object]
    article: Path | None

    def may(self, question: str) -> bool:
        """Whether to do it; no where nobody answers."""
        return self.yes or (_answer(f"{question} [Y/n] ") or "no").casefold() in ("\n", "y", "yes")


class Step(Struct, frozen=True):
    """`why`: what it is for. `do` does what is not done yet and yields what it has found and done. It raises Open, a
    Refusal, or typer.Exit when it has said what is wrong."""

    name: Skip
    title: str
    why: str
    do: Callable[[Walk], Iterator[str]]


@app.command()
def setup(
    context: typer.Context,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do what can be done without asking, and ask nothing: for scripts.")
    ] = False,
    skip: Annotated[list[Skip] | None, typer.Option("--skip", help="Leave this step out; may be given again.")] = None,
    name: Annotated[str | None, typer.Option(help="What the paper is called.")] = None,
    description: Annotated[str | None, typer.Option(help="What it is, in a sentence or two.")] = None,
    paper: Annotated[
        Path | None, typer.Option("--paper", metavar="FILE.json", help="Everything of the paper that this file has.")
    ] = None,
    article: Annotated[
        Path | None, typer.Option("--article", metavar="FILE", help="The first article, in Markdown or JSON.")
    ] = None,
) -> None:
    """Take a stack from its deployment to its first article: keys, the paper's name and looks, mail, money, an article.

    Each step says what it is for and what is done already, and asks before it does the rest. Run it as often as you
    like: what is done stays, Ctrl-C loses nothing. What has to be done outside (at SES, at Stripe) it names. The exit
    code is 0 when nothing is left open, and 1 otherwise.

    Try it: `frontline --stack NAME setup`
    """
    with plainly():
        sheet = read_sheet(paper, None)
        stop_at(sheet.problems)
        said = {"name": name, "description": description}
        given = {**sheet.given, **{field: value for field, value in said.items() if value is not None}}
        walk = Walk(context, context.obj.open(), yes, sheet, given, article)
        left_open = [step.title for number, step in enumerate(STEPS, 1) if not _walked(walk, number, step, skip or ())]
        if left_open:
            err.print(f"Still open: {', '.join(left_open)}. The same command again goes on from there.", markup=False)
            raise typer.Exit(1)
        out.print(f"All is done: {walk.stack.output('SiteUrl')}", markup=False)
        err.print("`frontline doctor` looks at everything, now and whenever you like.")


def _walked(walk: Walk, number: int, step: Step, skipped: Iterable[Skip]) -> bool:
    """Whether the step is done now, or left out."""
    out.print(f"{number} of {len(STEPS)}  {step.title}: {step.why}", markup=False)
    if step.name in skipped:
        _tell("left out")
        return True
    try:
        for words in step.do(walk):
            _tell(words)
    except Open as outside:
        _tell(f"OPEN: {outside}")
    except Refusal as refusal:
        say_no(refusal)
    except typer.Exit as ended:
        if ended.exit_code == STOPPED:
            raise
    else:
        return True
    return False


# The steps ------------------------------------------------------------------------------------------------------------


def _keys(walk: Walk) -> Iterator[str]:
    stack = walk.stack
    try:
        keys = list_keys(stack.keyring(), stack.edge_keys())
        if all(one.in_ring and one.at_edge for one in keys):
            yield f"done: {len(keys)} known to functions and edge alike"
            return
        question = "The edge knows other keys than the functions. Give it theirs?"
    except UnusableKeyring:
        question = "There are none. Make them?"
    if not walk.may(question):
        raise Open("`frontline keys init` makes them, or puts their copy at the edge")
    ring, made = init_keys(stack.keyring(), stack.edge_keys(), stack.output("SiteUrl"), time.time())
    yield f"{'made' if made else 'put at the edge'}: {ring.current}"


def _paper(walk: Walk) -> Iterator[str]:
    stack, site = walk.stack, walk.stack.output("SiteUrl")
    present, version = read_paper(stack.documents())
    given = dict(walk.given)
    if present is None:
        if version is not None:
            yield "what lies there cannot be read, and is written anew"
        if not walk.yes:
            given = {**_asked("name", given, "What is the paper called?"), **given}
            given = {**_asked("description", given, "What is it, in a sentence or two?"), **given}
        if not given.get("name") or not given.get("description"):
            raise Open("`frontline paper --name … --description …` gives it its name")
    if present is None or given:
        present, changed = put_paper(stack, walk.sheet, given)
        yield f"{'written' if changed else 'is so already'}: {plain(present.name)}"
    if present.url != site and walk.may(
        f"It says that it is read at {present.url}, and the stack is at {site}. Say so?"
    ):
        present, _ = set_paper(stack.documents(), stack.purge(), {"url": site}, site, dt.datetime.now(dt.UTC))
        yield f"written: it is read at {site}"
    s3, bucket = stack.client("s3"), stack.output("StaticBucket")
    if read_error_page(s3, bucket) != error_page(present):
        put_error_page(s3, bucket, present)
        yield "written: the page for when a function fails"
    if present.url != site:
        raise Open(f"`frontline paper --url {site}`, or deploy with the DomainName that it says")
    yield f"done: “{plain(present.name)}” at {present.url}"
    yield "looks, offers, words: `frontline paper --json > paper.json`, change it, `frontline paper --file paper.json`"


def _mail(walk: Walk) -> Iterator[str]:
    sender = walk.stack.mail_sender
    if sender is None:
        yield "left out: the stack was deployed without MailFrom, so nobody can sign in; deploy with it to change that"
        return
    problems = tuple(setup_problems(walk.stack.mail_place().read(), sender))
    if problems:
        raise Open("; ".join(f"{words} → {cure}" for words, cure in problems))
    yield f"done: mails come from {sender}, which SES knows, and bounces are heard of"


def _money(walk: Walk) -> Iterator[str]:
    stack = walk.stack
    paper, _ = read_paper(stack.documents())
    if paper is None:
        raise Open("the paper comes first")
    if not money_work.takes_money(paper):
        yield "left out: the paper asks for none (no `giving` and no `plans` in its configuration)"
        return
    problems = _money_problems(stack)
    if problems and money_work.gather(paper, stack.money()).key_problem is not None:
        if not sys.stdin.isatty():
            raise Open("Stripe's key is not there: `frontline payments key` asks for it, or reads it from a pipe")
        paying.put_key(stack, paying.read_key(stack))
        problems = _money_problems(stack)
    if problems and walk.may("Have Stripe sell the plans, show payers their page, and tell us what happens?"):
        paying.sell(stack, paper)
        problems = _money_problems(stack)
    if problems:
        raise Open("; ".join(f"{words} → {cure}" for words, cure in problems))
    yield "done: Stripe sells what the paper offers, and tells us what happens"


def _money_problems(stack: Stack) -> tuple[money_work.Problem, ...]:
    paper, _ = read_paper(stack.documents())  # which setting up writes an address into
    if paper is None:
        return ()
    money = stack.money()
    facts = money_work.gather(paper, money)
    return tuple(money_work.problems_in(facts, paper, hears_by_bus=money.hears_by_bus, now=time.time()))


def _article(walk: Walk) -> Iterator[str]:
    there = next(walk.stack.articles().slugs(), None)
    if there is not None and walk.article is None:
        yield "done: something is published, or is going to be"
        return
    path = walk.article
    if path is None and not walk.yes:
        typed = (_answer("The file of the first article (nothing: later): ") or "").strip()
        path = Path(typed).expanduser() if typed else None
    if path is None:
        raise Open("`frontline new my-first-piece` writes a file to begin with, `frontline publish` brings it out")
    desk.publish(walk.context, [path])
    yield "done: it is out"


STEPS: Final = (
    Step(Skip.KEYS, "Keys", "passes are signed with them; without them every reader is anonymous", _keys),
    Step(Skip.PAPER, "The paper", "its name and its looks; without them there is no page", _paper),
    Step(Skip.MAIL, "Mail", "readers sign in by a mailed link, and newsletters are mailed", _mail),
    Step(Skip.MONEY, "Money", "plans, the payers' page and webhooks, at Stripe", _money),
    Step(Skip.ARTICLE, "The first article", "what a paper is for", _article),
)


# Asking ---------------------------------------------------------------------------------------------------------------


def _asked(field: str, given: dict[str, object], question: str) -> dict[str, object]:
    """What was typed for a field that is not given; nothing where nobody answers."""
    typed = "" if given.get(field) else (_answer(f"{question} ") or "").strip()
    return {field: typed[:MAX_LINE]} if typed else {}


def _answer(question: str) -> str | None:
    """What was typed; a bare line end for nothing, None where nobody is there to type, as in a script without --yes."""
    err.print(question, end="", markup=False)
    line = sys.stdin.readline()
    if not line:
        err.print("")
    return plain(line).strip() or line or None


def _tell(words: str) -> None:
    out.print(f"        {plain(words)}", markup=False)

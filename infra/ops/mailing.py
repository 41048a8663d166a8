"""`frontline newsletters` and `frontline mail`: what is sent to readers, how far it is, and who gets none."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from rich.table import Table

from infra.ops import mail as work
from infra.ops.paper import read_paper
from infra.ops.terminal import err, need_line, out, plain, plainly
from shared.domain.addresses import parse_address
from shared.domain.mailings import Mailing
from shared.domain.moments import moment
from shared.domain.refusals import InvalidPaper

SHOWN = 20  # mailings

newsletters_app = typer.Typer(no_args_is_help=True, help="Newsletters: who wants them, and how far each article is.")
mail_app = typer.Typer(no_args_is_help=True, help="Addresses that get no mail, and letting them have it again.")

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="An e-mail address.")]


@newsletters_app.command("show")
def show(context: typer.Context) -> None:
    """Show the paper's newsletters: for whom each is, what it brings, and how many readers it has.

    A member counts who wants it and whose tier it is for. They are configured as `newsletters` in the paper's file:
    `frontline paper --json`, change it, `frontline paper --file`.
    """
    with plainly():
        stack = context.obj.open()
        paper, _ = read_paper(stack.documents())
        if paper is None or not paper.newsletters:
            raise InvalidPaper("The paper has no newsletters yet: `newsletters` in its configuration.")
        counts = work.readership(paper, stack.members(), time.time())
        table = _table("newsletter", "name", "from", "brings", "readers")
        for one in paper.newsletters:
            table.add_row(one.slug, plain(one.name), one.tier, work.describe(one), str(counts[one.slug]))
        out.print(table)


@newsletters_app.command("status")
def status(
    context: typer.Context,
    article: Annotated[str | None, typer.Option(metavar="SLUG", help="This article alone, in full.")] = None,
) -> None:
    """Show how far articles are on their way to readers, the newest first.

    Everyone is in one of the counts: sent; skipped, who wants none of its newsletters or whose tier it is not for; and
    with --article, what the others are: suppressed, who get no mail at all; refused by SES; uncertain, who may have got
    it and are not sent it twice.
    """
    with plainly():
        mailings = context.obj.open().mailings()
        if article is not None:
            _tell(work.find_mailing(article, mailings))
            return
        found = mailings.recent()
        if not found:
            err.print("No article has been sent to anybody yet.")
            return
        table = _table("article", "began", "", "sent", "skipped", "other")
        for one in found[:SHOWN]:
            counts = one.counts
            numbers = (counts.sent, counts.skipped, counts.suppressed + counts.refused + counts.uncertain)
            table.add_row(one.slug, moment(one.started_at)[:16], one.state.value, *map(str, numbers))
        out.print(table)
        if len(found) > SHOWN:
            err.print(f"{len(found) - SHOWN} more: `--article SLUG` shows each.")


@mail_app.command("show")
def show_address(context: typer.Context, address: Address) -> None:
    """Say whether an address gets mail, and why not."""
    with plainly():
        parsed, stack = parse_address(address), context.obj.open()
        found = work.standing_of(parsed, stack.members(), stack.mail_place())
        out.print("Somebody signs in with it." if found.has_account else "Nobody signs in with it.")
        if found.suppressed is not None:
            since = moment(found.suppressed_at) or "an unknown time"
            out.print(plain(f"It gets no mail from us since {since}: {found.suppressed}."), markup=False)
        if found.held_back is not None:
            out.print(plain(f"SES holds back mails to it: {found.held_back}."), markup=False)
        if found.suppressed is None and found.held_back is None:
            out.print("It gets mail.")


@mail_app.command("suppress")
def suppress(
    context: typer.Context,
    address: Address,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, in a line. It is in the reader's export.")],
) -> None:
    """Let an address get no more mail: no newsletter, and nothing to sign in with either. `lift` ends it.

    For whoever has asked for that, or whose mails go to somebody else. Devices stay signed in.

    Try it: `frontline --local mail suppress ada@reader.example --reason "Asked by letter"`
    """
    said = need_line("--reason", reason)
    with plainly():
        parsed, stack = parse_address(address), context.obj.open()
        found = work.suppress_by_hand(parsed, said, stack.members(), time.time())
        since = moment(found.suppressed_at) or "an unknown time"
        out.print(plain(f"It gets no mail from us since {since}: {found.suppressed}."), markup=False)


@mail_app.command("lift")
def lift(context: typer.Context, address: Address) -> None:
    """Let an address get mail again, whose reader has asked for that: with us, and with SES.

    An address that bounces again is suppressed again, and each bounce counts against the paper with SES.
    """
    with plainly():
        parsed, stack = parse_address(address), context.obj.open()
        lifted = work.lift(parsed, stack.members(), stack.mail_place())
        out.print("It gets mail again." if lifted else "Nothing kept it from getting mail.")


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")  # rather in two lines than cut off
    return table


def _tell(mailing: Mailing) -> None:
    for name, value in (
        ("article", f"{mailing.slug} ({mailing.article})"),
        ("state", mailing.state.value),
        ("began", moment(mailing.started_at)),
        ("last sign", moment(mailing.changed_at)),
        ("ended", moment(mailing.finished_at) or "not yet"),
        ("sent", mailing.counts.sent),
        ("skipped", mailing.counts.skipped),
        ("suppressed", mailing.counts.suppressed),
        ("refused", mailing.counts.refused),
        ("uncertain", mailing.counts.uncertain),
    ):
        out.print(f"{name:<12} {value}", markup=False)

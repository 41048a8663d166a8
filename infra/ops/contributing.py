"""`frontline contributions`: what was ordered and paid, by whoever keeps the books or answers a reader's letter."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from functions.payments.doors import Doors
from functions.payments.look import Became, Looked
from functions.payments.reconcile import reconcile as reconcile_all
from infra.ops import contributions as work
from infra.ops import ledger_sheet as sheet
from infra.ops.reader_sheet import as_json as json_of
from infra.ops.reader_sheet import write_private
from infra.ops.terminal import err, out, plain, plainly, progress, stop
from shared.domain.members import MEMBER_ID
from shared.domain.moments import moment
from shared.domain.money import written
from shared.domain.orders import Interval, Kind, Order, OrderState
from shared.domain.refusals import ProcessorRefused, ProcessorUnavailable, UnknownOrder
from shared.domain.text import is_slug

NO_END: Final = float("inf")
NEVER: Final = 2**62
_HEARS: Final = "payments hears of it within minutes, or with the next reconcile"

app = typer.Typer(no_args_is_help=True, help="Contributions and memberships: what was ordered, paid and given back.")

Id = Annotated[
    str, typer.Argument(metavar="ID", help="An order's id, or one of Stripe's: cs_…, pi_…, sub_…, in_…, re_…, dp_….")
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for a program.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")]
WithNames = Annotated[bool, typer.Option("--with-names", help="Also who gave, where they have said so.")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="DAY", help="From this day on (UTC), such as 2027-01-31.")
]


@app.command("list")
def list_orders(
    context: typer.Context,
    state: Annotated[OrderState | None, typer.Option(help="How it stands with them.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="Contributions or memberships alone.")] = None,
    campaign: Annotated[str | None, typer.Option(metavar="SLUG", help="What was given for this campaign.")] = None,
    member: Annotated[str | None, typer.Option(metavar="ID", help="This member's, by the id.")] = None,
    since: Since = None,
    as_json: AsJson = False,
) -> None:
    """List orders, the latest first: day, id, kind, state, amount, plan or campaign.

    An order is what a reader has asked to pay for; one that is `open` or `expired` nobody has paid.

    Try it: `frontline --local contributions list --state running`
    """
    if campaign is not None and not is_slug(campaign):
        stop("--campaign: give its slug: lower-case letters, digits and single hyphens.")
    if member is not None and MEMBER_ID.match(member) is None:
        stop("--member: give the id of 32 digits that `frontline members show` tells.")
    wanted = work.Wanted(kind, state, campaign, member, _from(since))
    with plainly():
        ledger = context.obj.open().ledger()
        with progress("looking at orders", None) as step:
            found = work.listed(ledger, wanted, step)
        sheet.print_orders(found, as_json_=as_json)
        if not found:
            err.print("There is no such order.")


@app.command("show")
def show(context: typer.Context, id: Id, with_names: WithNames = False, as_json: AsJson = False) -> None:
    """Show an order, its entries in the ledger, and beside them what Stripe says now.

    Nothing is changed. The exit code is 1 where the two do not agree, 3 where Stripe does not answer.

    Try it: `frontline --local contributions show pi_…`
    """
    _need_id(id)
    with plainly():
        doors = context.obj.open().money_doors()
        order = work.find_order(id, doors)
        entries = doors.ledger.entries(order.id)
        compared, silent = _compared(order, doors)
        if as_json:
            print(json_of(sheet.shown(order, names=with_names, entries=entries, compared=compared)))
        else:
            sheet.tell(order, names=with_names)
            if compared is not None and compared.verdict is not work.Verdict.UNPAID:
                sheet.tell_compared(compared)
            else:
                sheet.tell_entries(entries)
        if silent is not None:
            err.print(plain(f"Stripe's side is not known: {silent}."), markup=False)
            raise typer.Exit(3)
        if compared is not None and compared.verdict in (work.Verdict.BEHIND, work.Verdict.MISMATCHED):
            raise typer.Exit(1)


@app.command("look")
def look(context: typer.Context, id: Id) -> None:
    """Ask Stripe how it stands with an order and have the ledger say the same: what a webhook would have brought about.

    Memberships, campaigns and mails follow. To look at all of them: `reconcile`.
    """
    _need_id(id)
    with plainly():
        doors = context.obj.open().money_doors()
        _tell_looked(work.look_at(work.find_order(id, doors), doors), doors)


@app.command("export")
def export(
    context: typer.Context,
    since: Since = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DAY", help="Up to the end of this day (UTC).")
    ] = None,
    format: Annotated[Literal["csv", "json"], typer.Option(help="As a table or as JSON.")] = "csv",
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", dir_okay=False, help="Into this file, which is not there yet."),
    ] = None,
    with_names: WithNames = False,
) -> None:
    """Print the ledger for whoever keeps the books: every movement of money, with what it was for.

    Amounts are negative where money has left: refunds, disputes. A table has them with their decimal point, JSON in
    minor units (cents). Nothing leads to a person unless --with-names is given, which adds members' ids and the names
    that givers have left. Fees are Stripe's own: its reports have them, by the same payments.

    Try it: `frontline --local contributions export --since 2027-01-01 --until 2027-01-31`
    """
    first, last = _from(since) or 0, _end_of(until)
    if last <= first:
        stop("--until: this lies before --since.")
    with plainly():
        ledger = context.obj.open().ledger()
        with progress("reading the ledger", None) as step:
            rows = sheet.booked(ledger, first, last, names=with_names, step=step)
        text = sheet.as_csv(rows, names=with_names) if format == "csv" else f"{json_of(tuple(rows))}\n"
        if file is None:
            print(text, end="")
        else:
            write_private(file, text)
            out.print(f"{file} is written.", markup=False)
        sheet.tell_sums(rows)


@app.command("reconcile")
def reconcile(context: typer.Context, since: Since = None, as_json: AsJson = False) -> None:
    """Make the ledger agree with Stripe, whatever was never heard of: what the stack does every day by itself.

    Everything is looked at that has happened since the last time (or since --since; Stripe lists the events of 30
    days), and then every order that something may still happen to. It may be ended by Ctrl-C and run again, and while
    the stack works. The exit code is 1 where something is not what was ordered or could not be looked at.

    Try it: `frontline --local contributions reconcile`
    """
    begin = _from(since)
    with plainly():
        doors = context.obj.open().money_doors()
        with progress("looking at what has happened", None) as step:
            report = reconcile_all(doors, lambda: NO_END, begin, step)
        if as_json:
            print(json_of(report))
        else:
            sheet.tell_report(report)
            out.print("The ledger is what Stripe says." if _is_well(report.failed, report.mismatched) else "Not done.")
        if not _is_well(report.failed, report.mismatched):
            raise typer.Exit(1)


@app.command("refund")
def refund(
    context: typer.Context,
    id: Id,
    amount: Annotated[
        str | None, typer.Option(metavar="5.00", help="So much of it; without, all that is left of the payment.")
    ] = None,
    payment: Annotated[
        str | None, typer.Option(metavar="pi_…", help="Of this payment; without, of the order's last.")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Let the subscription go on: a membership opens again when it is paid again.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Also where the same amount was given back within the last day.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Give money back: the whole of an order's last payment, or a part of it.

    A membership ends with the whole of its last payment, within five minutes, unless --keep is given; what is given
    every month is ended by `end`. The payer is told by mail. Stripe keeps its fee. Where the answer is lost, run the
    same again: nothing is given back twice.

    Try it: `frontline --local contributions refund ID --amount 5.00`
    """
    _need_id(id)
    with plainly():
        stack = context.obj.open()
        doors = stack.money_doors()
        order = work.find_order(id, doors)
        standing = work.standing_of(order, doors)
        returning = work.plan_refund(
            order, standing, payment=payment, amount=amount, keep=keep, again=again, now=time.time()
        )
        if not returning.amount:
            err.print("All of it was given back before; what follows from that is done again.")
        elif not yes:
            typer.confirm(_question(returning, stack.name, doors), abort=True, err=True)
        try:
            looked = work.give_back(returning, doors)
        except KeyboardInterrupt:
            err.print("Cut off: run the same again, to be sure that all of it is done.")
            raise
        if returning.amount:
            out.print(f"Given back: {written(returning.amount, order.currency)} of {returning.payment.id}.")
        if returning.ends is not None:
            out.print("Its subscription has ended, and the membership within five minutes.")
        after = _tell_looked(looked, doors)
        if after is not None and after.interval is not Interval.ONCE and after.state in work.GOES_ON:
            err.print("It goes on to be collected: `frontline contributions end ID` ends it.")


@app.command("end")
def end(context: typer.Context, id: Id, yes: Yes = False) -> None:
    """End what is collected every month or year, now: for whoever asks for that in a letter.

    A membership closes within five minutes, whatever is paid; members who would rather read to the end of what they
    have paid cancel by their own account. Nothing is given back by this: `refund` does that.
    """
    _need_id(id)
    with plainly():
        stack = context.obj.open()
        doors = stack.money_doors()
        order = work.find_order(id, doors)
        subscription = work.running(order, doors)
        if not yes:
            every = f"{written(order.amount, order.currency)} a {order.interval.value}"
            question = f"End the {order.kind.value} of {every}{_whose(order, doors)} on {stack.name}, now?"
            typer.confirm(plain(question), abort=True, err=True)
        looked = work.end(subscription, order, doors)
        out.print("Ended: nothing more is collected.")
        _tell_looked(looked, doors)


def _compared(order: Order, doors: Doors) -> tuple[work.Compared | None, str | None]:
    """The order beside Stripe's word; why it is not known, where it is not."""
    if order.session is None:
        return work.Compared(work.Verdict.UNPAID), None
    try:
        standing = work.standing_of(order, doors)
    except UnknownOrder:
        why = "Stripe does not know its page: its key is of another account, or of the other mode"
        return work.Compared(work.Verdict.MISMATCHED, why=why), None
    except ProcessorRefused as refusal:
        return None, refusal.reason
    except ProcessorUnavailable:
        return None, "it does not answer"
    return work.compare(order, doors.ledger.entries(order.id), standing, work.grace_for(order, doors)), None


def _tell_looked(looked: Looked, doors: Doors) -> Order | None:
    """What a look has come to, and the order as it is then. Exit code 1 where it is not what was ordered."""
    if looked.became is Became.MISMATCHED:
        err.print(plain(f"Not what was ordered ({looked.what}): nothing is granted for it."), markup=False)
        raise typer.Exit(1)
    for entry in looked.entries:
        out.print(f"{entry.kind.value}: {written(entry.amount, entry.currency)}, {moment(entry.at)}")
    found = doors.ledger.read(looked.order) if looked.order is not None else None
    if found is None:
        err.print(f"The order is not known here yet: {_HEARS}.")
        return None
    order = found[0]
    out.print(f"The order is {order.state.value}; received and kept: {written(order.received, order.currency)}.")
    return order


def _question(returning: work.Returning, stack: str, doors: Doors) -> str:
    order, payment = returning.order, returning.payment
    part = f" of {written(payment.amount, order.currency)}" if returning.amount != payment.amount else ""
    paid = f"paid on {moment(payment.at)[:10]} for a {order.kind.value}{_whose(order, doors)}"
    ends = " The membership ends with it." if returning.ends is not None else ""
    before = payment.amount - returning.left
    earlier = f" {written(before, order.currency)} of it was given back before." if before else ""
    return plain(f"Give back {written(returning.amount, order.currency)}{part}, {paid}, on {stack}?{earlier}{ends}")


def _whose(order: Order, doors: Doors) -> str:
    found = doors.members.read(order.member) if order.member is not None else None
    return f" of {found[0].address.hinted}" if found is not None else ""


def _is_well(failed: int, mismatched: int) -> bool:
    return not failed and not mismatched


def _need_id(said: str) -> None:
    if not work.is_id(said):
        stop("ID: this is neither an order's id (32 digits, in `list` and in receipts) nor one of Stripe's (pi_…).")


def _from(said: str | None) -> int | None:
    return None if said is None else _day("--since", said)


def _end_of(said: str | None) -> int:
    return NEVER if said is None else _day("--until", said) + 86_400


def _day(option: str, said: str) -> int:
    """The beginning of a day (UTC) in seconds since 1970; exit code 2 for what is none."""
    try:
        at = dt.datetime.strptime(said.strip(), "%Y-%m-%d").replace(tzinfo=dt.UTC)
        return max(int(at.timestamp()), 0)
    except (ValueError, OverflowError):
        stop(f"{option}: “{said}” is no day; write it as 2027-01-31.")

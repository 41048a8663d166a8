"""`frontline payments`: whether, and how, a stack takes money by Stripe."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Iterator
from typing import Annotated

import typer

from infra.ops import payments as work
from infra.ops.contributions import mode
from infra.ops.paper import read_paper, set_paper
from infra.ops.payments import Facts, Money, takes_money
from infra.ops.stack import Stack
from infra.ops.terminal import err, out, plain, plainly
from shared.domain.moments import moment
from shared.domain.money import written
from shared.domain.paper import Paper
from shared.domain.refusals import InvalidPaper, ProcessorRefused, ProcessorUnavailable

MOST_KEY = 1_000

app = typer.Typer(no_args_is_help=True, help="Taking money: Stripe's key, what is sold there, and whom it tells.")


@app.command("key")
def key(context: typer.Context) -> None:
    """Put Stripe's secret key in its place, once and whenever it is renewed. It is asked for, or read from a pipe.

    Take a restricted key (rk_…) or the secret one (sk_…) from Stripe's dashboard (Developers, API keys), of test mode
    while the stack's StripeMode is `test`. It is tried first, kept in Secrets Manager, and never shown. Functions know
    it within a minute; then the one before can be taken back at Stripe.

    Try it: `frontline --stack NAME payments key`
    """
    with plainly():
        stack = context.obj.open()
        put_key(stack, read_key(stack))
        err.print("Next: `frontline payments setup`.")


@app.command("setup")
def setup(
    context: typer.Context,
    new_webhook: Annotated[
        bool,
        typer.Option("--new-webhook", help="Have webhooks signed with a new secret: the one before may have leaked."),
    ] = False,
) -> None:
    """Have Stripe sell the paper's plans, show payers the page on which they manage them, and tell us what happens.

    Run it after `payments key`, and whenever plans, prices or the paper's address have changed: whatever is so already
    stays. A new price is for who joins from then on. Stripe's webhooks go to the paper's address; what they are signed
    with goes into Secrets Manager, beside the one before. The address of the page on which whoever has no account
    manages what they give goes into the paper's configuration, as `manage_url`.

    Try it: `frontline --local payments setup`
    """
    with plainly():
        stack = context.obj.open()
        paper = _paper(stack)
        if not takes_money(paper):
            raise InvalidPaper("The paper offers nothing to pay for: no `giving` and no `plans` in its configuration.")

        sell(stack, paper, new_webhook=new_webhook)
        err.print("`frontline payments status` says how it stands.")


@app.command("status")
def status(context: typer.Context) -> None:
    """Say how payments are set up, and what is wrong. The exit code is 1 where something is.

    `frontline doctor` says the same, and looks at orders and campaigns too.
    """
    with plainly():
        stack = context.obj.open()
        paper = _paper(stack)
        money = stack.money()
        facts = work.gather(paper, money)
        if not takes_money(paper):
            out.print("The paper takes no money: it has no `giving` and no `plans`.")
            if facts.key_problem is not None:
                return
        for name, value in _lines(facts, paper, money):
            out.print(plain(f"{name:<12}  {value}"), markup=False)
        problems = tuple(work.problems_in(facts, paper, hears_by_bus=money.hears_by_bus, now=time.time()))
        for words, cure in problems:
            out.print(plain(f"{words}. → {cure}"), markup=False)
        if problems:
            raise typer.Exit(1)


def put_key(stack: Stack, said: str) -> None:
    """Try that key and put it in its place, or say why not: exit code 2 for what is no key for this stack, 1 for one
    that Stripe does not take, 3 where it does not answer."""
    problem = work.key_problem(said, stack.livemode)
    if problem is not None:
        err.print(f"Not put there: {problem}.", markup=False)
        raise typer.Exit(2)
    try:
        stack.catalogue(work.Held(said)).portal_login()
    except ProcessorRefused as refusal:
        err.print(plain(f"Not put there: Stripe does not take it ({refusal.reason})."), markup=False)
        err.print("A restricted key wants the rights that docs/operations.md lists under Payments.")
        raise typer.Exit(1) from None
    except ProcessorUnavailable:
        err.print("Not put there: Stripe does not answer, so it cannot be tried. Try again.")
        raise typer.Exit(3) from None
    stack.secrets().write(stack.output("StripeKeyArn"), (said,))
    out.print(f"Stripe's key for {mode(stack.livemode)} mode is in its place; functions know it within a minute.")


def sell(stack: Stack, paper: Paper, *, new_webhook: bool = False) -> None:
    """Have Stripe sell what the paper offers, saying each thing when it is done."""

    def remember(manage_url: str) -> None:
        now = dt.datetime.now(dt.UTC)
        set_paper(stack.documents(), stack.purge(), {"manage_url": manage_url}, stack.output("SiteUrl"), now)

    for said in work.set_up(paper, stack.money(), remember, new_webhook=new_webhook):
        out.print(plain(said), markup=False)


def _lines(facts: Facts, paper: Paper, money: Money) -> Iterator[tuple[str, str]]:
    yield "mode", mode(money.doors.livemode)
    yield "key", facts.key_problem or "there"
    if facts.silent is None:
        for plan in paper.plans:
            price = facts.prices[plan.id]
            says = "not sold" if price is None else f"{written(price.amount, price.currency)} a {price.interval.value}"
            yield "plan", f"{plan.id}: {written(plan.amount, plan.currency)} a {plan.interval}; at Stripe {says}"
        yield "portal", facts.portal or "not set up"
        for one in facts.endpoints:
            yield "webhook", f"{one.url} ({one.id}), {'on' if one.enabled else 'off'}"
    else:
        yield "Stripe", facts.silent
    if money.hears_by_bus:
        yield "webhook", "none: events come by the event bus"
    else:
        yield "signed by", "one secret" if facts.webhook_secrets == 1 else f"{facts.webhook_secrets} secrets"
    yield "reconciled", moment(facts.reconciled) or "not yet"
    yield "dead letters", str(facts.dead)


def read_key(stack: Stack) -> str:
    """What was typed where nobody sees it, or came by a pipe."""
    if sys.stdin.isatty():
        asked: str = typer.prompt(f"Stripe's key for {mode(stack.livemode)} mode", hide_input=True, err=True)
        return asked.strip()
    return sys.stdin.read(MOST_KEY).strip()


def _paper(stack: Stack) -> Paper:
    paper, _ = read_paper(stack.documents())
    if paper is None:
        raise InvalidPaper("The paper has not been given its name yet: `frontline paper --name … --description …`.")
    return paper

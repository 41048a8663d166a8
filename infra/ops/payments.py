"""How a stack's payments are set up at Stripe, and what is wrong with them: for `frontline payments` and the doctor."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Final

import msgspec
from msgspec import Struct, field

from functions.payments.doors import Doors
from shared.domain.campaigns import Raised, campaign_key
from shared.domain.decoding import UNREADABLE
from shared.domain.happenings import Forget, PaymentsMessage
from shared.domain.moments import moment
from shared.domain.money import written
from shared.domain.orders import Interval, Kind, Order, OrderState
from shared.domain.paper import Paper, Plan
from shared.domain.refusals import (
    ImpossibleTransition,
    PaymentMismatch,
    ProcessorRefused,
    ProcessorUnavailable,
    UnknownOrder,
)
from shared.domain.settling import DAY, settle
from shared.ports.money import Catalogue, Endpoint, Price, SecretsShelf
from shared.ports.publishing import DeadLetters

LATE: Final = 2 * DAY
"""After so long without reconciling, the function that does it every day does not."""
MOST_ASKED: Final = 200
"""How many orders are compared with Stripe's word by the doctor: the latest. Reconciling looks at all of them."""
_GUIDE: Final = "see Payments in docs/operations.md"
_SET_UP: Final = "`frontline payments setup` does that"
_RECONCILE: Final = "`frontline contributions reconcile` mends it"
_S = OrderState
_RUNS: Final = frozenset({_S.RUNNING, _S.PAST_DUE, _S.PAUSED})
_AT_REST: Final = frozenset({_S.OPEN, _S.EXPIRED, _S.PAID, _S.ENDED, _S.FAILED})
_key: Final = re.compile(r"(?:sk|rk)_(live|test)_[A-Za-z0-9_]{6,250}\Z")
_messages: Final[msgspec.json.Decoder[PaymentsMessage]] = msgspec.json.Decoder(PaymentsMessage)

Problem = tuple[str, str]
"""What is wrong, in words, and what to do."""


class Money(Struct, frozen=True):
    """A stack's money. `key`, `webhook_secret`: the names of the secrets that hold Stripe's key, and what its webhooks
    are signed with; `hears_by_bus`: whether events come by EventBridge instead."""

    doors: Doors
    catalogue: Catalogue
    secrets: SecretsShelf
    key: str
    webhook_secret: str
    dead_letters: DeadLetters
    hears_by_bus: bool = False


def takes_money(paper: Paper) -> bool:
    """Whether the paper asks for any."""
    return bool(paper.plans) or paper.giving is not None


def hook_of(paper: Paper) -> str:
    """Where Stripe's webhooks go."""
    return f"{paper.url}/api/webhooks/stripe"


# The key --------------------------------------------------------------------------------------------------------------


def key_problem(key: str, livemode: bool) -> str | None:
    """Why this is no key for that mode; None where it may be one. Nothing of the key is in it."""
    if not key:
        return "nothing was given"
    if key.startswith("pk_"):
        return "this is the publishable key; the secret one begins with sk_, a restricted one with rk_"
    if key.startswith("whsec_"):
        return "this is what webhooks are signed with, and no key"
    found = _key.match(key)
    if found is None:
        return "this is no key of Stripe's: those begin with sk_test_, sk_live_, rk_test_ or rk_live_"
    if (found[1] == "live") is not livemode:
        own = "live" if livemode else "test"
        return f"this is a key of {found[1]} mode, and this stack is deployed for {own} mode (its parameter StripeMode)"
    return None


class Held:
    """`shared.ports.money.VendorSecrets` of whoever holds a key in the hand, to try it."""

    def __init__(self, key: str) -> None:
        self._key = key

    def read(self, name: str) -> tuple[str, ...]:
        return (self._key,)


# Setting up -----------------------------------------------------------------------------------------------------------


def set_up(
    paper: Paper, money: Money, remember: Callable[[str], object], *, new_webhook: bool = False
) -> Iterator[str]:
    """Have Stripe sell what the paper offers, show its payers the page on which they manage it, and tell us what
    happens. Says each thing when it is done; whatever is so already stays. `remember` writes the address of that page
    into the paper's configuration. `new_webhook`: sign webhooks with a new secret."""
    for plan in paper.plans:
        before = money.catalogue.price(plan.id)
        if before is not None and _is_price_of(plan, before):
            yield f"plan {plan.id}: {_price(before)}, as before"
        else:
            money.catalogue.sell(plan, paper.name)
            kept = f"; whoever pays {_price(before)} goes on paying that" if before is not None else ""
            yield f"plan {plan.id}: {written(plan.amount, plan.currency)} a {plan.interval} from now on{kept}"
    login = money.catalogue.set_up_portal(paper)
    yield "portal: members change there how they pay, and cancel"
    yield from _tell_us(paper, money, new_webhook)
    remember(login)  # also where the paper says so already: a run that was cut off may not have purged what it wrote
    if paper.manage_url == login:
        yield f"login page: {login}, as before"
    else:
        yield f"login page: {login}, for whoever gives without an account; the paper says so now, as its `manage_url`"


def _tell_us(paper: Paper, money: Money, anew: bool) -> Iterator[str]:
    hook = hook_of(paper)
    if money.hears_by_bus:
        yield "webhook: none, since events come by the event bus"
        return
    known = money.secrets.read(money.webhook_secret)
    ours = [one for one in money.catalogue.endpoints() if one.url == hook]
    if known and not anew and any(one.enabled and not one.missing for one in ours):
        yield f"webhook: {hook} is told of everything, as before"
        return
    if known:  # nobody can ask for the new one again: whether one may write is found out before there is one
        money.secrets.write(money.webhook_secret, known)
    secret = money.catalogue.tell(hook)
    money.secrets.write(money.webhook_secret, (secret, *known[:1]))
    yield f"webhook: {hook} is told of everything from now on"
    if known:
        yield "webhook: signatures with the secret before are accepted still, until the next one is made"
    for one in ours:
        yield f"webhook: take the endpoint {one.id} away in Stripe's dashboard: it tells the same"


# What is so -----------------------------------------------------------------------------------------------------------


class Facts(Struct, frozen=True):
    """How payments are set up. `silent`: why Stripe could not be asked; then `prices`, `portal` and `endpoints` say
    nothing. `prices`: Stripe's for each of the paper's plans; `portal`: where its login page is; `webhook_secrets`: how
    many are accepted."""

    key_problem: str | None
    silent: str | None = None
    prices: dict[str, Price | None] = field(default_factory=dict)
    portal: str | None = None
    endpoints: tuple[Endpoint, ...] = ()
    webhook_secrets: int = 0
    reconciled: int | None = None
    dead_letters: tuple[str, ...] = ()
    dead: int = 0


def gather(paper: Paper, money: Money) -> Facts:
    """As it is now. Raises StoreUnavailable."""
    key = next(iter(money.secrets.read(money.key)), "")
    problem = key_problem(key, money.doors.livemode) if key else "there is none"
    silent = "without a key it is not asked" if problem else None
    prices: dict[str, Price | None] = {}
    portal: str | None = None
    endpoints: tuple[Endpoint, ...] = ()
    if problem is None:
        try:
            prices = {plan.id: money.catalogue.price(plan.id) for plan in paper.plans}
            portal = money.catalogue.portal_login()
            endpoints = tuple(one for one in money.catalogue.endpoints() if one.url == hook_of(paper))
        except ProcessorUnavailable:
            silent = "it does not answer"
        except ProcessorRefused as refusal:
            silent = f"it refuses: {refusal.reason}"
    return Facts(
        key_problem=problem,
        silent=silent,
        prices=prices,
        portal=portal,
        endpoints=endpoints,
        webhook_secrets=len(money.secrets.read(money.webhook_secret)),
        reconciled=money.doors.ledger.reconciled(),
        dead_letters=money.dead_letters.peek(),
        dead=money.dead_letters.count(),
    )


def problems_in(facts: Facts, paper: Paper, *, hears_by_bus: bool, now: float) -> Iterator[Problem]:
    """What is wrong with that."""
    if facts.key_problem is not None:
        yield f"nobody can pay: Stripe's key: {facts.key_problem}", "`frontline payments key` puts it there"
    elif facts.silent is not None:
        yield (
            f"Stripe cannot be asked: {facts.silent}",
            f"try again; `frontline payments key` puts in another key; {_GUIDE}",
        )
    else:
        yield from _wrong_at_stripe(facts, paper, hears_by_bus)
    if not facts.webhook_secrets and not hears_by_bus:
        yield "what webhooks are signed with is not known: none is believed", _SET_UP
    if facts.reconciled is not None and now - facts.reconciled > LATE:
        words = f"the ledger was reconciled at {moment(facts.reconciled)} for the last time"
        yield words, f"`frontline contributions reconcile`, and look in the reconcile function's log; {_GUIDE}"
    if facts.dead_letters:
        yield from _dead(facts)


def _wrong_at_stripe(facts: Facts, paper: Paper, hears_by_bus: bool) -> Iterator[Problem]:
    for plan in paper.plans:
        price = facts.prices.get(plan.id)
        if price is None:
            yield f"Stripe does not sell the plan “{plan.id}”: nobody can take it", _SET_UP
        elif not _is_price_of(plan, price):
            ours = f"{written(plan.amount, plan.currency)} a {plan.interval}"
            words = f"the plan “{plan.id}” is {ours} in the paper and {_price(price)} at Stripe: nobody can take it"
            yield words, f"{_SET_UP}, if the paper is right"
    yield from _unmanaged(facts.portal, paper)
    if hears_by_bus:
        return
    if not facts.endpoints:
        yield f"Stripe tells nobody at {hook_of(paper)} what happens: payments are found once a day", _SET_UP
        return
    if not any(one.enabled and not one.missing for one in facts.endpoints):
        one = facts.endpoints[0]
        why = f"of {', '.join(one.missing)} it tells nothing" if one.enabled else "Stripe has switched it off"
        cure = "`frontline payments setup` makes another; take this one away in Stripe's dashboard"
        yield f"the webhook {one.id} does not tell us everything: {why}", cure
    elif len(facts.endpoints) > 1:
        several = ", ".join(one.id for one in facts.endpoints)
        cure = "take all but the one that was made last away in Stripe's dashboard (Developers, Webhooks)"
        yield f"Stripe tells us everything {len(facts.endpoints)} times ({several})", cure


def _unmanaged(portal: str | None, paper: Paper) -> Iterator[Problem]:
    """What keeps payers from changing or ending by themselves what is collected again and again."""
    gives_again = paper.giving is not None and paper.giving.repeats
    if portal is None:
        if paper.plans or gives_again:
            yield "nobody has a page on which to cancel: Stripe's portal is not set up, or has no login page", _SET_UP
    elif gives_again and paper.manage_url is None:
        words = (
            "whoever gives again and again without an account is told of no page to end it on: `manage_url` is empty"
        )
        yield words, _SET_UP
    elif gives_again and paper.manage_url != portal:
        yield f"the paper's `manage_url` is not Stripe's login page, which is {portal}", _SET_UP


def _dead(facts: Facts) -> Iterator[Problem]:
    count = max(facts.dead, len(facts.dead_letters))
    words = f"payments could not deal with {'one message' if count == 1 else f'{count} messages'}"
    cure = (
        "look in the payments function's log for the cause; `frontline contributions reconcile` does what they ask for"
    )
    if any(isinstance(_message(body), Forget) for body in facts.dead_letters):
        words += ", an erasure among them: somebody is not forgotten yet"
        cure = (
            "look in the payments function's log for the cause, then move them back (`aws sqs start-message-move-task`)"
        )
    yield words, cure


def _message(body: str) -> PaymentsMessage | None:
    try:
        return _messages.decode(body)
    except UNREADABLE:
        return None


# What is in the ledger ------------------------------------------------------------------------------------------------


def problems_of_orders(
    paper: Paper, money: Money, now: float, pause: Callable[[], None], step: Callable[[], None], *, asks: bool
) -> Iterator[Problem]:
    """What is wrong with orders, memberships and campaigns. What looks wrong is looked at again after a `pause`: it may
    be under way. `asks`: whether Stripe can be asked for its word."""
    orders: list[Order] = []
    for order, _ in money.doors.ledger.everything():
        step()
        orders.append(order)
    if money.doors.ledger.reconciled() is None and any(now - one.asked_at > LATE for one in orders):
        yield "the ledger was never reconciled", f"`frontline contributions reconcile`, and look in the log; {_GUIDE}"
    yield from _running_twice(orders)
    if asks:
        yield from _mismatched(orders, paper, money, step)
    campaigns = sorted({one.campaign for one in orders if one.campaign is not None})
    if wrong := [one for one in campaigns if not _is_said(one, money)]:
        pause()
        for campaign in wrong:
            if not _is_said(campaign, money):
                yield f"readers are not told what the campaign “{campaign}” has raised", _RECONCILE


def _running_twice(orders: list[Order]) -> Iterator[Problem]:
    running: defaultdict[str, list[str]] = defaultdict(list)
    for order in orders:
        if order.kind is Kind.MEMBERSHIP and order.member is not None and order.state in _RUNS:
            running[order.member].append(order.id)
    for member, ids in running.items():
        if len(ids) > 1:
            cure = "`frontline contributions refund` gives one back and ends it; ask the member which"
            yield f"the member {member} pays for {len(ids)} memberships: {', '.join(sorted(ids))}", cure


def _mismatched(orders: list[Order], paper: Paper, money: Money, step: Callable[[], None]) -> Iterator[Problem]:
    """Orders over which Stripe speaks of something else: nothing is granted for them, whoever looks."""
    asked = [one for one in orders if one.session is not None and one.state not in _AT_REST]
    for order in sorted(asked, key=lambda one: -one.asked_at)[:MOST_ASKED]:
        step()
        try:
            standing = money.doors.processor.standing(order.session or "")
            settle(order, standing, frozenset(), paper.past_due_grace_days)
            continue
        except PaymentMismatch as error:
            why = f"the {error.what} is not what was ordered"
        except ImpossibleTransition as error:
            why = error.detail.rstrip(".")
        except UnknownOrder:
            why = "Stripe does not know it"
        except (ProcessorUnavailable, ProcessorRefused):
            yield "Stripe did not say how all orders stand", "try again"
            return
        cure = f"`frontline contributions show {order.id}` shows both sides; {_GUIDE}"
        yield f"the order {order.id} gives nothing: {why}", cure


def _is_said(campaign: str, money: Money) -> bool:
    """Whether readers are told of a campaign what the ledger says."""
    found = money.doors.documents.read(campaign_key(campaign))
    raised = money.doors.ledger.raised(campaign)
    if found is None:
        return raised == Raised()
    try:
        return msgspec.json.decode(found[0], type=Raised) == raised
    except UNREADABLE:
        return False


def _is_price_of(plan: Plan, price: Price) -> bool:
    return (price.amount, price.currency, price.interval) == (plan.amount, plan.currency, Interval(plan.interval))


def _price(price: Price) -> str:
    return f"{written(price.amount, price.currency)} a {price.interval.value}"

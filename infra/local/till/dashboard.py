"""What the account's owner sees: all that is in it, and everything that may happen to it, to be pressed."""

import html
from collections.abc import Iterable, Mapping
from typing import Any, Final

from infra.local.messages import Answer, Request
from infra.local.till.account import Account
from infra.local.till.frame import BASE, moment, money, page, press, price_of, table
from infra.local.till.hosted import state_of
from infra.local.till.webhooks import Webhooks

SHOWN: Final = 50  # rows of a table, the newest first
KINDS: Final = {
    "sessions": "checkout.session",
    "subscriptions": "subscription",
    "invoices": "invoice",
    "payments": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "disputes": "dispute",
    "customers": "customer",
    "prices": "price",
}
PAID: Final = {"paid": "paid", "unpaid": "on its way, or failed", "no_payment_required": "free"}
FAULTS: Final = {
    "drop": "share that is lost (0 to 1)",
    "duplicate": "share that comes twice (0 to 1)",
    "delay": "seconds that each waits",
    "reorder": "seconds more, at most, by chance",
    "seed": "seed of the chance",
}


def state(account: Account, webhooks: Webhooks) -> dict[str, Any]:
    """All of it for programs: Stripe's own objects by what they are, the newest first, and the webhooks' deliveries,
    the oldest first. No secret is in it."""
    return {
        "now": account.now(),
        "sums": account.sums(),
        **{name: [_open(one) for one in account.all(kind)] for name, kind in KINDS.items()},
        "events": [{name: one[name] for name in ("id", "type", "created")} for one in account.events()],
        "deliveries": webhooks.deliveries(),
        "waiting": webhooks.waiting,
        "faults": faults_of(webhooks),
    }


def _open(object: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in object.items() if name != "client_secret"}


def faults_of(webhooks: Webhooks) -> dict[str, Any]:
    """What goes wrong with webhooks now."""
    return {name: getattr(webhooks.faults, name) for name in (*FAULTS, "hold")}


def dashboard(account: Account, webhooks: Webhooks, request: Request) -> Answer:
    """The page of all of it."""
    sums = " · ".join(money(amount, currency) for currency, amount in sorted(account.sums().items()))
    body = (
        f'<p class="sum">{sums or "Nothing has come yet"}</p>'
        f"<p>It is <strong>{moment(account.now())}</strong> here. Let time pass:</p>"
        f"{_moves()}"
        f'<h2 id="pages">Pages to pay on</h2>{_pages(account)}'
        f'<h2 id="subscriptions">Subscriptions</h2>{_subscriptions(account)}'
        f'<h2 id="payments">Payments</h2>{_payments(account)}'
        f'<h2 id="disputes">Disputes</h2>{_disputes(account)}'
        f'<h2 id="webhooks">Webhooks</h2>{_faults(webhooks)}{_deliveries(webhooks)}'
        '<h2 id="reconcile">The daily look</h2><p>What Frontline does once a day, to find what it was never told:</p>'
        f"{press(f'{BASE}/reconcile', 'reconcile', 'Do it now')}"
        f'<p><a href="{BASE}.json">All of this as JSON</a></p>'
    )
    return page("The till", body, request, broad=True)


def _moves() -> str:
    return "".join(press(f"{BASE}/clock", by, f"A {by}") for by in ("day", "month", "year"))


def _pages(account: Account) -> str:
    def row(session: Mapping[str, Any]) -> tuple[str, ...]:
        link = f'<a href="{BASE}/pay/{session["id"]}">{_short(session["id"])}</a>'
        over = press(f"{BASE}/sessions/{session['id']}", "expire", "Let it expire")
        return (
            link,
            money(session["amount_total"], session["currency"]),
            PAID[session["payment_status"]] if session["status"] == "complete" else session["status"],
            moment(session["created"]),
            over if session["status"] == "open" else "",
        )

    return table(("Page", "Amount", "State", "Made", ""), map(row, account.all("checkout.session")[:SHOWN]))


def _subscriptions(account: Account) -> str:
    def row(subscription: Mapping[str, Any]) -> tuple[str, ...]:
        item = subscription["items"]["data"][0]
        price, there = item["price"], f"{BASE}/subscriptions/{subscription['id']}"
        fails = account.fails(subscription["customer"])
        does = [("renew", "Renew now")]
        does.append(("works", "Let payments work") if fails else ("fail", "Let the next payment fail"))
        does.append(("keep", "Keep it") if subscription["cancel_at_period_end"] else ("cancel", "Cancel at the end"))
        does.append(("resume", "Resume") if subscription["pause_collection"] else ("pause", "Pause"))
        does.append(("end", "End now"))
        return (
            f"{_short(subscription['id'])}<br><small>{_email(account, subscription)}</small>",
            price_of(price["unit_amount"], price["currency"], price["recurring"]["interval"]),
            state_of(subscription),
            moment(item["current_period_end"]),
            "" if subscription["ended_at"] else "".join(press(there, *each) for each in does),
        )

    return table(("Subscription", "Price", "State", "Until", ""), map(row, account.all("subscription")[:SHOWN]))


def _email(account: Account, subscription: Mapping[str, Any]) -> str:
    return html.escape(account.get(subscription["customer"]).get("email") or "forgotten")


def _payments(account: Account) -> str:
    charges = {one["id"]: one for one in account.all("charge")}

    def row(intent: Mapping[str, Any]) -> tuple[str, ...]:
        charge, there = charges.get(intent["latest_charge"]), f"{BASE}/payments/{intent['id']}"
        gone = charge["amount_refunded"] if charge else 0
        does = ""
        if intent["status"] == "processing":
            does = press(there, "settle", "The money comes") + press(there, "bounce", "It does not come")
        elif charge and charge["status"] == "succeeded":
            amount = '<input name="amount" inputmode="decimal" placeholder="all" aria-label="Amount">'
            does = press(there, "refund", "Refund", amount) + press(there, "dispute", "Dispute")
        return (
            _short(intent["id"]),
            money(intent["amount"], intent["currency"]),
            intent["status"].replace("_", " "),
            money(gone, intent["currency"]) if gone else "",
            moment(intent["created"]),
            does,
        )

    heads = ("Payment", "Amount", "State", "Given back", "Begun", "")
    return table(heads, map(row, account.all("payment_intent")[:SHOWN]))


def _disputes(account: Account) -> str:
    def row(dispute: Mapping[str, Any]) -> tuple[str, ...]:
        there, status = f"{BASE}/disputes/{dispute['id']}", dispute["status"]
        does = [("won", "The paper wins"), ("lost", "The paper loses")]
        if status in {"won", "lost", "warning_closed"}:
            does = []
        elif status.startswith("warning_"):
            does = [("escalate", "The bank takes it"), ("lost", "Close it")]
        return (
            _short(dispute["id"]),
            _short(dispute["payment_intent"]),
            money(dispute["amount"], dispute["currency"]),
            status.replace("_", " "),
            "".join(press(there, *each) for each in does),
        )

    return table(("Dispute", "Payment", "Amount", "State", ""), map(row, account.all("dispute")[:SHOWN]))


def _faults(webhooks: Webhooks) -> str:
    faults = webhooks.faults
    inputs = "".join(
        f'<label>{words}<input name="{name}" inputmode="decimal" value="{getattr(faults, name):g}"></label>'
        for name, words in FAULTS.items()
    )
    held = " checked" if faults.hold else ""
    return (
        f"<details{' open' if faults != type(faults)() else ''}><summary>What goes wrong on their way</summary>"
        f'<form method="post" action="{BASE}/faults">{inputs}'
        f'<p><input type="checkbox" id="hold" name="hold" value="yes"{held}> <label for="hold" '
        'style="display:inline">hold all back</label></p><button>So be it</button></form>'
        f"{press(f'{BASE}/faults', 'none', 'Let everything go well')}</details>"
        f"<p>{webhooks.waiting} are waiting or on their way.</p>"
    )


def _deliveries(webhooks: Webhooks) -> str:
    def rows() -> Iterable[tuple[str, ...]]:
        for each in reversed(webhooks.deliveries()[-SHOWN:]):
            answered = "nobody answered" if each["last_status"] == 0 else str(each["last_status"] or "")
            yield (
                html.escape(each["type"]) + f"<br><small>{html.escape(each['event'])}</small>",
                each["state"],
                str(each["attempts"]),
                answered,
                press(f"{BASE}/events/{each['event']}", "resend", "Send again"),
            )

    return table(("Event", "State", "Attempts", "Answer", ""), rows())


def _short(id: str) -> str:
    """An id that can be told from others, in a table's width."""
    return html.escape(id if len(id) <= 16 else f"{id[:14]}…")

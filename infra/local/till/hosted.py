"""The pages that a payer sees: one to pay on, one to manage what is paid. Both work without scripts."""

import html
import re
from collections.abc import Mapping
from typing import Any, Final

from infra.local.messages import Answer, Request
from infra.local.till import shapes
from infra.local.till.account import Account, TillError
from infra.local.till.frame import BASE, go, interval_of, moment, money, page, press, price_of, table
from infra.local.till.page_forms import PageError, fields

PLACE: Final = "{CHECKOUT_SESSION_ID}"  # in a success_url, what Stripe puts the page's id in place of
EMAIL: Final = re.compile(r"[^@\s<>,;]{1,64}@[^@\s<>,;]{1,189}\.[^@\s<>,;]{1,63}\Z")


def pay(account: Account, request: Request, id: str) -> Answer:
    """The page to pay on, and what is pressed there. Raises PageError, and TillError for one that is not there."""
    session = account.get(id, "session")
    if request.method != "POST":
        return _checkout(account, session, request)
    form = fields(request)
    if session["status"] != "open":
        return _over(session, request, 409)
    what, email = form.get("do", ""), form.get("email", "").strip()
    if what not in {"pay", "later", "decline", "expire"}:
        raise PageError(400, "Press one of the buttons.")
    if what in {"pay", "later"} and not EMAIL.match(email):
        return _checkout(account, session, request, 400, "Write an e-mail address, such as you@example.org.", email)
    try:
        match what:
            case "decline":
                account.decline(id, email or None)
                told = "Your card was declined. Try another one."
                return _checkout(account, session, request, 402, told, email)
            case "expire":
                account.expire(id)
                return go(f"{BASE}/pay/{id}")
            case "later":
                account.pay_later(id, email)
            case _:
                account.pay(id, email)
    except TillError:  # somebody has pressed twice
        return _over(account.get(id), request, 409)
    return go(_success(session))


def _success(session: Mapping[str, Any]) -> str:
    return str(session["success_url"] or f"{BASE}/pay/{session['id']}").replace(PLACE, session["id"])


def _checkout(
    account: Account, session: Mapping[str, Any], request: Request, status: int = 200, told: str = "", email: str = ""
) -> Answer:
    if session["status"] != "open":
        return _over(session, request, 200)
    (item,) = account.items(session["id"])
    interval = interval_of(item["price"])
    email = email or _email(account, session)
    word = {"donate": "Give", "book": "Book"}.get(session["submit_type"] or "", "Subscribe for" if interval else "Pay")
    amount = money(session["amount_total"], session["currency"])
    text = (
        f'<p class="sum">{html.escape(price_of(session["amount_total"], session["currency"], interval))}</p>'
        f"{_said(told)}"
        f'<form class="pay" method="post" action="{BASE}/pay/{html.escape(session["id"])}">'
        f'<label>E-mail<input type="email" name="email" required maxlength="254" value="{html.escape(email)}"></label>'
        f'<button class="first" name="do" value="pay">{word} {html.escape(amount)}</button>'
        '<button name="do" value="later">Pay by bank debit, which takes days</button>'
        '<button name="do" value="decline" formnovalidate>Pay with a card that is declined</button></form>'
        f"{_link(session['cancel_url'], 'Back, without paying')}"
    )
    return page(item["description"] or "Payment", text, request, status)


def _email(account: Account, session: Mapping[str, Any]) -> str:
    if session["customer"]:
        return account.get(session["customer"]).get("email") or ""
    return session["customer_email"] or ""


def _over(session: Mapping[str, Any], request: Request, status: int) -> Answer:
    if session["status"] == "complete":
        onward = _link(_success(session), "Go on")
        return page("This has been paid", f"<p>Nothing more is to be done here.</p>{onward}", request, status)
    back = _link(session["cancel_url"], "Back")
    return page("This page is over", f"<p>It was not paid in time. Begin again.</p>{back}", request, status)


def manage(account: Account, request: Request, id: str) -> Answer:
    """The page of a customer who manages what they pay. Raises PageError, and TillError for one that is not there."""
    portal = account.get(id, "session")
    customer = account.get(portal["customer"], "customer")
    if customer.get("deleted"):
        raise PageError(404, "This customer has been forgotten.")
    told = _manage(account, portal["customer"], fields(request)) if request.method == "POST" else ""
    if request.method == "POST" and not told:
        return go(f"{BASE}/portal/{id}")
    theirs = [one for one in account.all("subscription") if one["customer"] == portal["customer"]]
    bills = [one for one in account.all("invoice") if one["customer"] == portal["customer"]]
    here, fails = f"{BASE}/portal/{id}", account.fails(portal["customer"])
    body = (
        f"{_said(told)}<p>{html.escape(customer.get('email') or '')}</p>"
        f"<h2>What you pay</h2>{table(('What', 'State', 'Paid until', ''), (_row(one, here) for one in theirs))}"
        "<h2>Your card</h2>"
        f"<p>{'It will be declined.' if fails else 'It works.'}</p>"
        f"{press(here, 'works', 'A card that works')}{press(here, 'declines', 'A card that is declined from now on')}"
        f"<h2>Invoices</h2>{table(('Number', 'Date', 'Amount', 'State'), map(_bill, bills))}"
        f"{_link(portal['return_url'], 'Back')}"
    )
    return page("What you pay", body, request, 409 if told else 200)


def log_in(account: Account, request: Request) -> Answer:
    """The page on which a customer asks for a way to `manage`. What Stripe mails to them is opened here at once: the
    till sends no mail. Raises PageError where it is switched off."""
    portals = account.all("billing_portal.configuration")
    portal = next((one for one in portals if one["login_page"]["enabled"]), None)
    if portal is None:
        raise PageError(404, "Nothing is here.")
    if request.method != "POST":
        return _asking(request)
    email = fields(request).get("email", "").strip()
    if not EMAIL.match(email):
        return _asking(request, 400, "Write an e-mail address, such as you@example.org.", email)
    customer = _customer_of(account, email)
    if customer is None:
        told = "If somebody pays with this address, a mail with a link is on its way there."
        return page("Look into your mail", f"<p>{told}</p>{_link(portal['default_return_url'], 'Back')}", request)
    made = shapes.portal_session(
        account.now(), customer, portal["id"], portal["default_return_url"], f"{account.base}/portal"
    )
    account.make(made)
    return go(f"{BASE}/portal/{made['id']}")


def _asking(request: Request, status: int = 200, told: str = "", email: str = "") -> Answer:
    body = (
        f"<p>Write the address with which you pay.</p>{_said(told)}"
        f'<form class="pay" method="post" action="{BASE}/portal/login">'
        f'<label>E-mail<input type="email" name="email" required maxlength="254" value="{html.escape(email)}"></label>'
        '<button class="first">Send the link</button></form>'
    )
    return page("Manage what you pay", body, request, status)


def _customer_of(account: Account, email: str) -> str | None:
    """Of all customers with this address the newest for whom something runs, or else the newest: as Stripe chooses
    (docs.stripe.com/customer-management/activate-no-code-customer-portal)."""
    theirs = [str(one["id"]) for one in account.all("customer") if _is(one.get("email"), email)]
    running = {one["customer"] for one in account.all("subscription") if one["ended_at"] is None}
    return next((one for one in theirs if one in running), next(iter(theirs), None))


def _is(known: str | None, email: str) -> bool:
    return known is not None and known.lower() == email.lower()


def _manage(account: Account, customer: str, form: Mapping[str, str]) -> str:
    """Do what was pressed; returns why it was not done."""
    what, subscription = form.get("do", ""), form.get("subscription", "")
    if what in {"works", "declines"}:
        account.fail_next(customer, 0 if what == "works" else None)
        return ""
    if what not in {"cancel", "keep"}:
        raise PageError(400, "Press one of the buttons.")
    if account.get(subscription, "subscription").get("customer") != customer:
        raise PageError(404, "That is nothing of yours.")
    try:
        if what == "cancel":
            account.cancel(subscription, at_period_end=True)
        else:
            account.keep(subscription)
    except TillError:
        return "That has ended already."
    return ""


def _row(subscription: Mapping[str, Any], here: str) -> tuple[str, ...]:
    item = subscription["items"]["data"][0]
    hidden = f'<input type="hidden" name="subscription" value="{html.escape(subscription["id"])}">'
    does = ("keep", "Keep it") if subscription["cancel_at_period_end"] else ("cancel", "Cancel")
    price = item["price"]
    return (
        html.escape(price_of(price["unit_amount"], price["currency"], interval_of(price))),
        state_of(subscription),
        moment(item["current_period_end"]),
        "" if subscription["ended_at"] else press(here, *does, hidden),
    )


def state_of(subscription: Mapping[str, Any]) -> str:
    """How it stands with a subscription, in a few words."""
    words = [subscription["status"].replace("_", " ")]
    if subscription["pause_collection"]:
        words.append("paused")
    if subscription["cancel_at_period_end"] and not subscription["ended_at"]:
        words.append("ends with what is paid")
    return ", ".join(words)


def _bill(invoice: Mapping[str, Any]) -> tuple[str, ...]:
    amount = money(invoice["total"], invoice["currency"])
    return html.escape(str(invoice["number"])), moment(invoice["created"]), amount, invoice["status"]


def _said(words: str) -> str:
    return f'<p class="told" role="alert">{html.escape(words)}</p>' if words else ""


def _link(url: str | None, words: str) -> str:
    """A way on to an address of the web; none where there is none."""
    if not url or not url.startswith(("http://", "https://", "/")):
        return ""
    return f'<p><a href="{html.escape(url)}">{words}</a></p>'

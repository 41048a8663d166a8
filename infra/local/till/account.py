"""One Stripe account, with what payers and their banks do to it. Objects are those of the wire (`shapes`), ids stand
for what belongs to them, and everything that happens is an event, of which `on_event` hears.

Time is the clock's, moved on by `advance`: what has become due meanwhile happens then, each at its own time.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from infra.local.till import shapes
from infra.local.till.calendar import period_end
from infra.local.till.shapes import Object

DAY: Final = 86_400
RETRY_AFTER: Final = (3 * DAY, 5 * DAY, 7 * DAY)
"""When a renewal that has failed is tried again, each counted from the try before; then the subscription ends."""
KINDS: Final = {
    "cus_": "customer",
    "prod_": "product",
    "price_": "price",
    "cs_": "checkout.session",
    "pi_": "payment_intent",
    "ch_": "charge",
    "in_": "invoice",
    "inpay_": "invoice_payment",
    "sub_": "subscription",
    "re_": "refund",
    "du_": "dispute",
    "evt_": "event",
    "bpc_": "billing_portal.configuration",
    "bps_": "billing_portal.session",
    "we_": "webhook_endpoint",
}
_FOREVER: Final = 1 << 30


class TillError(Exception):
    """What Stripe would not do: its status, and its error's type, code and parameter."""

    def __init__(
        self,
        message: str,
        code: str | None = None,
        *,
        param: str | None = None,
        status: int = 400,
        type: str = "invalid_request_error",
    ) -> None:
        super().__init__(message)
        self.message, self.code, self.param, self.status, self.type = message, code, param, status, type


def missing(id: str, param: str = "id") -> TillError:
    kind = next((kind for prefix, kind in KINDS.items() if id.startswith(prefix)), "object")
    return TillError(f"No such {kind}: '{id}'", "resource_missing", param=param, status=404)


class Account:
    """The account. `clock` gives seconds since 1970, `base` is where the till is served: its pages are at
    `<base>/pay/<session>` and `<base>/portal/<session>`.

    Safe for threads: one verb at a time. `on_event` is called after the verb, outside of the lock, so it may ask the
    account again. Everything that is given out is a copy.
    """

    def __init__(self, clock: Callable[[], float] = time.time, base: str = "http://127.0.0.1:8000/_local/till") -> None:
        self.on_event: Callable[[Object], object] = lambda event: None
        self.base = base
        self.after_retries = "cancel"
        """What becomes of a subscription whose last retry fails: cancel, unpaid or past_due."""
        self._clock, self._ahead = clock, 0
        self._at: int | None = None  # the moment at which what was due happens
        self._lock = threading.RLock()
        self._depth = 0
        self._news: list[Object] = []
        self._objects: dict[str, dict[str, Object]] = {kind: {} for kind in KINDS.values()}
        self._items: dict[str, list[Object]] = {}  # a page's, by its id
        self._fails: dict[str, int] = {}  # how often a customer's next payments fail
        self._numbers = 0

    # What there is ----------------------------------------------------------------------------------------------------

    def now(self) -> int:
        """Seconds since 1970, by the till's clock."""
        with self._lock:
            return self._at if self._at is not None else int(self._clock()) + self._ahead

    def get(self, id: str, param: str = "id") -> Object:
        """The object of that id. Raises TillError (resource_missing)."""
        with self._verb():
            return copy.deepcopy(self._find(id, param))

    def all(self, kind: str) -> list[Object]:
        """Every object of a kind (`charge`, `checkout.session`, …), the newest first."""
        with self._verb():
            return copy.deepcopy(list(reversed(self._objects[kind].values())))

    def page(
        self, kind: str, fits: Callable[[Object], bool], limit: int, after: str | None = None
    ) -> tuple[list[Object], bool]:
        """Of the objects of a kind that fit, the newest first, `limit` behind the one of id `after`; and whether there
        are more. Raises TillError where that one is not among them."""
        with self._verb():
            found = [one for one in reversed(self._objects[kind].values()) if fits(one)]
            start = 0
            if after is not None:
                places = [place for place, one in enumerate(found) if one["id"] == after]
                if not places:
                    raise missing(after, "starting_after")
                start = places[0] + 1
            return copy.deepcopy(found[start : start + limit]), len(found) > start + limit

    def items(self, session: str) -> list[Object]:
        """What is on a page."""
        with self._verb():
            return copy.deepcopy(self._items[session])

    def events(self) -> list[Object]:
        """Every event, the oldest first."""
        with self._verb():
            return copy.deepcopy(list(self._objects["event"].values()))

    def sums(self) -> dict[str, int]:
        """What is here by currency (three capitals), in minor units, before fees: what came, less what went back."""
        sums: dict[str, int] = {}
        with self._verb():
            for charge in self._objects["charge"].values():
                if charge["status"] == "succeeded":
                    _add(sums, charge, charge["amount"])
            for refund in self._objects["refund"].values():
                if refund["status"] not in {"failed", "canceled"}:
                    _add(sums, refund, -refund["amount"])
            for dispute in self._objects["dispute"].values():
                _add(sums, dispute, sum(one["amount"] for one in dispute["balance_transactions"]))
        return sums

    # What is set up ---------------------------------------------------------------------------------------------------

    def make(self, object: Object, event: str | None = None) -> Object:
        """Keep a new object of `shapes`, and say so."""
        with self._verb():
            self._objects[object["object"]][object["id"]] = object
            if event:
                self._tell(event, object)
            return copy.deepcopy(object)

    def change(self, id: str, changes: Object, event: str | None = None) -> Object:
        """Write these fields, and say so."""
        with self._verb():
            object = self._find(id)
            before = {name: object[name] for name in changes if object[name] != changes[name]}
            object.update(copy.deepcopy(changes))
            if event:
                self._tell(event, object, before)
            return copy.deepcopy(object)

    def make_customer(self, email: str | None, name: str | None = None, metadata: Object | None = None) -> Object:
        return self.make(shapes.customer(self.now(), email, name, metadata), "customer.created")

    def delete_customer(self, customer: str) -> None:
        """End what they pay, and forget who they are; what they have paid stays. Raises TillError where that has been
        done."""
        with self._verb():
            object = self._find(customer, "customer")
            if object.get("deleted"):
                raise missing(customer, "customer")
            for subscription in list(self._objects["subscription"].values()):
                if subscription["customer"] == customer and subscription["ended_at"] is None:
                    self._end(subscription, "cancellation_requested")
            self._tell("customer.deleted", object)
            self._objects["customer"][customer] = {"id": customer, "object": "customer", "deleted": True}

    def make_session(self, price: Object, description: str, fields: Object) -> Object:
        """A page for one piece of `price`; `fields` are those of the page that its maker has set."""
        with self._verb():
            mode = "subscription" if price["recurring"] else "payment"
            session = shapes.session(self.now(), mode, price, f"{self.base}/pay")
            session.update(fields)
            self._items[session["id"]] = [shapes.line_item(copy.deepcopy(price), description)]
            return self.make(session)

    # What a payer does ------------------------------------------------------------------------------------------------

    def pay(self, session: str, email: str | None = None, name: str | None = None) -> Object:
        """The payer pays by card. Raises TillError where the page is over."""
        return self._complete(session, email, name, "succeeded")

    def pay_later(self, session: str, email: str | None = None, name: str | None = None) -> Object:
        """The payer pays in a way that takes days: see `settle`. Raises TillError where the page is over."""
        return self._complete(session, email, name, "pending")

    def decline(self, session: str, email: str | None = None) -> Object:
        """The payer's card is declined; the page stays open for another."""
        with self._verb():
            page = self._open_page(session)
            if page["mode"] == "payment":
                intent = self._intent_of(page)
                self._attempt(intent, "failed", email, None)
            return copy.deepcopy(page)

    def expire(self, session: str) -> Object:
        """Nobody can pay on the page any more. Raises TillError where it is over."""
        with self._verb():
            page = self._open_page(session)
            self._expire(page)
            return copy.deepcopy(page)

    def cancel(self, subscription: str, at_period_end: bool = False) -> Object:
        """End a subscription, now or with what is paid for. Raises TillError where it has ended."""
        with self._verb():
            object = self._running(subscription)
            if at_period_end:
                self._set(object, cancel_at_period_end=True, cancel_at=_end_of(object), canceled_at=self.now())
            else:
                self._end(object, "cancellation_requested")
            return copy.deepcopy(object)

    def keep(self, subscription: str) -> Object:
        """Take `cancel` at the period's end back."""
        with self._verb():
            object = self._running(subscription)
            self._set(object, cancel_at_period_end=False, cancel_at=None, canceled_at=None)
            return copy.deepcopy(object)

    def pause(self, subscription: str) -> Object:
        """Collect nothing any more: its invoices are void."""
        with self._verb():
            object = self._running(subscription)
            self._set(object, pause_collection={"behavior": "void", "resumes_at": None})
            return copy.deepcopy(object)

    def resume(self, subscription: str) -> Object:
        with self._verb():
            object = self._running(subscription)
            self._set(object, pause_collection=None)
            return copy.deepcopy(object)

    # What a bank does -------------------------------------------------------------------------------------------------

    def settle(self, intent: str, succeeds: bool) -> Object:
        """What was paid in a way that takes days has come, or has not."""
        with self._verb():
            payment = self._find(intent)
            if payment["status"] != "processing":
                raise TillError(f"{intent} is not on its way.", "payment_intent_unexpected_state")
            charge = self._objects["charge"][payment["latest_charge"]]
            self._outcome(payment, charge, "succeeded" if succeeds else "failed")
            page = self._page_of(payment)
            if page is not None:
                page["payment_status"] = "paid" if succeeds else "unpaid"
                self._tell(f"checkout.session.async_payment_{'succeeded' if succeeds else 'failed'}", page)
            return copy.deepcopy(payment)

    def fail_next(self, customer: str, times: int | None = 1) -> None:
        """The customer's next renewals, and tries at them, fail so often; None: all that come."""
        with self._verb():
            self._find(customer, "customer")
            self._fails[customer] = _FOREVER if times is None else times

    def fails(self, customer: str) -> int:
        """How many of the customer's next payments will fail."""
        with self._verb():
            return self._fails.get(customer, 0)

    def refund(
        self, intent: str, amount: int | None = None, reason: str | None = None, status: str = "succeeded"
    ) -> Object:
        """Give back so much (minor units), or all that is left. `status`: "pending" for a way that takes days. Raises
        TillError where there is not so much."""
        with self._verb():
            payment = self._find(intent, "payment_intent")
            charge = self._objects["charge"].get(payment["latest_charge"] or "")
            if charge is None or charge["status"] != "succeeded":
                raise TillError(
                    f"{intent} does not have a successful charge to refund.", "payment_intent_unexpected_state"
                )
            left = charge["amount"] - charge["amount_refunded"]
            if any(one["charge"] == charge["id"] and _is_chargeback(one) for one in self._objects["dispute"].values()):
                raise TillError(f"Charge {charge['id']} has been charged back.", "charge_disputed")
            if left == 0:
                raise TillError(f"Charge {charge['id']} has already been refunded.", "charge_already_refunded")
            if amount is not None and not 0 < amount <= left:
                raise TillError(f"Refund amount ({amount}) is greater than what is left ({left}).", param="amount")
            refund = shapes.refund(self.now(), charge, left if amount is None else amount, reason, status)
            charge["amount_refunded"] += refund["amount"]
            charge["refunded"] = charge["amount_refunded"] == charge["amount"]
            self.make(refund)
            self._tell("charge.refunded", charge)
            self._tell("refund.created", refund)
            return copy.deepcopy(refund)

    def refund_settles(self, refund: str) -> Object:
        """A refund that was on its way has arrived."""
        with self._verb():
            object = self._find(refund)
            object["status"] = "succeeded"
            self._tell("refund.updated", object, {"status": "pending"})
            return copy.deepcopy(object)

    def refund_fails(self, refund: str) -> Object:
        """The payer's bank sends a refund back: the money is here again."""
        with self._verb():
            object = self._find(refund)
            before, object["status"] = object["status"], "failed"
            object["failure_reason"] = "lost_or_stolen_card"
            object["failure_balance_transaction"] = shapes.new_id("txn_")
            charge = self._objects["charge"][object["charge"]]
            charge["amount_refunded"] -= object["amount"]
            charge["refunded"] = False
            self._tell("refund.updated", object, {"status": before})
            self._tell("refund.failed", object)
            return copy.deepcopy(object)

    def dispute(self, intent: str, amount: int | None = None, inquiry: bool = False) -> Object:
        """The payer's bank takes the money back; for an `inquiry` it only asks, and nothing moves."""
        with self._verb():
            payment = self._find(intent, "payment_intent")
            charge = self._objects["charge"].get(payment["latest_charge"] or "")
            if charge is None or charge["status"] != "succeeded":
                raise TillError(f"{intent} has not been paid.", "payment_intent_unexpected_state")
            amount = charge["amount"] - charge["amount_refunded"] if amount is None else amount
            status = "warning_needs_response" if inquiry else "needs_response"
            dispute = shapes.dispute(self.now(), charge, amount, status)
            charge["disputed"] = True
            self.make(dispute)
            self._tell("charge.dispute.created", dispute)
            if not inquiry:
                self._take(dispute)
            return copy.deepcopy(dispute)

    def escalate(self, dispute: str) -> Object:
        """The bank has asked, and now takes the money."""
        with self._verb():
            object = self._find(dispute)
            if object["status"] != "warning_needs_response":
                raise TillError(f"{dispute} is no inquiry.")
            object["status"] = "needs_response"
            self._tell("charge.dispute.updated", object, {"status": "warning_needs_response"})
            self._take(object)
            return copy.deepcopy(object)

    def close_dispute(self, dispute: str, won: bool) -> Object:
        """The bank has decided. An inquiry is closed, however."""
        with self._verb():
            object = self._find(dispute)
            if object["status"] in {"won", "lost", "warning_closed"}:
                raise TillError(f"{dispute} is closed.")
            is_inquiry = object["status"].startswith("warning_")
            object["status"] = "warning_closed" if is_inquiry else "won" if won else "lost"
            self._tell("charge.dispute.closed", object)
            if object["status"] == "won":
                back = shapes.balance_transaction(self.now(), object, object["amount"])
                object["balance_transactions"].append(back)
                self._tell("charge.dispute.funds_reinstated", object)
            return copy.deepcopy(object)

    # What time does ---------------------------------------------------------------------------------------------------

    def advance(self, seconds: int) -> int:
        """Move the clock on. What becomes due happens, in order: pages expire, subscriptions renew or end, what has
        failed is tried again. Returns the new time."""
        if seconds < 0:
            raise TillError("A clock goes forward.", "test_clock_advance_backwards")
        with self._verb():
            self._ahead += seconds
        with self._verb():
            return self.now()

    def _catch_up(self) -> None:
        """Let happen what has become due."""
        end = self.now()
        while (due := min(self._due(), key=lambda one: one[0], default=None)) is not None and due[0] <= end:
            self._at = due[0]
            try:
                due[1](due[2])
            finally:
                self._at = None

    def _due(self) -> Iterator[tuple[int, Callable[[Object], None], Object]]:
        """What will happen by itself: when, what, to what."""
        for page in self._objects["checkout.session"].values():
            if page["status"] == "open":
                yield page["expires_at"], self._expire, page
        for subscription in self._objects["subscription"].values():
            if subscription["ended_at"] is None:
                yield _end_of(subscription), self._renew, subscription
        for invoice in self._objects["invoice"].values():
            if invoice["next_payment_attempt"] is not None:
                yield invoice["next_payment_attempt"], self._retry, invoice

    def _renew(self, subscription: Object) -> None:
        if subscription["cancel_at_period_end"]:
            self._end(subscription, "cancellation_requested")
            return
        item = subscription["items"]["data"][0]
        anchor, recurring = subscription["billing_cycle_anchor"], item["price"]["recurring"]
        before = {"items": copy.deepcopy(subscription["items"]), "latest_invoice": subscription["latest_invoice"]}
        item["current_period_start"] = item["current_period_end"]
        item["current_period_end"] = period_end(anchor, recurring["interval"], item["current_period_start"])
        invoice = self._invoice(subscription, "subscription_cycle")
        self._tell("customer.subscription.updated", subscription, before)
        if subscription["pause_collection"] is not None:
            invoice.update(status="void", auto_advance=False)
            invoice["status_transitions"]["voided_at"] = self.now()
            self._tell("invoice.voided", invoice)
        elif subscription["status"] == "unpaid":
            invoice.update(status="draft", auto_advance=False)
        else:
            self._collect(invoice)

    def _retry(self, invoice: Object) -> None:
        invoice["next_payment_attempt"] = None
        subscription = self._subscription_of(invoice)
        if subscription["ended_at"] is None and subscription["pause_collection"] is None:
            self._collect(invoice)

    def _collect(self, invoice: Object) -> None:
        """Try to have an invoice paid by whatever its customer pays with."""
        customer = invoice["customer"]
        fails = self._fails.get(customer, 0)
        if fails:
            self._fails[customer] = fails - 1
        intent = self._intent_for(invoice)
        self._attempt(intent, "failed" if fails else "succeeded", invoice["customer_email"], invoice["customer_name"])

    # How it is done ---------------------------------------------------------------------------------------------------

    @contextmanager
    def _verb(self) -> Iterator[None]:
        """One at a time, with what is due before; whoever listens is told behind it."""
        with self._lock:
            self._depth += 1
            try:
                if self._depth == 1:
                    self._catch_up()
                yield
            finally:
                self._depth -= 1
                news: list[Object] = []
                if self._depth == 0:
                    news, self._news = self._news, []
        for event in news:
            self.on_event(event)

    def _find(self, id: str, param: str = "id") -> Object:
        prefix = id[: id.find("_") + 1]
        kind = KINDS.get(prefix, "product")  # whose ids may be of their maker's choice
        found = self._objects[kind].get(id)
        if found is None:
            raise missing(id, param)
        return found

    def _tell(self, type: str, object: Object, previous: Object | None = None) -> None:
        shown = {name: value for name, value in object.items() if name != "secret"}
        event = shapes.event(self.now(), type, copy.deepcopy(shown), copy.deepcopy(previous))
        self._objects["event"][event["id"]] = event
        self._news.append(copy.deepcopy(event))

    def _set(self, subscription: Object, **changes: Any) -> None:
        self.change(subscription["id"], changes, "customer.subscription.updated")

    def _open_page(self, session: str) -> Object:
        page = self._find(session, "session")
        if page["status"] != "open":
            raise TillError(f"Only an open Checkout Session can be expired or paid; this one is {page['status']}.")
        return page

    def _expire(self, page: Object) -> None:
        page.update(status="expired", url=None)
        self._tell("checkout.session.expired", page)

    def _complete(self, session: str, email: str | None, name: str | None, status: str) -> Object:
        with self._verb():
            page = self._open_page(session)
            customer = self._objects["customer"].get(page["customer"] or "")
            email = email or (customer or {}).get("email") or page["customer_email"] or "payer@example.org"
            name = name or "P. Ayer"
            if page["mode"] == "subscription":
                invoice = self._subscribe(page, email, name)
                intent = self._intent_for(invoice)
            else:
                intent = self._intent_of(page)
            page.update(
                status="complete",
                url=None,
                payment_status="paid" if status == "succeeded" else "unpaid",
                customer_details={
                    "address": {
                        "city": None,
                        "country": "DE",
                        "line1": None,
                        "line2": None,
                        "postal_code": None,
                        "state": None,
                    },
                    "business_name": None,
                    "email": email,
                    "individual_name": None,
                    "name": name,
                    "phone": None,
                    "tax_exempt": "none",
                    "tax_ids": [],
                },
            )
            self._attempt(intent, status, email, name)
            self._tell("checkout.session.completed", page)
            return copy.deepcopy(page)

    def _subscribe(self, page: Object, email: str, name: str) -> Object:
        """The subscription that was asked for on the page, and its first invoice."""
        if page["customer"] is None:
            page["customer"] = self.make_customer(email, name)["id"]
        if self._find(page["customer"], "customer").get("deleted"):
            raise missing(page["customer"], "customer")
        price = self._items[page["id"]][0]["price"]
        end = period_end(self.now(), price["recurring"]["interval"], self.now())
        subscription = shapes.subscription(self.now(), page["customer"], copy.deepcopy(price), end)
        self._objects["subscription"][subscription["id"]] = subscription
        self._tell("customer.subscription.created", subscription)
        invoice = self._invoice(subscription, "subscription_create")
        page.update(subscription=subscription["id"], invoice=invoice["id"])
        return invoice

    def _invoice(self, subscription: Object, reason: str) -> Object:
        self._numbers += 1
        customer = self._find(subscription["customer"])
        invoice = shapes.invoice(self.now(), subscription, customer, reason, f"TILL-{self._numbers:04}")
        self._objects["invoice"][invoice["id"]] = invoice
        subscription["latest_invoice"] = invoice["id"]
        self._tell("invoice.created", invoice)
        self._tell("invoice.finalized", invoice)
        return invoice

    def _intent_of(self, page: Object) -> Object:
        """The payment of a page where it is paid once."""
        if page["payment_intent"] is None:
            intent = shapes.payment_intent(self.now(), page["amount_total"], page["currency"], page["customer"])
            page["payment_intent"] = intent["id"]
            self.make(intent, "payment_intent.created")
        return self._objects["payment_intent"][page["payment_intent"]]

    def _intent_for(self, invoice: Object) -> Object:
        """The payment by which an invoice is to be paid."""
        for link in self._objects["invoice_payment"].values():
            if link["invoice"] == invoice["id"] and link["status"] == "open":
                return self._objects["payment_intent"][link["payment"]["payment_intent"]]
        amount = invoice["amount_remaining"]
        intent = shapes.payment_intent(self.now(), amount, invoice["currency"], invoice["customer"])
        self.make(intent, "payment_intent.created")
        self.make(shapes.invoice_payment(self.now(), invoice, intent, amount))
        return self._objects["payment_intent"][intent["id"]]

    def _attempt(self, intent: Object, status: str, email: str | None, name: str | None) -> None:
        """Try to take the money. `status`: succeeded, pending or failed."""
        charge = shapes.charge(self.now(), intent, status, email, name)
        intent["latest_charge"] = charge["id"]
        self.make(charge)
        self._outcome(intent, self._objects["charge"][charge["id"]], status)

    def _outcome(self, intent: Object, charge: Object, status: str) -> None:
        """Write what became of an attempt at the payment, and of what was to be paid by it."""
        if charge["status"] != status:
            settled = shapes.charge(charge["created"], intent, status, None, None)
            kept = ("id", "billing_details")
            charge.update({field: value for field, value in settled.items() if field not in kept})
        self._tell(f"charge.{status}", charge)
        link = next(
            (
                one
                for one in self._objects["invoice_payment"].values()
                if one["payment"]["payment_intent"] == intent["id"] and one["status"] == "open"
            ),
            None,
        )
        match status:
            case "succeeded":
                intent.update(status="succeeded", amount_received=intent["amount"], last_payment_error=None)
                self._tell("payment_intent.succeeded", intent)
                if link is not None:
                    self._paid(link)
            case "pending":
                intent.update(status="processing")
                self._tell("payment_intent.processing", intent)
                if link is not None:
                    self._stand(self._subscription_of(self._find(link["invoice"])), "active")
            case "failed":
                intent.update(status="requires_payment_method", last_payment_error=shapes.payment_error(charge))
                self._tell("payment_intent.payment_failed", intent)
                if link is not None:
                    self._failed(self._find(link["invoice"]))

    def _paid(self, link: Object) -> None:
        """An invoice is paid by this payment, whole or in part."""
        now = self.now()
        link.update(status="paid", amount_paid=link["amount_requested"])
        link["status_transitions"]["paid_at"] = now
        self._tell("invoice_payment.paid", link)
        invoice = self._find(link["invoice"])
        invoice["amount_paid"] += link["amount_paid"]
        invoice["amount_remaining"] -= link["amount_paid"]
        if invoice["amount_remaining"]:
            return
        invoice.update(
            status="paid", attempted=True, attempt_count=invoice["attempt_count"] + 1, next_payment_attempt=None
        )
        invoice["status_transitions"]["paid_at"] = now
        self._tell("invoice.paid", invoice)
        self._tell("invoice.payment_succeeded", invoice)
        subscription = self._subscription_of(invoice)
        if subscription["ended_at"] is None:
            self._stand(subscription, "active")

    def _failed(self, invoice: Object) -> None:
        """An invoice was tried to be paid in vain."""
        invoice["attempted"] = True
        invoice["attempt_count"] += 1
        subscription = self._subscription_of(invoice)
        is_last = invoice["attempt_count"] > len(RETRY_AFTER)
        if subscription["ended_at"] is None and not is_last:
            invoice["next_payment_attempt"] = self.now() + RETRY_AFTER[invoice["attempt_count"] - 1]
        self._tell("invoice.payment_failed", invoice)
        if subscription["ended_at"] is not None:
            return
        if is_last and self.after_retries == "cancel":
            self._end(subscription, "payment_failed")
        else:
            self._stand(subscription, self.after_retries if is_last else "past_due")

    def _stand(self, subscription: Object, status: str) -> None:
        if subscription["status"] != status:
            self._set(subscription, status=status)

    def _end(self, subscription: Object, reason: str) -> None:
        now = self.now()
        subscription.update(
            status="canceled", ended_at=now, canceled_at=subscription["canceled_at"] or now, pause_collection=None
        )
        subscription["cancellation_details"]["reason"] = reason
        for invoice in self._objects["invoice"].values():
            if invoice["next_payment_attempt"] is not None and self._subscription_of(invoice) is subscription:
                invoice.update(next_payment_attempt=None, auto_advance=False)
        self._tell("customer.subscription.deleted", subscription)

    def _running(self, subscription: str) -> Object:
        object = self._find(subscription, "subscription_exposed_id")
        if object["ended_at"] is not None:
            raise missing(subscription, "subscription_exposed_id")
        return object

    def _subscription_of(self, invoice: Object) -> Object:
        return self._find(invoice["parent"]["subscription_details"]["subscription"])

    def _page_of(self, intent: Object) -> Object | None:
        """The page on which a payment was begun."""
        invoices = {
            link["invoice"]
            for link in self._objects["invoice_payment"].values()
            if link["payment"]["payment_intent"] == intent["id"]
        }
        for page in self._objects["checkout.session"].values():
            if page["payment_intent"] == intent["id"] or page["invoice"] in invoices:
                return page
        return None

    def _take(self, dispute: Object) -> None:
        dispute["balance_transactions"].append(shapes.balance_transaction(self.now(), dispute, -dispute["amount"]))
        self._tell("charge.dispute.funds_withdrawn", dispute)


def _end_of(subscription: Object) -> int:
    """When what is paid for ends: the item says it, not the subscription."""
    end: int = subscription["items"]["data"][0]["current_period_end"]
    return end


def _is_chargeback(dispute: Object) -> bool:
    """Whether the bank has the money, or keeps it."""
    return dispute["status"] in {"needs_response", "under_review", "lost"}


def _add(sums: dict[str, int], object: Object, amount: int) -> None:
    currency = object["currency"].upper()
    sums[currency] = sums.get(currency, 0) + amount

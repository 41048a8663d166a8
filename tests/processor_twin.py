"""An in-memory twin of whoever takes the money: it plays the lives of payments, tells of each step, and answers like
the real one. Nothing in it looks at what the paper makes of them."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from shared.domain.happenings import Happened
from shared.domain.orders import Interval, Kind, Order
from shared.domain.refusals import ProcessorRefused, ProcessorUnavailable, UnknownOrder
from shared.domain.settling import DAY
from shared.domain.standing import (
    Dispute,
    DisputeOutcome,
    PageState,
    Payment,
    Refund,
    Standing,
    Subscription,
    SubscriptionStatus,
)
from shared.ports.money import HostedPage, Price

NOW: Final = 1_800_000_000
PERIODS: Final = {Interval.MONTH: 30 * DAY, Interval.YEAR: 365 * DAY}
REMEMBERED: Final = 30 * DAY


class _Life(Struct):
    """A page, what was ordered, and what became of it."""

    order: Order
    standing: Standing
    made_at: int


class MemoryProcessor:
    """`Processor` and `Checkouts`, and what payers and their banks do: `pay`, `renew`, `dispute`…, each of a page by
    its session's id. Every step adds to `events`.

    `now` is its clock (seconds since 1970); `unavailable` makes every door fail as one that does not answer, `refuses`
    as one that will not, with that reason. `before` is called with each question and what it is about, before it is
    answered: a test may put its own there. `tamper` has it say something else of a page than what is so.
    """

    def __init__(self, now: int = NOW, livemode: bool = False) -> None:
        self._lock = threading.RLock()
        self._count = itertools.count(1)
        self._lives: dict[str, _Life] = {}
        self._behind: dict[str, str] = {}
        self._pages: dict[str, HostedPage] = {}  # by order
        self._refunds: dict[str, Refund] = {}  # by key
        self._tampered: dict[str, Callable[[Standing], Standing]] = {}
        self.now = now
        self.livemode = livemode
        self.events: list[Happened] = []
        self.prices: dict[str, Price] = {}  # by plan
        self.customers: dict[str, str] = {}  # member by customer
        self.ways: list[tuple[str, str]] = []  # where each page leads, paid and unpaid
        self.unavailable = False
        self.refuses: str | None = None
        self.asked: list[tuple[str, str]] = []

    def clock(self) -> float:
        return float(self.now)

    def pass_time(self, seconds: int) -> None:
        self.now += seconds

    def before(self, step: str, about: str) -> None:
        """Nothing."""

    # What the paper asks.

    def begin(
        self, order: Order, *, title: str, success: str, cancel: str, customer: str | None, email: str | None
    ) -> HostedPage:
        with self._lock:
            self._ask("begin", order.id)
            if (made := self._pages.get(order.id)) is not None:
                return made
            mode = "live" if self.livemode else "test"
            page = HostedPage(f"cs_{mode}_{self._next()}", f"https://checkout.example/{order.id}")
            standing = Standing(
                session=page.id,
                reference=order.id,
                livemode=self.livemode,
                is_recurring=order.interval is not Interval.ONCE,
                page=PageState.OPEN,
                amount=order.amount,
                currency=order.currency,
                customer=customer,
                email=email,
            )
            self._lives[page.id] = _Life(order, standing, self.now)
            self._pages[order.id] = page
            self._behind[page.id] = page.id
            self.ways.append((success, cancel))
            return page

    def expire(self, session: str) -> bool:
        with self._lock:
            self._ask("expire", session)
            if self._now(session).page is PageState.OPEN:
                self._set(session, page=PageState.EXPIRED)
                self._tell("checkout.session.expired", session)
            return self._now(session).page is not PageState.COMPLETE

    def customer(self, member: str, email: str) -> str:
        with self._lock:
            self._ask("customer", member)
            found = [id for id, whose in self.customers.items() if whose == member]
            id = found[0] if found else f"cus_{self._next()}"
            self.customers[id] = member
            return id

    def portal(self, customer: str, back: str) -> str:
        self._ask("portal", customer)
        return f"https://portal.example/{customer}"

    def price(self, plan: str) -> Price | None:
        self._ask("price", plan)
        return self.prices.get(plan)

    def standing(self, session: str) -> Standing:
        with self._lock:
            self._ask("standing", session)
            standing = self._now(session)
            change = self._tampered.get(session)
            return standing if change is None else change(standing)

    def session_behind(self, object: str) -> str | None:
        with self._lock:
            self._ask("session_behind", object)
            return self._behind.get(object)

    def happened(self, since: int) -> Iterator[Happened]:
        self._ask("happened", str(since))
        for event in sorted(self.events, key=lambda one: one.at):
            if event.at >= max(since, self.now - REMEMBERED):
                self._ask("happening", event.event)
                yield event

    def sessions(self, since: int) -> Iterator[str]:
        self._ask("sessions", str(since))
        yield from [id for id, life in self._lives.items() if life.made_at >= since]

    def refund(self, payment: str, amount: int | None, key: str) -> Refund:
        with self._lock:
            self._ask("refund", payment)
            if (made := self._refunds.get(key)) is not None:
                return made
            session = self._behind.get(payment)
            found = [one for one in self._now(session).payments if one.id == payment] if session else []
            if session is None or not found:
                raise ProcessorRefused("no such payment")
            left = found[0].amount - sum(one.amount for one in found[0].refunds if not one.failed)
            wanted = left if amount is None else amount
            if not 0 < wanted <= left:
                raise ProcessorRefused("more than is left of it")
            refund = Refund(f"re_{self._next()}", wanted, self.now)
            self._change(replace(found[0], refunds=(*found[0].refunds, refund)))
            self._refunds[key] = refund
            self._behind[refund.id] = session
            self._tell("refund.created", refund.id)
            self._tell("charge.refunded", payment)
            return refund

    def cancel(self, subscription: str) -> None:
        with self._lock:
            self._ask("cancel", subscription)
            session = self._behind.get(subscription)
            if session is not None and self._subscription(session).status is not SubscriptionStatus.CANCELED:
                self.end(session)

    def forget(self, customer: str) -> None:
        with self._lock:
            self._ask("forget", customer)
            self.customers.pop(customer, None)
            paid = (one.standing.subscription for one in self._lives.values() if one.standing.customer == customer)
            for subscription in [one.id for one in paid if one is not None]:
                self.cancel(subscription)

    # What payers and their banks do.

    def pay(self, session: str) -> str:
        """Paid on the page: the payment's id."""
        with self._lock:
            self._complete(session)
            return self._paid_first(session, "checkout.session.completed")

    def pay_later(self, session: str) -> None:
        """Paid in a way that takes days."""
        with self._lock:
            self._complete(session)
            self._set(session, is_settling=True)
            self._tell("checkout.session.completed", session)

    def settle_later(self, session: str) -> str:
        """The days are over, and the money is here: the payment's id."""
        with self._lock:
            self._set(session, is_settling=False)
            return self._paid_first(session, "checkout.session.async_payment_succeeded")

    def fail_later(self, session: str) -> None:
        """The days are over, and no money has come."""
        with self._lock:
            self._set(session, is_settling=False, failed=True)
            if self._now(session).subscription is not None:
                self._subscribe(session, status=SubscriptionStatus.INCOMPLETE_EXPIRED, ended_at=self.now)
            self._tell("checkout.session.async_payment_failed", session)

    def decline(self, session: str) -> None:
        """A card was refused: the page stays open."""
        with self._lock:
            self._tell("payment_intent.payment_failed", self._object("pi", session))

    def renew(self, session: str) -> str:
        """The next period is paid, at its beginning or, where that is over, now: the payment's id."""
        with self._lock:
            self._reach_end(session)
            self._subscribe(session, status=SubscriptionStatus.ACTIVE)
            payment = self._paid(session)
            self._tell("invoice.paid", self._object("in", session))
            self._tell("customer.subscription.updated", self._subscription(session).id)
            return payment

    def fail_renewal(self, session: str) -> None:
        """The next period is not paid: it is tried again."""
        with self._lock:
            self._reach_end(session)
            self._subscribe(session, status=SubscriptionStatus.PAST_DUE)
            self._tell("invoice.payment_failed", self._object("in", session))
            self._tell("customer.subscription.updated", self._subscription(session).id)

    def give_up(self, session: str) -> None:
        """It is not tried again, and the subscription stays, unpaid."""
        with self._lock:
            self._subscribe(session, status=SubscriptionStatus.UNPAID)
            self._tell("customer.subscription.updated", self._subscription(session).id)

    def cancel_at_end(self, session: str, cancels: bool = True) -> None:
        """It is not to be renewed; or (False) it is all the same."""
        with self._lock:
            self._subscribe(session, cancels=cancels)
            self._tell("customer.subscription.updated", self._subscription(session).id)

    def run_out(self, session: str) -> None:
        """What is paid for is over, and it ends."""
        with self._lock:
            self._reach_end(session)
            self.end(session)

    def end(self, session: str) -> None:
        """It ends now."""
        with self._lock:
            self._subscribe(session, status=SubscriptionStatus.CANCELED, ended_at=self.now)
            self._tell("customer.subscription.deleted", self._subscription(session).id)

    def pause(self, session: str, paused: bool = True) -> None:
        """Nothing is collected; or (False) it is again."""
        with self._lock:
            self._subscribe(session, paused=paused)
            self._tell("customer.subscription.updated", self._subscription(session).id)

    def refund_fails(self, refund: str) -> None:
        """The money that was given back has come back."""
        with self._lock:
            for payment in self._now(self._behind[refund]).payments:
                if any(one.id == refund for one in payment.refunds):
                    refunds = (replace(one, failed=one.failed or one.id == refund) for one in payment.refunds)
                    self._change(replace(payment, refunds=tuple(refunds)))
            self._tell("refund.failed", refund)

    def dispute(self, payment: str, amount: int | None = None) -> str:
        """The payer's bank takes it back: the dispute's id."""
        with self._lock:
            session = self._behind[payment]
            found = next(one for one in self._now(session).payments if one.id == payment)
            dispute = Dispute(f"dp_{self._next()}", amount or found.amount, self.now, DisputeOutcome.OPEN)
            self._change(replace(found, disputes=(*found.disputes, dispute)))
            self._behind[dispute.id] = session
            self._tell("charge.dispute.created", dispute.id)
            return dispute.id

    def decide(self, dispute: str, outcome: DisputeOutcome) -> None:
        """The dispute is won or lost."""
        with self._lock:
            for payment in self._now(self._behind[dispute]).payments:
                if any(one.id == dispute for one in payment.disputes):
                    settled_at = self.now if outcome is DisputeOutcome.WON else None
                    disputes = (
                        replace(one, outcome=outcome, settled_at=settled_at) if one.id == dispute else one
                        for one in payment.disputes
                    )
                    self._change(replace(payment, disputes=tuple(disputes)))
            self._tell("charge.dispute.closed", dispute)

    def tamper(self, session: str, change: Callable[[Standing], Standing]) -> None:
        """From now on it says of that page what `change` makes of the truth."""
        self._tampered[session] = change

    def tells_truth(self, session: str) -> None:
        self._tampered.pop(session, None)

    def truth(self, session: str) -> Standing:
        """How it stands, whatever it says."""
        with self._lock:
            return self._now(session)

    def foreign(self, type: str = "charge.refunded") -> Happened:
        """Something has happened to what came by no page of ours."""
        with self._lock:
            return self._tell(type, f"ch_foreign_{self._next()}")

    # How it is kept.

    def _ask(self, step: str, about: str) -> None:
        self.asked.append((step, about))
        self.before(step, about)
        if self.unavailable:
            raise ProcessorUnavailable
        if self.refuses is not None:
            raise ProcessorRefused(self.refuses)

    def _next(self) -> str:
        return f"{next(self._count):06d}"

    def _now(self, session: str) -> Standing:
        if session not in self._lives:
            raise UnknownOrder("There is no such page.")
        return self._lives[session].standing

    def _set(self, session: str, **changes: object) -> None:
        self._lives[session].standing = replace(self._now(session), **changes)

    def _tell(self, type: str, object: str) -> Happened:
        event = Happened(f"evt_{self._next()}", type, object, self.now, self.livemode)
        self.events.append(event)
        return event

    def _object(self, prefix: str, session: str) -> str:
        id = f"{prefix}_{self._next()}"
        self._behind[id] = session
        return id

    def _complete(self, session: str) -> None:
        standing, order = self._now(session), self._lives[session].order
        if standing.page is not PageState.OPEN:
            raise ProcessorRefused("nobody can pay on this page any more")
        self._set(session, page=PageState.COMPLETE, email=standing.email or f"{order.id[:8]}@payer.example")
        if order.interval is Interval.ONCE:
            return
        id = self._object("sub", session)
        price = order.price if order.kind is Kind.MEMBERSHIP and order.price else f"price_{self._next()}"
        self._set(
            session,
            customer=standing.customer or f"cus_{self._next()}",
            subscription=Subscription(
                id, SubscriptionStatus.ACTIVE, price, order.amount, order.currency, order.interval, self.now
            ),
        )
        self._tell("customer.subscription.created", id)

    def _paid_first(self, session: str, told: str) -> str:
        payment = self._paid(session)
        self._tell(told, session)
        if self._now(session).subscription is not None:
            self._tell("invoice.paid", self._object("in", session))
        return payment

    def _paid(self, session: str) -> str:
        standing, order = self._now(session), self._lives[session].order
        until = None
        if standing.subscription is not None:
            until = max(self._end(session), standing.subscription.started_at) + PERIODS[order.interval]
        payment = Payment(self._object("pi", session), standing.amount, standing.currency, self.now, until)
        self._set(session, payments=(*standing.payments, payment))
        return payment.id

    def _end(self, session: str) -> int:
        """Until when it is paid for."""
        return max((one.until or 0 for one in self._now(session).payments), default=0)

    def _reach_end(self, session: str) -> None:
        self.now = max(self.now, self._end(session))

    def _subscription(self, session: str) -> Subscription:
        subscription = self._now(session).subscription
        if subscription is None:
            raise ProcessorRefused("nothing is renewed here")
        return subscription

    def _subscribe(self, session: str, **changes: object) -> None:
        self._set(session, subscription=replace(self._subscription(session), **changes))

    def _change(self, payment: Payment) -> None:
        session = self._behind[payment.id]
        payments = self._now(session).payments
        self._set(session, payments=tuple(payment if one.id == payment.id else one for one in payments))

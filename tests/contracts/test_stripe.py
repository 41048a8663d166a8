"""Stripe's adapters at the till, where no twin can follow: what is Stripe's own way, how much is asked, what goes
wrong."""

from __future__ import annotations

import itertools
import logging
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from infra.local.till import shapes
from shared.adapters.stripe_checkouts import StripeCheckouts
from shared.adapters.stripe_client import StripeAt
from shared.adapters.stripe_processor import StripeProcessor
from shared.domain.happenings import EVENT_TYPES
from shared.domain.ledger import entries_of
from shared.domain.orders import Interval, Kind
from shared.domain.paper import Paper
from shared.domain.refusals import ProcessorRefused, ProcessorUnavailable
from shared.domain.settling import DAY
from shared.domain.standing import DisputeOutcome, SubscriptionStatus
from tests.contracts.desks import PLAN, begin, order
from tests.processor_twin import NOW
from tests.till_desk import TillDesk, till_desk
from tests.till_server import KEY, Keys, answers, cuts_off, hangs

PERSON = "ada.lovelace@reader.example"


@pytest.fixture
def desk() -> Iterator[TillDesk]:
    with till_desk() as made:
        yield made


def monthly(desk: TillDesk) -> str:
    page = begin(desk, order(Interval.MONTH)).id
    desk.pay(page)
    return page


# How much is asked.


def test_a_look_at_what_is_paid_once_is_one_question(desk: TillDesk) -> None:
    page = begin(desk, order()).id
    desk.processor.refund(desk.pay(page), 100, "a")
    before = len(desk.till.said)

    desk.processor.standing(page)

    assert len(desk.till.said) - before == 1


def test_ten_years_of_months_are_all_seen_in_few_questions(desk: TillDesk) -> None:
    page = monthly(desk)
    desk.pass_time(3650 * DAY)
    before = len(desk.till.said)

    payments = desk.processor.standing(page).payments

    assert len(payments) == 120
    assert len(desk.till.said) - before == 5
    ends = [one.until or 0 for one in payments]
    assert all(27 * DAY < after - before <= 31 * DAY for before, after in itertools.pairwise(ends))
    assert desk.account.sums() == {"EUR": 120 * 500}


def test_many_events_are_all_told(desk: TillDesk) -> None:
    for number in range(60):
        desk.pay(begin(desk, order(Interval.MONTH, number)).id)
    told = {one.event for one in desk.processor.happened(NOW)}

    assert told == {one["id"] for one in desk.account.events() if one["type"] in EVENT_TYPES}
    assert len(told) > 200


def test_many_pages_are_all_found(desk: TillDesk) -> None:
    pages = {begin(desk, order(number=number)).id for number in range(130)}

    assert set(desk.processor.sessions(NOW)) == pages


def test_many_refunds_are_all_seen(desk: TillDesk) -> None:
    page = begin(desk, order()).id
    payment = desk.pay(page)
    made = [desk.processor.refund(payment, 20, str(number)) for number in range(25)]

    (paid,) = desk.processor.standing(page).payments

    assert {one.id for one in paid.refunds} == {one.id for one in made}
    assert paid.is_refunded


# Stripe's own way.


def test_inquiries_are_no_disputes_until_money_moves(desk: TillDesk) -> None:
    page = begin(desk, order()).id
    asked = desk.account.dispute(desk.pay(page), inquiry=True)["id"]
    assert desk.processor.standing(page).payments[0].disputes == ()

    desk.account.escalate(asked)
    (dispute,) = desk.processor.standing(page).payments[0].disputes
    assert (dispute.id, dispute.outcome) == (asked, DisputeOutcome.OPEN)


def test_an_inquiry_that_is_closed_is_none(desk: TillDesk) -> None:
    page = begin(desk, order()).id
    desk.account.close_dispute(desk.account.dispute(desk.pay(page), inquiry=True)["id"], won=False)

    assert desk.processor.standing(page).payments[0].disputes == ()
    assert desk.account.sums() == {"EUR": 500}


def test_a_payment_may_be_disputed_twice(desk: TillDesk) -> None:
    page = begin(desk, order()).id
    payment = desk.pay(page)
    first, second = desk.dispute(payment, 200), desk.dispute(payment, 300)
    desk.decide(first, DisputeOutcome.WON)
    desk.decide(second, DisputeOutcome.LOST)

    standing = desk.processor.standing(page)

    assert {one.id: one.outcome for one in standing.payments[0].disputes} == {
        first: DisputeOutcome.WON,
        second: DisputeOutcome.LOST,
    }
    assert {"EUR": sum(one.amount for one in entries_of("o", standing))} == desk.account.sums() == {"EUR": 200}


def test_a_refund_on_its_way_has_left_us(desk: TillDesk) -> None:
    page = begin(desk, order()).id
    refund = desk.account.refund(desk.pay(page), status="pending")
    (pending,) = desk.processor.standing(page).payments[0].refunds
    desk.account.refund_settles(refund["id"])

    assert desk.processor.standing(page).payments[0].refunds == (pending,)
    assert (pending.amount, pending.failed) == (500, False)


def test_an_invoice_paid_in_part_pays_for_no_time_yet(desk: TillDesk) -> None:
    page = monthly(desk)
    subscription = desk.account.get(desk.account.get(page)["subscription"])
    desk.fail_renewal(page)
    (invoice, link) = (desk.account.all(kind)[0] for kind in ("invoice", "invoice_payment"))
    desk.account.change(link["id"], {"amount_requested": 200})
    intent = desk.account.change(link["payment"]["payment_intent"], {"amount": 200})
    desk.account.fail_next(subscription["customer"], 0)
    desk.pass_time(3 * DAY)

    first, part = desk.processor.standing(page).payments

    assert desk.account.get(invoice["id"])["amount_remaining"] == 300
    assert (part.id, part.amount) == (intent["id"], 200)
    assert part.until == first.until


def test_an_invoice_paid_in_very_many_parts_is_all_of_them(desk: TillDesk) -> None:
    page = monthly(desk)
    charge, intent, link = (desk.account.all(kind)[0] for kind in ("charge", "payment_intent", "invoice_payment"))
    for number in range(12):
        made = f"pi_part{number}"
        desk.account.make({**intent, "id": made})
        desk.account.make({**charge, "id": f"ch_part{number}", "payment_intent": made})
        payment = {"type": "payment_intent", "payment_intent": made}
        desk.account.make({**link, "id": f"inpay_part{number}", "payment": payment})

    assert len({one.id for one in desk.processor.standing(page).payments}) == 13


def test_an_invoice_about_nothing_is_no_payment(desk: TillDesk) -> None:
    page = monthly(desk)
    desk.pause(page)
    desk.pass_time(70 * DAY)
    for invoice in desk.account.all("invoice"):
        if invoice["status"] == "void":
            desk.account.change(invoice["id"], {"status": "paid", "amount_due": 0, "total": 0})

    assert len(desk.processor.standing(page).payments) == 1


def test_what_a_customer_pays_elsewhere_is_another_pages(desk: TillDesk) -> None:
    customer = desk.checkouts.customer("member-1", PERSON)
    pages = [begin(desk, order(Interval.MONTH, number), customer).id for number in range(2)]
    paid = [desk.pay(page) for page in pages]

    assert [[one.id for one in desk.processor.standing(page).payments] for page in pages] == [[one] for one in paid]


def test_a_renewal_is_tried_again_and_may_succeed(desk: TillDesk) -> None:
    page = monthly(desk)
    desk.account.fail_next(desk.account.get(page)["customer"], 2)
    desk.pass_time(31 * DAY)
    standing = desk.processor.standing(page)
    assert standing.subscription is not None
    assert standing.subscription.status is SubscriptionStatus.PAST_DUE

    desk.pass_time(8 * DAY)
    standing = desk.processor.standing(page)
    assert standing.subscription is not None
    assert (standing.subscription.status, len(standing.payments)) == (SubscriptionStatus.ACTIVE, 2)


@pytest.mark.parametrize(
    ("what", "status"), [("cancel", SubscriptionStatus.CANCELED), ("unpaid", SubscriptionStatus.UNPAID)]
)
def test_after_the_last_try_it_ends_as_the_account_says(desk: TillDesk, what: str, status: SubscriptionStatus) -> None:
    page = monthly(desk)
    desk.account.after_retries = what
    desk.fail_renewal(page)
    desk.pass_time(20 * DAY)

    standing = desk.processor.standing(page)

    assert standing.subscription is not None
    assert (standing.subscription.status, len(standing.payments)) == (status, 1)


def test_a_page_is_made_once_however_many_ask_at_once(desk: TillDesk) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: begin(desk, order()), range(8)))

    assert len(made) == 1
    assert len(desk.account.all("checkout.session")) == 1


def test_an_order_that_says_something_else_than_before_gets_no_page(desk: TillDesk) -> None:
    begin(desk, order())

    with pytest.raises(ProcessorRefused) as refused:
        begin(desk, order(amount=600))
    assert refused.value.reason == "idempotency_error"


def test_a_membership_without_a_price_gets_no_page(desk: TillDesk) -> None:
    with pytest.raises(ProcessorRefused):
        begin(desk, replace(order(Interval.MONTH), kind=Kind.MEMBERSHIP))


def test_a_plan_that_costs_something_else_has_another_price_under_the_same_key(desk: TillDesk) -> None:
    first = desk.sell(PLAN)
    assert desk.sell(PLAN) == first

    second = desk.sell(replace(PLAN, amount=900))

    assert second.id != first.id
    assert desk.checkouts.price("member") == second
    assert desk.account.get(first.id)["active"] is True


def test_a_price_of_a_kind_that_no_plan_is_is_none(desk: TillDesk) -> None:
    desk.sell(PLAN)
    price = desk.account.all("price")[0]
    desk.account.change(price["id"], {"recurring": {**price["recurring"], "interval_count": 3}})

    assert desk.checkouts.price("member") is None


def test_the_portal_is_ours_and_lets_one_cancel_at_the_end(desk: TillDesk) -> None:
    site = Paper(
        schema=1, id="1" * 8, name="The Paper", description="Of tests", language="en", url="https://paper.example"
    )
    customer = desk.checkouts.customer("member-1", PERSON)
    desk.account.make(shapes.portal_configuration(NOW, {}, None, None))
    assert desk.catalogue.portal_login() is None
    with pytest.raises(ProcessorRefused) as refused:
        desk.checkouts.portal(customer, "https://paper.example/account")
    assert refused.value.reason == "no portal is set up"

    desk.catalogue.set_up_portal(site)
    desk.catalogue.set_up_portal(site)

    login = desk.catalogue.portal_login()
    assert login == f"{desk.till.url}/portal/login"
    assert desk.checkouts.portal(customer, "https://paper.example/account").startswith(desk.till.url)
    ours, _ = desk.account.all("billing_portal.configuration")
    on = {name for name, feature in ours["features"].items() if feature["enabled"]}
    assert on == {"payment_method_update", "subscription_cancel"}
    assert ours["features"]["subscription_cancel"]["mode"] == "at_period_end"
    assert ours["default_return_url"] == "https://paper.example/"


def test_a_portal_whose_login_page_somebody_has_switched_off_is_one_for_members_alone(desk: TillDesk) -> None:
    site = Paper(schema=1, id="1" * 8, name="The Paper", description="x", language="en", url="https://paper.example")
    customer = desk.checkouts.customer("member-1", PERSON)
    login = desk.catalogue.set_up_portal(site)
    (ours,) = desk.account.all("billing_portal.configuration")
    desk.account.change(ours["id"], {"login_page": {"enabled": False, "url": login}})

    assert desk.catalogue.portal_login() is None
    assert desk.checkouts.portal(customer, "https://paper.example/account").startswith(desk.till.url)
    assert desk.catalogue.set_up_portal(site) == desk.catalogue.portal_login() == login


def test_webhooks_are_told_where_to_go_and_whether_they_lack_something(desk: TillDesk) -> None:
    secret = desk.catalogue.tell("https://paper.example/api/webhooks/stripe")
    (endpoint,) = desk.catalogue.endpoints()
    assert secret.startswith("whsec_")
    assert (endpoint.url, endpoint.enabled, endpoint.missing) == (
        "https://paper.example/api/webhooks/stripe",
        True,
        (),
    )

    desk.account.change(endpoint.id, {"enabled_events": ["invoice.paid"], "status": "disabled"})
    (endpoint,) = desk.catalogue.endpoints()
    assert endpoint.enabled is False
    assert set(endpoint.missing) == EVENT_TYPES - {"invoice.paid"}
    desk.account.change(endpoint.id, {"enabled_events": ["*"]})
    assert desk.catalogue.endpoints()[0].missing == ()


# Keys.


@pytest.mark.parametrize("key", ["", "  ", "sk_live_1", "rk_live_1", "pk_test_1", "whsec_1", "sk_test"])
def test_a_key_that_is_none_or_of_another_mode_is_not_used(desk: TillDesk, key: str) -> None:
    processor = StripeProcessor(StripeAt(desk.till.settings, Keys(key)))

    with pytest.raises(ProcessorRefused) as refused:
        processor.standing("cs_test_1")
    assert key.strip() == "" or key.strip() not in refused.value.reason
    assert desk.till.said == []


def test_no_key_is_a_refusal(desk: TillDesk) -> None:
    with pytest.raises(ProcessorRefused):
        StripeCheckouts(StripeAt(desk.till.settings, Keys())).price("member")


def test_a_test_key_is_not_used_where_money_is_meant(desk: TillDesk) -> None:
    settings = replace(desk.till.settings, livemode=True)

    with pytest.raises(ProcessorRefused):
        StripeCheckouts(StripeAt(settings, Keys(KEY))).price("member")
    assert desk.till.said == []


def test_a_new_key_is_used_as_soon_as_it_is_known(desk: TillDesk) -> None:
    keys = Keys("sk_test_old")
    checkouts = StripeCheckouts(StripeAt(desk.till.settings, keys))
    with pytest.raises(ProcessorRefused):
        checkouts.price("member")

    keys.values = (KEY, "sk_test_old")

    assert checkouts.price("member") is None


def test_a_key_that_stripe_does_not_know_is_a_refusal_without_the_key(desk: TillDesk) -> None:
    with pytest.raises(ProcessorRefused) as refused:
        StripeCheckouts(StripeAt(desk.till.settings, Keys("sk_test_wrong_and_secret"))).price("member")

    assert "secret" not in refused.value.reason


# What goes wrong.

BROKEN = {
    "500": answers(500, b'{"error": {"type": "api_error", "message": "%s"}}' % PERSON.encode()),
    "503 without JSON": answers(503, b"<h1>busy</h1>"),
    "200 without JSON": answers(200, b"<h1>hello</h1>"),
    "429": answers(429, b'{"error": {"type": "invalid_request_error", "code": "rate_limit"}}'),
    "cut off": cuts_off(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"),
    "hung up": cuts_off(b""),
}


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
def test_whoever_does_not_answer_is_unavailable(
    desk: TillDesk, fault: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    desk.till.fault = fault  # type: ignore[assignment]

    for ask in (
        lambda: begin(desk, order()),
        lambda: desk.processor.standing("cs_test_1"),
        lambda: [*desk.processor.happened(0)],
    ):
        with pytest.raises(ProcessorUnavailable) as unavailable:
            ask()
        told = "".join(traceback.format_exception(unavailable.value))
        assert PERSON not in told + caplog.text


def test_whoever_hangs_is_not_waited_for_long(desk: TillDesk) -> None:
    desk.till.fault = hangs(30)
    checkouts = StripeCheckouts(StripeAt(desk.till.settings, Keys(KEY), patience=0.2))
    started = time.monotonic()

    with pytest.raises(ProcessorUnavailable):
        checkouts.price("member")

    assert time.monotonic() - started < 2


def test_nobody_there_is_unavailable() -> None:
    with till_desk() as desk:
        pass

    with pytest.raises(ProcessorUnavailable):
        begin(desk, order())


def test_an_answer_that_was_lost_is_not_done_twice(desk: TillDesk) -> None:
    lost = iter([True])

    def once(handler: object) -> object:
        """The till has done it, and nobody hears."""
        desk.till.fault = None
        headers, length = handler.headers, int(handler.headers["content-length"])  # type: ignore[attr-defined]
        body = begin_bodies.pop()
        assert length == len(body)
        desk.till.wire.answer("POST", "/v1/checkout/sessions", dict(headers.items()), body)
        next(lost)
        return cuts_off(b"")(handler)  # type: ignore[arg-type]

    begin(desk, order(number=9))
    body = desk.till.said[-1][2].replace(b"%032x" % 9, b"%032x" % 1)
    begin_bodies = [body]
    desk.till.fault = once  # type: ignore[assignment]

    begin(desk, order(number=1))

    assert len(desk.account.all("checkout.session")) == 2
    assert list(lost) == []


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404])
def test_a_no_is_a_refusal_that_says_nothing_of_anybody(
    desk: TillDesk, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    body = b'{"error": {"type": "invalid_request_error", "message": "%s is not wanted"}}' % PERSON.encode()
    desk.till.fault = answers(status, body)

    with pytest.raises(ProcessorRefused) as refused:
        begin(desk, order())

    told = "".join(traceback.format_exception(refused.value))
    assert PERSON not in told + refused.value.reason + str(refused.value) + caplog.text


def test_nothing_is_told_about_this_machine(desk: TillDesk) -> None:
    heard: list[str] = []

    def fault(handler: object) -> object:
        heard.append(str(handler.headers))  # type: ignore[attr-defined]
        return (200, {}, b'{"object": "list", "data": [], "has_more": false, "url": "/v1/prices"}')

    desk.till.fault = fault  # type: ignore[assignment]
    desk.checkouts.price("member")
    desk.checkouts.price("member")

    assert "telemetry" not in "".join(heard).lower()
    assert "platform" not in "".join(heard).lower()

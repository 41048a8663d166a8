"""The till: what payers, banks and time do to an account, and what its API refuses."""

from __future__ import annotations

import datetime as dt
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_args

import pytest
from stripe import Event
from stripe.params import WebhookEndpointCreateParams

from infra.local.till import shapes
from infra.local.till.account import DAY, Account, TillError
from infra.local.till.calendar import period_end
from infra.local.till.wire import Wire
from shared.domain.happenings import EVENT_TYPES
from tests.local.cut_stripe_openapi import OPERATIONS
from tests.local.stripe_openapi import described, operation

NOW = 1_800_000_000
KEY = "sk_test_1"
PAGE = (
    "mode=payment&success_url=https://x.example&line_items[0][quantity]=1&line_items[0][price_data][currency]=eur"
    "&line_items[0][price_data][unit_amount]=500&line_items[0][price_data][product_data][name]=Gift"
)


@pytest.fixture
def account() -> Account:
    return Account(clock=lambda: NOW)


def page(account: Account, interval: str | None = "month", amount: int = 500) -> str:
    price = account.make(shapes.price(account.now(), "prod_1", amount, "eur", interval))
    return str(account.make_session(price, "A gift", {})["id"])


class Asker:
    """Asks the API, without a library between."""

    def __init__(self, account: Account) -> None:
        self._wire = Wire(account, lambda: (KEY,))

    def __call__(self, method: str, path: str, form: str = "", **headers: str) -> tuple[int, dict[str, str], Any]:
        said = {"Authorization": f"Bearer {KEY}"} | {name.replace("_", "-"): one for name, one in headers.items()}
        status, told, body = self._wire.answer(method, path, said, form.encode())
        return status, told, json.loads(body)

    def refused(self, method: str, path: str, form: str = "", **headers: str) -> tuple[int, str]:
        """The status and the sentence of an error."""
        status, _, answer = self(method, path, form, **headers)
        return status, answer["error"]["message"]


@pytest.fixture
def ask(account: Account) -> Asker:
    return Asker(account)


# Time.


@pytest.mark.parametrize(
    ("anchor", "interval", "ends"),
    [
        ("2026-01-31", "month", ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        ("2027-12-30", "month", ["2028-01-30", "2028-02-29", "2028-03-30"]),
        ("2028-02-29", "year", ["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]),
        ("2026-11-01", "month", ["2026-12-01", "2027-01-01"]),
    ],
)
def test_a_period_ends_on_the_same_day_or_the_months_last(anchor: str, interval: str, ends: list[str]) -> None:
    start = after = int(dt.datetime.fromisoformat(f"{anchor}T10:00:00+00:00").timestamp())
    found = []
    for _ in ends:
        after = period_end(start, interval, after)
        found.append(dt.datetime.fromtimestamp(after, dt.UTC).date().isoformat())

    assert found == ends


def test_what_is_due_happens_at_its_own_time_and_in_order(account: Account) -> None:
    abandoned, paid = page(account), page(account)
    account.pay(paid)
    account.advance(70 * DAY)

    times = [(one["created"], one["type"]) for one in account.events()]

    assert times == sorted(times, key=lambda one: one[0])
    assert (NOW + DAY, "checkout.session.expired") in times
    assert account.get(abandoned)["status"] == "expired"
    assert account.sums() == {"EUR": 3 * 500}


def test_a_clock_does_not_go_back(account: Account) -> None:
    with pytest.raises(TillError):
        account.advance(-1)


def test_nobody_pays_on_a_page_that_is_over(account: Account) -> None:
    late, done = page(account), page(account)
    account.pay(done)
    account.advance(2 * DAY)

    for session in (late, done):
        for verb in (account.pay, account.pay_later, account.decline, account.expire):
            with pytest.raises(TillError):
                verb(session)
    assert account.sums() == {"EUR": 500}


# Money.


def test_sums_are_what_came_less_what_went(account: Account) -> None:
    once, monthly, later = page(account, None), page(account), page(account, None)
    account.pay(once)
    account.pay(monthly)
    account.pay_later(later)
    first = account.get(once)["payment_intent"]
    refund = account.refund(first, 200)
    assert account.sums() == {"EUR": 800}

    account.refund_fails(refund["id"])
    dispute = account.dispute(first)
    assert account.sums() == {"EUR": 500}

    account.close_dispute(dispute["id"], won=True)
    account.settle(account.get(later)["payment_intent"], succeeds=True)
    assert account.sums() == {"EUR": 1500}


def test_what_a_bank_has_taken_is_not_given_back_as_well(account: Account) -> None:
    account.pay(session := page(account, None))
    payment = account.get(session)["payment_intent"]
    account.dispute(payment)

    with pytest.raises(TillError) as refused:
        account.refund(payment)
    assert refused.value.code == "charge_disputed"


# Who hears of it.


def test_whoever_hears_of_an_event_may_ask_at_once(account: Account) -> None:
    seen: list[str] = []

    def hear(event: dict[str, Any]) -> None:
        """On another thread, as a webhook's receiver would."""
        with ThreadPoolExecutor(1) as pool:
            seen.append(pool.submit(account.get, event["data"]["object"]["id"]).result(5)["id"])

    account.on_event = hear
    account.pay(page(account, None))

    assert len(seen) == len(account.events()) > 0


def test_an_event_says_what_was_so_then(account: Account) -> None:
    account.pay(session := page(account))
    subscription = account.get(session)["subscription"]
    account.cancel(subscription)

    told = [one["data"]["object"]["status"] for one in account.events() if "subscription" in one["type"]]

    assert told == ["incomplete", "active", "canceled"]


def test_many_at_once_lose_nothing(account: Account) -> None:
    pages = [page(account, None) for _ in range(40)]
    heard: list[str] = []
    lock = threading.Lock()

    def hear(event: dict[str, Any]) -> None:
        with lock:
            heard.append(event["id"])

    account.on_event = hear
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(account.pay, pages))

    assert account.sums() == {"EUR": 40 * 500}
    assert sorted(heard) == sorted(one["id"] for one in account.events())


# What the API refuses.


def test_nothing_is_said_without_the_key(account: Account, ask: Asker) -> None:
    wire = Wire(account, lambda: (KEY,))
    for headers in ({}, {"authorization": "Basic x"}, {"authorization": "Bearer "}):
        assert wire.answer("GET", "/v1/charges", headers)[0] == 401
    status, message = ask.refused("GET", "/v1/charges", Authorization="Bearer sk_test_other")
    assert (status, "other" in message) == (401, False)


@pytest.mark.parametrize(
    ("method", "path", "form", "status", "words"),
    [
        ("GET", "/v1/balance", "", 404, "Unrecognized request URL"),
        ("PUT", "/v1/customers", "", 404, "Unrecognized request URL"),
        ("POST", "/v1/checkout/sessions", PAGE + "&payment_method_collection=always", 400, "unknown parameter"),
        ("POST", "/v1/checkout/sessions", PAGE + "&line_items[0][amount]=5", 400, "line_items[0][amount]"),
        ("POST", "/v1/checkout/sessions", PAGE.replace("=500", "=5.00"), 400, "Invalid integer"),
        ("POST", "/v1/checkout/sessions", PAGE.replace("=500", "=-5"), 400, "Invalid amount"),
        ("POST", "/v1/checkout/sessions", PAGE.replace("eur", "EUR"), 400, "Invalid currency"),
        ("POST", "/v1/checkout/sessions", PAGE.replace("payment", "subscription", 1), 400, "mode"),
        ("POST", "/v1/checkout/sessions", PAGE + "&mode=payment", 400, "said twice"),
        ("POST", "/v1/checkout/sessions", PAGE + "&mode[a]=payment", 400, "a value and more"),
        ("POST", "/v1/checkout/sessions", PAGE + "&customer=cus_1", 404, "No such customer"),
        ("POST", "/v1/checkout/sessions", PAGE + "&cancel_url=", 400, "empty string"),
        ("POST", "/v1/checkout/sessions", "mode=payment", 400, "Missing required param"),
        ("POST", "/v1/refunds", "payment_intent=pi_1", 404, "No such payment_intent"),
        ("GET", "/v1/charges?limit=101", "", 400, "Invalid limit"),
        ("GET", "/v1/charges?starting_after=ch_1", "", 404, "No such charge"),
        ("GET", "/v1/charges?expand[]=data.customer.subscriptions.x.y.z", "", 400, "more than 4"),
        ("GET", "/v1/events?" + "&".join(f"types[{one}]=a" for one in range(21)), "", 400, "20 types"),
        ("GET", "/v1/charges/ch_1", "", 404, "No such charge"),
        ("GET", "/v1/customers/../charges", "", 404, "Unrecognized request URL"),
    ],
)
def test_what_it_does_not_know_is_refused_loudly(
    ask: Asker, method: str, path: str, form: str, status: int, words: str
) -> None:
    refused, message = ask.refused(method, path, form)

    assert (refused, words in message) == (status, True), message


def test_what_cannot_be_expanded_is_refused(account: Account, ask: Asker) -> None:
    account.pay(session := page(account, None))

    status, message = ask.refused("GET", f"/v1/checkout/sessions/{session}?expand[]=success_url")

    assert (status, message) == (400, "This property cannot be expanded (success_url).")


def test_another_version_of_the_api_is_not_spoken(ask: Asker) -> None:
    assert ask.refused("GET", "/v1/charges", Stripe_Version="2020-08-27")[0] == 400


def test_a_list_is_paged_without_gap_or_double(account: Account, ask: Asker) -> None:
    pages = [page(account, None) for _ in range(25)]
    found, after = [], ""
    while True:
        _, _, listed = ask("GET", f"/v1/checkout/sessions?limit=10{after}")
        found += [one["id"] for one in listed["data"]]
        after = f"&starting_after={found[-1]}"
        if not listed["has_more"]:
            break

    assert found == pages[::-1]


def test_a_request_of_the_same_key_is_answered_the_same(account: Account, ask: Asker) -> None:
    _, _, first = ask("POST", "/v1/checkout/sessions", PAGE, Idempotency_Key="a")
    status, headers, again = ask("POST", "/v1/checkout/sessions", PAGE, Idempotency_Key="a")

    assert (status, again, headers["idempotent-replayed"]) == (200, first, "true")
    assert len(account.all("checkout.session")) == 1


def test_another_request_of_the_same_key_is_refused(ask: Asker) -> None:
    ask("POST", "/v1/checkout/sessions", PAGE, Idempotency_Key="a")
    status, _, answer = ask("POST", "/v1/checkout/sessions", PAGE.replace("500", "600"), Idempotency_Key="a")

    assert (status, answer["error"]["type"]) == (400, "idempotency_error")


def test_a_key_is_forgotten_after_a_day(account: Account, ask: Asker) -> None:
    ask("POST", "/v1/checkout/sessions", PAGE, Idempotency_Key="a")
    account.advance(DAY + 1)
    ask("POST", "/v1/checkout/sessions", PAGE, Idempotency_Key="a")

    assert len(account.all("checkout.session")) == 2


def test_what_was_refused_may_be_asked_again_by_the_same_key(account: Account, ask: Asker) -> None:
    assert ask.refused("POST", "/v1/refunds", "payment_intent=pi_1", Idempotency_Key="a")[0] == 404
    account.pay(session := page(account, None))
    payment = account.get(session)["payment_intent"]

    assert ask("POST", "/v1/refunds", f"payment_intent={payment}", Idempotency_Key="a")[0] == 200


# What it is held to.


def test_the_till_answers_what_was_cut_out_of_stripes_description_and_nothing_else(account: Account) -> None:
    known = {(one.method, one.path.pattern) for one in Wire(account, tuple).endpoints}

    assert len(known) == len(OPERATIONS) == len(described()["operations"])
    for method, pattern in known:
        path = pattern.removesuffix(r"\Z").replace("([A-Za-z0-9_-]{1,255})", "id").replace("\\", "")
        operation(method, path)


def test_every_event_that_is_wanted_or_told_is_one_of_stripes(account: Account) -> None:
    account.pay(page(account))
    known = set(get_args(Event.__annotations__["type"]))
    enabled = str(WebhookEndpointCreateParams.__annotations__["enabled_events"])

    assert known >= EVENT_TYPES
    assert {one["type"] for one in account.events()} <= known
    assert all(f"'{one}'" in enabled for one in EVENT_TYPES)

"""The till's pages, pressed as a browser presses them: paying, not paying, managing, and everything that goes wrong."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from infra.local.messages import Answer, Request
from infra.local.till import shapes
from infra.local.till.account import Account
from infra.local.till.pages import TillPages
from infra.local.till.webhooks import Target, Webhooks

BASE = "/_local/till"
FORM = (("content-type", "application/x-www-form-urlencoded"),)
EMAIL = "ada@reader.example"


class Counter:
    """The till with a paper that sells, and nobody behind its webhooks."""

    def __init__(self) -> None:
        self.now = 1_800_000_000
        self.account = Account(lambda: self.now, f"http://site.example{BASE}")
        self.targets = [Target("http://127.0.0.1:9/hook", "whsec_x")]
        self.webhooks = Webhooks(lambda: self.targets, backoff=())
        self.account.on_event = self.webhooks.hear
        self.looked = 0
        self.pages = TillPages(self.account, self.webhooks, lambda request: Answer(299), self._look)

    def _look(self) -> Any:
        self.looked += 1
        return {"repaired": 3}

    def get(self, path: str) -> Answer:
        return self.pages.answer(Request("GET", f"{BASE}{path}"))

    def post(self, path: str, form: dict[str, str] | None = None) -> Answer:
        return self.pages.answer(Request("POST", f"{BASE}{path}", headers=FORM, body=urlencode(form or {}).encode()))

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self.get(".json").body)
        return state

    def session(self, interval: str | None = None, amount: int = 500, **fields: Any) -> str:
        price = shapes.price(self.now, "prod_1", amount, "eur", interval)
        told = {
            "success_url": "http://site.example/thanks?session={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://site.example/contribute",
            "customer_email": EMAIL,
            **fields,
        }
        return str(self.account.make_session(price, "A gift <to> The Sounding", told)["id"])

    def pays(self, session: str, do: str = "pay") -> Answer:
        return self.post(f"/pay/{session}", {"do": do, "email": EMAIL})

    def subscribed(self) -> dict[str, Any]:
        assert self.pays(self.session("month", 800)).status == 303
        subscription: dict[str, Any] = self.state["subscriptions"][0]
        return subscription


@pytest.fixture
def till() -> Iterator[Counter]:
    made = Counter()
    yield made
    made.webhooks.stop()


def words(answer: Answer) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.body.decode()))


# Paying ---------------------------------------------------------------------------------------------------------------


def test_the_page_says_what_is_paid_and_to_whom_a_receipt_goes(till: Counter) -> None:
    answer = till.get(f"/pay/{till.session()}")
    assert answer.status == 200
    assert "A gift <to> The Sounding" in words(answer)
    assert "<to>" not in answer.body.decode()
    assert "5.00 EUR once" in words(answer)
    assert f'value="{EMAIL}"' in answer.body.decode()
    assert "<script" not in answer.body.decode()
    assert "8.00 EUR every month" in words(till.get(f"/pay/{till.session('month', 800)}"))


def test_an_address_that_is_text_of_a_page_stays_text(till: Counter) -> None:
    answer = till.get(f"/pay/{till.session(customer_email=chr(34) + '><script>x</script>', cancel_url='javascript:x')}")
    assert "<script" not in answer.body.decode()
    assert "javascript:" not in answer.body.decode()


def test_who_pays_goes_on_to_the_page_that_was_asked_for_with_the_sessions_id_in_it(till: Counter) -> None:
    session = till.session()
    answer = till.pays(session)
    assert (answer.status, answer.header("location")) == (303, f"http://site.example/thanks?session={session}")
    assert till.state["sums"] == {"EUR": 500}
    assert till.state["sessions"][0]["payment_status"] == "paid"


def test_what_is_paid_is_not_paid_twice(till: Counter) -> None:
    session = till.session()
    till.pays(session)
    again = till.pays(session)
    assert again.status == 409
    assert f"http://site.example/thanks?session={session}" in again.body.decode()
    assert till.state["sums"] == {"EUR": 500}
    assert till.get(f"/pay/{session}").status == 200
    assert "has been paid" in words(till.get(f"/pay/{session}"))


def test_a_declined_card_leaves_one_on_the_page_where_another_one_works(till: Counter) -> None:
    session = till.session()
    answer = till.pays(session, "decline")
    assert (answer.status, "declined" in words(answer)) == (402, True)
    assert f'value="{EMAIL}"' in answer.body.decode()
    assert till.state["sums"] == {}
    assert till.pays(session).status == 303
    assert till.state["sums"] == {"EUR": 500}


def test_who_goes_back_has_not_paid_and_may_come_again(till: Counter) -> None:
    session = till.session()
    assert 'href="http://site.example/contribute"' in till.get(f"/pay/{session}").body.decode()
    assert till.state["sessions"][0]["status"] == "open"
    assert till.pays(session).status == 303


def test_a_bank_debit_comes_days_later_or_does_not(till: Counter) -> None:
    for outcome, sums in (("settle", {"EUR": 500}), ("bounce", {"EUR": 500})):
        assert till.pays(till.session(), "later").status == 303
        payment = till.state["payments"][0]
        assert payment["status"] == "processing"
        assert till.post(f"/payments/{payment['id']}", {"do": outcome}).status == 303
        assert till.state["sums"] == sums


def test_a_page_that_is_over_is_not_paid(till: Counter) -> None:
    session = till.session()
    assert till.post(f"/sessions/{session}", {"do": "expire"}).status == 303
    assert till.pays(session).status == 409
    assert "over" in words(till.get(f"/pay/{session}"))
    assert till.state["sums"] == {}


@pytest.mark.parametrize("email", ["", "ada", "a@b", "a b@c.example", "@reader.example"])
def test_without_an_address_nobody_pays(till: Counter, email: str) -> None:
    answer = till.post(f"/pay/{till.session()}", {"do": "pay", "email": email})
    assert (answer.status, "e-mail address" in words(answer)) == (400, True)
    assert till.state["sums"] == {}


# Managing -------------------------------------------------------------------------------------------------------------


def portal(till: Counter, customer: str) -> str:
    made = shapes.portal_session(till.now, customer, "bpc_1", "http://site.example/account", f"http://x{BASE}/portal")
    return str(till.account.make(made)["id"])


def test_a_customer_cancels_and_keeps_and_goes_back(till: Counter) -> None:
    subscription = till.subscribed()
    page = f"/portal/{portal(till, subscription['customer'])}"
    shown = till.get(page)
    assert "8.00 EUR every month" in words(shown)
    assert 'href="http://site.example/account"' in shown.body.decode()
    for do, ends in (("cancel", True), ("keep", False)):
        answer = till.post(page, {"do": do, "subscription": subscription["id"]})
        assert (answer.status, answer.header("location")) == (303, f"{BASE}{page}")
        assert till.state["subscriptions"][0]["cancel_at_period_end"] is ends


def test_a_customers_card_fails_and_works_again(till: Counter) -> None:
    subscription = till.subscribed()
    page = f"/portal/{portal(till, subscription['customer'])}"
    till.post(page, {"do": "declines"})
    assert "It will be declined" in words(till.get(page))
    till.post("/clock", {"do": "month"})
    assert till.state["subscriptions"][0]["status"] == "past_due"
    till.post(page, {"do": "works"})
    till.post("/clock", {"days": "3"})
    assert till.state["subscriptions"][0]["status"] == "active"
    assert till.state["sums"] == {"EUR": 1600}


def test_nobody_manages_what_somebody_else_pays(till: Counter) -> None:
    theirs, mine = till.subscribed(), till.subscribed()
    page = f"/portal/{portal(till, mine['customer'])}"
    assert till.post(page, {"do": "cancel", "subscription": theirs["id"]}).status == 404
    assert not any(one["cancel_at_period_end"] for one in till.state["subscriptions"])


def test_what_has_ended_is_not_cancelled_and_the_page_says_so(till: Counter) -> None:
    subscription = till.subscribed()
    page = f"/portal/{portal(till, subscription['customer'])}"
    till.post(f"/subscriptions/{subscription['id']}", {"do": "end"})
    answer = till.post(page, {"do": "cancel", "subscription": subscription["id"]})
    assert (answer.status, "has ended" in words(answer)) == (409, True)


def test_who_was_forgotten_has_no_page(till: Counter) -> None:
    subscription = till.subscribed()
    page = f"/portal/{portal(till, subscription['customer'])}"
    till.account.delete_customer(subscription["customer"])
    assert till.get(page).status == 404
    assert till.get("").status == 200


# The way there without an account


def open_login(till: Counter, enabled: bool = True) -> None:
    made = shapes.portal_configuration(till.now, {}, None, "http://site.example/")
    till.account.make({**made, "login_page": {"enabled": enabled, "url": None}})


def test_who_writes_their_address_manages_what_they_pay_and_goes_back_to_the_paper(till: Counter) -> None:
    open_login(till)
    subscription = till.subscribed()
    assert 'name="email"' in till.get("/portal/login").body.decode()

    answer = till.post("/portal/login", {"email": f" {EMAIL.upper()} "})

    page = str(answer.header("location")).removeprefix(BASE)
    assert (answer.status, page.startswith("/portal/bps_")) == (303, True)
    assert 'href="http://site.example/"' in till.get(page).body.decode()
    assert till.post(page, {"do": "cancel", "subscription": subscription["id"]}).status == 303
    assert till.state["subscriptions"][0]["cancel_at_period_end"] is True


def test_of_several_customers_with_one_address_it_is_the_newest_for_whom_something_runs(till: Counter) -> None:
    open_login(till)

    def customer() -> str:
        page = str(till.post("/portal/login", {"email": EMAIL}).header("location")).rpartition("/")[2]
        return str(till.account.get(page)["customer"])

    first, second = till.subscribed(), till.subscribed()
    newest = till.account.make_customer(EMAIL)["id"]
    assert customer() == second["customer"]
    till.account.cancel(second["id"])
    assert customer() == first["customer"]
    till.account.cancel(first["id"])
    assert customer() == newest


def test_an_address_of_nobodys_is_told_no_more_than_that_a_mail_would_come(till: Counter) -> None:
    open_login(till)
    gone = till.subscribed()["customer"]
    till.account.delete_customer(gone)

    for email in ("nobody@reader.example", EMAIL):
        answer = till.post("/portal/login", {"email": email})
        assert (answer.status, "If somebody pays with this address" in words(answer)) == (200, True)
        assert email not in words(answer)
    assert till.account.all("billing_portal.session") == []


@pytest.mark.parametrize("email", ["", "ada", "<script>@x.y", "a@b", "a b@reader.example"])
def test_what_is_no_address_opens_nothing(till: Counter, email: str) -> None:
    open_login(till)

    answer = till.post("/portal/login", {"email": email})

    assert (answer.status, "<script" in answer.body.decode()) == (400, False)


def test_a_login_page_that_is_switched_off_is_none(till: Counter) -> None:
    till.subscribed()
    open_login(till, enabled=False)
    for answer in (till.get("/portal/login"), till.post("/portal/login", {"email": EMAIL})):
        assert answer.status == 404


# What else happens ----------------------------------------------------------------------------------------------------


def test_time_passes_by_a_day_a_month_and_a_year(till: Counter) -> None:
    till.subscribed()
    begun = till.state["now"]
    till.post("/clock", {"do": "day"})
    assert till.state["now"] == begun + 86_400
    till.post("/clock", {"do": "month"})
    assert till.state["sums"] == {"EUR": 1600}
    till.post("/clock", {"do": "year"})
    assert till.state["sums"] == {"EUR": 1600 + 12 * 800}


def test_a_subscription_renews_fails_pauses_and_ends_when_that_is_pressed(till: Counter) -> None:
    there = f"/subscriptions/{till.subscribed()['id']}"
    assert till.post(there, {"do": "renew"}).status == 303
    assert till.state["sums"] == {"EUR": 1600}
    till.post(there, {"do": "fail"})
    till.post(there, {"do": "renew"})
    assert till.state["subscriptions"][0]["status"] == "past_due"
    till.post(there, {"do": "pause"})
    assert till.state["subscriptions"][0]["pause_collection"]["behavior"] == "void"
    till.post(there, {"do": "resume"})
    till.post(there, {"do": "cancel"})
    assert till.state["subscriptions"][0]["cancel_at_period_end"]
    till.post(there, {"do": "keep"})
    till.post(there, {"do": "end"})
    assert till.state["subscriptions"][0]["status"] == "canceled"
    assert till.post(there, {"do": "renew"}).status == 409
    assert till.post(there, {"do": "pause"}).status == 404


def test_money_goes_back_in_parts_until_none_is_left(till: Counter) -> None:
    till.pays(till.session())
    there = f"/payments/{till.state['payments'][0]['id']}"
    assert till.post(there, {"do": "refund", "amount": "2.50"}).status == 303
    assert till.state["sums"] == {"EUR": 250}
    assert till.post(there, {"do": "refund", "amount": "2.51"}).status == 409
    assert till.post(there, {"do": "refund", "amount": ""}).status == 303
    assert till.state["sums"] == {"EUR": 0}
    assert till.post(there, {"do": "refund"}).status == 409
    refund = f"/refunds/{till.state['refunds'][0]['id']}"
    assert [till.post(refund, {"do": "fail"}).status for _ in range(2)] == [303, 409]
    assert till.state["sums"] == {"EUR": 250}


def test_a_dispute_is_lost_or_won_once(till: Counter) -> None:
    for outcome, sums in (("won", {"EUR": 500}), ("lost", {"EUR": 500})):
        till.pays(till.session())
        payment = f"/payments/{till.state['payments'][0]['id']}"
        assert till.post(payment, {"do": "dispute"}).status == 303
        assert till.post(payment, {"do": "dispute"}).status == 409
        dispute = f"/disputes/{till.state['disputes'][0]['id']}"
        assert [till.post(dispute, {"do": outcome}).status for _ in range(2)] == [303, 409]
        assert till.state["sums"] == sums


def test_the_daily_look_is_had_at_once(till: Counter) -> None:
    assert json.loads(till.post("/reconcile").body) == {"repaired": 3}
    assert till.looked == 1


def test_what_goes_wrong_with_webhooks_is_set_shown_and_taken_back(till: Counter) -> None:
    till.post("/faults", {"drop": "0.2", "seed": "7", "hold": "yes"})
    assert till.state["faults"] == {
        **{"drop": 0.2, "duplicate": 0.0, "delay": 0.0, "reorder": 0.0},
        **{"seed": 7, "hold": True},
    }
    assert 'value="0.2"' in till.get("").body.decode()
    till.pays(till.session())
    assert till.state["waiting"] > 0
    till.post("/faults", {"do": "none"})
    assert not till.state["faults"]["hold"]


def test_an_event_is_sent_again(till: Counter) -> None:
    till.post("/faults", {"hold": "yes"})
    till.pays(till.session())
    event = till.state["deliveries"][-1]["event"]
    assert till.post(f"/events/{event}", {"do": "resend"}).status == 303
    assert till.state["deliveries"][-1]["resent"]
    assert till.post("/events/evt_unknown", {"do": "resend"}).status == 404


def test_everything_stands_on_the_page_and_no_secret(till: Counter) -> None:
    till.subscribed()
    till.pays(till.session())
    till.post(f"/payments/{till.state['payments'][0]['id']}", {"do": "dispute"})
    shown = till.get("").body.decode() + json.dumps(till.state)
    assert EMAIL in shown
    assert "needs response" in shown
    assert "whsec_" not in shown
    assert "_secret_" not in shown
    assert "<script" not in shown


# What is no good ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        *("/pay/cs_test_unknown", "/portal/bps_unknown", "/pay/", "/pay/cus_1", "/pay/../x", "/nothing", "/pay/%00"),
        *("/state", "x", "/pay/evt_1", "/portal/cs_1"),
    ],
)
def test_what_is_not_there_is_404(till: Counter, path: str) -> None:
    assert till.get(path).status == 404


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/pay/{session}", {}, 400),
        ("/pay/{session}", {"do": "steal", "email": EMAIL}, 400),
        ("/portal/{portal}", {"do": "steal"}, 400),
        ("/portal/{portal}", {"do": "cancel"}, 404),
        ("/portal/{portal}", {"do": "cancel", "subscription": "{payment}"}, 404),
        ("/clock", {"do": "century"}, 400),
        ("/clock", {"days": "-1"}, 400),
        ("/clock", {"days": "1e9"}, 400),
        ("/clock", {"days": "0.5"}, 400),
        ("/clock", {"seconds": "nan"}, 400),
        ("/clock", {"seconds": "soon"}, 400),
        ("/faults", {"drop": "1.5"}, 400),
        ("/faults", {"drop": "many"}, 400),
        ("/faults", {"delay": "inf"}, 400),
        ("/faults", {"seed": "0.5"}, 400),
        ("/sessions/{session}", {"do": "pay"}, 400),
        ("/sessions/{payment}", {"do": "expire"}, 404),
        ("/payments/{session}", {"do": "refund"}, 404),
        ("/payments/{payment}", {"do": "refund", "amount": "-1"}, 400),
        ("/payments/{payment}", {"do": "refund", "amount": "1,000.00"}, 400),
        ("/payments/{payment}", {"do": "refund", "amount": "0"}, 409),
        ("/payments/{payment}", {"do": "dispute", "amount": "999"}, 400),
        ("/payments/{payment}", {"do": "settle"}, 409),
        ("/payments/pi_unknown", {"do": "refund"}, 404),
        ("/subscriptions/{subscription}", {"do": "x"}, 400),
        ("/subscriptions/sub_unknown", {"do": "renew"}, 404),
        ("/disputes/du_unknown", {"do": "won"}, 404),
        ("/refunds/re_unknown", {"do": "fail"}, 404),
        ("/events/evt_x", {"do": "burn"}, 400),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_page_and_changes_nothing(
    till: Counter, path: str, form: dict[str, str], status: int
) -> None:
    subscription = till.subscribed()
    till.pays(till.session())
    names = {
        "session": till.session(),
        "payment": till.state["payments"][0]["id"],
        "subscription": subscription["id"],
        "portal": portal(till, subscription["customer"]),
    }
    before = till.account.events()
    answer = till.post(path.format(**names), {name: value.format(**names) for name, value in form.items()})
    assert answer.status == status, words(answer)
    assert answer.header("content-type") == "text/html; charset=utf-8"
    assert till.account.events() == before


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("application/x-www-form-urlencoded", b"\xff\xfe=1", 400),
        ("application/x-www-form-urlencoded", b"do=%ff%fe", 400),
        ("application/x-www-form-urlencoded", b"a=1&" * 60, 400),
        ("application/x-www-form-urlencoded", b"x" * 70_000, 413),
    ],
)
def test_what_is_no_form_is_refused(till: Counter, kind: str, body: bytes, status: int) -> None:
    for path in (f"/pay/{till.session()}", "/clock", "/faults"):
        request = Request("POST", f"{BASE}{path}", headers=(("content-type", kind),), body=body)
        assert till.pages.answer(request).status == status


def test_nothing_is_changed_by_looking(till: Counter) -> None:
    subscription = till.subscribed()
    before = till.account.events()
    for path in ("/clock", "/faults", "/reconcile", f"/subscriptions/{subscription['id']}"):
        assert till.get(path).status == 405
    for path in ("", ".json", "/state.json"):
        assert till.pages.answer(Request("HEAD", f"{BASE}{path}")).body == b""
        assert till.post(path).status == 405
    assert (till.account.events(), till.looked) == (before, 0)


def test_stripes_own_paths_are_left_to_the_api(till: Counter) -> None:
    assert till.get("/v1/customers").status == 299

"""Readers give, join, fail to pay and go; webhooks are forged, lost and doubled. What the till knows and what Frontline
knows is the same in the end, and nobody reads what they have not paid for."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from infra.local.till.webhooks import signature
from shared.domain.orders import OrderState
from tests.journeys.at_the_till import AtTheTill
from tests.journeys.conftest import PATH, Paper
from tests.journeys.walker import Walker

ADA = "ada@reader.example"
BOB = "bob@reader.example"
CAMPAIGN = "the-long-winter"
HOOK = "/api/webhooks/stripe"
BURST = 400  # two thousand take a minute and are taken whole as well
TABLES = (
    ("SignInsTable", ("pk",)),
    ("RequestsTable", ("pk",)),
    ("MembersTable", ("pk", "sk")),
    ("LedgerTable", ("pk", "sk")),
)


@pytest.fixture
def till(paper: Paper) -> AtTheTill:
    """Each walk begins with nobody known, nothing ordered, nothing counted and all going well. What the till has of
    walks before it keeps, but for what would renew: to Frontline that is foreign by then."""
    made = AtTheTill(paper)
    made.go_wrong()
    for one in made.state["subscriptions"]:
        if one["ended_at"] is None:
            made.press(f"/subscriptions/{one['id']}", do="end")
    made.settle()
    tables = paper.stack.client("dynamodb")
    for output, names in TABLES:
        table = paper.stack.output(output)
        for item in tables.scan(TableName=table)["Items"]:
            tables.delete_item(TableName=table, Key={name: item[name] for name in names})
    return made


def give(walker: Walker, amount: int = 500, interval: str = "once", **more: Any) -> Any:
    """Ask for a page to give on: the order's id, and the page's address."""
    reply = walker.post("/api/contributions", {"amount": amount, "currency": "EUR", "interval": interval, **more})
    assert reply.status == 201, reply.body
    return reply.json


def join(walker: Walker, plan: str = "monthly") -> Any:
    reply = walker.post("/api/memberships", {"plan": plan})
    assert reply.status == 201, reply.body
    return reply.json


def tier_of(walker: Walker) -> str:
    """The tier of a new pass."""
    reply = walker.post("/api/members/passes")
    assert reply.status == 200, reply.body
    return str(walker.get(PATH).headers["x-rendered-for"])


def subscription_of(till: AtTheTill, order: str) -> str:
    """The path of what an order renews by."""
    session = till.order(order).session
    found = next(one for one in till.state["sessions"] if one["id"] == session)
    return f"/subscriptions/{found['subscription']}"


def payment_of(till: AtTheTill, order: str) -> str:
    """The path of the payment of an order that is paid once."""
    session = till.order(order).session
    found = next(one for one in till.state["sessions"] if one["id"] == session)
    return f"/payments/{found['payment_intent']}"


def member(paper: Paper, till: AtTheTill, email: str = ADA) -> tuple[Walker, str]:
    """Somebody who has joined, and their order."""
    walker = Walker(paper)
    walker.sign_in(email)
    begun = join(walker)
    assert till.pay(begun["url"], email).status == 303
    till.until(lambda: till.order(begun["id"]).state is OrderState.RUNNING)
    return walker, begun["id"]


# Giving ---------------------------------------------------------------------------------------------------------------


def test_a_contribution_is_paid_thanked_for_and_counted_with_its_campaign(paper: Paper, till: AtTheTill) -> None:
    reader, before = Walker(paper), till.theirs().get("EUR", 0)
    begun = give(reader, name="Ada Reader", message="For the river.", public=True, campaign=CAMPAIGN)
    assert till.order(begun["id"]).state is OrderState.OPEN
    assert b"5.00 EUR once" in reader.get(till.path_of(begun["url"])).body

    mails = len(reader.mails_to(ADA))
    paid = till.pay(begun["url"], ADA)
    assert (paid.status, paid.headers["location"]) == (303, f"{paper.info['site_url']}/thanks")
    assert reader.get("/thanks").status == 200
    till.until(lambda: till.order(begun["id"]).state is OrderState.PAID)
    assert reader.mail_to(ADA, mails)["subject"]

    till.settle()
    assert (till.sums(), till.theirs()["EUR"]) == ({"EUR": 500}, before + 500)
    raised = till.raised(CAMPAIGN)
    assert (raised.amounts, raised.supporters, [one.name for one in raised.named]) == ({"EUR": 500}, 1, ["Ada Reader"])


def test_a_monthly_contribution_comes_again_each_month_until_it_is_ended(paper: Paper, till: AtTheTill) -> None:
    begun = give(Walker(paper), 1000, "month")
    till.pay(begun["url"], BOB)
    till.until(lambda: till.order(begun["id"]).state is OrderState.RUNNING)
    there = subscription_of(till, begun["id"])
    till.press(there, do="renew")
    till.until(lambda: till.sums() == {"EUR": 2000})
    till.press(there, do="end")
    till.until(lambda: till.order(begun["id"]).state is OrderState.ENDED)
    till.press("/clock", do="month")
    till.settle()
    assert till.sums() == {"EUR": 2000}


def test_who_gives_every_month_without_an_account_ends_it_alone(paper: Paper, till: AtTheTill) -> None:
    cora, nobody = "cora@reader.example", Walker(paper)
    begun = give(nobody, 1000, "month")
    till.pay(begun["url"], cora)
    mail = nobody.mail_to(cora, 0)
    login = str(re.search(r"^Change or end it:\s+(\S+)$", mail["text"], re.MULTILINE)[1])  # type: ignore[index]
    assert f'href="{login}"' in nobody.get("/thanks").body.decode()

    there = till.path_of(login)
    assert nobody.get(there).status == 200
    assert nobody.post(there, {"email": "dora@reader.example"}, form=True).status == 200
    page = nobody.post(there, {"email": cora}, form=True).headers["location"]
    subscription = subscription_of(till, begun["id"]).rpartition("/")[2]
    assert nobody.post(page, {"do": "cancel", "subscription": subscription}, form=True).status == 303

    till.until(lambda: till.order(begun["id"]).cancels)
    again = nobody.mail_to(cora, 1)
    assert again["subject"].startswith("Nothing more is collected for")
    assert login in again["text"]


def test_whoever_goes_back_or_is_declined_has_given_nothing_and_may_try_again(paper: Paper, till: AtTheTill) -> None:
    reader = Walker(paper)
    begun = give(reader)
    page = till.path_of(begun["url"])
    assert f'href="{paper.info["site_url"]}/contribute"' in reader.get(page).body.decode()
    assert till.pay(begun["url"], ADA, "decline").status == 402
    till.settle()
    assert (till.order(begun["id"]).state, till.sums()) == (OrderState.OPEN, {})

    assert till.pay(begun["url"], ADA).status == 303
    assert till.pay(begun["url"], ADA).status == 409
    till.until(lambda: till.order(begun["id"]).state is OrderState.PAID)
    till.settle()
    assert till.sums() == {"EUR": 500}


def test_money_that_takes_days_counts_when_it_is_here(paper: Paper, till: AtTheTill) -> None:
    begun = give(Walker(paper))
    till.pay(begun["url"], ADA, "later")
    till.until(lambda: till.order(begun["id"]).state is OrderState.PENDING)
    assert till.sums() == {}
    till.press(payment_of(till, begun["id"]), do="settle")
    till.until(lambda: till.order(begun["id"]).state is OrderState.PAID)
    assert till.sums() == {"EUR": 500}


def test_what_is_given_back_or_taken_back_is_counted_so(paper: Paper, till: AtTheTill) -> None:
    begun = give(Walker(paper), campaign=CAMPAIGN)
    before = till.raised(CAMPAIGN).amounts.get("EUR", 0) if till.book() == [] else 0
    till.pay(begun["url"], ADA)
    till.until(lambda: till.sums() == {"EUR": 500})
    payment = payment_of(till, begun["id"])
    till.press(payment, do="refund", amount="2.00")
    till.until(lambda: till.sums() == {"EUR": 300})
    till.press(payment, do="dispute")
    till.until(lambda: till.sums() == {} and till.order(begun["id"]).state is OrderState.DISPUTED)
    dispute = till.state["disputes"][0]["id"]
    till.press(f"/disputes/{dispute}", do="won")
    till.until(lambda: till.sums() == {"EUR": 300})
    till.settle()
    assert till.raised(CAMPAIGN).amounts == {"EUR": before + 300}


@pytest.mark.parametrize("interval", ["once", "month", "year"])
def test_no_contribution_opens_anything_however_large(paper: Paper, till: AtTheTill, interval: str) -> None:
    ada = Walker(paper)
    ada.sign_in(ADA)
    begun = give(ada, 50_000, interval)
    till.pay(begun["url"], ADA)
    till.until(lambda: till.sums() == {"EUR": 50_000})
    assert tier_of(ada) == "subscriber"


# Joining --------------------------------------------------------------------------------------------------------------


def test_whoever_joins_reads_what_members_read(paper: Paper, till: AtTheTill) -> None:
    ada = Walker(paper)
    assert ada.post("/api/memberships", {"plan": "monthly"}).status == 401
    ada.sign_in(ADA)
    assert tier_of(ada) == "subscriber"
    begun, mails = join(ada), len(ada.mails_to(ADA))
    assert till.pay(begun["url"], ADA).status == 303
    till.until(lambda: till.order(begun["id"]).state is OrderState.RUNNING)
    assert tier_of(ada) == "member"
    assert ada.mail_to(ADA, mails)["subject"]
    assert ada.post("/api/memberships", {"plan": "yearly"}).status == 409
    assert till.sums() == {"EUR": 800}


def test_a_member_whose_renewal_fails_stays_for_a_while_and_is_back_when_it_works(
    paper: Paper, till: AtTheTill
) -> None:
    ada, order = member(paper, till)
    there = subscription_of(till, order)
    till.press(there, do="fail")
    till.press(there, do="renew")
    till.until(lambda: till.order(order).state is OrderState.PAST_DUE)
    assert tier_of(ada) == "member"
    till.press("/clock", days="3")
    till.until(lambda: till.order(order).state is OrderState.RUNNING)
    assert (tier_of(ada), till.sums()) == ("member", {"EUR": 1600})


def test_a_member_who_cancels_at_the_portal_stays_until_what_is_paid_ends(paper: Paper, till: AtTheTill) -> None:
    ada, order = member(paper, till)
    opened = ada.post("/api/memberships/portal")
    assert opened.status == 201, opened.body
    page = till.path_of(opened.json["url"])
    subscription = subscription_of(till, order).rpartition("/")[2]
    assert ada.post(page, {"do": "cancel", "subscription": subscription}, form=True).status == 303
    till.until(lambda: till.order(order).cancels)
    assert tier_of(ada) == "member"
    till.press("/clock", do="month")
    till.until(lambda: till.order(order).state is OrderState.ENDED)
    assert (tier_of(ada), till.sums()) == ("subscriber", {"EUR": 800})


@pytest.mark.parametrize("how", ["refund", "dispute", "end"])
def test_access_ends_with_the_money(paper: Paper, till: AtTheTill, how: str) -> None:
    ada, order = member(paper, till)
    assert tier_of(ada) == "member"
    if how == "end":
        till.press(subscription_of(till, order), do="end")
    else:
        payment = till.state["payments"][0]["id"]
        till.press(f"/payments/{payment}", do=how)
    till.until(lambda: till.order(order).state is not OrderState.RUNNING)
    assert tier_of(ada) == "subscriber"


# Webhooks -------------------------------------------------------------------------------------------------------------


def hook(paper: Paper, body: bytes, header: str | None) -> int:
    """Send to where webhooks go what is no webhook of the till's; returns the status."""
    headers = {"content-type": "application/json", **({"stripe-signature": header} if header is not None else {})}
    connection = http.client.HTTPConnection(paper.info["site_url"].removeprefix("http://"), timeout=30)
    try:
        connection.request("POST", HOOK, body=body, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def secret_of(paper: Paper) -> str:
    """What the till signs with."""
    arn = paper.stack.output("WebhookSecretArn")
    return str(paper.stack.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])


def told(object: str | None, type: str = "checkout.session.completed", **more: Any) -> dict[str, Any]:
    """An event that never was."""
    return {
        "id": "evt_untrue",
        "object": "event",
        "type": type,
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": {"id": object, "payment_status": "paid", "amount_total": 800}},
        **more,
    }


def test_what_nobody_signed_grants_nothing(paper: Paper, till: AtTheTill) -> None:
    ada = Walker(paper)
    ada.sign_in(ADA)
    begun = join(ada)
    body = json.dumps(told(till.order(begun["id"]).session, client_reference_id=begun["id"])).encode()
    calls = paper.calls("PaymentsFunction")
    for header in (None, "", "t=1,v1=00", signature(body, "whsec_guessed", int(time.time())), "v1=" + "0" * 64):
        assert 400 <= hook(paper, body, header) < 500
    till.settle()
    assert paper.calls("PaymentsFunction") == calls
    assert (till.order(begun["id"]).state, tier_of(ada)) == (OrderState.OPEN, "subscriber")


def test_what_was_signed_for_another_time_or_other_bytes_is_refused(paper: Paper, till: AtTheTill) -> None:
    secret, event = secret_of(paper), told("cs_test_nobodys")
    body, now = json.dumps(event, indent=2).encode(), int(time.time())
    assert hook(paper, body, signature(body, secret, now - 600)) == 400
    assert hook(paper, body, signature(body, secret, now + 86_400 * 365)) == 400
    assert hook(paper, json.dumps(event).encode(), signature(body, secret, now)) == 400
    live = json.dumps({**event, "livemode": True}).encode()
    assert 400 <= hook(paper, live, signature(live, secret, now)) < 500
    assert hook(paper, body, signature(body, secret, now)) == 200  # of no order of ours: nothing comes of it
    till.settle()
    assert till.sums() == {}


def test_a_truly_signed_event_about_an_unpaid_page_grants_nothing(paper: Paper, till: AtTheTill) -> None:
    """Whoever had the secret could have payments look, and what they find is what the till says."""
    ada = Walker(paper)
    ada.sign_in(ADA)
    begun = join(ada)
    body = json.dumps(told(till.order(begun["id"]).session)).encode()
    calls = paper.calls("PaymentsFunction")
    assert hook(paper, body, signature(body, secret_of(paper), int(time.time()))) == 200
    till.until(lambda: paper.calls("PaymentsFunction") > calls)
    till.settle()
    assert (till.order(begun["id"]).state, tier_of(ada)) == (OrderState.OPEN, "subscriber")


def test_order_and_repetition_of_webhooks_change_nothing(paper: Paper, till: AtTheTill) -> None:
    till.go_wrong(duplicate="1", reorder="2", seed="11")
    ada, order = member(paper, till)
    there = subscription_of(till, order)
    till.press(there, do="renew")
    till.press(there, do="fail")
    till.press(there, do="renew")
    till.press("/clock", days="3")
    till.settle()
    till.until(lambda: till.sums() == {"EUR": 2400})
    assert (till.order(order).state, till.order(order).received, tier_of(ada)) == (OrderState.RUNNING, 2400, "member")


def test_with_a_fifth_of_the_webhooks_lost_one_look_makes_it_good(paper: Paper, till: AtTheTill) -> None:
    before = till.theirs().get("EUR", 0)
    till.go_wrong(drop="0.2", seed="5")
    orders = []
    for number in range(8):
        begun = give(Walker(paper), 500 + number, "month" if number % 2 else "once")
        till.pay(begun["url"], f"reader{number}@reader.example")
        orders.append(begun["id"])
    till.press("/clock", do="month")
    for number, order in enumerate(orders):
        if not number % 4:
            till.until(lambda order=order: till.order(order).session)  # type: ignore[misc]
            till.press(payment_of(till, order), do="refund", amount="1.00")
    till.settle()
    assert any(each["state"] == "dropped" for each in till.state["deliveries"])
    # And one more, of which nobody hears anything at all.
    till.go_wrong(drop="1")
    silent = give(Walker(paper), 700)
    till.pay(silent["url"], ADA)
    till.settle()
    assert till.order(silent["id"]).state is OrderState.OPEN

    till.go_wrong()
    till.reconcile()
    till.settle()
    assert till.order(silent["id"]).state is OrderState.PAID
    assert till.sums()["EUR"] == till.theirs()["EUR"] - before

    till.reconcile()  # and a second one finds nothing to do
    assert till.sums()["EUR"] == till.theirs()["EUR"] - before
    assert all(order.received == sum(entry.amount for entry in entries) for order, entries in till.book())


def test_while_the_paper_is_down_webhooks_wait_and_come_when_it_is_back(paper: Paper, till: AtTheTill) -> None:
    begun = give(Walker(paper))
    with paper.outage("WebhooksFunction"):
        till.pay(begun["url"], ADA)
        till.until(lambda: any(each["attempts"] > 1 for each in till.state["deliveries"][-8:]))
        assert till.order(begun["id"]).state is OrderState.OPEN
    till.until(lambda: till.order(begun["id"]).state is OrderState.PAID)


def test_a_burst_of_webhooks_is_taken_whole(paper: Paper, till: AtTheTill) -> None:
    secret, sqs, queue = secret_of(paper), paper.stack.client("sqs"), paper.stack.output("PaymentsQueueUrl")

    def send(number: int) -> int:
        body = json.dumps(told(f"cs_test_{number}", id=f"evt_{number}")).encode()
        return hook(paper, body, signature(body, secret, int(time.time())))

    with paper.outage("PaymentsFunction"):
        with ThreadPoolExecutor(32) as senders:
            statuses = Counter(senders.map(send, range(BURST)))
        waiting = paper.depth("PaymentsQueueUrl")
        sqs.purge_queue(QueueUrl=queue)
    assert (statuses, waiting) == ({200: BURST}, BURST)

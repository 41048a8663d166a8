"""What somebody who pays sees in their account, takes along, and leaves behind when they go."""

from __future__ import annotations

from shared.domain.ledger import EntryKind
from shared.domain.orders import OrderState
from tests.functions.site import text
from tests.journeys.at_the_till import AtTheTill
from tests.journeys.conftest import Paper
from tests.journeys.test_money import ADA, CAMPAIGN, give, member, subscription_of, tier_of, till
from tests.journeys.walker import Walker

__all__ = ["till"]  # a fixture


def account(walker: Walker) -> str:
    reply = walker.ask("GET", "/account", accept="text/html")
    assert reply.status == 200, reply.body
    return text(reply.body.decode())


def test_the_account_says_what_is_paid_and_how_the_membership_stands(paper: Paper, till: AtTheTill) -> None:
    ada, order = member(paper, till)
    begun = give(ada, 700, "month", campaign=CAMPAIGN)
    till.pay(begun["url"], ADA)
    till.until(lambda: till.order(begun["id"]).state is OrderState.RUNNING)
    said = account(ada)
    assert "Your membership “" in said
    assert "renews on" in said
    assert "You give €7 a month. Thank you." in said
    assert "Contribution, every month, for “A reporter for the river, all winter”" in said
    assert "· paid €8" in said

    reply = ada.post("/api/memberships/portal", {}, form=True)  # a form without a field
    assert reply.status == 303
    assert till.path_of(reply.headers["location"])

    there = subscription_of(till, order)
    till.press(there, do="fail")
    till.press(there, do="renew")
    till.until(lambda: till.order(order).state is OrderState.PAST_DUE)
    said = account(ada)
    assert "could not be renewed: a payment has failed, and is tried again." in said
    assert "see whether your card is still good" in said
    assert ada.get("/api/members/me").json["membership"]["state"] == "past_due"


def test_whoever_goes_takes_along_what_they_paid_and_leaves_sums_without_a_name(paper: Paper, till: AtTheTill) -> None:
    """R32."""
    ada, order = member(paper, till)
    begun = give(ada, 700, "month", name="Ada Moor", message="Go on.", public=True, campaign=CAMPAIGN)
    till.pay(begun["url"], ADA)
    till.until(lambda: till.order(begun["id"]).state is OrderState.RUNNING)
    till.settle()
    sums, raised = till.sums(), till.raised(CAMPAIGN)
    assert [one.name for one in raised.named] == ["Ada Moor"]

    taken = ada.get("/api/members/me/export").json
    assert [(one["id"], one["plan"]) for one in taken["memberships"]] == [(order, "monthly")]
    assert [(one["id"], one["name"], one["received"]) for one in taken["contributions"]] == [
        (begun["id"], "Ada Moor", 700)
    ]
    assert taken["payment_service_knows_you_as"].startswith("cus_")
    page = ada.ask("GET", "/account/erase", accept="text/html").body.decode()
    assert "What you pay every month or year ends with it" in page

    assert ada.ask("DELETE", "/api/members/me").status == 200
    till.until(lambda: all(till.order(id).state is OrderState.ENDED for id in (order, begun["id"])))
    till.settle()

    assert all(one["ended_at"] is not None for one in till.state["subscriptions"])
    assert till.sums() == sums
    for kept, entries in till.book():
        assert (kept.member, kept.name, kept.message) == (None, None, None)
        assert [one.kind for one in entries] == [EntryKind.PAYMENT]
    assert (till.raised(CAMPAIGN).amounts, till.raised(CAMPAIGN).named) == (raised.amounts, ())
    again = Walker(paper)
    again.sign_in(ADA)
    assert tier_of(again) == "subscriber"
    assert "What you pay" not in account(again)

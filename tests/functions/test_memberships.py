"""Joining: by whoever is signed in, at the paper's price, one membership and one open page at a time."""

from __future__ import annotations

import threading

import pytest
from msgspec.structs import replace

from functions.contributions.checkout import MEMBER_AN_HOUR
from shared.domain.members import Membership, MembershipState
from shared.domain.orders import Interval, Kind, Order, OrderState
from shared.domain.standing import PageState
from shared.personal.limits import HOUR
from shared.ports.money import HostedPage, Price
from tests.functions.giver import FIVE, GIVE, JOIN, PAPER, PORTAL, Giver, Till
from tests.functions.site import text
from tests.processor_twin import MemoryProcessor


@pytest.fixture
def till() -> Till:
    return Till()


@pytest.fixture
def ada(till: Till) -> Giver:
    giver = Giver(till)
    giver.sign_in()
    return giver


def membership(state: MembershipState) -> Membership:
    return Membership(state, 0, 2_000_000_000, 2_000_000_000)


def stand(giver: Giver, state: OrderState) -> None:
    """The order that was just asked for stands so, by what payments have heard."""
    order, version = giver.till.ledger.read(giver.body["id"]) or (None, "")
    assert order is not None
    giver.till.house.records.write(replace(order, state=state), version, "order", order.id)


def open_pages(till: Till) -> list[str]:
    sessions = [str(one.session) for one in till.orders if one.session is not None]
    return [one for one in sessions if till.processor.standing(one).page is PageState.OPEN]


# What is asked for ---------------------------------------------------------------------------------------------------


def test_a_membership_is_asked_for_by_its_plan(ada: Giver) -> None:
    assert ada.join("yearly").answer.status == 201
    order = ada.order

    assert (order.kind, order.amount, order.currency, order.interval) == (Kind.MEMBERSHIP, 8_000, "EUR", Interval.YEAR)
    assert (order.plan, order.price, order.member) == ("yearly", "price_yearly", ada.cookies["__Host-session"][:32])
    assert order.member is not None
    payer = ada.till.ledger.payer(order.member)
    assert payer is not None
    assert ada.till.processor.customers == {payer.customer: order.member}


def test_a_person_goes_on_to_the_page(ada: Giver) -> None:
    answer = ada.ask(JOIN, {"plan": "monthly"}, form=True).answer
    assert (answer.status, answer.headers["location"]) == (303, f"https://checkout.example/{ada.till.orders[0].id}")


def test_a_membership_comes_back_to_where_its_pass_is_fetched(ada: Giver) -> None:
    ada.join()
    assert ada.till.processor.ways == [(f"{PAPER.url}/thanks/member", f"{PAPER.url}/join")]


@pytest.mark.parametrize("path", [JOIN, PORTAL])
def test_whoever_is_not_signed_in_is_asked_to(till: Till, path: str) -> None:
    giver = Giver(till)
    body = {"plan": "monthly"} if path == JOIN else None
    assert giver.ask(path, body).answer.status == 401
    assert giver.code == "not_signed_in"

    answer = giver.ask(path, body or {}, form=True).answer
    back = "/join" if path == JOIN else "/account"
    assert (answer.status, answer.headers["location"]) == (303, f"/sign-in?next={back}")
    assert till.orders == []


def test_a_session_that_is_over_is_nobody_s_and_its_cookie_stays(ada: Giver) -> None:
    ada.till.house.now += 400 * 86_400
    answer = ada.ask(JOIN, {"plan": "monthly"}, form=True).answer
    assert answer.headers["location"] == "/sign-in?next=/join"
    assert answer.cookies == ()  # the members function takes it away


def test_an_amount_of_the_client_s_is_refused(ada: Giver) -> None:
    for more in ({"amount": 1}, {"price": "price_1"}, {"currency": "JPY"}, {"interval": "year"}, {"tier": "member"}):
        assert ada.ask(JOIN, {"plan": "monthly", **more}).answer.status == 400
        assert ada.ask(JOIN, {"plan": "monthly", **more}, form=True).answer.status == 400
    assert ada.till.orders == []


@pytest.mark.parametrize("plan", ["", "weekly", "MONTHLY", "monthly ", "price_monthly", "m" * 10_000, "\u0000"])
def test_an_unknown_plan_is_none(ada: Giver, plan: str) -> None:
    assert ada.join(plan).answer.status == 404
    assert ada.code == "unknown_plan"


@pytest.mark.parametrize(
    "price",
    [
        None,
        Price("price_1", 801, "EUR", Interval.MONTH),
        Price("price_1", 800, "GBP", Interval.MONTH),
        Price("price_1", 800, "EUR", Interval.YEAR),
    ],
)
def test_nobody_pays_another_price_than_they_were_shown(ada: Giver, price: Price | None) -> None:
    ada.till.processor.prices = {} if price is None else {"monthly": price}
    assert ada.join().answer.status == 503
    assert ada.code == "plan_unavailable"
    assert ada.till.orders == []


# One at a time -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [MembershipState.ACTIVE, MembershipState.PAST_DUE, MembershipState.PAUSED])
def test_a_member_is_pointed_to_where_they_manage_it(ada: Giver, state: MembershipState) -> None:
    found = ada.house.doors.members.read(ada.cookies["__Host-session"][:32])
    assert found is not None
    ada.house.doors.members.write(replace(found[0], membership=membership(state)), found[1])

    assert ada.join().answer.status == 409
    assert ada.code == "already_member"
    page = ada.ask(JOIN, {"plan": "monthly"}, form=True).answer.body
    assert f'action="{PORTAL}"' in page
    assert "You have a membership It is running." in text(page)
    assert ada.till.orders == []


@pytest.mark.parametrize(
    "state",
    [
        OrderState.RUNNING, OrderState.PAST_DUE, OrderState.PAUSED, OrderState.REFUNDED, OrderState.DISPUTED,
        OrderState.PENDING,
    ],
)  # fmt: skip
def test_an_order_that_may_still_take_money_is_not_doubled(ada: Giver, state: OrderState) -> None:
    """Also where the member's own record says nothing (yet)."""
    ada.join()
    stand(ada, state)
    assert ada.join().answer.status == 409
    assert len(ada.till.orders) == 1


@pytest.mark.parametrize("state", [OrderState.ENDED, OrderState.EXPIRED, OrderState.FAILED])
def test_whoever_has_been_a_member_may_come_back(ada: Giver, state: OrderState) -> None:
    ada.join()
    stand(ada, state)
    found = ada.house.doors.members.read(ada.cookies["__Host-session"][:32])
    assert found is not None
    ended = replace(found[0], membership=membership(MembershipState.ENDED))
    ada.house.doors.members.write(ended, found[1])
    assert ada.join().answer.status == 201


def test_a_contribution_is_no_membership(ada: Giver) -> None:
    ada.give(interval="month")
    stand(ada, OrderState.RUNNING)
    assert ada.join().answer.status == 201
    assert len(open_pages(ada.till)) == 2  # nor is its page closed


def test_an_earlier_page_is_closed_before_another_is_told_of(ada: Giver) -> None:
    ada.join()
    first = str(ada.order.session)
    ada.house.now += 1
    ada.join("yearly")
    assert open_pages(ada.till) == [str(ada.order.session)] != [first]


def test_whoever_has_just_paid_on_an_earlier_page_does_not_pay_again(ada: Giver) -> None:
    """Nobody has heard of it yet: it is the page itself that says so."""
    ada.join()
    ada.till.processor.pay(str(ada.order.session))
    ada.house.now += 1
    assert ada.join().answer.status == 409
    assert ada.code == "already_member"
    assert open_pages(ada.till) == []


def test_of_two_that_are_asked_for_at_once_one_page_is_open(till: Till) -> None:
    """Each is held where it has its page and has not looked for others yet, until all have come there."""
    both = threading.Barrier(6)

    class Meeting(MemoryProcessor):
        def begin(
            self, order: Order, *, title: str, success: str, cancel: str, customer: str | None, email: str | None
        ) -> HostedPage:
            made = super().begin(order, title=title, success=success, cancel=cancel, customer=customer, email=email)
            both.wait(5)
            return made

    till = Till(processor=Meeting())
    first = Giver(till)
    first.sign_in()
    tabs = [Giver(till) for _ in range(6)]
    for tab in tabs:
        tab.cookies = dict(first.cookies)
    workers = [threading.Thread(target=tab.join) for tab in tabs]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    told = [tab.body["id"] for tab in tabs if tab.outcome.answer.status == 201]
    assert {tab.outcome.answer.status for tab in tabs} <= {201, 409}
    (still_open,) = [till.ledger.of_session(one) for one in open_pages(till)]
    assert still_open == max(till.orders, key=lambda one: (one.asked_at, one.id)).id
    assert still_open in told


def test_an_older_order_that_is_gone_on_with_gives_way_to_a_newer_page(ada: Giver) -> None:
    def only_at_the_page(step: str, about: str) -> None:
        ada.till.processor.unavailable = step == "begin"

    ada.till.processor.before = only_at_the_page  # type: ignore[method-assign]
    assert ada.join(key="k").answer.status == 503
    assert [one.session for one in ada.till.orders] == [None]
    ada.till.processor.before = lambda step, about: None  # type: ignore[method-assign]
    ada.till.processor.unavailable = False

    ada.house.now += 1
    ada.join("yearly")
    newer = ada.order
    assert ada.join(key="k").answer.status == 409
    assert ada.code == "still_running"
    assert open_pages(ada.till) == [newer.session]


def test_the_same_key_is_the_same_page_also_after_it_was_paid(ada: Giver) -> None:
    first = ada.join(key="k").answer.body
    ada.till.processor.pay(str(ada.order.session))
    stand(ada, OrderState.RUNNING)
    assert ada.join(key="k").answer.body == first
    assert ada.join("yearly", key="k").answer.status == 422
    assert ada.join(key="other").answer.status == 409


def test_a_key_of_a_contribution_is_not_one_of_a_membership(ada: Giver) -> None:
    ada.ask(GIVE, FIVE, key="k")
    assert ada.join(key="k").answer.status == 422


# Managing ------------------------------------------------------------------------------------------------------------


def test_whoever_pays_manages_it_there(ada: Giver) -> None:
    ada.join()
    customer = next(iter(ada.till.processor.customers))
    assert ada.ask(PORTAL).answer.status == 201
    assert ada.body == {"url": f"https://portal.example/{customer}"}
    answer = ada.ask(PORTAL, {}, form=True).answer
    assert (answer.status, answer.headers["location"]) == (303, f"https://portal.example/{customer}")


def test_whoever_has_never_paid_has_nothing_to_manage(ada: Giver) -> None:
    assert ada.ask(PORTAL).answer.status == 404
    assert ada.code == "nothing_to_manage"
    assert "You pay nothing here" in text(ada.ask(PORTAL, {}, form=True).answer.body)


def test_the_portal_is_asked_for_only_so_often(ada: Giver) -> None:
    ada.join()
    assert [ada.ask(PORTAL).answer.status for _ in range(MEMBER_AN_HOUR + 1)] == [201] * MEMBER_AN_HOUR + [429]
    ada.house.now += HOUR
    assert ada.ask(PORTAL).answer.status == 201


def test_nobody_is_led_to_another_s_portal(ada: Giver) -> None:
    ada.join()
    bob = Giver(ada.till, "198.51.100.9")
    bob.sign_in("bob@reader.example")
    assert bob.ask(PORTAL).answer.status == 404
    for sent in ({"customer": "cus_1"}, {"member": "0" * 32}):
        assert bob.ask(PORTAL, sent).answer.status == 400

"""What the account's page says of money: in words, of every state, and never in the way of the rest of the account."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from functions.members.money_page import ON_PAGE
from shared.domain.ledger import EntryKind
from shared.domain.members import MembershipState
from shared.domain.orders import Interval, OrderState
from shared.domain.paper import Campaign, Plan
from tests.functions.paying import DAY, gave, joined, known_as, membership, paid
from tests.functions.site import classes, text, tree
from tests.functions.visitor import PAPER, House, Visitor
from tests.twins import MemoryPapers

PAGE = {"accept": "text/html"}
PORTAL = 'action="/api/memberships/portal"'


@pytest.fixture
def ada() -> Visitor:
    """Somebody who reads a paper with a plan and a campaign."""
    house = House()
    plan = Plan("monthly", "By the <month>", 850, "EUR", "month")
    campaign = Campaign("river", "The river", "Why.", 1_200_000, "EUR")
    papers = MemoryPapers(replace(PAPER, plans=(plan,), campaigns=(campaign,)))
    house.doors = replace(house.doors, papers=papers)
    visitor = Visitor(house)
    visitor.sign_in()
    return visitor


def account(visitor: Visitor) -> str:
    answer = visitor.send("GET", "/account", headers=PAGE).answer
    assert answer.status == 200
    tree(answer.body)
    return answer.body


def listed(page: str) -> list[str]:
    """The lines of what has been paid."""
    return [" ".join("".join(line.itertext()).split()) for of in classes(page, "payments") for line in of.iter("li")]


def test_whoever_has_never_paid_reads_nothing_of_money(ada: Visitor) -> None:
    page = account(ada)
    assert "What you pay" not in page
    assert PORTAL not in page


@pytest.mark.parametrize(
    ("state", "changes", "order", "words"),
    [
        (MembershipState.ACTIVE, {}, OrderState.RUNNING, "renews on 30 December 2026."),
        (
            MembershipState.ACTIVE,
            {"cancels": True},
            OrderState.RUNNING,
            "ends on 30 December 2026, and is not",
        ),
        (MembershipState.ACTIVE, {"cancels": True, "paid_until": 9}, OrderState.RUNNING, "has ended."),
        (MembershipState.PAST_DUE, {}, OrderState.PAST_DUE, "is tried again. All stays open until 6 January 2027."),
        (MembershipState.PAST_DUE, {"good_until": 9}, OrderState.PAST_DUE, "As soon as it is made, all opens again."),
        (MembershipState.PAUSED, {}, OrderState.PAUSED, "is paused, and nothing is collected. It is paid until 30"),
        (MembershipState.ENDED, {"good_until": 0}, OrderState.ENDED, "has ended."),
        (MembershipState.ENDED, {"good_until": 0}, OrderState.REFUNDED, "is closed: its payment was given back."),
        (MembershipState.ENDED, {"good_until": 0}, OrderState.DISPUTED, "your bank has taken the payment back."),
    ],
)
def test_a_membership_says_in_words_how_it_stands(
    ada: Visitor, state: MembershipState, changes: dict[str, Any], order: OrderState, words: str
) -> None:
    joined(ada, "a", membership(ada.house, state, **changes), state=order)
    known_as(ada)
    page = account(ada)

    (sentence,) = [one for one in text(page).split("Your membership ") if one.startswith("“By the <month>” ")]
    assert words in sentence
    assert ("see whether your card is still good" in page) is (state is MembershipState.PAST_DUE)
    assert PORTAL in page


def test_what_is_given_again_and_again_says_how_it_stands(ada: Visitor) -> None:
    for id, state, cancels in (
        ("1", OrderState.RUNNING, False),
        ("2", OrderState.RUNNING, True),
        ("3", OrderState.PAST_DUE, False),
        ("4", OrderState.PAUSED, False),
        ("5", OrderState.ENDED, False),
    ):
        gave(ada, id, amount=int(id) * 100, interval=Interval.MONTH, state=state, cancels=cancels)
    gave(ada, "6", amount=600, interval=Interval.YEAR, state=OrderState.RUNNING)
    said = text(account(ada))

    assert "You give €1 a month. Thank you." in said
    assert "You have given €2 a month; this is not renewed any more." in said
    assert "You give €3 a month. The last payment has failed, and is tried again." in said
    assert "You give €4 a month. It is paused, and nothing is collected." in said
    assert "€5 a month" not in said
    assert "You give €6 a year. Thank you." in said


def test_every_payment_is_listed_with_what_has_become_of_it(ada: Visitor) -> None:
    now, a, b, c = ada.house.now, "a" * 32, "b" * 32, "c" * 32
    first, second, third = (f"pi_aaaa_{int(now - days * DAY)}" for days in (9, 8, 7))
    gave(
        ada,
        "a",
        paid(a, 500, now - 9 * DAY),
        paid(a, -500, now - 5 * DAY, EntryKind.REFUND, id="re_1", of=first),
        paid(a, 500, now - 8 * DAY),
        paid(a, -150, now - 5 * DAY, EntryKind.REFUND, id="re_2", of=second),
        paid(a, -350, now - 5 * DAY, EntryKind.REFUND, id="re_3", of=second),
        paid(a, 350, now - 4 * DAY, EntryKind.REFUND_FAILED, id="re_3-failed", of=second),
        paid(a, 500, now - 7 * DAY),
        paid(a, -500, now - 4 * DAY, EntryKind.DISPUTE, id="dp_1", of=third),
        interval=Interval.MONTH,
        state=OrderState.RUNNING,
        campaign="river",
    )
    won = f"pi_bbbb_{int(now - 6 * DAY)}"
    gave(
        ada,
        "b",
        paid(b, 1_234_56, now - 6 * DAY),
        paid(b, -1_234_56, now - 3 * DAY, EntryKind.DISPUTE, id="dp_2", of=won),
        paid(b, 1_234_56, now - 2 * DAY, EntryKind.DISPUTE_WON, id="dp_2-won", of=won),
    )
    joined(ada, "c", membership(ada.house), paid(c, 850, now - 10 * DAY))
    gave(ada, "d", state=OrderState.PENDING, asked_at=int(now - DAY), amount=700)
    for id, state in (("e", OrderState.OPEN), ("f", OrderState.EXPIRED), ("0", OrderState.FAILED)):
        gave(ada, id, state=state, amount=9900)

    assert listed(account(ada)) == [
        "Contribution9 December 2026 · on its way €7",
        "Contribution4 December 2026 · paid €1,234.56",
        "Contribution, every month, for “The river”3 December 2026 · taken back by your bank €5",
        "Contribution, every month, for “The river”2 December 2026 · €1.50 of it given back €5",
        "Contribution, every month, for “The river”1 December 2026 · given back €5",
        "Membership “By the <month>”30 November 2026 · paid €8.50",
    ]


def test_a_plan_and_a_campaign_that_the_paper_has_no_more_are_not_named(ada: Visitor) -> None:
    joined(ada, "a", membership(ada.house), paid("a" * 32, 850, ada.house.now), plan="bygone")
    gave(ada, "b", paid("b" * 32, 500, ada.house.now - 1), campaign="bygone")
    page = account(ada)

    assert "Your membership renews on" in text(page)
    assert [line.partition("10 ")[0] for line in listed(page)] == ["Membership", "Contribution"]
    assert "bygone" not in page


def test_of_many_payments_the_latest_are_shown_and_the_rest_is_counted(ada: Visitor) -> None:
    month = 30 * DAY
    gave(ada, "a", *(paid("a" * 32, 500, ada.house.now - back * month) for back in range(ON_PAGE + 3)))
    page = account(ada)

    assert len(listed(page)) == ON_PAGE
    assert listed(page)[0].startswith("Contribution10 December 2026")
    assert "And 3 earlier ones" in text(page)


def test_who_is_known_to_the_payment_service_manages_there_and_nobody_else(ada: Visitor) -> None:
    gave(ada, "a", paid("a" * 32, 500, ada.house.now))  # before they were signed in, it may be
    assert PORTAL not in account(ada)
    known_as(ada)
    assert PORTAL in account(ada)

    bob = Visitor(ada.house)
    bob.sign_in("bob@reader.example")
    page = account(bob)
    assert PORTAL not in page
    assert listed(page) == []


def test_where_the_ledger_cannot_be_read_the_account_is_shown_all_the_same(ada: Visitor) -> None:
    joined(ada, "a", membership(ada.house, MembershipState.PAST_DUE), state=OrderState.PAST_DUE)
    known_as(ada)
    ada.house.money.broken = True
    page = account(ada)
    said = text(page)

    assert "What you have paid cannot be shown right now." in said
    assert "Your membership could not be renewed" in said  # which the member's own record knows
    assert "Where you are signed in" in said
    assert PORTAL not in page


def test_whoever_is_about_to_erase_the_account_reads_what_becomes_of_money(ada: Visitor) -> None:
    said = text(ada.send("GET", "/account/erase", headers=PAGE).answer.body)

    assert "What you pay every month or year ends with it" in said
    assert "A membership is over at once, even where it is paid for longer." in said
    assert "What stays names nobody: what was paid, as sums in our books" in said

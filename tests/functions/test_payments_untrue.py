"""What the processor says and what was not ordered: nothing is granted for it (R8), and nothing kept (R11)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from functions.payments.batch import Ended
from functions.payments.look import Became
from shared.domain.happenings import Happened
from shared.domain.members import tier_of
from shared.domain.orders import Interval
from shared.domain.standing import Standing
from shared.domain.tiers import Tier
from tests.functions.books import Books
from tests.money_cases import ENDINGS, play
from tests.processor_twin import NOW

_TAMPERED: dict[str, Callable[[Standing], Standing]] = {
    "amount": lambda it: replace(it, amount=1),
    "currency": lambda it: replace(it, currency="JPY"),
    "reference": lambda it: replace(it, reference="f" * 32),
    "livemode": lambda it: replace(it, livemode=True),
    "mode": lambda it: replace(it, is_recurring=False),
    "price": lambda it: replace(it, subscription=it.subscription and replace(it.subscription, price="price_0")),
    "interval": lambda it: replace(
        it, subscription=it.subscription and replace(it.subscription, interval=Interval.YEAR)
    ),
    "subscription's amount": lambda it: replace(
        it, subscription=it.subscription and replace(it.subscription, amount=1)
    ),
    "session": lambda it: replace(it, session="cs_test_other"),
}


@pytest.mark.parametrize("what", _TAMPERED)
def test_nothing_is_granted_for_what_was_not_ordered(what: str) -> None:
    books = Books()
    session = books.membership()
    books.processor.tamper(session, _TAMPERED[what])
    before = dict(books.records.values)
    worked = books.hear_news()

    assert worked[0].ended is Ended.MISMATCHED
    assert worked[0].looked is not None
    assert (worked[0].looked.what, worked[0].looked.order) == (what, books.of(session).id)
    assert not any(one.ended.comes_again for one in worked)
    assert books.records.values == before
    assert (tier_of(books.member(), NOW), books.mails()) == (Tier.SUBSCRIBER, [])

    books.processor.tells_truth(session)
    books.look(session)
    assert tier_of(books.member(), NOW) is Tier.MEMBER


def test_what_cannot_follow_is_not_applied() -> None:
    books = Books()
    session = books.order()
    books.processor.expire(session)
    books.hear_news()
    other = books.order()
    books.processor.pay(other)
    books.processor.tamper(
        session, lambda it: replace(books.processor.truth(other), session=session, reference=books.of(session).id)
    )
    looked = books.look(session)

    assert (looked.became, looked.what) == (Became.MISMATCHED, "transition: expired cannot become paid.")
    assert books.of(session).received == 0


@pytest.mark.parametrize("livemode", [True, False])
def test_an_event_of_the_other_mode_is_not_looked_at(livemode: bool) -> None:
    books = Books()
    books.doors = replace(books.doors, livemode=not livemode)
    session = books.order()
    books.processor.asked.clear()
    (worked,) = books.hear(Happened("evt_1", "checkout.session.completed", session, NOW, livemode))

    assert worked.ended is Ended.MISMATCHED
    assert worked.looked is not None
    assert worked.looked.what == "livemode"
    assert books.processor.asked == []


def test_what_came_by_no_page_of_ours_is_dropped() -> None:
    books = Books()
    elsewhere = Books()
    session = elsewhere.order()
    elsewhere.processor.pay(session)
    books.processor = elsewhere.processor
    books.doors = replace(books.doors, processor=elsewhere.processor)

    worked = books.hear(elsewhere.processor.foreign(), *elsewhere.processor.events)
    assert {one.ended for one in worked} == {Ended.FOREIGN}
    assert books.records.values == {}


def test_a_page_that_the_processor_does_not_know_is_a_mismatch() -> None:
    books = Books()
    session = books.order()
    books.doors = replace(books.doors, processor=Books().processor)

    assert books.look(session).what == "session, which the processor does not know,"


def test_an_order_that_was_forgotten_matters_only_where_somebody_has_paid() -> None:
    books = Books()
    unpaid, paid = books.order(), books.order()
    books.processor.expire(unpaid)
    books.processor.pay(paid)
    for session in (unpaid, paid):
        books.records.delete("order", books.of(session).id)

    assert books.look(unpaid).became is Became.UNCHANGED
    assert (books.look(paid).became, books.look(paid).what) == (Became.MISMATCHED, "order, which is not there,")


@pytest.mark.parametrize("how", ENDINGS)
def test_access_ends_with_the_money_also_where_the_subscription_is_not_what_was_ordered_any_more(how: str) -> None:
    """Whoever changes a price in the processor's dashboard has nothing granted for it; nor is anything kept for it that
    was given back."""
    books = Books()
    session = books.membership()
    books.hear_news()
    books.processor.tamper(session, _TAMPERED["subscription's amount"])
    books.look(session)
    assert tier_of(books.member(), books.processor.now) is Tier.MEMBER
    for step in ENDINGS[how]:
        assert play(books.processor, session, step)
    worked = books.hear_news()

    assert worked[-1].looked is not None
    assert {one.ended for one in worked} <= {Ended.MISMATCHED, Ended.UNCHANGED}
    assert tier_of(books.member(), NOW) is Tier.SUBSCRIBER
    before = dict(books.records.values)
    assert books.look(session).became is Became.MISMATCHED
    assert books.records.values == before

    books.processor.tells_truth(session)
    books.look(session)
    books.agree([session])


@pytest.mark.parametrize("what", ["livemode", "reference", "session"])
def test_what_is_said_of_another_page_takes_nothing(what: str) -> None:
    books = Books()
    session = books.membership()
    books.hear_news()
    books.processor.end(session)
    books.processor.tamper(session, _TAMPERED[what])

    assert books.look(session).became is Became.MISMATCHED
    assert tier_of(books.member(), NOW) is Tier.MEMBER

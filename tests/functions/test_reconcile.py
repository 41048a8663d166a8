"""Once a day the ledger is made to agree with the processor, whatever was never heard of."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.payments.reconcile import AT_REST, FIRST, MOST_FAILED, OVERLAP, SECONDS_KEPT
from shared.domain.campaigns import campaign_key
from shared.domain.ledger import Entry, entries_of
from shared.domain.members import tier_of
from shared.domain.orders import Order, OrderState
from shared.domain.refusals import ProcessorUnavailable
from shared.domain.settling import DAY
from shared.domain.tiers import Tier
from tests.functions.books import ADA, Books
from tests.functions.killed import KillableBooks
from tests.money_cases import GIFT, MEMBERSHIP, play
from tests.processor_twin import NOW

S = OrderState
NAMED = replace(GIFT, name="Bo", public=True)
_SHAPES = (
    NAMED,
    replace(NAMED, currency="GBP", campaign="spring"),
    replace(GIFT, interval=MEMBERSHIP.interval),
    MEMBERSHIP,
)
_STEPS = (
    *("pay", "pay", "pay", "pay_later", "settle_later", "fail_later", "expire", "renew", "renew", "fail_renewal"),
    *("refund_part", "refund_all", "refund_fails", "dispute", "win", "lose", "cancel_at_end", "end", "pause"),
)


def month(books: Books, seed: int, orders: int = 30, steps: int = 240, lost: float = 0.2) -> list[str]:
    """What happens in a month, in which that part of the events gets lost. Returns the sessions."""
    chance = random.Random(seed)  # noqa: S311 -- the same month each time
    books.join()
    sessions = [books.order(_SHAPES[number % 4]) for number in range(orders)]
    for _ in range(steps):
        play(books.processor, chance.choice(sessions), chance.choice(_STEPS))
        books.processor.now = min(books.processor.now, NOW + FIRST - DAY)
        books.hear_news(lambda event: chance.random() >= lost)
    return sessions


def differ(books: Books, sessions: list[str]) -> list[str]:
    """Those of which the ledger does not hold what the processor says."""
    return [
        one
        for one in sessions
        if {entry.id for entry in books.ledger.entries(books.of(one).id)}
        != {entry.id for entry in entries_of(books.of(one).id, books.processor.truth(one))}
    ]


@pytest.mark.parametrize("seed", range(5))
def test_where_a_fifth_of_the_events_was_lost_one_run_makes_the_ledger_agree(seed: int) -> None:
    books = Books()
    sessions = month(books, seed)
    missed = differ(books, sessions)
    before = {one: books.of(one).received for one in sessions}
    report = books.reconcile()

    assert missed
    books.agree(sessions)
    assert report.is_finished
    assert (report.looked, report.mismatched, report.failed) == (len(sessions), 0, 0)
    assert report.repaired >= len(missed)
    assert set(report.orders) >= {books.of(one).id for one in missed}
    for currency in ("EUR", "GBP"):
        came = sum(books.of(one).received - before[one] for one in sessions if books.of(one).currency == currency)
        assert report.amounts.get(currency, 0) == came
    again = books.reconcile()
    assert (again.repaired, again.entries, again.amounts, again.is_finished) == (0, 0, {}, True)
    assert len({one.key for one in books.mails()}) == len(books.postbox.orders)


def test_where_every_event_was_lost_one_run_makes_it_agree_too() -> None:
    books = Books()
    session = books.membership()
    gift = books.order(NAMED)
    books.processor.pay(gift)
    report = books.reconcile()

    books.agree([session, gift])
    assert tier_of(books.member(), NOW) is Tier.MEMBER
    assert (report.entries, report.amounts, report.repaired) == (2, {"EUR": 1300}, 2)


def test_what_the_processor_does_not_list_any_more_is_found_by_what_was_ordered() -> None:
    """Its events are gone after 30 days; an order to which something may still happen is looked at every day."""
    books = Books()
    session = books.membership()
    books.hear_news()
    books.reconcile()
    books.processor.renew(session)
    refunded = books.processor.truth(session).payments[-1].id
    books.processor.refund(refunded, None, "key")
    books.processor.events.clear()
    books.processor.pass_time(40 * DAY)
    books.reconcile()

    books.agree([session])
    assert tier_of(books.member(), books.processor.now) is Tier.SUBSCRIBER


def test_what_was_paid_for_an_order_that_is_not_there_any_more_is_told_of() -> None:
    books = Books()
    session = books.order()
    books.processor.pay(session)
    books.processor.events.clear()
    books.records.delete("order", books.of(session).id)

    assert books.reconcile().mismatched == 1


def test_a_paper_that_takes_no_money_is_not_told_each_night_that_there_is_no_key() -> None:
    books = Books()
    books.processor.refuses = "no key"

    report = books.reconcile()

    assert (report.is_finished, report.failed) == (True, 0)


def test_where_anybody_has_ordered_a_key_that_is_not_taken_is_told_of() -> None:
    books = Books()
    books.order()
    books.processor.refuses = "no key"

    report = books.reconcile()

    assert (report.is_finished, report.causes) == (False, {"ProcessorRefused": 1})


@pytest.mark.parametrize("state", OrderState)
def test_only_what_is_at_rest_is_left_alone(state: OrderState) -> None:
    books = Books()
    books.membership()
    session = books.order()
    id = books.ledger.of_session(session) or ""
    found = books.ledger.read(id)
    assert found is not None
    books.records.write(replace(found[0], state=state), found[1], "order", id)
    books.reconcile()
    books.processor.events.clear()
    books.processor.asked.clear()
    books.processor.pass_time(3 * DAY)
    books.ledger.say_reconciled(books.processor.now)
    found = books.ledger.read(id)
    assert found is not None
    books.records.write(replace(found[0], state=state), found[1], "order", id)
    books.reconcile()

    assert (("standing", session) not in books.processor.asked) is (state in AT_REST)


def test_mails_that_are_due_are_ordered_also_for_what_is_at_rest() -> None:
    books = Books()
    session = books.order()
    books.processor.pay(session)
    books.postbox.broken = True
    books.hear_news()
    books.processor.events.clear()
    books.processor.pass_time(2 * DAY)
    books.ledger.say_reconciled(books.processor.now)
    books.postbox.broken = False
    books.reconcile()

    assert len(books.mails()) == 1
    books.agree([session])


def test_what_readers_are_shown_of_campaigns_is_mended() -> None:
    books = Books()
    session = books.order(NAMED)
    books.processor.pay(session)
    books.hear_news()
    books.processor.pass_time(3 * DAY)
    books.ledger.say_reconciled(books.processor.now)
    del books.documents.raw[campaign_key("winter")]
    books.reconcile()

    books.agree([session])


# How far it has come.


def test_the_first_time_reaches_back_as_far_as_the_processor_remembers() -> None:
    books = Books()
    books.reconcile()
    books.processor.pass_time(9 * DAY)
    books.reconcile()

    since = [int(about) for step, about in books.processor.asked if step == "happened"]
    assert since == [NOW - FIRST, NOW - OVERLAP]
    assert books.ledger.reconciled() == NOW + 9 * DAY


def test_it_has_come_no_further_where_something_could_not_be_looked_at() -> None:
    books = Books()
    first, second = books.order(), books.order()
    for session in (first, second):
        books.processor.pay(session)
    books.processor.before = _fails_at(("standing", first))  # type: ignore[assignment,method-assign]
    report = books.reconcile()

    assert (report.failed > 0, report.is_finished, report.looked) == (True, False, 1)
    assert report.causes == {"ProcessorUnavailable": report.failed}
    assert books.ledger.reconciled() is None
    assert books.of(second).state is S.PAID

    del books.processor.before
    assert books.reconcile().is_finished
    assert books.ledger.reconciled() == books.processor.now
    books.agree([first, second])


def test_what_cannot_be_resolved_holds_up_no_other() -> None:
    books = Books()
    foreign = books.processor.foreign()
    session = books.order()
    books.processor.pay(session)
    books.processor.before = _fails_at(("session_behind", foreign.object))  # type: ignore[assignment,method-assign]
    report = books.reconcile()

    assert (report.failed, books.of(session).state) == (1, S.PAID)


def _fails_at(*where: tuple[str, str]) -> Callable[[str, str], None]:
    def before(step: str, about: str) -> None:
        if (step, about) in where:
            raise ProcessorUnavailable

    return before


def test_where_nothing_answers_it_does_not_ask_for_everything() -> None:
    books = Books()
    for _ in range(2 * MOST_FAILED):
        books.processor.pay(books.order())
    books.processor.asked.clear()
    standing = [("standing", one) for one in books.processor._lives]
    books.processor.before = _fails_at(*standing)  # type: ignore[assignment,method-assign]
    report = books.reconcile()
    assert (report.failed, report.is_finished) == (MOST_FAILED, False)

    del books.processor.before
    books.processor.unavailable = True
    report = books.reconcile()
    assert (report.failed, report.is_finished, report.causes) == (1, False, {"ProcessorUnavailable": 1})
    books.processor.unavailable, books.records.broken = False, True
    assert books.reconcile().causes == {"StoreUnavailable": 1}


def test_what_is_not_what_was_ordered_is_told_of_and_holds_up_nothing() -> None:
    books = Books()
    session = books.membership()
    books.processor.tamper(session, lambda it: replace(it, amount=1))
    report = books.reconcile()

    assert (report.mismatched, report.is_finished, report.entries) == (1, True, 0)
    assert report.orders == (books.of(session).id,)
    assert books.ledger.reconciled() == NOW
    assert tier_of(books.member(), NOW) is Tier.SUBSCRIBER


def test_what_is_not_ours_or_of_the_other_mode_is_passed_over() -> None:
    books = Books()
    books.processor.foreign()
    session = books.order()
    books.processor.pay(session)
    other = replace(books.processor.events[-1], livemode=True, object="pi_live")
    books.processor.events.append(other)
    report = books.reconcile()

    assert (report.foreign, report.looked, report.is_finished) == (1, 1, True)
    assert ("session_behind", "pi_live") not in books.processor.asked


# Time.


def test_it_stops_in_time_and_goes_on_the_next_time() -> None:
    books = Books()
    sessions = []
    for _ in range(40):
        sessions.append(books.order(NAMED))
        books.processor.pay(sessions[-1])
        books.processor.pass_time(DAY // 2)
    runs = 0
    while not (report := books.reconcile(_for_steps(60))).is_finished:
        runs += 1
        assert report.looked < 40
        assert report.failed == 0
        assert runs < 20

    assert runs > 1
    books.agree(sessions)


def test_more_than_one_run_has_time_for_in_a_day_is_gone_through_all_the_same() -> None:
    """A big paper's day of events: each run reaches back behind the last by no more than it must, or it would look at
    the same ones for ever."""
    books = Books()
    sessions = []
    for _ in range(60):
        sessions.append(books.order())
        books.processor.pay(sessions[-1])
        books.processor.pass_time(60)
    books.processor.pass_time(5 * DAY)
    for _ in range(8):
        books.reconcile(_for_steps(20))

    assert not differ(books, sessions)


def test_it_also_stops_in_time_where_there_are_more_orders_than_it_has_time_to_list() -> None:
    books = Books()
    for _ in range(20):
        books.order()
    books.ledger.say_reconciled(NOW + 2 * DAY)
    listed: list[object] = []
    every = books.ledger.everything

    def slowly() -> Iterator[tuple[Order, tuple[Entry, ...]]]:
        for one in every():
            listed.append(one)
            yield one

    books.ledger.everything = slowly  # type: ignore[method-assign]
    report = books.reconcile(lambda: SECONDS_KEPT + 3.5 - len(listed))

    assert (report.is_finished, report.failed, len(listed)) == (False, 0, 4)


def test_where_time_ends_after_something_has_failed_it_has_come_no_further() -> None:
    books = Books()
    sessions = []
    for _ in range(9):
        sessions.append(books.order())
        books.processor.pay(sessions[-1])
        books.processor.pass_time(DAY)
    books.processor.before = _fails_at(("standing", sessions[0]))  # type: ignore[assignment,method-assign]
    report = books.reconcile(_for_steps(9))

    assert (report.failed, report.is_finished) == (1, False)
    assert books.ledger.reconciled() is None


def _for_steps(steps: int) -> Callable[[], float]:
    left = iter(range(steps, 0, -1))
    return lambda: SECONDS_KEPT + float(next(left, 0)) - 0.5


def test_without_time_nothing_is_begun() -> None:
    books = Books()
    session = books.order()
    books.processor.pay(session)
    report = books.reconcile(lambda: SECONDS_KEPT - 1)

    assert (report.looked, report.is_finished, books.of(session).state) == (0, False, S.OPEN)
    assert books.ledger.reconciled() in (None, NOW - FIRST)


def test_where_time_is_never_enough_each_order_has_its_turn() -> None:
    books = Books()
    sessions = [books.membership() for _ in range(12)]
    books.hear_news()
    books.processor.events.clear()
    seen: set[str] = set()
    for _ in range(30):
        books.processor.pass_time(DAY)
        books.ledger.say_reconciled(books.processor.now)
        books.processor.asked.clear()
        books.reconcile(_for_steps(len(sessions) + 3))
        seen |= {about for step, about in books.processor.asked if step == "standing"}

    assert seen == set(sessions)


# Ended in the middle.


def test_it_may_be_ended_anywhere_and_be_run_again() -> None:
    for after in range(500):
        books = KillableBooks()
        sessions = month(books, 3, 8, 40, lost=1)
        was_killed = books.kill(after, books.reconcile)
        if was_killed:
            books.kill(after // 2, books.reconcile)
        report = books.reconcile()

        assert report.is_finished
        books.agree(sessions)
        assert len(books.mails()) == len({one.key for one in books.mails()})
        if not was_killed:
            assert after > 20
            return
    pytest.fail("it never came to its end")


def test_hearing_may_be_ended_anywhere_and_what_was_heard_comes_again() -> None:
    for after in range(500):
        books = KillableBooks()
        sessions = [books.order(NAMED), books.membership(), books.order(replace(GIFT, campaign=None))]
        books.processor.pay(sessions[0])
        payment = books.processor.pay(sessions[2])
        books.processor.renew(sessions[1])
        books.processor.refund(payment, 100, "key")
        was_killed = books.kill(after, lambda: books.hear(*books.processor.events))  # noqa: B023 -- called at once
        books.hear(*books.processor.events)

        books.agree(sessions)
        assert sorted(one.value for one in books.told()) == ["receipt", "refunded", "thanks", "thanks", "welcome"]
        if not was_killed:
            assert after > 6
            return
    pytest.fail("it never came to its end")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 999), st.lists(st.integers(0, 40), max_size=4))
def test_whatever_is_lost_and_wherever_it_ends_one_whole_run_makes_it_agree(seed: int, ends: list[int]) -> None:
    books = KillableBooks()
    sessions = month(books, seed, 6, 40)
    for after in ends:
        books.kill(after, books.reconcile)
    books.reconcile()

    books.agree(sessions)
    memberships = [one for session in sessions if (one := books.of(session).membership) is not None]
    if memberships:
        assert books.member(ADA.id).membership in memberships

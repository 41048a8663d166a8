"""Forgetting a member: nothing of theirs goes on, nothing in the ledger leads to them, and every sum stays (R32)."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from functions.payments.batch import Ended
from functions.payments.forget import forget
from shared.domain.addresses import Address
from shared.domain.happenings import Forget
from shared.domain.members import Member, tier_of
from shared.domain.orders import Interval, NoticeKind, OrderState
from shared.domain.standing import PageState, SubscriptionStatus
from shared.domain.tiers import Tier
from shared.ports.money import Step
from tests.functions.books import ADA, Books
from tests.functions.killed import KillableBooks
from tests.money_cases import GIFT, MEMBERSHIP, MONTHLY_GIFT
from tests.processor_twin import NOW

BO = Member("b" * 32, Address("bo@reader.example"), NOW, "k" * 64)
NAMED = replace(GIFT, name="Ada Reader", message="For the river", public=True)


def of_ada(books: Books) -> list[str]:
    """Ada is a member, gives every month and once, and has a page before her; Bo gives too."""
    sessions = [
        books.membership(),
        books.order(replace(MONTHLY_GIFT, name="Ada Reader", public=True), member=ADA.id),
        books.order(NAMED, member=ADA.id),
        books.order(NAMED, member=ADA.id),
        books.order(replace(NAMED, name="Bo"), member=BO.id),
    ]
    books.join(BO)
    for session in (sessions[1], sessions[2], sessions[4]):
        books.processor.pay(session)
    books.hear_news()
    return sessions


def erased(books: Books) -> None:
    """What the members function does before it asks payments to forget."""
    books.members.erase(ADA.id)


def held(books: Books) -> str:
    """All that is written down."""
    return "".join(
        [*("/".join(key) for key in books.records.values), *(raw.decode() for raw, _ in books.records.values.values())]
    ) + "".join(raw.decode() for raw in books.documents.raw.values())


def test_nothing_leads_to_who_was_forgotten_and_every_sum_stays() -> None:
    books = Books()
    sessions = of_ada(books)
    payer = books.ledger.payer(ADA.id)
    assert payer is not None
    customer = payer.customer
    assert customer in held(books)
    erased(books)
    (worked,) = books.hear(Forget(ADA.id))

    assert worked.ended is Ended.FORGOTTEN
    assert not any(one in held(books) for one in (ADA.id, "Ada Reader", customer))
    assert books.document().amounts == {"EUR": 1500}
    assert books.document().supporters == 3
    assert [one.name for one in books.document().named] == ["Bo"]
    orders = [books.of(one) for one in sessions]
    assert [one.received for one in orders] == [800, 500, 500, 0, 500]
    assert [one.forgotten for one in orders] == [True, True, True, True, False]
    for one in orders[:4]:
        assert (one.member, one.name, one.message, one.public, one.notices) == (None, None, None, False, ())
    assert books.ledger.of_member(ADA.id) == ()
    assert books.ledger.payer(ADA.id) is None
    assert books.ledger.payer(BO.id) is not None


def test_nothing_of_theirs_goes_on() -> None:
    books = Books()
    sessions = of_ada(books)
    erased(books)
    books.hear(Forget(ADA.id))

    truths = [books.processor.truth(one) for one in sessions]
    assert [one.subscription.status for one in truths if one.subscription] == [SubscriptionStatus.CANCELED] * 2
    assert truths[3].page is PageState.EXPIRED
    assert ADA.id not in books.processor.customers.values()
    assert BO.id in books.processor.customers.values()


def test_what_happens_to_their_payments_afterwards_is_still_in_the_ledger_and_mailed_to_nobody() -> None:
    books = Books()
    sessions = of_ada(books)
    mailed = len(books.mails())
    erased(books)
    books.hear(Forget(ADA.id))
    books.processor.refund(books.processor.truth(sessions[2]).payments[0].id, None, "key")
    books.processor.dispute(books.processor.truth(sessions[0]).payments[0].id)
    worked = books.hear_news()

    assert {one.ended for one in worked} <= {Ended.SETTLED, Ended.UNCHANGED}
    assert [books.of(one).state for one in sessions[:3]] == [
        OrderState.ENDED,
        OrderState.ENDED,
        OrderState.REFUNDED,
    ]
    assert [books.of(one).received for one in sessions[:3]] == [0, 500, 0]
    assert len(books.mails()) == mailed
    assert books.members.read(ADA.id) is None
    books.agree(sessions)
    assert books.reconcile().is_finished


def test_mails_that_are_due_are_not_sent_to_who_was_forgotten() -> None:
    books = Books()
    books.postbox.broken = True
    sessions = of_ada(books)
    books.postbox.broken = False
    erased(books)
    forget(ADA.id, books.doors)
    assert not any(books.of(one).notices for one in sessions[:4])
    books.hear(*books.processor.events)
    books.reconcile()

    assert {one.address for one in books.mails()} == {BO.address}
    assert NoticeKind.ENDED not in books.told()


def test_what_another_customer_pays_for_them_ends_too() -> None:
    books = Books()
    session = books.membership()
    books.processor._set(session, customer="cus_other")
    books.hear_news()
    erased(books)
    forget(ADA.id, books.doors)
    subscription = books.processor.truth(session).subscription

    assert subscription is not None
    assert subscription.status is SubscriptionStatus.CANCELED


def test_who_is_forgotten_and_still_there_is_no_member() -> None:
    """Whoever erases the account asks payments first, and may be cut off then. What was paid is theirs no more: nothing
    that happens to it could end a membership."""
    books = Books()
    books.membership()
    books.hear_news()
    assert tier_of(books.member(), NOW) is Tier.MEMBER
    books.hear(Forget(ADA.id))
    books.hear_news()

    assert tier_of(books.member(), NOW) is Tier.SUBSCRIBER
    assert books.member().membership is None


def test_who_goes_while_their_membership_is_withdrawn_is_not_brought_back() -> None:
    books = Books()
    books.membership()
    books.hear_news()
    write = books.members.write

    def meanwhile(member: Member, expected: str | None) -> str:
        erased(books)
        return write(member, expected)

    books.members.write = meanwhile  # type: ignore[method-assign]
    (worked,) = books.hear(Forget(ADA.id))

    assert worked.ended is Ended.FORGOTTEN
    assert books.members.read(ADA.id) is None


@pytest.mark.parametrize("first", ["forget", "events"])
def test_it_makes_no_difference_what_is_heard_first(first: str) -> None:
    books = Books()
    books.join(BO)
    sessions = [books.membership(), books.order(NAMED, member=ADA.id)]
    books.processor.pay(sessions[1])
    erased(books)
    if first == "events":
        books.hear_news()
    books.hear(Forget(ADA.id))
    books.hear_news()

    books.agree(sessions)
    assert "Ada Reader" not in held(books)
    assert books.mails() == []


def test_who_is_forgotten_twice_or_was_never_here_is_no_fault() -> None:
    books = Books()
    of_ada(books)
    erased(books)
    worked = books.hear(Forget(ADA.id), Forget(ADA.id), Forget("c" * 32))

    assert [one.ended for one in worked] == [Ended.FORGOTTEN] * 3


@pytest.mark.parametrize("what", ["unavailable", "broken"])
def test_what_is_out_of_reach_is_forgotten_later(what: str) -> None:
    books = Books()
    of_ada(books)
    erased(books)
    breaking = books.processor if what == "unavailable" else books.records
    setattr(breaking, what, True)
    assert books.hear(Forget(ADA.id))[0].ended is Ended.FAILED

    setattr(breaking, what, False)
    assert books.hear(Forget(ADA.id))[0].ended is Ended.FORGOTTEN
    assert "Ada Reader" not in held(books)


def test_forgetting_may_be_ended_anywhere_and_is_done_in_the_end() -> None:
    for after in range(200):
        books = KillableBooks()
        sessions = of_ada(books)
        erased(books)
        was_killed = books.kill(after, lambda: forget(ADA.id, books.doors))  # noqa: B023 -- called at once
        forget(ADA.id, books.doors)
        books.hear_news()

        assert "Ada Reader" not in held(books)
        assert ADA.id not in held(books)
        assert books.ledger.payer(ADA.id) is None
        books.agree(sessions)
        if not was_killed:
            assert after > 10
            return
    pytest.fail("it never came to its end")


def test_who_looks_at_an_order_meanwhile_does_not_bring_the_person_back() -> None:
    books = Books()
    session = books.membership(interval=Interval.YEAR, amount=8000, price="price_2")
    erased(books)
    entries = books.ledger.entries

    def meanwhile(order: str):  # type: ignore[no-untyped-def]
        books.ledger.entries = entries  # type: ignore[method-assign]
        forget(ADA.id, books.doors)
        return entries(order)

    books.ledger.entries = meanwhile  # type: ignore[method-assign]
    books.look(session)

    assert (books.of(session).member, books.of(session).received) == (None, 8000)
    assert ADA.id not in held(books)


def test_who_is_forgotten_while_an_order_is_settled_is_forgotten() -> None:
    books = Books()
    session = books.order(NAMED, member=ADA.id)
    books.processor.pay(session)
    commit = books.ledger.commit

    def meanwhile(step: Step) -> str:
        books.ledger.commit = commit  # type: ignore[method-assign]
        books.look(session)
        return commit(step)

    books.ledger.commit = meanwhile  # type: ignore[method-assign]
    forget(ADA.id, books.doors)

    assert (books.of(session).received, books.of(session).forgotten) == (500, True)
    assert not any(one in held(books) for one in (ADA.id, "Ada Reader"))
    books.agree([session])


def test_an_order_says_that_it_was_forgotten_and_still_what_it_was() -> None:
    books = Books()
    session = books.membership()
    books.hear_news()
    before = books.of(session)
    erased(books)
    forget(ADA.id, books.doors)
    after = msgspec.to_builtins(books.of(session))

    changed = {name for name, value in msgspec.to_builtins(before).items() if after[name] != value}
    assert changed == {"member", "forgotten"}
    assert before.kind is MEMBERSHIP.kind

"""What follows for a member when something has happened to a payment of theirs."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from shared.domain.members import Grant, MembershipState, tier_of
from shared.domain.orders import Interval, NoticeKind, OrderState
from shared.domain.settling import DAY
from shared.domain.tiers import Tier
from tests.functions.books import ADA, Books
from tests.money_cases import ENDINGS, MONTHLY_GIFT, play
from tests.processor_twin import NOW, PERIODS

S, N, M = OrderState, NoticeKind, MembershipState


def test_a_membership_makes_a_member_in_the_same_step() -> None:
    books = Books()
    session = books.membership()
    written: list[tuple[str, ...]] = []
    together = books.records.together

    def noted(writes, *rest):  # type: ignore[no-untyped-def]
        writes = tuple(writes)
        written.append(tuple(key[0] for _, _, key in writes))
        return together(writes, *rest)

    books.records.together = noted  # type: ignore[method-assign]
    books.hear_news()

    assert written[0] == ("order", "entry", "member")
    assert tier_of(books.member(), NOW) is Tier.MEMBER
    assert books.member().membership == books.of(session).membership
    (mail,) = books.mails()
    assert (mail.notice, mail.address, mail.is_membership) == (N.WELCOME, ADA.address, True)
    assert mail.until == NOW + PERIODS[Interval.MONTH]


def test_a_life_of_a_membership_as_its_member_sees_it() -> None:
    books = Books()
    session = books.membership()
    seen: list[tuple[MembershipState | None, Tier]] = []

    def next_(step: str, *arguments: object) -> None:
        getattr(books.processor, step)(session, *arguments)
        books.hear_news()
        membership = books.member().membership
        seen.append((membership.state if membership else None, tier_of(books.member(), books.processor.now)))

    books.hear_news()
    for step in ("fail_renewal", "renew", "pause"):
        next_(step)
    next_("pause", False)
    next_("cancel_at_end")
    next_("run_out")

    assert seen == [
        (M.PAST_DUE, Tier.MEMBER),
        (M.ACTIVE, Tier.MEMBER),
        (M.PAUSED, Tier.MEMBER),
        (M.ACTIVE, Tier.MEMBER),
        (M.ACTIVE, Tier.MEMBER),
        (M.ENDED, Tier.SUBSCRIBER),
    ]
    assert books.told() == [N.WELCOME, N.PAYMENT_FAILED, N.RECEIPT, N.CANCELLED, N.ENDED]
    assert {one.address for one in books.mails()} == {ADA.address}
    books.agree([session])


@pytest.mark.parametrize("days", [0, 7])
def test_grace_is_as_many_days_as_the_paper_gives(days: int) -> None:
    books = Books()
    assert books.papers.paper is not None
    books.papers.paper = replace(books.papers.paper, past_due_grace_days=days)
    session = books.membership()
    books.processor.fail_renewal(session)
    books.hear_news()
    end = NOW + PERIODS[Interval.MONTH]

    assert tier_of(books.member(), end + days * DAY - 1) is Tier.MEMBER
    assert tier_of(books.member(), end + days * DAY) is Tier.SUBSCRIBER


@pytest.mark.parametrize("how", ENDINGS)
def test_access_ends_with_the_money(how: str) -> None:
    """R11: at once, whatever the grace."""
    books = Books()
    session = books.membership()
    books.hear_news()
    for step in ENDINGS[how]:
        assert play(books.processor, session, step)
    books.hear_news()

    assert tier_of(books.member(), books.processor.now) is Tier.SUBSCRIBER


def test_of_two_memberships_the_better_one_counts_whatever_becomes_of_the_other() -> None:
    books = Books()
    first = books.membership()
    second = books.membership(interval=Interval.YEAR, amount=8000, price="price_2")
    books.hear_news()
    yearly = books.of(second).membership
    assert books.member().membership == yearly
    books.processor.end(first)
    books.hear_news()
    assert books.member().membership == yearly

    books.processor.end(second)
    books.hear_news()
    assert tier_of(books.member(), NOW) is Tier.SUBSCRIBER


def test_what_the_paper_has_granted_stays_whatever_is_paid() -> None:
    books = Books()
    grant = Grant("g", Tier.MEMBER, NOW - 9, None, "friend")
    books.join(replace(ADA, grants=(grant,), newsletters=("the-day",)))
    books.processor.end(books.membership())
    books.hear_news()

    assert (books.member().grants, books.member().newsletters) == ((grant,), ("the-day",))
    assert tier_of(books.member(), NOW) is Tier.MEMBER


def test_two_orders_that_are_settled_at_once_do_not_overlook_each_other() -> None:
    """While the one is looked at, by what the other was, the other ends."""
    books = Books()
    first, second = books.membership(), books.membership()
    books.hear_news()
    books.processor.end(first)
    second_ended: list[bool] = []
    of_member = books.ledger.of_member

    def meanwhile(member: str) -> tuple[str, ...]:
        orders = of_member(member)
        if not second_ended:
            second_ended.append(True)
            read = books.ledger.read
            stale = {id: read(id) for id in orders}
            books.processor.end(second)
            books.look(second)
            books.ledger.read = lambda id: stale.pop(id, None) or read(id)  # type: ignore[method-assign]
        return orders

    books.ledger.of_member = meanwhile  # type: ignore[method-assign]
    books.look(first)

    assert [books.of(one).state for one in (first, second)] == [S.ENDED, S.ENDED]
    assert tier_of(books.member(), NOW) is Tier.SUBSCRIBER


def test_who_has_gone_gets_neither_a_membership_nor_a_mail() -> None:
    books = Books()
    session = books.membership()
    books.members.erase(ADA.id)
    books.hear_news()

    assert books.members.read(ADA.id) is None
    assert (books.of(session).state, books.of(session).received) == (S.RUNNING, 800)
    assert books.mails() == []
    books.processor.renew(session)
    books.hear_news()
    assert len(books.ledger.entries(books.of(session).id)) == 2


def test_who_goes_while_an_order_is_settled_is_not_brought_back() -> None:
    books = Books()
    session = books.membership()
    entries = books.ledger.entries

    def meanwhile(order: str):  # type: ignore[no-untyped-def]
        books.ledger.entries = entries  # type: ignore[method-assign]
        read = books.members.read

        def gone(id: str):  # type: ignore[no-untyped-def]
            found = read(id)
            books.members.read = read  # type: ignore[method-assign]
            books.members.erase(id)
            return found

        books.members.read = gone  # type: ignore[method-assign]
        return entries(order)

    books.ledger.entries = meanwhile  # type: ignore[method-assign]
    books.hear_news()

    assert books.members.read(ADA.id) is None
    assert books.of(session).received == 800


def test_a_member_is_written_to_at_their_own_address() -> None:
    """Not where the page was told to: that may be anybody's."""
    books = Books()
    books.join()
    session = books.order(MONTHLY_GIFT, member=ADA.id)
    books.processor.pay(session)
    books.processor.tamper(session, lambda it: replace(it, email="bo@reader.example"))
    books.hear_news()

    assert [(one.address, one.has_account) for one in books.mails()] == [(ADA.address, True)]

"""A payment of which nothing was heard for years: more movements of money than one transaction takes."""

from __future__ import annotations

from msgspec.structs import replace

from functions.payments.batch import Ended
from shared.domain.orders import NoticeKind, OrderState
from shared.domain.settling import MOST_AT_ONCE
from tests.functions.books import Books
from tests.functions.killed import KillableBooks
from tests.money_cases import MONTHLY_GIFT

_NAMED = replace(MONTHLY_GIFT, public=True)
_MONTHS = 2 * MOST_AT_ONCE + 3


def overdue(books: Books) -> str:
    """A gift that is renewed and renewed, and once given back; the session of its page."""
    session = books.order(_NAMED)
    books.processor.pay(session)
    for _ in range(_MONTHS - 1):
        payment = books.processor.renew(session)
    books.processor.refund(payment, 100, "key")
    return session


def test_all_of_it_is_in_the_ledger_after_one_look() -> None:
    books = Books()
    session = overdue(books)

    (worked,) = books.hear(books.processor.events[0])

    assert worked.ended is Ended.SETTLED
    assert worked.looked is not None
    assert len(worked.looked.entries) == _MONTHS + 1
    assert len({one.id for one in worked.looked.entries}) == _MONTHS + 1
    assert books.of(session).received == _MONTHS * 500 - 100
    assert books.of(session).state is OrderState.RUNNING
    assert len(books.mails(NoticeKind.THANKS)) == 1
    assert len(books.mails(NoticeKind.RECEIPT)) == _MONTHS - 1
    books.agree([session])
    assert {one.ended for one in books.hear(*books.processor.events)} == {Ended.UNCHANGED}


def test_wherever_it_is_ended_what_is_written_adds_up_and_the_next_look_does_the_rest() -> None:
    for after in range(6):
        books = KillableBooks()
        session = overdue(books)
        assert books.kill(after, lambda books=books, session=session: books.look(session))  # type: ignore[misc]

        order = books.of(session)
        entries = books.ledger.entries(order.id)
        assert len(entries) == min(after * MOST_AT_ONCE, _MONTHS + 1)
        assert order.received == sum(one.amount for one in entries)
        assert books.ledger.raised("winter").amounts.get("EUR", 0) == order.received

        books.look(session)
        books.agree([session])
        assert len(books.mails(NoticeKind.RECEIPT)) == _MONTHS - 1

"""What lies on the payments' queue: unreadable, late, twice, out of order."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.payments.batch import Ended
from shared.domain.orders import Interval
from shared.domain.refusals import ProcessorRefused
from tests.functions.books import Books
from tests.money_cases import GIFT, MEMBERSHIP, lives, play

NAMED = replace(GIFT, name="Bo", message="For the river", public=True)


@pytest.mark.parametrize(
    "body",
    [
        *("", "{", "null", "[]", "{}", '{"kind":"other"}', '{"kind":"event"}', '{"kind":"forget"}'),
        *('{"kind":"forget","member":"../x"}', '{"kind":"forget","member":1}', "[" * 9999),
        '{"kind":"event","event":"evt_1","type":"t","object":"cs_1","at":"now","livemode":false}',
        '{"kind":"event","event":"evt_1","type":"t","object":"cs_1","at":1,"livemode":"false"}',
    ],
)
def test_what_cannot_be_read_is_put_aside(body: str) -> None:
    books = Books()
    (worked,) = books.hear(body)

    assert worked.ended is Ended.UNREADABLE
    assert worked.ended.comes_again
    assert books.processor.asked == []


def test_what_is_out_of_reach_comes_again() -> None:
    breaking: dict[str, Callable[[Books], None]] = {
        "ProcessorUnavailable": lambda books: setattr(books.processor, "unavailable", True),
        "ProcessorRefused": lambda books: setattr(books.processor, "refuses", "wrong key"),
        "StoreUnavailable": lambda books: setattr(books.records, "broken", True),
        "ContentUnavailable": lambda books: setattr(books.papers, "paper", None),
    }
    for cause, break_ in breaking.items():
        books = Books()
        books.membership()
        break_(books)
        worked = books.hear_news()
        assert {one.ended for one in worked} == {Ended.FAILED}
        assert {type(one.cause).__name__ for one in worked} == {cause}


def test_one_that_fails_holds_up_no_other() -> None:
    books = Books()
    first, second = books.order(), books.order()
    for session in (first, second):
        books.processor.pay(session)

    def before(step: str, about: str) -> None:
        if (step, about) == ("standing", first):
            raise ProcessorRefused("poison")

    books.processor.before = before  # type: ignore[method-assign]
    assert [one.ended for one in books.hear_news()] == [Ended.FAILED, Ended.SETTLED]


def test_a_batch_about_one_order_is_one_look() -> None:
    books = Books()
    session = books.membership()
    books.processor.renew(session)
    worked = books.hear_news()

    assert [one.ended for one in worked] == [Ended.SETTLED, *[Ended.UNCHANGED] * (len(worked) - 1)]
    assert [step for step, _ in books.processor.asked].count("standing") == 1
    assert sum(len(one.looked.entries) for one in worked if one.looked) == 2


def test_an_event_that_comes_twice_changes_nothing_the_second_time() -> None:
    books = Books()
    session = books.order(NAMED)
    books.processor.pay(session)
    books.hear_news()
    before = dict(books.records.values), dict(books.documents.raw), list(books.postbox.orders)
    for event in books.processor.events * 3:
        (worked,) = books.hear(event)
        assert worked.ended is Ended.UNCHANGED

    assert (books.records.values, books.documents.raw, books.postbox.orders) == before


@settings(max_examples=80)
@given(lives, st.sampled_from([NAMED, replace(NAMED, interval=Interval.MONTH), MEMBERSHIP]), st.data())
def test_whatever_is_heard_late_twice_or_out_of_order_the_books_agree(
    life: tuple[str, ...], order: object, data: st.DataObject
) -> None:
    books = Books()
    books.join()
    session = books.order(order)  # type: ignore[arg-type]
    for step in life:
        play(books.processor, session, step)
        if data.draw(st.booleans()):
            some = data.draw(st.permutations(books.processor.events))
            books.hear(*some[: data.draw(st.integers(0, len(some)))])
    assert not [one for one in books.hear(*books.processor.events) if one.ended is Ended.MISMATCHED]
    if not books.processor.events:
        return

    books.agree([session])
    if books.of(session).kind is MEMBERSHIP.kind:
        assert books.member().membership == books.of(session).membership
    assert len({one.key for one in books.mails()}) == len(books.mails())

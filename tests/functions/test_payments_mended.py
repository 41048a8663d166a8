"""Mails and campaigns when something was in the way, and two who look at once."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import replace

from functions.payments.batch import Ended
from functions.payments.campaigns import say_raised
from functions.payments.look import Became
from shared.domain.addresses import Address
from shared.domain.campaigns import Raised
from shared.domain.mails import MailOrder
from shared.domain.orders import Interval, NoticeKind, OrderState
from shared.domain.refusals import ContentUnavailable, DocumentChanged
from shared.domain.standing import Standing, SubscriptionStatus
from tests.functions.books import Books
from tests.money_cases import GIFT, MEMBERSHIP, play

S, N = OrderState, NoticeKind
NAMED = replace(GIFT, name="Bo", message="For the river", public=True)


def test_mails_wait_where_they_cannot_be_ordered_and_are_sent_once() -> None:
    books = Books()
    session = books.order()
    books.processor.pay(session)
    books.postbox.broken = True
    (worked,) = books.hear_news()
    assert worked.ended is Ended.FAILED
    assert [one.kind for one in books.of(session).notices] == [N.THANKS]

    books.postbox.broken = False
    books.hear(*books.processor.events)
    books.hear(*books.processor.events)
    assert (len(books.postbox.orders), books.of(session).notices) == (1, ())


def test_a_mail_that_is_ordered_twice_has_one_key() -> None:
    """Where it was ordered and the order could not be written: whoever sends it knows the key."""
    books = Books()
    session = books.order()
    books.processor.pay(session)
    commit = books.ledger.commit
    books.ledger.commit = lambda step: commit(step) if step.entries else _fall()  # type: ignore[method-assign]
    assert books.hear_news()[0].ended is Ended.FAILED

    books.ledger.commit = commit  # type: ignore[method-assign]
    books.look(session)
    assert (len(books.postbox.orders), len(books.mails())) == (2, 1)


def test_of_two_who_order_mails_at_once_neither_leaves_any_due() -> None:
    books = Books()
    session = books.order()
    payment = books.processor.pay(session)
    order = books.postbox.order

    def meanwhile(mail: MailOrder) -> None:
        books.postbox.order = order  # type: ignore[method-assign]
        books.processor.refund(payment, 100, "key")
        books.look(session)
        order(mail)

    books.postbox.order = meanwhile  # type: ignore[assignment,method-assign]
    books.look(session)

    assert books.told() == [N.THANKS, N.REFUNDED]
    books.agree([session])


def _fall() -> str:
    raise RuntimeError


def test_a_campaign_is_mended_by_the_next_look() -> None:
    books = Books()
    session = books.order(NAMED)
    books.processor.pay(session)

    def down(step: str, key: str) -> None:
        raise ContentUnavailable(key)

    books.documents.before = down  # type: ignore[method-assign]
    (worked,) = books.hear_news()
    assert (worked.ended, books.document()) == (Ended.FAILED, Raised())

    del books.documents.before
    (worked,) = books.hear(*books.processor.events)
    assert (worked.ended, books.document().amounts) == (Ended.UNCHANGED, {"EUR": 500})
    assert len(books.mails()) == 1


def test_of_two_who_write_of_a_campaign_at_once_the_later_word_stays() -> None:
    books = Books()
    first, second = books.order(NAMED), books.order(NAMED)
    books.processor.pay(first)
    books.processor.pay(second)
    done: list[str] = []

    def before(step: str, key: str) -> None:
        if step == "write" and not done:
            done.append(step)
            books.look(second)

    books.documents.before = before  # type: ignore[method-assign]
    books.look(first)

    assert books.document().amounts == {"EUR": 1000}
    assert books.document().supporters == 2


def test_a_tag_that_comes_back_with_what_it_stood_for_hides_nothing() -> None:
    """Tags are made of content: while one hesitates, another writes something else and then the same again."""
    books = Books()
    session = books.order(NAMED)
    payment = books.processor.pay(session)
    books.look(session)
    (key,) = books.documents.raw
    same = books.documents.raw[key]
    done: list[str] = []

    def before(step: str, key: str) -> None:
        if step == "write" and not done:
            done.append(step)
            books.processor.refund_fails(refund.id)
            books.look(session)
            assert books.documents.raw[key] == same

    refund = books.processor.refund(payment, None, "key")
    books.documents.before = before  # type: ignore[method-assign]
    books.look(session)

    assert books.document() == books.ledger.raised("winter")
    assert books.document().amounts == {"EUR": 500}


def test_who_cannot_write_of_a_campaign_for_others_says_so() -> None:
    books = Books()
    session = books.order(NAMED)
    books.processor.pay(session)
    books.look(session)
    count = iter(range(999))
    books.documents.before = lambda step, key: books.documents.raw.update({key: b"%d" % next(count)})  # type: ignore[method-assign]

    with pytest.raises(DocumentChanged):
        say_raised("winter", books.doors)


def test_who_is_overtaken_begins_again_by_asking_again() -> None:
    books = Books()
    session = books.order()
    payment = books.processor.pay(session)
    entries = books.ledger.entries

    def overtaken(order: str):  # type: ignore[no-untyped-def]
        books.ledger.entries = entries  # type: ignore[method-assign]
        books.processor.refund(payment, 100, "key")
        books.look(session)
        return entries(order)

    books.ledger.entries = overtaken  # type: ignore[method-assign]
    looked = books.look(session)

    assert (looked.became, books.of(session).received) == (Became.UNCHANGED, 400)
    books.agree([session])


def test_our_order_is_read_before_the_processor_is_asked() -> None:
    """Else an old word could be written over a newer one."""
    books = Books()
    session = books.order()
    payment = books.processor.pay(session)
    standing = books.processor.standing

    def slow(id: str) -> Standing:
        old = standing(id)
        books.processor.standing = standing  # type: ignore[method-assign]
        books.processor.refund(payment, None, "key")
        books.look(session)
        return old

    books.processor.standing = slow  # type: ignore[assignment,method-assign]
    books.look(session)

    assert (books.of(session).state, books.of(session).received) == (S.REFUNDED, 0)
    books.agree([session])


def test_many_lives_at_once_agree_in_the_end() -> None:
    chance = random.Random(5)  # noqa: S311 -- the same lives each time
    books = Books()
    books.join()
    shapes = [
        NAMED,
        replace(NAMED, interval=Interval.MONTH, currency="GBP"),
        MEMBERSHIP,
        replace(GIFT, campaign="spring"),
    ]
    sessions = [books.order(chance.choice(shapes)) for _ in range(40)]
    steps = ["pay", "pay", "renew", "refund_all", "dispute", "win", "fail_renewal", "end", "pay_later", "settle_later"]
    for _ in range(400):
        play(books.processor, chance.choice(sessions), chance.choice(steps))
        if chance.random() < 0.2:
            books.hear_news()
    books.hear(*books.processor.events)

    books.agree(sessions)
    assert SubscriptionStatus.CANCELED in {
        truth.subscription.status for one in sessions if (truth := books.processor.truth(one)).subscription
    }
    assert Address("ada@reader.example") in {one.address for one in books.mails()}

"""What follows for a gift when something has happened to its payment."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.payments.batch import Ended
from shared.domain.campaigns import Raised, Supporter
from shared.domain.members import tier_of
from shared.domain.orders import Interval, NoticeKind, OrderState
from shared.domain.standing import DisputeOutcome
from shared.domain.tiers import Tier
from tests.functions.books import ADA, Books
from tests.money_cases import GIFT, lives, play
from tests.processor_twin import NOW

S, N = OrderState, NoticeKind
NAMED = replace(GIFT, name="Bo", message="For the river", public=True)


def test_a_gift_is_in_the_ledger_in_its_campaign_and_thanked_for() -> None:
    books = Books()
    session = books.order(NAMED)
    books.processor.pay(session)
    worked = books.hear_news()

    order = books.of(session)
    assert [one.ended for one in worked] == [Ended.SETTLED]
    assert (order.state, order.received, order.supports) == (S.PAID, 500, True)
    assert books.document() == Raised({"EUR": 500}, 1, (Supporter(order.id, NOW, "Bo", "For the river"),))
    (mail,) = books.mails()
    assert (mail.notice, mail.address.text, mail.amount) == (N.THANKS, f"{order.id[:8]}@payer.example", 500)
    assert (mail.reference, mail.campaign, mail.paid_at) == (order.id, "winter", NOW)
    assert (mail.is_membership, mail.has_account) == (False, False)
    books.agree([session])


@pytest.mark.parametrize("changes", [{"public": False}, {"name": None}])
def test_nobody_is_named_who_has_not_agreed_to_be(changes: dict[str, object]) -> None:
    books = Books()
    books.processor.pay(books.order(replace(NAMED, **changes)))
    books.hear_news()

    assert books.document() == Raised({"EUR": 500}, 1)


def test_each_currency_has_its_own_sum() -> None:
    books = Books()
    sessions = [books.order(NAMED, currency=currency) for currency in ("EUR", "GBP", "EUR", "JPY")]
    for session in sessions:
        books.processor.pay(session)
    books.hear_news()

    assert books.document().amounts == {"EUR": 1000, "GBP": 500, "JPY": 500}
    books.agree(sessions)


def test_who_has_all_their_money_back_is_counted_and_named_no_more() -> None:
    books = Books()
    session, other = books.order(NAMED), books.order(NAMED)
    payment = books.processor.pay(session)
    books.processor.pay(other)
    books.hear_news()
    books.processor.pass_time(60)
    books.processor.refund(payment, 200, "one")
    books.hear_news()
    assert (books.document().amounts, books.document().supporters) == ({"EUR": 800}, 2)

    rest = books.processor.refund(payment, None, "two")
    books.hear_news()
    assert (books.document().amounts, books.document().supporters) == ({"EUR": 500}, 1)
    assert [one.order for one in books.document().named] == [books.of(other).id]

    books.processor.refund_fails(rest.id)
    books.hear_news()
    assert (books.document().amounts, books.document().supporters) == ({"EUR": 800}, 2)
    assert {one.at for one in books.document().named} == {NOW}
    assert len(books.document().named) == 2
    assert [one.amount for one in books.mails(N.REFUNDED)] == [200, 300]
    books.agree([session, other])


def test_a_dispute_takes_the_money_out_and_a_won_one_brings_it_back() -> None:
    books = Books()
    session = books.order(NAMED)
    dispute = books.processor.dispute(books.processor.pay(session))
    books.hear_news()
    assert (books.of(session).state, books.document()) == (S.DISPUTED, Raised())

    books.processor.decide(dispute, DisputeOutcome.WON)
    books.hear_news()
    assert (books.of(session).state, books.document().amounts) == (S.PAID, {"EUR": 500})
    books.agree([session])


def test_what_is_paid_over_days_counts_when_it_is_here() -> None:
    books = Books()
    come, failed = books.order(), books.order()
    for session in (come, failed):
        books.processor.pay_later(session)
    books.hear_news()
    assert [books.of(one).state for one in (come, failed)] == [S.PENDING, S.PENDING]
    assert (books.document(), books.mails()) == (Raised(), [])

    books.processor.settle_later(come)
    books.processor.fail_later(failed)
    books.hear_news()
    assert [books.of(one).state for one in (come, failed)] == [S.PAID, S.FAILED]
    assert (books.document().amounts, books.told()) == ({"EUR": 500}, [N.THANKS])


def test_a_page_that_nobody_pays_on_leaves_nothing() -> None:
    books = Books()
    declined, expired = books.order(), books.order()
    books.processor.decline(declined)
    books.processor.expire(expired)
    books.hear_news()

    assert [books.of(one).state for one in (declined, expired)] == [S.OPEN, S.EXPIRED]
    assert (books.mails(), books.documents.raw) == ([], {})


def test_a_gift_without_an_address_is_thanked_for_by_nobody() -> None:
    for email in (None, "", "not an address", "ada@reader.example, bo@reader.example"):
        books = Books()
        session = books.order()
        books.processor.pay(session)
        books.processor.tamper(session, lambda it, email=email: replace(it, email=email))  # type: ignore[misc]
        (worked,) = books.hear_news()
        assert worked.looked is not None
        assert (worked.looked.posted.dropped, books.mails(), books.of(session).notices) == (1, [], ())


@settings(max_examples=60)
@given(lives, st.sampled_from([Interval.ONCE, Interval.MONTH, Interval.YEAR]), st.booleans())
def test_a_contribution_of_any_shape_never_yields_a_tier(
    life: tuple[str, ...], interval: Interval, known: bool
) -> None:
    """R8: not one of a member's, not one of a membership's price and amount."""
    books = Books()
    books.join()
    member = ADA.id if known else None
    session = books.order(
        GIFT, interval=interval, member=member, amount=800, plan="monthly", price="price_1", public=True
    )
    for step in life:
        play(books.processor, session, step)
        books.hear_news()
        assert tier_of(books.member(), books.processor.now) is Tier.SUBSCRIBER
    assert (books.member().membership, books.of(session).membership) == (None, None)

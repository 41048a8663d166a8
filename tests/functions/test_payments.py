"""What follows when something has happened to a payment."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.payments.batch import Ended
from functions.payments.campaigns import say_raised
from functions.payments.look import Became
from shared.domain.addresses import Address
from shared.domain.campaigns import Raised, Supporter
from shared.domain.happenings import Happened
from shared.domain.mails import MailOrder
from shared.domain.members import Grant, MembershipState, tier_of
from shared.domain.orders import Interval, NoticeKind, OrderState
from shared.domain.refusals import ContentUnavailable, DocumentChanged, ProcessorRefused
from shared.domain.settling import DAY
from shared.domain.standing import DisputeOutcome, Standing, SubscriptionStatus
from shared.domain.tiers import Tier
from tests.functions.books import ADA, Books
from tests.money_cases import GIFT, MEMBERSHIP, MONTHLY_GIFT, lives, play
from tests.processor_twin import NOW, PERIODS

S, N, M = OrderState, NoticeKind, MembershipState
NAMED = replace(GIFT, name="Bo", message="For the river", public=True)


# Gifts.


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


# Memberships.


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


@pytest.mark.parametrize("how", ["refund", "dispute", "end", "give_up"])
def test_access_ends_with_the_money(how: str) -> None:
    """R11: at once, whatever the grace."""
    books = Books()
    session = books.membership()
    (payment,) = books.processor.truth(session).payments
    books.hear_news()
    match how:
        case "refund":
            books.processor.refund(payment.id, None, "key")
        case "dispute":
            books.processor.dispute(payment.id)
        case "give_up":
            books.processor.fail_renewal(session)
            books.processor.give_up(session)
        case _:
            books.processor.end(session)
    books.hear_news()

    assert tier_of(books.member(), books.processor.now) is Tier.SUBSCRIBER


@pytest.mark.parametrize("how", ["refund", "dispute", "end", "give_up"])
def test_access_ends_with_the_money_also_where_the_subscription_is_not_what_was_ordered_any_more(how: str) -> None:
    """Whoever changes a price in the processor's dashboard has nothing granted for it; nor is anything kept for it that
    was given back."""
    books = Books()
    session = books.membership()
    (payment,) = books.processor.truth(session).payments
    books.hear_news()
    books.processor.tamper(session, _TAMPERED["subscription's amount"])
    books.look(session)
    assert tier_of(books.member(), books.processor.now) is Tier.MEMBER
    match how:
        case "refund":
            books.processor.refund(payment.id, None, "key")
        case "dispute":
            books.processor.dispute(payment.id)
        case "give_up":
            books.processor.fail_renewal(session)
            books.processor.give_up(session)
        case _:
            books.processor.end(session)
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


# What is not what was ordered.

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


# The queue.


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


# Mails and campaigns, when something is in the way.


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

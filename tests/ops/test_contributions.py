"""`frontline contributions` as it is typed: what it says, what it changes, and what it never does twice."""

from __future__ import annotations

import csv
import io
import json
import stat
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from functions.payments.reconcile import OVERLAP
from infra.ops.ledger_sheet import decimal
from shared.domain.members import tier_of
from shared.domain.orders import Interval, NoticeKind, OrderState
from shared.domain.refusals import ProcessorRefused
from shared.domain.settling import DAY
from shared.domain.tiers import Tier
from tests.functions.books import ADA
from tests.money_cases import GIFT
from tests.ops.shop import Shop
from tests.processor_twin import NOW

COMMANDS = ("show", "look", "refund", "end")


@pytest.fixture
def shop() -> Shop:
    return Shop()


def paid(shop: Shop, **changes: object) -> str:
    """The session of a gift that was paid, and that payments has heard of."""
    session = shop.books.order(replace(GIFT, **changes))
    shop.processor.pay(session)
    shop.books.hear_news()
    return session


def member(shop: Shop) -> str:
    session = shop.books.membership()
    shop.books.hear_news()
    return session


# Finding


def test_orders_are_listed_the_latest_first_and_by_what_is_asked(shop: Shop) -> None:
    first = shop.order(paid(shop))
    shop.processor.pass_time(2 * DAY)
    second = shop.order(member(shop))
    third = shop.order(shop.books.order())

    told = shop.run("contributions", "list").stdout

    assert [line.split()[1] for line in told.splitlines()] == [second.id, third.id, first.id]
    assert "running" in told
    assert "€8 a month" in told
    assert "Ada" not in told
    day = time.strftime("%Y-%m-%d", time.gmtime(NOW + 2 * DAY))
    for asked, found in (
        (("--state", "running"), [second.id]),
        (("--kind", "membership"), [second.id]),
        (("--campaign", "winter", "--state", "paid"), [first.id]),
        (("--member", ADA.id), [second.id]),
        (("--since", day, "--state", "open"), [third.id]),
        (("--since", day, "--state", "paid"), []),
        (("--state", "disputed"), []),
    ):
        done = shop.run("contributions", "list", *asked, "--json")
        assert [one["id"] for one in json.loads(done.stdout)] == found, asked
    assert "There is no such order" in shop.run("contributions", "list", "--state", "disputed").stderr


@pytest.mark.parametrize(
    "asked",
    [
        ("--campaign", "Winter!"),
        ("--member", "ada"),
        ("--since", "yesterday"),
        ("--since", "2027-02-30"),
        ("--state", "gone"),
    ],
)
def test_what_was_mistyped_is_exit_code_2(shop: Shop, asked: tuple[str, ...]) -> None:
    assert shop.run("contributions", "list", *asked).exit_code == 2


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("id", ["", "ada", "A" * 32, "0" * 31, "pi_", "pi_1\n", "ada@reader.example", "\udcff"])
def test_what_is_no_id_is_mistyped(shop: Shop, command: str, id: str) -> None:
    done = shop.run("contributions", command, id)

    assert (done.exit_code, "ID: this is neither" in done.stderr) == (2, True)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("id", ["0" * 32, "pi_unheard", "cs_unheard"])
def test_an_order_that_is_not_there_is_exit_code_1_and_a_way_to_look(shop: Shop, command: str, id: str) -> None:
    done = shop.run("contributions", command, id, *(("--yes",) if command in ("refund", "end") else ()))

    assert (done.exit_code, "unknown_order" in done.stderr, "contributions list" in done.stderr) == (1, True, True)


# Showing


def test_an_order_is_shown_with_its_entries_beside_what_stripe_says(shop: Shop) -> None:
    order = shop.order(paid(shop))

    done = shop.run("contributions", "show", order.id)

    assert done.exit_code == 0
    assert "They agree." in done.stdout
    assert "payment" in done.stdout
    assert "←" not in done.stdout
    assert "Ada" not in done.stdout
    assert "Ada" in shop.run("contributions", "show", order.id, "--with-names").stdout


def test_an_order_is_found_by_whatever_of_stripes_belongs_to_it(shop: Shop) -> None:
    session = member(shop)
    order, truth = shop.order(session), shop.processor.truth(session)

    for id in (session, truth.payments[0].id, truth.subscription.id if truth.subscription else ""):
        told = json.loads(shop.run("contributions", "show", id, "--json").stdout)
        assert (told["id"], told["agrees"]) == (order.id, "agree")


def test_what_stripe_knows_and_the_ledger_does_not_is_marked(shop: Shop) -> None:
    session = member(shop)
    shop.processor.renew(session)

    done = shop.run("contributions", "show", session)

    assert done.exit_code == 1
    assert "← not in the ledger" in done.stdout
    assert "contributions look" in done.stdout
    looked = shop.run("contributions", "look", session)
    assert (looked.exit_code, "payment: €8" in looked.stdout, "€16" in looked.stdout) == (0, True, True)
    assert shop.run("contributions", "show", session).exit_code == 0


def test_what_is_not_what_was_ordered_says_so_and_gives_nothing(shop: Shop) -> None:
    session = shop.books.membership()
    shop.processor.tamper(session, lambda standing: replace(standing, amount=1))

    done, looked = shop.run("contributions", "show", session), shop.run("contributions", "look", session)

    assert (done.exit_code, looked.exit_code) == (1, 1)
    assert "the amount is not what was ordered" in done.stdout
    assert "nothing is granted" in looked.stderr
    assert shop.books.member().membership is None


def test_where_stripe_is_silent_our_side_is_shown_and_the_exit_code_says_so(shop: Shop) -> None:
    order = shop.order(paid(shop))
    shop.processor.unavailable = True

    done = shop.run("contributions", "show", order.id)

    assert (done.exit_code, order.id in done.stdout, "does not answer" in done.stderr) == (3, True, True)
    assert shop.run("contributions", "look", order.id).exit_code == 3


def test_an_order_without_a_page_is_shown_as_it_is(shop: Shop) -> None:
    shop.books.ledger.open(replace(GIFT, session=None))

    assert shop.run("contributions", "show", GIFT.id).exit_code == 0
    assert shop.run("contributions", "look", GIFT.id).exit_code == 1


def test_a_strangers_words_steer_no_terminal(shop: Shop) -> None:
    order = shop.order(paid(shop, name="\x1b[31m\u202eAda[bold]", message="Go\r\non"))

    told = shop.run("contributions", "show", order.id, "--with-names").stdout

    assert not set("\x1b\u202e\r") & set(told)
    assert "[bold]" in told


# For the books


def test_the_ledger_is_a_table_that_names_nobody_unless_asked(shop: Shop) -> None:
    session = paid(shop, amount=750, name='=HYPERLINK("x")')
    payment = shop.processor.truth(session).payments[0].id
    shop.processor.pass_time(DAY)
    shop.processor.refund(payment, 250, "k")
    shop.books.hear_news()

    done = shop.run("contributions", "export")

    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["movement"], row["amount"], row["currency"], row["campaign"]) for row in rows] == [
        ("payment", "7.50", "EUR", "winter"),
        ("refund", "-2.50", "EUR", "winter"),
    ]
    assert {row["payment"] for row in rows} == {payment}
    assert "name" not in rows[0]
    assert "HYPERLINK" not in done.stdout
    assert "2 entries, €5 in all" in done.stderr
    named = list(csv.DictReader(io.StringIO(shop.run("contributions", "export", "--with-names").stdout)))
    assert named[0]["name"] == '\'=HYPERLINK("x")'
    as_json = json.loads(shop.run("contributions", "export", "--format", "json").stdout)
    assert [one["amount"] for one in as_json] == [750, -250]
    assert as_json[0]["name"] is None


def test_no_name_begins_a_formula_where_semicolons_part_cells(shop: Shop) -> None:
    """A table with commas, in a spreadsheet whose language writes 7,50."""
    paid(shop, name='Bo;=HYPERLINK("x")')

    table = shop.run("contributions", "export", "--with-names").stdout

    assert ";" not in table
    assert next(csv.DictReader(io.StringIO(table)))["name"] == 'Bo,=HYPERLINK("x")'


def test_an_export_is_of_whole_days(shop: Shop) -> None:
    paid(shop)
    day = time.strftime("%Y-%m-%d", time.gmtime(NOW))
    before = time.strftime("%Y-%m-%d", time.gmtime(NOW - DAY))

    def count(*asked: str) -> int:
        return len(shop.run("contributions", "export", *asked).stdout.splitlines()) - 1

    assert count("--since", day, "--until", day) == 1
    assert count("--until", before) == 0
    assert count("--since", time.strftime("%Y-%m-%d", time.gmtime(NOW + DAY))) == 0
    assert shop.run("contributions", "export", "--since", day, "--until", before).exit_code == 2


def test_an_export_into_a_file_is_nobody_elses_to_read_and_overwrites_none(shop: Shop, tmp_path: Path) -> None:
    paid(shop)
    file = tmp_path / "books.csv"

    assert shop.run("contributions", "export", "--file", str(file)).exit_code == 0

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().startswith("entry,at,movement,amount")
    assert shop.run("contributions", "export", "--file", str(file)).exit_code == 1


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [(750, "EUR", "7.50"), (-5, "EUR", "-0.05"), (-500, "JPY", "-500"), (0, "USD", "0.00"), (-550, "GBP", "-5.50")],
)
def test_amounts_are_written_exactly(amount: int, currency: str, said: str) -> None:
    assert decimal(amount, currency) == said


# Reconciling


def test_reconciling_finds_what_was_never_heard_of_and_says_it(shop: Shop) -> None:
    session = shop.books.membership()
    order = shop.order(session)

    done = shop.run("contributions", "reconcile")

    assert done.exit_code == 0
    assert "repaired    one order; missing were one entry" in done.stdout
    assert order.id in done.stdout
    assert tier_of(shop.books.member(), NOW) is Tier.MEMBER
    assert "repaired    0 orders; missing were 0 entries" in shop.run("contributions", "reconcile").stdout


def test_reconciling_that_did_not_come_through_is_exit_code_1(shop: Shop) -> None:
    session = shop.books.membership()
    shop.processor.tamper(session, lambda standing: replace(standing, livemode=True))
    done = shop.run("contributions", "reconcile")
    assert (done.exit_code, "MISMATCHED  one order" in done.stdout) == (1, True)
    shop.processor.unavailable = True
    done = shop.run("contributions", "reconcile", "--json")
    assert (done.exit_code, json.loads(done.stdout)["is_finished"]) == (1, False)


@pytest.mark.parametrize(("days", "goes_on"), [(20, True), (4, False)])
def test_a_day_to_begin_with_leaves_no_gap_in_what_counts_as_reconciled(shop: Shop, days: int, goes_on: bool) -> None:
    """Ten days ago was the last time: whoever begins with the last four days has not looked at the six before."""
    reached = NOW - 10 * DAY
    shop.books.ledger.say_reconciled(reached)
    since = time.strftime("%Y-%m-%d", time.gmtime(NOW - days * DAY))

    assert shop.run("contributions", "reconcile", "--since", since).exit_code == 0

    assert shop.books.ledger.reconciled() == (NOW if goes_on else reached)
    asked = [int(about) for step, about in shop.processor.asked if step == "happened"]
    assert asked == [(NOW - days * DAY) // DAY * DAY]
    assert OVERLAP == DAY


# Giving back


def test_a_part_is_given_back_and_the_ledger_is_true_at_once(shop: Shop) -> None:
    session = paid(shop, amount=750)

    done = shop.run("contributions", "refund", shop.order(session).id, "--amount", "2.50", typed="y\n")

    assert done.exit_code == 0
    assert "Give back €2.50 of €7.50" in done.stderr
    assert "Given back: €2.50" in done.stdout
    order = shop.order(session)
    assert (order.received, order.state) == (500, OrderState.PAID)
    assert shop.books.ledger.raised("winter").amounts == {"EUR": 500}
    assert NoticeKind.REFUNDED in shop.books.told()


def test_whoever_says_no_gives_nothing_back(shop: Shop) -> None:
    session = paid(shop)

    done = shop.run("contributions", "refund", session, typed="n\n")

    assert (done.exit_code, shop.processor.truth(session).payments[0].refunds) == (1, ())


def test_the_whole_of_a_memberships_payment_ends_it(shop: Shop) -> None:
    session = member(shop)

    done = shop.run("contributions", "refund", session, typed="y\n")

    assert done.exit_code == 0
    assert "The membership ends with it" in done.stderr
    assert "a…@reader.example" in done.stderr
    assert ADA.address.text not in done.output
    assert shop.order(session).state is OrderState.ENDED
    assert tier_of(shop.books.member(), NOW) is Tier.SUBSCRIBER
    shop.books.agree([session])


def test_a_membership_may_be_kept_to_be_collected_again(shop: Shop) -> None:
    session = member(shop)

    assert shop.run("contributions", "refund", session, "--keep", "--yes").exit_code == 0

    subscription = shop.processor.truth(session).subscription
    assert subscription is not None
    assert subscription.ended_at is None
    assert shop.order(session).state is OrderState.REFUNDED


def test_a_part_of_a_membership_ends_nothing(shop: Shop) -> None:
    session = member(shop)

    assert shop.run("contributions", "refund", session, "--amount", "3", "--yes").exit_code == 0

    assert tier_of(shop.books.member(), NOW) is Tier.MEMBER


def test_the_last_payment_is_meant_and_another_can_be_named(shop: Shop) -> None:
    session = member(shop)
    shop.processor.renew(session)
    first, last = (one.id for one in shop.processor.truth(session).payments)

    shop.run("contributions", "refund", session, "--payment", first, "--yes")

    given = {one.id: sum(back.amount for back in one.refunds) for one in shop.processor.truth(session).payments}
    assert given == {first: 800, last: 0}
    assert shop.order(session).state is OrderState.RUNNING
    shop.run("contributions", "refund", session, "--yes")
    assert shop.order(session).state is OrderState.ENDED


def test_the_same_again_gives_nothing_twice(shop: Shop) -> None:
    session = member(shop)
    for _ in range(3):
        assert shop.run("contributions", "refund", session, "--yes").exit_code == 0
    assert [one.amount for one in shop.processor.truth(session).payments[0].refunds] == [800]


def test_the_same_part_within_a_day_has_to_be_meant(shop: Shop) -> None:
    session = paid(shop, amount=750)
    shop.processor.now = int(time.time())
    refund = ("contributions", "refund", session, "--amount", "2", "--yes")
    assert shop.run(*refund).exit_code == 0

    again = shop.run(*refund)

    assert (again.exit_code, "--again" in again.stderr) == (1, True)
    assert len(shop.processor.truth(session).payments[0].refunds) == 1
    assert shop.run(*refund, "--again").exit_code == 0
    assert len(shop.processor.truth(session).payments[0].refunds) == 2


def test_an_answer_that_was_lost_is_the_same_refund_when_it_is_asked_again(shop: Shop) -> None:
    """The processor has heard it, and does not list it yet."""
    session = paid(shop)
    truth = shop.processor.truth(session)
    refund = ("contributions", "refund", session, "--amount", "2", "--yes")
    shop.run(*refund)
    shop.processor.tamper(session, lambda standing: truth)

    shop.run(*refund)

    assert [one.amount for one in shop.processor.truth(session).payments[0].refunds] == [200]


@pytest.mark.parametrize("cut", ["refund", "cancel", "standing"])
def test_a_refund_that_was_cut_off_anywhere_is_completed_by_the_same_again(shop: Shop, cut: str) -> None:
    session = member(shop)
    asked: list[str] = []

    def fail(step: str, about: str) -> None:
        asked.append(step)
        if step == cut and (cut != "standing" or "refund" in asked):
            raise ProcessorRefused("cut off")

    shop.processor.before = fail  # type: ignore[method-assign]
    assert shop.run("contributions", "refund", session, "--yes").exit_code == 1
    shop.processor.before = lambda step, about: None  # type: ignore[method-assign]

    assert shop.run("contributions", "refund", session, "--yes").exit_code == 0

    assert [one.amount for one in shop.processor.truth(session).payments[0].refunds] == [800]
    assert shop.order(session).state is OrderState.ENDED
    shop.books.agree([session])


@pytest.mark.parametrize("amount", ["0", "-1", "8.01", "1,000.00", "5 €", "", "nan", "5.001"])
def test_an_amount_that_cannot_be_is_refused_in_words(shop: Shop, amount: str) -> None:
    session = member(shop)

    done = shop.run("contributions", "refund", session, "--amount", amount, "--yes")

    assert done.exit_code in (1, 2)
    assert "invalid_field" in done.stderr or "Missing" in done.stderr or "such option" in done.stderr.lower()
    assert shop.processor.truth(session).payments[0].refunds == ()


def test_what_was_not_paid_or_is_disputed_is_not_given_back(shop: Shop) -> None:
    unpaid, disputed = shop.books.order(), paid(shop)
    shop.processor.dispute(shop.processor.truth(disputed).payments[0].id)

    assert "Nothing has been paid" in shop.run("contributions", "refund", unpaid, "--yes").stderr
    assert "bank has taken it back" in shop.run("contributions", "refund", disputed, "--yes").stderr
    assert "none of this order" in shop.run("contributions", "refund", disputed, "--payment", "pi_x", "--yes").stderr


# Ending


def test_what_is_given_every_month_can_be_ended(shop: Shop) -> None:
    session = paid(shop, interval=Interval.MONTH)

    done = shop.run("contributions", "end", session, typed="y\n")

    assert (done.exit_code, "€5 a month" in done.stderr) == (0, True)
    assert shop.order(session).state is OrderState.ENDED
    again = shop.run("contributions", "end", session, "--yes")
    assert (again.exit_code, "Nothing is collected" in again.stderr) == (1, True)


def test_what_was_given_once_has_nothing_to_end(shop: Shop) -> None:
    assert shop.run("contributions", "end", paid(shop), "--yes").exit_code == 1

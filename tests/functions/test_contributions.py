"""Giving: what is asked for becomes an order and a page for it, once, wherever somebody is cut off."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from functions.contributions.checkout import CLIENT_A_QUARTER, EVERYBODY_A_MINUTE, MEMBER_AN_HOUR
from shared.domain.orders import Interval, Kind, Order, OrderState
from shared.personal.limits import DAY, QUARTER
from shared.ports.money import HostedPage
from tests.functions.giver import FIVE, GIVE, PAPER, Giver, Till
from tests.functions.site import text, tree
from tests.member_twins import MemoryRecords
from tests.processor_twin import MemoryProcessor
from tests.repeats_twin import MemoryRepeats
from tests.twins import MemoryPapers


@pytest.fixture
def till() -> Till:
    return Till()


@pytest.fixture
def giver(till: Till) -> Giver:
    return Giver(till)


# What is asked for ---------------------------------------------------------------------------------------------------


def test_a_program_is_told_where_to_pay(giver: Giver) -> None:
    answer = giver.give(message="Go on.", campaign="the-winter").answer
    order = giver.order

    assert (answer.status, answer.headers["cache-control"]) == (201, "private, no-store, stale-if-error=0")
    assert giver.body == {"id": order.id, "url": f"https://checkout.example/{order.id}"}
    assert (order.kind, order.amount, order.currency, order.interval) == (Kind.CONTRIBUTION, 500, "EUR", Interval.ONCE)
    assert (order.message, order.public, order.campaign) == ("Go on.", False, "the-winter")
    assert (order.state, order.member, order.livemode) == (OrderState.OPEN, None, False)
    assert order.session is not None
    assert giver.till.ledger.of_session(order.session) == order.id


def test_a_person_goes_on_to_the_page(giver: Giver) -> None:
    form = {"currency": "EUR", "amount": "1000", "own_amount": "", "interval": "month", "name": "", "message": ""}
    answer = giver.ask(GIVE, form, form=True).answer

    (order,) = giver.till.orders
    assert (answer.status, answer.headers["location"]) == (303, f"https://checkout.example/{order.id}")
    assert (order.amount, order.interval, order.name) == (1_000, Interval.MONTH, None)


@pytest.mark.parametrize(
    ("typed", "currency", "amount"),
    [("7,50", "EUR", 750), ("7.5", "EUR", 750), ("7", "EUR", 700), (" 12 ", "GBP", 1_200), ("350", "JPY", 350)],
)
def test_an_amount_that_was_typed_goes_before_one_that_was_chosen(
    giver: Giver, typed: str, currency: str, amount: int
) -> None:
    form = {"currency": currency, "amount": "500", "own_amount": typed, "interval": "once"}
    assert giver.ask(GIVE, form, form=True).answer.status == 303
    assert [(one.amount, one.currency) for one in giver.till.orders] == [(amount, currency)]


def test_whoever_is_signed_in_gives_as_themselves_and_is_one_customer_for_good(giver: Giver) -> None:
    giver.sign_in()
    giver.give()
    giver.give()

    (first, second) = giver.till.orders
    assert first.member == second.member == giver.cookies["__Host-session"][:32]
    assert list(giver.till.processor.customers.values()) == [first.member]
    assert giver.till.ledger.of_member(str(first.member)) == tuple(sorted([first.id, second.id]))


def test_a_cookie_that_was_replaced_is_nobody_s_here_and_ends_nothing(giver: Giver) -> None:
    giver.sign_in()
    old = dict(giver.cookies)
    giver.post("/api/members/passes")
    giver.till.house.now += 61
    before = dict(giver.till.house.records.values)
    thief = Giver(giver.till)
    thief.cookies = old
    assert thief.give().answer.status == 201
    assert thief.order.member is None
    assert thief.outcome.answer.cookies == ()
    assert {key: giver.till.house.records.values[key] for key in before} == before

    giver.give()
    assert giver.order.member is not None


def test_addresses_to_come_back_to_are_the_paper_s_whatever_a_request_says(till: Till) -> None:
    Giver(till).ask(GIVE, FIVE, headers={"host": "evil.example", "x-forwarded-host": "evil.example"})
    assert till.processor.ways == [(f"{PAPER.url}/thanks", f"{PAPER.url}/contribute")]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("  Ada \t Moor ", "Ada Moor"),
        ("Ada\r\nBcc: all@paper.example", "Ada Bcc: all@paper.example"),
        ("\u202eadA", "adA"),
        ("A\u0000d\u0007a\u200b", "Ada"),
        ("A\u0301da", "\u00c1da"),
        ("\U0001f469\u200d\U0001f680", "\U0001f469\u200d\U0001f680"),
        (" \u200b ", None),
        ("<b>Ada</b>", "<b>Ada</b>"),
    ],
)
def test_a_name_is_one_line_of_what_can_be_seen(giver: Giver, sent: str, kept: str | None) -> None:
    giver.give(name=sent)
    assert giver.order.name == kept


def test_a_message_keeps_its_lines(giver: Giver) -> None:
    form = {"currency": "EUR", "amount": "500", "interval": "once", "message": " One.\r\n\r\nTwo.\x1b[2J "}
    giver.ask(GIVE, form, form=True)
    assert giver.till.orders[0].message == "One.\n\nTwo.[2J"


# What is wrong stands beside its field -------------------------------------------------------------------------------


FORM = {"currency": "EUR", "amount": "500", "own_amount": "", "interval": "once", "name": "", "message": ""}


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"own_amount": "1.000,00"}, "own-eur", "Write the amount in digits, such as 7.50."),
        ({"own_amount": "1.99"}, "own-eur", "The least that can be given is €2."),
        ({"own_amount": "500,01"}, "own-eur", "The most that can be given here is €500. For more, write to us."),
        ({"amount": ""}, "own-eur", "Choose an amount, or write one."),
        ({"currency": "GBP", "own_amount": "1"}, "own-gbp", "The least that can be given is £2."),
        ({"currency": "JPY", "own_amount": "7.50"}, "own-jpy", "Write the amount in digits, such as 750."),
        ({"name": "A" * 81}, "name-eur", "That is too long: 80 characters are the most."),
        ({"message": "m" * 501}, "message-eur", "That is too long: 500 characters are the most."),
        (
            {"public": "true"},
            "name-eur",
            "Write the name that is to be shown, or take the tick away.",
        ),
    ],
)
def test_what_is_wrong_stands_beside_its_field(giver: Giver, changes: dict[str, str], field: str, words: str) -> None:
    answer = giver.ask(GIVE, {**FORM, **changes}, form=True).answer
    page = tree(answer.body)
    (wrong,) = [one for one in page.iter() if one.get("aria-invalid") == "true"]
    faults = {one.get("id"): "".join(one.itertext()) for one in page.iter("p") if one.get("role") == "alert"}

    assert answer.status == 422
    assert wrong.get("id") == field
    assert list(faults.values()) == [words]
    assert set(faults) <= set(str(wrong.get("aria-describedby")).split())
    assert giver.till.orders == []


def test_a_form_that_was_refused_comes_back_for_the_campaign_that_it_was_of(giver: Giver) -> None:
    """The paper may ask for several, each on a page of its own."""
    for slug, there in (("the-summer", 3), ("the-winter", 3), ("the-autumn", 0), ("nowhere", 0), ("", 0)):
        page = giver.ask(GIVE, {**FORM, "own_amount": "1", "campaign": slug}, form=True).answer.body
        assert page.count(f'name="campaign" value="{slug}"') == there
        assert page.count('name="campaign"') == there


def test_what_was_typed_is_kept(giver: Giver) -> None:
    typed = {
        "currency": "GBP", "own_amount": "1", "interval": "month", "name": 'A "da" <b>', "message": "</textarea>\nTwo.",
        "public": "true", "campaign": "the-winter",
    }  # fmt: skip
    page = tree(giver.ask(GIVE, typed, form=True).answer.body)
    form = next(one for one in page.iter("form") if one.get("action") == GIVE)
    values = {
        str(one.get("name")): one.get("value") for one in form.iter("input")
        if one.get("type") not in ("radio", "checkbox") or one.get("checked") is not None
    }  # fmt: skip
    (message,) = form.iter("textarea")

    assert values | {"message": message.text} == typed


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"interval": "day"}, 422, "Give once or every month."),
        ({"currency": "USD"}, 422, "Give in EUR, GBP or JPY."),
        ({"campaign": "the-autumn"}, 422, "“The autumn” has ended. You can give to the paper itself."),
        ({"campaign": "the-spring"}, 404, "The paper has no campaign of this name. You can give to the paper itself."),
        ({"tier": "member"}, 400, "The body cannot be read: Object contains unknown field `tier`"),
    ],
)
def test_what_no_field_of_the_page_is_wrong_in_is_said_above_it(
    giver: Giver, changes: dict[str, str], status: int, words: str
) -> None:
    answer = giver.ask(GIVE, {**FORM, **changes}, form=True).answer

    assert answer.status == status
    assert words in text(answer.body)
    if "campaign" in changes:  # pressing again gives to the paper
        assert 'name="campaign"' not in answer.body


def test_a_campaign_takes_money_until_its_last_day_is_over(giver: Giver) -> None:
    assert giver.give(campaign="the-winter").answer.status == 201
    giver.till.house.now += DAY
    assert giver.give(campaign="the-winter").answer.status == 422


def test_a_paper_that_takes_nothing_says_so(giver: Giver) -> None:
    giver.till.doors = replace(giver.till.doors, papers=MemoryPapers(replace(PAPER, giving=None)))
    assert giver.give().answer.status == 422
    assert "takes no contributions" in giver.body["detail"]


# Once ----------------------------------------------------------------------------------------------------------------


def test_without_a_key_each_time_is_another_gift(giver: Giver) -> None:
    assert giver.give().answer.body != giver.give().answer.body
    assert len(giver.till.orders) == 2


def test_with_a_key_it_is_done_once(giver: Giver) -> None:
    first = giver.give(key="k-1").answer.body
    assert giver.give(key="k-1").answer.body == first
    assert giver.give(key="k-2").answer.body != first
    assert len(giver.till.orders) == 2


def test_a_key_with_something_else_is_refused(giver: Giver) -> None:
    giver.give(key="k-1")
    giver.give(key="k-1", amount=501)
    assert (giver.outcome.answer.status, giver.code) == (422, "idempotency_key_reused")
    assert len(giver.till.orders) == 1


def test_two_strangers_keys_do_not_meet(till: Till) -> None:
    here, there, ada = Giver(till), Giver(till, "198.51.100.9"), Giver(till)
    ada.sign_in()
    bodies = {one.give(key="1").answer.body for one in (here, there, ada)}
    assert len(bodies) == len(till.orders) == 3


def test_a_refused_request_leaves_its_key_free(giver: Giver) -> None:
    assert giver.give(key="k", amount=1).answer.status == 422
    assert giver.give(key="k").answer.status == 201


def test_a_key_counts_for_a_day(giver: Giver) -> None:
    giver.give(key="k")
    first = giver.order
    giver.till.repeats.done.clear()
    giver.till.house.now += DAY
    giver.give(key="k", amount=700)
    assert giver.order.id != first.id
    assert giver.order.amount == 700


def test_of_many_at_once_with_one_key_one_is_done(till: Till) -> None:
    givers = [Giver(till) for _ in range(8)]
    workers = [threading.Thread(target=one.give, kwargs={"key": "k"}) for one in givers]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert {one.outcome.answer.status for one in givers} <= {201, 409}
    assert len({one.body["url"] for one in givers if one.outcome.answer.status == 201}) == 1
    assert len(till.orders) == 1


class Kill(BaseException):
    """The process is no more: nothing of it is cleaned up."""


class Dying:
    """Records, payments and repeats that are no more after so many steps."""

    def __init__(self) -> None:
        self.left: int | None = None

    def step(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Kill


def dying() -> tuple[Till, Dying]:
    """Each thing that is done to the outside is two steps: one is cut off before it, or after."""
    dying = Dying()

    def around(act: Callable[[], str]) -> str:
        dying.step()
        done = act()
        dying.step()
        return done

    class Records(MemoryRecords):
        def together(self, *given: object, **more: object) -> str:
            return around(lambda: super(Records, self).together(*given, **more))  # type: ignore[arg-type]

        def write(self, value: object, expected: str | None, *key: str) -> str:
            return around(lambda: super(Records, self).write(value, expected, *key))

    class Processor(MemoryProcessor):
        def _ask(self, step: str, about: str) -> None:
            dying.step()
            super()._ask(step, about)

        def begin(
            self, order: Order, *, title: str, success: str, cancel: str, customer: str | None, email: str | None
        ) -> HostedPage:
            made = super().begin(order, title=title, success=success, cancel=cancel, customer=customer, email=email)
            dying.step()
            return made

    return Till(Records(), Processor()), dying


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("after", range(14))
def test_whoever_was_cut_off_anywhere_asks_again_and_pays_once(after: int, signed_in: bool) -> None:
    till, end = dying()
    giver = Giver(till)
    if signed_in:
        giver.sign_in()
    end.left = after
    try:
        giver.give(key="k")
    except Kill:
        end.left = None
        assert giver.give(key="k").answer.status == 409  # nobody knows yet that it was cut off
        assert giver.code == "still_running"
        till.repeats.wait()
    end.left = None
    giver.till.house.now += 40
    assert giver.give(key="k").answer.status == 201

    (order,) = till.orders
    assert order.session is not None
    assert till.ledger.of_session(order.session) == order.id
    assert giver.body == {"id": order.id, "url": f"https://checkout.example/{order.id}"}
    assert [step for step, _ in till.processor.asked].count("customer") <= 2
    assert len(till.processor.customers) == int(signed_in)
    assert list(till.processor.sessions(0)) == [order.session]


def test_whoever_is_cut_off_without_a_key_leaves_nothing_that_can_be_paid_unknown(till: Till) -> None:
    till, end = dying()
    for after in range(6):
        end.left = after
        with pytest.raises(Kill):
            Giver(till).give()
    end.left = None
    handed_out = [one for one in till.orders if one.session is not None]
    assert {till.ledger.of_session(str(one.session)) for one in handed_out} == {one.id for one in handed_out}


def test_an_order_that_was_opened_under_a_key_is_for_nothing_else() -> None:
    """Also where nobody remembers the key any more but the order itself."""
    till, end = dying()
    giver = Giver(till)
    end.left = 2
    with pytest.raises(Kill):
        giver.give(key="k")
    end.left = None
    till.repeats.done.clear()
    assert giver.give(key="k", amount=501).answer.status == 422
    assert giver.code == "idempotency_key_reused"
    assert giver.give(key="k").answer.status == 201
    assert len(till.orders) == 1


def test_an_answer_that_was_lost_after_the_order_was_opened_is_no_other_order(till: Till) -> None:
    """boto3 tries again what was done already, and is told that somebody was first."""
    lost: list[int] = []

    class Lossy(MemoryRecords):
        def together(self, *given: object, **more: object) -> str:
            lost.append(1)
            super().together(*given, **more)  # type: ignore[arg-type]
            return super().together(*given, **more)  # type: ignore[arg-type]

    till = Till(Lossy())
    giver = Giver(till)
    assert giver.give().answer.status == 201
    assert len(till.orders) == 1
    assert len(lost) == 2


# When others do not answer -------------------------------------------------------------------------------------------


def test_where_payments_are_out_of_reach_it_is_said_and_can_be_asked_again(giver: Giver) -> None:
    giver.till.processor.unavailable = True
    answer = giver.give(key="k").answer
    assert (answer.status, giver.code) == (503, "processor_unavailable")
    assert "retry-after" in answer.headers
    assert "Nothing was charged" in text(giver.ask(GIVE, FORM, form=True).answer.body)

    giver.till.processor.unavailable = False
    assert giver.give(key="k").answer.status == 201


def test_where_payments_will_not_why_is_nobody_s_business(giver: Giver) -> None:
    giver.till.processor.refuses = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
    answer = giver.give().answer
    assert (answer.status, giver.code) == (502, "processor_refused")
    assert "sk_test" not in answer.body


@pytest.mark.parametrize("form", [False, True])
def test_where_a_table_is_out_of_reach_it_is_said(giver: Giver, form: bool) -> None:
    giver.sign_in()
    giver.till.house.records.broken = True
    assert giver.ask(GIVE, FORM if form else FIVE, form=form).answer.status == 503


def test_where_repeats_are_out_of_reach_nothing_is_made(giver: Giver) -> None:
    assert isinstance(giver.till.repeats, MemoryRepeats)
    giver.till.repeats.broken = True
    assert giver.give(key="k").answer.status == 503
    assert giver.till.orders == []


# How often -----------------------------------------------------------------------------------------------------------


def test_a_client_gets_few_pages(till: Till) -> None:
    giver = Giver(till)
    for _ in range(CLIENT_A_QUARTER):
        assert giver.give().answer.status == 201
    answer = giver.give().answer
    assert (answer.status, giver.code) == (429, "too_many_requests")
    assert "retry-after" in answer.headers
    assert Giver(till, "198.51.100.9").give().answer.status == 201

    till.house.now += QUARTER
    assert giver.give().answer.status == 201


def test_a_member_gets_few_pages_wherever_they_come_from(till: Till) -> None:
    ada = Giver(till)
    ada.sign_in()
    for number in range(MEMBER_AN_HOUR):
        ada.address = f"198.51.100.{number}"
        assert ada.give().answer.status == 201
    ada.address = "198.51.100.250"
    assert ada.give().answer.status == 429


def test_all_together_get_only_so_many(till: Till) -> None:
    statuses = [Giver(till, f"10.0.{n // 250}.{n % 250}").give().answer.status for n in range(EVERYBODY_A_MINUTE + 1)]
    assert statuses == [201] * EVERYBODY_A_MINUTE + [429]


def test_whoever_asks_too_often_keeps_what_was_typed(giver: Giver) -> None:
    for _ in range(CLIENT_A_QUARTER):
        giver.give()
    answer = giver.ask(GIVE, {**FORM, "message": "All I wrote"}, form=True).answer
    assert answer.status == 429
    assert "All I wrote" in answer.body
    assert "too often" in answer.body


# What is kept -------------------------------------------------------------------------------------------------------


def test_nothing_that_was_asked_for_can_be_read_in_what_is_written_down() -> None:
    from shared.domain.giving import Gift, Wish

    order = Order("0" * 32, Kind.CONTRIBUTION, 500, "EUR", Interval.ONCE, False, 0, name="Ada", message="Secret")
    wish = Wish(500, "EUR", "once", name="Ada", message="Secret")
    gift = Gift(500, "EUR", Interval.ONCE, name="Ada", message="Secret")
    for one in (order, wish, gift):
        assert "Ada" not in repr(one)
        assert "Secret" not in repr(one)


def test_a_refusal_to_a_program_names_the_field(giver: Giver) -> None:
    giver.give(amount=1)
    assert json.loads(giver.outcome.answer.body)["field"] == "amount"

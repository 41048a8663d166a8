"""`Ledger`: the twin, moto and DynamoDB Local keep the same promises."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from msgspec.structs import replace

from shared.adapters.dynamo_ledger import UNPAID_SECONDS, DynamoLedger
from shared.adapters.dynamo_members import DynamoMembers
from shared.domain.addresses import Address
from shared.domain.campaigns import MAX_NAMED, Raised, Supporter
from shared.domain.ledger import Entry, EntryKind
from shared.domain.members import Member, Membership, MembershipState
from shared.domain.orders import Interval, Kind, Notice, NoticeKind, Order, OrderState, Payer
from shared.domain.refusals import RecordChanged
from shared.domain.settling import MOST_AT_ONCE
from shared.ports.money import CampaignStep, Ledger, Step
from shared.ports.persons import Members
from tests.contracts.test_members import of_many
from tests.member_twins import MemoryMembers, MemoryRecords
from tests.money_twins import MemoryLedger

SPRING = "spring"
GIFT = Order(
    "a" * 32,
    Kind.CONTRIBUTION,
    500,
    "EUR",
    Interval.ONCE,
    livemode=False,
    asked_at=1_000,
    campaign=SPRING,
    name="Ada",
    message="Go on like this.",
    public=True,
)
MEMBER = Member("e" * 32, Address("ada@reader.example"), 1_000, "k" * 64)
JOINED = replace(
    GIFT,
    id="b" * 32,
    kind=Kind.MEMBERSHIP,
    interval=Interval.MONTH,
    member=MEMBER.id,
    plan="monthly",
    price="price_1",
    campaign=None,
    name=None,
    message=None,
    public=False,
)
ADA = Supporter(GIFT.id, 1_100, "Ada", "Go on like this.")


@dataclass
class Tables:
    ledger: Ledger
    members: Members
    raw: Callable[[str], list[dict[str, Any]]] | None = None
    """All items of a partition as the table has them; a twin has none."""


def make_ledger_tables(client: Any, name: str) -> tuple[str, str]:
    """The ledger's and the members' table as the template describes them."""
    for table in (f"{name}-ledger", f"{name}-members"):
        client.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
    return f"{name}-ledger", f"{name}-members"


@pytest.fixture(params=["twin", "moto", "dynamodb local"])
def tables(request: pytest.FixtureRequest) -> Tables:
    if request.param == "twin":
        records = MemoryRecords()
        return Tables(MemoryLedger(records), MemoryMembers(records))
    if request.param == "moto":
        client = request.getfixturevalue("client")("dynamodb")
    else:
        client = request.getfixturevalue("dynamodb_local")
    ledger, members = make_ledger_tables(client, f"l{abs(hash(request.node.nodeid)):x}")

    def raw(partition: str) -> list[dict[str, Any]]:
        values = {":partition": {"S": partition}}
        asked = {"KeyConditionExpression": "pk = :partition", "ExpressionAttributeValues": values}
        found: list[dict[str, Any]] = client.query(TableName=ledger, **asked)["Items"]
        return found

    return Tables(DynamoLedger(client, ledger, members), DynamoMembers(client, members), raw)


# moto's transactions are not kept apart.
where_threads_are_kept_apart = pytest.mark.parametrize("tables", ["twin", "dynamodb local"], indirect=True)
# A twin forgets nothing.
where_there_is_a_table = pytest.mark.parametrize("tables", ["moto", "dynamodb local"], indirect=True)


@pytest.fixture
def ledger(tables: Tables) -> Ledger:
    return tables.ledger


def entry(id: str, amount: int = 500, at: int = 1_100, order: str = GIFT.id) -> Entry:
    kind = EntryKind.PAYMENT if amount > 0 else EntryKind.REFUND
    return Entry(id, order, kind, amount, "EUR", at, "pi_1")


def paid(order: Order, version: str, *entries: Entry, named: Supporter | None = ADA) -> Step:
    """The step by which a gift is paid."""
    received = sum(one.amount for one in entries)
    after = replace(order, state=OrderState.PAID, received=received, supports=True)
    return Step(after, version, entries, CampaignStep(SPRING, "EUR", received, 1, named))


def seen(tables: Tables, order: str = GIFT.id) -> tuple[object, ...]:
    """All that a step may change."""
    ledger = tables.ledger
    return ledger.read(order), ledger.entries(order), ledger.raised(SPRING), tables.members.read(MEMBER.id)


def test_an_order_comes_back_as_written_and_is_opened_once(ledger: Ledger) -> None:
    assert ledger.read(GIFT.id) is None
    version = ledger.open(GIFT)
    assert ledger.read(GIFT.id) == (GIFT, version)
    with pytest.raises(RecordChanged):
        ledger.open(replace(GIFT, amount=1))
    assert ledger.read(GIFT.id) == (GIFT, version)


def test_an_order_with_all_that_it_may_hold_comes_back(ledger: Ledger) -> None:
    whole = replace(
        JOINED,
        subscription="sub_1",
        state=OrderState.PAST_DUE,
        received=-3,
        cancels=True,
        supports=True,
        membership=Membership(MembershipState.PAST_DUE, 1, 2, 3, cancels=True),
        notices=(Notice(NoticeKind.RECEIPT, "pi_1", 500, 7, 9),),
    )
    version = ledger.commit(Step(whole, ledger.open(JOINED)))
    assert ledger.read(JOINED.id) == (whole, version)


def test_the_processors_page_leads_to_its_order_from_when_it_is_attached(ledger: Ledger) -> None:
    version = ledger.open(GIFT)
    assert ledger.of_session("cs_1") is None
    attached = replace(GIFT, session="cs_1")
    with pytest.raises(RecordChanged):
        ledger.attach(attached, "another")
    assert ledger.of_session("cs_1") is None

    version = ledger.attach(attached, version)
    assert ledger.of_session("cs_1") == GIFT.id
    assert ledger.read(GIFT.id) == (attached, version)


def test_a_page_never_leads_to_another_order(ledger: Ledger) -> None:
    ledger.attach(replace(GIFT, session="cs_1"), ledger.open(GIFT))
    version = ledger.open(JOINED)
    with pytest.raises(RecordChanged):
        ledger.attach(replace(JOINED, session="cs_1"), version)
    assert ledger.of_session("cs_1") == GIFT.id
    assert ledger.read(JOINED.id) == (JOINED, version)


def test_a_members_orders_are_theirs_alone(ledger: Ledger) -> None:
    assert ledger.of_member(MEMBER.id) == ()
    for order in (GIFT, JOINED, replace(JOINED, id="c" * 32), replace(JOINED, id="d" * 32, member="f" * 32)):
        ledger.open(order)
    ledger.know_payer(Payer(MEMBER.id, "cus_1"))
    assert sorted(ledger.of_member(MEMBER.id)) == [JOINED.id, "c" * 32]


def test_a_step_writes_order_entries_campaign_and_member_together(tables: Tables) -> None:
    ledger = tables.ledger
    version = ledger.open(GIFT)
    before = tables.members.write(MEMBER, None)
    member = replace(MEMBER, membership=Membership(MembershipState.ACTIVE, 1, 2, 3))
    step = replace(paid(GIFT, version, entry("pi_1"), entry("re_1", -100, 1_050)), member=(member, before))

    version = ledger.commit(step)

    assert ledger.read(GIFT.id) == (step.order, version)
    assert [one.id for one in ledger.entries(GIFT.id)] == ["re_1", "pi_1"]  # by time
    assert set(ledger.entries(GIFT.id)) == set(step.entries)
    assert ledger.raised(SPRING) == Raised({"EUR": 400}, 1, (ADA,))
    assert (tables.members.read(MEMBER.id) or (None, ""))[0] == member


def test_the_largest_step_fits_and_what_is_larger_is_a_fault(tables: Tables) -> None:
    version = tables.ledger.open(GIFT)
    member = (MEMBER, tables.members.write(MEMBER, None))
    most = [entry(f"pi_{number}") for number in range(MOST_AT_ONCE)]
    version = tables.ledger.commit(replace(paid(GIFT, version, *most), member=member))
    assert len(tables.ledger.entries(GIFT.id)) == MOST_AT_ONCE

    with pytest.raises(Exception, match=r"transact|100"):
        tables.ledger.commit(paid(GIFT, version, *(entry(f"re_{number}") for number in range(101))))
    assert len(tables.ledger.entries(GIFT.id)) == MOST_AT_ONCE


@pytest.mark.parametrize("stale", ["order", "member", "entry", "no order", "no member"])
def test_a_step_on_what_is_not_so_any_more_changes_nothing(tables: Tables, stale: str) -> None:
    ledger = tables.ledger
    version = ledger.commit(paid(GIFT, ledger.open(GIFT), entry("pi_1")))
    member = tables.members.write(MEMBER, None)
    order, entries, whose = replace(GIFT, session="cs_9"), [entry("pi_2"), entry("pi_3")], MEMBER
    match stale:
        case "order":
            version = "another"
        case "member":
            member = "another"
        case "entry":
            entries.insert(1, entry("pi_1"))
        case "no order":
            order = replace(order, id="9" * 32)
        case "no member":
            whose = replace(MEMBER, id="9" * 32)
    before = seen(tables)
    bo = Supporter("c" * 32, 5, "Bo")
    campaign = CampaignStep(SPRING, "EUR", 1_000, 1, bo, unnamed=GIFT.id)

    with pytest.raises(RecordChanged):
        ledger.commit(Step(order, version, tuple(entries), campaign, (replace(whose, since=5), member)))

    assert seen(tables) == before
    assert ledger.read("9" * 32) is None
    assert tables.members.read("9" * 32) is None


def test_a_step_that_was_written_is_not_written_again(tables: Tables) -> None:
    step = paid(GIFT, tables.ledger.open(GIFT), entry("pi_1"))
    tables.ledger.commit(step)
    before = seen(tables)
    with pytest.raises(RecordChanged):
        tables.ledger.commit(step)
    assert seen(tables) == before


def test_an_entry_is_of_one_order(ledger: Ledger) -> None:
    """The same id twice would be the same movement of money in two orders: nothing here has that."""
    ledger.commit(paid(GIFT, ledger.open(GIFT), entry("pi_1")))
    other = replace(GIFT, id="c" * 32)
    ledger.commit(paid(other, ledger.open(other), entry("pi_2", order=other.id)))
    assert [one.id for one in ledger.entries(GIFT.id)] == ["pi_1"]
    assert [one.id for one in ledger.entries(other.id)] == ["pi_2"]


def test_a_campaign_counts_each_currency_exactly_and_down_again(ledger: Ledger) -> None:
    assert ledger.raised(SPRING) == Raised()
    version = ledger.open(GIFT)
    for amount, currency, supporters in (
        (10**12 + 1, "EUR", 1),
        (7, "JPY", 1),
        (-(10**12), "EUR", 0),
        (-7, "JPY", -1),
        (2, "USD", 1),
    ):
        version = ledger.commit(Step(GIFT, version, campaign=CampaignStep(SPRING, currency, amount, supporters)))
    ledger.commit(Step(GIFT, version, campaign=CampaignStep("autumn", "EUR", 9, 1)))

    assert ledger.raised(SPRING) == Raised({"EUR": 1, "USD": 2}, 2)
    assert ledger.raised("autumn") == Raised({"EUR": 9}, 1)


def test_who_is_named_is_named_once_the_latest_first_until_they_are_not(ledger: Ledger) -> None:
    version = ledger.open(GIFT)
    many = [Supporter(f"{number:032x}", number // 2, f"Nr. {number}") for number in range(MAX_NAMED + 4)]
    for one in (*many, many[0], many[-1]):
        version = ledger.commit(Step(GIFT, version, campaign=CampaignStep(SPRING, "EUR", 0, 0, one)))
    latest = tuple(sorted(many, key=lambda one: (-one.at, one.order)))
    assert ledger.raised(SPRING).named == latest[:MAX_NAMED]

    gone = CampaignStep(SPRING, "EUR", 0, 0, unnamed=latest[0].order)
    for _ in range(2):  # is no fault
        version = ledger.commit(Step(GIFT, version, campaign=gone))
    assert ledger.raised(SPRING).named == latest[1 : MAX_NAMED + 1]


@where_threads_are_kept_apart
def test_of_many_steps_on_one_version_one_is_written(tables: Tables) -> None:
    version = tables.ledger.open(GIFT)
    won = of_many(lambda number: tables.ledger.commit(paid(GIFT, version, entry(f"pi_{number}"))))
    assert len(won) == 1
    assert [one.id for one in tables.ledger.entries(GIFT.id)] == [f"pi_{won[0]}"]
    assert tables.ledger.raised(SPRING) == Raised({"EUR": 500}, 1, (ADA,))


@where_threads_are_kept_apart
def test_of_many_orders_that_write_one_member_one_is_written(tables: Tables) -> None:
    before = tables.members.write(MEMBER, None)
    orders = [replace(JOINED, id=f"{number:032x}") for number in range(8)]
    versions = [tables.ledger.open(order) for order in orders]

    def commit(number: int) -> None:
        after = replace(orders[number], received=1)
        tables.ledger.commit(Step(after, versions[number], member=(replace(MEMBER, since=number), before)))

    (won,) = of_many(commit)
    member, _ = tables.members.read(MEMBER.id) or (MEMBER, "")
    assert member.since == won
    assert [one.received for order in orders if (one := (tables.ledger.read(order.id) or (order, ""))[0])].count(1) == 1


@where_threads_are_kept_apart
def test_many_payments_for_one_campaign_are_all_counted(tables: Tables) -> None:
    orders = [replace(GIFT, id=f"{number:032x}") for number in range(20)]
    steps = [paid(one, tables.ledger.open(one), entry("pi", order=one.id), named=None) for one in orders]
    assert len(of_many(lambda number: tables.ledger.commit(steps[number]), len(orders))) == len(orders)
    assert tables.ledger.raised(SPRING) == Raised({"EUR": 10_000}, 20)


def test_a_member_is_one_customer_whoever_says_so_first(ledger: Ledger) -> None:
    assert ledger.payer(MEMBER.id) is None
    said: list[Payer] = []
    together = threading.Barrier(6)

    def say(number: int) -> None:
        together.wait()
        said.append(ledger.know_payer(Payer(MEMBER.id, f"cus_{number}")))

    threads = [threading.Thread(target=say, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(said) == {ledger.payer(MEMBER.id)}
    assert len(said) == 6
    assert ledger.know_payer(Payer(MEMBER.id, "cus_late")) == said[0]


def test_nothing_leads_from_a_member_who_is_forgotten_and_the_orders_stay(ledger: Ledger) -> None:
    version = ledger.open(JOINED)
    other = ledger.know_payer(Payer("f" * 32, "cus_2"))
    ledger.know_payer(Payer(MEMBER.id, "cus_1"))
    for _ in range(2):  # is no fault
        ledger.forget_payer(MEMBER.id)
    assert ledger.payer(MEMBER.id) is None
    assert ledger.of_member(MEMBER.id) == ()
    assert ledger.payer("f" * 32) == other
    assert ledger.read(JOINED.id) == (JOINED, version)


def test_everything_is_each_order_once_with_its_entries(ledger: Ledger) -> None:
    assert list(ledger.everything()) == []
    there = {}
    for number in range(7):
        order = replace(GIFT, id=f"{number:032x}", session=f"cs_{number}")
        entries = tuple(entry(f"pi_{one}", at=one, order=order.id) for one in range(number))
        version = ledger.attach(order, ledger.open(replace(order, session=None)))
        step = paid(order, version, *entries)
        ledger.commit(step)
        there[order.id] = (step.order, entries)
    found = list(ledger.everything())
    assert len(found) == 7
    assert {order.id: (order, entries) for order, entries in found} == there


def test_what_was_looked_at_never_goes_back(ledger: Ledger) -> None:
    assert ledger.reconciled() is None
    for said, counts in ((500, 500), (400, 500), (500, 500), (501, 501)):
        ledger.say_reconciled(said)
        assert ledger.reconciled() == counts


@where_there_is_a_table
@pytest.mark.parametrize("state", OrderState)
def test_the_table_forgets_by_itself_what_nobody_has_paid_and_nothing_else(tables: Tables, state: OrderState) -> None:
    assert tables.raw is not None
    version = tables.ledger.open(JOINED)
    (opened,) = tables.raw(f"order#{JOINED.id}")
    assert opened["expires_at"] == {"N": str(JOINED.asked_at + UNPAID_SECONDS)}
    attached = replace(JOINED, session="cs_1")
    version = tables.ledger.attach(attached, version)
    (item,) = tables.raw(f"order#{JOINED.id}")
    assert item["expires_at"] == opened["expires_at"]

    tables.ledger.commit(Step(replace(attached, state=state), version, (entry("pi_1", order=JOINED.id),)))

    forgets = [one for one in tables.raw(f"order#{JOINED.id}") if "expires_at" in one]
    assert [one["sk"]["S"] for one in forgets] == (["order"] if state in (OrderState.OPEN, OrderState.EXPIRED) else [])
    assert not [one for one in tables.raw(f"payer#{MEMBER.id}") if "expires_at" in one]

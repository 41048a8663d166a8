"""`Members`, `Sessions`, `SignIns`, `EmailChanges`, `Limits`, `Postbox`: twins and tables keep the same promises."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import msgspec
import pytest
from botocore.config import Config
from msgspec.structs import replace

from shared.adapters.dynamo_members import DynamoAllowances, DynamoMembers, DynamoSessions
from shared.adapters.dynamo_sign_ins import DynamoEmailChanges, DynamoLimits, DynamoSignIns
from shared.adapters.sqs_postbox import SqsPostbox
from shared.domain.addresses import Address
from shared.domain.allowances import Allowance, Opened, Way
from shared.domain.email_change import EmailChange
from shared.domain.mails import EmailChangeOrder, MailOrder, NoticeOrder, SignInOrder
from shared.domain.members import Contact, Grant, Member, Membership, MembershipState
from shared.domain.refusals import RecordChanged, StoreUnavailable
from shared.domain.sessions import Session
from shared.domain.sign_in import SignIn
from shared.domain.tiers import Tier
from shared.ports.mail import Postbox
from shared.ports.persons import Allowances, EmailChanges, Limits, Members, Sessions, SignIns
from tests.aws import REGION
from tests.member_twins import (
    MemoryAllowances,
    MemoryEmailChanges,
    MemoryLimits,
    MemoryMembers,
    MemoryPostbox,
    MemoryRecords,
    MemorySessions,
    MemorySignIns,
)

ADA = Address("ada@reader.example")
MEMBER = Member(
    "a" * 32,
    ADA,
    1_000,
    "k" * 64,
    ("weekly",),
    (Grant("g1", Tier.MEMBER, 1_000, None, "founder"),),
    Membership(MembershipState.PAST_DUE, 900, 1_500, 1_600, cancels=True),
)
SESSION = Session("5" * 32, MEMBER.id, "d" * 64, None, 1_000, 1_000, 1_000, "Firefox on Linux")
SIGN_IN = SignIn(ADA, "1" * 64, "b" * 64, "c" * 64, "/", None, 2_000)
CHANGE = EmailChange(MEMBER.id, ADA, Address("new@reader.example"), "2" * 64, "3" * 64, 9_000)


@dataclass
class Tables:
    members: Members
    sessions: Sessions
    sign_ins: SignIns
    changes: EmailChanges
    limits: Limits
    allowances: Allowances


def make_tables(client: Any, name: str) -> tuple[str, str]:
    """Tables as the template describes them."""
    for table, keys in ((f"{name}-members", ("pk", "sk")), (f"{name}-sign-ins", ("pk",))):
        client.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=[
                {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
            ],
        )
    return f"{name}-members", f"{name}-sign-ins"


def tables_on(client: Any, members: str, sign_ins: str) -> Tables:
    return Tables(
        DynamoMembers(client, members),
        DynamoSessions(client, members),
        DynamoSignIns(client, sign_ins),
        DynamoEmailChanges(client, sign_ins),
        DynamoLimits(client, sign_ins),
        DynamoAllowances(client, members),
    )


@pytest.fixture(params=["twin", "moto", "dynamodb local"])
def tables(request: pytest.FixtureRequest) -> Tables:
    if request.param == "twin":
        records = MemoryRecords()
        return Tables(
            MemoryMembers(records),
            MemorySessions(records),
            MemorySignIns(records),
            MemoryEmailChanges(records),
            MemoryLimits(),
            MemoryAllowances(records),
        )
    if request.param == "moto":
        client = request.getfixturevalue("client")("dynamodb")
    else:
        client = request.getfixturevalue("dynamodb_local")
    return tables_on(client, *make_tables(client, f"t{abs(hash(request.node.nodeid)):x}"))


def test_a_member_comes_back_as_written(tables: Tables) -> None:
    assert tables.members.read(MEMBER.id) is None
    first = tables.members.write(MEMBER, None)
    assert tables.members.read(MEMBER.id) == (MEMBER, first)
    changed = replace(MEMBER, newsletters=())
    second = tables.members.write(changed, first)
    assert tables.members.read(MEMBER.id) == (changed, second)
    assert first != second


def test_a_writer_who_expects_another_version_loses_and_has_written_nothing(tables: Tables) -> None:
    with pytest.raises(RecordChanged):
        tables.members.write(MEMBER, "none")
    first = tables.members.write(MEMBER, None)
    second = tables.members.write(replace(MEMBER, since=2), first)
    for expected in (None, first):
        with pytest.raises(RecordChanged):
            tables.members.write(MEMBER, expected)
    assert tables.members.read(MEMBER.id) == (replace(MEMBER, since=2), second)


def test_a_months_openings_come_back_lose_to_who_was_first_and_go_with_their_member(tables: Tables) -> None:
    month = Allowance(Way.GIVEN, "2026-12", (Opened("the-river", 1, 2), Opened("the-fog", 3, 4)))
    was_read = Allowance(Way.READ, "2026-12", (Opened("the-quay", 5, 6),))
    assert tables.allowances.read(MEMBER.id, Way.GIVEN, "2026-12") is None
    tables.members.write(MEMBER, None)
    first = tables.allowances.write(MEMBER.id, month, None)
    assert tables.allowances.read(MEMBER.id, Way.GIVEN, "2026-12") == (month, first)
    for who, way, when in (
        (MEMBER.id, Way.READ, "2026-12"),
        (MEMBER.id, Way.GIVEN, "2026-11"),
        ("b" * 32, Way.GIVEN, "2026-12"),
    ):
        assert tables.allowances.read(who, way, when) is None
    for expected in (None, "none"):
        with pytest.raises(RecordChanged):
            tables.allowances.write(MEMBER.id, Allowance(Way.GIVEN, "2026-12"), expected)
    tables.allowances.write(MEMBER.id, was_read, None)
    second = tables.allowances.write(MEMBER.id, replace(month, opened=()), first)
    assert tables.allowances.read(MEMBER.id, Way.GIVEN, "2026-12") == (replace(month, opened=()), second)
    assert (tables.allowances.read(MEMBER.id, Way.READ, "2026-12") or (None,))[0] == was_read
    assert tables.members.everyone(None, 10)[0] == (MEMBER,)
    assert tables.sessions.of_member(MEMBER.id) == ()

    tables.members.erase(MEMBER.id)

    assert {tables.allowances.read(MEMBER.id, way, "2026-12") for way in Way} == {None}


def test_an_erased_member_is_gone_with_every_session_and_leaves_others(tables: Tables) -> None:
    tables.members.write(MEMBER, None)
    tables.sessions.write(SESSION, None)
    tables.sessions.write(replace(SESSION, id="6" * 32), None)
    other = replace(MEMBER, id="b" * 32)
    tables.members.write(other, None)

    tables.members.note_erasure(MEMBER.id, 5)
    tables.members.erase(MEMBER.id)
    tables.members.erase(MEMBER.id)  # is no fault

    assert tables.members.read(MEMBER.id) is None
    assert tables.sessions.of_member(MEMBER.id) == ()
    assert tables.members.everyone(None, 10)[0] == (other,)


def test_what_is_known_of_an_address_is_kept_apart_from_its_member(tables: Tables) -> None:
    contact = Contact(MEMBER.id, "bounce", 5, MEMBER.grants)
    assert tables.members.contact(ADA.digest) is None
    tables.members.write_contact(ADA.digest, contact, None)
    kept, version = tables.members.contact(ADA.digest) or (None, "")
    assert kept == contact

    with pytest.raises(RecordChanged):
        tables.members.write_contact(ADA.digest, Contact(), None)
    with pytest.raises(RecordChanged):
        tables.members.write_contact(ADA.digest, None, "another")
    tables.members.write_contact(ADA.digest, None, version)
    assert tables.members.contact(ADA.digest) is None
    tables.members.write_contact(ADA.digest, None, None)  # nothing there, and nothing wanted


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_everyone_is_on_exactly_one_page(tables: Tables, limit: int) -> None:
    there = {f"{n:032x}": replace(MEMBER, id=f"{n:032x}") for n in range(7)}
    for one in there.values():
        tables.members.write(one, None)
        tables.sessions.write(replace(SESSION, member=one.id), None)
        tables.members.write_contact(one.id, Contact(one.id), None)

    found: list[Member] = []
    after: str | None = None
    while True:
        page, after = tables.members.everyone(after, limit)
        found += page
        if after is None:
            break
    assert sorted(one.id for one in found) == sorted(there)


def test_a_session_that_ended_is_not_brought_back_by_a_renewal(tables: Tables) -> None:
    version = tables.sessions.write(SESSION, None)
    assert tables.sessions.read(MEMBER.id, SESSION.id) == (SESSION, version)
    tables.sessions.end(MEMBER.id, SESSION.id)
    tables.sessions.end(MEMBER.id, SESSION.id)  # is no fault

    with pytest.raises(RecordChanged):
        tables.sessions.write(replace(SESSION, secret="e" * 64), version)
    assert tables.sessions.read(MEMBER.id, SESSION.id) is None


def test_sessions_are_listed_the_latest_use_first(tables: Tables) -> None:
    tables.members.write(MEMBER, None)
    for n in (3, 1, 2):
        tables.sessions.write(replace(SESSION, id=f"{n:032x}", used_at=n), None)
    assert [one.used_at for one in tables.sessions.of_member(MEMBER.id)] == [3, 2, 1]


def test_one_sign_in_is_outstanding_for_an_address_found_by_link_and_address(tables: Tables) -> None:
    assert tables.sign_ins.of_link(SIGN_IN.link) is None
    assert tables.sign_ins.of_address(ADA.digest) is None
    tables.sign_ins.put(SIGN_IN)
    found, _ = tables.sign_ins.of_link(SIGN_IN.link) or (None, "")
    assert found == SIGN_IN

    newer = replace(SIGN_IN, link="9" * 64)
    tables.sign_ins.put(newer)
    for of in (tables.sign_ins.of_link(SIGN_IN.link), tables.sign_ins.of_link(newer.link)):
        assert of is not None
        assert of[0] == newer  # an old link leads to what is outstanding now, which it does not redeem


def test_a_sign_in_that_was_replaced_cannot_be_taken(tables: Tables) -> None:
    tables.sign_ins.put(SIGN_IN)
    version = (tables.sign_ins.of_address(ADA.digest) or (None, ""))[1]
    tables.sign_ins.put(SIGN_IN)
    with pytest.raises(RecordChanged):
        tables.sign_ins.take(SIGN_IN, version)
    with pytest.raises(RecordChanged):
        tables.sign_ins.write(replace(SIGN_IN, tries=1), version)
    assert tables.sign_ins.of_address(ADA.digest) is not None


def of_many(act: Callable[[int], object], count: int = 8) -> list[int]:
    """Who of so many at once got through."""
    won: list[int] = []
    together = threading.Barrier(count)

    def run(number: int) -> None:
        together.wait()
        try:
            act(number)
            won.append(number)
        except RecordChanged:
            pass

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won


def test_of_many_who_take_a_sign_in_exactly_one_succeeds(tables: Tables) -> None:
    tables.sign_ins.put(SIGN_IN)
    version = (tables.sign_ins.of_address(ADA.digest) or (None, ""))[1]
    assert len(of_many(lambda _: tables.sign_ins.take(SIGN_IN, version))) == 1
    assert tables.sign_ins.of_address(ADA.digest) is None


def test_a_change_of_address_is_found_by_either_link(tables: Tables) -> None:
    tables.changes.put(CHANGE)
    for link in (CHANGE.old_link, CHANGE.new_link):
        found = tables.changes.of_link(link or "")
        assert found is not None
        assert found[0] == CHANGE
    version = (tables.changes.of_member(MEMBER.id) or (None, ""))[1]
    pressed = replace(CHANGE, old_link=None)
    tables.changes.write(pressed, version)
    with pytest.raises(RecordChanged):
        tables.changes.write(pressed, version)
    tables.changes.drop(MEMBER.id)
    tables.changes.drop(MEMBER.id)  # is no fault
    assert tables.changes.of_member(MEMBER.id) is None


def test_a_limit_counts_each_exactly_and_begins_anew_with_each_window(
    tables: Tables, request: pytest.FixtureRequest
) -> None:
    waits: list[int] = []
    # moto does not keep its writers apart: there they come one after the other, and DynamoDB Local proves the rest.
    at_once = "[moto]" not in request.node.name
    together = threading.Barrier(10 if at_once else 1)

    def take() -> None:
        together.wait()
        waits.append(tables.limits.take("sign-in", "somebody", 4, 900, 1_801.5))

    threads = [threading.Thread(target=take) for _ in range(10)]
    for thread in threads:
        thread.start()
        if not at_once:
            thread.join()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [0] * 4 + [899] * 6
    assert tables.limits.take("sign-in", "somebody else", 4, 900, 1_801.5) == 0
    assert tables.limits.take("another thing", "somebody", 4, 900, 1_801.5) == 0
    assert tables.limits.take("sign-in", "somebody", 4, 900, 2_700) == 0


ORDERS: list[MailOrder] = [
    SignInOrder(ADA, "/", "weekly", "b" * 64, "c" * 64, 1_000),
    EmailChangeOrder(MEMBER.id, ADA, Address("new@reader.example"), 1_000),
    NoticeOrder(ADA, "erased", 1_000),
]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: type(order).__name__)
def test_an_order_reaches_the_other_side_as_it_was(client: Any, order: MailOrder) -> None:
    sqs = client("sqs")
    queue = sqs.create_queue(QueueName=f"mail-{type(order).__name__}")["QueueUrl"]
    postboxes: list[Postbox] = [SqsPostbox(sqs, queue), (twin := MemoryPostbox())]
    for postbox in postboxes:
        postbox.order(order)
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert msgspec.json.decode(message["Body"], type=MailOrder) == twin.orders[0] == order


def test_a_table_that_does_not_answer_is_unavailable_and_one_that_is_not_there_wakes_someone(client: Any) -> None:
    quickly = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})
    dead = boto3.client("dynamodb", region_name=REGION, endpoint_url="http://127.0.0.1:1", config=quickly)
    with pytest.raises(StoreUnavailable):
        DynamoMembers(dead, "t").read(MEMBER.id)
    with pytest.raises(StoreUnavailable):
        DynamoLimits(dead, "t").take("a", "b", 1, 1, 1)
    with pytest.raises(Exception, match="ResourceNotFound"):
        DynamoMembers(client("dynamodb"), "not-there").read(MEMBER.id)

"""`Mailings`, `MailQuota` and `Continuations`: the twins and the real ones keep the same promises."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from msgspec.structs import replace

from shared.adapters.dynamo_mailings import KEPT_SECONDS, DynamoMailings
from shared.adapters.sesv2_account import Sesv2Quota
from shared.adapters.sqs_announcements import SqsContinuations
from shared.domain.mailings import Counts, Mailing, MailingState, Outcome
from shared.domain.refusals import RecordChanged, StoreUnavailable
from shared.ports.mail import Mailings, Quota
from tests.member_twins import MemoryMailings, MemoryRecords

MAILING = Mailing("a-1", "night-ferry", 1_800_000_000, changed_at=1_800_000_000)
LATER = 1_800_900_000
ADA, BO = "a" * 64, "b" * 64


@pytest.fixture
def table(client: Any, request: pytest.FixtureRequest) -> str:
    name = f"t{abs(hash(request.node.nodeid)):x}"
    client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    return name


@pytest.fixture(params=["twin", "dynamo"])
def mailings(request: pytest.FixtureRequest) -> Mailings:
    if request.param == "twin":
        return MemoryMailings(MemoryRecords())
    client = request.getfixturevalue("client")("dynamodb")
    return DynamoMailings(client, request.getfixturevalue("table"))


def test_of_those_who_write_on_the_same_version_one_succeeds(mailings: Mailings) -> None:
    assert mailings.read("a-1") is None
    first = mailings.write(MAILING, None)
    with pytest.raises(RecordChanged):
        mailings.write(MAILING, None)
    further = replace(MAILING, place="x|y", counts=Counts(sent=2, uncertain=1))
    second = mailings.write(further, first)
    with pytest.raises(RecordChanged):
        mailings.write(MAILING.ended(MailingState.FINISHED, 5), first)

    assert mailings.read("a-1") == (further, second)


def test_the_newest_are_told_of_first_and_marks_are_no_mailings(mailings: Mailings) -> None:
    for number in (1, 3, 2):
        mailings.write(replace(MAILING, article=f"a-{number}", started_at=number), None)
    mailings.mark("a-9", ADA, LATER)

    assert [one.article for one in mailings.recent()] == ["a-3", "a-2", "a-1"]


def test_a_mark_is_one_ones_alone_until_it_is_taken_away(mailings: Mailings) -> None:
    assert mailings.mark("a-1", ADA, LATER) is None
    assert mailings.mark("a-1", ADA, LATER) is Outcome.BEGUN
    assert mailings.mark("a-1", BO, LATER) is None
    assert mailings.mark("a-2", ADA, LATER) is None
    mailings.unmark("a-1", BO)
    assert mailings.mark("a-1", BO, LATER) is None


@pytest.mark.parametrize("outcome", Outcome)
def test_a_mark_says_what_became_of_it(mailings: Mailings, outcome: Outcome) -> None:
    mailings.mark("a-1", ADA, LATER)
    mailings.settle("a-1", ADA, outcome)

    assert mailings.mark("a-1", ADA, LATER) is outcome


def test_of_any_number_who_mark_at_once_one_is_told_that_it_is_theirs(mailings: Mailings) -> None:
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: mailings.mark("a-1", ADA, LATER), range(24)))

    assert told.count(None) == 1
    assert told.count(Outcome.BEGUN) == 23


def test_the_table_does_not_tell_who_reads_what_and_forgets_in_time(client: Any, table: str) -> None:
    mailings = DynamoMailings(client("dynamodb"), table)
    mailings.write(MAILING, None)
    mailings.mark("a-1", ADA, LATER)
    mailings.settle("a-1", ADA, Outcome.SENT)
    mailings.mark("a-2", ADA, LATER)

    items = client("dynamodb").scan(TableName=table)["Items"]

    assert ADA not in repr(items)
    assert len({item["sk"]["S"] for item in items}) == 3
    assert sorted(int(item["expires_at"]["N"]) for item in items) == [LATER, LATER, MAILING.started_at + KEPT_SECONDS]


def test_a_table_that_is_not_there_is_a_fault_and_one_that_does_not_answer_is_later(client: Any, aws: str) -> None:
    dynamo = client("dynamodb")

    class Silent:
        """A client that gets no answer."""

        def __getattr__(self, name: str) -> Any:
            def fail(**_: Any) -> Any:
                raise ReadTimeoutError(endpoint_url="http://silent.example")

            return fail

    with pytest.raises(dynamo.exceptions.ResourceNotFoundException):
        DynamoMailings(dynamo, "not-there").mark("a-1", ADA, LATER)
    silent: Any = Silent()
    mailings = DynamoMailings(silent, "t")
    for name, arguments in (
        ("mark", ("a-1", ADA, LATER)),
        ("settle", ("a-1", ADA, Outcome.SENT)),
        ("unmark", ("a-1", ADA)),
        ("recent", ()),
    ):
        with pytest.raises(StoreUnavailable):
            getattr(mailings, name)(*arguments)


def test_ses_says_how_much_may_be_sent(client: Any) -> None:
    class Account:
        def __init__(self, **quota: float) -> None:
            self._quota = quota

        def get_account(self) -> Any:
            return {"SendQuota": self._quota, "ProductionAccessEnabled": False, "SendingEnabled": True}

    limited: Any = Account(Max24HourSend=200.0, MaxSendRate=1.0, SentLast24Hours=50.0)
    unlimited: Any = Account(Max24HourSend=-1.0, MaxSendRate=14.0, SentLast24Hours=50.0)

    assert Sesv2Quota(limited).read() == Quota(1.0, 200.0, 150.0, sandbox=True, paused=False)
    assert Sesv2Quota(unlimited).read() == Quota(14.0, None, None, sandbox=True, paused=False)


def test_what_is_put_off_comes_as_a_message_that_the_function_takes(client: Any) -> None:
    sqs = client("sqs")
    queue = sqs.create_queue(QueueName="announcements-later")["QueueUrl"]
    SqsContinuations(sqs, queue).later("a-1", "night-ferry", 2, 0)

    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]

    assert json.loads(message["Body"]) == {"article": "a-1", "slug": "night-ferry", "stalls": 2}

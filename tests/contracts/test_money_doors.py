"""`VendorSecrets`, `PaymentsQueue`, `Campaigns`, `Notices`: twins and real ones keep the same promises."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import msgspec
import pytest
from botocore.config import Config

from shared.adapters.boto3_clients import client_that_answers_soon
from shared.adapters.dynamo_notices import DynamoNotices
from shared.adapters.s3_campaigns import S3Campaigns
from shared.adapters.s3_objects import S3Objects
from shared.adapters.secrets_manager import SecretsManagerSecrets, SecretsManagerShelf
from shared.adapters.sqs_payments import SqsPaymentsQueue
from shared.domain.campaigns import Raised, Supporter, campaign_key
from shared.domain.happenings import Forget, Happened, PaymentsMessage
from shared.domain.refusals import ContentUnavailable, StoreUnavailable
from shared.ports.mail import Notices
from shared.ports.money import VendorSecrets
from shared.ports.reading import Campaigns
from tests.aws import REGION
from tests.contracts.test_members import make_tables, of_many
from tests.member_twins import MemoryRecords
from tests.money_twins import MemoryCampaigns, MemoryNotices, MemoryPaymentsQueue, MemorySecrets

RAISED = Raised({"EUR": 12_345, "JPY": 7}, 3, (Supporter("a" * 32, 1_000, "Ada", "Go on like this."),))
QUICKLY = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})


def dead(service: str) -> Any:
    """A client of nothing."""
    return boto3.client(service, region_name=REGION, endpoint_url="http://127.0.0.1:1", config=QUICKLY)  # type: ignore[call-overload]


# Secrets.


@dataclass
class Vault:
    secrets: VendorSecrets
    name: str
    put: Callable[[str], object]
    pass_time: Callable[[float], object]


@pytest.fixture
def vault(client: Any, request: pytest.FixtureRequest) -> Vault:
    """A secret that nobody has put a value in, as the template makes it."""
    manager = client("secretsmanager")
    name = manager.create_secret(Name=f"s{abs(hash(request.node.nodeid)):x}")["ARN"]
    now = [1_000.0]

    def pass_time(seconds: float) -> None:
        now[0] += seconds

    return Vault(
        SecretsManagerSecrets(manager, lambda: now[0]),
        name,
        lambda text: manager.put_secret_value(SecretId=name, SecretString=text),
        pass_time,
    )


def test_a_secret_that_nobody_has_put_there_is_none(vault: Vault) -> None:
    twin = MemorySecrets()
    assert twin.read(vault.name) == vault.secrets.read(vault.name) == ()
    assert vault.secrets.read(f"{vault.name}-not-there") == ()


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (" ", ()),
        ("\n,\t ", ()),
        ("whsec_1", ("whsec_1",)),
        ("whsec_1\n", ("whsec_1",)),
        (" whsec_2 , whsec_1\r\n", ("whsec_2", "whsec_1")),
        ("whsec_2\nwhsec_1", ("whsec_2", "whsec_1")),
    ],
)
def test_a_secret_is_all_of_its_values_the_newest_first(vault: Vault, text: str, values: tuple[str, ...]) -> None:
    vault.put(text)
    assert vault.secrets.read(vault.name) == values


def test_a_secret_is_asked_for_once_a_minute_also_while_there_is_none(vault: Vault) -> None:
    assert vault.secrets.read(vault.name) == ()
    vault.put("one")
    vault.pass_time(59)
    assert vault.secrets.read(vault.name) == ()
    vault.pass_time(1)
    assert vault.secrets.read(vault.name) == ("one",)
    vault.put("two one")
    vault.pass_time(59.9)
    assert vault.secrets.read(vault.name) == ("one",)
    vault.pass_time(0.1)
    assert vault.secrets.read(vault.name) == ("two", "one")


def test_what_is_put_into_a_secret_is_what_is_there_at_once(client: Any) -> None:
    manager = client("secretsmanager")
    name = manager.create_secret(Name="put")["ARN"]
    for shelf in (MemorySecrets(), SecretsManagerShelf(manager)):
        assert shelf.read(name) == ()
        for values in (("whsec_1",), ("whsec_2", "whsec_1")):
            shelf.write(name, values)
            assert shelf.read(name) == values
    with pytest.raises(StoreUnavailable):
        SecretsManagerShelf(dead("secretsmanager")).write("any", ("x",))


def test_secrets_that_cannot_be_asked_for_are_unavailable_and_not_none() -> None:
    with pytest.raises(StoreUnavailable):
        SecretsManagerSecrets(dead("secretsmanager")).read("any")


# The payments' queue.


@pytest.mark.parametrize("count", [0, 1, 10, 25])
def test_whatever_is_put_on_the_queue_reaches_the_other_side_as_it_was(client: Any, count: int) -> None:
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=f"payments-{count}")["QueueUrl"]
    messages: tuple[PaymentsMessage, ...] = tuple(
        Happened(f"evt_{n}", "invoice.paid", "in_1", 1_000 + n, livemode=False) if n % 2 else Forget(f"{n:032x}")
        for n in range(count)
    )
    twin = MemoryPaymentsQueue()
    twin.put(messages)
    SqsPaymentsQueue(sqs, url).put(messages)

    found: list[PaymentsMessage] = []
    while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        found += [msgspec.json.decode(one["Body"], type=PaymentsMessage) for one in got]
        for one in got:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    assert sorted(found, key=repr) == sorted(twin.messages, key=repr) == sorted(messages, key=repr)


class _OneFails:
    """SQS that says 200, and that it has not taken one of them."""

    def send_message_batch(self, **_: object) -> dict[str, Any]:
        return {"Successful": [{"Id": "0"}], "Failed": [{"Id": "1", "SenderFault": False, "Code": "InternalError"}]}


@pytest.mark.parametrize("sqs", [_OneFails(), dead("sqs")], ids=["takes one of two", "is not there"])
def test_a_queue_that_does_not_take_all_is_unavailable(sqs: Any) -> None:
    with pytest.raises(StoreUnavailable):
        SqsPaymentsQueue(sqs, "http://127.0.0.1:1/q").put((Forget("a" * 32), Forget("b" * 32)))


# Campaigns, for readers' functions.


@dataclass
class Shelf:
    campaigns: Campaigns
    put: Callable[[str, Raised], object]


@pytest.fixture(params=["twin", "s3"])
def shelf(request: pytest.FixtureRequest) -> Shelf:
    if request.param == "twin":
        twin = MemoryCampaigns()
        return Shelf(twin, lambda slug, raised: twin.raised.update({slug: raised}))
    aws, bucket = request.getfixturevalue("aws"), request.getfixturevalue("bucket")
    s3 = request.getfixturevalue("client")("s3")
    return Shelf(
        S3Campaigns(S3Objects(bucket, REGION, aws)),
        lambda slug, raised: s3.put_object(Bucket=bucket, Key=campaign_key(slug), Body=msgspec.json.encode(raised)),
    )


def test_a_campaign_stands_as_it_was_written_last(shelf: Shelf) -> None:
    assert shelf.campaigns.read("spring") == Raised()
    for raised in (RAISED, RAISED, Raised({"EUR": 12_346}, 4)):
        shelf.put("spring", raised)
        assert shelf.campaigns.read("spring") == raised
        assert shelf.campaigns.read("spring") == raised
    assert shelf.campaigns.read("autumn") == Raised()


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff", b'{"amounts":{"EUR":"1"}}', b'{"named":[{}]}'])
def test_what_lies_there_and_is_no_campaign_is_unavailable_each_time(
    aws: str, bucket: str, client: Any, raw: bytes
) -> None:
    client("s3").put_object(Bucket=bucket, Key=campaign_key("spring"), Body=raw)
    campaigns = S3Campaigns(S3Objects(bucket, REGION, aws))
    for _ in range(2):
        with pytest.raises(ContentUnavailable):
            campaigns.read("spring")


def test_a_store_that_is_not_there_is_no_campaign_without_money(aws: str) -> None:
    with pytest.raises(ContentUnavailable):
        S3Campaigns(S3Objects("bucket", REGION, "http://127.0.0.1:1")).read("spring")


def test_reading_a_campaign_loads_no_boto3() -> None:
    code = "import sys, shared.adapters.s3_campaigns; assert not {'boto3', 'botocore'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


# Notices.


@pytest.fixture(params=["twin", "moto", "dynamodb local"])
def notices(request: pytest.FixtureRequest) -> Notices:
    if request.param == "twin":
        return MemoryNotices(MemoryRecords())
    if request.param == "moto":
        client = request.getfixturevalue("client")("dynamodb")
    else:
        client = request.getfixturevalue("dynamodb_local")
    return DynamoNotices(client, make_tables(client, f"n{abs(hash(request.node.nodeid)):x}")[1])


def test_a_mail_is_marked_once_until_it_is_unmarked(notices: Notices) -> None:
    assert notices.mark("pi_1", 2_000)
    assert not notices.mark("pi_1", 3_000)
    assert notices.mark("pi_2", 2_000)
    notices.unmark("pi_1")
    notices.unmark("pi_1")  # is no fault
    assert notices.mark("pi_1", 2_000)
    assert not notices.mark("pi_2", 2_000)


def test_of_many_who_mark_a_mail_one_sends_it(notices: Notices) -> None:
    told: list[bool] = []
    of_many(lambda _: told.append(notices.mark("pi_1", 2_000)))
    assert sorted(told) == [False] * 7 + [True]


def test_a_notice_is_kept_by_digest_and_says_when_it_may_be_forgotten(client: Any) -> None:
    dynamodb = client("dynamodb")
    table = make_tables(dynamodb, "notices-raw")[1]
    DynamoNotices(dynamodb, table).mark("pi_secret", 2_000)
    (item,) = dynamodb.scan(TableName=table)["Items"]
    assert item["expires_at"] == {"N": "2000"}
    assert "pi_secret" not in repr(item)


class _LosesTheAnswer:
    """Does what it is asked, says nothing the first time, and is asked again as boto3 does: with the same words."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def put_item(self, **asked: Any) -> Any:
        self._client.put_item(**asked)
        return self._client.put_item(**asked)


def test_whoever_marks_a_mail_and_has_to_ask_twice_is_told_that_it_is_theirs(client: Any) -> None:
    dynamodb = client("dynamodb")
    table = make_tables(dynamodb, "notices-twice")[1]
    lossy: Any = _LosesTheAnswer(dynamodb)
    assert DynamoNotices(lossy, table).mark("pi_1", 2_000)
    assert not DynamoNotices(dynamodb, table).mark("pi_1", 2_000)


@pytest.mark.usefixtures("aws")
def test_marks_that_cannot_be_written_are_unavailable() -> None:
    soon = client_that_answers_soon("dynamodb", region_name=REGION, endpoint_url="http://127.0.0.1:1")
    with pytest.raises(StoreUnavailable):
        DynamoNotices(soon, "t").mark("pi_1", 2_000)

"""A stack that is broken in many ways: `frontline doctor` names each with its cure. `status` says what happened."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from functools import partial

import msgspec
import pytest
from msgspec import Struct

from infra.ops.figures import Figures, told
from infra.ops.paper import ERROR_PAGE
from infra.ops.site import HEADERS
from tests.journeys.conftest import PATH, Paper

_CLOSED = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)


class Fault(Struct, frozen=True):
    """With what something is wrong, and what the doctor shall say of it and of its cure."""

    subject: str
    words: str
    cure: str


@pytest.fixture
def faults(paper: Paper) -> Iterator[list[Fault]]:
    """All of them at once. They are undone afterwards, the last first, whatever comes of the test."""
    client = paper.stack.client
    names = {name: physical for name, (_, physical) in paper.stack.resources().items()}
    planted: list[Fault] = []
    with contextlib.ExitStack() as undone:

        def plant(subject: str, words: str, cure: str, undo: Callable[[], object] = lambda: None) -> None:
            undone.callback(undo)
            planted.append(Fault(subject, words, cure))

        undone.enter_context(paper.key_known_to_the_edge_alone())
        plant("keyring", "the edge knows other keys", "frontline keys init")
        undone.enter_context(paper.outage("PagesFunction"))
        # The page for such a time is missing, too: its bucket's 403 is all that readers get.
        plant("the front page", "readers get 403", "look at the function's log")
        _break_buckets(paper, names, plant)
        _break_tables(paper, names, plant)

        rule = {"Name": names["ArticleChanges"]}
        client("events").disable_rule(**rule)
        undo: Callable[[], object] = partial(client("events").enable_rule, **rule)
        plant("ArticleChanges", "the rule is switched off", "aws events enable-rule --name", undo)

        alarm = partial(client("cloudwatch").set_alarm_state, AlarmName=names["MailLate"], StateReason="planted")
        alarm(StateValue="ALARM")
        plant("MailLate", "the alarm rings: planted", "see MailLate", partial(alarm, StateValue="OK"))

        silent = {"AlarmNames": [names["PagesSlow"]]}
        client("cloudwatch").disable_alarm_actions(**silent)
        undo = partial(client("cloudwatch").enable_alarm_actions, **silent)
        plant("PagesSlow", "tells nobody", "enable-alarm-actions --alarm-names", undo)

        letters = paper.stack.output("MailDeadLettersUrl")
        client("sqs").send_message(QueueUrl=letters, MessageBody="{}")
        undo = partial(client("sqs").purge_queue, QueueUrl=letters)
        plant("mail", "one message to mail something", "start-message-move-task", undo)

        key = {"SecretId": paper.stack.output("StripeKeyArn")}
        stripe = client("secretsmanager").get_secret_value(**key)["SecretString"]
        client("secretsmanager").put_secret_value(**key, SecretString="nothing of Stripe's")
        undo = partial(client("secretsmanager").put_secret_value, **key, SecretString=stripe)
        plant("payments", "nobody can pay", "payments key", undo)
        yield planted


def _break_buckets(paper: Paper, names: dict[str, str], plant: Callable[..., None]) -> None:
    s3 = paper.stack.client("s3")
    content, media, static = ({"Bucket": names[f"{one}Bucket"]} for one in ("Content", "Media", "Static"))

    configuration = s3.get_object(**content, Key="paper.json")["Body"].read()
    elsewhere = json.dumps({**json.loads(configuration), "url": "https://elsewhere.example"}).encode()
    s3.put_object(**content, Key="paper.json", Body=elsewhere)
    undo = partial(s3.put_object, **content, Key="paper.json", Body=configuration)
    plant("paper.json", "the paper is at https://elsewhere.example", "frontline paper --url", undo)

    page = s3.get_object(**static, Key=ERROR_PAGE)
    page = {"Key": ERROR_PAGE, "Body": page["Body"].read(), "ContentType": page["ContentType"]}
    s3.delete_object(**static, Key=ERROR_PAGE)
    plant(ERROR_PAGE, "is missing", "frontline paper --url", partial(s3.put_object, **static, **page))

    tells = partial(s3.put_bucket_notification_configuration, **content)
    tells(NotificationConfiguration={})
    undo = partial(tells, NotificationConfiguration={"EventBridgeConfiguration": {}})
    plant("ContentBucket", "nothing is published", "put-bucket-notification-configuration", undo)

    s3.delete_public_access_block(**media)
    undo = partial(s3.put_public_access_block, **media, PublicAccessBlockConfiguration=_CLOSED)
    plant("MediaBucket", "may be opened to the public", "put-public-access-block --bucket", undo)

    versions = partial(s3.put_bucket_versioning, **static)
    versions(VersioningConfiguration={"Status": "Suspended"})
    undo = partial(versions, VersioningConfiguration={"Status": "Enabled"})
    plant("StaticBucket", "keeps no versions", "put-bucket-versioning", undo)


def _break_tables(paper: Paper, names: dict[str, str], plant: Callable[..., None]) -> None:
    dynamodb = paper.stack.client("dynamodb")
    back = partial(dynamodb.update_continuous_backups, TableName=names["LedgerTable"])
    back(PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False})
    undo = partial(back, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    plant("LedgerTable", "recovery is off", "update-continuous-backups --table-name", undo)

    protect = partial(dynamodb.update_table, TableName=names["MembersTable"])
    protect(DeletionProtectionEnabled=False)
    plant(
        "MembersTable",
        "its protection is off",
        "--deletion-protection-enabled",
        partial(protect, DeletionProtectionEnabled=True),
    )


def test_the_doctor_names_each_of_many_faults_with_its_cure(paper: Paper, faults: list[Fault]) -> None:
    assert len({fault.subject for fault in faults}) == 14

    done = paper.frontline("doctor", "--pause", "0")

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for fault in faults:
        found = [line for line in done.stdout.splitlines() if line.startswith(f"{fault.subject}: ")]
        named = [line for line in found if fault.words in line and fault.cure in line.partition("→")[2]]
        assert len(named) == 1, (fault, done.stdout)


def test_when_all_of_it_is_undone_the_doctor_is_content(paper: Paper) -> None:
    done = paper.frontline("doctor", "--pause", "2")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Not looked at, because there are none here: functions" in done.stderr


def test_a_reader_gets_the_headers_that_the_doctor_looks_for(paper: Paper) -> None:
    answer = paper.get("/")

    assert {*HEADERS, "x-cache"} <= answer.headers.keys()


def test_status_shows_what_readers_got(paper: Paper) -> None:
    for _ in range(3):
        paper.get(PATH)

    done = paper.frontline("status", "--since", "1h", "--json")

    assert done.returncode == 0, done.stderr
    figures = msgspec.json.decode(done.stdout, type=Figures)
    articles = next(one for one in figures.functions if one.name == "articles")
    assert figures.requests >= 3
    assert 0 < (figures.hit_percent or 0) < 100
    assert sum(figures.reads.values()) >= articles.calls > 0
    assert (articles.p99_ms or 0) > 0
    lines = dict(told(figures))
    assert re.fullmatch(r"[\d,]+ requests, \d+ % answered with the edge's copy, .+ of ours", lines["requests"])
    assert re.fullmatch(r"none of \d+ alarms rings", lines["alarms now"])

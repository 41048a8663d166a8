"""Every metric that the functions can write down: their own counting, run for all that they can have to count.

Run as a program, in the environment of a function without a name: metrics go to standard output, among the logs.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from functools import cache
from typing import Any, NamedTuple, get_args

_ENVIRONMENT = {
    **dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), "eu-west-1"),
    **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "test"),
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "POWERTOOLS_METRICS_NAMESPACE": "Frontline",
    "STRIPE_MODE": "test",
    "MAIL_FROM": "post@paper.example",
    **dict.fromkeys(
        (
            *("CONTENT_BUCKET", "KEYRING_BUCKET", "MEDIA_BUCKET", "DISTRIBUTION_ID", "SCHEDULE_GROUP", "EDGE_PROOF"),
            *("MEMBERS_TABLE", "SIGN_INS_TABLE", "MAILINGS_TABLE", "LEDGER_TABLE", "REQUESTS_TABLE", "IDENTITY_KEYS"),
            *("MAIL_QUEUE", "PAYMENTS_QUEUE", "PUBLISHING_QUEUE", "PUBLISHING_QUEUE_ARN", "ANNOUNCEMENTS_QUEUE"),
            *("STRIPE_KEY", "WEBHOOK_SECRET", "MAIL_CONFIGURATION", "MAIL_FEEDBACK_TOPIC", "SCHEDULE_ROLE_ARN"),
        ),
        "given",
    ),
}


class Metric(NamedTuple):
    """A metric as CloudWatch knows it: one of another name, or of other dimensions, is another metric."""

    name: str
    dimensions: frozenset[tuple[str, str]]


@cache
def emitted() -> frozenset[Metric]:
    """All of them."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.house.emitted"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), **_ENVIRONMENT},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"_aws"')]
    return frozenset(metric for line in lines for metric in _metrics(line))


def _metrics(line: dict[str, Any]) -> list[Metric]:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html"""
    return [
        Metric(metric["Name"], frozenset((name, line[name]) for name in names))
        for directive in line["_aws"]["CloudWatchMetrics"]
        for names in directive["Dimensions"]
        for metric in directive["Metrics"]
    ]


def _as(service: str, module: str) -> Any:
    """The module as that function has it."""
    os.environ["POWERTOOLS_SERVICE_NAME"] = service
    return importlib.reload(sys.modules[module]) if module in sys.modules else importlib.import_module(module)


def _read() -> None:
    from shared.domain.passes import PassState
    from shared.domain.tiers import Tier
    from shared.http import Answer
    from shared.reading import Outcome, Sight

    for service in ("articles", "pages"):
        counting = _as(service, "shared.counting")
        for status in (200, 301, 304, 400, 404, 405, 410, 503):
            for tier in Tier:
                counting.count(Outcome(Answer(status, {}, ""), Sight(tier)))
        for state in PassState:
            counting.count(Outcome(Answer(200, {}, ""), Sight(Tier.ANONYMOUS, state)))
        for tier in (Tier.ANONYMOUS, Tier.SUBSCRIBER):  # the lower of two that differ
            counting.count(Outcome(Answer(200, {}, ""), Sight(tier, PassState.VALID, True)))


def _ask() -> None:
    from shared.domain import refusals
    from shared.http import Answer, problem
    from shared.personal.answering import Outcome

    routes = ("POST /api/members/sign-in", "POST /api/members/sessions")
    for service, about in (("members", "Member"), ("contributions", "Money")):
        handling = _as(service, "shared.personal.handling")
        for route in routes:
            handling._count(Outcome(Answer(200, {}, ""), route), about)
            handling._count(Outcome(Answer(500, {}, ""), route), about)
            for refusal in (refusals.WrongCode("."), refusals.TooMany(".", 1), refusals.StoreUnavailable(".")):
                handling._count(Outcome(problem(refusal), route, refusal), about)


def _work() -> None:
    from msgspec.structs import replace

    from functions.mail.orders import Became, Done
    from functions.newsletters.batch import Worked as Sent
    from functions.newsletters.sending import Ended as RunEnded
    from functions.newsletters.sending import Run
    from functions.payments.batch import Ended, Worked
    from functions.payments.reconcile import Report
    from functions.publishing.batch import Worked as Published
    from shared.domain.mails import MailOrder
    from tests.functions.test_mail_feedback import bounce, complaint, record
    from tests.member_twins import MemoryMembers, MemoryRecords

    mail = _as("mail", "functions.mail.handler")
    for order in get_args(MailOrder):
        for became in Became:
            mail._count(Done("id", order.__struct_config__.tag, became))
    mail._doors = replace(mail._doors, members=MemoryMembers(MemoryRecords()))
    topic = mail._own.feedback_topic
    mail._hear([record(one, topic) for one in (bounce(), complaint(), "{}")] + [record(bounce(), "another's")])
    newsletters = _as("newsletters", "functions.newsletters.handler")
    newsletters._count(Sent("id", is_failed=True))
    for ended in RunEnded:
        newsletters._count(Sent("id", "a", Run(ended)))
    _as("publishing", "functions.publishing.handler")._count(Published((), ()))
    payments = _as("payments", "functions.payments.handler")
    for how in Ended:
        payments._count("id", Worked(how))
    _as("reconcile", "functions.payments.reconcile_handler")._told(Report())


def _take_in() -> None:
    from functions.webhooks.intake import Outcome
    from shared.domain import refusals
    from shared.http import Answer, problem
    from shared.http_api import failed

    webhooks = _as("webhooks", "functions.webhooks.handler")
    for what in ("queued", "ignored"):
        webhooks._count(Outcome(Answer(200, {}, ""), what))
    for refusal in (refusals.InvalidSignature("."), refusals.WebhooksClosed("."), refusals.StoreUnavailable(".")):
        webhooks._count(Outcome(problem(refusal), refusal.code, refusal))
    webhooks._count(Outcome(failed(), "internal_error"))


if __name__ == "__main__":
    _read()
    _ask()
    _work()
    _take_in()

"""The figures of a stack: added up right, and told in words with their units."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from infra.ops.cli import app
from infra.ops.facilities import Alarm, Facilities, Queue
from infra.ops.figures import DAY, Figures, Where, gather, step_for, told
from infra.ops.watching import seconds_in
from tests.ops.facilities_twin import MemoryFacilities
from tests.ops.metrics_twin import MemoryMetrics

NOW = 1_800_000_300
OURS = "Frontline/paper"
EDGE = {"DistributionId": "E1", "Region": "Global"}


@dataclass
class Counted:
    """A stack of which something was counted."""

    ours: MemoryMetrics = field(default_factory=MemoryMetrics)
    edge: MemoryMetrics = field(default_factory=MemoryMetrics)
    facts: MemoryFacilities = field(default_factory=MemoryFacilities)

    @property
    def where(self) -> Where:
        functions = {"articles": "articles-1", "members": "members-1"}
        return Where("paper", OURS, "E1", functions, self.ours, self.edge)

    def figures(self, seconds: int = 3600) -> Figures:
        return gather(self.where, seconds, NOW, self.facts.queues(), self.facts.alarms())

    def lines(self) -> dict[str, str]:
        return dict(told(self.figures()))

    # As the command meets it

    def open(self) -> Counted:
        return self

    def counted(self) -> Where:
        return self.where

    def facilities(self) -> Facilities:
        return self.facts


def busy() -> Counted:
    counted = Counted()
    put = counted.ours.put
    for at in (NOW - 1800, NOW - 20):
        for tier, outcome, times in (("anonymous", "200", 3), ("member", "200", 2), ("anonymous", "503", 1)):
            for service in ("articles", "pages"):
                put(OURS, "Reads", times, at, service=service, Tier=tier, Outcome=outcome)
    put(OURS, "PassFailures", 2, NOW - 20, service="articles", Reason="expired")
    put(OURS, "TierMismatches", 1, NOW - 20, service="pages", RenderedFor="anonymous")
    put(OURS, "MemberRequests", 4, NOW - 20, service="members", Route="POST /api/members/sign-in")
    put(OURS, "MemberRequests", 3, NOW - 20, service="members", Route="POST /api/members/sessions")
    put(OURS, "MemberRefusals", 9, NOW - 20, service="members", Code="wrong_code")
    put(OURS, "Mails", 4, NOW - 20, service="mail", Kind="sign-in", Outcome="sent")
    put(OURS, "MailFeedback", 1, NOW - 20, service="mail", What="bounce")
    put(OURS, "Payments", 5, NOW - 20, service="payments", Outcome="settled")
    put(OURS, "LedgerEntries", 1, NOW - 20, service="payments")
    put(OURS, "Listed", 0, NOW - 20, service="publishing")
    for milliseconds in (12, 20, 1900):
        put("AWS/Lambda", "Duration", milliseconds, NOW - 20, FunctionName="articles-1")
        put("AWS/Lambda", "Invocations", 1, NOW - 20, FunctionName="articles-1")
    put("AWS/Lambda", "Errors", 1, NOW - 20, FunctionName="articles-1")
    put("AWS/SES", "Reputation.BounceRate", 0.2, NOW - 1800)
    put("AWS/SES", "Reputation.BounceRate", 0.0125, NOW - 20)
    for at, requests, hits, errors in ((NOW - 1800, 900, 90.0, 0.0), (NOW - 20, 100, 10.0, 5.0)):
        counted.edge.put("AWS/CloudFront", "Requests", requests, at, **EDGE)
        counted.edge.put("AWS/CloudFront", "CacheHitRate", hits, at, **EDGE)
        counted.edge.put("AWS/CloudFront", "5xxErrorRate", errors, at, **EDGE)
    counted.facts.change("MailQueue", waiting=2)
    counted.facts.change("MailLate", rings_since=NOW, why="601 > 600")
    return counted


def test_what_was_counted_is_added_up() -> None:
    figures = busy().figures()

    assert figures.reads == {"anonymous": 16, "member": 8}
    assert figures.outcomes == {"200": 20, "503": 4}
    assert (figures.sign_ins_asked, figures.sign_ins) == (4, 3)
    assert (figures.movements, figures.payments, figures.published) == (1, {"settled": 5}, {})
    assert [(one.name, one.calls, one.errors, one.slowest_ms) for one in figures.functions] == [
        ("articles", 3, 1, 1900),
        ("members", 0, 0, None),
    ]


def test_a_share_of_all_requests_is_weighed_by_how_many_there_were() -> None:
    figures = busy().figures()

    assert (figures.requests, figures.hit_percent, figures.error_percent) == (1000, 82.0, 0.5)
    assert figures.bounce_percent == pytest.approx(1.25)  # the latest, and not the worst
    assert figures.complaint_percent is None


def test_what_happened_before_is_not_counted() -> None:
    assert busy().figures(600).reads == {"anonymous": 8, "member": 4}


def test_more_than_a_day_is_counted_by_the_hour() -> None:
    assert [step_for(seconds) for seconds in (300, DAY, DAY + 1)] == [300, 300, 3600]


def test_it_is_told_in_words() -> None:
    assert busy().lines() == {
        "requests": "1,000 requests, 82 % answered with the edge's copy, 0.5 % with an error of ours",
        "reads without a copy": "24 reads: 16 anonymous, 8 members",
        "their answers": "20 with 200, 4 with 503",
        "passes not taken": "2 expired, 1 seen otherwise at the edge",
        "articles function": "3 calls, 1 error, p99 1.9 s, slowest 1.9 s",
        "signing in": "4 mails asked for, 3 sign-ins",
        "mails": "4 mails: 4 sent",
        "that came back": "1 mail: 1 bounce, 1.25 % bounces (SES)",
        "payments": "5 messages: 5 settled; 1 movement of money",
        "webhooks": "no webhooks",
        "queues now": "2 messages: 2 in MailQueue",
        "alarms now": "1 of 2 alarms rings: MailLate",
    }


def test_a_stack_that_nobody_uses_says_so() -> None:
    lines = Counted().lines()

    assert (lines["requests"], lines["reads without a copy"], lines["signing in"]) == (
        "no requests",
        "no reads",
        "no mails asked for, no sign-ins",
    )
    assert (lines["queues now"], lines["alarms now"]) == ("all empty", "none of 2 alarms rings")


def test_no_figure_is_without_its_unit() -> None:
    for about, words in told(busy().figures()):
        for part in re.split(r"[:;] |, (?=\D|\d[\d,.]* )", words):
            assert not re.fullmatch(r"[\d,.]+", part), (about, words)


# The command ---------------------------------------------------------------------------------------------------------


def run(*arguments: str, stack: Any = None) -> Any:
    return CliRunner().invoke(app, ["status", *arguments], obj=stack or busy())


def test_the_command_shows_the_lines_and_since_when() -> None:
    done = run("--since", "14d")

    assert done.exit_code == 0
    assert re.match(r"paper, from \d{4}-\d\d-\d\d \d\d:\d\d UTC to ", done.output)
    assert "  alarms now             1 of 2 alarms rings: MailLate" in done.output


def test_for_programs_it_is_one_object() -> None:
    done = run("--json")

    assert msgspec.convert(json.loads(done.stdout), Figures).queues == {"MailQueue": 2}


@pytest.mark.parametrize("since", ["", "1", "h", "4m", "15d", "1w", "-1h", "1.5h", "1h ", "٣h", "99999d", "1h\n2h"])
def test_a_time_that_is_none_is_refused_in_a_line(since: str) -> None:
    done = run("--since", since)

    assert done.exit_code == 2
    assert "write 5m to 14d" in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize(("since", "seconds"), [("5m", 300), ("90m", 5400), ("24h", DAY), ("14d", 14 * DAY)])
def test_a_time_is_read(since: str, seconds: int) -> None:
    assert seconds_in(since) == seconds


def test_a_cloud_that_does_not_say_is_told_in_a_line() -> None:
    counted = busy()
    counted.facts.silent = {"queues"}

    done = run(stack=counted)

    assert done.exit_code == 3
    assert "store_unavailable" in done.output


def test_alarms_of_which_there_are_none_are_not_said_to_be_quiet() -> None:
    counted = Counted()
    counted.facts.parts = {"MailQueue": Queue("MailQueue", "at"), "Gone": Alarm("Gone", "at", is_there=False)}

    assert counted.lines()["alarms now"] == "there are none"

"""Each way in which somebody can break a stack by hand is named, with what puts it right."""

from __future__ import annotations

from typing import Any

import pytest

from infra.ops.facilities import Told, notes_of, problems_of
from tests.ops.facilities_twin import MemoryFacilities

GONE: dict[str, Any] = {"is_there": False}


def test_of_a_stack_that_is_well_nothing_is_told() -> None:
    assert [*problems_of(MemoryFacilities())] == []
    assert [*notes_of(MemoryFacilities())] == []


@pytest.mark.parametrize(
    ("part", "fault", "words", "cure"),
    [
        (
            "MediaBucket",
            {"is_closed": False},
            "may be opened to the public",
            "put-public-access-block --bucket media-1",
        ),
        ("MediaBucket", {"keeps_versions": False}, "keeps no versions", "put-bucket-versioning --bucket media-1"),
        (
            "ContentBucket",
            {"tells": False},
            "nothing is published",
            "put-bucket-notification-configuration --bucket content-1",
        ),
        ("ContentBucket", GONE, "the bucket is gone", "Backup"),
        ("LedgerTable", {"can_go_back": False}, "point-in-time recovery is off", "--table-name ledger-1"),
        ("LedgerTable", {"is_protected": False}, "deleted by mistake", "--table-name ledger-1 --deletion-protection"),
        ("LedgerTable", GONE, "the table is gone", "Backup"),
        ("MailQueue", GONE, "the queue is gone", "Back to the template"),
        ("ArticleChanges", {"is_on": False}, "switched off", "aws events enable-rule --name changes-1"),
        ("ArticleChanges", {"has_target": False}, "tells nobody", "Back to the template"),
        ("ArticleChanges", GONE, "the rule is gone", "Back to the template"),
        ("MailFunction", {"why_not": "Its role is gone."}, "cannot run: Its role is gone", "sam build"),
        (
            "MailFunction",
            {"is_switched_off": True},
            "switched off",
            "delete-function-concurrency --function-name mail-1",
        ),
        (
            "ArticlesFunction",
            {"is_open": True},
            "answers everybody",
            "update-function-url-config --function-name articles-1",
        ),
        ("MailFunction", GONE, "the function is gone", "Back to the template"),
        ("MailFunctionOrders", {"state": "Disabled"}, "“Disabled”", "--uuid 0000-1 --enabled"),
        ("MailFunctionOrders", GONE, "nothing takes its queue's messages", "Back to the template"),
        ("MailLate", {"rings_since": 1_800_000_000, "why": "601 > 600."}, "rings: 601 > 600", "see MailLate"),
        ("MailLate", {"is_silent": True}, "tells nobody", "enable-alarm-actions --alarm-names paper-MailLate-1"),
        ("MailLate", GONE, "the alarm is gone", "Back to the template"),
    ],
)
def test_what_is_broken_is_named_with_its_cure(part: str, fault: dict[str, Any], words: str, cure: str) -> None:
    facilities = MemoryFacilities()
    facilities.change(part, **fault)

    [(subject, told, what_to_do)] = problems_of(facilities)

    assert subject == part
    assert words in told
    assert cure in what_to_do


def test_an_address_that_has_not_agreed_is_told_of() -> None:
    facilities = MemoryFacilities()
    facilities.who = Told(0, 1)

    [(subject, words, cure)] = problems_of(facilities)

    assert (subject, words.partition(":")[0]) == ("AlarmEmail", "an address has not agreed to be told of alarms")
    assert "press the link" in cure


def test_where_nobody_is_told_of_alarms_that_is_no_fault_and_said() -> None:
    facilities = MemoryFacilities()
    facilities.who = Told(0, 0)

    assert [*problems_of(facilities)] == []
    assert "AlarmEmail" in next(iter(notes_of(facilities)))


def test_a_kind_that_one_may_not_ask_about_hides_no_other() -> None:
    facilities = MemoryFacilities()
    facilities.silent = {"tables", "alarms"}
    facilities.change("ArticleChanges", is_on=False)

    assert [subject for subject, _, _ in problems_of(facilities)] == ["tables", "ArticleChanges", "alarms"]
    assert [*notes_of(facilities)] == []


def test_what_a_machine_has_not_is_said_to_be_not_looked_at() -> None:
    facilities = MemoryFacilities()
    for name in ("ArticlesFunction", "MailFunction", "MailFunctionOrders"):
        del facilities.parts[name]

    assert [*problems_of(facilities)] == []
    [note] = notes_of(facilities)
    assert "functions and their addresses, what takes queues to functions" in note

"""What the payments functions write down: ids, codes, counts and sums, and nothing of anybody's (R27)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.functions.written_down import written_down

_ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "CONTENT_BUCKET": "content",
    "LEDGER_TABLE": "ledger",
    "MEMBERS_TABLE": "members",
    "MAIL_QUEUE": "http://127.0.0.1:9/mail",
    "PAYMENTS_QUEUE": "http://127.0.0.1:9/payments",
    "STRIPE_KEY": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:stripe",
    "STRIPE_MODE": "test",
    "POWERTOOLS_METRICS_NAMESPACE": "Frontline",
    "POWERTOOLS_SERVICE_NAME": "test",
    "POWERTOOLS_LOG_LEVEL": "DEBUG",
    "POWERTOOLS_DEBUG": "true",  # its own words too
}
# Each way in which something can go well or wrong; what a test wants to know goes to standard error.
_SCRIPT = """
import json, logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, format="%(name)s %(message)s")
from msgspec.structs import replace
from functions.payments import handler, reconcile_handler
from shared.domain.happenings import Forget, Happened
from shared.domain.refusals import ProcessorRefused, StoreUnavailable
from tests.functions.books import ADA, Books, record
from tests.functions.test_payments import NAMED

class Late:
    calls = []
    def again_in(self, receipt, seconds):
        self.calls.append((receipt, seconds))
        return True

class Context:
    def __init__(self, seconds):
        self.seconds = seconds
    def get_remaining_time_in_millis(self):
        return self.seconds * 1000

books = Books()
handler._redelivery = Late()
def with_(doors):
    handler._doors = reconcile_handler._doors = doors
def call(*messages, times=1, seconds=60):
    records = [record(n, one, times) for n, one in enumerate(messages)]
    return handler.handler({"Records": records}, Context(seconds))
def reconciled(seconds=900):
    return reconcile_handler.handler({}, Context(seconds))
def fails(error):
    def before(step, about):
        if step == "standing":
            try:
                raise RuntimeError("ada@reader.example")
            except RuntimeError as inner:
                raise error from inner
    return before

with_(books.doors)
answers, reports = [], []
gift = books.order(replace(NAMED, name="Bo Secretname", message="Secretmessage"))
membership = books.membership()
books.processor.pay(gift)
books.processor.tamper(gift, lambda it: replace(it, email="nobody at reader.example"))
news = list(books.processor.events)
answers.append(call(*news, *news))
answers.append(call("{\\"ada@reader.example", Forget("ada@reader.example"), books.processor.foreign(), times=9))
answers.append(call(replace(news[0], livemode=True)))
wrong = books.order(NAMED)
books.processor.pay(wrong)
books.processor.tamper(wrong, lambda it: replace(it, amount=1, email="ada@reader.example"))
answers.append(call(*books.processor.events[-1:]))
reports.append(reconciled())
reports.append(reconciled(1))
told_of_ada = KeyError("ada@reader.example"), StoreUnavailable("ada@reader.example")
for error in (told_of_ada[0], ProcessorRefused("api_key_expired"), told_of_ada[1]):
    books.processor.before = fails(error)
    answers.append(call(*news, times=2))
    reports.append(reconciled())
del books.processor.before
books.members.erase(ADA.id)
answers.append(call(Forget(ADA.id)))
asked = len(books.processor.asked)
answers.append(call(*news, times=3, seconds=handler.SECONDS_KEPT - 1))
assert len(books.processor.asked) == asked
print(file=sys.stderr)
json.dump({"answers": answers, "reports": reports, "late": Late.calls}, sys.stderr)
"""


@pytest.fixture(scope="module")
def told() -> tuple[dict[str, Any], str]:
    """What the script told, and what was written down."""
    output, errors = written_down(_SCRIPT, _ENVIRONMENT)
    *also_written, last = errors.splitlines()
    answers: dict[str, Any] = json.loads(last)
    return answers, output + "\n".join(also_written)


def lines(written: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.splitlines() if line.startswith("{")]


def test_nothing_of_anybodys_is_written_down(told: tuple[dict[str, Any], str]) -> None:
    _, written = told

    assert "payment settled" in written
    for secret in ("reader.example", "payer.example", "@", "Secret", "cus_", "checkout.example", "k" * 64):
        assert secret not in written


def test_each_message_is_counted_by_what_became_of_it(told: tuple[dict[str, Any], str]) -> None:
    all_ = lines(told[1])
    outcomes = [line["Outcome"] for line in all_ if "Payments" in line]

    assert set(outcomes) == {"settled", "unchanged", "unreadable", "foreign", "mismatched", "failed", "forgotten"}
    assert sum(line["PaymentMismatches"][0] for line in all_ if "PaymentMismatches" in line) == 2
    assert sum(line["LedgerEntries"][0] for line in all_ if "LedgerEntries" in line) == 2
    assert sum(line["MoneyMailsDropped"][0] for line in all_ if "MoneyMailsDropped" in line) == 1
    mismatched = [line for line in all_ if line.get("message") == "payment mismatched"]
    assert [(line["what"], line["level"]) for line in mismatched] == [("livemode", "ERROR"), ("amount", "ERROR")]
    assert mismatched[1]["order"] == f"{3:032x}"
    failed = [line for line in all_ if line.get("message") == "payment failed"]
    assert {line["cause"] for line in failed} == {"RuntimeError", "NoTime"}
    assert {line.get("code") for line in failed} == {None, "processor_refused", "store_unavailable"}
    assert {line.get("reason") for line in failed} == {None, "api_key_expired"}
    assert any("look.py:" in place for place in failed[0]["at"])


def test_only_what_may_get_better_comes_again_and_each_time_later(told: tuple[dict[str, Any], str]) -> None:
    answers, late = told[0]["answers"], told[0]["late"]

    failed = [[one["itemIdentifier"] for one in answer["batchItemFailures"]] for answer in answers]
    assert failed[:4] == [[], ["m-0", "m-1"], [], []]
    assert all(failed[4:7])
    assert failed[7] == []
    assert late[:2] == [["r-0", 7200], ["r-1", 7200]]
    assert {seconds for _, seconds in late[2:]} == {60, 900}


def test_what_there_is_no_time_for_comes_again_before_the_function_is_ended(told: tuple[dict[str, Any], str]) -> None:
    answers, late = told[0]["answers"], told[0]["late"]

    failed = [one["itemIdentifier"] for one in answers[8]["batchItemFailures"]]
    assert len(failed) > 1
    assert [[receipt.replace("r-", "m-"), seconds] for receipt, seconds in late if seconds == 900] == [
        [one, 900] for one in failed
    ]


def test_a_run_of_reconciling_is_one_line_and_its_metrics(told: tuple[dict[str, Any], str]) -> None:
    reports, all_ = told[0]["reports"], lines(told[1])
    told_ = [line for line in all_ if str(line.get("message")).startswith("reconciled")]
    counted = [line for line in all_ if "ReconcileLooked" in line]

    assert len(told_) == len(counted) == len(reports) == 5
    assert [line["message"] for line in told_] == ["reconciled", *["reconciled in part"] * 4]
    assert [line["level"] for line in told_] == ["ERROR"] * 5  # one is mismatched
    assert reports[0]["mismatched"] == counted[0]["ReconcileMismatched"][0] == 1
    assert [line["ReconcileUnfinished"][0] for line in counted] == [0, 1, 1, 1, 1]
    assert [bool(line["ReconcileFailed"][0]) for line in counted] == [False, False, True, True, True]
    assert reports[2]["causes"] == {"KeyError": reports[2]["failed"]}

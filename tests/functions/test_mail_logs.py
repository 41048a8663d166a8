"""What the functions that send mail write down: ids, codes and counts, and nothing of anybody's (R27)."""

from __future__ import annotations

import json
from typing import Any

from tests.functions.written_down import written_down

_ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "CONTENT_BUCKET": "content",
    "MEMBERS_TABLE": "members",
    "SIGN_INS_TABLE": "sign-ins",
    "MAILINGS_TABLE": "mailings",
    "MAIL_FROM": "post@paper.example",
    "MAIL_CONFIGURATION": "paper",
    "MAIL_QUEUE": "http://127.0.0.1:9/mail",
    "MAIL_FEEDBACK_TOPIC": "arn:aws:sns:eu-west-1:123456789012:feedback",
    "ANNOUNCEMENTS_QUEUE": "http://127.0.0.1:9/announcements",
    "POWERTOOLS_METRICS_NAMESPACE": "Frontline",
    "POWERTOOLS_SERVICE_NAME": "test",
    "POWERTOOLS_LOG_LEVEL": "DEBUG",
}
# Each way in which something can go well or wrong; what must not be written down goes to standard error.
_MAIL = """
import json, re, sys, time, traceback
from functions.mail import handler
from functions.mail.orders import Became
from msgspec.structs import replace
from shared.domain.addresses import Address
from shared.domain.mails import NoticeOrder
from shared.domain.refusals import MailRefused, MailUncertain, StoreUnavailable
from tests.functions import test_mail_orders as orders, test_mail_feedback as feedback, test_money_mails as money

def chained(kind, words):
    try:
        try:
            raise RuntimeError(f"ada@reader.example {words}")
        except RuntimeError as error:
            raise kind(f"bo@reader.example {words}") from error
    except Exception as error:
        return error

class Late:
    def again_in(self, receipt, seconds):
        return True

post = orders.Post()
handler._doors, handler._redelivery = post.doors, Late()
now = int(time.time())
asked = replace(orders.ASKED, asked_at=now)
change = replace(orders.CHANGE, asked_at=now)
paid = replace(money.THANKS, asked_at=now)
def call(*bodies):
    return handler.handler({"Records": [orders.record(one, n) for n, one in enumerate(bodies)]}, None)
answers = [call(asked, asked, replace(asked, asked_at=1), change, NoticeOrder(orders.ADA, "erased", now), paid, paid)]
secrets = [orders.BROWSER.code_key, orders.BROWSER.digest, money.THANKS.reference]
for mail in post.mailer.sent:
    secrets += re.findall(r"[0-9a-f]{64}", mail.text) + re.findall(r"^[0-9]{6} ", mail.subject)
again = lambda n: replace(asked, browser=f"{n:064x}", asked_at=now + n)
post.mailer.refuses = {orders.ADA.text: [
    chained(kind, secrets[3]) for kind in (MailRefused, MailUncertain, StoreUnavailable, KeyError, ValueError)]}
two = NoticeOrder(Address("ada@reader.example, bo@reader.example"), "erased", now)
answers.append(call("{", two, *map(again, range(1, 6))))
post.suppress(orders.ADA)
answers.append(call(again(9)))
handler._own = replace(handler._own, feedback_topic=feedback.TOPIC)
odd = feedback.bounce(mail={"destination": ["ada@reader.example x"]})
for event in (feedback.bounce(), feedback.complaint(), "{", odd):
    answers.append(handler.handler({"Records": [feedback.record(event)]}, None))
handler.handler({"Records": [feedback.record(feedback.bounce(), topic="arn:elsewhere")]}, None)
raised = []
post.records.broken = True
for record in (feedback.record(feedback.bounce()), {"EventSource": "aws:sns", "Sns": {"ada@reader.example": 1}}):
    try:
        handler.handler({"Records": [record]}, None)
    except Exception as error:
        raised.append("".join(traceback.format_exception(error)))
json.dump({"answers": answers, "secrets": secrets, "raised": raised}, sys.stderr)
"""
_NEWSLETTERS = """
import json, re, sys
from functions.newsletters import handler
from msgspec.structs import replace
from shared.domain.refusals import MailRefused, MailUncertain, StoreUnavailable
from tests.functions import test_newsletters as letters

class Context:
    def get_remaining_time_in_millis(self):
        return 300_000

desk = letters.Desk(*letters.MANY)
handler._doors = desk.doors
def call(body='{"article":"a-1","slug":"night-ferry"}'):
    return handler.handler({"Records": [{"messageId": "m-1", "body": body}]}, Context())
desk.mailer.refuses = {one.address.text: [kind(f"{one.address.text} secret")] for one, kind in
    zip(letters.MANY, (MailRefused, MailUncertain, StoreUnavailable, KeyError))}
answers = [call(), call(), call(), call(), call(), call('{"ada@reader.example')]
secrets = [found for mail in desk.mailer.sent for found in re.findall(r"[0-9a-f]{64}", mail.text)]
json.dump({"answers": answers, "secrets": secrets, "raised": []}, sys.stderr)
"""


def run(script: str) -> tuple[dict[str, Any], str]:
    """What the script told, and what was written down."""
    output, errors = written_down(script, _ENVIRONMENT)
    told: dict[str, Any] = json.loads(errors)
    return told, output


def hold_nothing_of_anybodys(written: str, secrets: list[str]) -> None:
    assert "reader.example" not in written
    assert "@" not in written
    assert len(secrets) > 3
    for secret in secrets:
        assert secret.strip() not in written


def test_the_mail_function_writes_down_nothing_of_anybodys() -> None:
    told, written = run(_MAIL)

    lines = [json.loads(line) for line in written.splitlines()]
    hold_nothing_of_anybodys(written + "".join(told["raised"]), told["secrets"])
    outcomes = [line["Outcome"] for line in lines if "Mails" in line]
    assert outcomes == [
        *("sent", "overtaken", "too_old", "sent", "sent", "sent", "overtaken"),
        *("unreadable", "unreadable", "refused", "uncertain", "failed", "failed", "failed"),
        "suppressed",
    ]
    assert [line["What"] for line in lines if "MailFeedback" in line] == [
        *("bounce", "complaint", "unreadable", "unreadable", "foreign"),
    ]
    logged = {line["message"]: line for line in lines if "message" in line}
    assert logged["mail refused"]["code"] == "mail_refused"
    assert logged["mail refused"]["cause"] == "RuntimeError"
    assert logged["mail failed"]["cause"] == "RuntimeError"
    assert any("orders.py:" in place for place in logged["mail failed"]["at"])
    assert [one["itemIdentifier"] for one in told["answers"][1]["batchItemFailures"]] == ["m-4", "m-5", "m-6"]
    assert ["FeedbackNotKept" in one for one in told["raised"]] == [True, True]


def test_the_newsletters_function_writes_down_nothing_of_anybodys() -> None:
    told, written = run(_NEWSLETTERS)

    lines = [json.loads(line) for line in written.splitlines()]
    hold_nothing_of_anybodys(written, told["secrets"])
    assert {line["Ended"] for line in lines if "NewsletterRuns" in line} == {
        *("finished", "later", "nothing", "failed", "unreadable"),
    }
    assert {line["cause"] for line in lines if "cause" in line} == {"StoreUnavailable", "KeyError", "DecodeError"}

"""The mail function's orders: what is mailed, to whom, and what is not."""

from __future__ import annotations

import itertools
import re
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from functions.mail.doors import Doors
from functions.mail.orders import PAUSES, Became, Worked, work_off
from shared.domain.addresses import Address, parse_address
from shared.domain.email_change import agree
from shared.domain.mails import EmailChangeOrder, Mail, MailOrder, NoticeOrder, SignInOrder
from shared.domain.members import Contact
from shared.domain.paper import Newsletter, Paper
from shared.domain.refusals import MailRefused, MailUncertain, StoreUnavailable
from shared.domain.secrets import digest_of
from shared.domain.sign_in import LIFETIME_SECONDS, Browser, redeem_code, redeem_link, try_code
from tests.member_twins import MemoryEmailChanges, MemoryMailer, MemoryMembers, MemoryRecords, MemorySignIns
from tests.money_twins import MemoryNotices
from tests.twins import MemoryPapers

NOW = 1_800_000_000
ADA, BO = parse_address("ada@reader.example"), parse_address("bo@reader.example")
BROWSER = Browser("a" * 64)
PAPER = Paper(
    1,
    "0b0a5c2e-8c1f-4d5e-9a57-3b1d1c0f6a11",
    "The <Sounding> & Co",
    "Of the river.",
    "en",
    "https://paper.example",
    newsletters=(Newsletter("daily", "Every <morning>", "All of it."),),
)
ASKED = SignInOrder(ADA, "/articles/a", None, BROWSER.digest, BROWSER.code_key, NOW - 2)
CHANGE = EmailChangeOrder("0" * 32, ADA, BO, NOW - 2)


class Post:
    """The mail function on twins. Chance counts up, so that no two secrets are alike."""

    def __init__(self, paper: Paper = PAPER) -> None:
        self.records = MemoryRecords()
        self.members, self.sign_ins = MemoryMembers(self.records), MemorySignIns(self.records)
        self.changes, self.mailer, self.papers = (
            MemoryEmailChanges(self.records),
            MemoryMailer(),
            MemoryPapers(paper),
        )
        self.notices = MemoryNotices(self.records)
        self.count = itertools.count(1)
        self.doors = Doors(
            self.members,
            self.sign_ins,
            self.changes,
            self.notices,
            self.mailer,
            self.papers,
            lambda length: next(self.count).to_bytes(length, "big"),
        )

    def work(self, *bodies: MailOrder | str, now: float = NOW, times: int = 1) -> Worked:
        return work_off([record(one, number, times) for number, one in enumerate(bodies)], self.doors, now)

    def became(self, *bodies: MailOrder | str, now: float = NOW) -> list[Became]:
        return [one.became for one in self.work(*bodies, now=now).done]

    def suppress(self, address: Address) -> None:
        self.members.write_contact(address.digest, Contact(None, "bounce", NOW), None)


def record(order: MailOrder | str, number: int = 0, times: int = 1) -> dict[str, Any]:
    return {
        "messageId": f"m-{number}",
        "receiptHandle": f"r-{number}",
        "body": order if isinstance(order, str) else msgspec.json.encode(order).decode(),
        "attributes": {"ApproximateReceiveCount": str(times)},
        "eventSource": "aws:sqs",
    }


def token_in(mail: Mail, path: str) -> str:
    found = re.findall(rf"https://paper\.example{path}([0-9a-f]{{64}})$", mail.text, re.MULTILINE)
    assert len(found) == 1
    assert (
        mail.html.count(f"https://paper.example{path}{found[0]}") == 3
    )  # a button, and the address with the words that are it
    return str(found[0])


def test_a_sign_in_mail_holds_a_link_and_digits_that_redeem_it() -> None:
    post = Post()

    assert post.became(ASKED) == [Became.SENT]

    (mail,) = post.mailer.sent
    assert (mail.to, mail.sender, mail.headers) == (
        ADA,
        "The <Sounding> & Co",
        (("Auto-Submitted", "auto-generated"),),
    )
    code = mail.subject.partition(" ")[0]
    assert mail.subject == f"{code} is your code for The <Sounding> & Co"
    assert f"    {code}\n" in mail.text
    assert f">{code}</p>" in mail.html
    assert "for 10 minutes" in mail.text
    assert "If you did not ask for this, do nothing" in mail.text
    kept, _ = post.sign_ins.of_address(ADA.digest) or pytest.fail("nothing is outstanding")
    assert (kept.next, kept.expires_at) == ("/articles/a", ASKED.asked_at + LIFETIME_SECONDS)
    assert redeem_link(kept, token_in(mail, "/sign-in/link/"), NOW) == kept
    redeem_code(try_code(kept, BROWSER, NOW), BROWSER, code)


def test_values_are_escaped_in_html_and_as_they_are_in_text() -> None:
    post = Post()
    post.work(replace(ASKED, newsletter="daily"))

    (mail,) = post.mailer.sent

    assert "The <Sounding> & Co" in mail.text
    assert "The &lt;Sounding&gt; &amp; Co" in mail.html
    assert "<Sounding>" not in mail.html
    assert "the newsletter “Every <morning>”" in mail.text
    assert "Every &lt;morning&gt;" in mail.html


def test_a_mail_loads_nothing_and_runs_nothing() -> None:
    post = Post()
    post.work(ASKED, CHANGE, NoticeOrder(ADA, "erased", NOW))

    for mail in post.mailer.sent:
        assert not re.search(r"<(img|script|link|style|table|iframe|form)\b|url\(|src=", mail.html)
        assert re.findall(r"https?://[^/\"< \n]+", mail.html + mail.text) == ["https://paper.example"] * len(
            re.findall("https?://", mail.html + mail.text)
        )


def test_the_words_are_the_papers_own_where_it_has_some() -> None:
    own = {"mail_sign_in_subject": "Bei {paper}: {code} {unknown}", "mail_not_asked": "Sonst nichts."}
    post = Post(replace(PAPER, texts=own, name="Das {code}-Blatt"))

    post.work(ASKED)

    (mail,) = post.mailer.sent
    assert re.fullmatch(r"Bei Das \{code\}-Blatt: [0-9]{6} \{unknown\}", mail.subject)
    assert "Sonst nichts." in mail.text


def test_an_order_that_is_too_old_is_dropped() -> None:
    post = Post()

    assert post.became(ASKED, now=ASKED.asked_at + LIFETIME_SECONDS) == [Became.TOO_OLD]
    assert (post.mailer.sent, post.records.values) == ([], {})


def test_a_suppressed_address_gets_nothing_and_nothing_is_begun() -> None:
    post = Post()
    post.suppress(ADA)
    before = dict(post.records.values)

    became = post.became(ASKED, CHANGE, replace(CHANGE, old=BO, new=ADA), NoticeOrder(ADA, "erased", NOW))

    assert became == [Became.SUPPRESSED] * 4
    assert (post.mailer.sent, post.records.values) == ([], before)


def test_an_order_that_comes_twice_is_mailed_once() -> None:
    post = Post()

    assert post.became(ASKED, ASKED, CHANGE, CHANGE) == [
        Became.SENT,
        Became.OVERTAKEN,
        Became.SENT,
        Became.OVERTAKEN,
    ]
    assert [mail.to for mail in post.mailer.sent] == [ADA, ADA, BO]


def test_the_newest_order_counts_whatever_comes_first() -> None:
    post, newer = Post(), replace(ASKED, browser="b" * 64, asked_at=NOW - 1)

    assert post.became(newer, ASKED) == [Became.SENT, Became.OVERTAKEN]
    assert post.became(replace(newer, browser="c" * 64)) == [Became.SENT]  # at the same second: the later to come
    found = post.sign_ins.of_address(ADA.digest)
    assert found is not None
    assert found[0].browser == "c" * 64


def test_a_change_of_address_asks_both_and_each_link_agrees_for_one() -> None:
    post = Post()
    post.work(CHANGE)

    to_old, to_new = post.mailer.sent

    assert (to_old.to, to_new.to) == (ADA, BO)
    assert BO.text in to_old.text
    assert ADA.text not in to_new.text + to_new.html  # whoever mistyped tells a stranger nothing
    old, new = (token_in(mail, "/account/email/") for mail in (to_old, to_new))
    change, _ = post.changes.of_link(digest_of(old)) or pytest.fail("nothing is outstanding")
    assert agree(agree(change, new, NOW), old, NOW).is_agreed


@pytest.mark.parametrize("notice", ["email_changed", "erased"])
def test_a_notice_says_what_was_done(notice: str) -> None:
    post = Post()

    assert post.became(NoticeOrder(ADA, notice, NOW)) == [Became.SENT]

    (mail,) = post.mailer.sent
    assert PAPER.name in mail.text
    assert {"email_changed": "changed", "erased": "erased"}[notice] in mail.subject


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"kind":"sign-in"}',
        '{"kind":"advert","address":{"text":"ada@reader.example"}}',
        "[" * 9_999,
        NoticeOrder(ADA, "unheard-of", NOW),
        NoticeOrder(Address("Ada@reader.example"), "erased", NOW),
        NoticeOrder(Address("ada@reader.example\r\nBcc: bo@reader.example"), "erased", NOW),
        NoticeOrder(Address("ada@reader.example, bo@reader.example"), "erased", NOW),
        NoticeOrder(Address('"A" <ada@reader.example>'), "erased", NOW),
        replace(CHANGE, new=Address("bo@reader.example\u2028")),
        replace(ASKED, address=Address("=?utf-8?q?a?=@reader.example ")),
    ],
)
def test_what_is_no_order_is_dropped_and_holds_up_no_other(body: MailOrder | str) -> None:
    post = Post()

    worked = post.work(body, ASKED)

    assert [one.became for one in worked.done] == [Became.UNREADABLE, Became.SENT]
    assert worked.failures == ()
    assert [mail.to for mail in post.mailer.sent] == [ADA]


def test_what_ses_refuses_or_leaves_open_does_not_come_again() -> None:
    post = Post()
    post.mailer.refuses = {ADA.text: [MailRefused("No."), MailUncertain("?")]}

    worked = post.work(ASKED, replace(ASKED, asked_at=NOW, browser="b" * 64))

    assert [one.became for one in worked.done] == [Became.REFUSED, Became.UNCERTAIN]
    assert worked.failures == ()


def test_what_cannot_be_sent_now_comes_again_and_is_then_mailed_once() -> None:
    post = Post()
    post.mailer.refuses = {ADA.text: [StoreUnavailable("Later.")] * 4}

    first = post.work(ASKED, CHANGE, times=1)
    again = post.work(ASKED, CHANGE, times=9)

    assert [one.became for one in (*first.done, *again.done)] == [Became.FAILED] * 4
    assert [one.pause for one in (*first.failures, *again.failures)] == [PAUSES[0]] * 2 + [PAUSES[-1]] * 2
    post.mailer.refuses = {}
    assert post.became(ASKED, CHANGE, ASKED, CHANGE) == [Became.SENT] * 2 + [Became.OVERTAKEN] * 2
    assert [mail.to for mail in post.mailer.sent] == [ADA, ADA, BO]


@pytest.mark.parametrize("trouble", ["table", "paper"])
def test_a_store_in_trouble_puts_everything_off(trouble: str) -> None:
    post = Post()
    if trouble == "table":
        post.records.broken = True
    else:
        post.papers.paper = None

    assert [one.message_id for one in post.work(ASKED, CHANGE).failures] == ["m-0", "m-1"]
    assert post.mailer.sent == []

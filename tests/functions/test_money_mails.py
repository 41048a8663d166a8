"""The mails about money: what each says, that it goes out once, and that no title breaks a line in it (R15)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from msgspec.structs import replace

from functions.mail.money import money_mail
from functions.mail.orders import MARK_SECONDS, MONEY_PAUSES, STANDING_SECONDS, Became
from shared.domain.addresses import Address
from shared.domain.mails import Mail, MoneyOrder, check_lines
from shared.domain.orders import Interval, NoticeKind
from shared.domain.paper import Campaign, Paper, TierName, TierNames
from shared.domain.refusals import MailRefused, MailUncertain, StoreUnavailable
from shared.mailing.letters import MAX_SUBJECT
from tests.functions.test_mail_content import NASTY
from tests.functions.test_mail_orders import ADA, BO, NOW, PAPER, Post

DAY = 86_400
RIVER = replace(PAPER, campaigns=(Campaign("river", "The <River> fund", "Why.", 100_000, "EUR"),))
THANKS = MoneyOrder(
    ADA, NoticeKind.THANKS, "pi_1", False, 750, "EUR", Interval.ONCE, NOW - 60, NOW - 2, "0a" * 16, False, None, "river"
)
JOINED = replace(
    THANKS,
    notice=NoticeKind.WELCOME,
    is_membership=True,
    interval=Interval.MONTH,
    has_account=True,
    until=NOW + 30 * DAY,
    campaign=None,
)
LOGIN = "https://billing.example/p/login/test_1"
LED = replace(RIVER, manage_url=LOGIN)
MONTHLY = replace(THANKS, interval=Interval.MONTH, until=NOW + 30 * DAY)


def mail(order: MoneyOrder, paper: Paper = RIVER) -> Mail:
    made = money_mail(paper, order)
    check_lines(made)
    return made


def facts(text: str) -> dict[str, str]:
    return dict(re.findall(r"^    ([^:\n]+): (.+)$", text, re.MULTILINE))


def test_a_receipt_says_how_much_when_how_often_for_what_and_by_what_it_is_found() -> None:
    sent = mail(THANKS)

    assert (sent.to, sent.sender) == (ADA, "The <Sounding> & Co")
    assert sent.subject == "Thank you for giving to “The <River> fund”"
    assert facts(sent.text) == {
        "Amount": "€7.50",
        "Paid on": "15 January 2027",
        "How often": "Once",
        "For": "The <River> fund",
        "Reference": "0a" * 16,
    }
    assert "Keep this mail: it is your receipt." in sent.text
    for value in ("€7.50", "15 January 2027", "Once", "The &lt;River&gt; fund", "0a" * 16):
        assert f">{value}</b>" in sent.html


def test_a_welcome_names_the_tier_and_says_until_when_it_is_paid() -> None:
    sent = mail(JOINED, replace(RIVER, tiers=TierNames(member=TierName("friend", "friends"))))

    assert sent.subject == "Welcome to The <Sounding> & Co"
    assert "one of our friends now" in sent.text
    assert facts(sent.text) == {
        "Amount": "€7.50",
        "Paid on": "15 January 2027",
        "How often": "Every month",
        "Paid until": "14 February 2027",
        "For": "Membership",
        "Reference": "0a" * 16,
    }


def test_what_is_given_again_and_again_says_how_it_is_stopped() -> None:
    assert "every month until you stop it" in mail(MONTHLY).text
    assert "every year until you stop it" in mail(replace(MONTHLY, interval=Interval.YEAR)).text
    assert "until you stop it" not in mail(THANKS).text
    assert facts(mail(MONTHLY).text)["Next time"] == "14 February 2027"


def led_to(order: MoneyOrder, paper: Paper = LED) -> str:
    """Where the button leads, in both parts."""
    sent = mail(order, paper)
    (href,) = re.findall(r'href="([^"]+)" style="display:inline-block', sent.html)
    assert sent.text.count(f"{href}\n") == 1
    return str(href)


STILL = [one for one in NoticeKind if one not in (NoticeKind.WELCOME, NoticeKind.ENDED)]


@pytest.mark.parametrize("kind", STILL)
@pytest.mark.parametrize("interval", [Interval.MONTH, Interval.YEAR])
def test_who_gives_again_and_again_without_an_account_is_led_to_where_it_is_changed_or_ended(
    kind: NoticeKind, interval: Interval
) -> None:
    guests = replace(MONTHLY, notice=kind, interval=interval)

    assert led_to(guests) == LOGIN
    said = mail(guests, LED).text
    assert "Change or end it:" in said
    assert "your account" not in said.lower()
    assert "writing to us" not in said
    if kind in (NoticeKind.THANKS, NoticeKind.PAYMENT_FAILED, NoticeKind.CANCELLED):
        assert "write this address there, and a mail lets you in" in " ".join(said.split())
    assert led_to(guests, RIVER) == "https://paper.example/account"  # a paper that knows no such page yet
    assert mail(guests, RIVER) == mail(replace(guests, has_account=True), RIVER)


@pytest.mark.parametrize("kind", NoticeKind)
@pytest.mark.parametrize("is_membership", [True, False])
def test_whoever_has_an_account_is_never_led_past_it(kind: NoticeKind, is_membership: bool) -> None:
    members = replace(JOINED, notice=kind, is_membership=is_membership)

    assert mail(members, LED) == mail(members, RIVER)
    assert led_to(members).startswith("https://paper.example/")


def test_what_was_given_once_has_nothing_to_be_changed() -> None:
    for kind in (NoticeKind.THANKS, NoticeKind.REFUNDED):
        assert mail(replace(THANKS, notice=kind), LED) == mail(replace(THANKS, notice=kind), RIVER)


def test_who_could_not_pay_is_told_until_when_all_stays_open_and_where_to_pay() -> None:
    failed = replace(JOINED, notice=NoticeKind.PAYMENT_FAILED, until=NOW + 7 * DAY)

    assert "Until 22 January 2027 everything stays open to you." in mail(failed).text
    assert "https://paper.example/account" in mail(failed).text
    assert "Paid on" not in facts(mail(failed).text)
    for over in (failed.asked_at, None):
        told = mail(replace(failed, until=over)).text
        assert "stays closed" in told
        assert "stays open" not in told
    given = mail(replace(failed, is_membership=False)).text
    assert "that you give" in given
    assert "open to you" not in given


def test_who_has_cancelled_is_told_until_when_it_runs() -> None:
    cancelled = replace(JOINED, notice=NoticeKind.CANCELLED)

    assert "Until 14 February 2027 everything stays open to you." in mail(cancelled).text
    assert "taken back" in mail(cancelled).text
    assert "open to you" not in mail(replace(cancelled, until=None)).text
    assert "not collected any more" in mail(replace(cancelled, is_membership=False)).text


def test_what_has_ended_can_be_begun_again() -> None:
    ended = replace(JOINED, notice=NoticeKind.ENDED, until=None)

    assert "https://paper.example/join\n" in mail(ended).text
    assert "https://paper.example/contribute\n" in mail(replace(ended, is_membership=False)).text


def test_money_given_back_is_said_by_its_amount() -> None:
    sent = mail(replace(THANKS, notice=NoticeKind.REFUNDED, amount=500))

    assert sent.subject == "€5 is on its way back to you"
    assert facts(sent.text)["Given back on"] == "15 January 2027"
    assert "Paid on" not in facts(sent.text)


@pytest.mark.parametrize("kind", NoticeKind)
@pytest.mark.parametrize(
    ("is_membership", "interval"),
    [
        (False, Interval.ONCE),
        (False, Interval.MONTH),
        (False, Interval.YEAR),
        (True, Interval.MONTH),
        (True, Interval.YEAR),
    ],
)
def test_every_mail_is_whole_as_text_has_one_button_and_loads_nothing(
    kind: NoticeKind, is_membership: bool, interval: Interval
) -> None:
    if kind is NoticeKind.WELCOME and not is_membership:
        return  # nobody is welcomed for a gift
    sent = mail(replace(MONTHLY, notice=kind, is_membership=is_membership, interval=interval))

    assert not re.search(r"\{[a-z_]+\}", sent.text + sent.html + sent.subject)
    assert not re.search(r"<(img|script|link|style|table|iframe|form)\b|url\(|src=", sent.html)
    assert sent.html.count("display:inline-block;padding:12px 24px") == 1
    href = re.findall(r'href="([^"]+)" style="display:inline-block', sent.html)
    assert sent.text.count(f"{href[0]}\n") >= 1
    for found in re.findall(r"https?://[^/\"< \n]+", sent.html + sent.text):
        assert found == "https://paper.example"
    assert facts(sent.text)["Reference"] == MONTHLY.reference


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
@pytest.mark.parametrize("kind", NoticeKind)
def test_no_title_of_a_campaign_breaks_a_line_or_becomes_markup(text: str, kind: NoticeKind) -> None:
    paper = replace(RIVER, name=text, campaigns=(replace(RIVER.campaigns[0], title=text),))

    sent = mail(replace(MONTHLY, notice=kind), paper)

    assert len(sent.subject) <= MAX_SUBJECT
    assert "=?" not in sent.text + sent.subject + sent.sender
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x85\u2028\u2029\u202e]", sent.text)
    assert "<script" not in sent.html.lower()
    assert "Bcc" not in "".join(name for name, _ in sent.headers)
    assert [line for line in sent.text.splitlines() if line.startswith("Bcc")] == []


def test_a_campaign_that_the_paper_has_no_more_is_not_named() -> None:
    sent = mail(replace(THANKS, campaign="gone"))

    assert sent.subject == "Thank you for giving to The <Sounding> & Co"
    assert "For" not in facts(sent.text)


def test_words_and_dates_are_the_papers_own() -> None:
    months = "Jänner Februar März April Mai Juni Juli August September Oktober November Dezember"
    own = {"date": "{day}. {month} {year}", "months": months, "mail_money_paid_on": "Bezahlt am"}

    assert facts(mail(THANKS, replace(RIVER, texts=own)).text)["Bezahlt am"] == "15. Jänner 2027"


def test_each_mail_goes_out_once_however_often_it_is_ordered() -> None:
    post = Post(RIVER)

    became = post.became(THANKS, THANKS, replace(THANKS, asked_at=NOW), replace(THANKS, key="pi_2"))

    assert became == [Became.SENT, Became.OVERTAKEN, Became.OVERTAKEN, Became.SENT]
    assert len(post.mailer.sent) == 2
    assert set(post.records.values) == {("notice", "pi_1"), ("notice", "pi_2")}
    assert post.records.read(int, "notice", "pi_1") == (NOW + MARK_SECONDS, post.records.values["notice", "pi_1"][1])


def test_what_could_not_be_sent_comes_again_hours_later_and_is_then_sent_once() -> None:
    post = Post(RIVER)
    post.mailer.refuses = {ADA.text: [StoreUnavailable("Later.")] * 2}

    first, last = post.work(THANKS, times=1), post.work(THANKS, times=9)

    assert [one.pause for one in (*first.failures, *last.failures)] == [MONEY_PAUSES[0], MONEY_PAUSES[-1]]
    post.mailer.refuses = {}
    assert post.became(THANKS, THANKS) == [Became.SENT, Became.OVERTAKEN]


@pytest.mark.parametrize(("error", "became"), [(MailRefused, Became.REFUSED), (MailUncertain, Became.UNCERTAIN)])
def test_what_may_have_been_sent_is_not_sent_again(error: type[Exception], became: Became) -> None:
    post = Post(RIVER)
    post.mailer.refuses = {ADA.text: [error("?")]}

    assert post.became(THANKS) == [became]
    post.mailer.refuses = {}
    assert (post.became(THANKS), post.mailer.sent) == ([Became.OVERTAKEN], [])


def test_a_suppressed_address_gets_no_receipt_and_no_mark() -> None:
    post = Post(RIVER)
    post.suppress(ADA)
    before = dict(post.records.values)

    assert post.became(THANKS) == [Became.SUPPRESSED]
    assert (post.mailer.sent, post.records.values) == ([], before)


@pytest.mark.parametrize("kind", NoticeKind)
def test_how_it_stands_is_not_told_days_later_and_what_was_paid_is(kind: NoticeKind) -> None:
    stands = kind in (NoticeKind.PAYMENT_FAILED, NoticeKind.CANCELLED, NoticeKind.ENDED)
    late = replace(JOINED, notice=kind, asked_at=NOW - STANDING_SECONDS)

    assert Post(RIVER).became(late) == [Became.TOO_OLD if stands else Became.SENT]
    assert Post(RIVER).became(replace(late, asked_at=late.asked_at + 1)) == [Became.SENT]


@pytest.mark.parametrize("trouble", ["table", "paper"])
def test_a_store_in_trouble_puts_a_receipt_off_and_leaves_no_mark(trouble: str) -> None:
    post = Post(RIVER)
    if trouble == "table":
        post.records.broken = True
    else:
        post.papers.paper = None

    assert post.became(THANKS) == [Became.FAILED]
    post.records.broken, post.papers.paper = False, RIVER
    assert post.became(THANKS) == [Became.SENT]


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": -1},
        {"currency": "eur"},
        {"currency": "E\r\n"},
        {"paid_at": -1},
        {"paid_at": 10**18},
        {"until": 10**12},
        {"asked_at": -5},
        {"reference": "x"},
        {"reference": f"{'0a' * 16}\n"},
        {"key": ""},
        {"is_membership": True},
        {"notice": NoticeKind.WELCOME},
        {"address": Address("ada@reader.example, bo@reader.example")},
    ],
    ids=str,
)
def test_what_no_payment_can_have_been_is_dropped_and_holds_up_no_other(wrong: dict[str, Any]) -> None:
    post = Post(RIVER)

    assert post.became(replace(THANKS, **wrong), replace(THANKS, address=BO)) == [Became.UNREADABLE, Became.SENT]
    assert [sent.to for sent in post.mailer.sent] == [BO]

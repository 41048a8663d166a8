"""Sending an article to everyone who wants it: who gets it, once, whatever happens meanwhile."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from functions.newsletters.batch import PAUSES, Worked, work_off
from functions.newsletters.doors import Doors
from functions.newsletters.pace import Pace
from functions.newsletters.sending import MOST_UNCERTAIN, PAGE, SHARE, Ended, Run, mail_article
from shared.domain.addresses import Address, parse_address
from shared.domain.articles import Renamed, Stored, Unpublished
from shared.domain.blocks import Paragraph
from shared.domain.mailings import NEWS_SECONDS, Counts, Mailing, MailingState
from shared.domain.members import Contact, Grant, Member, unsubscribe_token
from shared.domain.paper import Newsletter, Paper
from shared.domain.refusals import MailRefused, MailUncertain, StoreUnavailable
from shared.domain.tiers import Tier
from shared.ports.mail import Quota
from tests.member_twins import (
    MemoryContinuations,
    MemoryMailer,
    MemoryMailings,
    MemoryMembers,
    MemoryQuota,
    MemoryRecords,
)
from tests.samples import NIGHT_FERRY
from tests.twins import MemoryArticles, MemoryPapers

NOW = int(NIGHT_FERRY.published_at.timestamp()) + 60
DAILY = Newsletter("daily", "The day", "All of it.")
CITY = Newsletter("city", "The city", "Of the city.", sections=("city",))
INSIDE = Newsletter("inside", "Inside", "For members.", tier="member")
PAPER = Paper(
    1,
    "0b0a5c2e-8c1f-4d5e-9a57-3b1d1c0f6a11",
    "The Sounding",
    "Of the river.",
    "en",
    "https://paper.example",
    newsletters=(DAILY, CITY, INSIDE, Newsletter("sport", "Sport", "Balls.", sections=("sport",))),
)
PLENTY = Quota(1_000.0, None, None, sandbox=False, paused=False)


def member(name: str, *newsletters: str, tier: Tier = Tier.SUBSCRIBER) -> Member:
    grants = () if tier is Tier.SUBSCRIBER else (Grant("g", tier, 0, None, "a test"),)
    id = hashlib.md5(name.encode()).hexdigest()  # noqa: S324 -- it only has to look like one
    return Member(id, parse_address(f"{name}@reader.example"), 0, "k" * 64, newsletters, grants)


class Killed(BaseException):
    """The function is cut off."""


class Desk:
    """The newsletters function on twins; time passes when it sleeps."""

    def __init__(self, *members: Member, article: Stored = NIGHT_FERRY, paper: Paper = PAPER) -> None:
        self.records = MemoryRecords()
        self.members, self.mailings = MemoryMembers(self.records), MemoryMailings(self.records)
        self.articles, self.papers = MemoryArticles(article), MemoryPapers(paper)
        self.mailer, self.quota, self.continuations = MemoryMailer(), MemoryQuota(PLENTY), MemoryContinuations()
        self.now = float(NOW)
        self.slept: list[float] = []
        self.left: Callable[[], float] = lambda: 300.0
        count = itertools.count(7_000)
        self.doors = Doors(
            self.articles,
            self.papers,
            self.members,
            self.mailings,
            self.mailer,
            self.quota,
            self.continuations,
            lambda length: next(count).to_bytes(length, "big"),
            lambda: self.now,
            self._sleep,
        )
        for one in members:
            self.members.write(one, None)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def run(self, page: int = PAGE) -> Run:
        return mail_article("a-1", "night-ferry", self.doors, self.left, page)

    def work(self, body: str = '{"article":"a-1","slug":"night-ferry"}') -> Worked:
        (worked,) = work_off([{"messageId": "m-1", "body": body}], self.doors, self.left)
        return worked

    @property
    def mailing(self) -> Mailing:
        found = self.mailings.read("a-1")
        assert found is not None
        return found[0]

    @property
    def sent_to(self) -> list[str]:
        return [mail.to.text.partition("@")[0] for mail in self.mailer.sent]

    def suppress(self, address: Address) -> None:
        self.members.write_contact(address.digest, Contact(None, "bounce", NOW), None)


MANY = tuple(member(f"reader-{number}", "daily") for number in range(7))


def test_an_article_goes_to_those_who_want_it_by_the_first_newsletter_that_brings_it() -> None:
    ada, bo = member("ada", "city", "daily"), member("bo", "city")
    desk = Desk(ada, bo, member("cy"), member("di", "sport"))

    assert desk.run() == Run(Ended.FINISHED, 2)

    lists = {mail.to.text: dict(mail.headers)["List-Id"] for mail in desk.mailer.sent}
    assert lists == {"ada@reader.example": "<daily.paper.example>", "bo@reader.example": "<city.paper.example>"}
    assert desk.mailing.counts == Counts(sent=2, skipped=2)
    assert (desk.mailing.state, desk.mailing.finished_at) == (MailingState.FINISHED, NOW)


def test_a_newsletter_is_for_those_whose_tier_admits() -> None:
    members = (
        member("ada", "inside"),
        member("bo", "inside", tier=Tier.MEMBER),
        member("cy", "inside", "daily"),
    )
    desk = Desk(*members)
    past = Grant("g", Tier.MEMBER, 0, NOW, "over")
    desk.members.write(replace(member("di", "inside"), grants=(past,)), None)

    desk.run()

    assert sorted(desk.sent_to) == ["bo", "cy"]
    assert desk.mailing.counts == Counts(sent=2, skipped=2)


def test_each_gets_what_their_tier_may_see() -> None:
    desk = Desk(member("ada", "daily"), member("bo", "daily", tier=Tier.MEMBER))
    desk.run()

    parts = {mail.to.text: mail.text + mail.html + repr(mail.headers) + mail.subject for mail in desk.mailer.sent}

    subscriber, full = parts["ada@reader.example"], parts["bo@reader.example"]
    assert "SECRET-SUBSCRIBER one" in subscriber
    assert "SECRET-MEMBER" not in subscriber
    assert "Inside: analysis" in subscriber
    assert "https://paper.example/join" in subscriber
    assert "SECRET-MEMBER three" in full
    assert "Inside: analysis" not in full


def test_suppressed_addresses_get_nothing() -> None:
    ada, bo = member("ada", "daily"), member("bo", "daily")
    desk = Desk(ada, bo)
    desk.suppress(ada.address)

    desk.run()

    assert (desk.sent_to, desk.mailing.counts) == (["bo"], Counts(sent=1, suppressed=1))


def test_two_members_of_one_address_get_one_mail() -> None:
    ada = member("ada", "daily")
    desk = Desk(ada, replace(member("bo", "daily"), address=ada.address))

    desk.run()

    assert desk.sent_to == ["ada"]


def test_an_announcement_that_comes_again_sends_nothing_more() -> None:
    desk = Desk(*MANY)
    desk.run()

    assert desk.run() == Run(Ended.NOTHING)
    assert len(desk.mailer.sent) == len(MANY)


@pytest.mark.parametrize(
    "now_there",
    [
        Unpublished(1, "night-ferry", NIGHT_FERRY.published_at),
        replace(NIGHT_FERRY, id="a-2"),
        replace(NIGHT_FERRY, published_at=NIGHT_FERRY.published_at.replace(year=2099)),
        Renamed(1, "night-ferry", "nowhere"),
    ],
)
def test_what_readers_cannot_read_is_not_sent(now_there: Stored) -> None:
    desk = Desk(*MANY, article=now_there)

    assert desk.run() == Run(Ended.NOTHING)
    assert (desk.mailer.sent, desk.mailings.recent()) == ([], ())


def test_what_is_withdrawn_meanwhile_is_sent_no_further() -> None:
    desk = Desk(*MANY)
    desk.mailer.refuses = {MANY[3].address.text: [StoreUnavailable("Later.")]}
    desk.run()
    sent = len(desk.mailer.sent)
    desk.articles.spoil(
        "night-ferry", b'{"status":"unpublished","schema":1,"slug":"night-ferry","at":"2026-11-02T00:00:00Z"}'
    )

    assert desk.run() == Run(Ended.NOTHING)
    assert (len(desk.mailer.sent), desk.mailing.state) == (sent, MailingState.STOPPED)


def test_an_article_with_another_slug_is_still_the_same() -> None:
    desk = Desk(*MANY, article=Renamed(1, "night-ferry", "day-ferry"))
    desk.articles.write(replace(NIGHT_FERRY, slug="day-ferry"), None)

    assert desk.run() == Run(Ended.FINISHED, len(MANY))
    assert "https://paper.example/articles/day-ferry" in desk.mailer.sent[0].text


def test_no_newsletter_carries_it_and_nothing_happens() -> None:
    desk = Desk(*MANY, paper=replace(PAPER, newsletters=PAPER.newsletters[3:]))

    assert desk.run() == Run(Ended.NOTHING)
    assert desk.mailings.recent() == ()


def test_what_took_two_days_is_no_news_and_ends() -> None:
    desk = Desk(*MANY)
    desk.quota.quota = replace(PLENTY, paused=True)
    assert desk.run().ended is Ended.LATER
    desk.now += NEWS_SECONDS
    desk.quota.quota = PLENTY

    assert desk.run() == Run(Ended.NOTHING)
    assert (desk.mailer.sent, desk.mailing.state) == ([], MailingState.STOPPED)


def test_the_link_that_ends_it_is_each_members_own_and_no_article_can_carry_it_off() -> None:
    guesses = ("0" * 31 + "1", "{token}", "{{stop}}", f"{7_000:032x}"[:31])
    stolen = "".join(f'<a href="https://thief.example/{guess}">here</a>' for guess in guesses)
    desk = Desk(*MANY[:2], article=replace(NIGHT_FERRY, body=(Paragraph(stolen),)))
    desk.run()

    for mail, one in zip(desk.mailer.sent, sorted(MANY[:2], key=lambda one: one.id), strict=True):
        token = unsubscribe_token(one, "daily")
        assert mail.to == one.address
        assert mail.text.count(f"https://paper.example/unsubscribe/daily/{token}\n") == 1
        assert mail.html.count(f"https://paper.example/unsubscribe/daily/{token}") == 2
        assert (mail.text + mail.html).count(token) == 3
        headers = dict(mail.headers)
        assert headers["List-Unsubscribe"] == f"<https://paper.example/api/newsletters/daily/unsubscribe?t={token}>"
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


# Trouble ------------------------------------------------------------------------------------------------------------


def test_what_ses_refuses_or_leaves_open_is_counted_and_not_tried_again() -> None:
    desk = Desk(*MANY)
    refused, open_ = (one.address.text for one in MANY[2:4])
    desk.mailer.refuses = {refused: [MailRefused("No.")], open_: [MailUncertain("?")]}

    assert desk.run() == Run(Ended.FINISHED, 5)
    assert desk.mailing.counts == Counts(sent=5, refused=1, uncertain=1)
    desk.run()
    assert Counter(desk.sent_to) == Counter(one.address.text.partition("@")[0] for one in MANY if one not in MANY[2:4])


def test_a_ses_that_leaves_everything_open_is_not_asked_for_everybody() -> None:
    desk = Desk(*MANY)
    desk.mailer.refuses = {one.address.text: [MailUncertain("?")] for one in MANY}

    run = desk.run()

    assert (run.ended, type(run.cause)) == (Ended.LATER, MailUncertain)
    desk.mailer.refuses = {}
    assert desk.run() == Run(Ended.FINISHED, len(MANY) - MOST_UNCERTAIN)
    assert desk.mailing.counts == Counts(sent=4, uncertain=3)


def test_a_ses_that_is_busy_puts_the_rest_off_and_nobody_is_left_out() -> None:
    desk = Desk(*MANY)
    desk.mailer.refuses = {MANY[4].address.text: [StoreUnavailable("Later.")]}

    first = desk.work()
    assert first.run is not None
    assert first.run.ended is Ended.LATER
    assert desk.continuations.put_off == [
        ("a-1", "night-ferry", 0 if first.run.sent else 1, PAUSES[0 if first.run.sent else 1])
    ]
    desk.mailer.refuses = {}
    desk.work()

    assert Counter(desk.sent_to) == Counter(one.address.text.partition("@")[0] for one in MANY)
    assert desk.mailing.counts == Counts(sent=7)


def test_runs_that_come_to_nothing_are_tried_less_and_less_often() -> None:
    desk = Desk(*MANY)
    desk.quota.broken = True
    for stalls in (0, 1, 2, 3, 4, 99):
        desk.work(f'{{"article":"a-1","slug":"night-ferry","stalls":{stalls}}}')

    assert [one[2:] for one in desk.continuations.put_off] == [
        (1, 60), (2, 120), (3, 300), (4, 900), (5, 900), (100, 900),
    ]  # fmt: skip


@pytest.mark.parametrize("broken", ["quota", "articles", "records", "queue"])
def test_a_door_in_trouble_loses_nothing(broken: str) -> None:
    desk = Desk(*MANY)
    door: Any = {"quota": desk.quota, "articles": desk.articles, "records": desk.records, "queue": desk.quota}[broken]
    door.broken = True
    desk.continuations.broken = broken == "queue"

    worked = desk.work()

    assert worked.is_failed == (broken == "queue")
    assert len(desk.continuations.put_off) == (broken != "queue")
    door.broken = desk.continuations.broken = False
    desk.work()
    assert len(desk.mailer.sent) == len(MANY)


@pytest.mark.parametrize(
    "body", ["", "{", "[]", '{"article":"a-1"}', '{"article":"../x","slug":"a"}', '{"article":"a","slug":"A b"}']
)
def test_what_is_no_announcement_is_dropped(body: str) -> None:
    worked = Desk(*MANY).work(body)

    assert (worked.run, worked.article, worked.is_failed) == (None, None, False)
    assert worked.cause is not None


# Time, rate, quota --------------------------------------------------------------------------------------------------


def test_a_run_stops_before_its_time_is_up_and_the_next_goes_on() -> None:
    desk = Desk(*MANY)
    looks = iter([300.0] * 4 + [59.9])
    desk.left = lambda: next(looks)

    worked = desk.work()

    assert worked.run == Run(Ended.NO_TIME, 4)
    assert desk.continuations.put_off == [("a-1", "night-ferry", 0, 0)]
    desk.left = lambda: 300.0
    assert desk.work().run == Run(Ended.FINISHED, 3)
    assert len(set(desk.sent_to)) == len(desk.sent_to) == len(MANY)
    assert desk.mailing.counts == Counts(sent=7)


def test_mails_go_out_no_faster_than_our_share_of_sess_rate() -> None:
    desk = Desk(*MANY)
    desk.quota.quota = replace(PLENTY, per_second=10.0)

    desk.run()

    assert desk.slept == [pytest.approx(1 / (10 * SHARE))] * (len(MANY) - 1)


def test_a_pace_waits_once_for_each_that_is_begun() -> None:
    time = [0.0]
    waits: list[float] = []
    pace = Pace(2, lambda: time[0], waits.append)
    pace.wait()
    pace.begin()
    time[0] += 0.2
    pace.wait()
    time[0] += 9
    pace.wait()

    assert waits == [pytest.approx(0.3)]


def test_some_of_the_days_quota_is_left_for_those_who_sign_in() -> None:
    desk = Desk(*MANY)
    desk.quota.quota = Quota(1_000.0, 200.0, 23.0, sandbox=True, paused=False)

    assert desk.run() == Run(Ended.LATER, 3)
    desk.quota.quota = replace(desk.quota.quota, left=20.0)
    assert desk.run() == Run(Ended.LATER, 0)
    desk.quota.quota = replace(desk.quota.quota, left=200.0)
    assert desk.run() == Run(Ended.FINISHED, 4)


# Crashes and races --------------------------------------------------------------------------------------------------


class Cut:
    """A door whose `n`th call, counted over all doors, cuts the function off: before it is done or after."""

    def __init__(self, door: Any, steps: Iterator[int], n: int, when: str) -> None:
        self._door, self._steps, self._n, self._when = door, steps, n, when

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._door, name)

        def call(*arguments: Any) -> Any:
            hit = next(self._steps) == self._n
            if hit and self._when == "before":
                raise Killed
            done = found(*arguments)
            if hit:
                raise Killed
            return done

        return call


def cut_doors(desk: Desk, n: int, when: str) -> Doors:
    steps = itertools.count(1)
    cut: dict[str, Any] = {
        name: Cut(getattr(desk, name), steps, n, when)
        for name in ("articles", "papers", "members", "mailings", "mailer", "quota", "continuations")
    }
    return replace(desk.doors, **cut)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("page", [2, 100])
def test_whatever_it_is_cut_off_in_everyone_gets_exactly_one_mail(when: str, page: int) -> None:
    everyone = Counter(one.address.text.partition("@")[0] for one in MANY)
    for n in itertools.count(1):
        desk = Desk(*MANY)
        doors, whole = cut_doors(desk, n, when), True
        try:
            mail_article("a-1", "night-ferry", doors, desk.left, page)
        except Killed:
            whole = False
        desk.run(page)

        assert desk.mailing.state is MailingState.FINISHED
        missing = everyone - Counter(desk.sent_to)
        assert not Counter(desk.sent_to) - everyone, f"somebody got two ({n})"
        assert missing.total() <= 1, f"{n}: {missing}"
        counts = desk.mailing.counts
        assert counts.sent + counts.uncertain == len(MANY)
        assert missing.total() <= counts.uncertain <= 1  # whoever was being served may have got it: nobody knows
        if whole:
            assert n > 5 * len(MANY)
            return


def test_two_runs_at_once_send_no_mail_twice_and_one_of_them_ends_it() -> None:
    for n in range(1, 60):
        desk, ended = Desk(*MANY), []
        steps = itertools.count(1)

        class Other:
            """A door at whose `n`th call a second run goes from its beginning to its end."""

            def __init__(self, door: Any) -> None:
                self._door = door

            def __getattr__(self, name: str) -> Any:
                if next(steps) == n:  # noqa: B023
                    ended.append(desk.run(2).ended)  # noqa: B023
                return getattr(self._door, name)

        doors = replace(
            desk.doors, members=Other(desk.members), mailings=Other(desk.mailings), mailer=Other(desk.mailer)
        )
        ended.append(mail_article("a-1", "night-ferry", doors, desk.left, 2).ended)

        assert max(Counter(desk.sent_to).values()) == 1
        assert set(desk.sent_to) == {one.address.text.partition("@")[0] for one in MANY}
        assert desk.mailing.state is MailingState.FINISHED
        assert Ended.FINISHED in ended


def test_a_run_that_loses_leaves_the_rest_to_the_other() -> None:
    desk = Desk(*MANY)

    class Elsewhere(MemoryMailings):
        """Where another run is faster, once."""

        def write(self, mailing: Mailing, expected: str | None) -> str:
            if mailing.counts.sent == 4:
                found = self.read("a-1")
                assert found is not None
                super().write(replace(found[0], changed_at=1), found[1])
            return super().write(mailing, expected)

    doors = replace(desk.doors, mailings=Elsewhere(desk.records))

    assert mail_article("a-1", "night-ferry", doors, desk.left, 2) == Run(Ended.ELSEWHERE, 4)
    assert desk.continuations.put_off == []
    assert desk.run() == Run(Ended.FINISHED, 3)
    assert desk.mailing.counts == Counts(sent=7)

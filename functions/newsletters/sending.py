"""One article, to everyone who wants it: at most one mail for each address, whatever happens, whoever else is at it.

Before a mail goes out, a mark for this article and address is put, and only one can put it. A run may end anywhere, by
itself or not: the next goes on where the last whole page of members ended, and the marks say who has had it since.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from functions.newsletters.doors import Doors
from functions.newsletters.issue import Issue
from functions.newsletters.pace import Pace
from shared.domain.articles import Article, readable
from shared.domain.mailings import NEWS_SECONDS, Counts, Mailing, MailingState, Outcome, carrier_for, carriers
from shared.domain.mails import Mail
from shared.domain.members import Member
from shared.domain.paper import Newsletter, Paper
from shared.domain.refusals import (
    ArticleMoved,
    ArticleWithdrawn,
    ContentUnavailable,
    MailRefused,
    MailUncertain,
    RecordChanged,
    StoreUnavailable,
    UnknownArticle,
)
from shared.domain.tiers import Tier
from shared.ports.mail import Quota

PAGE: Final = 100  # members
SECONDS_KEPT: Final = 60
"""How many seconds before its end a run stops: what it has begun then has time to end."""
SHARE: Final = 0.4
"""How much of SES's rate one run takes: there may be two at once, and readers who sign in wait for none of them."""
KEPT_FOR_OTHERS: Final = 0.1
"""How much of what may be sent in a day is left for readers who sign in."""
MOST_UNCERTAIN: Final = 3
"""After so many in a row SES is ill, and every further try would be somebody who gets nothing."""
EARLY: Final = 60  # seconds by which another function's clock may be ahead of ours


class Ended(enum.Enum):
    """How a run has ended."""

    FINISHED = "finished"
    NOTHING = "nothing"  # it was finished before, or there is nothing (any more) to be sent
    ELSEWHERE = "elsewhere"  # another run is at it, and goes on
    NO_TIME = "no_time"
    LATER = "later"  # something does not answer, or no more may be sent now


class Run(Struct, frozen=True):
    """What a run has come to: how many mails went out in it, and why it could not go on (`cause`)."""

    ended: Ended
    sent: int = 0
    cause: BaseException | None = None


class _Over(Exception):
    """The run ends here."""

    def __init__(self, ended: Ended) -> None:
        self.ended = ended


def mail_article(id: str, slug: str, doors: Doors, seconds_left: Callable[[], float], page: int = PAGE) -> Run:
    """Send the article of that id, as far as the time goes. `seconds_left` says how much is left of it; `page` is after
    how many members it is written down how far it has come."""
    run = _Sending(doors, seconds_left, page)
    try:
        run.send(id, slug)
    except _Over as over:
        return Run(over.ended, run.sent)
    except RecordChanged:
        return Run(Ended.ELSEWHERE, run.sent)
    except (StoreUnavailable, ContentUnavailable, MailUncertain) as error:
        return Run(Ended.LATER, run.sent, error)
    return Run(Ended.FINISHED, run.sent)


class _Job(Struct, frozen=True):
    """What is sent in a run, by which newsletters, how fast, and how many at most (None: as many as there are)."""

    article: Article
    paper: Paper
    among: tuple[Newsletter, ...]
    marks_expire_at: int
    pace: Pace
    allowed: float | None


class _Sending:
    """A run. `sent`: how many mails have gone out in it."""

    def __init__(self, doors: Doors, seconds_left: Callable[[], float], page: int) -> None:
        self._doors, self._seconds_left, self._page = doors, seconds_left, page
        self._issues: dict[tuple[str, Tier], Issue] = {}
        self._uncertain = 0  # in a row
        self.sent = 0

    def send(self, id: str, slug: str) -> None:
        """Raises _Over and RecordChanged where the run ends otherwise than at the end; StoreUnavailable,
        ContentUnavailable, MailUncertain where another try is worth it."""
        doors, now = self._doors, self._doors.clock()
        found = doors.mailings.read(id)
        mailing, version = found or (Mailing(id, slug, int(now), changed_at=int(now)), None)
        if mailing.state is not MailingState.SENDING:
            raise _Over(Ended.NOTHING)
        article = self._article(id, slug) if mailing.is_news(now) else None
        if article is None:
            if version is not None:
                doors.mailings.write(mailing.ended(MailingState.STOPPED, now), version)
            raise _Over(Ended.NOTHING)
        paper = doors.papers.read()
        among = carriers(paper, article.section.slug)
        if not among:
            raise _Over(Ended.NOTHING)
        if version is None:  # noted before anything is asked that may put it off: that must not go on for ever
            version = doors.mailings.write(mailing, None)
        quota = doors.quota.read()
        pace = Pace(max(quota.per_second, 1) * SHARE, doors.clock, doors.sleep)
        marks_expire_at = mailing.started_at + 2 * NEWS_SECONDS
        self._send(mailing, version, _Job(article, paper, among, marks_expire_at, pace, _allowed(quota)))

    def _send(self, mailing: Mailing, version: str, job: _Job) -> None:
        """Page by page. What has become of a page is written down with the place behind it, in one write: whoever goes
        over a page once more counts it once."""
        doors = self._doors
        while mailing.state is MailingState.SENDING:
            members, following = doors.members.everyone(mailing.place, self._page)
            counts = mailing.counts
            for member in members:
                if self._seconds_left() < SECONDS_KEPT:
                    raise _Over(Ended.NO_TIME)
                counts = self._serve(member, job, counts)
            now = doors.clock()
            mailing = replace(mailing, counts=counts, place=following, changed_at=int(now))
            if following is None:
                mailing = mailing.ended(MailingState.FINISHED, now)
            version = doors.mailings.write(mailing, version)

    def _article(self, id: str, slug: str) -> Article | None:
        """The article of that id, if readers can read it now; it may have got another slug. None where not. Raises
        _Over where it is about to come out: what is announced was out, so that our clock is behind, or it was put off.
        """
        now = self._doors.clock() + EARLY
        try:
            try:
                article = readable(self._doors.articles.read(slug), now + NEWS_SECONDS)
            except ArticleMoved as moved:
                article = readable(self._doors.articles.read(moved.slug), now + NEWS_SECONDS)
        except (UnknownArticle, ArticleWithdrawn, ArticleMoved):
            return None
        if article.id != id:
            return None
        if article.published_at.timestamp() > now:
            raise _Over(Ended.LATER)
        return article

    def _serve(self, member: Member, job: _Job, counts: Counts) -> Counts:
        """The counts with that member, who has got the mail if it is for them."""
        doors, digest = self._doors, member.address.digest
        carrier = carrier_for(member, job.among, doors.clock())
        if carrier is None:
            return replace(counts, skipped=counts.skipped + 1)
        known = doors.members.contact(digest)
        if known is not None and known[0].suppressed is not None:
            return replace(counts, suppressed=counts.suppressed + 1)
        if job.allowed is not None and self.sent >= job.allowed:
            raise _Over(Ended.LATER)
        mail = self._issue(job, *carrier).mail_to(member)
        job.pace.wait()
        before = doors.mailings.mark(job.article.id, digest, job.marks_expire_at)
        if before is not None:
            return counts.with_one(before)
        job.pace.begin()
        return counts.with_one(self._sent(mail, job.article.id))

    def _sent(self, mail: Mail, article: str) -> Outcome:
        """What became of it, for an address that was marked just now. Raises StoreUnavailable where nothing was sent;
        then the mark is gone, if that could be had."""
        doors, digest = self._doors, mail.to.digest
        outcome, trouble = Outcome.SENT, None
        try:
            doors.mailer.send(mail)
            self.sent += 1
            self._uncertain = 0
        except MailRefused:
            outcome = Outcome.REFUSED
        except MailUncertain as error:
            outcome, trouble = Outcome.UNCERTAIN, error
            self._uncertain += 1
        except StoreUnavailable:
            with suppress(StoreUnavailable):
                doors.mailings.unmark(article, digest)
            raise
        doors.mailings.settle(article, digest, outcome)
        if trouble is not None and self._uncertain >= MOST_UNCERTAIN:
            raise trouble
        return outcome

    def _issue(self, job: _Job, newsletter: Newsletter, tier: Tier) -> Issue:
        key = (newsletter.slug, tier)
        if key not in self._issues:
            self._issues[key] = Issue(job.paper, newsletter, job.article, tier, self._doors.chance)
        return self._issues[key]


def _allowed(quota: Quota) -> float | None:
    """How many mails a run may send at most; None: as many as it can. Raises _Over where that is none."""
    left, daily = quota.left, quota.daily
    allowed = None if left is None or daily is None else left - daily * KEPT_FOR_OTHERS
    if quota.paused or (allowed is not None and allowed <= 0):
        raise _Over(Ended.LATER)
    return allowed

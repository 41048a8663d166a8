"""The mails about money: what each says of a payment, with its receipt where one was made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from functions.mail.mails import mail_of
from shared.domain.mails import Mail, MoneyOrder
from shared.domain.money import written
from shared.domain.orders import Interval, NoticeKind
from shared.domain.paper import Paper
from shared.mailing.letters import Wording

STANDING: Final = frozenset({NoticeKind.PAYMENT_FAILED, NoticeKind.CANCELLED, NoticeKind.ENDED})
"""Those that say how it stands. What the others say stays true: what was paid, or given back."""
_RECEIPTS: Final = frozenset({NoticeKind.THANKS, NoticeKind.WELCOME, NoticeKind.RECEIPT})


class _Letter(Struct, frozen=True):
    """What a mail says: its subject, what stands before the facts and behind them, and where its button leads."""

    subject: str
    said: tuple[str, ...]
    after: tuple[str, ...]
    label: str
    href: str


def money_mail(paper: Paper, order: MoneyOrder) -> Mail:
    """What has become of a payment."""
    say = _Say(paper, order)
    letter = _letter(say)
    return mail_of(
        "money",
        paper,
        order.address,
        letter.subject,
        said=letter.said,
        facts=tuple(say.facts()),
        after=letter.after,
        label=letter.label,
        href=letter.href,
    )


class _Say:
    """The paper's words, with what this payment fills in."""

    def __init__(self, paper: Paper, order: MoneyOrder) -> None:
        self.paper, self.order = paper, order
        self._wording = Wording(paper.texts)
        titles = (one.title for one in paper.campaigns if one.slug == order.campaign)
        is_guest = not order.has_account and order.interval is not Interval.ONCE
        self.manage_url = paper.manage_url if is_guest else None
        """Where this is changed or ended, if not in an account."""
        self.campaign = None if order.is_membership else next(titles, None)

    def __call__(self, name: str) -> str:
        until = self.order.until
        return self._wording.say(
            name,
            paper=self.paper.name,
            campaign=self.campaign or "",
            members=self.paper.tiers.member.many,
            amount=written(self.order.amount, self.order.currency),
            day=self._wording.day(until) if until is not None else "",
        )

    def often(self, name: str) -> str:
        """The text of that name for how often it is paid."""
        return self(f"{name}_{self.order.interval.value}")

    def managed(self, name: str) -> str:
        """The text of that name, or the one for whoever manages what they give at the payment service."""
        return self(name if self.manage_url is None else f"{name}_there")

    def facts(self) -> Iterator[tuple[str, str]]:
        """What a receipt has to say, each by its name."""
        order = self.order
        yield self("mail_money_amount"), written(order.amount, order.currency)
        if order.notice in _RECEIPTS:
            yield self("mail_money_paid_on"), self._wording.day(order.paid_at)
        elif order.notice is NoticeKind.REFUNDED:
            yield self("mail_money_returned_on"), self._wording.day(order.paid_at)
        yield self("mail_money_often"), self.often("mail_money")
        if order.notice in _RECEIPTS and order.until is not None:
            yield self("mail_money_until" if order.is_membership else "mail_money_next"), self._wording.day(order.until)
        if order.is_membership:
            yield self("mail_money_for"), self("mail_money_membership")
        elif self.campaign is not None:
            yield self("mail_money_for"), self.campaign
        yield self("mail_money_reference"), order.reference


def _letter(say: _Say) -> _Letter:
    whose = "membership" if say.order.is_membership else "giving"
    url = say.paper.url
    manage = (say("mail_money_account"), f"{url}/account")
    if say.manage_url is not None:
        manage = (say("mail_money_there"), say.manage_url)
    said: tuple[str, ...]
    match say.order.notice:
        case NoticeKind.THANKS:
            subject = "mail_thanks_campaign_subject" if say.campaign is not None else "mail_thanks_subject"
            is_once = say.order.interval is Interval.ONCE
            again = () if is_once else (say.managed(f"mail_thanks_{say.order.interval.value}"),)
            leads = (say("mail_thanks_read"), f"{url}/") if is_once else manage
            after = (say("mail_money_receipt"),)
            return _Letter(say(subject), (say("mail_thanks_text"), *again), after, *leads)
        case NoticeKind.WELCOME:
            said = (say("mail_welcome_text"), say.often("mail_welcome"))
            return _Letter(say("mail_welcome_subject"), said, (say("mail_money_receipt"),), *manage)
        case NoticeKind.RECEIPT:
            said = (say(f"mail_receipt_{whose}"),)
            return _Letter(say("mail_receipt_subject"), said, (say("mail_money_receipt"),), *manage)
        case NoticeKind.PAYMENT_FAILED:
            said = (say(f"mail_failed_{whose}"), *_still_open(say))
            return _Letter(say("mail_failed_subject"), said, (say.managed("mail_failed_to_do"),), *manage)
        case NoticeKind.CANCELLED:
            said = (say(f"mail_cancelled_{whose}"), *_still_open(say))
            after = (say.managed("mail_cancelled_mistake"),)
            return _Letter(say(f"mail_cancelled_{whose}_subject"), said, after, *manage)
        case NoticeKind.ENDED:
            again_at = f"{url}/join" if say.order.is_membership else f"{url}/contribute"
            said = (say(f"mail_ended_{whose}"),)
            return _Letter(say(f"mail_ended_{whose}_subject"), said, (), say(f"mail_ended_{whose}_again"), again_at)
    said = (say("mail_refunded_text"),)
    return _Letter(say("mail_refunded_subject"), said, (say("mail_refunded_when"),), *manage)


def _still_open(say: _Say) -> Iterator[str]:
    """Until when a member stays one, where that is still to come when the mail is ordered."""
    order = say.order
    if not order.is_membership:
        return
    if order.until is not None and order.until > order.asked_at:
        yield say("mail_money_open_until")
    elif order.notice is NoticeKind.PAYMENT_FAILED:
        yield say("mail_failed_shut")

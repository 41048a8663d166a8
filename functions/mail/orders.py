"""A batch of orders: each mailed once, or not at all, or left to be delivered again.

An order may come twice, and late. So what is begun for it is written down before the mail goes out, under the time at
which it was asked for: a second delivery finds it, and one that was overtaken finds the newer.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any, Final

import msgspec
from msgspec import Struct

from functions.mail.doors import Doors
from functions.mail.mails import NOTICES, change_mails, notice_mail, sign_in_mail
from functions.mail.money import STANDING, money_mail
from shared.domain.addresses import Address, parse_address
from shared.domain.decoding import UNREADABLE
from shared.domain.email_change import LIFETIME_SECONDS as CHANGE_SECONDS
from shared.domain.email_change import begin_email_change
from shared.domain.mails import EmailChangeOrder, Mail, MailOrder, MoneyOrder, NoticeOrder, SignInOrder
from shared.domain.orders import ORDER_ID, Interval, NoticeKind
from shared.domain.paper import Paper
from shared.domain.refusals import InvalidAddress, MailRefused, MailUncertain, RecordChanged, StoreUnavailable
from shared.domain.sign_in import LIFETIME_SECONDS, begin_sign_in

PAUSES: Final = (2, 5, 15, 60)
"""Seconds until an order is tried again, by how often it has been tried: somebody is waiting."""
MONEY_PAUSES: Final = (5, 60, 900, 7200)
"""The same for what nobody waits for and nobody asks for again: a receipt is still one hours later."""
STANDING_SECONDS: Final = 3 * 86_400
"""How long after it was ordered a mail still goes out that says how it stands; receipts go out whenever they can."""
MARK_SECONDS: Final = 400 * 86_400
"""How long it is known that a mail about money has gone out: whoever orders them may order one again when what kept it
from crossing it out is over."""
_LATEST: Final = 4_102_444_800  # 2100: beyond it somebody has written something else than seconds
_currency: Final = re.compile(r"[A-Z]{3}\Z")
_MONEY: Final = MoneyOrder.__struct_config__.tag
_orders: Final[msgspec.json.Decoder[MailOrder]] = msgspec.json.Decoder(MailOrder)


class Became(enum.Enum):
    """What became of an order."""

    SENT = "sent"
    TOO_OLD = "too_old"
    OVERTAKEN = "overtaken"  # by a newer one of the same reader, or by itself: it has come twice
    SUPPRESSED = "suppressed"
    UNREADABLE = "unreadable"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"  # SES did not answer. Whoever misses the mail asks again; nobody gets two
    FAILED = "failed"  # and comes again


class Done(Struct, frozen=True):
    """An order by its message's id and its kind, and what became of it. `cause`: what somebody has to look at."""

    message_id: str
    kind: str
    became: Became
    cause: BaseException | None = None


class Failure(Struct, frozen=True):
    """A message that shall come again, and after how many seconds."""

    message_id: str
    receipt: str
    pause: int


class Worked(Struct, frozen=True):
    """What became of a batch."""

    done: tuple[Done, ...]
    failures: tuple[Failure, ...]


def work_off(records: Iterable[Mapping[str, Any]], doors: Doors, now: float) -> Worked:
    """Mail what these messages (SQS records) order, at `now` (seconds since 1970)."""
    done: list[Done] = []
    failures: list[Failure] = []
    desk = _Desk(doors, now)
    for record in records:
        one = _worked(record, desk)
        done.append(one)
        if one.became is Became.FAILED:
            times = int(record["attributes"]["ApproximateReceiveCount"])
            pauses = MONEY_PAUSES if one.kind == _MONEY else PAUSES
            pause = pauses[min(times, len(pauses)) - 1]
            failures.append(Failure(one.message_id, record["receiptHandle"], pause))
    return Worked(tuple(done), tuple(failures))


def _worked(record: Mapping[str, Any], desk: _Desk) -> Done:
    id = record["messageId"]
    try:
        order = _order_in(record["body"])
    except (*UNREADABLE, InvalidAddress) as error:
        return Done(id, "unknown", Became.UNREADABLE, error)
    kind = type(order).__struct_config__.tag
    try:
        return Done(id, str(kind), desk.serve(order))
    except MailRefused as error:
        return Done(id, str(kind), Became.REFUSED, error)
    except MailUncertain as error:
        return Done(id, str(kind), Became.UNCERTAIN, error)
    except Exception as error:  # noqa: BLE001 -- it is told, delivered again, and in the end put aside for us
        return Done(id, str(kind), Became.FAILED, error)


def _order_in(body: str) -> MailOrder:
    """The order in a message, whose addresses are looked at once more: they go where a line must not break. Raises what
    `UNREADABLE` lists, and InvalidAddress."""
    order = _orders.decode(body)
    match order:
        case EmailChangeOrder(old=old, new=new):
            addresses = [old, new]
        case _:
            addresses = [order.address]
    if any(parse_address(one.text) != one for one in addresses):
        raise InvalidAddress("An address is not in its one spelling.")
    if isinstance(order, NoticeOrder) and order.notice not in NOTICES:
        raise msgspec.ValidationError("There is no such notice.")
    if isinstance(order, MoneyOrder):
        _check_money(order)
    return order


def _check_money(order: MoneyOrder) -> None:
    """Raises ValidationError for what no payment can have been: no try would make a mail of it."""
    times = (order.paid_at, order.asked_at, order.until or 0)
    is_sound = (
        order.amount >= 0
        and _currency.match(order.currency)
        and all(0 <= one < _LATEST for one in times)
        and ORDER_ID.match(order.reference)
        and order.key
        and (order.is_membership or order.notice is not NoticeKind.WELCOME)
        and not (order.is_membership and order.interval is Interval.ONCE)
    )
    if not is_sound:
        raise msgspec.ValidationError("That was not paid.")


class _Desk:
    """Where a batch is worked off: the paper is read for all of it together."""

    def __init__(self, doors: Doors, now: float) -> None:
        self._doors, self._now = doors, now

    @cached_property
    def _paper(self) -> Paper:
        return self._doors.papers.read()

    def serve(self, order: MailOrder) -> Became:
        """Mail what is ordered, if it still is to be. Raises MailRefused, MailUncertain; StoreUnavailable,
        ContentUnavailable where another try is worth it."""
        match order:
            case SignInOrder():
                return self._sign_in(order)
            case EmailChangeOrder():
                return self._change(order)
            case NoticeOrder(address=address, notice=notice):
                if self._is_suppressed(address):
                    return Became.SUPPRESSED
                return self._send(notice_mail(self._paper, address, notice))
            case MoneyOrder():
                return self._money(order)

    def _sign_in(self, order: SignInOrder) -> Became:
        doors, address = self._doors, order.address
        if self._now >= order.asked_at + LIFETIME_SECONDS:
            return Became.TOO_OLD
        if self._is_suppressed(address):
            return Became.SUPPRESSED
        outstanding = doors.sign_ins.of_address(address.digest)
        if outstanding is not None and (
            outstanding[0].browser == order.browser or outstanding[0].expires_at > order.asked_at + LIFETIME_SECONDS
        ):
            return Became.OVERTAKEN
        newsletters = {one.slug: one.name for one in self._paper.newsletters}
        kept, mailed = begin_sign_in(
            address,
            order.browser,
            order.code_key,
            order.next,
            order.newsletter,
            min(order.asked_at, self._now),
            doors.chance,
        )
        mail = sign_in_mail(self._paper, address, mailed, newsletters.get(order.newsletter or ""))
        try:
            doors.sign_ins.put(kept)
            return self._send(mail)
        except StoreUnavailable:  # nothing was sent: the next delivery shall not find that it has come before
            with suppress(StoreUnavailable, RecordChanged):
                found = doors.sign_ins.of_address(address.digest)
                if found is not None and found[0] == kept:
                    doors.sign_ins.take(*found)
            raise

    def _change(self, order: EmailChangeOrder) -> Became:
        doors = self._doors
        if self._now >= order.asked_at + CHANGE_SECONDS:
            return Became.TOO_OLD
        if self._is_suppressed(order.old) or self._is_suppressed(order.new):
            return Became.SUPPRESSED  # one alone could not agree
        outstanding = doors.changes.of_member(order.member)
        if outstanding is not None and outstanding[0].expires_at >= order.asked_at + CHANGE_SECONDS:
            return Became.OVERTAKEN
        asked_at = min(order.asked_at, self._now)
        change, for_old, for_new = begin_email_change(order.member, order.old, order.new, asked_at, doors.chance)
        to_old, to_new = change_mails(self._paper, order.old, order.new, for_old, for_new)
        try:
            doors.changes.put(change)
            self._send(to_old)
            return self._send(to_new)
        except StoreUnavailable:  # both are asked again, by new links: half of them are of no use
            with suppress(StoreUnavailable):
                doors.changes.drop(order.member)
            raise

    def _money(self, order: MoneyOrder) -> Became:
        notices = self._doors.notices
        if order.notice in STANDING and self._now >= order.asked_at + STANDING_SECONDS:
            return Became.TOO_OLD
        if self._is_suppressed(order.address):
            return Became.SUPPRESSED
        mail = money_mail(self._paper, order)
        if not notices.mark(order.key, int(self._now) + MARK_SECONDS):
            return Became.OVERTAKEN
        try:
            return self._send(mail)
        except StoreUnavailable:  # nothing was sent: the next delivery shall not find that it has come before
            with suppress(StoreUnavailable):
                notices.unmark(order.key)
            raise

    def _send(self, mail: Mail) -> Became:
        self._doors.mailer.send(mail)
        return Became.SENT

    def _is_suppressed(self, address: Address) -> bool:
        known = self._doors.members.contact(address.digest)
        return known is not None and known[0].suppressed is not None

"""What is sent to readers: a mail as a value, and the orders by which one function asks another to send one."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from shared.domain.addresses import Address
from shared.domain.orders import Interval, NoticeKind
from shared.domain.refusals import MailRefused

# Names and values of headers as SES takes them, and narrower: printable ASCII, no line break (R15).
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,125}\Z")
_VALUE: Final = re.compile(r"[\x20-\x7e]{1,850}\Z")
# A subject and a name may hold any letters, but nothing that ends a line, and no encoded word (RFC 2047): whoever reads
# would decode it. A lone surrogate cannot be sent.
_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|=\?")


class Mail(Struct, frozen=True):
    """One mail to one address. `sender` is the name that it comes from, the paper's; `headers` are those beside From,
    To and Subject. Nothing in it may hold a line break but `text` and `html`: whoever sends refuses it."""

    to: Address
    sender: str
    subject: str
    text: str
    html: str
    headers: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:  # it may hold a link that signs somebody in
        return f"Mail({self.to!r})"


def check_lines(mail: Mail) -> None:
    """Raises MailRefused for a mail of which anything beside its two parts holds more than its one line may (R15)."""
    if any(_FORBIDDEN.search(line) for line in (mail.subject, mail.sender)) or not all(
        _NAME.match(name) and _VALUE.match(value) and "=?" not in value for name, value in mail.headers
    ):
        raise MailRefused("A mail's subject, sender or header holds what none may hold.")


class SignInOrder(Struct, frozen=True, tag_field="kind", tag="sign-in", forbid_unknown_fields=True):
    """Somebody wants to sign in. `browser` and `code_key` are those of `sign_in.Browser`; `asked_at`: seconds since
    1970."""

    address: Address
    next: str
    newsletter: str | None
    browser: str
    code_key: str
    asked_at: int


class EmailChangeOrder(Struct, frozen=True, tag_field="kind", tag="email-change", forbid_unknown_fields=True):
    """A member wants to be known by another address: both are asked."""

    member: str
    old: Address
    new: Address
    asked_at: int


class NoticeOrder(Struct, frozen=True, tag_field="kind", tag="notice", forbid_unknown_fields=True):
    """Tell an address what has been done with its account: `notice` names the text (`email_changed`, `erased`)."""

    address: Address
    notice: str
    asked_at: int


class MoneyOrder(Struct, frozen=True, tag_field="kind", tag="money", forbid_unknown_fields=True):
    """Tell a payer what has become of a payment. `key`: what it is about; the mail of one key is sent once.
    `is_membership`, `interval` and `campaign` say what is paid; `amount` is in minor units of `currency`, `paid_at` and
    `until` are seconds since 1970. `reference`: the order's id, by which the paper finds it. `has_account`: whether the
    order is a member's, who sees to it in their account; who has given without signing in has none to do it in."""

    address: Address
    notice: NoticeKind
    key: str
    is_membership: bool
    amount: int
    currency: str
    interval: Interval
    paid_at: int
    asked_at: int
    reference: str
    has_account: bool
    until: int | None = None
    campaign: str | None = None


MailOrder = SignInOrder | EmailChangeOrder | NoticeOrder | MoneyOrder

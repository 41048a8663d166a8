"""What is sent to readers: a mail as a value, and the orders by which one function asks another to send one."""

from __future__ import annotations

from msgspec import Struct

from shared.domain.addresses import Address


class Mail(Struct, frozen=True):
    """One mail to one address. `headers` are those beside From, To and Subject. Nothing in it may hold a line break
    but `text` and `html`: whoever sends refuses it."""

    to: Address
    subject: str
    text: str
    html: str
    headers: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:  # it may hold a link that signs somebody in
        return f"Mail({self.to!r})"


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


MailOrder = SignInOrder | EmailChangeOrder | NoticeOrder

"""E-mail addresses: the one spelling under which a reader is known, and nothing that could break a mail's header."""

from __future__ import annotations

import hashlib
import re

from msgspec import Struct

from shared.domain.refusals import InvalidAddress

MAX_ADDRESS = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets
_MAX_MAILBOX = 64
# Less than RFC 5322 has (section 3.2.3): without `?`, which an encoded word in a header needs (RFC 2047), without `%`
# and `!`, by which an address names another one, and without what means something to a shell.
_SIGNS = r"[a-z0-9#$&'*+/=^_{}~-]+"
_MAILBOX = rf"{_SIGNS}(?:\.{_SIGNS})*"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_address = re.compile(rf"({_MAILBOX})@((?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{0,58}}[a-z0-9]))\Z")


class Address(Struct, frozen=True):
    """An address in its one spelling. Made by `parse_address` alone."""

    text: str

    def __repr__(self) -> str:  # An address has no business in a log line or a traceback (R27).
        return "Address(…)"

    @property
    def digest(self) -> str:
        """What stands for the address in keys (SHA-256, hexadecimal): keys are in logs of the store's own."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def hinted(self) -> str:
        """As a page may show it to whoever knows it: `a…@paper.example`."""
        mailbox, _, domain = self.text.partition("@")
        return f"{mailbox[:1]}…@{domain}"


def parse_address(typed: str) -> Address:
    """The address that somebody typed, or that a program sent. Raises InvalidAddress.

    One address and nothing around it: no name, no comment, no quoted part, no second one. ASCII only: letters that
    merely look like others would make a second reader of the same address, and SES takes no others before the @.
    Browsers write domains of other scripts in their ASCII form themselves. Case does not count, before the @ neither:
    no provider that matters tells `Ada` from `ada`, and two accounts for one mailbox would be one too many.
    """
    text = typed.strip(" ")
    if not text:
        raise InvalidAddress("Type your e-mail address.")
    if not text.isascii():
        raise InvalidAddress("An e-mail address is written in plain letters (a–z), digits and signs here.")
    text = text.lower()
    found = _address.match(text) if len(text) <= MAX_ADDRESS else None
    if found is None or len(found[1]) > _MAX_MAILBOX:
        raise InvalidAddress("This is not one e-mail address, such as ada@example.org. Check how it is spelled.")
    return Address(text)

"""Signing in by a mailed link or six digits: what is outstanding for an address, and what redeems it.

There is one sign-in at a time for an address; asking again replaces it. It is kept without anything that could be
used: the link by its digest, the browser by the digest of its nonce, the digits sealed with a key that only that
browser's nonce yields. So neither the table nor the queue lets anyone in.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from shared.domain.addresses import Address
from shared.domain.refusals import SignInDead, WrongCode
from shared.domain.secrets import Chance, digest_of, same, sealed

LIFETIME_SECONDS: Final = 600
MAX_TRIES: Final = 5  # of the digits; the link cannot be guessed
_CODES: Final = 1_000_000


class SignIn(Struct, frozen=True):
    """What is outstanding for an address. Times are seconds since 1970."""

    address: Address
    link: str
    browser: str
    code: str
    next: str
    newsletter: str | None
    expires_at: int
    tries: int = 0


class Browser(Struct, frozen=True):
    """The browser that asks: `nonce` is in its cookie alone, the other two go on to whoever mails."""

    nonce: str

    @property
    def digest(self) -> str:
        return digest_of(self.nonce)

    @property
    def code_key(self) -> str:
        return sealed(self.nonce, "code")


class Mailed(Struct, frozen=True):
    """What a sign-in's mail holds, and nothing else ever does."""

    token: str
    code: str


def begin_sign_in(
    address: Address, browser: str, code_key: str, next: str, newsletter: str | None, now: float, chance: Chance
) -> tuple[SignIn, Mailed]:
    """A new sign-in, and what is mailed of it. `browser` and `code_key` are a `Browser`'s."""
    token = chance(32).hex()
    code = f"{int.from_bytes(chance(8)) % _CODES:06}"
    expires_at = int(now) + LIFETIME_SECONDS
    kept = SignIn(address, digest_of(token), browser, sealed(code_key, code), next, newsletter, expires_at)
    return kept, Mailed(token, code)


def redeem_link(outstanding: SignIn | None, token: str, now: float) -> SignIn:
    """The sign-in that this link redeems. Raises SignInDead for one that is used, replaced or too old.

    The store may delete what has expired days later, so the time is compared here (R10).
    """
    if outstanding is None or now >= outstanding.expires_at or not same(outstanding.link, digest_of(token)):
        raise SignInDead("This link has been used already, or is older than ten minutes. Ask for another one.")
    return outstanding


def try_code(outstanding: SignIn | None, browser: Browser, now: float) -> SignIn:
    """The sign-in with one more try counted, which has to be written before the digits are looked at.

    Raises SignInDead where nothing is outstanding for this browser: another browser's guesses are not even counted, or
    anybody could use up the tries of whoever has asked.
    """
    if (
        outstanding is None
        or now >= outstanding.expires_at
        or outstanding.tries >= MAX_TRIES
        or not same(outstanding.browser, browser.digest)
    ):
        raise SignInDead("These digits are of no use any more: too old, tried too often, or asked for elsewhere.")
    return SignIn(
        outstanding.address,
        outstanding.link,
        outstanding.browser,
        outstanding.code,
        outstanding.next,
        outstanding.newsletter,
        outstanding.expires_at,
        outstanding.tries + 1,
    )


def redeem_code(tried: SignIn, browser: Browser, code: str) -> SignIn:
    """The sign-in that these digits redeem, after the try was counted. Raises WrongCode."""
    if not same(tried.code, sealed(browser.code_key, code)):
        left = MAX_TRIES - tried.tries
        if left <= 0:
            raise SignInDead("These digits are wrong, and were tried too often. Ask for a new mail.")
        raise WrongCode(f"These are not the digits of the newest mail. {left} more {'try' if left == 1 else 'tries'}.")
    return tried

"""A member changes the address: the old one agrees, the new one is shown to be theirs, in either order."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from shared.domain.addresses import Address
from shared.domain.refusals import SignInDead
from shared.domain.secrets import Chance, digest_of, new_secret, same

LIFETIME_SECONDS: Final = 86_400


class EmailChange(Struct, frozen=True):
    """What is outstanding for a member. The links are kept by digest; None once pressed. `expires_at`: seconds since
    1970."""

    member: str
    old: Address
    new: Address
    old_link: str | None
    new_link: str | None
    expires_at: int

    @property
    def is_agreed(self) -> bool:
        return self.old_link is None and self.new_link is None


def begin_email_change(
    member: str, old: Address, new: Address, now: float, chance: Chance
) -> tuple[EmailChange, str, str]:
    """A new change, and the tokens for the old and the new address."""
    for_old, for_new = new_secret(chance), new_secret(chance)
    expires_at = int(now) + LIFETIME_SECONDS
    return EmailChange(member, old, new, digest_of(for_old), digest_of(for_new), expires_at), for_old, for_new


def agree(change: EmailChange | None, token: str, now: float) -> EmailChange:
    """The change after one of its links was pressed. Raises SignInDead."""
    digest = digest_of(token)
    if change is not None and now < change.expires_at:
        if change.old_link is not None and same(change.old_link, digest):
            return replace(change, old_link=None)
        if change.new_link is not None and same(change.new_link, digest):
            return replace(change, new_link=None)
    raise SignInDead("This link has been used already, or is older than a day. Change the address again.")

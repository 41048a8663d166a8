"""Changing the address: asked for here, agreed to by a press in a mail to the old one and in a mail to the new one."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from functions.members.answers import Agreed, Mailed
from functions.members.leaving import forget_address
from functions.members.route import Asked
from functions.members.signed_in import who_proves
from shared.domain.addresses import parse_address
from shared.domain.email_change import LIFETIME_SECONDS, EmailChange, agree
from shared.domain.mails import EmailChangeOrder, NoticeOrder
from shared.domain.members import Contact, Member
from shared.domain.refusals import AddressTaken, InvalidAddress, RecordChanged, SignInDead
from shared.domain.secrets import digest_of, is_secret
from shared.http import Answer
from shared.personal import body_of, sent_to, told
from shared.personal.limits import QUARTER, limit

A_QUARTER: Final = 5


class EmailBody(Struct, frozen=True, forbid_unknown_fields=True):
    email: str


class AgreeBody(Struct, frozen=True, forbid_unknown_fields=True):
    token: str


def ask_for_change(asked: Asked) -> Answer:
    """`POST /api/members/email`: have both addresses asked. It tells nothing of whether the new one is known."""
    new = parse_address(body_of(asked.request, EmailBody).email)
    member = who_proves(asked).member
    if new == member.address:
        raise InvalidAddress("This is your address already.")
    limit(asked, "email-change", member.id, A_QUARTER, QUARTER, "Look for the newest mail, or try again")
    asked.doors.postbox.order(EmailChangeOrder(member.id, member.address, new, int(asked.now)))
    return sent_to("/account/email/asked") if asked.request.is_form else told(202, Mailed(LIFETIME_SECONDS))


def agree_to_change(asked: Asked) -> Answer:
    """`POST /api/members/email/agree`: one of the two links was pressed. With the second the address changes.

    The second link is used up by the change itself, once all of it is done: whoever was cut off, or was refused for
    what may pass, presses it again.
    """
    token, doors = body_of(asked.request, AgreeBody).token, asked.doors
    try:
        outstanding, version = (doors.changes.of_link(digest_of(token)) if is_secret(token) else None) or (None, "")
        change = agree(outstanding, token, asked.now)
        if change.is_agreed:
            _change(asked, change)
        else:
            doors.changes.write(change, version)
    except RecordChanged:
        raise SignInDead("Something else was changed at the same moment. Press this one again.") from None
    if asked.request.is_form:
        return sent_to("/account/email/changed" if change.is_agreed else "/account/email/asked")
    return told(200, Agreed(change.is_agreed))


def _change(asked: Asked, change: EmailChange) -> None:
    """The new address is the member's, and the old one nobody's. The new one first: a contact counts only if its
    member says so too, so whoever is cut off in between leaves nothing that lets anybody in. What was done before
    such an end is not done again."""
    kept = asked.doors.members.read(change.member)
    if kept is None or kept[0].address not in (change.old, change.new):
        raise SignInDead("This account is not what it was any more. Change the address again.")
    member, version = kept
    if member.address == change.old:
        _move(asked, change, member, version)
    forget_address(change.old, member.id, asked.doors.members)
    for address in (change.old, change.new):  # rather told twice than not: it may be how somebody finds out
        asked.doors.postbox.order(NoticeOrder(address, "email_changed", int(asked.now)))
    asked.doors.changes.drop(member.id)


def _move(asked: Asked, change: EmailChange, member: Member, version: str) -> None:
    members = asked.doors.members
    known = members.contact(change.new.digest)
    contact, expected = known or (Contact(), None)
    if contact.member is not None and contact.member != member.id:
        other = members.read(contact.member)
        if other is not None and other[0].address == change.new:
            raise AddressTaken("Another account has this address. Erase that one first, signed in with it.")
    members.write_contact(change.new.digest, replace(contact, member=member.id), expected)
    members.write(replace(member, address=change.new), version)

"""The account: what is known of a member, what they may change, take along and take away."""

from __future__ import annotations

from contextlib import suppress

from msgspec import UNSET, Struct, UnsetType

from functions.members.answers import Erased, Exported, GrantFacts, MembershipFacts, Profile
from functions.members.route import Asked
from functions.members.sessions import CLEAR, devices_of
from functions.members.signed_in import SIGNED_OUT, SignedIn, who_asks, who_proves
from shared.domain.addresses import Address
from shared.domain.mails import NoticeOrder
from shared.domain.members import Contact, Member, tier_of, wanting
from shared.domain.moments import moment
from shared.domain.refusals import RecordChanged, UnknownNewsletter
from shared.http import Answer
from shared.personal import body_of, sent_to, told


class ChangesBody(Struct, frozen=True, forbid_unknown_fields=True):
    newsletters: tuple[str, ...] | UnsetType = UNSET


def me(asked: Asked) -> Answer:
    """`GET /api/members/me`."""
    return told(200, _profile(asked, who_asks(asked).member))


def change(asked: Asked) -> Answer:
    """`PATCH /api/members/me`: which newsletters the member gets, all of them at once. A form says nothing where none
    is ticked; a program that says nothing of them leaves them."""
    changes = body_of(asked.request, ChangesBody)
    if changes.newsletters is UNSET and not asked.request.is_form:
        return me(asked)
    wanted = changes.newsletters or ()
    there = {one.slug for one in asked.paper.newsletters}
    if unknown := [name for name in wanted if name not in there]:
        raise UnknownNewsletter(f"The paper has no newsletter “{unknown[0][:80]}”.")
    found = who_asks(asked)
    changed = wanting(found.member, wanted)
    asked.doors.members.write(changed, found.version)
    return sent_to("/account") if asked.request.is_form else told(200, _profile(asked, changed))


def export(asked: Asked) -> Answer:
    """`GET /api/members/me/export`: everything that is kept of the member, as a file (R32)."""
    found = who_proves(asked)
    answer = told(200, exported(asked, found))
    answer.headers["content-disposition"] = 'attachment; filename="account.json"'
    return answer


def erase(asked: Asked) -> Answer:
    """`DELETE /api/members/me`: the person is gone everywhere (R32).

    In this order, so that whoever is cut off in between can do it again: what is outstanding, then the member with
    every session, and last what the address says. That it gets no mail is kept, by digest: it was the address's wish,
    or its mailbox is none.
    """
    found = who_proves(asked)
    doors, member = asked.doors, found.member
    doors.postbox.order(NoticeOrder(member.address, "erased", int(asked.now)))
    doors.changes.drop(member.id)
    if outstanding := doors.sign_ins.of_address(member.address.digest):
        with suppress(RecordChanged):  # it was redeemed at this very moment
            doors.sign_ins.take(*outstanding)
    doors.members.erase(member.id)
    forget_address(asked, member.id, member.address)
    answer = (
        sent_to("/erased", cookies=SIGNED_OUT) if asked.request.is_form else told(200, Erased(), cookies=SIGNED_OUT)
    )
    answer.headers.update(CLEAR)
    return answer


def forget_address(asked: Asked, member: str, address: Address) -> None:
    """The address that was this member's is nobody's from now on."""
    for _ in range(4):
        known = asked.doors.members.contact(address.digest)
        if known is None or known[0].member != member:
            return
        contact, version = known
        kept = None if contact.suppressed is None else Contact(None, contact.suppressed, contact.suppressed_at)
        try:
            asked.doors.members.write_contact(address.digest, kept, version)
        except RecordChanged:
            continue
        return


def exported(asked: Asked, found: SignedIn) -> Exported:
    """What is kept of a member, in words that a person can read."""
    member, doors = found.member, asked.doors
    known = doors.members.contact(member.address.digest)
    changing = doors.changes.of_member(member.id)
    return Exported(
        member.id,
        _profile(asked, member),
        devices_of(asked, found),
        known[0].suppressed if known else None,
        changing[0].new.text if changing and asked.now < changing[0].expires_at else None,
    )


def _profile(asked: Asked, member: Member) -> Profile:
    paid = member.membership
    return Profile(
        member.address.text,
        tier_of(member, asked.now),
        moment(member.since),
        member.newsletters,
        tuple(GrantFacts(one.tier, moment(one.since), moment(one.until), one.reason) for one in member.grants),
        None if paid is None else MembershipFacts(paid.state.value, moment(paid.since), moment(paid.paid_until)),
    )

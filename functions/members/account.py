"""The account: what is known of a member, what they may change, take along and take away."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from functions.members.answers import Erased
from functions.members.known import exported, profile_of
from functions.members.leaving import erase_member
from functions.members.money import plan_of
from functions.members.route import Asked
from functions.members.sessions import CLEAR
from functions.members.signed_in import who_asks, who_proves
from shared.domain.members import Member, wanting
from shared.domain.refusals import UnknownNewsletter
from shared.http import Answer
from shared.personal import body_of, sent_to, told
from shared.personal.signed_in import SIGNED_OUT


class ChangesBody(Struct, frozen=True, forbid_unknown_fields=True):
    newsletters: tuple[str, ...] | UnsetType = UNSET


def me(asked: Asked) -> Answer:
    """`GET /api/members/me`."""
    return _told(asked, who_asks(asked).member)


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
    return sent_to("/account") if asked.request.is_form else _told(asked, changed)


def _told(asked: Asked, member: Member) -> Answer:
    return told(200, profile_of(member, plan_of(member, asked.doors.ledger), asked.now))


def export(asked: Asked) -> Answer:
    """`GET /api/members/me/export`: everything that is kept of the member, as a file (R32)."""
    found = who_proves(asked)
    doors = asked.doors
    known = exported(
        found.member,
        doors.members,
        doors.sessions,
        doors.changes,
        doors.allowances,
        doors.ledger,
        asked.now,
        found.session.id,
    )
    answer = told(200, known)
    answer.headers["content-disposition"] = 'attachment; filename="account.json"'
    return answer


def erase(asked: Asked) -> Answer:
    """`DELETE /api/members/me`: the person is gone everywhere, and what they pay ends (R32)."""
    found, doors = who_proves(asked), asked.doors
    erase_member(found.member, doors.members, doors.sign_ins, doors.changes, doors.payments, doors.postbox, asked.now)
    answer = (
        sent_to("/erased", cookies=SIGNED_OUT) if asked.request.is_form else told(200, Erased(), cookies=SIGNED_OUT)
    )
    answer.headers.update(CLEAR)
    return answer

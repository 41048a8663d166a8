"""Grants that waited for an address: they become its member's once that has shown to have it.

Two records hold a grant on its way, and no transaction spans them. So whoever takes one back does that from the address
first, and then writes the member in any case (`infra/ops/members.py`): here the member is read first and the address
after it, and so a grant that is taken back in between makes this write lose.
"""

from __future__ import annotations

from msgspec.structs import replace

from shared.domain.members import Member
from shared.ports.persons import Members


def receive(member: Member, version: str, members: Members) -> tuple[Member, str]:
    """The member with what waited for the address, and its version. Raises RecordChanged.

    Cut off in between, a grant is with both: then it is the same one, by its id, and the next time finds that.
    """
    known = members.contact(member.address.digest)
    if known is None or not known[0].grants or known[0].member != member.id:
        return member, version
    contact, expected = known
    there = {one.id for one in member.grants}
    if more := tuple(one for one in contact.grants if one.id not in there):
        member = replace(member, grants=(*member.grants, *more))
        version = members.write(member, version)
    members.write_contact(member.address.digest, replace(contact, grants=()), expected)
    return member, version

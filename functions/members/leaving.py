"""The end of an account, whoever asks for it: its reader, or ops for them. Each door comes in as an argument."""

from __future__ import annotations

from contextlib import suppress

from shared.domain.addresses import Address
from shared.domain.happenings import Forget
from shared.domain.mails import NoticeOrder
from shared.domain.members import Contact, Member
from shared.domain.refusals import RecordChanged, StoreUnavailable
from shared.ports.mail import Postbox
from shared.ports.money import PaymentsQueue
from shared.ports.persons import EmailChanges, Members, SignIns


def erase_member(
    member: Member,
    members: Members,
    sign_ins: SignIns,
    changes: EmailChanges,
    payments: PaymentsQueue,
    postbox: Postbox,
    now: float,
) -> None:
    """The person is gone everywhere, and whatever they pay again and again ends (R32). Raises StoreUnavailable.

    In this order, so that whoever is cut off in between can do it again: what is outstanding, then that payments are
    to forget the member and that no backup is to bring them back, then the member with every session, and last what the
    address says. That it gets no mail is kept, by digest: it was the address's wish, or its mailbox is none. A mail
    says so once it is true; where none can be ordered it is true all the same.
    """
    changes.drop(member.id)
    if outstanding := sign_ins.of_address(member.address.digest):
        with suppress(RecordChanged):  # it was redeemed at this very moment
            sign_ins.take(*outstanding)
    # Once the member is gone, nobody could say any more whose payments go on. Said twice it does no harm.
    payments.put((Forget(member.id),))
    members.note_erasure(member.id, int(now))
    members.erase(member.id)
    forget_address(member.address, member.id, members)
    with suppress(StoreUnavailable):
        postbox.order(NoticeOrder(member.address, "erased", int(now)))


def forget_address(address: Address, member: str, members: Members) -> None:
    """The address that was this member's is nobody's from now on."""
    for _ in range(4):
        known = members.contact(address.digest)
        if known is None or known[0].member != member:
            return
        contact, version = known
        kept = None if contact.suppressed is None else Contact(None, contact.suppressed, contact.suppressed_at)
        try:
            members.write_contact(address.digest, kept, version)
        except RecordChanged:
            continue
        return

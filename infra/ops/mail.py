"""Mail, as ops sees it: what is wrong with how it is set up, who gets none and why, and how far newsletters are."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from shared.domain.addresses import Address
from shared.domain.mailings import Mailing, carrier_for
from shared.domain.members import Contact
from shared.domain.paper import Newsletter, Paper
from shared.domain.refusals import RecordChanged, StoreUnavailable, UnknownArticle
from shared.ports.mail import Mailings, MailPlace, MailSetup
from shared.ports.persons import Members

FEEDBACK = ("BOUNCE", "COMPLAINT")
_PAGE = 500
_ROUNDS = 4


def setup_problems(setup: MailSetup, sender: str | None) -> Iterator[tuple[str, str]]:
    """What is wrong with how mail is set up, and what to do about each."""
    guide = "see Mail in docs/operations.md"
    if sender is None:
        yield "there is no address that mails come from: nobody can sign in", f"deploy with MailFrom set; {guide}"
    elif not setup.verified:
        yield f"SES does not know yet that {sender} is ours, and sends nothing from it", f"confirm it; {guide}"
    if setup.quota.paused:
        yield (
            "SES sends nothing for this account any more",
            "its console says why: mostly too many bounces or complaints",
        )
    elif setup.quota.sandbox:
        words = "SES's account is in its sandbox: only addresses that were verified get any mail"
        yield words, f"ask SES for production access; {guide}"
    if missing := [kind for kind in FEEDBACK if kind not in setup.feedback]:
        words = f"nobody hears of {' and '.join(f'{kind.lower()}s' for kind in missing)}: mails to them go on"
        yield words, "deploy again: the template tells the topic of both"
    if missing := [kind for kind in FEEDBACK if kind not in setup.suppresses]:
        words = f"SES itself goes on sending after {' and '.join(f'{kind.lower()}s' for kind in missing)}"
        yield words, "deploy again: the template has it stop after both"


class Standing(Struct, frozen=True):
    """What keeps an address from mail, with us and with SES. `has_account`: whether somebody signs in with it."""

    has_account: bool
    suppressed: str | None
    suppressed_at: int | None
    held_back: str | None


def standing_of(address: Address, members: Members, place: MailPlace) -> Standing:
    """How that address stands."""
    known = members.contact(address.digest)
    contact = known[0] if known is not None else Contact()
    member = members.read(contact.member) if contact.member is not None else None
    has_account = member is not None and member[0].address == address
    return Standing(has_account, contact.suppressed, contact.suppressed_at, place.holds_back(address))


def suppress_by_hand(address: Address, reason: str, members: Members, now: float) -> Contact:
    """Let that address get no more mail from us, for a `reason` in words; what is known of it then. Whatever it was
    suppressed for before stays."""
    for _ in range(_ROUNDS):
        known = members.contact(address.digest)
        contact, expected = known or (Contact(), None)
        if contact.suppressed is not None:
            return contact
        changed = replace(contact, suppressed=reason, suppressed_at=int(now))
        try:
            members.write_contact(address.digest, changed, expected)
        except RecordChanged:
            continue
        return changed
    raise StoreUnavailable("Others write what is known of this address all the time. Try again.")


def lift(address: Address, members: Members, place: MailPlace) -> bool:
    """Let that address get mail again, from us and from SES; False where nothing kept it from that."""
    before = standing_of(address, members, place)
    place.let_through(address)
    for _ in range(_ROUNDS):
        known = members.contact(address.digest)
        if known is None or known[0].suppressed is None:
            return before.suppressed is not None or before.held_back is not None
        lifted = replace(known[0], suppressed=None, suppressed_at=None)
        try:
            members.write_contact(address.digest, lifted if lifted != Contact() else None, known[1])
        except RecordChanged:
            continue
        return True
    raise StoreUnavailable("Others write what is known of this address all the time. Try again.")


def readership(paper: Paper, members: Members, now: float) -> dict[str, int]:
    """How many members want each newsletter and get it, if nothing keeps their address from mail."""
    counts = {one.slug: 0 for one in paper.newsletters}
    after: str | None = None
    while True:
        some, after = members.everyone(after, _PAGE)
        for member in some:
            for newsletter in paper.newsletters:
                if carrier_for(member, (newsletter,), now) is not None:
                    counts[newsletter.slug] += 1
        if after is None:
            return counts


def describe(newsletter: Newsletter) -> str:
    """Whose articles it brings."""
    return ", ".join(newsletter.sections) or "every section"


def find_mailing(slug: str, mailings: Mailings) -> Mailing:
    """The newest mailing of the article of that slug. Raises UnknownArticle."""
    for one in mailings.recent():
        if one.slug == slug:
            return one
    raise UnknownArticle("No newsletter has begun to send an article of this name within a year.")

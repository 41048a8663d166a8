"""Signing in: asking for a mail, and redeeming what it holds."""

from __future__ import annotations

import re
from typing import Final

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from functions.members.answers import Begun, Mailed
from functions.members.awaited import receive
from functions.members.route import PASS_SECONDS, Asked
from functions.members.signed_in import begun
from shared.domain.addresses import Address, parse_address
from shared.domain.mails import SignInOrder
from shared.domain.members import Contact, Member, new_member, tier_of, wanting
from shared.domain.refusals import (
    InvalidParameter,
    RecordChanged,
    SignInDead,
    StoreUnavailable,
    UnknownNewsletter,
)
from shared.domain.secrets import digest_of, is_secret, new_id, new_secret
from shared.domain.sign_in import LIFETIME_SECONDS, Browser, SignIn, redeem_code, redeem_link, try_code
from shared.domain.text import next_path
from shared.http import Answer
from shared.personal import body_of, client_of, cookie, sent_to, told
from shared.personal.limits import DAY, QUARTER, limit

SIGN_IN: Final = "__Host-sign-in"
ADDRESS_A_QUARTER: Final = 5
ADDRESS_A_DAY: Final = 20
CLIENT_A_QUARTER: Final = 30
REDEMPTIONS_A_QUARTER: Final = 60
_ROUNDS: Final = 8
_IN_THE_MAIL: Final = "Look for the newest mail, or try again"
_browser = re.compile(r"([0-9a-f]{64})([0-9a-f]{64})\Z")


class SignInBody(Struct, frozen=True, forbid_unknown_fields=True):
    email: str
    next: str = "/"
    newsletter: str | None = None


class RedeemBody(Struct, frozen=True, forbid_unknown_fields=True):
    token: str | UnsetType = UNSET
    code: str | UnsetType = UNSET
    email: str | UnsetType = UNSET


def ask(asked: Asked) -> Answer:
    """`POST /api/members/sign-in`: have a link and six digits mailed.

    The answer, and all that is done until it is given, is the same for an address that is known, unknown or gets no
    mail (R16): nobody has looked yet. Whoever mails does that.
    """
    body, doors = body_of(asked.request, SignInBody), asked.doors
    address = parse_address(body.email)
    to = next_path(body.next)
    newsletter = body.newsletter or None
    if newsletter is not None and newsletter not in {one.slug for one in asked.paper.newsletters}:
        raise UnknownNewsletter("The paper has no newsletter of this name.")
    limit(asked, "sign-in", client_of(asked.request), CLIENT_A_QUARTER, QUARTER, _IN_THE_MAIL)
    limit(asked, "sign-in-to", address.text, ADDRESS_A_QUARTER, QUARTER, _IN_THE_MAIL)
    limit(asked, "sign-in-to", address.text, ADDRESS_A_DAY, DAY, _IN_THE_MAIL)
    browser = Browser(new_secret(doors.chance))
    doors.postbox.order(SignInOrder(address, to, newsletter, browser.digest, browser.code_key, int(asked.now)))
    cookies = (cookie(SIGN_IN, f"{address.digest}{browser.nonce}", LIFETIME_SECONDS),)
    if asked.request.is_form:
        return sent_to("/sign-in/sent", cookies=cookies)
    return told(202, Mailed(LIFETIME_SECONDS), cookies=cookies)


def redeem(asked: Asked) -> Answer:
    """`POST /api/members/sessions`: sign in by the link's token, or by the digits in the browser that asked."""
    body = body_of(asked.request, RedeemBody)
    if (body.token is UNSET) == (body.code is UNSET):
        raise InvalidParameter("Give either “token”, from the mail's link, or “code”, its six digits.")
    limit(asked, "redeem", client_of(asked.request), REDEMPTIONS_A_QUARTER, QUARTER, _IN_THE_MAIL)
    redeemed = _by_code(asked, body) if isinstance(body.code, str) else _by_link(asked, str(body.token))
    member = admit(asked, redeemed.address, redeemed.newsletter)
    cookies = (*begun(asked, member), cookie(SIGN_IN, "", 0))
    if asked.request.is_form:
        return sent_to(redeemed.next, cookies=cookies)
    return told(201, Begun(tier_of(member, asked.now), PASS_SECONDS, redeemed.next), cookies=cookies)


def _by_link(asked: Asked, token: str) -> SignIn:
    """The sign-in that the link's token redeems, and that nobody else gets any more (R10). Raises SignInDead."""
    found = asked.doors.sign_ins.of_link(digest_of(token)) if is_secret(token) else None
    outstanding, version = found or (None, "")
    return _taken(asked, redeem_link(outstanding, token, asked.now), version)


def _by_code(asked: Asked, body: RedeemBody) -> SignIn:
    """The sign-in that the digits redeem. Each try is counted before it is looked at, or many at once would be many
    tries. Raises SignInDead, WrongCode."""
    shape = _browser.match(asked.request.cookies.get(SIGN_IN, ""))
    if shape is None:
        raise SignInDead("The digits are for the browser that asked for them. Press the link in the mail instead.")
    address, browser = shape[1], Browser(shape[2])
    if isinstance(body.email, str) and parse_address(body.email).digest != address:
        raise SignInDead("The digits were asked for with another address.")
    code = "".join(str(body.code).split())
    for _ in range(_ROUNDS):
        outstanding, version = asked.doors.sign_ins.of_address(address) or (None, "")
        tried = try_code(outstanding, browser, asked.now)
        try:
            version = asked.doors.sign_ins.write(tried, version)
        except RecordChanged:
            continue
        return _taken(asked, redeem_code(tried, browser, code), version)
    raise SignInDead("These digits are being tried elsewhere. Ask for a new mail.")


def _taken(asked: Asked, redeemed: SignIn, version: str) -> SignIn:
    try:
        asked.doors.sign_ins.take(redeemed, version)
    except RecordChanged:
        raise SignInDead("This has been used at this very moment, or another mail was asked for.") from None
    return redeemed


def admit(asked: Asked, address: Address, newsletter: str | None) -> Member:
    """The member who has just shown to have this address; a new one at the first time.

    An address is whose its contact says, if that member says so too: whoever was cut off between writing the two has
    left an address without anybody behind it, and the next sign-in mends it. Grants that waited for the address are
    the member's from now on.
    """
    members, chance = asked.doors.members, asked.doors.chance
    for _ in range(_ROUNDS):
        try:
            known = members.contact(address.digest)
            contact, expected = known or (Contact(), None)
            kept = members.read(contact.member) if contact.member is not None else None
            if kept is None or kept[0].address != address:
                id = contact.member if contact.member is not None and kept is None else new_id(chance)
                if id != contact.member:
                    members.write_contact(address.digest, replace(contact, member=id), expected)
                member = new_member(id, address, asked.now, chance)
                kept = member, members.write(member, None)
            return _subscribed(asked, *receive(*kept, members), newsletter)
        except RecordChanged:
            continue  # the same person is faster elsewhere: then the next look finds what was written there
    raise StoreUnavailable("This does not work at the moment. Ask for another link in a minute.")


def _subscribed(asked: Asked, member: Member, version: str, newsletter: str | None) -> Member:
    if newsletter is None or newsletter in member.newsletters:
        return member
    changed = wanting(member, (*member.newsletters, newsletter))
    asked.doors.members.write(changed, version)
    return changed

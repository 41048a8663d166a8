"""Ending a newsletter by the address in a mail, without signing in."""

from __future__ import annotations

import re
from typing import Final

from functions.members.answers import Unsubscribed
from functions.members.route import Asked
from shared.domain.members import is_unsubscribe_token, wanting
from shared.domain.refusals import InvalidParameter, RecordChanged, StoreUnavailable
from shared.http import Answer
from shared.personal import sent_to, told

_token = re.compile(r"([0-9a-f]{32})[0-9a-f]{32}\Z")
_ROUNDS: Final = 4


def unsubscribe(asked: Asked, newsletter: str) -> Answer:
    """`POST /api/newsletters/<name>/unsubscribe?t=`: one click in a mail program (RFC 8058, section 3.2), or the button
    of our page.

    No cookie is looked at and none is set, nor is the body: what counts is the token, and all that it can do is this
    (R31). Somebody who is gone, or had ended it before, is told the same.
    """
    token = asked.request.parameters("t").get("t", "")
    shape = _token.match(token)
    if shape is None:
        raise InvalidParameter("“t” is the token in the mail's own link. Use that link as it is.")
    members = asked.doors.members
    for _ in range(_ROUNDS):
        kept = members.read(shape[1])
        if kept is None:
            break
        member, version = kept
        if not is_unsubscribe_token(token, member, newsletter):
            raise InvalidParameter("“t” is the token in the mail's own link. Use that link as it is.")
        if newsletter not in member.newsletters:
            break
        try:
            members.write(wanting(member, tuple(one for one in member.newsletters if one != newsletter)), version)
        except RecordChanged:
            continue
        break
    else:
        raise StoreUnavailable
    # The button's form is empty. A mail program's is not, and it shall not be redirected (RFC 8058, section 3.1).
    is_button = asked.request.wants_page and not asked.request.body
    return sent_to("/unsubscribed") if is_button else told(200, Unsubscribed(newsletter))


def show_button(asked: Asked, newsletter: str) -> Answer:
    """`GET` of the same address: changes nothing, and shows the page with the button."""
    token = asked.request.parameters("t").get("t", "")
    if _token.match(token) is None:
        raise InvalidParameter("“t” is the token in the mail's own link. Use that link as it is.")
    return sent_to(f"/unsubscribe/{newsletter}/{token}")

"""Passes: from a session, or from another issuer's token."""

from __future__ import annotations

from typing import Final

from functions.members.answers import GivenPass
from functions.members.route import PASS_SECONDS, Asked
from functions.members.sessions import renew
from shared.domain.refusals import InvalidToken
from shared.http import Answer
from shared.personal import client_of, told
from shared.personal.limits import MINUTE, limit

EXCHANGES_A_MINUTE: Final = 120


def give(asked: Asked) -> Answer:
    """`POST /api/members/passes`: a new pass, for the session in the cookie, or for `Authorization: Bearer <JWT>` of an
    issuer whose word counts here. Whoever comes with a token comes by that alone."""
    authorization = asked.request.header("authorization")
    if not authorization:
        return renew(asked)
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise InvalidToken("Send the token as “Authorization: Bearer …”.")
    limit(asked, "exchange", client_of(asked.request), EXCHANGES_A_MINUTE, MINUTE)
    reader = asked.doors.foreign.verify(token.strip(" "), asked.now)
    # A pass outlives the token that it was given for by nothing.
    seconds = min(PASS_SECONDS, int(reader.expires - asked.now))
    if seconds < 1:
        raise InvalidToken("The token expires at this very moment. Get another one.")
    made = asked.doors.passes.mint(reader.tier, asked.now, seconds)
    return told(200, GivenPass(made, reader.tier, seconds))

"""The part of docs/openapi.yaml that is about persons: what can be asked of the members function, by whom."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Struct

from functions.members import account, address, answers, entry, identity, openings, sessions
from infra.ops.schema import tidy
from shared.domain import refusals
from shared.domain.refusals import Refusal
from shared.http import STATUS

_REF = "#/components/schemas/{name}"
_KEYS = {"type": "object", "properties": {"keys": {"type": "array", "items": {"type": "object"}}}, "required": ["keys"]}
ALWAYS = (
    *(refusals.NotFromTheEdge, refusals.UnknownParameter, refusals.RepeatedParameter, refusals.MethodNotAllowed),
    *(refusals.ContentUnavailable, refusals.StoreUnavailable),
)
CHANGE = (refusals.ForeignOrigin,)
BODY = (refusals.InvalidRequest, refusals.TooLarge, refusals.UnsupportedType)
_SESSION = (refusals.NotSignedIn, refusals.SessionReused)
_PROOF = (*_SESSION, refusals.ProofNeeded)
_EXCHANGE = (
    *(refusals.InvalidToken, refusals.ExpiredToken, refusals.UnknownIssuer, refusals.NoTier),
    *(refusals.IssuerUnavailable, refusals.UnusableTrust, refusals.UnusableKeyring, refusals.TooMany),
)

_OPENING = (
    *(refusals.NotOffered, refusals.UnknownArticle, refusals.AlreadyOpen, refusals.TooMany, refusals.RecordChanged),
    refusals.UnusableKeyring,
)


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked. `answer` is None where the answer is another address to go on to; `form` is what a
    form sends where that is another type; `headers` are those that mean something here, and whether each has to be
    there; `always`: what everything like it is refused with."""

    method: str
    path: str
    operation: str
    summary: str
    answer: type[Struct] | dict[str, Any] | None
    refused: tuple[type[Refusal], ...] = ()
    body: type[Struct] | None = None
    status: int = 200
    security: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    form: type[Struct] | None = None
    headers: tuple[tuple[str, bool], ...] = ()
    always: tuple[type[Refusal], ...] = ALWAYS


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "POST",
        "/api/members/sign-in",
        "askForSignIn",
        "Have a link and six digits mailed; the answer is the same for every address",
        answers.Mailed,
        (
            *(*CHANGE, *BODY, refusals.InvalidAddress, refusals.InvalidParameter),
            *(refusals.UnknownNewsletter, refusals.TooMany),
        ),
        entry.SignInBody,
        202,
    ),
    Operation(
        "POST",
        "/api/members/sessions",
        "signIn",
        "Sign in by the link's token, or by the digits in the browser that asked for them",
        answers.Begun,
        (
            *(*CHANGE, *BODY, refusals.InvalidParameter, refusals.InvalidAddress, refusals.SignInDead),
            *(refusals.WrongCode, refusals.TooMany, refusals.UnusableKeyring),
        ),
        entry.RedeemBody,
        201,
    ),
    Operation(
        "GET",
        "/api/members/sessions",
        "listDevices",
        "Where this member is signed in",
        answers.Devices,
        _SESSION,
        security=("session",),
    ),
    Operation(
        "DELETE",
        "/api/members/sessions",
        "signOutEverywhere",
        "Sign out on every device",
        answers.Ended,
        CHANGE,
        security=("session",),
    ),
    Operation(
        "DELETE",
        "/api/members/sessions/{id}",
        "signOutDevice",
        "Sign out one device",
        answers.Ended,
        (*CHANGE, *_SESSION, refusals.UnknownSession),
        security=("session",),
    ),
    Operation(
        "POST",
        "/api/members/sign-out",
        "signOut",
        "Sign out here, or everywhere",
        answers.Ended,
        (*CHANGE, *BODY),
        sessions.SignOutBody,
        security=("session",),
    ),
    Operation(
        "GET",
        "/api/members/refresh",
        "refresh",
        "Get a new pass as a cookie, and go on to a page",
        None,
        (refusals.InvalidParameter,),
        status=302,
        security=("session",),
        parameters=("next",),
    ),
    Operation(
        "POST",
        "/api/members/passes",
        "givePass",
        "Get a new pass: for the session as a cookie, for another issuer's token in the answer",
        {"anyOf": [{"$ref": _REF.format(name=one.__name__)} for one in (answers.Renewed, answers.GivenPass)]},
        (*CHANGE, *_SESSION, *_EXCHANGE),
        security=("session", "issuer"),
    ),
    Operation(
        "POST",
        "/api/members/identity",
        "giveIdentity",
        "Get a token by which a forum or an app can trust who this is",
        answers.Identity,
        (
            *(*CHANGE, *BODY, *_SESSION, refusals.UnknownAudience, refusals.UnusableTrust),
            *(refusals.IdentityUnavailable, refusals.TooMany),
        ),
        identity.IdentityBody,
        security=("session",),
    ),
    Operation(
        "GET", "/api/members/me", "readAccount", "Read the account", answers.Profile, _SESSION, security=("session",)
    ),
    Operation(
        "PATCH",
        "/api/members/me",
        "changeAccount",
        "Choose the newsletters, all of them at once",
        answers.Profile,
        (*CHANGE, *BODY, *_SESSION, refusals.UnknownNewsletter, refusals.RecordChanged),
        account.ChangesBody,
        security=("session",),
    ),
    Operation(
        "DELETE",
        "/api/members/me",
        "eraseAccount",
        "Erase the account, soon after signing in",
        answers.Erased,
        (*CHANGE, *_PROOF),
        security=("session",),
    ),
    Operation(
        "GET",
        "/api/members/me/export",
        "exportAccount",
        "Take along everything that is kept of this member, soon after signing in",
        answers.Exported,
        _PROOF,
        security=("session",),
    ),
    Operation(
        "POST",
        "/api/members/email",
        "askForNewAddress",
        "Have both addresses asked whether the new one shall count, soon after signing in",
        answers.Mailed,
        (*CHANGE, *BODY, *_PROOF, refusals.InvalidAddress, refusals.TooMany),
        address.EmailBody,
        202,
        security=("session",),
    ),
    Operation(
        "POST",
        "/api/members/email/agree",
        "agreeToNewAddress",
        "Agree by the token that was mailed to one of the two",
        answers.Agreed,
        (*CHANGE, *BODY, refusals.SignInDead, refusals.AddressTaken),
        address.AgreeBody,
    ),
    Operation(
        "POST",
        "/api/members/gifts",
        "giveArticle",
        "Give an article away by a link; one that is given already and open still is not counted again",
        answers.Given,
        (*CHANGE, *BODY, *_SESSION, *_OPENING, refusals.MembersOnly, refusals.GiftsUsedUp),
        openings.OpeningBody,
        201,
        ("session",),
    ),
    Operation(
        "GET",
        "/api/members/gifts",
        "listGifts",
        "What this member has given away and is open still",
        answers.Gifts,
        (*_SESSION, refusals.NotOffered, refusals.MembersOnly, refusals.UnusableKeyring),
        security=("session",),
    ),
    Operation(
        "POST",
        "/api/members/reads",
        "readByMeter",
        "Read an article in full as one of so many a month; the same one again in that month is not counted",
        answers.MeteredRead,
        (*CHANGE, *BODY, *_SESSION, *_OPENING, refusals.MeterUsedUp),
        openings.OpeningBody,
        security=("session",),
    ),
    Operation(
        "GET",
        "/api/members/reads",
        "listMeteredReads",
        "What has been read by the meter this month",
        answers.Meter,
        (*_SESSION, refusals.NotOffered),
        security=("session",),
    ),
    Operation(
        "POST",
        "/api/newsletters/{slug}/unsubscribe",
        "unsubscribe",
        "End a newsletter by the token in its mails (RFC 8058); no body is read and no cookie counts",
        answers.Unsubscribed,
        (refusals.InvalidParameter,),
        parameters=("t",),
    ),
    Operation(
        "GET",
        "/api/newsletters/{slug}/unsubscribe",
        "showUnsubscribe",
        "Go on to the page with the button; changes nothing",
        None,
        (refusals.InvalidParameter,),
        status=303,
        parameters=("t",),
    ),
    Operation(
        "GET",
        "/.well-known/jwks.json",
        "readKeys",
        "Read the keys that identity tokens are verified by (RFC 7517)",
        _KEYS,
        (refusals.IdentityUnavailable,),
    ),
    Operation(
        "GET",
        "/.well-known/openid-configuration",
        "readConfiguration",
        "Read where those keys are, and what the tokens say",
        {"type": "object", "properties": {"issuer": {"type": "string"}}, "required": ["issuer", "jwks_uri"]},
    ),
)
_PARAMETERS: dict[str, dict[str, Any]] = {
    "next": {"type": "string", "description": "A path of this site"},
    "t": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "The token in the mail"},
    "idempotency-key": {
        "type": "string",
        "pattern": "^[\\x21-\\x7e]{1,255}$",
        "description": "Asked again with the same key within a day, the same is answered and nothing is done twice",
    },
    "stripe-signature": {"type": "string", "description": "A time and what signs it with the body, as Stripe has it"},
}
SECURITY: dict[str, dict[str, str]] = {
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-session", "description": "A session"},
    "issuer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of an issuer that the paper trusts",
    },
}


def paths_of(operations: Iterable[Operation], slug: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The paths, each with its operations."""
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, slug)
    return paths


def schemas_of(operations: Iterable[Operation]) -> dict[str, Any]:
    """The types of bodies and answers."""
    all_of_them = (kind for one in operations for kind in (one.body, one.form, one.answer))
    kinds = {kind for kind in all_of_them if isinstance(kind, type)}
    _, components = msgspec.json.schema_components(
        sorted({*kinds, answers.Renewed, answers.GivenPass}, key=lambda kind: kind.__name__), ref_template=_REF
    )
    schemas: dict[str, Any] = json.loads(json.dumps(components), object_hook=tidy)
    return schemas


def _operation(one: Operation, slug: dict[str, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {str(one.status): _success(one)}
    refused: tuple[type[Refusal], ...] = (*one.always, *one.refused)
    for status in sorted({STATUS[refusal] for refusal in refused}):
        of = [refusal for refusal in refused if STATUS[refusal] == status]
        responses[str(status)] = {
            "description": "; ".join(f"{refusal.title} (`{refusal.code}`)" for refusal in of),
            "content": {"application/problem+json": {"schema": {"$ref": _REF.format(name="Problem")}}},
        }
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "query", "required": name == "t", "schema": _PARAMETERS[name]} for name in one.parameters
    ]
    for name, schema in (("slug", slug), ("id", {"type": "string", "pattern": "^[0-9a-f]{32}$"})):
        if f"{{{name}}}" in one.path:
            parameters.append({"name": name, "in": "path", "required": True, "schema": schema})
    for name, is_needed in one.headers:
        parameters.append({"name": name, "in": "header", "required": is_needed, "schema": _PARAMETERS[name]})
    return {
        "summary": one.summary,
        "operationId": one.operation,
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": {"content": _bodies(one)}} if one.body else {}),
        "security": [{name: []} for name in one.security] or [{}],
        "responses": dict(sorted(responses.items())),
    }


def _bodies(one: Operation) -> dict[str, Any]:
    kinds = {"application/json": one.body, "application/x-www-form-urlencoded": one.form or one.body}
    return {name: {"schema": {"$ref": _REF.format(name=kind.__name__)}} for name, kind in kinds.items() if kind}


def _success(one: Operation) -> dict[str, Any]:
    if one.answer is None:
        return {
            "description": "Where to go on",
            "headers": {"location": {"description": "A path of this site", "schema": {"type": "string"}}},
        }
    schema = one.answer if isinstance(one.answer, dict) else {"$ref": _REF.format(name=one.answer.__name__)}
    return {"description": "Done", "content": {"application/json": {"schema": schema}}}

"""From a webhook to a message: who has sent it, what it is about, and that payments shall look. What it says of money
is not read: the processor is asked for that later (R8, R20)."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from shared.domain.decoding import UNREADABLE
from shared.domain.happenings import EVENT_TYPES, Happened
from shared.domain.refusals import InvalidRequest, MethodNotAllowed, Refusal, TooLarge, UnknownRoute, WrongMode
from shared.domain.webhooks import check_signature
from shared.http import NO_STORE, Answer, Request, problem, request_of
from shared.http_api import body_bytes, check_from_the_edge
from shared.ports.money import PaymentsQueue, VendorSecrets

PATH: Final = "/api/webhooks/stripe"
MAX_BODY_BYTES: Final = 256 * 1024  # a subscription of many items is some tens of KB
_RECEIVED: Final = '{"received":true}'
_Id = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_]{1,255}\Z")]


class Doors(Struct, frozen=True):
    """The doors of the function. `secret`: the name of what webhooks are signed with; `livemode`: whether money is
    meant; `proof`: what the edge says."""

    secrets: VendorSecrets
    queue: PaymentsQueue
    secret: str
    livemode: bool
    proof: str

    def __repr__(self) -> str:  # it holds a secret
        return "Doors()"


class Webhook(Struct, frozen=True):
    """A request with its body, exactly as it was sent: that is what is signed."""

    request: Request
    body: bytes

    def __repr__(self) -> str:  # it holds a signature, and what somebody paid
        return f"Webhook({self.request.method})"


class Outcome(Struct, frozen=True):
    """An answer, and what is worth counting of it: the code of a refusal, `queued` or `ignored`, and of what has proved
    itself the event's id and type."""

    answer: Answer
    what: str
    refusal: Refusal | None = None
    event: str | None = None
    type: str | None = None


class _Object(Struct, frozen=True):
    id: _Id | None = None


class _Data(Struct, frozen=True):
    object: _Object


class _Event(Struct, frozen=True):
    """Of https://docs.stripe.com/api/events/object what we need. Stripe may add to it whenever it likes."""

    id: _Id
    type: Annotated[str, Meta(pattern=r"\A[a-z0-9_.]{1,100}\Z")]
    created: Annotated[int, Meta(ge=0, le=253_402_300_799)]
    livemode: bool
    data: _Data


_events: Final = msgspec.json.Decoder(_Event)


def webhook_of(event: dict[str, Any]) -> Webhook:
    """The webhook in an event of an HTTP API, payload format 2.0."""
    return Webhook(request_of(event), body_bytes(event))


def take(webhook: Webhook, doors: Doors, now: float) -> Outcome:
    """The answer to one request, after the event that it tells of is on the payments' queue. Only what nobody expected
    is raised. Whatever is not 200, the processor sends again, for three days."""
    try:
        happened = _read(webhook, doors, now)
        if happened.type not in EVENT_TYPES:
            return _received("ignored", happened)
        if not happened.object:
            raise InvalidRequest("The event does not say what it is about: data.object.id is missing.")
        doors.queue.put((happened,))
    except Refusal as refusal:
        return Outcome(problem(refusal), refusal.code, refusal)
    return _received("queued", happened)


def _read(webhook: Webhook, doors: Doors, now: float) -> Happened:
    """What has happened, believed. The steps are in this order because each trusts the ones before it."""
    request, body = webhook.request, webhook.body
    check_from_the_edge(request, doors.proof)
    if request.path != PATH:
        raise UnknownRoute("There is nothing here. Check the address.")
    if request.method != "POST":
        raise MethodNotAllowed("Webhooks are sent here (POST), and nothing is read.", allow="POST")
    request.parameters()
    if len(body) > MAX_BODY_BYTES:
        raise TooLarge("256 KB is the most that is taken here.")
    check_signature(body, request.header("stripe-signature"), doors.secrets.read(doors.secret), now)
    try:
        event = _events.decode(body)
    except UNREADABLE as error:
        raise InvalidRequest("This is signed, and no event: id, type, created, livemode, data.object.") from error
    if event.livemode != doors.livemode:
        raise WrongMode("This paper and this event are not of the same mode, test or live.")
    return Happened(event.id, event.type, event.data.object.id or "", event.created, event.livemode)


def _received(what: str, happened: Happened) -> Outcome:
    headers = {"content-type": "application/json", "cache-control": NO_STORE}
    return Outcome(Answer(200, headers, _RECEIVED), what, None, happened.event, happened.type)

"""Webhooks: only whoever knows the secret is believed, and only that something has happened. Numbers R… are the lines
of docs/security.md."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
from typing import Any

import pytest

from functions.webhooks.intake import MAX_BODY_BYTES, PATH, Doors, Outcome, take, webhook_of
from shared.domain.happenings import EVENT_TYPES, Happened
from tests.money_twins import MemoryPaymentsQueue, MemorySecrets

NOW = 1_790_000_000
SECRET = "whsec_of_the_papers_own"
OTHER = "whsec_of_somebody_else"
PROOF = "proof"
EVENT: dict[str, Any] = {
    "id": "evt_1",
    "object": "event",
    "api_version": "2026-10-29",
    "created": NOW - 2,
    "data": {"object": {"id": "sub_1", "object": "subscription", "status": "active", "metadata": {"tier": "member"}}},
    "livemode": False,
    "pending_webhooks": 1,
    "request": {"id": None, "idempotency_key": None},
    "type": "customer.subscription.updated",
}
NEEDED = ("id", "type", "created", "livemode", "data")
HAPPENED = Happened("evt_1", "customer.subscription.updated", "sub_1", NOW - 2, livemode=False)


class Paper:
    """A paper that takes webhooks."""

    def __init__(self) -> None:
        self.secrets, self.queue = MemorySecrets(stripe=(SECRET,)), MemoryPaymentsQueue()
        self.livemode, self.proof = False, PROOF

    def gets(self, event: dict[str, Any]) -> Outcome:
        doors = Doors(self.secrets, self.queue, "stripe", self.livemode, self.proof)
        return take(webhook_of(event), doors, NOW)


@pytest.fixture
def paper() -> Paper:
    return Paper()


def _body(**changes: Any) -> bytes:
    # As Stripe sends it: indented, and so no bytes that anybody gets by reading and writing it again.
    return json.dumps({**EVENT, **changes}, indent=2).encode()


def _signature(body: bytes, secret: str = SECRET, at: int = NOW) -> str:
    made = hmac.new(secret.encode(), b"%d.%s" % (at, body), hashlib.sha256).hexdigest()
    return f"t={at},v1={made}"


def _sent(body: bytes, signature: str | None = None, *, as_text: bool = True, **changes: Any) -> dict[str, Any]:
    """The event of a webhook as the HTTP API makes it. `changes`: `method`, `path`, `query`, or a header."""
    method, path = changes.pop("method", "POST"), changes.pop("path", PATH)
    query = changes.pop("query", "")
    headers = {
        "content-type": "application/json; charset=utf-8",
        "x-edge-proof": PROOF,
        "stripe-signature": _signature(body) if signature is None else signature,
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {"http": {"method": method, "path": path}},
        "body": body.decode(errors="replace") if as_text else base64.b64encode(body).decode(),
        "isBase64Encoded": not as_text,
    }


def _code(outcome: Outcome) -> tuple[int, str]:
    body = json.loads(outcome.answer.body)
    return outcome.answer.status, body.get("code", "")


# What is believed ----------------------------------------------------------------------------------------------------


def test_what_has_happened_is_put_on_the_queue_and_nothing_of_what_it_says(paper: Paper) -> None:
    outcome = paper.gets(_sent(_body()))
    assert (outcome.answer.status, outcome.answer.body, outcome.what) == (200, '{"received":true}', "queued")
    assert outcome.answer.headers == {
        "content-type": "application/json",
        "cache-control": "private, no-store, stale-if-error=0",
    }
    assert paper.queue.messages == [HAPPENED]


@pytest.mark.parametrize("type", sorted(EVENT_TYPES))
def test_all_that_payments_look_at_is_queued(paper: Paper, type: str) -> None:
    assert paper.gets(_sent(_body(type=type))).what == "queued"
    assert [message.type for message in paper.queue.messages if isinstance(message, Happened)] == [type]


@pytest.mark.parametrize("type", ["customer.created", "invoice.upcoming", "price.updated", "something.new"])
@pytest.mark.parametrize("thing", [{"id": "x_1"}, {"object": "invoice"}])
def test_what_nothing_follows_of_is_received_and_dropped(paper: Paper, type: str, thing: dict[str, str]) -> None:
    """A refusal would bring it back for three days."""
    outcome = paper.gets(_sent(_body(type=type, data={"object": thing})))
    assert (outcome.answer.status, outcome.what, outcome.type) == (200, "ignored", type)
    assert paper.queue.messages == []


def test_a_body_comes_as_base64_or_as_text_and_its_bytes_are_the_same(paper: Paper) -> None:
    body = _body(data={"object": {"id": "sub_1", "description": "für Anna – “5 €” \\u2028 "}})
    assert paper.gets(_sent(body, as_text=False)).what == "queued"
    assert paper.gets(_sent(body, as_text=True)).what == "queued"


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "", "application/x-www-form-urlencoded"])
def test_what_it_calls_itself_does_not_matter(paper: Paper, kind: str) -> None:
    """What is signed is the body alone."""
    assert paper.gets(_sent(_body(), content_type=kind)).what == "queued"


def test_one_of_several_signatures_is_enough(paper: Paper) -> None:
    body = _body()
    good = _signature(body).partition(",")[2]
    assert paper.gets(_sent(body, f"t={NOW},v1={'0' * 64},{good},v0=abc,v9={'1' * 64}")).what == "queued"


@pytest.mark.parametrize("signed_with", ["whsec_new", "whsec_old"])
def test_while_the_secret_changes_both_are_believed(paper: Paper, signed_with: str) -> None:
    """R33."""
    paper.secrets.values["stripe"] = ("whsec_new", "whsec_old")
    body = _body()
    assert paper.gets(_sent(body, _signature(body, signed_with))).what == "queued"
    assert _code(paper.gets(_sent(body, _signature(body, OTHER)))) == (400, "invalid_signature")


@pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 300])
def test_five_minutes_either_way_are_now(paper: Paper, seconds: int) -> None:
    body = _body()
    assert paper.gets(_sent(body, _signature(body, at=NOW + seconds))).what == "queued"


# What is not (R8) ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [(), ("",), (" ",), ("\n", "\t")])
@pytest.mark.parametrize("secret", ["", " ", SECRET])
def test_without_a_secret_nobody_is_believed(paper: Paper, values: tuple[str, ...], secret: str) -> None:
    """Nor whoever signs with nothing."""
    paper.secrets.values["stripe"] = values
    body = _body()
    assert _code(paper.gets(_sent(body, _signature(body, secret)))) == (403, "webhooks_closed")
    assert paper.queue.messages == []


def _re_serialised(body: bytes) -> bytes:
    return json.dumps(json.loads(body)).encode()


def _tampered(body: bytes) -> bytes:
    return body.replace(b"sub_1", b"sub_2")


FORGED = {
    "signed by somebody else": lambda body: _sent(body, _signature(body, OTHER)),
    "signed with nothing": lambda body: _sent(body, _signature(body, "")),
    "not signed": lambda body: _sent(body, ""),
    "too old": lambda body: _sent(body, _signature(body, at=NOW - 301)),
    "from the future": lambda body: _sent(body, _signature(body, at=NOW + 301)),
    "from the far future": lambda body: _sent(body, _signature(body, at=NOW + 10**9)),
    "with another time than was signed": lambda body: _sent(body, f"t={NOW},{_signature(body, at=1).split(',')[1]}"),
    "with two times": lambda body: _sent(body, f"t={NOW},{_signature(body, at=NOW - 900)}"),
    "with a time too many": lambda body: _sent(body, f"{_signature(body)},t={NOW}"),
    "of the old scheme alone": lambda body: _sent(body, _signature(body).replace("v1=", "v0=")),
    "in capitals": lambda body: _sent(body, _signature(body).upper()),
    "written again": lambda body: _sent(_re_serialised(body), _signature(body)),
    "tampered with": lambda body: _sent(_tampered(body), _signature(body)),
    "tampered with, as base64": lambda body: _sent(_tampered(body), _signature(body), as_text=False),
    "with a byte more": lambda body: _sent(body + b"\n", _signature(body)),
    "without a body": lambda body: _sent(b"", _signature(body)),
    "garbage": lambda body: _sent(b"\xff\xfe{", _signature(body), as_text=False),
    "compressed": lambda body: _sent(gzip.compress(body), _signature(body), as_text=False, content_encoding="gzip"),
    "with a header without an end": lambda body: _sent(body, _signature(body) + ",v1=" * 10_000),
}


@pytest.mark.parametrize("how", FORGED)
def test_what_is_forged_is_refused_before_it_is_read(paper: Paper, how: str) -> None:
    outcome = paper.gets(FORGED[how](_body()))
    assert _code(outcome) == (400, "invalid_signature")
    assert (outcome.event, outcome.type) == (None, None)
    assert paper.queue.messages == []


def test_a_body_that_is_no_base64_is_nobodys(paper: Paper) -> None:
    event = {**_sent(_body()), "body": "%%%", "isBase64Encoded": True}
    assert _code(paper.gets(event)) == (400, "invalid_signature")
    event = {**_sent(_body()), "body": "\ud800"}
    assert _code(paper.gets(event)) == (400, "invalid_signature")
    event = {name: value for name, value in _sent(_body()).items() if name not in ("body", "isBase64Encoded")}
    assert _code(paper.gets(event)) == (400, "invalid_signature")


NO_EVENTS = [b"", b"\0", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"a":' * 20_000]
WRONG: list[tuple[str, list[Any]]] = [
    ("id", ["", "evt/../1", "e" * 256, 1, None]),
    ("type", ["", "A B", "t" * 101, 1]),
    ("created", ["now", -1, 10**30, 1.5, None]),
    ("livemode", ["false", 0, None]),
    ("data", [{}, [], None, {"object": None}, *({"object": thing} for thing in ({}, {"id": None}))]),
    ("data", [{"object": {"id": "a/b"}}, {"object": {"id": ""}}, {"object": {"id": []}}, {"object": {"id": 1}}]),
]


@pytest.mark.parametrize(
    "body",
    [
        *NO_EVENTS,
        *(json.dumps({name: value for name, value in EVENT.items() if name != missing}).encode() for missing in NEEDED),
        *(_body(**{name: value}) for name, values in WRONG for value in values),
    ],
)
def test_what_is_signed_and_no_event_is_refused(paper: Paper, body: bytes) -> None:
    assert _code(paper.gets(_sent(body, _signature(body), as_text=False))) == (400, "invalid_request")
    assert paper.queue.messages == []


@pytest.mark.parametrize("livemode", [True, False])
def test_what_is_of_the_other_mode_is_refused(paper: Paper, livemode: bool) -> None:
    """Whoever knows the test mode's secret spends no money, and gets nothing for it."""
    paper.livemode = livemode
    assert paper.gets(_sent(_body(livemode=livemode))).what == "queued"
    assert _code(paper.gets(_sent(_body(livemode=not livemode)))) == (400, "wrong_mode")
    assert _code(paper.gets(_sent(_body(livemode=not livemode, type="customer.created")))) == (400, "wrong_mode")
    assert len(paper.queue.messages) == 1


@pytest.mark.parametrize("as_text", [True, False])
def test_what_is_too_large_is_not_even_looked_at(paper: Paper, as_text: bool) -> None:
    """R25. Up to that size it is read: events are larger than forms."""
    paper.secrets.broken = True  # whoever asked for the secret would be told so
    body = _body(padding="x" * MAX_BODY_BYTES)
    assert _code(paper.gets(_sent(body, as_text=as_text))) == (413, "too_large")
    paper.secrets.broken = False
    body = _body(padding="x" * (MAX_BODY_BYTES - len(_body(padding=""))))
    assert len(body) == MAX_BODY_BYTES
    assert paper.gets(_sent(body, as_text=as_text)).what == "queued"


# Where and how it is asked -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_webhooks_are_posted(paper: Paper, method: str) -> None:
    """R36."""
    outcome = paper.gets(_sent(_body(), method=method))
    assert _code(outcome) == (405, "method_not_allowed")
    assert outcome.answer.headers["allow"] == "POST"
    assert paper.queue.messages == []


@pytest.mark.parametrize("path", ["/api/webhooks/paypal", "/api/webhooks/stripe/", "/api/webhooks/stripe/x", "/"])
def test_nothing_else_is_here(paper: Paper, path: str) -> None:
    assert _code(paper.gets(_sent(_body(), path=path))) == (404, "unknown_route")
    assert paper.queue.messages == []


def test_it_takes_no_parameters(paper: Paper) -> None:
    assert _code(paper.gets(_sent(_body(), query="livemode=true"))) == (400, "unknown_parameter")
    assert paper.queue.messages == []


@pytest.mark.parametrize("said", ["", "wrong", "PROOF", "proof,proof"])
def test_whoever_comes_round_the_edge_is_refused(paper: Paper, said: str) -> None:
    assert _code(paper.gets(_sent(_body(), x_edge_proof=said))) == (403, "not_from_the_edge")
    paper.proof = ""
    assert _code(paper.gets(_sent(_body(), x_edge_proof=said))) == (403, "not_from_the_edge")
    assert paper.queue.messages == []


# What is not there now -----------------------------------------------------------------------------------------------


def test_what_could_not_be_queued_is_to_be_sent_again(paper: Paper) -> None:
    """R20: what is answered with 200 would be lost."""
    paper.queue.broken = True
    outcome = paper.gets(_sent(_body()))
    assert _code(outcome) == (503, "store_unavailable")
    assert outcome.answer.headers["retry-after"]
    paper.queue.broken = False
    assert paper.gets(_sent(_body())).what == "queued"
    assert paper.queue.messages == [HAPPENED]


def test_while_the_secret_cannot_be_read_nobody_is_believed(paper: Paper) -> None:
    paper.secrets.broken = True
    assert _code(paper.gets(_sent(_body()))) == (503, "store_unavailable")
    assert paper.queue.messages == []


def test_nothing_of_it_shows_where_values_are_shown(paper: Paper) -> None:
    """R27: tracebacks and logs show values by their names."""
    event = _sent(_body())
    doors = Doors(paper.secrets, paper.queue, "stripe", livemode=False, proof="of-the-edge")
    shown = repr([webhook_of(event), doors])
    for secret in (SECRET, "sub_1", "v1=", "of-the-edge"):
        assert secret not in shown

"""What nobody well-meaning sends, to every route: refused with a code that is described, and nothing has changed."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from functions.members import routes
from functions.members.answer import DESK
from shared.domain.members import unsubscribe_token
from shared.domain.refusals import NotOffered
from shared.http import STATUS
from shared.personal import MAX_BODY_BYTES, personal_request_of
from shared.personal.answering import Outcome
from tests.functions.visitor import ADA, NOW, PAPER, PROOF, House, Visitor

CODES = {kind.code: status for kind, status in STATUS.items()}
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
SESSION_PATH = f"/api/members/sessions/{'a' * 32}"
UNSUBSCRIBE = "/api/newsletters/weekly/unsubscribe"
ROUTES = [(method, path) for path, methods in routes._EXACT.items() for method in methods]
AGREE = f"/account/email/{'0' * 64}"
ROUTES += [
    ("GET", AGREE),
    ("DELETE", SESSION_PATH),
    ("POST", SESSION_PATH),
    ("GET", UNSUBSCRIBE),
    ("POST", UNSUBSCRIBE),
]
CHANGING = [(method, path) for method, path in ROUTES if routes.route_of(method, path).changes]
# What each route that reads a body takes: a body of the right shape, in which one member is made odd.
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/api/members/sign-in"): {"email": "bob@reader.example"},
    ("POST", "/api/members/sessions"): {"token": "0" * 64},
    ("POST", "/api/members/sign-out"): {"everywhere": True},
    ("PATCH", "/api/members/me"): {"newsletters": ["letters"]},
    ("POST", "/api/members/me"): {"newsletters": ["letters"]},
    ("POST", "/api/members/identity"): {"audience": "forum"},
    ("POST", "/api/members/email"): {"email": "new@reader.example"},
    ("POST", "/api/members/email/agree"): {"token": "0" * 64},
}
READERS = list(BODIES)
REST = [one for one in ROUTES if one not in BODIES]


def name(value: object) -> str:
    return " ".join(value) if isinstance(value, tuple) and all(isinstance(one, str) for one in value) else ""


class Desk:
    """A signed-in reader whose requests are written by hand, as the HTTP API would hand them over."""

    def __init__(self) -> None:
        self.house = House()
        self.ada = Visitor(self.house)
        self.ada.sign_in(newsletter="weekly")
        found = self.house.doors.members.read(self.ada.cookies["__Host-session"][:32])
        assert found is not None
        self.unsubscribing = f"t={unsubscribe_token(found[0], 'weekly')}"
        self.before = dict(self.house.records.values)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        *,
        query: str = "",
        cookies: list[str] | None = None,
        encoded: bool = True,
        **headers: str | None,
    ) -> Outcome:
        """`encoded`: whether the body comes in base64, as everything does that is no text."""
        given: dict[str, str | None] = {
            "x-edge-proof": PROOF,
            "x-viewer-address": "203.0.113.7",
            "origin": PAPER.url,
            "content-type": JSON,
            **{named.replace("_", "-"): value for named, value in headers.items()},
        }
        if isinstance(body, bytes) and encoded:
            body = base64.b64encode(body).decode()
        elif isinstance(body, bytes):
            body = body.decode()
        event: dict[str, Any] = {
            "rawPath": path,
            "rawQueryString": query,
            "headers": {named: value for named, value in given.items() if value is not None},
            "cookies": [f"{k}={v}" for k, v in self.ada.cookies.items()] if cookies is None else cookies,
            "requestContext": {"http": {"method": method}},
            "body": body,
            "isBase64Encoded": encoded,
        }
        return DESK.respond(personal_request_of(event), self.house.doors, self.house.now)

    def refused(self, outcome: Outcome) -> str:
        """That this is a refusal as it ought to be, as a problem or a page, and has changed nothing. Returns its
        code."""
        answer, refusal = outcome.answer, outcome.refusal
        assert refusal is not None, (answer.status, answer.body)
        assert 0 < len(refusal.detail) < 400
        assert "no-store" in answer.headers["cache-control"]
        self.unchanged()
        if answer.status == 303:  # a page that wants somebody who is signed in
            assert (refusal.code, answer.headers["location"][:14]) == ("not_signed_in", "/sign-in?next=")
            return refusal.code
        assert 400 <= answer.status < 500
        assert CODES[refusal.code] == answer.status
        if answer.headers["content-type"] == "application/problem+json":
            said = json.loads(answer.body)
            assert (said["code"], said["status"], said["detail"]) == (refusal.code, answer.status, refusal.detail)
        else:
            assert answer.headers["content-type"].startswith("text/html")
        return refusal.code

    def unchanged(self) -> None:
        assert self.house.records.values == self.before
        assert not self.house.postbox.orders


@pytest.fixture
def desk() -> Desk:
    return Desk()


def with_odd_text(shape: Mapping[str, Any], text: bytes) -> bytes:
    """The body with a raw JSON text in place of its first member's."""
    first = next(iter(shape))
    return b'{"%s":%s}' % (first.encode(), b"[%s]" % text if isinstance(shape[first], list) else text)


ODD_BODIES: dict[str, Any] = {
    "empty": lambda shape: b"",
    "white space": lambda shape: b" \r\n",
    "no JSON": lambda shape: b"hello",
    "cut off": lambda shape: json.dumps(shape).encode()[:-1],
    "followed by another": lambda shape: json.dumps(shape).encode() * 2,
    "with a byte order mark": lambda shape: b"\xef\xbb\xbf" + json.dumps(shape).encode(),
    "UTF-16": lambda shape: json.dumps(shape).encode("utf-16"),
    "an array": lambda shape: json.dumps([shape]).encode(),
    "an array of values": lambda shape: json.dumps(list(shape.values())).encode(),
    "a text": lambda shape: b'"email"',
    "a number": lambda shape: b"7",
    "null": lambda shape: b"null",
    "true": lambda shape: b"true",
    "a number inside": lambda shape: json.dumps(dict.fromkeys(shape, 7)).encode(),
    "null inside": lambda shape: json.dumps(dict.fromkeys(shape)).encode(),
    "an object inside": lambda shape: json.dumps({key: {"a": "b"} for key in shape}).encode(),
    "numbers in a list": lambda shape: json.dumps({key: [1, 2] for key in shape}).encode(),
    "lists in a list": lambda shape: json.dumps({key: [["a"]] for key in shape}).encode(),
    "a huge number": lambda shape: with_odd_text(shape, b"1e999999"),
    "no number": lambda shape: with_odd_text(shape, b"NaN"),
    "an unknown field": lambda shape: json.dumps({**shape, "admin": True}).encode(),
    "an unknown field with a long name": lambda shape: json.dumps({**shape, "x" * 60_000: 1}).encode(),
    "a prototype": lambda shape: json.dumps({**shape, "__proto__": {"tier": "member"}}).encode(),
    "a field in capitals": lambda shape: json.dumps({key.upper(): value for key, value in shape.items()}).encode(),
    "one byte too long": lambda shape: json.dumps(shape).encode().ljust(MAX_BODY_BYTES + 1),
    "much too long": lambda shape: b'{"email":"' + b"a" * 5_000_000 + b'"}',
    "nested deeply": lambda shape: with_odd_text(shape, b"[" * 30_000 + b"]" * 30_000),
    "objects nested deeply": lambda shape: with_odd_text(shape, b'{"a":' * 9_000 + b"1" + b"}" * 9_000),
    "wrong UTF-8": lambda shape: with_odd_text(shape, b'"\xff\xfe@reader.example"'),
    "overlong UTF-8": lambda shape: with_odd_text(shape, b'"a\xc0\x80@reader.example"'),
    "half a surrogate pair": lambda shape: with_odd_text(shape, rb'"\ud800@reader.example"'),
    "half a pair in UTF-8": lambda shape: with_odd_text(shape, b'"\xed\xa0\x80@reader.example"'),
    "half a pair as a name": lambda shape: b'{"\\ud800":1}',
    "a NUL": lambda shape: with_odd_text(shape, b'"a\x00b@reader.example"'),
    "a NUL, escaped": lambda shape: with_odd_text(shape, rb'"a\u0000b@reader.example"'),
    "a NUL around": lambda shape: b"\0" + json.dumps(shape).encode(),
    "a line break, escaped": lambda shape: with_odd_text(shape, rb'"a@reader.example\r\nBcc: b@reader.example"'),
    "a gzip bomb": lambda shape: gzip.compress(bytes(10_000_000)),
}
# A body that may be left out, as the route's own description says.
TAKEN = {("POST", "/api/members/sign-out", "empty"), ("POST", "/api/members/sign-out", "empty form")}


@pytest.mark.parametrize("odd", ODD_BODIES)
@pytest.mark.parametrize("route", READERS, ids=name)
def test_an_odd_body_is_refused(desk: Desk, route: tuple[str, str], odd: str) -> None:
    if (*route, odd) in TAKEN:
        return
    code = desk.refused(desk.ask(*route, ODD_BODIES[odd](BODIES[route])))

    assert odd not in ("one byte too long", "much too long") or code == "too_large"


@pytest.mark.parametrize("odd", ODD_BODIES)
@pytest.mark.parametrize("route", REST, ids=name)
def test_an_odd_body_does_no_harm_where_none_is_read(desk: Desk, route: tuple[str, str], odd: str) -> None:
    plain, bodied = Desk().ask(*route), desk.ask(*route, ODD_BODIES[odd]({"email": ADA}))

    assert (bodied.answer.status, bodied.answer.headers) == (plain.answer.status, plain.answer.headers)


ODD_FORMS: dict[str, bytes] = {
    "given twice": b"email=a%40reader.example&email=b%40reader.example",
    "a token twice": b"token=1&token=2",
    "an unknown field": b"admin=1",
    "without a value": b"email",
    "empty members": b"&&",
    "wrong UTF-8": b"email=%ff%fe%40reader.example",
    "raw bytes": b"email=\xff\xfe",
    "half a surrogate pair": b"email=%ed%a0%80%40reader.example",
    "a NUL": b"email=a%00%40reader.example",
    "a line break": b"email=a%40reader.example%0d%0aBcc:%20b%40reader.example",
    "too many": b"&".join(b"newsletters=weekly" for _ in range(101)),
    "too many names": b"&".join(b"x%d=1" % n for n in range(101)),
    "an index": b"newsletters[0]=weekly",
    "too long": b"email=" + b"a" * MAX_BODY_BYTES,
}


@pytest.mark.parametrize("odd", ODD_FORMS)
@pytest.mark.parametrize("route", READERS, ids=name)
def test_an_odd_form_is_refused(desk: Desk, route: tuple[str, str], odd: str) -> None:
    desk.refused(desk.ask(*route, ODD_FORMS[odd], content_type=FORM))


ODD_TYPES: dict[str, dict[str, str | None]] = {
    "none": {"content_type": None},
    "text": {"content_type": "text/plain"},
    "JSON as text": {"content_type": "text/plain;charset=UTF-8, application/json"},
    "several parts": {"content_type": "multipart/form-data; boundary=x"},
    "XML": {"content_type": "application/xml"},
    "octets": {"content_type": "application/octet-stream"},
    "another JSON": {"content_type": "application/vnd.api+json"},
    "twice": {"content_type": "application/json, application/json"},
    "nonsense": {"content_type": ";;;=\x00"},
    "gzip": {"content_encoding": "gzip"},
    "br": {"content_encoding": "br"},
    "gzip in capitals": {"content_encoding": "GZIP"},
    "twice encoded": {"content_encoding": "identity, gzip"},
}


@pytest.mark.parametrize("odd", ODD_TYPES)
@pytest.mark.parametrize("route", READERS, ids=name)
def test_a_body_of_another_type_is_refused_unread(desk: Desk, route: tuple[str, str], odd: str) -> None:
    sent = json.dumps(BODIES[route]).encode()

    code = desk.refused(desk.ask(*route, sent, **ODD_TYPES[odd]))  # type: ignore[arg-type]
    assert code == "unsupported_type"


def test_a_body_may_come_in_base64_and_one_that_is_none_is_refused(desk: Desk) -> None:
    route, shape = ("PATCH", "/api/members/me"), b'{"newsletters":["letters"]}'
    for wrong in ("%%%", "abc", "YWJj\n=", "é", "\ud800"):
        assert desk.refused(desk.ask(*route, wrong)) == "invalid_request"
    assert desk.refused(desk.ask(*route, "\ud800", encoded=False)) == "invalid_request"
    assert desk.ask(*route, shape).answer.status == 200
    assert desk.ask(*route, shape, encoded=False).answer.status == 200


# Whose page asks, and from where --------------------------------------------------------------------------------------

FOREIGN: dict[str, dict[str, str | None]] = {
    "another site": {"origin": "https://evil.example"},
    "null": {"origin": "null"},
    "ours without TLS": {"origin": PAPER.url.replace("https:", "http:")},
    "ours at another port": {"origin": f"{PAPER.url}:8443"},
    "ours and a dot": {"origin": f"{PAPER.url}."},
    "ours as the beginning": {"origin": f"{PAPER.url}.evil.example"},
    "ours as the end": {"origin": "https://evil-" + PAPER.url.removeprefix("https://")},
    "ours as a user": {"origin": f"{PAPER.url}@evil.example"},
    "ours in capitals": {"origin": PAPER.url.upper()},
    "ours with a path": {"origin": f"{PAPER.url}/"},
    "two": {"origin": f"{PAPER.url}, https://evil.example"},
    "half a surrogate pair": {"origin": "\ud800"},
    "another site, which the browser calls ours": {"origin": "https://evil.example", "sec_fetch_site": "same-origin"},
    "none, cross-site": {"origin": None, "sec_fetch_site": "cross-site"},
    "none, same-site": {"origin": None, "sec_fetch_site": "same-site"},
    "none, typed": {"origin": None, "sec_fetch_site": "none"},
    "none, nonsense": {"origin": None, "sec_fetch_site": "same-origin, cross-site"},
    "none at all": {"origin": None},
    "empty": {"origin": ""},
}


@pytest.mark.parametrize("foreign", FOREIGN)
@pytest.mark.parametrize("route", CHANGING, ids=name)
def test_what_changes_something_is_asked_by_our_own_pages(desk: Desk, route: tuple[str, str], foreign: str) -> None:
    sent = json.dumps(BODIES[route]).encode() if route in BODIES else None

    assert desk.refused(desk.ask(*route, sent, **FOREIGN[foreign])) == "foreign_origin"  # type: ignore[arg-type]


@pytest.mark.parametrize("proof", [None, "", PROOF[:-1], PROOF.upper(), f" {PROOF}", f"{PROOF},{PROOF}", "é", "\ud800"])
@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_nobody_goes_round_the_edge(desk: Desk, route: tuple[str, str], proof: str | None) -> None:
    sent = json.dumps(BODIES[route]).encode() if route in BODIES else None

    assert desk.refused(desk.ask(*route, sent, x_edge_proof=proof)) == "not_from_the_edge"


@pytest.mark.parametrize("proof", [None, ""])
def test_a_proof_that_was_never_set_proves_nothing(desk: Desk, proof: str | None) -> None:
    desk.house.doors = replace(desk.house.doors, proof="")

    assert desk.refused(desk.ask("GET", "/api/members/me", x_edge_proof=proof)) == "not_from_the_edge"


# Cookies --------------------------------------------------------------------------------------------------------------

NEED_A_SESSION = [
    ("GET", "/account"),
    ("GET", "/account/erase"),
    ("GET", "/account/email"),
    ("GET", "/api/members/me"),
    ("PATCH", "/api/members/me"),
    ("DELETE", "/api/members/me"),
    ("POST", "/api/members/me/erase"),
    ("GET", "/api/members/me/export"),
    ("GET", "/api/members/sessions"),
    ("DELETE", SESSION_PATH),
    ("POST", "/api/members/passes"),
    ("POST", "/api/members/identity"),
    ("POST", "/api/members/email"),
]
ODD_COOKIES: dict[str, Any] = {
    "none": lambda ours: [],
    "two of one name": lambda ours: [f"__Host-session={ours}", f"__Host-session={'f' * 128}"],
    "the same twice": lambda ours: [f"__Host-session={ours}"] * 2,
    "eight thousand characters": lambda ours: [f"__Host-session={ours.ljust(8_192, 'a')}"],
    "no value": lambda ours: ["__Host-session="],
    "no sign": lambda ours: ["__Host-session"],
    "no name": lambda ours: [f"={ours}"],
    "another name": lambda ours: [f"__host-session={ours}"],
    "in quotes": lambda ours: [f'__Host-session="{ours}"'],
    "in capitals": lambda ours: [f"__Host-session={ours.upper()}"] if ours.upper() != ours else [],
    "a line behind": lambda ours: [f"__Host-session={ours}\n"],
    "cut off": lambda ours: [f"__Host-session={ours[:-1]}"],
    "half a surrogate pair": lambda ours: [f"__Host-session={ours[:-1]}\ud800"],
    "other digits": lambda ours: [f"__Host-session={ours[:-1]}٣"],
    "nobody's": lambda ours: [f"__Host-session={'0' * 128}"],
    "of another member": lambda ours: [f"__Host-session={'0' * 32}{ours[32:]}"],
    "of another session": lambda ours: [f"__Host-session={ours[:32]}{'0' * 32}{ours[64:]}"],
}


@pytest.mark.parametrize("odd", ODD_COOKIES)
@pytest.mark.parametrize("route", NEED_A_SESSION, ids=name)
def test_an_odd_cookie_is_nobody(desk: Desk, route: tuple[str, str], odd: str) -> None:
    cookies = ODD_COOKIES[odd](desk.ada.cookies["__Host-session"])
    sent = json.dumps(BODIES[route]).encode() if route in BODIES else None

    assert desk.refused(desk.ask(*route, sent, cookies=cookies)) == "not_signed_in"


@pytest.mark.parametrize("odd", list(ODD_COOKIES))
def test_an_odd_cookie_of_the_asking_browser_redeems_no_digits(desk: Desk, odd: str) -> None:
    browser = Visitor(desk.house)
    _, code = browser.ask_for_mail("bob@reader.example")
    desk.before = dict(desk.house.records.values)
    cookies = [
        one.replace("__Host-session", "__Host-sign-in").replace("__host-session", "__host-sign-in")
        for one in ODD_COOKIES[odd](browser.cookies["__Host-sign-in"])
    ]

    assert desk.refused(desk.ask("POST", "/api/members/sessions", f'{{"code":"{code}"}}'.encode(), cookies=cookies))


@pytest.mark.parametrize(
    "address", [None, "", "nonsense", "203.0.113.7:443", "203.0.113.7, 198.51.100.1", "[::1]", "fe80::1%eth0", "\ud800"]
)
def test_an_address_that_is_none_is_limited_with_all_of_its_kind(desk: Desk, address: str | None) -> None:
    def ask() -> int:
        sent = json.dumps({"token": "0" * 64}).encode()
        return desk.ask("POST", "/api/members/sessions", sent, x_viewer_address=address).answer.status

    assert [ask() for _ in range(61)] == [410] * 60 + [429]
    desk.unchanged()


# Methods, paths, parameters -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "post", "", "GET\r\n", "\ud800"])
@pytest.mark.parametrize("path", sorted({path for _, path in ROUTES}))
def test_an_unknown_method_is_refused_with_those_that_are_known(desk: Desk, path: str, method: str) -> None:
    outcome = desk.ask(method, path)

    assert desk.refused(outcome) == "method_not_allowed"
    assert outcome.answer.headers["allow"]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/api",
        "/api/members",
        "/api/members/",
        "/api/members/me/",
        "/api/members//me",
        "/api/members/../members/me",
        "/api/members/me.css",
        "/api/members/me/x.js",
        "/api/members/me;a=b",
        "/api/members/me%00",
        "/api/members/me\0",
        "/API/members/me",
        "/api/members/mE",
        "/api/members/me\n",
        "/api/members/sessions/",
        f"{SESSION_PATH}a",
        f"{SESSION_PATH}/",
        f"{SESSION_PATH}\n",
        SESSION_PATH.upper(),
        "/api/newsletters//unsubscribe",
        "/api/newsletters/a/b/unsubscribe",
        "/api/newsletters/-/unsubscribe",
        "/api/newsletters/%2e%2e/unsubscribe",
        "/api/newsletters/WEEKLY/unsubscribe",
        f"/api/newsletters/{'a' * 121}/unsubscribe",
        "/api/newsletters/weekly/unsubscribe/",
        "/.well-known/",
        "/.well-known/jwks.json/",
        "/.well-known/security.txt",
        "/api/members/\ud800",
    ],
)
def test_an_unknown_path_is_nothing_to_anybody(desk: Desk, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        outcome = desk.ask(method, path)
        assert desk.refused(outcome) == "unknown_route"
        assert outcome.route in (f"{method} elsewhere", f"{method} /api/newsletters/<name>/unsubscribe")


@pytest.mark.parametrize("query", ["x=1", "x", "=", "next=/&next=/", "t=1&t=1", "%00=1", "%ff=1", "&", "a[]=1", "T=1"])
@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_an_unknown_or_repeated_parameter_is_refused(desk: Desk, route: tuple[str, str], query: str) -> None:
    sent = json.dumps(BODIES[route]).encode() if route in BODIES else None

    code = desk.refused(desk.ask(*route, sent, query=query))
    assert code in ("unknown_parameter", "repeated_parameter")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", sorted({path for _, path in ROUTES if "refresh" not in path}))
def test_looking_changes_nothing(desk: Desk, path: str, method: str) -> None:
    """A mail program that looks at every link, a browser that fetches ahead."""
    query = desk.unsubscribing if path == UNSUBSCRIBE else ""
    outcome = desk.ask(method, path, query=query, accept="text/html")

    assert outcome.answer.status in (200, 303, 405) or isinstance(outcome.refusal, NotOffered)
    # The account comes with a pass for what it says, which changes nothing that is kept.
    assert all(path == "/account" and one.startswith("__Host-pass=") for one in outcome.answer.cookies)
    desk.unchanged()


@pytest.mark.parametrize("token", ["", "x", "0" * 63, "0" * 65, "G" * 64, "０" * 64, "0" * 64 + "%0A", "%ff" * 64])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_what_is_no_token_ends_no_newsletter(desk: Desk, method: str, token: str) -> None:
    outcome = desk.ask(method, UNSUBSCRIBE, query=f"t={token}", cookies=[])

    assert desk.refused(outcome) == "invalid_parameter"


def test_words_of_a_refusal_hold_nothing_that_was_sent_as_a_secret(desk: Desk) -> None:
    secret = "5ec4e7" * 10 + "abcd"
    outcomes = [
        desk.ask("POST", "/api/members/sessions", json.dumps({"token": secret}).encode()),
        desk.ask("POST", "/api/members/sessions", json.dumps({"token": [secret]}).encode()),
        desk.ask("POST", "/api/members/sessions", json.dumps({"code": secret}).encode()),
        desk.ask("POST", "/api/members/email/agree", json.dumps({"token": secret}).encode()),
        desk.ask("POST", "/api/members/passes", authorization=f"Bearer {secret}"),
        desk.ask("GET", "/api/members/me", cookies=[f"__Host-session={secret * 2}"]),
        desk.ask("POST", UNSUBSCRIBE, query=f"t={secret}x"),
    ]

    for outcome in outcomes:
        desk.refused(outcome)
        assert secret not in outcome.answer.body
        assert secret not in repr(outcome.refusal)


def test_the_desk_s_own_requests_are_fine(desk: Desk) -> None:
    """Or the tables above would show nothing."""
    assert desk.house.now == NOW
    assert desk.ask("GET", "/api/members/me").answer.status == 200
    for route, shape in BODIES.items():
        refused = desk.ask(*route, json.dumps(shape).encode()).refusal
        assert refused is None or refused.code in ("sign_in_dead", "unknown_audience", "not_signed_in")
        desk = Desk()

"""What nobody well-meaning sends about money: refused in words, and nobody has been asked to pay anything."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from functions.contributions.answer import DESK
from functions.contributions.routes import ROUTES
from shared.http import STATUS
from shared.personal import personal_request_of
from shared.personal.answering import Outcome
from tests.functions.giver import FIVE, GIVE, JOIN, PAPER, PORTAL, Giver, Till
from tests.functions.test_member_requests import FOREIGN, FORM, JSON, ODD_BODIES, ODD_FORMS
from tests.functions.visitor import PROOF

CODES = {kind.code: status for kind, status in STATUS.items()}
SHAPES: dict[str, dict[str, Any]] = {GIVE: {**FIVE, "name": "Ada", "message": "Go on."}, JOIN: {"plan": "monthly"}}
PATHS = list(ROUTES)


class Counter(Giver):
    """A member who sends what is no good, and the count of what has come of it."""

    def __init__(self) -> None:
        super().__init__(Till())
        self.sign_in()
        self.before = dict(self.till.house.records.values)

    def refused(self, outcome: Outcome) -> str:
        """That this is a refusal as it ought to be, and nothing came of it. Returns its code."""
        answer, refusal = outcome.answer, outcome.refusal
        assert refusal is not None, (answer.status, answer.body)
        assert 0 < len(refusal.detail) < 400
        assert "no-store" in answer.headers["cache-control"]
        assert self.till.house.records.values == self.before
        assert not self.till.processor.asked
        assert 400 <= answer.status < 500
        assert CODES[refusal.code] == answer.status
        if answer.headers["content-type"] == "application/problem+json":
            said = json.loads(answer.body)
            assert (said["code"], said["status"], said["detail"]) == (refusal.code, answer.status, refusal.detail)
        else:
            assert answer.headers["content-type"].startswith("text/html")
        return refusal.code

    def send_raw(self, path: str, body: bytes, content_type: str = JSON, **headers: str) -> Outcome:
        return self.ask(path, headers={"content-type": content_type, **headers}, raw=body)

    def event(self, path: str, body: bytes, **headers: str | None) -> Outcome:
        """As the HTTP API hands over what is no text."""
        given: dict[str, str | None] = {
            "x-edge-proof": PROOF,
            "x-viewer-address": self.address,
            "origin": PAPER.url,
            "content-type": JSON,
            **headers,
        }
        event = {
            "rawPath": path,
            "rawQueryString": "",
            "headers": {name: value for name, value in given.items() if value is not None},
            "cookies": [f"{name}={value}" for name, value in self.cookies.items()],
            "requestContext": {"http": {"method": "POST"}},
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }
        return DESK.respond(personal_request_of(event), self.till.doors, self.till.house.now)


@pytest.fixture
def counter() -> Counter:
    return Counter()


# Amounts -------------------------------------------------------------------------------------------------------------

NO_AMOUNTS = [
    "0", "1", "199", "50001", "-1", "-500", "1.5", "500.0", "1e3", "1e9", "1E400", "NaN", "Infinity", "-Infinity",
    "null", "true", "false", '""', '"500"', '"abc"', '"5,00"', "[500]", "{}", '{"amount":500}', "0x1f4", "0500", "+500",
    "5_000", "9007199254740993", "9223372036854775807", "9223372036854775808", "18446744073709551616", "9" * 400,
    "9" * 5_000, "-" + "9" * 400, "0." + "0" * 300 + "1", "٥٠٠",
]  # fmt: skip


@pytest.mark.parametrize("amount", NO_AMOUNTS, ids=lambda one: one[:24])
def test_what_is_no_amount_that_may_be_given_is_refused(counter: Counter, amount: str) -> None:
    body = f'{{"amount":{amount},"currency":"EUR","interval":"once"}}'.encode()
    assert counter.refused(counter.event(GIVE, body)) in ("invalid_field", "invalid_request")


NO_TYPED = [
    "abc", "0", "0,00", "-7", "+7", "1.5.0", "1.000,00", "1,000.00", "1 000", "1'000", "7,", ",5", "7,505", "7.5 €",
    "€7", "7 EUR", "1e3", "NaN", "inf", "0x7", "٧", "７", "½", "²", "9" * 12, "9" * 10_000, "7\n8", "7;8", "--", "7%",
    "=7", "１００", "VII", "seven", "<b>7</b>", "7/2", "(7)", "500,01", "1,99",
]  # fmt: skip


@pytest.mark.parametrize("typed", NO_TYPED, ids=lambda one: ascii(one)[:24])
def test_what_was_typed_and_is_no_amount_is_said_beside_the_field(counter: Counter, typed: str) -> None:
    form = {"currency": "EUR", "amount": "500", "own_amount": typed, "interval": "once"}
    outcome = counter.ask(GIVE, form, form=True)
    assert counter.refused(outcome) == "invalid_field"
    assert 'aria-describedby="bounds-eur fault-amount-eur"' in outcome.answer.body


@pytest.mark.parametrize("chosen", ["", "abc", "0", "-500", "5.00", "٥٠٠", "²", "9" * 11, "9" * 5_000, "500 ", "NaN"])
def test_an_amount_that_no_page_of_ours_offers_is_refused(counter: Counter, chosen: str) -> None:
    outcome = counter.ask(GIVE, {"currency": "EUR", "amount": chosen, "interval": "once"}, form=True)
    if chosen == "500 ":
        assert outcome.answer.status == 303
    else:
        assert counter.refused(outcome) == "invalid_field"


# Other fields --------------------------------------------------------------------------------------------------------

WORDS: list[Any] = [
    "", " ", "eur", "EU", "EURO", "XXX", "€", "EUR ", "EUR\n", "__proto__", "EUR,GBP", "Ｅ", "\u0000", "a" * 10_000,
]  # fmt: skip
THINGS: list[Any] = [None, 0, 1.5, True, [], ["EUR"], {}, {"a": "b"}]


@pytest.mark.parametrize("value", [*WORDS, *THINGS], ids=lambda one: ascii(one)[:24])
@pytest.mark.parametrize("field", ["currency", "interval"])
def test_what_is_not_offered_is_refused(counter: Counter, field: str, value: Any) -> None:
    assert counter.refused(counter.give(**{field: value})) in ("invalid_field", "invalid_request")
    assert counter.refused(counter.give(**{field: value}, key="k")) in ("invalid_field", "invalid_request")
    if isinstance(value, str):
        form = {**FIVE, "amount": "500", field: value}
        assert counter.refused(counter.ask(GIVE, form, form=True)) == "invalid_field"


@pytest.mark.parametrize("interval", ["year", "week", "day", "ONCE", "monthly", "Month"])
def test_an_interval_that_is_not_offered_is_refused_in_words(counter: Counter, interval: str) -> None:
    outcome = counter.give(interval=interval)
    assert counter.refused(outcome) == "invalid_field"
    assert counter.body["detail"] == "Give once or every month."


@pytest.mark.parametrize(
    "slug", [" ", "winter", "the-winter ", "THE-WINTER", "../the-winter", "the-winter/../x", "a" * 5_000, "\u0000", "#"]
)
def test_an_unknown_campaign_is_none(counter: Counter, slug: str) -> None:
    assert counter.refused(counter.give(campaign=slug)) == "unknown_campaign"


@pytest.mark.parametrize("value", [1, True, [], {}, ["Ada"]], ids=ascii)
@pytest.mark.parametrize("field", ["name", "message", "campaign"])
def test_a_text_is_a_text(counter: Counter, field: str, value: Any) -> None:
    assert counter.refused(counter.give(**{field: value})) == "invalid_request"


@pytest.mark.parametrize("value", [None, 1, "true", "", [], {}], ids=ascii)
def test_whether_it_is_public_is_yes_or_no(counter: Counter, value: Any) -> None:
    assert counter.refused(counter.give(name="Ada", public=value)) == "invalid_request"


@pytest.mark.parametrize("field", ["name", "message"])
def test_a_long_text_is_too_long_as_it_is_kept(counter: Counter, field: str) -> None:
    most = 80 if field == "name" else 500
    assert counter.refused(counter.give(**{field: "x" * (most + 1)})) == "invalid_field"
    assert counter.refused(counter.give(**{field: "\U0001f30a" * (most + 1)})) == "invalid_field"
    assert counter.give(**{field: "\U0001f30a" * most + "\u200b" * 50}).answer.status == 201


@pytest.mark.parametrize(
    "more", ["tier", "id", "state", "member", "email", "price", "livemode", "metadata", "own_amount", "success_url"]
)
def test_nothing_else_can_be_said(counter: Counter, more: str) -> None:
    assert counter.refused(counter.give(**{more: "member"})) == "invalid_request"


# Keys ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key", ["", " ", "a b", "a\tb", "é", "\u0000", "a\nb", "\x7f", "k" * 256, "k" * 100_000, "\U0001f511"], ids=ascii
)
@pytest.mark.parametrize("path", list(SHAPES))
def test_what_is_no_key_is_refused(counter: Counter, path: str, key: str) -> None:
    outcome = counter.event(path, json.dumps(SHAPES[path]).encode(), **{"idempotency-key": key})
    assert counter.refused(outcome) == "invalid_request"
    assert "Idempotency-Key" in str(outcome.refusal)


@pytest.mark.parametrize("key", ["k", "k" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "#%&/()=?", "1,2"])
def test_any_other_key_does(counter: Counter, key: str) -> None:
    assert counter.give(key=key).answer.status == 201


# Bodies --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("odd", ODD_BODIES)
@pytest.mark.parametrize("path", list(SHAPES))
def test_an_odd_body_is_refused(counter: Counter, path: str, odd: str) -> None:
    counter.refused(counter.event(path, ODD_BODIES[odd](SHAPES[path])))


@pytest.mark.parametrize("odd", ODD_FORMS)
@pytest.mark.parametrize("path", list(SHAPES))
def test_an_odd_form_is_refused(counter: Counter, path: str, odd: str) -> None:
    raw = ODD_FORMS[odd]
    counter.refused(counter.event(path, raw if isinstance(raw, bytes) else raw.encode(), **{"content-type": FORM}))


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "json",
        "text/json",
        "*/*",
    ],
)
@pytest.mark.parametrize("path", list(SHAPES))
def test_a_body_of_another_type_is_refused(counter: Counter, path: str, content_type: str) -> None:
    outcome = counter.event(path, json.dumps(SHAPES[path]).encode(), **{"content-type": content_type})
    assert counter.refused(outcome) == "unsupported_type"


@pytest.mark.parametrize("odd", ODD_BODIES)
def test_an_odd_body_opens_no_portal(counter: Counter, odd: str) -> None:
    if odd != "empty":
        counter.refused(counter.event(PORTAL, ODD_BODIES[odd]({"a": "b"})))


# Whose page asks, how, and from where --------------------------------------------------------------------------------


@pytest.mark.parametrize("foreign", FOREIGN)
@pytest.mark.parametrize("path", PATHS)
def test_money_is_asked_for_by_our_own_pages(counter: Counter, path: str, foreign: str) -> None:
    headers = {name.replace("_", "-"): value for name, value in FOREIGN[foreign].items()}
    body = json.dumps(SHAPES.get(path, {})).encode()
    assert counter.refused(counter.event(path, body, **headers)) == "foreign_origin"
    form = b"&".join(f"{name}={value}".encode() for name, value in SHAPES.get(path, {}).items())
    outcome = counter.event(path, form, **{"content-type": FORM, **headers})
    assert counter.refused(outcome) == "foreign_origin"
    assert "Go on." not in outcome.answer.body  # nothing that another site has sent stands on our page


@pytest.mark.parametrize("proof", [None, "", PROOF[:-1], PROOF.upper(), f" {PROOF}", f"{PROOF},{PROOF}", "é", "\ud800"])
@pytest.mark.parametrize("path", PATHS)
def test_nobody_goes_round_the_edge(counter: Counter, path: str, proof: str | None) -> None:
    outcome = counter.event(path, json.dumps(SHAPES.get(path, {})).encode(), **{"x-edge-proof": proof})
    assert counter.refused(outcome) == "not_from_the_edge"


@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "", "x" * 9_000]
)
@pytest.mark.parametrize("path", PATHS)
def test_money_is_asked_for_by_post_alone(counter: Counter, path: str, method: str) -> None:
    outcome = counter.ask(path, SHAPES.get(path), method=method)
    assert counter.refused(outcome) == "method_not_allowed"
    assert outcome.answer.headers["allow"] == "POST"
    assert len(outcome.route) < 60


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api",
        "/api/contributions/",
        "/api/contributions/1",
        "/api/memberships/portal/x",
        "/api/Memberships",
        "/api/members/me",
    ],
)
def test_an_unknown_path_is_nothing_to_anybody(counter: Counter, path: str) -> None:
    assert counter.refused(counter.ask(path, FIVE)) == "unknown_route"
    assert counter.outcome.route == "POST elsewhere"


@pytest.mark.parametrize("query", ["amount=1", "a", "utm_source=x", "key=1&key=2", "%00", "="])
@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_said_in_the_address(counter: Counter, path: str, query: str) -> None:
    assert counter.refused(counter.ask(f"{path}?{query}", SHAPES.get(path))) == "unknown_parameter"


@pytest.mark.parametrize("path", PATHS)
def test_the_counter_s_own_requests_are_fine(path: str) -> None:
    counter = Counter()
    counter.join()
    counter.till.house.now += 1
    outcome = counter.event(path, json.dumps(SHAPES.get(path, {})).encode())
    assert outcome.answer.status == 201, outcome.answer.body

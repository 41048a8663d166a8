"""Passes for other issuers' tokens, and identity tokens of ours: the routes, on doors that say what they are told."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from shared.domain.foreign import ForeignReader
from shared.domain.identity import IdentityClaims, keys_document
from shared.domain.passes import PassState
from shared.domain.refusals import InvalidToken, IssuerUnavailable, NoTier, UnusableTrust
from shared.domain.tiers import Tier
from shared.domain.trust import Audience, Trust
from tests.functions.paper import PASSES
from tests.functions.visitor import House, Visitor

BEARER = {"authorization": "Bearer a.b.c", "origin": ""}


class Issuers:
    """`ForeignTokens`: says of every token what it was given."""

    def __init__(self, says: ForeignReader | Exception) -> None:
        self._says = says
        self.asked: list[str] = []

    def verify(self, token: str, now: float) -> ForeignReader:
        self.asked.append(token)
        if isinstance(self._says, Exception):
            raise self._says
        return self._says


def exchange(says: ForeignReader | Exception, **more: str) -> tuple[Visitor, Issuers]:
    """What whoever comes with a token gets, where the issuers say this."""
    house, issuers = House(), Issuers(says)
    house.doors = replace(house.doors, foreign=issuers)
    program = Visitor(house)
    program.send("POST", "/api/members/passes", headers={**BEARER, **more})
    return program, issuers


def test_a_token_is_exchanged_for_a_pass_in_the_answer_and_no_cookie() -> None:
    now = House().now
    program, issuers = exchange(ForeignReader("https://id.example", "u-1", Tier.MEMBER, int(now) + 3600))

    told = program.body
    assert (program.outcome.answer.status, told["tier"], told["pass_for_seconds"]) == (200, "member", 300)
    assert (program.outcome.answer.cookies, issuers.asked) == ((), ["a.b.c"])
    verdict = PASSES.verify(told["pass"], now)
    assert (verdict.state, verdict.reader.tier) == (PassState.VALID, Tier.MEMBER)


@pytest.mark.parametrize(("left", "seconds"), [(3600, 300), (301, 300), (120, 120), (1, 1)])
def test_no_pass_outlives_the_token_that_it_was_given_for(left: int, seconds: int) -> None:
    now = House().now
    program, _ = exchange(ForeignReader("https://id.example", "u-1", Tier.SUBSCRIBER, int(now) + left))

    assert program.body["pass_for_seconds"] == seconds
    assert PASSES.verify(program.body["pass"], now + seconds).state is PassState.EXPIRED


def test_a_token_that_expires_at_this_moment_is_refused() -> None:
    program, _ = exchange(ForeignReader("https://id.example", "u-1", Tier.SUBSCRIBER, int(House().now)))
    assert (program.outcome.answer.status, program.body["code"]) == (401, "invalid_token")


@pytest.mark.parametrize(
    ("refusal", "status", "header"),
    [
        (InvalidToken("no"), 401, ("www-authenticate", 'Bearer error="invalid_token"')),
        (NoTier("no"), 403, None),
        (IssuerUnavailable("it is down"), 503, ("retry-after", "5")),
        (UnusableTrust("no"), 503, ("retry-after", "5")),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_the_issuer_does_not_vouch_for_is_refused(
    refusal: Exception, status: int, header: tuple[str, str] | None
) -> None:
    program, _ = exchange(refusal)
    answer = program.outcome.answer
    assert (answer.status, answer.cookies) == (status, ())
    assert "it is down" not in answer.body
    assert header is None or answer.headers[header[0]] == header[1]


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Bearer ", "bearer", "a.b.c"])
def test_another_way_to_come_is_refused_and_asks_no_issuer(header: str) -> None:
    program, issuers = exchange(InvalidToken("no"), authorization=header)
    assert (program.outcome.answer.status, program.body["code"], issuers.asked) == (401, "invalid_token", [])


def test_whoever_comes_with_a_token_comes_by_that_alone() -> None:
    """A bad token beside a good session's cookie is a bad token: the same request gets the same answer, whoever's
    browser sends it."""
    house = House()
    house.doors = replace(house.doors, foreign=Issuers(InvalidToken("no")))
    ada = Visitor(house)
    ada.sign_in()
    before = dict(ada.cookies)
    answer = ada.send("POST", "/api/members/passes", headers={"authorization": "Bearer a.b.c"}).answer
    assert (answer.status, ada.cookies) == (401, before)


def test_exchanges_are_limited_for_a_client() -> None:
    house = House()
    house.doors = replace(house.doors, foreign=Issuers(InvalidToken("no")))
    program = Visitor(house)
    sent = [program.send("POST", "/api/members/passes", headers=BEARER).answer.status for _ in range(121)]
    assert sent == [401] * 120 + [429]


class Forums:
    """`TrustStore` with two audiences, and `IdentitySigner` that shows what it would sign."""

    def read(self) -> Trust:
        return Trust(audiences=(Audience("forum"), Audience("app")))

    def sign(self, claims: IdentityClaims) -> str:
        self.signed = claims
        return "signed"

    def keys(self) -> tuple[Any, ...]:
        return ()


@pytest.fixture
def forums(house: House) -> Forums:
    forums = Forums()
    house.doors = replace(house.doors, trust=forums, identity=forums)
    return forums


def test_a_reader_is_somebody_else_to_each_audience_and_a_person_to_none(forums: Forums, ada: Visitor) -> None:
    claims = []
    for audience in ("forum", "app", "forum"):
        assert ada.post("/api/members/identity", {"audience": audience}).answer.status == 200
        claims.append(forums.signed)
    assert [one.aud for one in claims] == ["forum", "app", "forum"]
    assert claims[0].sub == claims[2].sub != claims[1].sub
    assert len({one.jti for one in claims}) == 3
    assert {one.exp - one.iat for one in claims} == {300}
    member = ada.cookies["__Host-session"][:32]
    assert not [one for one in claims if "ada" in str(one) or member in str(one)]


@pytest.mark.parametrize("audience", ["", "edge", "forum ", "Forum", "https://evil.example"])
def test_an_audience_that_is_not_configured_gets_nothing(forums: Forums, ada: Visitor, audience: str) -> None:
    answer = ada.post("/api/members/identity", {"audience": audience}).answer
    assert (answer.status, ada.body["code"], hasattr(forums, "signed")) == (400, "unknown_audience", False)


def test_nobody_who_is_not_signed_in_gets_an_identity(forums: Forums, house: House) -> None:
    assert Visitor(house).post("/api/members/identity", {"audience": "forum"}).answer.status == 401
    assert not hasattr(forums, "signed")


def test_keys_and_configuration_are_for_everyone(forums: Forums, house: House) -> None:
    anyone = Visitor(house)
    assert anyone.send("GET", "/.well-known/jwks.json").answer.headers["cache-control"] == "public, max-age=3600"
    assert anyone.body == keys_document(())
    anyone.send("GET", "/.well-known/openid-configuration")
    assert (anyone.body["issuer"], anyone.body["jwks_uri"]) == (
        "https://paper.example",
        "https://paper.example/.well-known/jwks.json",
    )

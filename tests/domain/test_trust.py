"""What a configuration of trust may say, and what is said of each fault."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from shared.domain.refusals import InvalidTrust, UnusableTrust
from shared.domain.trust import NOBODY, Audience, Trust, decode_trust
from shared.domain.trust_checks import MAY_BE, parse_trust
from tests.issuers import ABSENT

ISSUER: dict[str, Any] = {
    "issuer": "https://id.example/realms/paper",
    "audiences": ["paper"],
    "algorithm": "RS256",
    "typ": ["at+jwt"],
    "tiers": [{"claim": "groups", "value": "friends", "tier": "member"}],
}
AUDIENCE: dict[str, Any] = {"name": "forum", "origins": ["https://forum.example"]}


def raw(issuer: dict[str, Any] | None = None, audience: dict[str, Any] | None = None, **top: Any) -> bytes:
    document = {
        "schema": 1,
        "issuers": [_with(ISSUER, issuer or {})],
        "audiences": [_with(AUDIENCE, audience or {})],
        **top,
    }
    return json.dumps(_with(document, {})).encode()


def _with(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**base, **changes}.items() if value is not ABSENT}


@pytest.mark.parametrize(
    "good",
    [
        raw(),
        b'{"schema":1}',
        b"{}",
        raw({"issuer": "https://id.example/"}),
        raw({"issuer": "https://login.example:8443/0f-9_a.b~c/v2.0"}),
        raw({"algorithm": "EdDSA", "audiences": ["a", "https://api.example/v1"]}),
        raw({"typ": None, "marks": {"token_use": "access"}, "audience_claim": "client_id"}),
        raw({"typ": ["JWT", "at+jwt"], "marks": {"typ": "Bearer"}}),
        raw({"jwks_url": "https://keys.example/v1/jwk/tokens@system.example?p=1", "max_lifetime": 86_400}),
        raw({"tiers": [{"claim": "paid", "value": True, "tier": "subscriber"}]}),
        raw(audience={"origins": ABSENT}),
    ],
)
def test_what_may_be_set_can_be_read(good: bytes) -> None:
    assert msgspec.json.decode(msgspec.json.encode(parse_trust(good)), type=Trust) == decode_trust(good)


ODD_AUDIENCES: tuple[Any, ...] = ([], "paper", [""], ["a b"], [1], None, ["a"] * 21)
ODD_TYPES: tuple[Any, ...] = ([], "JWT", [1], ["a b"], [""])
ODD_MARKS: tuple[Any, ...] = ([], {"a": 1}, {"": "x"}, {"a": ""}, "x")
ODD_RULES: tuple[dict[str, Any], ...] = (
    {"tier": "anonymous"},
    {"tier": "gold"},
    {"claim": ""},
    {"value": 1},
    {"value": ""},
    {"value": None},
    {"x": 1},
)
ODD_TIERS: tuple[Any, ...] = ([], {}, None, "member", [1], [{}])
FAULTS: list[tuple[bytes, str]] = [
    (b"", "Not JSON"),
    (b"[]", "no JSON object"),
    (b"\xff", "Not UTF-8"),
    (b'{"schema":1,"schema":1}', "stands twice"),
    (raw(schema=2), "schema: it has to be 1"),
    (raw(colour="red"), "colour: there is no such field"),
    (raw(issuers={}), "issuers: it has to be a list"),
    (raw(issuers=["https://id.example"]), "issuers[0]: has to be an object"),
    (raw(issuers=[ISSUER] * 21), "issuers"),
    (raw(audiences="forum"), "audiences: it has to be a list"),
    *((raw({name: ABSENT}), f"issuers[0].{name}: is missing") for name in ISSUER),
    (raw(audience={"name": ABSENT}), "audiences[0].name: is missing"),
    (raw({"algorithms": ["RS256"]}), "issuers[0].algorithms: there is no such field"),
    *(
        (raw({"issuer": url}), "issuers[0].issuer: it has to be an https:// address")
        for url in (
            "http://id.example",
            "https://",
            "id.example",
            "https://ID.example",
            "https://id.example?x=1",
            "https://id.example#x",
            "https://u@id.example",
            "https://id.example//a",
            "https://id.example/ ",
            "",
            1,
            None,
            "https://id.example\n",
            "https://-",
            "https://" + "a" * 300,
        )
    ),
    *(
        (raw({"jwks_url": url}), "issuers[0].jwks_url: it has to be an https:// address")
        for url in (
            "http://id.example/k",
            "https://id.example",
            "file:///etc/passwd",
            "https://id.example/#k",
            1,
            "https://id.example/\\",
        )
    ),
    *(
        (raw({"algorithm": name}), "issuers[0].algorithm: it has to be one of RS256, ES256, EdDSA")
        for name in ("HS256", "none", "RS512", "PS256", "rs256", "", ["RS256"], None)
    ),
    *((raw({"audiences": value}), "issuers[0].audiences: it has to be a list of texts") for value in ODD_AUDIENCES),
    *((raw({"typ": value}), "issuers[0].typ: it has to be a list of token types") for value in ODD_TYPES),
    (raw({"typ": ["pass+jwt"]}), "the type of our own tokens"),
    (raw({"typ": ["at+jwt", "Application/Identity+JWT"]}), "the type of our own tokens"),
    (raw({"typ": None}), "issuers[0].marks: with typ null"),
    (raw({"typ": ["JWT"]}), "issuers[0].marks: with typ JWT"),
    (raw({"typ": ["at+jwt", "application/jwt"]}), "issuers[0].marks: with typ JWT"),
    *((raw({"marks": value}), "issuers[0].marks: it has to be") for value in ODD_MARKS),
    (raw({"audience_claim": "azp"}), "issuers[0].audience_claim: it has to be aud or client_id"),
    *(
        (raw({"max_lifetime": value}), "issuers[0].max_lifetime: it has to be seconds")
        for value in (59, 86_401, "1", 1.5, None)
    ),
    *((raw({"tiers": value}), "issuers[0].tiers") for value in ODD_TIERS),
    *((raw({"tiers": [{**ISSUER["tiers"][0], **change}]}), "issuers[0].tiers[0]") for change in ODD_RULES),
    (raw(issuers=[ISSUER, ISSUER]), "issuers[1].issuer: stands twice"),
    (raw(audiences=[AUDIENCE, AUDIENCE]), "audiences[1].name: stands twice"),
    (raw(audience={"name": "edge"}), "audience of passes"),
    *((raw(audience={"name": name}), "audiences[0].name: it has to be") for name in ("", "a b", "é", "a\n", 1)),
    *(
        (raw(audience={"origins": [origin]}), "audiences[0].origins: it has to be a list of sites")
        for origin in (
            "*",
            "null",
            "http://forum.example",
            "https://forum.example/",
            "https://forum.example/x",
            "https://*.example",
        )
    ),
]


@pytest.mark.parametrize(("bad", "words"), FAULTS)
def test_each_fault_is_named_at_its_place_and_never_read(bad: bytes, words: str) -> None:
    with pytest.raises(InvalidTrust) as refused:
        parse_trust(bad)
    assert any(words in problem for problem in refused.value.problems), refused.value.problems
    if words != "stands twice":  # JSON's own doubt: what was written by us has none
        with pytest.raises(UnusableTrust):
            decode_trust(bad)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(InvalidTrust) as refused:
        parse_trust(raw({"issuer": "x", "typ": [], "algorithm": "none"}, {"name": ""}, more=1))

    assert len(refused.value.problems) == 5


def test_nobody_is_trusted_by_default() -> None:
    assert Trust() == NOBODY == decode_trust(b"{}")
    assert NOBODY.issuer("https://id.example") is None
    assert NOBODY.audience("forum") is None


def test_names_are_compared_letter_for_letter() -> None:
    trust = Trust(audiences=(Audience("forum"),))

    assert trust.audience("forum") is not None
    assert not [name for name in ("Forum", "forum ", "", "for") if trust.audience(name)]


def test_every_field_says_what_it_may_be() -> None:
    from shared.domain.trust import Issuer

    names = {
        *Trust.__struct_fields__,
        *(f"issuers.{one}" for one in Issuer.__struct_fields__),
        *(f"audiences.{one}" for one in Audience.__struct_fields__),
    }
    assert names == set(MAY_BE)

"""The verifier of other issuers' tokens on a table of them, and what it does when nobody can be asked."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.pyjwt_foreign import PyJwtForeign
from shared.domain.foreign import ForeignReader
from shared.domain.refusals import InvalidToken, IssuerUnavailable, NoTier, Refusal, UnknownIssuer, UnusableTrust
from shared.domain.tiers import Tier
from shared.domain.trust import Issuer, TierRule, Trust
from tests import foreign_cases
from tests.foreign_cases import ALGORITHMS, CLAIMS, ISSUER, NOW, cases, the_keys, the_trust
from tests.issuers import ABSENT, MemoryIssuerKeys, MemoryTrust, an_issuer, jwk, key_set, private_key, token

HEADER = {"alg": "ES256", "typ": "at+jwt", "kid": "k-now"}


def outcome(foreign: PyJwtForeign, made: str) -> str:
    try:
        return foreign.verify(made, NOW).tier.value
    except Refusal as refusal:
        return refusal.code


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_table_is_long_enough_to_mean_something(algorithm: str) -> None:
    assert len(cases(algorithm)) >= 300
    assert len({case.name for case in cases(algorithm)}) == len(cases(algorithm))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_is_worth_what_the_table_says(algorithm: str) -> None:
    foreign = PyJwtForeign(MemoryTrust(the_trust(algorithm)), the_keys(algorithm))

    found = {case.name: outcome(foreign, case.token) for case in cases(algorithm)}

    assert found == {case.name: case.outcome for case in cases(algorithm)}


def foreign_of(issuer: Issuer, algorithm: str = "ES256") -> PyJwtForeign:
    published = key_set(jwk(private_key(algorithm, "now"), "k-now"))
    return PyJwtForeign(MemoryTrust(Trust(issuers=(issuer,))), MemoryIssuerKeys({ISSUER: published}))


def made(header: Mapping[str, Any] | None = None, /, **claims: Any) -> str:
    return token({**HEADER, **(header or {})}, {**CLAIMS, **claims}, private_key("ES256", "now"))


def test_the_answer_names_who_it_is_and_until_when() -> None:
    assert foreign_of(an_issuer()).verify(made(), NOW) == ForeignReader(ISSUER, "somebody", Tier.MEMBER, NOW + 290)


def test_without_configuration_nobody_is_trusted() -> None:
    with pytest.raises(UnknownIssuer):
        PyJwtForeign(MemoryTrust(), MemoryIssuerKeys({})).verify(made(), NOW)


def test_a_configuration_that_cannot_be_read_is_told_from_one_that_trusts_nobody() -> None:
    trust = MemoryTrust(Trust(issuers=(an_issuer(),)))
    trust.broken = True

    with pytest.raises(UnusableTrust):
        PyJwtForeign(trust, MemoryIssuerKeys({})).verify(made(), NOW)


def test_an_issuer_that_is_down_is_told_from_a_token_that_is_bad() -> None:
    with pytest.raises(IssuerUnavailable):
        PyJwtForeign(MemoryTrust(Trust(issuers=(an_issuer(),))), MemoryIssuerKeys({})).verify(made(), NOW)


def test_nobody_is_asked_for_keys_by_what_cannot_be_a_token_of_theirs() -> None:
    keys = MemoryIssuerKeys({})
    foreign = PyJwtForeign(MemoryTrust(Trust(issuers=(an_issuer(),))), keys)

    for one in (
        "",
        "a.b.c",
        made() + "=",
        made(iss="https://evil.example"),
        made({"alg": "HS256"}),
        made({"jku": "x"}),
    ):
        outcome(foreign, one)
    assert keys.asked == 0


# An issuer whose tokens have no type: Cognito's are told apart by a claim.
COGNITO = an_issuer(typ=None, marks={"token_use": "access"}, audience_claim="client_id")
ACCESS = {"aud": ABSENT, "client_id": "paper", "token_use": "access"}


def test_tokens_without_a_type_are_told_apart_by_a_claim() -> None:
    foreign = foreign_of(COGNITO)

    assert outcome(foreign, made({"typ": ABSENT}, **ACCESS)) == "member"
    for claims in ({**ACCESS, "token_use": "id"}, {**ACCESS, "token_use": ABSENT}, {**ACCESS, "token_use": ["access"]}):
        assert outcome(foreign, made({"typ": ABSENT}, **claims)) == "invalid_token"
    assert outcome(foreign, made({"typ": "at+jwt"}, **ACCESS)) == "invalid_token"


def test_where_the_audience_is_the_client_another_audience_beside_it_counts_too() -> None:
    foreign = foreign_of(COGNITO)

    assert outcome(foreign, made({"typ": ABSENT}, **{**ACCESS, "aud": "paper"})) == "member"
    assert outcome(foreign, made({"typ": ABSENT}, **{**ACCESS, "aud": "shop"})) == "invalid_token"
    assert outcome(foreign, made({"typ": ABSENT}, **{**ACCESS, "client_id": ABSENT, "aud": "paper"})) == "invalid_token"


@pytest.mark.parametrize(
    ("rule", "claims", "tier"),
    [
        (TierRule("scope", "read:all", "member"), {"scope": "openid read:all"}, "member"),
        (TierRule("scope", "read:all", "member"), {"scope": "openid read:all:not"}, "no_tier"),
        (TierRule("scp", "read", "member"), {"scp": ["read"]}, "member"),
        (TierRule("plan", "a b", "member"), {"plan": "a b"}, "member"),
        (TierRule("plan", "a", "member"), {"plan": "a b"}, "no_tier"),
        (TierRule("https://id.example/paid", True, "subscriber"), {"https://id.example/paid": True}, "subscriber"),
        (TierRule("paid", True, "subscriber"), {"paid": 1}, "no_tier"),
        (TierRule("paid", True, "subscriber"), {"paid": "true"}, "no_tier"),
        (TierRule("paid", "true", "subscriber"), {"paid": True}, "no_tier"),
        (TierRule("cognito:groups", "readers", "member"), {"cognito:groups": ["x", "readers"]}, "member"),
    ],
)
def test_a_claim_opens_what_its_rule_says(rule: TierRule, claims: dict[str, Any], tier: str) -> None:
    assert outcome(foreign_of(an_issuer(tiers=(rule,))), made(groups=ABSENT, **claims)) == tier


def test_a_longer_life_has_to_be_configured() -> None:
    day = made(iat=NOW - 1, exp=NOW + 86_399)

    assert outcome(foreign_of(an_issuer()), day) == "invalid_token"
    assert outcome(foreign_of(an_issuer(max_lifetime=86_400)), day) == "member"


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_no_text_makes_the_verifier_fail(text: str) -> None:
    with pytest.raises(InvalidToken):
        foreign_of(an_issuer()).verify(text, NOW)


@given(st.data())
def test_no_changed_character_leaves_a_token_good(data: st.DataObject) -> None:
    good = made()
    place = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.sampled_from("ABCDabcd0123-_.=+/ \n").filter(lambda c: c != good[place]))

    assert outcome(foreign_of(an_issuer()), good[:place] + other + good[place + 1 :]) not in ("member", "subscriber")


def test_a_refusal_s_traceback_holds_nothing_of_the_token() -> None:
    secret = "somebody-who-must-not-be-named"
    for one in (
        made(sub=secret + "\n"),
        made(groups=[secret]),
        made(iss=secret),
        made()[:-4] + "AAAA",
        made({"kid": secret}),
    ):
        try:
            foreign_of(an_issuer()).verify(one, NOW)
        except Refusal as refusal:
            told = "".join(traceback.format_exception(refusal))
            assert secret not in told
            assert one not in told
        else:
            raise AssertionError(one)


def test_the_words_of_refusals_are_whole_sentences() -> None:
    foreign = PyJwtForeign(MemoryTrust(the_trust("ES256")), the_keys("ES256"))
    said = set()
    for case in cases("ES256"):
        try:
            foreign.verify(case.token, foreign_cases.NOW)
        except Refusal as refusal:
            said.add(refusal.detail)

    assert len(said) >= 12
    assert all(words[0].isupper() and words.endswith(".") for words in said)
    with pytest.raises(NoTier, match="nothing in it opens"):
        foreign.verify(made(groups=[]), NOW)

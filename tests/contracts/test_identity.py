"""`IdentitySigner`: the twin and KMS sign alike, and a forum verifies both with nothing but what we publish."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from botocore.exceptions import EndpointConnectionError

from shared.adapters.kms_identity import KmsIdentity, public_jwk
from shared.domain.identity import KEYS_PATH, IdentityClaims, keys_document, new_identity, openid_configuration
from shared.domain.refusals import IdentityUnavailable, UnknownAudience
from shared.domain.tiers import Tier
from shared.domain.trust import Audience, Trust
from shared.ports.persons import IdentitySigner
from tests.issuers import MemoryIdentity

PAPER = "https://paper.example"
TRUST = Trust(audiences=(Audience("forum"), Audience("https://app.example/")))


@dataclass
class Doors:
    signer: IdentitySigner
    rotated: Callable[[], IdentitySigner]
    """The signer after a new key was put before the old one."""


@pytest.fixture(params=["twin", "kms"])
def doors(request: pytest.FixtureRequest) -> Doors:
    if request.param == "twin":
        return Doors(MemoryIdentity("old"), lambda: MemoryIdentity("new", "old"))
    kms = request.getfixturevalue("client")("kms")
    old, new = made_key(kms), made_key(kms)
    return Doors(KmsIdentity(kms, (old,)), lambda: KmsIdentity(kms, (new, old)))


def made_key(kms: Any, spec: str = "ECC_NIST_P256") -> str:
    made: str = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec=spec)["KeyMetadata"]["KeyId"]
    return made


def claims(audience: str = "forum", member: str = "m-1", tier: Tier = Tier.MEMBER) -> IdentityClaims:
    return new_identity(TRUST, PAPER, audience, member, tier, time.time(), "j-1")


def verified(token: str, signer: IdentitySigner, audience: str = "forum", issuer: str = PAPER) -> dict[str, Any]:
    """What a forum does: all it knows is the published document and its own name."""
    published = jwt.PyJWKSet.from_dict(keys_document(signer.keys()))
    header = jwt.get_unverified_header(token)
    assert header["typ"] == "identity+jwt"
    options: Any = {"require": ["iss", "sub", "aud", "exp", "iat", "jti"]}
    read: dict[str, Any] = jwt.decode(
        token, published[header["kid"]], algorithms=["ES256"], audience=audience, issuer=issuer, options=options
    )
    return read


def test_a_forum_verifies_a_token_by_what_is_published(doors: Doors) -> None:
    said = claims()

    read = verified(doors.signer.sign(said), doors.signer)

    assert read == {name: getattr(said, name) for name in IdentityClaims.__struct_fields__}
    assert (read["tier"], read["exp"] - read["iat"]) == ("member", 300)


def test_a_hundred_signatures_verify(doors: Doors) -> None:
    for _ in range(100):  # one in 128 has a number that is shorter than 32 bytes
        verified(doors.signer.sign(claims()), doors.signer)


def test_another_audience_or_issuer_does_not_take_it(doors: Doors) -> None:
    token = doors.signer.sign(claims())

    with pytest.raises(jwt.InvalidAudienceError):
        verified(token, doors.signer, audience="https://app.example/")
    with pytest.raises(jwt.InvalidIssuerError):
        verified(token, doors.signer, issuer="https://other.example")


def test_what_is_published_is_public_and_named_by_its_thumbprint(doors: Doors) -> None:
    [key] = keys_document(doors.signer.keys())["keys"]

    assert key.keys() == {"kty", "crv", "x", "y", "use", "alg", "kid"}
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
    assert key["kid"] == doors.signer.keys()[0].thumbprint()


def test_a_new_key_signs_and_the_old_one_still_verifies(doors: Doors) -> None:
    before = doors.signer.sign(claims())
    after = doors.rotated()

    assert jwt.get_unverified_header(after.sign(claims()))["kid"] != jwt.get_unverified_header(before)["kid"]
    verified(after.sign(claims()), after)
    verified(before, after)
    with pytest.raises(KeyError):
        verified(after.sign(claims()), doors.signer)


def _changed(token: str, place: int, with_: str) -> str:
    return token[:place] + (with_ if token[place] != with_ else "B") + token[place + 1 :]


def test_no_changed_token_verifies(doors: Doors) -> None:
    token = doors.signer.sign(claims())
    head, payload, signature = token.split(".")
    forged = [
        *(_changed(token, place, "A") for place in range(len(head) + 1, len(token) - 1, 5)),
        f"{head}.{payload}.",
        f"{head}.{payload}",
        f"{head}.{payload}.{signature[:-2]}",
        f"{head}.{payload}.{signature}AA",
        f"{head}.{doors.signer.sign(claims(tier=Tier.SUBSCRIBER)).split('.')[1]}.{signature}",
    ]

    assert len(forged) >= 50
    for one in forged:
        with pytest.raises((jwt.InvalidTokenError, UnicodeDecodeError)):
            verified(one, doors.signer)


def test_an_expired_one_does_not_verify(doors: Doors) -> None:
    old = new_identity(TRUST, PAPER, "forum", "m-1", Tier.MEMBER, time.time() - 301, "j-1")

    with pytest.raises(jwt.ExpiredSignatureError):
        verified(doors.signer.sign(old), doors.signer)


def test_the_public_key_is_asked_for_once(client: Any) -> None:
    kms = client("kms")
    calls: list[str] = []
    kms.meta.events.register("before-call.kms", lambda model, **_: calls.append(model.name))
    signer = KmsIdentity(kms, (made_key(kms),))
    for _ in range(3):
        signer.sign(claims())
        signer.keys()

    assert calls == ["CreateKey", "GetPublicKey", "Sign", "Sign", "Sign"]


def test_a_key_that_is_not_there_or_cannot_be_asked_is_unavailable(client: Any) -> None:
    kms = client("kms")
    signer = KmsIdentity(kms, (made_key(kms),))
    signer.keys()

    def cut(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://kms.example")

    kms.meta.events.register("before-send.kms.Sign", cut)

    with pytest.raises(IdentityUnavailable):
        signer.sign(claims())
    with pytest.raises(IdentityUnavailable):
        KmsIdentity(kms, ("alias/none",)).keys()


@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P384", "ECC_SECG_P256K1"])
def test_a_key_of_another_kind_is_a_fault_of_ours(client: Any, spec: str) -> None:
    kms = client("kms")

    with pytest.raises(TypeError):
        public_jwk(kms.get_public_key(KeyId=made_key(kms, spec))["PublicKey"])


# What stands in it ----------------------------------------------------------------------------------------------------


def test_two_audiences_cannot_find_out_who_is_the_same() -> None:
    subjects = {
        claims(audience, member).sub for audience in ("forum", "https://app.example/") for member in ("m-1", "m-2")
    }

    assert len(subjects) == 4
    assert not [sub for sub in subjects if "m-1" in sub or "m-2" in sub]
    assert claims().sub == claims().sub


def test_nothing_of_the_person_stands_in_a_token() -> None:
    assert IdentityClaims.__struct_fields__ == ("iss", "sub", "aud", "tier", "iat", "exp", "jti")
    assert "m-1" not in repr(claims())


@pytest.mark.parametrize("name", ["", "Forum", "edge", "forum ", "https://app.example", "x" * 5000])
def test_an_audience_that_is_not_configured_gets_nothing(name: str) -> None:
    with pytest.raises(UnknownAudience):
        claims(name)


def test_the_configuration_says_what_is_true_and_no_more() -> None:
    document = openid_configuration(PAPER)

    assert document["issuer"] == PAPER
    assert document["jwks_uri"] == PAPER + KEYS_PATH
    assert document["subject_types_supported"] == ["pairwise"]
    assert document["id_token_signing_alg_values_supported"] == ["ES256"]
    assert not [name for name in document if name.endswith("_endpoint") or "response" in name]

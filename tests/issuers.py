"""Other issuers, as tests need them: their keys, tokens made by hand, and twins of the doors to them and to ours."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.adapters.kms_identity import public_jwk
from shared.domain import identity
from shared.domain.identity import IdentityClaims
from shared.domain.jwks import Jwk, parse_keys
from shared.domain.refusals import IdentityUnavailable, IssuerUnavailable, UnusableTrust
from shared.domain.trust import NOBODY, Issuer, TierRule, Trust

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

ABSENT: Final[Any] = object()


def b64(raw: bytes | str) -> str:
    raw = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@cache
def private_key(kind: str, which: str = "first") -> PrivateKey:
    """A key of that kind: `RS256`, `ES256`, `EdDSA`, `RSA-1024`, `P-384`…, one for each `which`."""
    if kind.startswith("RS"):
        return rsa.generate_private_key(65537, int(kind[4:]) if kind.startswith("RSA-") else 2048)
    curves = {"ES256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "secp256k1": ec.SECP256K1()}
    return ed25519.Ed25519PrivateKey.generate() if kind == "EdDSA" else ec.generate_private_key(curves[kind])


def signature(key: PrivateKey, signed: bytes, digest: HashAlgorithm | None = None) -> bytes:
    """As RFC 7518 and RFC 8037 have it, without any library's opinion of tokens."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(signed, padding.PKCS1v15(), digest or SHA256())
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(signed)
    size = (key.key_size + 7) // 8
    r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(digest or SHA256())))
    return r.to_bytes(size) + s.to_bytes(size)


def jwk(key: PrivateKey, kid: str, **more: Any) -> dict[str, Any]:
    """The public half as its issuer publishes it; ABSENT takes a member away."""
    public = key.public_key()
    members: dict[str, Any]
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        members = {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
    elif isinstance(public, ed25519.Ed25519PublicKey):
        members = {"kty": "OKP", "crv": "Ed25519", "x": b64(public.public_bytes(Encoding.Raw, PublicFormat.Raw))}
    else:
        point, size = public.public_numbers(), (public.curve.key_size + 7) // 8
        curve = {"secp256r1": "P-256", "secp384r1": "P-384"}.get(public.curve.name, public.curve.name)
        members = {"kty": "EC", "crv": curve, "x": b64(point.x.to_bytes(size)), "y": b64(point.y.to_bytes(size))}
    members |= {"kid": kid, "use": "sig", **more}
    return {name: value for name, value in members.items() if value is not ABSENT}


def _number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8))


def key_set(*keys: Mapping[str, Any]) -> bytes:
    return json.dumps({"keys": keys}).encode()


def seal(header: str, payload: str, key: PrivateKey, digest: HashAlgorithm | None = None) -> str:
    """Two segments as they are, and a right signature over them."""
    return f"{header}.{payload}.{b64(signature(key, f'{header}.{payload}'.encode(), digest))}"


def token(header: Mapping[str, Any], claims: Mapping[str, Any], key: PrivateKey) -> str:
    """A token of these members; ABSENT ones are left out."""

    def segment(members: Mapping[str, Any]) -> str:
        return b64(compact({name: value for name, value in members.items() if value is not ABSENT}))

    return seal(segment(header), segment(claims), key)


def an_issuer(url: str = "https://id.example", **changes: Any) -> Issuer:
    """An issuer that says of its access tokens that they are, as RFC 9068 has it."""
    return msgspec.structs.replace(
        Issuer(
            issuer=url,
            audiences=("paper",),
            algorithm="ES256",
            typ=("at+jwt",),
            tiers=(TierRule("groups", "readers", "subscriber"), TierRule("groups", "friends", "member")),
        ),
        **changes,
    )


class MemoryTrust:
    """`TrustStore`."""

    def __init__(self, trust: Trust = NOBODY) -> None:
        self.trust = trust
        self.broken = False

    def read(self) -> Trust:
        if self.broken:
            raise UnusableTrust("The store does not answer.")
        return self.trust


class MemoryIssuerKeys:
    """`IssuerKeys`. `sets` are what issuers publish; one that has none is down. `asked` counts the looking."""

    def __init__(self, sets: Mapping[str, bytes]) -> None:
        self.sets = dict(sets)
        self.asked = 0

    def find(self, issuer: Issuer, kid: str, now: float) -> Jwk | None:
        self.asked += 1
        if issuer.issuer not in self.sets:
            raise IssuerUnavailable("It is down.")
        return parse_keys(self.sets[issuer.issuer], issuer.algorithm).keys.get(kid)


class MemoryIdentity:
    """`IdentitySigner`."""

    def __init__(self, *which: str) -> None:
        self._private = [private_key("ES256", one) for one in which or ("ours",)]
        self.broken = False

    def sign(self, claims: IdentityClaims) -> str:
        header = {"alg": "ES256", "typ": identity.TYPE, "kid": self.keys()[0].kid}
        return seal(b64(compact(header)), b64(msgspec.json.encode(claims)), self._private[0])

    def keys(self) -> tuple[Jwk, ...]:
        if self.broken:
            raise IdentityUnavailable("KMS does not answer.")
        publics = (key.public_key() for key in self._private)
        return tuple(public_jwk(one.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)) for one in publics)


def digest_of(text: str) -> str:
    """For names in tests that have to be random-looking and stay the same."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]

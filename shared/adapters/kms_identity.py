"""Identity tokens signed in KMS: the private key is in there and stays there."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

import msgspec
from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from shared.domain import identity
from shared.domain.identity import IdentityClaims
from shared.domain.jwks import Jwk
from shared.domain.refusals import IdentityUnavailable

if TYPE_CHECKING:
    from mypy_boto3_kms.client import KMSClient

_NUMBER_BYTES: Final = 32


class KmsIdentity:
    """`shared.ports.persons.IdentitySigner` on KMS keys of the kind ECC_NIST_P256. The first of `key_ids` signs; the
    others are published, so that a key is known before it signs, and for as long as what it has signed is good."""

    def __init__(self, client: KMSClient, key_ids: tuple[str, ...]) -> None:
        self._client, self._key_ids = client, key_ids
        self._public: dict[str, Jwk] = {}

    def sign(self, claims: IdentityClaims) -> str:
        key_id = self._key_ids[0]
        header = {"alg": identity.ALGORITHM, "typ": identity.TYPE, "kid": self._key(key_id).kid}
        signed = f"{_text(msgspec.json.encode(header))}.{_text(msgspec.json.encode(claims))}"
        try:
            # KMS does the hashing: it takes 4,096 bytes, and a token has some 600.
            der = self._client.sign(
                KeyId=key_id, Message=signed.encode(), MessageType="RAW", SigningAlgorithm="ECDSA_SHA_256"
            )["Signature"]
        except (BotoCoreError, ClientError) as error:
            raise _unavailable() from error
        # KMS has signatures as X.509 does; a JWT has the two numbers one after the other (RFC 7518, section 3.4).
        r, s = decode_dss_signature(der)
        return f"{signed}.{_text(r.to_bytes(_NUMBER_BYTES) + s.to_bytes(_NUMBER_BYTES))}"

    def keys(self) -> tuple[Jwk, ...]:
        return tuple(self._key(key_id) for key_id in self._key_ids)

    def _key(self, key_id: str) -> Jwk:
        """The public half, which never changes: KMS is asked once."""
        if key_id not in self._public:
            try:
                der = self._client.get_public_key(KeyId=key_id)["PublicKey"]
            except (BotoCoreError, ClientError) as error:
                raise _unavailable() from error
            self._public[key_id] = public_jwk(der)
        return self._public[key_id]


def public_jwk(der: bytes) -> Jwk:
    """A P-256 key (DER, SubjectPublicKeyInfo) as JWK, named by its thumbprint."""
    key = load_der_public_key(der)
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise TypeError("The key for identity tokens has to be of the kind ECC_NIST_P256.")
    point = key.public_numbers()
    numbers = (("x", _text(point.x.to_bytes(_NUMBER_BYTES))), ("y", _text(point.y.to_bytes(_NUMBER_BYTES))))
    nameless = Jwk("", "EC", (("crv", "P-256"), *numbers))
    return Jwk(nameless.thumbprint(), nameless.kty, nameless.members)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unavailable() -> IdentityUnavailable:
    return IdentityUnavailable("Nothing can be signed right now. Try again in a minute.")

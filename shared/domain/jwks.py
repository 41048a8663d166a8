"""Public keys as JSON Web Keys (RFC 7517): what is taken from other issuers' sets, and how ours are named."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, ClassVar, Final, TypeGuard

import msgspec
from msgspec import Struct

MAX_KEYS: Final = 32
MAX_KID: Final = 200
MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 8192  # a larger one is only there to keep us busy
KINDS: Final[Mapping[str, tuple[str, str | None]]] = {
    "RS256": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "EdDSA": ("OKP", "Ed25519"),
}
"""Key type and curve that each algorithm takes (RFC 7518, section 3.1; RFC 8037)."""

_SECRET_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class UnusableKeys(Exception):
    """What an issuer publishes is not a set of keys that may be believed. Says why, to whoever runs the paper."""


class Jwk(Struct, frozen=True):
    """A public key that has been looked into: `kty` and the members of its kind, as base64url."""

    kid: str
    kty: str
    members: tuple[tuple[str, str], ...]

    _named: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "RSA": ("e", "kty", "n"),
        "EC": ("crv", "kty", "x", "y"),
        "OKP": ("crv", "kty", "x"),
    }

    def public_members(self) -> dict[str, str]:
        """What stands for the key in JSON, without anything about it."""
        return {"kty": self.kty, **dict(self.members)}

    def thumbprint(self) -> str:
        """The key's name by what it is: the SHA-256 of its necessary members in order (RFC 7638)."""
        have = self.public_members()
        text = json.dumps({name: have[name] for name in self._named[self.kty]}, separators=(",", ":"))
        return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


class KeySet(Struct, frozen=True):
    """An issuer's keys that fit, by id, and what was passed over, with the reason."""

    keys: dict[str, Jwk]
    passed_over: tuple[str, ...] = ()


def parse_keys(raw: bytes, algorithm: str) -> KeySet:
    """The keys in this JWK Set that fit the algorithm.

    Other kinds are passed over, as RFC 7517, section 5 has it. Raises UnusableKeys for what is no set, has too many
    keys, two of one id, none that fits, or holds what no public set may: then whoever reads it can sign, too.
    """
    document = read_json(raw)
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise UnusableKeys("it is no set of keys: there is no list “keys” in it")
    if len(entries) > MAX_KEYS:
        raise UnusableKeys(f"it has {len(entries)} keys; {MAX_KEYS} are the most")
    found: dict[str, Jwk] = {}
    passed_over: list[str] = []
    for number, entry in enumerate(entries):
        if isinstance(entry, dict) and not _SECRET_MEMBERS.isdisjoint(entry):
            raise UnusableKeys(f"it publishes the secret of key {number}: whoever reads it can sign")
        key, reason = _fitting(entry, algorithm)
        if key is None:
            passed_over.append(f"key {number}: {reason}")
        elif key.kid in found:
            raise UnusableKeys("it has two keys of one id")
        else:
            found[key.kid] = key
    if not found:
        raise UnusableKeys(f"no key in it fits {algorithm}{''.join(f'; {one}' for one in passed_over[:4])}")
    return KeySet(found, tuple(passed_over))


def read_json(raw: bytes) -> Any:
    """The JSON value in these bytes. Raises UnusableKeys for what is none, or names a member twice."""
    try:
        return strict_json(raw)
    except ValueError:
        raise UnusableKeys("it is not JSON, or has a member twice in one object") from None


def strict_json(raw: bytes) -> Any:
    """The one value that this JSON text can mean. Raises ValueError for wrong UTF-8, a member that stands twice,
    numbers that are none, half characters, and nesting without end."""
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_members, parse_constant=_no_number)
        msgspec.json.encode(value)  # half a surrogate pair cannot be written
    except RecursionError:
        raise ValueError("Nested too deeply") from None
    return value


def unpadded(segment: str) -> bytes:
    """The bytes of a base64url text. Raises ValueError for any but the one spelling of them (RFC 7515, section 2)."""
    raw = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != segment.encode():
        raise ValueError("Another spelling of it exists")
    return raw


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A member stands twice")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def _fitting(entry: Any, algorithm: str) -> tuple[Jwk | None, str]:
    """The key, or why it is passed over."""
    kty, crv = KINDS[algorithm]
    if not isinstance(entry, dict):
        return None, "is no object"
    kid = entry.get("kid")
    if not is_kid(kid):
        return None, "has no id"
    operations = entry.get("key_ops", ["verify"])
    if (
        entry.get("kty") != kty
        or entry.get("alg", algorithm) != algorithm
        or entry.get("use", "sig") != "sig"
        or not isinstance(operations, list)
        or "verify" not in operations
    ):
        return None, f"is not for {algorithm} signatures"
    if crv is not None and entry.get("crv") != crv:
        return None, f"lies on another curve than {crv}"
    names = {"RSA": ("n", "e"), "EC": ("x", "y"), "OKP": ("x",)}[kty]
    try:
        sizes = {name: unpadded(entry[name]) for name in names}
    except (KeyError, TypeError, ValueError, AttributeError):
        return None, "has no numbers, or not as base64url"
    if kty == "RSA":
        if reason := _rsa_fault(sizes["n"], sizes["e"]):
            return None, reason
    elif any(len(number) != 32 for number in sizes.values()):
        return None, "has numbers that are not 32 bytes long"
    members = tuple((name, entry[name]) for name in names)
    return Jwk(kid, kty, members if crv is None else (("crv", crv), *members)), ""


def _rsa_fault(modulus: bytes, exponent: bytes) -> str:
    n, e = int.from_bytes(modulus), int.from_bytes(exponent)
    if modulus[:1] == b"\0" or not MIN_RSA_BITS <= n.bit_length() <= MAX_RSA_BITS or not n & 1:
        return f"has {n.bit_length()} bits; {MIN_RSA_BITS} to {MAX_RSA_BITS} are taken"
    if exponent[:1] == b"\0" or not 65537 <= e < 2**32 or not e & 1:
        return "has an exponent that nobody uses"
    return ""


def is_kid(kid: Any) -> TypeGuard[str]:
    """Whether this can be a key's id: a text of 1 to 200 characters that can be seen."""
    return isinstance(kid, str) and 0 < len(kid) <= MAX_KID and kid.isprintable()

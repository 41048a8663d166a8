"""What is random, and what is kept of it. Chance comes in as an argument, so that tests can choose it."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable

_secret = re.compile(r"[0-9a-f]{64}\Z")

Chance = Callable[[int], bytes]  # so many bytes that nobody can guess (`secrets.token_bytes`)


def new_secret(chance: Chance) -> str:
    """256 bits, in hexadecimal: addresses are written in lower case on their way."""
    return chance(32).hex()


def is_secret(text: str) -> bool:
    """Whether this has the shape of what `new_secret` makes: anything else need not be looked up."""
    return _secret.match(text) is not None


def new_id(chance: Chance) -> str:
    """128 bits, in hexadecimal: the name of a thing, which is no secret."""
    return chance(16).hex()


def digest_of(secret: str) -> str:
    """What is kept of a secret with as many bits as `new_secret` makes: SHA-256, hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


def sealed(key: str, message: str) -> str:
    """What only those can make who know the key: HMAC-SHA256, hexadecimal."""
    return hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two texts are the same; takes as long for a wrong one as for the right one. It may be any text, also
    what is no Unicode: one of them comes from outside."""
    return hmac.compare_digest(one.encode(errors="surrogatepass"), other.encode(errors="surrogatepass"))

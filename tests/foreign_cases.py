"""A table of other issuers' tokens with what becomes of each, for each algorithm. Everything is made by hand, and the
clock is fixed; keys are new in each run."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.domain.trust import Trust
from tests.issuers import (
    ABSENT,
    MemoryIssuerKeys,
    an_issuer,
    b64,
    compact,
    jwk,
    key_set,
    private_key,
    seal,
    signature,
    token,
)

NOW: Final = 1_795_000_000
ISSUER: Final = "https://id.example"
OTHER: Final = "https://other.example"
ALGORITHMS: Final = ("RS256", "ES256", "EdDSA")
CLAIMS: Final = {
    "iss": ISSUER,
    "sub": "somebody",
    "aud": "paper",
    "iat": NOW - 10,
    "exp": NOW + 290,
    "groups": ["friends", "rowers"],
}


@dataclass(frozen=True, slots=True)
class ForeignCase:
    """A token, and at `NOW` what comes of it: the tier that it opens, or the refusal's code."""

    name: str
    token: str
    outcome: str


def the_trust(algorithm: str) -> Trust:
    """Two issuers of one algorithm: what the one may sign is not the other's."""
    return Trust(
        issuers=(
            an_issuer(ISSUER, algorithm=algorithm, marks={}),
            an_issuer(OTHER, algorithm=algorithm, audiences=("forum",)),
        )
    )


@cache
def the_keys(algorithm: str) -> MemoryIssuerKeys:
    now, before, other = (private_key(algorithm, which) for which in ("now", "before", "other"))
    published = key_set(jwk(now, "k-now", alg=algorithm), jwk(before, "k-before"))
    return MemoryIssuerKeys({ISSUER: published, OTHER: key_set(jwk(other, "k-now"), jwk(other, "k-other"))})


class _Table:
    """The rows for one algorithm."""

    def __init__(self, algorithm: str) -> None:
        self.algorithm = algorithm
        self.header = {"alg": algorithm, "typ": "at+jwt", "kid": "k-now"}
        self.key, self.before, self.other = (private_key(algorithm, one) for one in ("now", "before", "other"))
        self.good = self.mint()
        self.h, self.p, self.s = self.good.split(".")

    def mint(self, header: Mapping[str, Any] | None = None, key: Any = None, /, **claims: Any) -> str:
        """A good token but for what is said."""
        return token({**self.header, **(header or {})}, {**CLAIMS, **claims}, key or self.key)

    def raw(self, payload: str | bytes, header: str | bytes | None = None) -> str:
        return seal(b64(compact(self.header) if header is None else header), b64(payload), self.key)

    def text(self, **replaced: str) -> str:
        """The claims as JSON text with some values' text replaced."""
        members = {name: json.dumps(value) for name, value in CLAIMS.items()} | replaced
        return "{" + ",".join(f'"{name}":{text}' for name, text in members.items()) + "}"

    def good_ones(self) -> Iterator[tuple[str, str, str]]:
        yield "a friend", self.good, "member"
        yield "a reader", self.mint(groups=["readers"]), "subscriber"
        yield "both, the higher counts", self.mint(groups=["readers", "friends"]), "member"
        yield "a group that is no list", self.mint(groups="readers"), "subscriber"
        yield "by the key before", self.mint({"kid": "k-before"}, self.before), "member"
        yield "typ as a media type", self.mint({"typ": "application/at+jwt"}), "member"
        yield "typ in capitals", self.mint({"typ": "AT+JWT"}), "member"
        yield "a certificate's fingerprint in the header", self.mint({"x5t": "AAAA"}), "member"
        yield "audience in a list", self.mint(aud=["paper", "shop"]), "member"
        yield "more claims than anybody asked for", self.mint(email="a@b.example", jti="1", nbf=NOW - 10), "member"
        yield "good from this second on", self.mint(nbf=NOW), "member"
        yield "a clock a minute ahead", self.mint(iat=NOW + 60, nbf=NOW + 60), "member"
        yield "the last second", self.mint(exp=NOW + 1), "member"
        yield "an hour", self.mint(iat=NOW - 1, exp=NOW + 3599), "member"
        yield "a name of 255 characters", self.mint(sub="a" * 255), "member"
        yield "a name in another alphabet", self.mint(sub="читатель"), "member"
        yield "spaces in its JSON", self.raw(json.dumps(CLAIMS), json.dumps(self.header)), "member"
        yield "escapes in its JSON", self.raw(compact(CLAIMS).replace("/", "\\/")), "member"
        yield "as long as may be", self.sized(4096, -1), "member"
        yield "the other issuer's, as it ought to be", self.others(), "member"

    def others(self, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        return self.mint(header, self.other, **{"iss": OTHER, "aud": "forum", **claims})

    def sized(self, length: int, step: int) -> str:
        """A good token of that many characters, or, where base64 has no such length, one more or less."""
        for fill in range(length):
            payload = b64(compact({**CLAIMS, "fill": "a" * fill}))
            if len(self.h) + 2 + len(payload) + len(self.s) == length:
                return self.mint(fill="a" * fill)
        return self.sized(length + step, step)

    def expired(self) -> Iterator[tuple[str, str]]:
        yield "now", self.mint(exp=NOW)
        yield "a second ago", self.mint(exp=NOW - 1)
        yield "a year ago", self.mint(iat=NOW - 31_536_000, exp=NOW - 31_535_000)
        yield "at the beginning of time", self.mint(iat=1, exp=2)
        yield "by the key before", self.mint({"kid": "k-before"}, self.before, exp=NOW - 1)

    def without_tier(self) -> Iterator[tuple[str, str]]:
        odd: tuple[Any, ...] = (
            ABSENT, None, [], "", "friend", "Friends", " friends", "friends ", "friends readers", ["friends readers"],
            True, 0, 1, {"friends": True}, [["friends"]], [{"friends": 1}], "__proto__", [None, 1], ["member"],
        )  # fmt: skip
        for groups in odd:
            yield f"groups {'missing' if groups is ABSENT else groups!r}", self.mint(groups=groups)
        yield "a tier of its own", self.mint(groups=[], tier="member", scope="friends", Groups=["friends"])

    def unknown_issuers(self) -> Iterator[tuple[str, str]]:
        for iss in (
            "", "https://id.example/", "https://ID.example", "HTTPS://id.example", "http://id.example",
            "https://evil.example", "id.example", " https://id.example", "https://id.example\n", "https://id.example\x00",
            "https://id.example#", "https://id.example:443", "https://id.example.evil.example", "https://paper.example",
        ):  # fmt: skip
            yield f"iss {iss!r}", self.mint(iss=iss)

    def bad_headers(self) -> Iterator[tuple[str, str]]:
        for alg in (
            "none",
            "None",
            "NONE",
            "",
            "HS256",
            "HS512",
            "RS384",
            "PS256",
            "ES384",
            "ES256K",
            "Ed25519",
            "dir",
        ):
            yield f"alg {alg!r}", self.mint({"alg": alg})
        for alg in ALGORITHMS:
            if alg != self.algorithm:
                yield f"alg {alg}", self.mint({"alg": alg})
                yield f"alg {alg}, signed so by a stranger", self.mint({"alg": alg}, private_key(alg, "stranger"))
        yield f"alg {self.algorithm.lower()}", self.mint({"alg": self.algorithm.swapcase()})
        for odd in (None, True, 256, [self.algorithm], {self.algorithm: 1}, ABSENT):
            yield f"alg {'missing' if odd is ABSENT else odd!r}", self.mint({"alg": odd})
        yield "alg none, no signature", f"{b64(compact({**self.header, 'alg': 'none'}))}.{self.p}."
        for typ in (
            "JWT", "jwt", "pass+jwt", "identity+jwt", "id+jwt", "logout+jwt", "dpop+jwt", "at+jwt ", "at", "",
            "application/application/at+jwt", "text/at+jwt",
        ):  # fmt: skip
            yield f"typ {typ!r}", self.mint({"typ": typ})
        for odd in (None, True, ["at+jwt"], ABSENT):
            yield f"typ {'missing' if odd is ABSENT else odd!r}", self.mint({"typ": odd})
        stranger = private_key(self.algorithm, "stranger")
        embedded = jwk(stranger, "k-now")
        for member, value in {
            "crit": ["exp"], "b64": False, "zip": "DEF", "jwk": embedded, "jku": "https://evil.example/keys.json",
            "x5u": "https://evil.example/key.pem", "x5c": ["MIIB"], "x5t#S256": "A", "cty": "JWT", "enc": "A128GCM",
            "epk": embedded, "iss": ISSUER, "keys": [embedded], "nonce": "1", "p2c": 1, "": "", "__proto__": {},
        }.items():  # fmt: skip
            yield f"header holds {member!r}", self.mint({member: value})
            yield f"header holds {member!r}, signed by a stranger", self.mint({member: value}, stranger)
        yield "header holds crit and b64", self.mint({"crit": ["b64"], "b64": False})
        for kid in (
            "",
            "a" * 201,
            "k-now\n",
            "k-now\x00",
            "k\u202enow",
            None,
            True,
            0,
            1,
            ["k-now"],
            {"k-now": 1},
            ABSENT,
        ):
            yield f"kid {'missing' if kid is ABSENT else kid!r:.20}", self.mint({"kid": kid})
        for kid in (
            "k-gone",
            "K-NOW",
            " k-now",
            "k-now ",
            "../k-now",
            "k-other",
            "0",
            "' or '1'='1",
            "__proto__",
            "b" * 200,
        ):
            yield f"kid {kid!r:.20}", self.mint({"kid": kid})

    def bad_signatures(self) -> Iterator[tuple[str, str]]:
        stranger = private_key(self.algorithm, "stranger")
        yield "signed by a stranger", self.mint(None, stranger)
        yield "the key before under the present one's id", self.mint(None, self.before)
        yield "the present key under the id of the one before", self.mint({"kid": "k-before"})
        yield "the other issuer's key", self.mint(None, self.other)
        yield "the other issuer's key by its id", self.mint({"kid": "k-other"}, self.other)
        yield "this issuer's key in the other's name", self.mint(iss=OTHER, aud="forum")
        yield "no signature", f"{self.h}.{self.p}."
        yield "no signature, no dot", f"{self.h}.{self.p}"
        yield "cut by one", self.good[:-1]
        yield "cut by half", f"{self.h}.{self.p}.{self.s[: len(self.s) // 2]}"
        yield "extended", self.good + "A"
        yield "extended by four", self.good + "AAAA"
        yield "doubled", f"{self.h}.{self.p}.{self.s}{self.s}"
        yield "first letter changed", f"{self.h}.{self.p}.{'A' if self.s[0] != 'A' else 'B'}{self.s[1:]}"
        yield "zeros", f"{self.h}.{self.p}.{b64(bytes(len(signature(self.key, b''))))}"
        yield "ones", f"{self.h}.{self.p}.{b64(bytes([255]) * len(signature(self.key, b'')))}"
        yield "of another token", f"{self.h}.{self.p}.{self.mint(sub='else').split('.')[2]}"
        yield "groups raised under it", f"{self.h}.{self.p}.{self.mint(groups=['readers']).split('.')[2]}"
        yield "kid swapped under it", f"{b64(compact({**self.header, 'kid': 'k-before'}))}.{self.p}.{self.s}"
        yield "its unused bits set", f"{self.h}.{self.p}.{last_bit(self.s)}"
        yield "padded", self.good + "=" * (-len(self.s) % 4)
        yield "expired and signed by a stranger", self.mint(None, stranger, exp=NOW - 1)
        public = self.key.public_key()
        for name, secret in {
            "PEM": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "DER": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            "JWK": compact(jwk(self.key, "k-now")).encode(),
            "nothing": b"",
        }.items():
            for alg in ("HS256", self.algorithm):
                head = b64(compact({**self.header, "alg": alg}))
                mac = hmac.digest(secret, f"{head}.{self.p}".encode(), "sha256")
                yield f"HMAC by the public key ({name}), as {alg}", f"{head}.{self.p}.{b64(mac)}"
        if isinstance(self.key, rsa.RSAPrivateKey):
            for digest in (SHA1(), SHA384(), SHA512()):  # noqa: S303 -- what must be refused
                yield f"over {digest.name}", seal(self.h, self.p, self.key, digest)
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            der = self.key.sign(f"{self.h}.{self.p}".encode(), ec.ECDSA(SHA384()))
            yield "over sha384", seal(self.h, self.p, self.key, SHA384())
            yield "as X.509 has it", f"{self.h}.{self.p}.{b64(der)}"
            yield "of another curve", seal(self.h, self.p, private_key("P-384"))

    def bad_shapes(self) -> Iterator[tuple[str, str]]:
        for text in (
            "",
            ".",
            "..",
            "...",
            "null",
            "Bearer",
            "{}",
            "a.b.c",
            "\ud800",
            "é",
            "\x00",
            "a..b",
            "A" * 100_000,
        ):
            yield f"text {text!r:.20}", text
        for tail in ("=", ".", "..", " ", "\n", "\r\n", "\x00", "%00", "\u200b", "\ud800", "é", ",", "+", "/"):
            yield f"followed by {tail!r}", self.good + tail
        for head in (" ", "\n", "\x00", ".", "=", "\ufeff", '"', "Bearer "):
            yield f"preceded by {head!r}", head + self.good
        for inside in ("=", " ", "\n", "é", "+", "/"):
            yield f"{inside!r} after the header", f"{self.h}{inside}.{self.p}.{self.s}"
            yield f"{inside!r} after the payload", f"{self.h}.{self.p}{inside}.{self.s}"
        yield "four segments", f"{self.good}.{self.s}"
        yield "five segments, as a JWE", f"{self.h}.{self.p}.{self.s}.{self.p}.{self.s}"
        yield "segments swapped", seal(self.p, self.h, self.key)
        yield "empty payload", seal(self.h, "", self.key)
        yield "empty header", seal("", self.p, self.key)
        yield "padded segments, signed so", seal(self.h + "=", self.p + "=", self.key)
        yield (
            "standard base64, signed so",
            seal(self.h, base64.b64encode(compact({**CLAIMS, "x": "ÿÿþ>>>"}).encode()).decode(), self.key),
        )
        yield "JSON serialisation", compact({"protected": self.h, "payload": self.p, "signature": self.s})
        yield "longer than may be", self.sized(4097, 1)
        yield "a length that base64 does not have", seal(self.h, self.p + "A" * ((1 - len(self.p)) % 4), self.key)
        for extra in ("", "x", "xx"):  # one of the three has bits to spare
            segment = b64(compact({**CLAIMS, "extra": extra}))
            if len(segment) % 4 in (2, 3):
                yield f"unused bits of the payload set ({extra!r})", seal(self.h, last_bit(segment), self.key)

    def bad_json(self) -> Iterator[tuple[str, str]]:
        header, claims = compact(self.header), compact(CLAIMS)
        for value in ("[]", "0", "null", "true", '""', '"abc"', "{}", f"[{claims}]", json.dumps(claims)):
            yield f"payload {value[:20]}", self.raw(value)
        for value in ("[]", "0", "null", '"abc"', "{}", f"[{header}]", json.dumps(header)):
            yield f"header {value[:20]}", self.raw(claims, value)
        for name, text in {
            "not JSON": "sub=somebody", "cut short": claims[:-1], "a brace more": claims + "}",
            "two values": claims + claims, "single quotes": claims.replace('"', "'"),
            "trailing comma": claims[:-1] + ",}", "comment": claims[:-1] + "/**/}", "NUL after": claims + "\x00",
            "BOM before": "\ufeff" + claims,
            "iss named twice": claims[:-1] + f',"iss":"{OTHER}"}}',
            "aud named twice": claims.replace('"aud"', '"aud":"shop","aud"'),
            "exp named twice": claims[:-1] + f',"exp":{NOW + 200}}}',
            "groups named twice": claims[:-1] + ',"groups":["friends"]}',
            "groups named twice, once escaped": claims[:-1] + ',"gro\\u0075ps":[]}',
            "a member named twice deep inside": claims[:-1] + ',"x":[{"a":1,"a":2}]}',
            "NaN inside": claims[:-1] + ',"x":NaN}', "Infinity inside": claims[:-1] + ',"x":-Infinity}',
            "half a character": claims.replace("somebody", "some\\ud800"),
            "half a character where nobody looks": claims[:-1] + ',"x":"\\udfff"}',
        }.items():  # fmt: skip
            yield f"payload: {name}", self.raw(text)
        for name, text in {
            "BOM before": "\ufeff" + header, "alg named twice": header.replace('"alg"', '"alg":"none","alg"'),
            "kid named twice": header[:-1] + ',"kid":"k-now"}', "cut short": header[:-1],
            "nested deep": '{"alg":' + "[" * 1000 + "]" * 1000 + "}",
        }.items():  # fmt: skip
            yield f"header: {name}", self.raw(claims, text)
        for name, raw in {
            "not UTF-8": b"\xff",
            "cut": b"\xc3",
            "overlong": b"\xc0\xaf",
            "surrogate": b"\xed\xa0\x80",
        }.items():
            yield f"payload: {name} in sub", self.raw(claims.encode().replace(b"some", b"some" + raw))
            yield f"header: {name} in kid", self.raw(claims, header.encode().replace(b"k-now", b"k-now" + raw))
        yield "payload: UTF-16", self.raw(claims.encode("utf-16"))

    def bad_claims(self) -> Iterator[tuple[str, str]]:
        for name in ("iss", "sub", "aud", "iat", "exp"):
            yield f"no {name}", self.mint(**{name: ABSENT})
        for iss in (None, True, 1, [ISSUER], {"iss": ISSUER}):
            yield f"iss {iss!r}", self.mint(iss=iss)
        odd: tuple[Any, ...] = (
            "", "Paper", "paper ", " paper", "pape", "papers", "edge", "forum", "https://id.example", None, True, 1, [],
            ["edge"], ["forum", "shop"], ["paper", 1], ["paper", None], [["paper"]], {"paper": 1}, "paper shop",
        )  # fmt: skip
        for aud in odd:
            yield f"aud {aud!r}", self.mint(aud=aud)
        for sub in ("", "a" * 256, "a\n", "a\x00b", "a\u202eb", "\u200b", None, True, 7, ["somebody"], {"id": 1}):
            yield f"sub {sub!r:.20}", self.mint(sub=sub)
        for name in ("iat", "exp", "nbf"):
            good = str(CLAIMS.get(name, NOW - 10))
            for text in (
                f"{good}.0", f"{good}.5", f"{good}e0", "1.795e9", "-1", "0", "-0", f"-{good}", f"{good}000",
                "18446744073709551616", "9" * 400, "1e400", f'"{good}"', '"now"', "null", "true", "false", "[]",
                f"[{good}]", "{}",
            ):  # fmt: skip
                yield f"{name} {text[:20]}", self.raw(self.text(**{name: text}))
        yield "issued 61 seconds ahead", self.mint(iat=NOW + 61, exp=NOW + 200)
        yield "good from 61 seconds on", self.mint(nbf=NOW + 61)
        yield "good only after its end", self.mint(exp=NOW + 20, nbf=NOW + 30)
        yield "ends as it is issued", self.mint(iat=NOW, exp=NOW)
        yield "ends before it is issued", self.mint(iat=NOW, exp=NOW - 1)
        yield "lives an hour and a second", self.mint(iat=NOW - 1, exp=NOW + 3600)
        yield "lived an hour and a second", self.mint(iat=NOW - 3602, exp=NOW - 1)
        yield "lives for ever", self.mint(exp=253_402_300_799)
        yield "times in milliseconds", self.mint(iat=(NOW - 10) * 1000, exp=(NOW + 290) * 1000)
        yield "bound to its holder's key", self.mint(cnf={"jkt": "AAAA"})
        yield "expired, for somebody else", self.mint(aud="shop", exp=NOW - 1)


def last_bit(segment: str) -> str:
    """The same bytes in a segment of another spelling, where base64 has bits to spare."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return segment[:-1] + alphabet[alphabet.index(segment[-1]) ^ 1]


@cache
def cases(algorithm: str) -> tuple[ForeignCase, ...]:
    table = _Table(algorithm)
    rows = [ForeignCase(f"good: {name}", made, outcome) for name, made, outcome in table.good_ones()]
    for outcome, group in (
        ("expired_token", table.expired),
        ("no_tier", table.without_tier),
        ("unknown_issuer", table.unknown_issuers),
        ("invalid_token", table.bad_headers),
        ("invalid_token", table.bad_signatures),
        ("invalid_token", table.bad_shapes),
        ("invalid_token", table.bad_json),
        ("invalid_token", table.bad_claims),
    ):
        rows += (ForeignCase(f"{group.__name__}: {name}", made, outcome) for name, made in group())
    return tuple(rows)

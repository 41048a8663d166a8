"""One table of tokens with what becomes of each: the edge function and the Python verifier must agree on every row.

Built by hand from hmac, base64 and json, so that no library's opinion gets in; everything is fixed, the clock too.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

NOW: Final = 1_795_000_000
ISSUER: Final = "https://paper.example"
SLUG: Final = "the-river-is-back"
ITS_PATHS: Final = (f"/articles/{SLUG}", f"/api/articles/{SLUG}")
# Where a pass for that article opens nothing: what is not its address, and what is nearly.
OTHER_PATHS: Final = (
    "/", "/articles", "/api/articles", "/articles/another", "/api/articles/another", f"/articles/{SLUG}-2",
    f"/articles/{SLUG[:-1]}", f"/articles/x{SLUG}", f"/api/articles/{SLUG}/x", f"/api/articles/{SLUG}/related",
    f"/articles/{SLUG}/another", f"/articles/another/{SLUG}", f"/articles/{SLUG}.json", f"/articles/{SLUG}.html",
    f"/sections/{SLUG}", f"/authors/{SLUG}", f"/api/authors/{SLUG}", f"/x/articles/{SLUG}", f"/api/api/articles/{SLUG}",
    "/api/sections", "/feeds/rss.xml", "/feeds/feed.json", "/sitemap.xml", "/join", "/contribute", "/process",
    f"/articles/{SLUG}/", f"/ARTICLES/{SLUG}", f"/articles/{SLUG.upper()}", f"/api/articles/{SLUG}/",
    f"//articles/{SLUG}", f"/articles//{SLUG}", f"/./articles/{SLUG}", f"/articles/./{SLUG}",
    f"/articles/another/../{SLUG}", f"/articles/{SLUG}/../another", f"/articles/%74{SLUG[1:]}", f"/articles/{SLUG}%00",
    f"/articles/{SLUG}%2f", f"/articles/{SLUG}%20", f"/articles/{SLUG};x", f"/articles/{SLUG}\n", f"/articles/{SLUG}?",
    f"/media/member/{SLUG}", f"/media/member/articles/{SLUG}", f"/media/subscriber/{SLUG}.mp3",
)  # fmt: skip


def _secret(of: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(of.encode()).digest()).decode().rstrip("=")


CURRENT: Final = ("2026-11-b", _secret("current"))
PREVIOUS: Final = ("2026-11-a", _secret("previous"))
DROPPED: Final = ("2026-10-z", _secret("dropped"))
KEYS: Final = (CURRENT, PREVIOUS)
KEYRING: Final = json.dumps({"iss": ISSUER, "keys": KEYS}, separators=(",", ":"))  # the edge's form of it

HEADER: Final = {"alg": "HS256", "typ": "pass+jwt", "kid": CURRENT[0]}
CLAIMS: Final = {"iss": ISSUER, "aud": "edge", "tier": "member", "iat": NOW - 10, "exp": NOW + 290}
ABSENT: Final[Any] = object()


@dataclass(frozen=True, slots=True)
class TokenCase:
    """A token, and at `NOW` what it is worth: its tier (anonymous unless valid), its state, its one article."""

    name: str
    token: str
    state: Literal["valid", "expired", "invalid"]
    tier: Literal["anonymous", "subscriber", "member"] = "anonymous"
    only: str | None = None


def b64(raw: bytes | str) -> str:
    raw = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def seal(header: str, payload: str, secret: str | bytes = CURRENT[1], algorithm: str = "sha256") -> str:
    """Two segments as they are, and a right signature over them."""
    key = secret.encode() if isinstance(secret, str) else secret
    return f"{header}.{payload}.{b64(hmac.digest(key, f'{header}.{payload}'.encode(), algorithm))}"


def mint(header: Mapping[str, Any] | None = None, secret: str | bytes = CURRENT[1], /, **claims: Any) -> str:
    """A good token but for what is said; ABSENT takes a member away, `only=` and unknown ones are added at the end."""
    return seal(b64(compact(_with(HEADER, header or {}))), b64(compact(_with(CLAIMS, claims))), secret)


def _with(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**base, **changes}.items() if value is not ABSENT}


def _raw(payload: str | bytes, header: str | bytes = compact(HEADER)) -> str:
    return seal(b64(header), b64(payload))


def _claims_text(**replaced: str) -> str:
    """The claims as JSON text with some values' text replaced: for spellings that json.dumps does not make."""
    members = {name: json.dumps(value) for name, value in CLAIMS.items()} | replaced
    return "{" + ",".join(f'"{name}":{text}' for name, text in members.items()) + "}"


def _last_bit(segment: str) -> str:
    """The same bytes in a segment of another spelling: base64's unused last bits set."""
    assert len(segment) % 4 in (2, 3)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return segment[:-1] + alphabet[alphabet.index(segment[-1]) + 1]


GOOD: Final = mint()
_H, _P, _S = GOOD.split(".")
_EMBEDDED: Final = {"kty": "oct", "k": b64(CURRENT[1]), "alg": "HS256"}


def sized(length: int) -> str:
    """A token of that many characters, well signed and of the right shape."""
    fill = length - len(_H) - 2 - 43
    return seal(_H, "A" * fill)


def _good() -> Iterator[TokenCase]:
    for tier in ("subscriber", "member"):
        for kid, secret in KEYS:
            token = mint({"kid": kid}, secret, tier=tier)
            yield TokenCase(f"{tier} by key {kid}", token, "valid", tier)
        token = mint(tier=tier, only=SLUG)
        yield TokenCase(f"{tier} for one article", token, "valid", tier, SLUG)
    for name, claims in {
        "expires in a second": {"exp": NOW + 1}, "issued this second": {"iat": NOW},
        "issued by a clock a minute ahead": {"iat": NOW + 60, "exp": NOW + 61},
        "lives a day": {"iat": NOW - 1, "exp": NOW - 1 + 86_400}, "lives one second": {"iat": NOW, "exp": NOW + 1},
    }.items():  # fmt: skip
        yield TokenCase(name, mint(**claims), "valid", "member")
    for name, slug in {"one letter": "a", "digits": "2026", "120 characters": "a" * 120, "hyphens": "a-b-c-1"}.items():
        yield TokenCase(f"only: {name}", mint(only=slug), "valid", "member", slug)
    month = mint(iat=NOW - 1, exp=NOW - 1 + 2_592_000, only=SLUG)
    yield TokenCase("for one article: lives thirty days", month, "valid", "member", SLUG)
    backwards = seal(b64(compact(dict(reversed(HEADER.items())))), b64(compact(dict(reversed(CLAIMS.items())))))
    yield TokenCase("members in another order", backwards, "valid", "member")
    first = _raw(compact({"only": SLUG, **CLAIMS}))
    yield TokenCase("only stands first", first, "valid", "member", SLUG)


def _expired() -> Iterator[tuple[str, str]]:
    yield "expires now", mint(exp=NOW)
    yield "expired a second ago", mint(exp=NOW - 1)
    yield "expired a year ago", mint(iat=NOW - 31_536_000, exp=NOW - 31_535_700)
    yield "expired, by the previous key", mint({"kid": PREVIOUS[0]}, PREVIOUS[1], exp=NOW - 1)
    yield "expired, for one article", mint(exp=NOW, only=SLUG)
    yield "expired at the beginning of time", mint(iat=1, exp=2)
    yield "expired subscriber", mint(tier="subscriber", exp=NOW - 5)


def _bad_headers() -> Iterator[tuple[str, str]]:
    for alg in (
        "none", "None", "nOnE", "NONE", "", "hs256", "Hs256", "HS256 ", "HS384", "HS512", "RS256", "ES256", "EdDSA",
        "PS256",
    ):  # fmt: skip
        yield f"alg {alg!r}", mint({"alg": alg})
    for odd in (None, True, 256, ["HS256"], {"HS256": 1}, ABSENT):
        yield f"alg {'missing' if odd is ABSENT else odd!r}", mint({"alg": odd})
    for bits in ("384", "512"):
        yield f"alg HS{bits}, signed so", seal(b64(compact({**HEADER, "alg": f"HS{bits}"})), _P, algorithm=f"sha{bits}")
    yield "alg none, no signature", f"{b64(compact({**HEADER, 'alg': 'none'}))}.{_P}."
    for typ in (
        "JWT", "jwt", "at+jwt", "session+jwt", "sign-in+jwt", "PASS+JWT", "Pass+jwt", "application/pass+jwt",
        "pass+jwt ", "",
    ):  # fmt: skip
        yield f"typ {typ!r}", mint({"typ": typ})
    for odd in (None, True, ["pass+jwt"], ABSENT):
        yield f"typ {'missing' if odd is ABSENT else odd!r}", mint({"typ": odd})
    for member, value in {
        "crit": ["exp"], "b64": False, "zip": "DEF", "jwk": _EMBEDDED, "jku": "https://evil.example/keys.json",
        "x5u": "https://evil.example/key.pem", "x5c": ["MIIB"], "x5t": "AAAA", "k": b64("own"), "keys": [_EMBEDDED],
        "cty": "JWT", "enc": "A128GCM", "iss": ISSUER, "__proto__": {"kid": CURRENT[0]}, "constructor": {}, "": "",
    }.items():  # fmt: skip
        yield f"header holds {member!r}", mint({member: value})
    yield "header holds crit and b64", mint({"crit": ["b64"], "b64": False})
    yield "embedded key signs it", mint({"jwk": {**_EMBEDDED, "k": b64("own")}}, "own")
    for kid in (
        DROPPED[0], "2026-11-B", " 2026-11-b", "2026-11-b\n", "2026-11-b\x00", "", "0", "-", "../keyring",
        "/dev/null", "../../../../dev/null", "keys/2026-11-b", "' or '1'='1", "__proto__", "constructor",
        "toString", "hasOwnProperty", "length", "a" * 33, "\ufeff2026-11-b", "２026-11-b",
    ):  # fmt: skip
        yield f"kid {kid!r}", mint({"kid": kid})
        yield f"kid {kid!r}, signed with nothing", mint({"kid": kid}, "")
    for odd in (None, True, 0, 1, [CURRENT[0]], {CURRENT[0]: 1}, ABSENT):
        yield f"kid {'missing' if odd is ABSENT else odd!r}", mint({"kid": odd})
    yield "kid by prototype", seal(b64(f'{{"alg":"HS256","typ":"pass+jwt","__proto__":{{"kid":"{CURRENT[0]}"}}}}'), _P)


def _bad_signatures() -> Iterator[tuple[str, str]]:
    yield "dropped key", mint({"kid": DROPPED[0]}, DROPPED[1])
    yield "dropped key under the current kid", mint(None, DROPPED[1])
    yield "previous key under the current kid", mint(None, PREVIOUS[1])
    yield "current key under the previous kid", mint({"kid": PREVIOUS[0]})
    for secret in (
        "", "a", "abc", "secret", CURRENT[0], CURRENT[1] + "\n", CURRENT[1] + "=", CURRENT[1][:-1], "null",
        "undefined",
    ):  # fmt: skip
        yield f"signed with {secret!r}", mint(None, secret)
    yield "signed with the decoded secret", mint(None, base64.urlsafe_b64decode(CURRENT[1] + "="))
    yield "no signature", f"{_H}.{_P}."
    yield "no signature, no dot", f"{_H}.{_P}"
    yield "signature cut by one", GOOD[:-1]
    yield "signature cut by half", f"{_H}.{_P}.{_S[:21]}"
    yield "signature extended", GOOD + "A"
    yield "signature doubled", f"{_H}.{_P}.{_S}{_S}"
    yield "signature's first letter changed", f"{_H}.{_P}.{'A' if _S[0] != 'A' else 'B'}{_S[1:]}"
    yield "signature in capitals", f"{_H}.{_P}.{_S.upper()}"
    yield "signature of As", f"{_H}.{_P}.{'A' * 43}"
    yield "signature's unused bits set", f"{_H}.{_P}.{_last_bit(_S)}"
    yield (
        "signature in hexadecimal",
        f"{_H}.{_P}.{hmac.digest(CURRENT[1].encode(), f'{_H}.{_P}'.encode(), 'sha256').hex()}",
    )
    yield "sha1 signature", seal(_H, _P, algorithm="sha1")
    yield "signature of another token", f"{_H}.{_P}.{mint(tier='subscriber').split('.')[2]}"
    yield "tier raised under the signature", f"{_H}.{b64(compact(CLAIMS))}.{mint(tier='subscriber').split('.')[2]}"
    yield "exp moved under the signature", f"{_H}.{b64(compact({**CLAIMS, 'exp': NOW + 291}))}.{_S}"
    yield "kid swapped under the signature", f"{b64(compact({**HEADER, 'kid': PREVIOUS[0]}))}.{_P}.{_S}"
    yield "expired and badly signed", mint(None, DROPPED[1], exp=NOW - 1)


def _stretched() -> Iterator[tuple[str, str]]:
    """A pass for one article, changed under the signature that it came with."""
    header, _, signature = mint(only=SLUG).split(".")
    claims = {**CLAIMS, "only": SLUG}
    for name, changes in {
        "to another article": {"only": "another"}, "to every article": {"only": ABSENT},
        "by a second": {"exp": NOW + 291}, "by a month": {"exp": NOW - 10 + 2_592_000},
        "to begin anew": {"iat": NOW, "exp": NOW + 300},
    }.items():  # fmt: skip
        yield f"for one article, stretched {name}", f"{header}.{b64(compact(_with(claims, changes)))}.{signature}"
    twice = f'{compact(claims)[:-1]},"only":"another"}}'
    yield "for two articles", _raw(twice)
    yield "for one article, and for none", _raw(f'{compact(claims)[:-1]},"only":null}}')
    yield "for one article, its signature on another's", f"{mint(only='another').rpartition('.')[0]}.{signature}"
    yield "for one article by the word", mint(Only=SLUG)


def _bad_shapes() -> Iterator[tuple[str, str]]:
    yield "empty", ""
    for text in (".", "..", "...", "null", "undefined", "Bearer", "{}", "0", "a.b.c", "\ud800", "é", "\x00"):
        yield f"text {text!r}", text
    for tail in (
        "=", "==", ".", "..", " ", "\n", "\r\n", "\t", "\x00", "%00", "%3D", "\u200b", "\ufeff", "\ud800", "é", ",",
        ";", "&", "#", "~", "+",
    ):  # fmt: skip
        yield f"followed by {tail!r}", GOOD + tail
    for head in (" ", "\n", "\t", "\x00", ".", "=", "\ufeff", "\u00a0", '"', "Bearer "):
        yield f"preceded by {head!r}", head + GOOD
    for inside in ("=", " ", "\n", "\x00", "é", "+", "/", "-"):
        yield f"{inside!r} after the header", f"{_H}{inside}.{_P}.{_S}"
        yield f"{inside!r} after the payload", f"{_H}.{_P}{inside}.{_S}"
    yield "four segments", f"{GOOD}.{_S}"
    yield "four segments, an empty one first", f".{GOOD}"
    yield "five segments like JWE", f"{_H}.{_P}.{_S}.{_P}.{_S}"
    yield "empty header", seal("", _P)
    yield "empty payload", seal(_H, "")
    yield "empty header and payload", seal("", "")
    yield "segments swapped", seal(_P, _H)
    yield "padded segments, signed so", seal(_H + "=", _P + "=")
    yield (
        "standard base64, signed so",
        seal(_H, base64.b64encode(compact({**CLAIMS, "tier": "ÿÿþ>>>"}).encode()).decode()),
    )
    yield "two tokens", f"{GOOD} {GOOD}"
    yield "JSON serialisation", compact({"protected": _H, "payload": _P, "signature": _S})
    yield "4096 characters", sized(4096)
    yield "4097 characters", sized(4097)
    yield "a good token and 4 KB more", GOOD + "A" * 4096
    yield "100 KB", "A" * 100_000
    yield "a payload of one character", seal(_H, "A")
    yield "a payload of a length base64 does not have", seal(_H, _P + "A" * ((1 - len(_P)) % 4))


def _bad_json() -> Iterator[tuple[str, str]]:
    header, claims = compact(HEADER), compact(CLAIMS)
    for value in (
        "[]", "[1]", "0", "1", "null", "true", '""', '"abc"', '"pass"', "{}", "[{}]", f"[{claims}]",
        f'{{"claims":{claims}}}', json.dumps(claims),
    ):  # fmt: skip
        yield f"payload {value[:20]}", _raw(value)
    for value in ("[]", "0", "null", "true", '"abc"', "{}", f"[{header}]", json.dumps(header)):
        yield f"header {value[:20]}", _raw(claims, value)
    for name, text in {
        "not JSON": "tier=member", "cut short": claims[:-1], "a brace more": claims + "}",
        "two values": claims + claims, "single quotes": claims.replace('"', "'"),
        "trailing comma": claims[:-1] + ",}", "comment": claims[:-1] + "/**/}",
        "space inside": claims.replace(",", ", "), "space before": " " + claims, "newline after": claims + "\n",
        "NUL after": claims + "\x00", "BOM before": "\ufeff" + claims,
        "tab after a colon": claims.replace(":", ":\t", 1),
        "tier named twice": claims.replace('"tier"', '"tier":"subscriber","tier"'),
        "tier named twice, the lower last": claims[:-1] + ',"tier":"subscriber"}',
        "exp named twice": claims[:-1] + f',"exp":{NOW + 200}}}',
        "name escaped": claims.replace('"tier"', '"\\u0074ier"'),
        "value escaped": claims.replace('"member"', '"m\\u0065mber"'), "slash escaped": claims.replace("/", "\\/"),
        "value escaped as a surrogate": claims.replace('"member"', '"\\ud800"'),
    }.items():  # fmt: skip
        yield f"payload: {name}", _raw(text)
    for name, text in {
        "space inside": header.replace(",", ", "), "newline after": header + "\n", "BOM before": "\ufeff" + header,
        "alg named twice": header.replace('"alg"', '"alg":"none","alg"'),
        "kid named twice": header[:-1] + f',"kid":"{CURRENT[0]}"}}',
        "typ escaped": header.replace("pass+jwt", "p\\u0061ss+jwt"),
        "name escaped": header.replace('"alg"', '"\\u0061lg"'),
    }.items():  # fmt: skip
        yield f"header: {name}", _raw(claims, text)
    for name, raw in {
        "not UTF-8": b"\xff", "cut UTF-8": b"\xc3", "overlong": b"\xc0\xaf", "UTF-8 surrogate": b"\xed\xa0\x80",
    }.items():  # fmt: skip
        yield f"payload: {name} in iss", _raw(claims.encode().replace(b"paper", b"paper" + raw))
        yield f"payload: {name} after", _raw(claims.encode() + raw)
        yield f"header: {name} in kid", _raw(claims, header.encode().replace(b"2026", b"2026" + raw))
    yield "payload: UTF-16", _raw(claims.encode("utf-16"))
    yield "payload: nested deep", _raw("[" * 1400 + "]" * 1400)
    yield "payload: objects nested deep", _raw('{"a":' * 400 + "1" + "}" * 400)
    yield "header: nested deep", _raw(claims, '{"alg":' + "[" * 1000 + "]" * 1000 + "}")
    yield (
        "header: unused bits set",
        seal(_last_bit(b64(compact({**HEADER, "kid": PREVIOUS[0]}))) if len(_H) % 4 == 0 else _last_bit(_H), _P),
    )
    for slug in ("a", "ab", "abc"):  # one of the three has bits to spare
        segment = b64(compact({**CLAIMS, "only": slug}))
        if len(segment) % 4 in (2, 3):
            yield f"payload: unused bits set, only {slug}", seal(_H, _last_bit(segment))


def _bad_claims() -> Iterator[tuple[str, str]]:
    for name in CLAIMS:
        yield f"no {name}", mint(**{name: ABSENT})
        yield f"no {name}, but only", mint(**{name: ABSENT}, only=SLUG)
    for name, value in {
        "sub": "reader-1", "nbf": NOW - 10, "jti": "1", "email": "a@b.example", "scope": "*", "tiers": ["member"],
        "Tier": "member", "": 1, "__proto__": {"tier": "member"}, "constructor": None, "toString": 1,
        "kid": CURRENT[0],
    }.items():  # fmt: skip
        yield f"claim {name!r} nobody asked for", mint(**{name: value})
    for name, value in {"sub": "reader-1", "nbf": NOW}.items():
        yield f"claim {name!r} beside only", mint(only=SLUG, **{name: value})
    yield "tier by prototype", _raw(compact(_with(CLAIMS, {"tier": ABSENT, "__proto__": {"tier": "member"}})))
    odd_issuers: tuple[Any, ...] = (
        "", "https://paper.example/", "https://PAPER.example", "http://paper.example", "https://evil.example", None,
        True, 1, [ISSUER], {},
    )  # fmt: skip
    for iss in odd_issuers:
        yield f"iss {iss!r}", mint(iss=iss)
    for aud in (
        "", "Edge", "session", "sign-in", "edge ", "https://paper.example", None, True, 1, ["edge"],
        ["edge", "session"], [], {"edge": 1},
    ):  # fmt: skip
        yield f"aud {aud!r}", mint(aud=aud)
    for tier in (
        "", "anonymous", "Member", "MEMBER", "member ", " member", "members", "admin", "subscriber,member",
        "__proto__", "constructor", "toString", "0", "2", "ｍember", None, True, False, 0, 1, 2, ["member"],
        ["subscriber", "member"], {"member": True}, [],
    ):  # fmt: skip
        yield f"tier {tier!r}", mint(tier=tier)
    for name in ("iat", "exp"):
        good = str(CLAIMS[name])
        for text in (
            f"{good}.0", f"{good}.5", f"{good}e0", "1.795e9", "1e9", "1E400", "-1", "0", "-0", "0.0", f"-{good}",
            f"0{good}", f"+{good}", "9007199254740993", "18446744073709551616", "9" * 400, "NaN", "Infinity",
            "-Infinity", f'"{good}"', f'"{good}.0"', '""', '"now"', "null", "true", "false", "[]", f"[{good}]",
            "{}", f"0x{int(good):x}",
        ):  # fmt: skip
            label = text if len(text) < 30 else f"{text[:3]}… of {len(text)} digits"
            yield f"{name} {label}", _raw(_claims_text(**{name: text}))
    yield "issued 61 seconds ahead", mint(iat=NOW + 61, exp=NOW + 100)
    yield "issued tomorrow", mint(iat=NOW + 86_400, exp=NOW + 86_700)
    yield "expires as it is issued", mint(iat=NOW, exp=NOW)
    yield "expires before it is issued", mint(iat=NOW, exp=NOW - 1)
    yield "iat 0, expired", mint(iat=0, exp=60)
    yield "iat negative, expired", mint(iat=-60, exp=60)
    yield "lives a day and a second", mint(iat=NOW - 1, exp=NOW + 86_400)
    yield "lived a day and a second, expired", mint(iat=NOW - 86_402, exp=NOW - 1)
    yield "lives for ever", mint(exp=253_402_300_799)
    yield "lives thirty days", mint(iat=NOW, exp=NOW + 2_592_000)
    yield "for one article: lives thirty days and a second", mint(iat=NOW - 1, exp=NOW + 2_592_000, only=SLUG)
    for slug in (
        "", "-", "-a", "a-", "a--b", "A", "The-River", "a b", "a/b", "../a", "a.json", "a_b", "á", "a\n", "a\x00",
        "*", ".", "%61", "a" * 121, "a?b", "__proto__", "constructor ", None, True, False, 0, 1, [], [SLUG], {},
        {"slug": SLUG},
    ):  # fmt: skip
        label = repr(slug) if len(repr(slug)) < 30 else f"of {len(repr(slug)) - 2} characters"
        yield f"only {label}", mint(only=slug)
    yield "expired, but of another audience", mint(aud="session", exp=NOW - 1)
    yield "expired, but of an unknown tier", mint(tier="admin", exp=NOW - 1)
    yield "expired, with a claim nobody asked for", mint(exp=NOW - 1, sub="reader-1")
    yield "expired, for an article with a bad name", mint(exp=NOW - 1, only="A")
    yield "session token with the pass key", mint({"typ": "session+jwt"}, aud="session", sub="reader-1")


def _cases() -> Iterator[TokenCase]:
    yield from _good()
    for name, token in _expired():
        yield TokenCase(name, token, "expired")
    for group in (_bad_headers, _bad_signatures, _stretched, _bad_shapes, _bad_json, _bad_claims):
        for name, token in group():
            yield TokenCase(name, token, "invalid")


CASES: Final = tuple(_cases())

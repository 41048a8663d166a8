"""Fetching other issuers' keys, from issuers that behave and from issuers that do not."""

from __future__ import annotations

import gzip
import json
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.adapters.http_issuer_keys import (
    LAST_GOOD_SECONDS,
    MAX_BYTES,
    REFRESH_SECONDS,
    RETRY_SECONDS,
    THREAD,
    UNKNOWN_SECONDS,
    HttpIssuerKeys,
)
from shared.domain.refusals import IssuerUnavailable
from shared.domain.trust import Issuer
from tests.issuers import an_issuer, b64, jwk, key_set, private_key
from tests.misbehaving import Authority, Manner, Misbehaving, drips, late, misbehaving, pours, says, sends

NOW = 1_800_000_000.0
KEYS = "/keys.json"
FIRST, SECOND = (jwk(private_key("ES256", which), kid) for which, kid in (("now", "k-1"), ("before", "k-2")))
GOOD = says(key_set(FIRST))


@pytest.fixture
def site() -> Iterator[Misbehaving]:
    with misbehaving(GOOD) as issuer:
        yield issuer


def keys() -> HttpIssuerKeys:
    return HttpIssuerKeys(schemes=("http",))


def named(site: Misbehaving, **changes: Any) -> Issuer:
    """The issuer with its keys' address in the configuration."""
    return an_issuer(site.url, jwks_url=site.url + KEYS, **changes)


def reason(site: Misbehaving, issuer: Issuer | None = None) -> str:
    with pytest.raises(IssuerUnavailable) as refused:
        keys().find(issuer or named(site), "k-1", NOW)
    return refused.value.reason


# Who behaves ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_a_published_key_is_found_by_its_id(site: Misbehaving, algorithm: str) -> None:
    published = jwk(private_key(algorithm, "now"), "k-1")
    site.manner = says(key_set(published))

    found = keys().find(named(site, algorithm=algorithm), "k-1", NOW)

    assert found is not None
    assert found.public_members().items() <= published.items()
    assert keys().find(named(site, algorithm=algorithm), "k-2", NOW) is None


def test_without_an_address_the_issuer_s_own_document_names_it(site: Misbehaving) -> None:
    document = {"issuer": f"{site.url}/realm", "jwks_uri": f"{site.url}/elsewhere"}
    site.paths["/realm/.well-known/openid-configuration"] = says(json.dumps(document).encode())

    assert keys().find(an_issuer(f"{site.url}/realm"), "k-1", NOW) is not None
    assert site.asked == ["/realm/.well-known/openid-configuration", "/elsewhere"]


def test_a_slash_at_the_issuer_s_end_belongs_to_its_name_and_not_twice_to_the_address(site: Misbehaving) -> None:
    document = {"issuer": f"{site.url}/", "jwks_uri": f"{site.url}/k?p=1"}
    site.paths["/.well-known/openid-configuration"] = says(json.dumps(document).encode())

    assert keys().find(an_issuer(f"{site.url}/"), "k-1", NOW) is not None
    assert site.asked[1] == "/k?p=1"


def test_keys_for_other_uses_stand_beside_and_are_passed_over(site: Misbehaving) -> None:
    others = [
        jwk(private_key("RS256"), "rsa"),
        jwk(private_key("P-384"), "p-384"),
        jwk(private_key("ES256", "a"), "encrypts", use="enc"),
        jwk(private_key("ES256", "b"), "signs", key_ops=["sign"]),
        jwk(private_key("ES256", "c"), "other", alg="ES384"),
        {**jwk(private_key("ES256", "d"), ""), "kid": None},
        jwk(private_key("ES256", "e"), "short", x=b64(b"x" * 31)),
        {"kty": "new", "kid": "unheard-of"},
        {},
        None,
        "key",
    ]
    site.manner = says(json.dumps({"keys": [*others, FIRST]}).encode())

    known = keys().fetch(named(site))

    assert list(known.keys) == ["k-1"]
    assert len(known.passed_over) == len(others)


# How often it is asked ------------------------------------------------------------------------------------------------


def test_an_issuer_is_asked_once_for_many_tokens(site: Misbehaving) -> None:
    known = keys()

    for second in range(REFRESH_SECONDS):
        assert known.find(named(site), "k-1", NOW + second) is not None
    assert len(site.asked) == 1
    known.find(named(site), "k-1", NOW + REFRESH_SECONDS)
    assert len(site.asked) == 2


def test_a_storm_of_unknown_keys_costs_one_fetch(site: Misbehaving) -> None:
    known = keys()

    for number in range(1_000):
        assert known.find(named(site), f"k-storm-{number}", NOW + number / 1_000) is None
    assert len(site.asked) == 1


def test_a_storm_that_goes_on_costs_one_in_ten_seconds(site: Misbehaving) -> None:
    known = keys()

    for tenth in range(600):
        known.find(named(site), f"k-storm-{tenth}", NOW + tenth / 10)
    assert len(site.asked) <= 6


def test_a_key_that_was_looked_for_in_vain_is_remembered(site: Misbehaving) -> None:
    known = keys()

    for second in range(UNKNOWN_SECONDS):
        assert known.find(named(site), "k-none", NOW + second) is None
    assert len(site.asked) == 1
    known.find(named(site), "k-none", NOW + UNKNOWN_SECONDS)
    assert len(site.asked) == 2


def test_many_at_once_wait_for_one_fetch(site: Misbehaving) -> None:
    known, found = keys(), []
    site.manner = late(0.2, GOOD)
    threads = [threading.Thread(target=lambda: found.append(known.find(named(site), "k-1", NOW))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(site.asked) == 1
    assert all(found)
    assert len(found) == 20


def test_a_new_key_is_found_soon_and_one_that_was_taken_back_ends(site: Misbehaving) -> None:
    known = keys()
    known.find(named(site), "k-1", NOW)
    site.manner = says(key_set(SECOND))

    assert known.find(named(site), "k-2", NOW + 1) is None
    assert known.find(named(site), "k-2", NOW + RETRY_SECONDS) is not None
    assert known.find(named(site), "k-1", NOW + RETRY_SECONDS + 1) is None


def test_a_key_that_was_taken_back_ends_though_nobody_asks_for_another(site: Misbehaving) -> None:
    known = keys()
    known.find(named(site), "k-1", NOW)
    site.manner = says(key_set(SECOND))

    assert known.find(named(site), "k-1", NOW + REFRESH_SECONDS) is None


def test_what_was_said_last_counts_for_an_hour_while_the_issuer_is_down(site: Misbehaving) -> None:
    known = keys()
    known.find(named(site), "k-1", NOW)
    site.manner = says(b"", "503 Service Unavailable")

    for second in range(0, LAST_GOOD_SECONDS + 1, 5):
        assert known.find(named(site), "k-1", NOW + second) is not None
    assert len(site.asked) <= 1 + LAST_GOOD_SECONDS // RETRY_SECONDS
    with pytest.raises(IssuerUnavailable):
        known.find(named(site), "k-1", NOW + LAST_GOOD_SECONDS + 1)


def test_a_key_that_may_be_new_is_not_called_false_while_the_issuer_is_down(site: Misbehaving) -> None:
    known = keys()
    known.find(named(site), "k-1", NOW)
    site.manner = says(b"", "503 Service Unavailable")

    with pytest.raises(IssuerUnavailable):
        known.find(named(site), "k-2", NOW + RETRY_SECONDS)


def test_an_issuer_that_never_answers_is_asked_once_in_ten_seconds_and_waited_for_no_longer(site: Misbehaving) -> None:
    known = keys()
    site.manner = says(b"", "500 No")

    for second in range(3 * RETRY_SECONDS):
        with pytest.raises(IssuerUnavailable):
            known.find(named(site), f"k-{second}", NOW + second)
    assert len(site.asked) == 3
    site.manner = GOOD
    assert known.find(named(site), "k-1", NOW + 3 * RETRY_SECONDS) is not None


def test_a_clock_that_jumps_back_does_not_stop_us_from_asking(site: Misbehaving) -> None:
    known = keys()
    known.find(named(site), "k-1", NOW + 9_000)

    assert known.find(named(site), "k-1", NOW) is not None
    assert len(site.asked) == 2


def test_another_address_or_algorithm_in_the_configuration_counts_at_once(site: Misbehaving) -> None:
    known = keys()
    known.find(named(site), "k-1", NOW)
    site.paths["/new.json"] = says(key_set(SECOND))

    assert known.find(an_issuer(site.url, jwks_url=f"{site.url}/new.json"), "k-2", NOW) is not None
    with pytest.raises(IssuerUnavailable):
        known.find(named(site, algorithm="RS256"), "k-1", NOW)


# Who does not behave -------------------------------------------------------------------------------------------------

OK = b"HTTP/1.1 200 OK\r\n"
SLOW = {
    "accepts and says nothing": sends(b"", 5),
    "drips its status line": drips(b"HTTP/1.1 200 OK\r\n" * 100, 0.05),
    "drips its headers": drips(OK + b"x-a: b\r\n" * 100, 0.05),
    "drips its body": drips(OK + b"content-length: 900\r\n\r\n" + b" " * 900, 0.05),
    "drips its body in chunks": drips(OK + b"transfer-encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 200, 0.05),
    "says continue, for ever": drips(b"HTTP/1.1 100 Continue\r\n\r\n" * 100, 0.05),
    "has half a body and then nothing": sends(OK + b"content-length: 900\r\n\r\n{", 5),
}


def test_two_seconds_are_all_that_anybody_waits() -> None:
    def waits(manner: Manner) -> tuple[str, float]:
        with misbehaving(GOOD) as site:
            site.manner = manner
            before = time.monotonic()
            return reason(site), time.monotonic() - before

    with ThreadPoolExecutor(len(SLOW)) as all_at_once:
        waited = dict(zip(SLOW, all_at_once.map(waits, SLOW.values()), strict=True))
    assert {name: said for name, (said, _) in waited.items() if "within 2 s" not in said} == {}
    assert {name: took for name, (_, took) in waited.items() if not 1.9 < took < 2.9} == {}
    time.sleep(0.2)
    assert THREAD not in {one.name for one in threading.enumerate()}  # its connection was cut: nothing goes on waiting


def test_two_documents_have_two_seconds_together(site: Misbehaving) -> None:
    body = json.dumps({"issuer": site.url, "jwks_uri": site.url + KEYS}).encode()
    site.paths["/.well-known/openid-configuration"], site.manner = late(1.3, says(body)), late(1.3, GOOD)
    before = time.monotonic()

    assert "within 2 s" in reason(site, an_issuer(site.url))
    assert time.monotonic() - before < 2.6


PRIVATE = {**FIRST, "d": b64(b"d" * 32)}
OCT = {"kty": "oct", "kid": "k-oct", "k": b64(b"k" * 32), "alg": "HS256"}
DOCUMENTS = {
    "nothing": b"",
    "HTML": b"<!doctype html><title>Sign in</title>",
    "half of it": key_set(FIRST)[:-9],
    "no object": b"[]",
    "no keys": b"{}",
    "keys that are no list": b'{"keys":{}}',
    "no key": b'{"keys":[]}',
    "keys named twice": b'{"keys":[],"keys":' + json.dumps([FIRST]).encode() + b"}",
    "a member named twice": key_set(FIRST).replace(b'"kid"', b'"kid": "x", "kid"'),
    "a private key": key_set(FIRST, PRIVATE),
    "a private key of another kind": key_set(FIRST, {**jwk(private_key("RS256"), "r"), "p": "AQAB"}),
    "a symmetric key": key_set(FIRST, OCT),
    "two keys of one id": key_set(FIRST, {**SECOND, "kid": "k-1"}),
    "one key twice": key_set(FIRST, FIRST),
    "33 keys": key_set(*({**FIRST, "kid": f"k-{i}"} for i in range(33))),
    "not UTF-8": key_set(FIRST).replace(b"k-1", b"k-1\xff"),
    "UTF-16": key_set(FIRST).decode().encode("utf-16"),
    "nested without end": b"[" * 60_000,
    "numbers that are none": b'{"keys":[NaN]}',
    "a curve it does not say": key_set({**FIRST, "crv": "P-384"}),
    "only a key for other uses": key_set({**FIRST, "use": "enc"}),
    "padded numbers": key_set({**FIRST, "x": FIRST["x"] + "="}),
    "numbers that are numbers": key_set({**FIRST, "x": 1}),
    "an id that is a number": key_set({**FIRST, "kid": 1}),
    "an id of 201 characters": key_set({**FIRST, "kid": "a" * 201}),
}


@pytest.mark.parametrize("body", DOCUMENTS.values(), ids=DOCUMENTS)
def test_what_is_no_sound_set_of_keys_is_believed_nothing(site: Misbehaving, body: bytes) -> None:
    site.manner = says(body)

    assert reason(site)


@pytest.mark.parametrize("bits", [512, 1024, 2047])
def test_an_rsa_key_that_is_too_small_is_no_key(site: Misbehaving, bits: int) -> None:
    number = (1 << (bits - 1)) | 1
    small = {"kty": "RSA", "kid": "k-1", "n": b64(number.to_bytes((bits + 7) // 8)), "e": "AQAB"}
    site.manner = says(key_set(small))

    assert f"{bits} bits" in reason(site, named(site, algorithm="RS256"))


@pytest.mark.parametrize("change", [{"e": "Aw"}, {"e": "AQ"}, {"e": "AAEAAQ"}, {"n": b64(b"\0" + b"\xff" * 256)}])
def test_an_rsa_key_of_odd_numbers_is_no_key(site: Misbehaving, change: dict[str, str]) -> None:
    site.manner = says(key_set({**jwk(private_key("RS256"), "k-1"), **change}))

    assert reason(site, named(site, algorithm="RS256"))


def test_a_point_beside_the_curve_verifies_nothing_and_breaks_nothing(site: Misbehaving) -> None:
    from shared.adapters.pyjwt_foreign import PyJwtForeign
    from shared.domain.refusals import InvalidToken
    from shared.domain.trust import Trust
    from tests.issuers import MemoryTrust, token

    site.manner = says(key_set({**FIRST, "y": FIRST["x"]}))
    foreign = PyJwtForeign(MemoryTrust(Trust(issuers=(named(site),))), keys())
    made = token({"alg": "ES256", "typ": "at+jwt", "kid": "k-1"}, {"iss": site.url}, private_key("ES256", "now"))

    with pytest.raises(InvalidToken):
        foreign.verify(made, NOW)


BOMB = gzip.compress(b" " * 50_000_000)
ANSWERS: dict[str, Manner] = {
    "404": says(b"", "404 Not Found"),
    "204": says(b"", "204 No Content"),
    "206": says(key_set(FIRST), "206 Partial Content"),
    "500 with a good body": says(key_set(FIRST), "500 No"),
    "no HTTP at all": sends(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "HTTP/0.9": sends(key_set(FIRST)),
    "nothing and the end": sends(b""),
    "a gzip bomb": says(BOMB, "200 OK", "content-encoding: gzip"),
    "gzip, and not said so": says(BOMB),
    "gzip, it says": says(key_set(FIRST), "200 OK", "content-encoding: gzip"),
    "brotli": says(b"\x0b\x02\x80", "200 OK", "content-encoding: br"),
    "one byte too many": says(key_set(FIRST) + b" " * (MAX_BYTES + 1 - len(key_set(FIRST)))),
    "a body without end": pours(OK + b"\r\n", 5),
    "a chunked body without end": pours(OK + b"transfer-encoding: chunked\r\n\r\nfffffff\r\n", 5),
    "a header without end": pours(OK + b"x-a: ", 5),
    "101 headers": sends(OK + b"x-a: b\r\n" * 101 + b"\r\n" + key_set(FIRST)),
    "a length that is none": sends(OK + b"content-length: many\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"),
    "less than it promised": sends(OK + b"content-length: 9000\r\n\r\n" + key_set(FIRST)[:-4]),
}


@pytest.mark.parametrize("manner", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_is_none_is_believed_nothing(site: Misbehaving, manner: Manner) -> None:
    site.manner = manner
    before = time.monotonic()

    assert reason(site)
    assert time.monotonic() - before < 2.6


@pytest.mark.parametrize("head", [b"\r\n", b"transfer-encoding: chunked\r\n\r\nfffffff\r\n"])
def test_of_a_body_without_end_no_more_is_read_than_may_be(site: Misbehaving, head: bytes) -> None:
    site.manner = pours(OK + head, 5)

    assert reason(site) == "it sends more than 65,536 bytes"


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent", "300 Choose"]
)
def test_redirects_are_not_followed(site: Misbehaving, status: str) -> None:
    site.paths[KEYS] = says(key_set(FIRST), status, f"location: {site.url}/other.json")

    assert status[:3] in reason(site)
    assert site.asked == [KEYS]


def test_the_last_byte_that_may_be_is_read(site: Misbehaving) -> None:
    site.manner = says(key_set(FIRST).ljust(MAX_BYTES))

    assert keys().find(named(site), "k-1", NOW) is not None


def test_an_issuer_that_is_not_there_is_unavailable() -> None:
    with misbehaving(GOOD) as gone:
        pass

    assert "cannot be reached" in reason(gone)


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://other.example", "jwks_uri": "{url}/keys.json"},
        {"issuer": "{url}/", "jwks_uri": "{url}/keys.json"},
        {"jwks_uri": "{url}/keys.json"},
        {"issuer": "{url}"},
        {"issuer": "{url}", "jwks_uri": None},
        {"issuer": "{url}", "jwks_uri": ["{url}/keys.json"]},
        {"issuer": "{url}", "jwks_uri": "/keys.json"},
        {"issuer": "{url}", "jwks_uri": "//127.0.0.1/keys.json"},
        {"issuer": "{url}", "jwks_uri": "http://169.254.169.254/latest/meta-data/"},
        {"issuer": "{url}", "jwks_uri": "http://localhost:{port}/keys.json"},
        {"issuer": "{url}", "jwks_uri": "https://127.0.0.1:{port}/keys.json"},
        {"issuer": "{url}", "jwks_uri": "http://127.0.0.1:1/keys.json"},
        {"issuer": "{url}", "jwks_uri": "http://x@127.0.0.1:{port}/keys.json"},
        {"issuer": "{url}", "jwks_uri": "file:///etc/passwd"},
        {"issuer": "{url}", "jwks_uri": "{url}.evil.example/keys.json"},
        {"issuer": "{url}", "jwks_uri": "{url}\\@evil.example/keys.json"},
        {"issuer": "{url}", "jwks_uri": "{url}/keys.json HTTP/1.1\r\nhost: evil.example"},
        [],
        "keys",
    ],
)
def test_an_issuer_s_document_sends_us_nowhere_but_to_itself(site: Misbehaving, document: Any) -> None:
    port = site.url.rpartition(":")[2]
    body = json.dumps(document).replace("{url}", site.url).replace("{port}", port)
    site.paths["/.well-known/openid-configuration"] = says(body.encode())

    assert reason(site, an_issuer(site.url))
    assert site.asked == ["/.well-known/openid-configuration"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/keys.json", "ftp://127.0.0.1/keys", "file:///etc/passwd", "//x/y"]
)
def test_without_tls_nothing_is_fetched(site: Misbehaving, url: str) -> None:
    address = url.replace("{port}", site.url.rpartition(":")[2])

    with pytest.raises(IssuerUnavailable):
        HttpIssuerKeys().find(an_issuer(jwks_url=address), "k-1", NOW)
    assert site.asked == []


def test_with_tls_a_host_has_to_prove_that_it_is_itself() -> None:
    ours, others = Authority(), Authority()
    with misbehaving(GOOD, ours.server("localhost")) as site:
        by_name = site.url.replace("127.0.0.1", "localhost")

        def find(url: str, trusted: ssl.SSLContext | None) -> str:
            try:
                return "found" if HttpIssuerKeys(tls=trusted).find(an_issuer(jwks_url=url), "k-1", NOW) else "not found"
            except IssuerUnavailable as refusal:
                return refusal.reason

        assert find(by_name + KEYS, ours.client()) == "found"
        assert "CERTIFICATE_VERIFY_FAILED" in find(by_name + KEYS, others.client())
        assert "CERTIFICATE_VERIFY_FAILED" in find(by_name + KEYS, None)
        assert "CERTIFICATE_VERIFY_FAILED" in find(site.url + KEYS, ours.client())
        assert site.asked == [KEYS]


def test_a_host_that_speaks_no_tls_is_unavailable(site: Misbehaving) -> None:
    address = site.url.replace("http:", "https:") + KEYS

    with pytest.raises(IssuerUnavailable):
        HttpIssuerKeys().find(an_issuer(jwks_url=address), "k-1", NOW)


def test_a_handshake_that_drips_has_two_seconds_too() -> None:
    with misbehaving(GOOD, before=drips(b"\x16\x03\x03\x40\x00" + bytes(200), 0.05)) as site:
        before = time.monotonic()
        with pytest.raises(IssuerUnavailable, match="cannot be asked"):
            HttpIssuerKeys().find(an_issuer(jwks_url=site.url.replace("http:", "https:") + KEYS), "k-1", NOW)

        assert time.monotonic() - before < 2.6

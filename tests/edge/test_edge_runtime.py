"""The runtime itself: what a function finds there, what stops it, many threads at once."""

import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from infra.local.edge_runtime import EdgeError, EdgeFunction
from tests.edge.edge import VIEWER_REQUEST, event
from tests.token_cases import KEYRING, NOW, mint

IMPORTS = "import cf from 'cloudfront';\nimport crypto from 'crypto';\nconst keys = cf.kvs();\n"
STORE = {"a": "1", "json": '{"b":[2]}'}


def result_of(body: str, given: dict[str, Any] | None = None) -> Any:
    function = EdgeFunction(IMPORTS + f"async function handler(event) {{ {body} }}", STORE.get, lambda: 1_795_000_000.5)
    return function.run(given or {})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("Buffer.from('aGk', 'base64url').toString()", "hi"),
        ("Buffer.from('aGk=', 'base64').toString('utf8')", "hi"),
        ("Buffer.from('6869', 'hex').toString('utf-8')", "hi"),
        ("Buffer.from('h\u00e9\U0001f600').toString('hex')", "68c3a9f09f9880"),
        ("Buffer.from('68c3a9f09f9880', 'hex').toString()", "h\u00e9\U0001f600"),
        ("Buffer.from('\\ud800').toString('hex')", "efbfbd"),
        ("Buffer.from('_w', 'base64url').toString()", "\ufffd"),
        ("Buffer.from('ab!cd', 'base64url').length", 1),
        ("Buffer.from([104, 105]).toString('base64')", "aGk="),
        ("Buffer.from('hi').toString('base64url')", "aGk"),
        ("Buffer.from('hi').equals(Buffer.from('aGk', 'base64url'))", True),
        ("Buffer.concat([Buffer.from('h'), Buffer.from('i')]).toString()", "hi"),
        ("Buffer.isBuffer(crypto.createHash('sha256').digest())", True),
        ("Date.now()", 1_795_000_000_500),
        ("new Date().getTime()", 1_795_000_000_500),
        ("new Date(5).getTime()", 5),
        ("typeof Map + typeof Proxy + typeof eval + typeof [].at", "undefined" * 4),
        ("event.text", "\ud800\u2028\x00"),
    ],
)
def test_a_function_finds_what_the_runtime_offers(expression: str, value: object) -> None:
    assert result_of(f"return {{ value: {expression} }};", {"text": "\ud800\u2028\x00"}) == {"value": value}


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
@pytest.mark.parametrize("encoding", ["'hex'", ""])
def test_digests_are_the_real_ones(algorithm: str, encoding: str) -> None:
    got = result_of(
        f"const a = crypto.createHash('{algorithm}').update('h\u00e9').update(Buffer.from('x')).digest({encoding});"
        f"const b = crypto.createHmac('{algorithm}', 'key').update('data').digest({encoding});"
        f"return {{ a: a.toString('hex'), b: b.toString('hex') }};"
    )
    hashed = hashlib.new(algorithm, "h\u00e9x".encode()).hexdigest()
    assert got == {"a": hashed, "b": hmac.new(b"key", b"data", algorithm).hexdigest()}


def test_keys_are_read_from_the_store() -> None:
    got = result_of(
        "const a = await keys.get('a'); const j = await keys.get('json', { format: 'json' });"
        "const there = await keys.exists('a'); const gone = await keys.exists('b'); let why = '';"
        "try { await keys.get('b'); } catch (e) { why = e.message; }"
        "return { a: a, j: j, there: there, gone: gone, why: why };"
    )
    assert got == {"a": "1", "j": {"b": [2]}, "there": True, "gone": False, "why": "KeyNotFound"}


def test_what_a_function_logs_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        result_of("crypto.createHash('md5').digest(); console.log('once'); return {};")
    assert caplog.messages == ["once"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("throw new TypeError('no');", "TypeError: no"),
        ("return event.a.b;", "TypeError"),
        ("return 5;", "neither"),
        ("return undefined;", "neither"),
        ("await new Promise(() => {}); return {};", "neither"),
        ("const a = []; for (;;) a.push({ b: 1 });", "memory"),
        ("let a = 'x'; for (;;) a += a;", "memory|too long"),
        ("function f() { return f() + 1; } return f();", "stack"),
        ("for (;;) await keys.get('a');", "more than"),
        ("for (let i = 0;; i++) crypto.createHash('md5').update(`${i}`).digest();", "more than"),
        ("return eval('({})');", "eval"),
        ("crypto.createHash('sha512');", "sha512"),
    ],
)
def test_a_function_that_fails_or_runs_away_is_stopped(body: str, words: str) -> None:
    function = EdgeFunction(
        IMPORTS + f"async function handler(event) {{ if (event.ok) return {{}}; {body} }}", STORE.get
    )
    with pytest.raises(EdgeError, match=words):
        function.run({})
    assert function.run({"ok": True}) == {}


@pytest.mark.parametrize("before", ["", "await keys.get('a'); "])
def test_a_function_without_end_is_stopped(before: str) -> None:
    function = EdgeFunction(
        IMPORTS + f"async function handler() {{ {before}for (;;) {{}} }}", STORE.get, cpu_seconds=0.05
    )
    with pytest.raises(EdgeError, match="interrupted"):
        function.run({})


@pytest.mark.parametrize(
    "source", ["function handler( {", "const handle = 1;", "import fs from 'fs'; function handler() { return fs.x; }"]
)
def test_a_source_that_is_no_function_is_an_edge_error(source: str) -> None:
    with pytest.raises(EdgeError):
        EdgeFunction(source, STORE.get).run({})


def test_many_threads_run_one_function() -> None:
    function = EdgeFunction(VIEWER_REQUEST, {"keyring": KEYRING}.get, lambda: NOW)

    def tier_of(number: int) -> bool:
        tier = ("subscriber", "member")[number % 2]
        token = mint(tier=tier, iat=NOW - 1 - number)
        seen = function.run(event(headers={"authorization": f"Bearer {token}"}))
        return bool(
            seen["headers"]["x-reader-tier"] == {"value": tier} and seen["headers"]["x-reader-pass"] == {"value": token}
        )

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(tier_of, range(600)))

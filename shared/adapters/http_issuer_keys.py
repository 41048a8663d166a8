"""Other issuers' public keys, fetched by HTTPS from where they publish them.

By the standard library's client, because it does what is asked and nothing else: no redirects, no proxies, no retries,
no unpacking. What it lacks is an end: its time-out counts from byte to byte, and looking up a name has none. So each
fetch has a thread of its own, which is waited for so long and then loses its connection.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from shared.domain.jwks import Jwk, KeySet, UnusableKeys, parse_keys, read_json
from shared.domain.refusals import IssuerUnavailable
from shared.domain.trust import Issuer

TIMEOUT_SECONDS: Final = 2.0  # for all of it: name, handshake, both documents
MAX_BYTES: Final = 65_536
REFRESH_SECONDS: Final = 300  # A key that its issuer has taken back is good for so long.
RETRY_SECONDS: Final = 10  # How often an issuer is asked, at most.
UNKNOWN_SECONDS: Final = 60  # How long a key that was looked for in vain is not asked for again.
LAST_GOOD_SECONDS: Final = 3600  # How long a set serves on while its issuer does not answer.
MAX_UNKNOWN: Final = 256
THREAD: Final = "issuer-keys"

_PORTS: Final = {"https": 443, "http": 80}


@dataclass
class _Known:
    """What is known of one issuer."""

    keys: KeySet | None = None
    fetched_at: float = 0.0
    asked_at: float | None = None
    failure: str = ""
    """Why the last fetch came to nothing."""
    unknown: dict[str, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class HttpIssuerKeys:
    """`shared.ports.persons.IssuerKeys` over HTTPS. `schemes` and `tls` (whom to believe that a host is itself) are
    given by tests alone: they have issuers of their own."""

    def __init__(self, schemes: tuple[str, ...] = ("https",), tls: ssl.SSLContext | None = None) -> None:
        self._schemes, self._tls = schemes, tls
        self._known: dict[tuple[str, str | None, str], _Known] = {}

    def find(self, issuer: Issuer, kid: str, now: float) -> Jwk | None:
        known = self._known.setdefault((issuer.issuer, issuer.jwks_url, issuer.algorithm), _Known())
        with known.lock:
            if _is_due(known, kid, now):
                self._ask(known, issuer, now)
            if known.keys is not None and not 0 <= now - known.fetched_at <= LAST_GOOD_SECONDS:
                known.keys = None
            if known.keys is not None and kid in known.keys.keys:
                return known.keys.keys[kid]
            if known.failure:
                raise IssuerUnavailable(known.failure)
            _remember(known, kid, now)
            return None

    def fetch(self, issuer: Issuer) -> KeySet:
        """The keys as they are published now. Raises IssuerUnavailable, with the reason."""
        try:
            return _in_time(lambda call: self._fetched(issuer, call))
        except (UnusableKeys, OSError, http.client.HTTPException, ValueError) as error:
            raise IssuerUnavailable(_reason(error)) from None

    def _ask(self, known: _Known, issuer: Issuer, now: float) -> None:
        known.asked_at = now
        try:
            known.keys, known.fetched_at, known.failure = self.fetch(issuer), now, ""
        except IssuerUnavailable as refusal:
            known.failure = refusal.reason

    def _fetched(self, issuer: Issuer, call: _Call) -> KeySet:
        where = issuer.jwks_url or self._named(issuer, call)
        return parse_keys(self._get(where, call), issuer.algorithm)

    def _named(self, issuer: Issuer, call: _Call) -> str:
        """Where the issuer's own document says that its keys are (OpenID Connect Discovery 1.0, section 4).

        That has to be where the issuer is: its document is as good as its host, and must not send us elsewhere. An
        issuer with its keys on another host has that in the configuration.
        """
        document = read_json(self._get(issuer.issuer.rstrip("/") + "/.well-known/openid-configuration", call))
        if not isinstance(document, dict) or document.get("issuer") != issuer.issuer:
            raise UnusableKeys("its OpenID configuration is another issuer's")
        where = document.get("jwks_uri")
        if not isinstance(where, str) or urlsplit(where)[:2] != urlsplit(issuer.issuer)[:2]:
            raise UnusableKeys("its keys are on another host: put `jwks_url` into the configuration if that is right")
        return where

    def _get(self, url: str, call: _Call) -> bytes:
        """What lies there, 64 KB at most."""
        parts = urlsplit(url)
        if parts.scheme not in self._schemes or not parts.hostname:
            raise UnusableKeys(f"{parts.scheme}: is no way to fetch keys")
        connection = self._connection(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme])
        try:
            connection.connect()
            call.holds(connection.sock)
            headers = {"accept": "application/json", "accept-encoding": "identity", "connection": "close"}
            connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), headers=headers)
            with connection.getresponse() as response:
                if response.status != 200:  # a redirect, too: where it leads is not in the configuration
                    raise UnusableKeys(f"it answers {response.status}")
                if response.headers.get("content-encoding", "identity").lower() != "identity":
                    raise UnusableKeys("it packs what it was asked not to pack")
                body = response.read(MAX_BYTES + 1)
        finally:
            connection.close()
        if len(body) > MAX_BYTES:
            raise UnusableKeys(f"it sends more than {MAX_BYTES:,} bytes")
        return body

    def _connection(self, scheme: str, host: str, port: int) -> http.client.HTTPConnection:
        if scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=self._tls)


class _Call:
    """A fetch under way, and its connection, which can be taken from it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self._is_over = False

    def holds(self, connection: socket.socket) -> None:
        with self._lock:
            if self._is_over:
                raise TimeoutError
            self._connection = connection

    def end(self) -> None:
        with self._lock:
            self._is_over = True
            if self._connection is not None:
                with suppress(OSError):  # it has just ended by itself
                    socket.socket.shutdown(self._connection, socket.SHUT_RDWR)


def _in_time(work: Callable[[_Call], KeySet]) -> KeySet:
    """What `work` returns or raises; TimeoutError when that takes too long, and then its connection is cut."""
    call, outcome = _Call(), Future[KeySet]()

    def run() -> None:
        try:
            outcome.set_result(work(call))
        except Exception as error:  # noqa: BLE001 -- it is raised again by whoever waits
            outcome.set_exception(error)

    threading.Thread(target=run, name=THREAD, daemon=True).start()
    try:
        return outcome.result(TIMEOUT_SECONDS)
    finally:
        call.end()


def _is_due(known: _Known, kid: str, now: float) -> bool:
    """Whether the issuer is to be asked, and may be."""
    if known.asked_at is not None and 0 <= now - known.asked_at < RETRY_SECONDS:
        return False
    if known.keys is None or not 0 <= now - known.fetched_at < REFRESH_SECONDS:
        return True
    return kid not in known.keys.keys and not 0 <= now - known.unknown.get(kid, -UNKNOWN_SECONDS) < UNKNOWN_SECONDS


def _remember(known: _Known, kid: str, now: float) -> None:
    """That the issuer has just been asked for this key, and does not have it."""
    if known.fetched_at != now:
        return
    if len(known.unknown) >= MAX_UNKNOWN:
        known.unknown.clear()
    known.unknown[kid] = now


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"it has not answered within {TIMEOUT_SECONDS:g} s"
    if isinstance(error, UnusableKeys):
        return str(error)
    if isinstance(error, ssl.SSLError):
        return f"its certificate or handshake is not good: {error.reason or type(error).__name__}"
    return f"it cannot be reached: {type(error).__name__}"

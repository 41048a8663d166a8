"""The till on a port of its own, for stripe's library as it is, with whatever goes wrong on the way to it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from infra.local.till.account import Account
from infra.local.till.wire import Answer, Wire
from shared.settings import StripeSettings

KEY: Final = "sk_test_tests_of_the_till"
Fault = Callable[[BaseHTTPRequestHandler], Answer | None]
"""Answers in the till's place, or None: nothing is answered at all."""


class TillServer:
    """An account, its API at `url`, and what was said on the wire. `fault`: who answers in the till's place."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.wire = Wire(account, lambda: (KEY,))
        self.fault: Fault | None = None
        self.said: list[tuple[str, str, bytes, Answer]] = []
        self.url = ""

    @property
    def settings(self) -> StripeSettings:
        return StripeSettings(key="arn:key", api=self.url, livemode=False)

    def asked(self, method: str, path: str) -> int:
        """How often that was asked."""
        return sum(one[0] == method and one[1].partition("?")[0] == path for one in self.said)


class Keys:
    """`VendorSecrets` that holds these keys of Stripe's."""

    def __init__(self, *values: str) -> None:
        self.values = values

    def read(self, name: str) -> tuple[str, ...]:
        return self.values


def answers(status: int, body: bytes, *headers: tuple[str, str]) -> Fault:
    return lambda handler: (status, dict(headers), body)


def hangs(seconds: float) -> Fault:
    def fault(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)

    return fault


def cuts_off(raw: bytes) -> Fault:
    """These bytes, and the connection is gone."""

    def fault(handler: BaseHTTPRequestHandler) -> None:
        handler.connection.sendall(raw)
        handler.connection.shutdown(socket.SHUT_RDWR)

    return fault


@contextmanager
def served(account: Account) -> Iterator[TillServer]:
    till = TillServer(account)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            path = self.path.removeprefix("/_local/till")
            if till.fault is not None:
                answer = till.fault(self)
                if answer is None:
                    self.close_connection = True
                    return
            else:
                answer = till.wire.answer(self.command, path, dict(self.headers.items()), body)
                till.said.append((self.command, path, body, answer))
            status, headers, content = answer
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815  # the library's names

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    till.url = f"http://127.0.0.1:{server.server_address[1]}/_local/till"
    account.base = till.url
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield till
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

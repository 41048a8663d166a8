"""HTTP/1.1 on a socket, by h11, on threads: survives whatever a viewer sends, within CloudFront's limits."""

import contextlib
import queue
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from http.client import responses
from typing import Final

import h11

from infra.local.messages import Answer, Request, cookie_pairs, edge_error, query_pairs

# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
REQUEST_BYTES: Final = 32_768  # request line and headers
URL_BYTES: Final = 8_192
BODY_BYTES: Final = 16 * 1024 * 1024  # ours, not CloudFront's, which is far larger: every origin here takes less
IDLE_SECONDS: Final = 30.0  # between two requests of a connection
REQUEST_SECONDS: Final = 10.0  # from a request's first byte to its last
SEND_SECONDS: Final = 30.0
LINGER_SECONDS: Final = 1.0
THREADS: Final = 128
NO_BODY: Final = frozenset({204, 304})
METHODS_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})

Respond = Callable[[Request, str], Answer]  # (request, the viewer's address)


class _RefusedError(Exception):
    """The request is not one that CloudFront would look at; `answer` says so, and the connection ends."""

    def __init__(self, status: int, title: str, why: str) -> None:
        super().__init__(why)
        self.answer = edge_error(status, title, why)


class HttpServer:
    """Serves `respond` on a listening socket until `stop`."""

    def __init__(self, listening: socket.socket, respond: Respond) -> None:
        self._listening = listening
        self._respond = respond
        self._waiting: queue.SimpleQueue[tuple[socket.socket, str]] = queue.SimpleQueue()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._threads = 0
        # Threads without a connection, less connections without a thread. It is counted where a connection comes: a
        # thread that has been given one may be a while in waking up, and is not free for a second one meanwhile.
        self._free = 0

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    def start(self) -> None:
        """Serve on threads of its own; returns at once."""
        threading.Thread(target=self._accept, name="front door", daemon=True).start()

    def stop(self) -> None:
        """Close the door and every connection. Threads end on their own."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                connection, (address, _) = self._listening.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(connection)
                self._free -= 1
                start = self._free < 0 and self._threads < THREADS
                self._threads += start
                self._free += start
            self._waiting.put((connection, address))
            if start:  # threads stay: each holds its engine of the edge functions
                threading.Thread(target=self._serve_connections, name="viewer", daemon=True).start()

    def _serve_connections(self) -> None:
        while True:
            connection, address = self._waiting.get()
            try:
                with connection:
                    _Connection(connection, address, self._respond).serve()
            except OSError:
                pass  # the viewer has gone; whoever comes next is welcome
            except Exception:  # noqa: BLE001  # a fault in here must not cost the thread
                traceback.print_exc()
            finally:
                with self._lock:
                    self._open.discard(connection)
                    self._free += 1


class _Connection:
    """One viewer's connection: requests in turn, however they are cut into packets."""

    def __init__(self, connection: socket.socket, address: str, respond: Respond) -> None:
        self._socket = connection
        self._address = address
        self._respond = respond
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=REQUEST_BYTES + URL_BYTES)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def serve(self) -> None:
        while True:
            try:
                request = self._request()
            except h11.RemoteProtocolError as error:
                too_long = error.error_status_hint == 431
                self._send(
                    edge_error(413, "Request Entity Too Large", "The request is longer than CloudFront takes.")
                    if too_long
                    else edge_error(400, "Bad Request", "This is no HTTP request that could be understood.")
                )
                self._linger()
                return
            except _RefusedError as refused:
                self._send(refused.answer)
                self._linger()
                return
            if request is None:
                return
            self._send(self._answer(request), head=request.method == "HEAD")
            if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                return
            self._http.start_next_cycle()

    def _answer(self, request: Request) -> Answer:
        try:
            return self._respond(request, self._address)
        except Exception:  # noqa: BLE001  # a fault of ours: the terminal hears of it, the viewer not
            traceback.print_exc()
            return edge_error(500, "Internal Server Error", "The front door failed; its terminal says how.")

    def _request(self) -> Request | None:
        """The next request with its body; None when the viewer has gone or waited too long."""
        head = self._next_event(time.monotonic() + IDLE_SECONDS)
        if not isinstance(head, h11.Request):
            return None
        method, target = head.method.decode(), head.target.decode("ascii")
        headers = tuple((name.decode(), value.decode("latin-1").strip()) for name, value in head.headers)
        length = sum(len(name) + len(value) + 4 for name, value in headers) + len(target) + len(method) + 12
        if head.http_version not in {b"1.0", b"1.1"}:
            raise _RefusedError(400, "Bad Request", "This is no version of HTTP that is spoken here.")
        if target.startswith("http://"):  # a proxy's form; the path is what counts
            target = "/" + target.removeprefix("http://").partition("/")[2]
        if not target.startswith("/"):
            raise _RefusedError(400, "Bad Request", "The address must begin with a slash.")
        if len(target) > URL_BYTES or length > REQUEST_BYTES:
            raise _RefusedError(413, "Request Entity Too Large", "The request is longer than CloudFront takes.")
        body = self._body(method)
        # CloudFront gives viewers of HTTP/1.0 nothing compressed.
        apart = {"cookie", "accept-encoding"} if head.http_version == b"1.0" else {"cookie"}
        path, _, query = target.partition("#")[0].partition("?")
        return Request(
            method=method,
            path=path,
            query=query_pairs(query),
            headers=tuple(pair for pair in headers if pair[0] not in apart),
            cookies=tuple(pair for name, value in headers if name == "cookie" for pair in cookie_pairs(value)),
            body=body,
        )

    def _body(self, method: str) -> bytes:
        if self._http.they_are_waiting_for_100_continue:
            self._socket.sendall(self._http.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
        body, until = bytearray(), time.monotonic() + REQUEST_SECONDS
        while True:
            part = self._next_event(until)
            if isinstance(part, h11.EndOfMessage):
                break
            if not isinstance(part, h11.Data):
                raise _RefusedError(408, "Request Timeout", "The request's body did not come.")
            body += part.data
            if len(body) > BODY_BYTES:
                raise _RefusedError(413, "Request Entity Too Large", "The request's body is too long.")
        if body and method not in METHODS_WITH_BODY:
            raise _RefusedError(403, "Forbidden", f"A {method} request must have no body.")
        return bytes(body)

    def _next_event(self, until: float) -> object:
        """The next event, or None when none comes in time. A request that has begun gets no more time by dripping."""
        begun = False
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if not begun and self._http.trailing_data[0]:
                begun, until = True, min(until, time.monotonic() + REQUEST_SECONDS)
            self._socket.settimeout(max(until - time.monotonic(), 0.001))
            try:
                data = self._socket.recv(65_536)
            except TimeoutError:
                return None
            self._http.receive_data(data)
        return event

    def _linger(self) -> None:
        """Hear the viewer out for a moment: closing on unread data would take the answer away (RFC 9112, 9.6)."""
        self._socket.shutdown(socket.SHUT_WR)
        until = time.monotonic() + LINGER_SECONDS
        with contextlib.suppress(OSError):
            while time.monotonic() < until:
                self._socket.settimeout(LINGER_SECONDS)
                if not self._socket.recv(65_536):
                    return

    def _send(self, answer: Answer, *, head: bool = False) -> None:
        """The whole answer in one write. One that HTTP cannot carry (a line break in a header) becomes a 502."""
        if self._http.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            return
        try:
            start = self._http.send(_start(answer, head=head))
        except h11.LocalProtocolError:
            print(f"an origin's answer cannot be sent: {answer.headers}", file=sys.stderr)
            answer = edge_error(502, "Bad Gateway", "The origin's answer is not valid HTTP.")
            start = self._http.send(_start(answer, head=head))
        parts = [start or b""]
        if not head and answer.status not in NO_BODY:
            parts.append(self._http.send(h11.Data(data=answer.body)) or b"")
        parts.append(self._http.send(h11.EndOfMessage()) or b"")
        self._socket.settimeout(SEND_SECONDS)
        self._socket.sendall(b"".join(parts))


def _start(answer: Answer, *, head: bool) -> h11.Response:
    """Status line and headers; whoever gets a body is told its true length."""
    headers = [(name.encode("ascii", "replace"), value.encode("latin-1", "replace")) for name, value in answer.headers]
    if answer.status not in NO_BODY and not head:
        headers = [pair for pair in headers if pair[0] != b"content-length"]
        headers.append((b"content-length", str(len(answer.body)).encode()))
    return h11.Response(status_code=answer.status, headers=headers, reason=responses.get(answer.status, "").encode())

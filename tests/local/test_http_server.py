"""The server on its socket: what it takes, what it refuses, and that it survives both. Requests are raw bytes."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from infra.local.http_server import BODY_BYTES, HttpServer
from infra.local.messages import Answer, Request

GOOD = b"GET /good HTTP/1.1\r\nHost: x\r\n\r\n"


class Served:
    """A server that answers 200 with what it was asked, and a way to write to it."""

    def __init__(self) -> None:
        self.seen: list[Request] = []
        self.respond: Callable[[Request], Answer] = lambda request: Answer(
            200, (("content-type", "text/plain"),), request.path.encode()
        )
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        self.server = HttpServer(listening, self._answer)
        self.server.start()

    def _answer(self, request: Request, address: str) -> Answer:
        self.seen.append(request)
        return self.respond(request)

    @contextlib.contextmanager
    def connection(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as connection:
            yield connection

    def say(self, *parts: bytes) -> bytes:
        """Everything that comes back for these packets, until the other side closes; ours is closed for writing."""
        with self.connection() as connection:
            with contextlib.suppress(OSError):
                for part in parts:
                    connection.sendall(part)
                connection.shutdown(socket.SHUT_WR)
            return _all(connection)


def _all(connection: socket.socket) -> bytes:
    got = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65_536):
            got += part
    return bytes(got)


@pytest.fixture
def served() -> Iterator[Served]:
    served = Served()
    yield served
    served.server.stop()


def _status(answer: bytes) -> int:
    assert answer.startswith(b"HTTP/1.1 "), answer[:80]
    return int(answer[9:12])


def _get(target: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([b"GET " + target + b" HTTP/1.1", b"Host: x", *headers, b"", b""])


def test_a_path_and_a_query_come_through_undecoded(served: Served) -> None:
    served.say(_get(b"/%61//b/../c?x=%20+&y&x=2#f"))
    assert served.seen[0].path == "/%61//b/../c"
    assert served.seen[0].query == (("x", "%20+"), ("y", ""), ("x", "2"))


def test_repeated_headers_stay_apart_and_names_are_lower_case(served: Served) -> None:
    served.say(_get(b"/", b"X-A: 1", b"x-a: 2"))
    assert [pair for pair in served.seen[0].headers if pair[0] == "x-a"] == [("x-a", "1"), ("x-a", "2")]


def test_cookies_come_apart_from_the_headers(served: Served) -> None:
    served.say(_get(b"/", b"Cookie: a=1; b=2", b"Cookie: a=3"))
    assert served.seen[0].cookies == (("a", "1"), ("b", "2"), ("a", "3"))
    assert served.seen[0].header("cookie") is None


def test_a_connection_is_kept_for_the_next_request(served: Served) -> None:
    answer = served.say(_get(b"/1"), _get(b"/2"))
    assert answer.count(b"HTTP/1.1 200 OK") == 2


def test_pipelined_requests_are_answered_in_order(served: Served) -> None:
    answer = served.say(_get(b"/1") + _get(b"/2") + _get(b"/3"))
    assert answer.index(b"/1") < answer.index(b"/2") < answer.index(b"/3")


def test_a_request_in_single_bytes_is_a_request(served: Served) -> None:
    assert _status(served.say(*(bytes([byte]) for byte in GOOD))) == 200


def test_a_viewer_of_http_1_0_gets_nothing_compressed(served: Served) -> None:
    served.say(b"GET / HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n")
    assert served.seen[0].header("accept-encoding") is None


def test_a_head_gets_headers_alone(served: Served) -> None:
    answer = served.say(b"HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("status", [204, 304])
def test_some_statuses_have_no_body(served: Served, status: int) -> None:
    served.respond = lambda request: Answer(status, (("etag", '"1"'),), b"never")
    assert served.say(GOOD).endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
        b"hello\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nbad name: 1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nx: a\x00b\r\n\r\n",
        b"GET good HTTP/1.1\r\nHost: x\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"\r\n" * 50_000,
    ],
    ids=lambda garbage: repr(garbage[:40]),
)
def test_what_is_no_request_is_refused_and_the_next_viewer_is_served(served: Served, garbage: bytes) -> None:
    answer = served.say(garbage)
    assert answer == b"" or 400 <= _status(answer) < 500
    assert served.seen == []
    assert _status(served.say(GOOD)) == 200


def test_a_length_and_chunks_together_smuggle_nothing(served: Served) -> None:
    served.say(
        b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + _get(b"/b")
    )
    assert "/b" not in [request.path for request in served.seen[:1]]
    assert all(request.body == b"" for request in served.seen)


def test_a_hundred_headers_are_no_trouble(served: Served) -> None:
    assert _status(served.say(_get(b"/", *(b"x-%d: 1" % number for number in range(100))))) == 200


@pytest.mark.parametrize(
    "request_bytes",
    [_get(b"/", b"x: " + b"a" * 33_000), _get(b"/", b"x: " + b"a" * 500_000), _get(b"/" + b"a" * 8_192)],
    ids=["headers of 33 KB", "headers of 500 KB", "a URL of 8 KB"],
)
def test_a_request_that_is_too_long_is_refused(served: Served, request_bytes: bytes) -> None:
    assert _status(served.say(request_bytes)) == 413
    assert served.seen == []


def test_a_url_of_just_under_eight_kilobytes_is_taken(served: Served) -> None:
    assert _status(served.say(_get(b"/" + b"a" * 8_190))) == 200


def test_a_body_that_is_too_long_is_refused(served: Served) -> None:
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {BODY_BYTES + 1}\r\n\r\n".encode()
    assert _status(served.say(head, b"x" * (BODY_BYTES + 1))) == 413


def test_a_get_with_a_body_is_refused(served: Served) -> None:
    assert _status(served.say(b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")) == 403


def test_a_viewer_may_ask_before_sending_a_body(served: Served) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    answer = served.say(head, b"abc")
    assert answer.startswith(b"HTTP/1.1 100 ")
    assert served.seen[0].body == b"abc"


def test_a_body_shorter_than_announced_is_no_request(served: Served) -> None:
    answer = served.say(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
    assert answer == b"" or _status(answer) == 400
    assert served.seen == []


def test_half_a_request_costs_nobody_else_anything(served: Served) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(served.connection()).sendall(b"GET /slow HTTP/1.1\r\nHo")
        assert _status(served.say(GOOD)) == 200


def test_viewers_who_hang_up_cost_nobody_else_anything(served: Served) -> None:
    served.respond = lambda request: Answer(200, (), b"x" * 1_000_000)
    for _ in range(40):
        with served.connection() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            connection.sendall(GOOD)
    assert _status(served.say(GOOD)) == 200


def test_an_answer_that_http_cannot_carry_becomes_a_502(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    served.respond = lambda request: Answer(200, (("x-a", "1\r\nset-cookie: b=2"),), b"secret")
    answer = served.say(GOOD)
    assert _status(answer) == 502
    assert b"secret" not in answer
    assert b"set-cookie" not in answer


def test_a_fault_behind_it_is_a_500_without_a_word_about_it(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(request: Request) -> Answer:
        raise RuntimeError("planted")

    served.respond = fail
    answer = served.say(GOOD)
    assert _status(answer) == 500
    assert b"planted" not in answer
    assert "planted" in capsys.readouterr().err


def test_many_viewers_are_served_at_once(served: Served) -> None:
    all_there = threading.Barrier(20, timeout=10)

    def wait(request: Request) -> Answer:
        all_there.wait()  # breaks unless twenty requests are inside together
        return Answer(200, (), b"")

    served.respond = wait
    answers: list[int] = []
    viewers = [threading.Thread(target=lambda: answers.append(_status(served.say(GOOD)))) for _ in range(20)]
    for viewer in viewers:
        viewer.start()
    for viewer in viewers:
        viewer.join(10)
    assert answers == [200] * 20


def test_a_connection_does_not_wait_for_one_that_is_kept_open() -> None:
    """A browser opens several at once, and keeps them. A thread that has just been given one is slow to wake up."""
    for _ in range(300):
        served = Served()
        served.say(GOOD)  # there is one thread from now on
        with served.connection(), served.connection() as second:
            second.settimeout(5)
            second.sendall(GOOD)
            assert second.recv(65_536).startswith(b"HTTP/1.1 200")
        served.server.stop()


def test_it_stops_at_once_though_viewers_are_connected(served: Served) -> None:
    with served.connection() as connection:
        connection.sendall(GOOD)
        assert connection.recv(10)
        started = time.monotonic()
        served.server.stop()
        _all(connection)
        assert time.monotonic() - started < 1

"""The till's webhooks: signed as the functions want them, sent until somebody takes them, lost or doubled on demand."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from infra.local.till.webhooks import Faults, Target, Webhooks, signature
from shared.domain.refusals import InvalidSignature
from shared.domain.webhooks import check_signature

SECRET = "whsec_of_this_test"


class Listener:
    """An endpoint: what came, in its order, and what it answers next (200 when nothing is said)."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            lock = threading.Lock()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                with self.lock:
                    listener.came.append(({k.lower(): v for k, v in self.headers.items()}, body))
                    status = listener.answers.pop(0) if listener.answers else 200
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 64
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/webhooks/stripe"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def ids(self) -> list[str]:
        return [json.loads(body)["id"] for _, body in self.came]


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def webhooks(listener: Listener) -> Iterator[Webhooks]:
    made = Webhooks(lambda: [Target(listener.url, SECRET)], backoff=(0.02, 0.05))
    yield made
    made.stop()


def event(number: int, type: str = "invoice.paid") -> dict[str, Any]:
    return {"id": f"evt_{number}", "type": type, "data": {"object": {"id": "in_1", "note": "déjà vu"}}}


def until(happened: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < give_up
        time.sleep(0.005)


def quiet(webhooks: Webhooks) -> None:
    until(lambda: webhooks.waiting == 0)


def test_what_is_sent_is_signed_as_the_functions_want_it_over_exactly_its_bytes(
    webhooks: Webhooks, listener: Listener
) -> None:
    webhooks.hear(event(1))
    quiet(webhooks)
    ((headers, body),) = listener.came
    assert json.loads(body) == event(1)
    assert headers["content-type"].startswith("application/json")
    check_signature(body, headers["stripe-signature"], (SECRET,), time.time())
    anew = json.dumps(json.loads(body)).encode()
    assert anew != body
    with pytest.raises(InvalidSignature):
        check_signature(anew, headers["stripe-signature"], (SECRET,), time.time())
    with pytest.raises(InvalidSignature):
        check_signature(body, headers["stripe-signature"], ("whsec_another",), time.time())


def test_a_signature_is_that_of_stripes_own_library() -> None:
    import stripe

    body, header = b'{"id": "evt_1"}', signature(b'{"id": "evt_1"}', SECRET, int(time.time()))
    assert stripe.WebhookSignature.verify_header(body.decode(), header, SECRET, 300)


def test_a_webhook_comes_again_until_it_is_taken_with_the_same_body_and_a_new_signature_each_time(
    webhooks: Webhooks, listener: Listener
) -> None:
    listener.answers = [500, 302]
    webhooks.hear(event(1))
    quiet(webhooks)
    assert len({body for _, body in listener.came}) == 1
    assert len(listener.came) == 3
    (delivery,) = webhooks.deliveries()
    assert (delivery["state"], delivery["attempts"], delivery["last_status"]) == ("delivered", 3, 200)


def test_nobody_is_told_for_ever(webhooks: Webhooks, listener: Listener) -> None:
    listener.answers = [503] * 9
    webhooks.hear(event(1))
    quiet(webhooks)
    (delivery,) = webhooks.deliveries()
    assert (delivery["state"], delivery["attempts"], delivery["last_status"]) == ("given up", 3, 503)


def test_an_endpoint_that_is_not_there_is_tried_again(listener: Listener) -> None:
    webhooks = Webhooks(lambda: [Target("http://127.0.0.1:9/hook", SECRET)], backoff=())
    webhooks.hear(event(1))
    quiet(webhooks)
    assert webhooks.deliveries()[0]["last_status"] == 0
    webhooks.stop()


def test_an_endpoint_hears_of_the_types_that_it_wants_and_without_one_nobody_does(listener: Listener) -> None:
    targets = [Target(listener.url, SECRET, frozenset({"invoice.paid"}))]
    webhooks = Webhooks(lambda: targets)
    webhooks.hear(event(1))
    webhooks.hear(event(2, "charge.refunded"))
    quiet(webhooks)
    targets.clear()
    webhooks.hear(event(3))
    assert [each["event"] for each in webhooks.deliveries()] == ["evt_1"]
    webhooks.stop()


def test_a_share_is_dropped_the_same_one_with_the_same_seed_and_a_dropped_one_can_be_sent_again(
    webhooks: Webhooks, listener: Listener
) -> None:
    lost = []
    for start in (0, 1000):
        webhooks.set_faults(Faults(drop=0.2, seed=7))
        for number in range(start, start + 100):
            webhooks.hear(event(number))
        quiet(webhooks)
        dropped = [each["event"] for each in webhooks.deliveries() if each["state"] == "dropped"]
        lost.append([int(each[4:]) - start for each in dropped if int(each[4:]) >= start])
    assert lost[0] == lost[1]
    assert 10 <= len(lost[0]) <= 30
    assert len(listener.came) == 200 - 2 * len(lost[0])

    assert webhooks.resend(f"evt_{lost[0][0]}")
    quiet(webhooks)
    assert listener.ids[-1] == f"evt_{lost[0][0]}"
    assert not webhooks.resend("evt_nobody_knows")


def test_what_is_doubled_comes_twice(webhooks: Webhooks, listener: Listener) -> None:
    webhooks.set_faults(Faults(duplicate=1))
    for number in range(5):
        webhooks.hear(event(number))
    quiet(webhooks)
    assert set(Counter(listener.ids).values()) == {2}


def test_later_ones_overtake_where_the_order_is_to_be_lost(webhooks: Webhooks, listener: Listener) -> None:
    webhooks.set_faults(Faults(reorder=0.3, seed=1))
    for number in range(20):
        webhooks.hear(event(number))
    quiet(webhooks)
    sent = [f"evt_{number}" for number in range(20)]
    assert listener.ids != sent
    assert sorted(listener.ids) == sorted(sent)


def test_what_is_held_waits_until_it_is_let_go_but_one_that_is_asked_for_goes_out(
    webhooks: Webhooks, listener: Listener
) -> None:
    webhooks.set_faults(Faults(hold=True))
    webhooks.hear(event(1))
    webhooks.hear(event(2))
    time.sleep(0.1)
    assert (listener.came, webhooks.waiting) == ([], 2)
    webhooks.resend("evt_2")
    until(lambda: listener.ids == ["evt_2"])
    webhooks.set_faults(Faults())
    quiet(webhooks)
    assert sorted(listener.ids) == ["evt_1", "evt_2", "evt_2"]


def test_a_delay_is_waited_for(webhooks: Webhooks, listener: Listener) -> None:
    webhooks.set_faults(Faults(delay=0.2))
    begun = time.monotonic()
    webhooks.hear(event(1))
    assert time.monotonic() - begun < 0.1
    quiet(webhooks)
    assert time.monotonic() - begun >= 0.2
    assert len(listener.came) == 1


def test_two_thousand_at_once_all_arrive(webhooks: Webhooks, listener: Listener) -> None:
    for number in range(2_000):
        webhooks.hear(event(number))
    until(lambda: webhooks.waiting == 0)
    assert set(Counter(listener.ids).values()) == {1}
    assert len(listener.came) == 2_000


def test_nothing_goes_out_after_the_end(webhooks: Webhooks, listener: Listener) -> None:
    webhooks.set_faults(Faults(hold=True))
    webhooks.hear(event(1))
    webhooks.stop()
    webhooks.set_faults(Faults())
    time.sleep(0.1)
    assert listener.came == []


@pytest.mark.parametrize(
    "wrong", [{"drop": 1.1}, {"duplicate": -0.1}, {"delay": 601}, {"reorder": -1}, {"drop": float("nan")}]
)
def test_faults_are_shares_and_seconds(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="number"):
        Faults(**wrong)  # type: ignore[arg-type]  # floats all

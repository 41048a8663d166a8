"""How the till tells the world what has happened: webhooks signed as Stripe signs them, sent by HTTP and sent again
until somebody takes them. And everything that can become of them on the way, to be switched on.

https://docs.stripe.com/webhooks
"""

import hashlib
import heapq
import hmac
import itertools
import json
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import urllib3

# Stripe goes on for three days; nobody at this machine waits for that.
BACKOFF: Final = (0.2, 1.0, 5.0, 15.0, 60.0, 120.0, 300.0)  # seconds until the next attempt
TIMEOUT: Final = 20.0  # seconds that an attempt may take
SENDERS: Final = 8  # attempts at the same time
KEPT: Final = 20_000  # deliveries remembered
LONGEST_DELAY: Final = 600.0


@dataclass(frozen=True)
class Target:
    """An endpoint: where webhooks go, the secret that signs them, and the types that it wants (`*`: all)."""

    url: str
    secret: str
    types: frozenset[str] = frozenset({"*"})

    def wants(self, type: str) -> bool:
        return bool(self.types & {"*", type})


@dataclass(frozen=True)
class Faults:
    """What goes wrong on the way. Shares are from 0 to 1, drawn by chance from `seed`, so that a run can be had again.

    `drop`: never sent; `duplicate`: sent twice; `delay`: seconds that each waits; `reorder`: seconds that each waits
    more, at most, by chance, so that later ones overtake it; `hold`: all wait until that is taken back.
    """

    drop: float = 0.0
    duplicate: float = 0.0
    delay: float = 0.0
    reorder: float = 0.0
    hold: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises ValueError for what is no share or no time."""
        if not (0 <= self.drop <= 1 and 0 <= self.duplicate <= 1):
            raise ValueError("A share is a number from 0 to 1.")
        if not (0 <= self.delay <= LONGEST_DELAY and 0 <= self.reorder <= LONGEST_DELAY):
            raise ValueError(f"A delay is a number of seconds from 0 to {LONGEST_DELAY:g}.")


@dataclass
class Delivery:
    """One event on its way to one endpoint. `state`: waiting, delivered, dropped, given up."""

    event: str
    type: str
    target: Target
    body: bytes
    state: str = "waiting"
    attempts: int = 0
    last_status: int | None = None  # of HTTP; 0 where nobody has answered
    last_at: float | None = None
    resent: bool = False

    def shown(self) -> dict[str, Any]:
        """As JSON for tests and pages: no secret, no body."""
        return {
            "event": self.event,
            "type": self.type,
            "url": self.target.url,
            "state": self.state,
            "attempts": self.attempts,
            "last_status": self.last_status,
            "last_at": self.last_at,
            "resent": self.resent,
        }


@dataclass(order=True)
class _Due:
    """A place in the queue: of what is due at the same time, the one that came first is first."""

    at: float
    turn: int
    delivery: Delivery = field(compare=False)


class Webhooks:
    """Sends what it hears. `targets` says who listens, asked anew for each event.

    `hear` never waits and never fails, whatever becomes of the webhook. The body that is sent is the same in each
    attempt, byte for byte, and each is signed anew, with the time of day (not the test clock's: the receiver has none).
    """

    def __init__(
        self,
        targets: Callable[[], Sequence[Target]],
        backoff: Sequence[float] = BACKOFF,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._targets = targets
        self._backoff = tuple(backoff)
        self._clock = clock
        self._http = urllib3.PoolManager(maxsize=SENDERS, retries=False)
        self._changed = threading.Condition()
        self._queue: list[_Due] = []
        self._turns = itertools.count()
        self._log: list[Delivery] = []
        self._sending = 0
        self._senders = 0
        self._stopped = False
        self._faults = Faults()
        self._chance = random.Random(0)  # noqa: S311  # which webhook is lost is no secret

    # What is heard ----------------------------------------------------------------------------------------------------

    def hear(self, event: Mapping[str, Any]) -> None:
        """Tell everybody who wants to hear of events of that type. Stripe's own event object, with `id` and `type`."""
        body = json.dumps(event, indent=2).encode()  # as Stripe writes them: who parses and signs anew gets it wrong
        targets = [target for target in self._targets() if target.wants(event["type"])]
        with self._changed:
            for target in targets:
                self._tell(Delivery(event["id"], event["type"], target, body))

    def _tell(self, delivery: Delivery) -> None:
        self._log.append(delivery)
        del self._log[:-KEPT]
        # Always the same number of draws: what is switched on does not change the luck of what comes later.
        dropped, doubled, late, later = (self._chance.random() for _ in range(4))
        faults = self._faults
        if dropped < faults.drop:
            delivery.state = "dropped"
            return
        self._queue_up(delivery, faults.delay + late * faults.reorder)
        if doubled < faults.duplicate:
            twin = replace(delivery)
            self._log.append(twin)
            self._queue_up(twin, faults.delay + later * faults.reorder)

    def resend(self, event: str) -> bool:
        """Send an event once more, now, whatever faults there are; False where nobody ever was told of it."""
        with self._changed:
            told = {each.target.url: each for each in self._log if each.event == event}
            for each in told.values():
                again = Delivery(each.event, each.type, each.target, each.body, resent=True)
                self._log.append(again)
                self._queue_up(again, 0)
            return bool(told)

    # What is seen -----------------------------------------------------------------------------------------------------

    @property
    def faults(self) -> Faults:
        return self._faults

    def set_faults(self, faults: Faults) -> None:
        """From now on. Chance begins anew from the seed; what is held and not to be any more goes out."""
        with self._changed:
            self._faults = faults
            self._chance = random.Random(faults.seed)  # noqa: S311
            self._changed.notify_all()

    def deliveries(self) -> list[dict[str, Any]]:
        """All that was told, in the order of the events."""
        with self._changed:
            return [each.shown() for each in self._log]

    @property
    def waiting(self) -> int:
        """How many are still to be sent, or being sent. Those that are held count."""
        with self._changed:
            return len(self._queue) + self._sending

    def stop(self) -> None:
        """Send nothing more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._http.clear()

    # Sending ----------------------------------------------------------------------------------------------------------

    def _queue_up(self, delivery: Delivery, seconds: float) -> None:
        heapq.heappush(self._queue, _Due(time.monotonic() + seconds, next(self._turns), delivery))
        if self._senders < min(SENDERS, len(self._queue) + self._sending):
            self._senders += 1
            threading.Thread(target=self._send_on, name="webhooks", daemon=True).start()
        self._changed.notify_all()

    def _send_on(self) -> None:
        while (delivery := self._next()) is not None:
            status = self._attempt(delivery)
            with self._changed:
                self._sending -= 1
                self._note(delivery, status)
                self._changed.notify_all()

    def _next(self) -> Delivery | None:
        """The next one that is due, when it is due and nothing is held; None at the end."""
        with self._changed:
            while not self._stopped:
                first = self._first()
                wait = None if first is None else first.at - time.monotonic()
                if first is not None and wait is not None and wait <= 0:
                    self._take_out(first)
                    self._sending += 1
                    return first.delivery
                self._changed.wait(wait)
            return None

    def _first(self) -> _Due | None:
        """Whose turn it is. What was asked for by hand goes out while all else is held."""
        if not self._faults.hold:
            return self._queue[0] if self._queue else None
        return min((due for due in self._queue if due.delivery.resent), default=None)

    def _take_out(self, due: _Due) -> None:
        if due is self._queue[0]:
            heapq.heappop(self._queue)
        else:
            self._queue.remove(due)
            heapq.heapify(self._queue)

    def _attempt(self, delivery: Delivery) -> int:
        headers = {
            "content-type": "application/json; charset=utf-8",
            "accept": "*/*; q=0.5, application/xml",
            "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "stripe-signature": signature(delivery.body, delivery.target.secret, int(self._clock())),
        }
        try:
            return self._http.request(
                "POST", delivery.target.url, body=delivery.body, headers=headers, timeout=TIMEOUT, redirect=False
            ).status
        except urllib3.exceptions.HTTPError:
            return 0

    def _note(self, delivery: Delivery, status: int) -> None:
        delivery.last_status, delivery.last_at = status, self._clock()
        delivery.attempts += 1
        if 200 <= status < 300:
            delivery.state = "delivered"
        elif delivery.attempts > len(self._backoff):
            delivery.state = "given up"
        else:
            self._queue_up(delivery, self._backoff[delivery.attempts - 1])


def signature(body: bytes, secret: str, at: int) -> str:
    """The Stripe-Signature header of a body, signed at a moment (seconds since 1970). As Stripe does for what is a
    test, with a second signature of a scheme that nobody is to believe."""
    made = hmac.new(secret.encode(), b"%d.%s" % (at, body), hashlib.sha256).hexdigest()
    return f"t={at},v1={made},v0={hashlib.sha256(made.encode()).hexdigest()}"

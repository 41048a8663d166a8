"""The edge's cache as CloudFront documents it: who is answered from a copy, who waits, who asks the origin.

Its clock and its way of working in the background come in as arguments; the rules are in edge_rules.py.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from infra.local.edge_answers import compressed, for_viewer
from infra.local.edge_rules import Key, accepted_encodings, cache_key, error_lifetime, is_named, lifetime, tags_of
from infra.local.messages import Answer, OriginUnreachableError, Pairs, Request, edge_error
from infra.local.policies import Behaviour, Distribution

Place = tuple[str, Key]  # by method too: a HEAD's copy has no body
Fetch = Callable[[Pairs], Answer]  # asks the origin, with these conditional headers; raises OriginUnreachableError

CAPACITY: Final = 128 * 1024 * 1024  # bytes of copies; the least recently used goes first
OVERHEAD: Final = 1024  # bytes that a copy costs beside its body, roughly
PURGES_REMEMBERED: Final = 1_000


@dataclass(frozen=True, slots=True)
class Copy:
    """A stored answer and its place. Its times are the cache's clock; an outage is let be until `asks_again`."""

    place: Place
    answer: Answer
    tags: frozenset[str]
    validators: Pairs
    stored: float
    fresh_until: float
    stale_until: float = 0.0
    instead_of_errors_until: float = 0.0
    asks_again: float = 0.0

    @property
    def weight(self) -> int:
        return len(self.answer.body) + OVERHEAD

    def is_named_by(self, items: Sequence[str]) -> bool:
        return any(is_named(item, self.place[1], self.tags) for item in items)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request's way through the cache: what it asks, under which rules, and how to ask the origin."""

    request: Request
    behaviour: Behaviour
    fetch: Fetch
    place: Place


class EdgeCache:
    """Safe on any number of threads. No lock is held while an origin is asked."""

    def __init__(
        self,
        distribution: Distribution,
        clock: Callable[[], float],
        background: Callable[[Callable[[], None]], None] | None = None,
        capacity: int = CAPACITY,
    ) -> None:
        self._distribution = distribution
        self._clock = clock
        self._background = background or (lambda work: threading.Thread(target=work, daemon=True).start())
        self._capacity = capacity
        self._lock = threading.Lock()
        self._copies: OrderedDict[Place, Copy] = OrderedDict()
        self._weight = 0
        self._flights: dict[Place, threading.Event] = {}
        self._purges: deque[tuple[int, tuple[str, ...]]] = deque(maxlen=PURGES_REMEMBERED)
        self._purged = 0

    def answer(self, request: Request, behaviour: Behaviour, fetch: Fetch) -> Answer:
        """The answer to a viewer's request, with `x-cache` and, from a copy, `age`. An outage is an answer too."""
        visit = Visit(request, behaviour, fetch, (request.method, cache_key(request, behaviour.cache)))
        if request.method not in behaviour.cached_methods or not behaviour.keeps:
            return for_viewer(_said(self._ask(visit, ()), "Miss"), request)
        served = self._from_copy(visit)
        if served is None and behaviour.collapses:
            served = self._together(visit)
        return for_viewer(served or self._from_origin(visit), request)

    def purge(self, items: Sequence[str]) -> int:
        """Forget every copy that an item (`#tag`, `/path`, `/path*`) names; returns how many there were.

        What is on its way from an origin at this moment is not kept either, if an item names it.
        """
        with self._lock:
            self._purged += 1
            self._purges.append((self._purged, tuple(items)))
            self._flights.clear()  # whoever comes from now on asks for himself
            named = [place for place, copy in self._copies.items() if copy.is_named_by(items)]
            for place in named:
                self._forget(place)
            return len(named)

    @property
    def size(self) -> int:
        """Bytes of copies held, by the cache's own reckoning."""
        return self._weight

    # From a copy ------------------------------------------------------------------------------------------------------

    def _from_copy(self, visit: Visit) -> Answer | None:
        copy, now = self._find(visit), self._clock()
        if copy is None:
            return None
        if now < copy.fresh_until:
            return _hit(copy, now)
        if now < copy.stale_until:
            self._refresh_behind(visit)
            return _hit(copy, now)
        if now < min(copy.asks_again, copy.instead_of_errors_until):
            return _hit(copy, now)
        return None

    def _find(self, visit: Visit) -> Copy | None:
        with self._lock:
            for place in (("GET", visit.place[1]), visit.place):
                if (copy := self._copies.get(place)) is not None:
                    self._copies.move_to_end(place)
                    return copy
        return None

    def _refresh_behind(self, visit: Visit) -> None:
        with self._lock:
            if visit.place in self._flights:
                return
            landed = self._flights[visit.place] = threading.Event()

        def refresh() -> None:
            try:
                self._from_origin(visit)
            finally:
                self._land(visit.place, landed)

        self._background(refresh)

    # From the origin --------------------------------------------------------------------------------------------------

    def _together(self, visit: Visit) -> Answer | None:
        """Request collapsing: the first of simultaneous requests asks, the others wait for its copy.

        Whoever waited for an answer that may not be shared gets None and asks for himself.
        """
        with self._lock:
            flying = self._flights.get(visit.place)
            landed = flying or self._flights.setdefault(visit.place, threading.Event())
        if flying is not None:
            flying.wait()
            return self._from_copy(visit)
        try:
            return self._from_copy(visit) or self._from_origin(visit)
        finally:
            self._land(visit.place, landed)

    def _land(self, place: Place, landed: threading.Event) -> None:
        with self._lock:
            if self._flights.get(place) is landed:
                del self._flights[place]
        landed.set()

    def _from_origin(self, visit: Visit) -> Answer:
        purged = self._purged
        old = self._find(visit)
        answer = self._ask(visit, old.validators if old else ())
        now = self._clock()
        if answer.status == 304 and old is not None:
            confirmed = old.answer.having(answer.without("content-length", "etag").headers)
            self._keep(visit, confirmed, confirmed, purged, old)
            return _said(confirmed, "RefreshHit")
        if answer.status >= 500 and old is not None and now < old.instead_of_errors_until:
            patience = error_lifetime(answer, visit.behaviour, self._distribution, now)
            self._store(replace(old, asks_again=now + patience), purged)
            return _hit(old, now)
        if old is not None:
            with self._lock:
                self._forget(old.place)  # what the origin no longer answers must not come back in an outage
        packed = answer
        if visit.behaviour.compress and visit.request.method == "GET":
            packed = compressed(answer, accepted_encodings(visit.request, visit.behaviour.cache))
        self._keep(visit, packed, answer, purged)
        return _said(packed, "Miss")

    def _ask(self, visit: Visit, validators: Pairs) -> Answer:
        try:
            return visit.fetch(validators)
        except OriginUnreachableError as error:
            title = "Gateway Timeout" if error.status == 504 else "Bad Gateway"
            return edge_error(error.status, title, "The origin gave no answer that could be used.")

    def _keep(self, visit: Visit, answer: Answer, original: Answer, purged: int, old: Copy | None = None) -> None:
        """Store an answer for as long as the rules say; `old` is the copy that the origin has just confirmed."""
        now = self._clock()
        tags = tags_of(original, self._distribution.tag_header)
        copy = Copy(old.place if old else visit.place, answer, tags, (), now, now)
        if answer.status >= 400:
            if (kept := error_lifetime(answer, visit.behaviour, self._distribution, now)) > 0:
                self._store(replace(copy, fresh_until=now + kept), purged)
        elif (life := lifetime(original, visit.behaviour.cache, now)) is not None:
            validators = old.validators if old else _validators(original)
            copy = replace(
                copy,
                validators=validators if life.revalidates else (),
                fresh_until=now + life.fresh,
                stale_until=now + life.stale_while_revalidate,
                instead_of_errors_until=now + life.stale_if_error,
            )
            self._store(copy, purged)

    # The store --------------------------------------------------------------------------------------------------------

    def _store(self, copy: Copy, purged: int) -> None:
        with self._lock:
            if copy.weight > self._capacity or self._was_purged_since(purged, copy):
                return
            self._forget(copy.place)
            self._copies[copy.place] = copy
            self._weight += copy.weight
            while self._weight > self._capacity:
                self._forget(next(iter(self._copies)))

    def _was_purged_since(self, purged: int, copy: Copy) -> bool:
        if self._purged - purged > len(self._purges):
            return True  # so many purges ago that the list no longer tells
        return any(copy.is_named_by(items) for number, items in self._purges if number > purged)

    def _forget(self, place: Place) -> None:
        if (copy := self._copies.pop(place, None)) is not None:
            self._weight -= copy.weight


def _validators(answer: Answer) -> Pairs:
    named = (("if-none-match", answer.header("etag")), ("if-modified-since", answer.header("last-modified")))
    return tuple((name, value) for name, value in named if value is not None)


def _hit(copy: Copy, now: float) -> Answer:
    return _said(copy.answer.having({"age": str(max(int(now - copy.stored), 0))}), "Hit")


def _said(answer: Answer, outcome: str) -> Answer:
    """CloudFront calls every answer from 400 on an error, from wherever it comes."""
    return answer.having({"x-cache": f"{'Error' if answer.status >= 400 else outcome} from frontline"})

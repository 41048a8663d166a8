"""Making our ledger agree with the processor, whatever was never heard of: everything that has happened, or was begun,
since the last time; and then every order that something may still happen to, whatever was said of it.

It may end anywhere, and be run again, or twice at once: a look finds what is missing, and nothing twice.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from typing import Final, TypeVar

from msgspec import Struct, field

from functions.payments.campaigns import say_raised
from functions.payments.doors import Doors
from functions.payments.look import Became, look
from shared.domain.orders import OrderState
from shared.domain.refusals import ProcessorRefused, StoreUnavailable
from shared.domain.settling import DAY

T = TypeVar("T")
OVERLAP: Final = DAY
"""By how much each time reaches back behind the last: what happens is not listed at once, nor in order."""
FIRST: Final = 30 * DAY
"""How far back the first time reaches: the processor remembers no longer."""
SECONDS_KEPT: Final = 30
"""How many seconds before its end it stops: a look that has begun then has time to end."""
MOST_FAILED: Final = 20
"""After so many in a row something is out of reach, and the rest would fail too."""
MOST_NAMED: Final = 100
_S = OrderState
AT_REST: Final = frozenset({_S.PAID, _S.ENDED, _S.EXPIRED, _S.FAILED})
"""Orders in these states are looked at again only where something has happened to them."""


class Report(Struct):
    """What came of it. `looked`: orders that were looked at; `repaired`: those of which something had been missed;
    `entries`: how many of the ledger's were missing, and by how much that changes its sums (`amounts`, minor units by
    currency); `mismatched`: orders that are not what was ordered; `foreign`: what came by no page of ours; `failed`:
    what could not be looked at. `is_finished`: whether all was gone through; `causes` count why not, by class;
    `orders`: the ids of those that were repaired or are mismatched, the first of them."""

    looked: int = 0
    repaired: int = 0
    entries: int = 0
    amounts: dict[str, int] = field(default_factory=dict)
    mismatched: int = 0
    foreign: int = 0
    failed: int = 0
    is_finished: bool = False
    causes: dict[str, int] = field(default_factory=dict)
    orders: tuple[str, ...] = ()


class _Over(Exception):
    """It ends here: no time is left, or too much fails."""


def reconcile(
    doors: Doors,
    seconds_left: Callable[[], float],
    since: int | None = None,
    step: Callable[[], None] = lambda: None,
) -> Report:
    """Look at everything once, as far as the time goes. `seconds_left` says how much is left of it; `since`: from when
    on, where that is not the last time (seconds since 1970); `step` is called before each thing that is looked at.
    Never raises for a door that does not answer: the report says so."""
    run = _Run(doors, seconds_left, since, step)
    try:
        run.go()
    except _Over:
        pass
    except Exception as error:  # noqa: BLE001 -- what was repaired until then is to be told, and this too
        run.end_with(error)
    return run.report


class _Run:
    def __init__(
        self, doors: Doors, seconds_left: Callable[[], float], since: int | None, step: Callable[[], None]
    ) -> None:
        self._doors, self._seconds_left, self._since, self._step = doors, seconds_left, since, step
        self._done: set[tuple[str, str]] = set()
        self._in_a_row: Counter[str] = Counter()
        self._leaves_a_gap = False
        self.report = Report()

    def go(self) -> None:
        """All of it. The ledger's word of how far it has come goes on only where nothing has failed on the way."""
        doors, begun_at = self._doors, int(self._doors.clock())
        reached = doors.ledger.reconciled()
        # What lies ahead was said by a clock that was wrong, and nobody knows what it has left out.
        since = begun_at - FIRST if reached is None or reached > begun_at else reached - OVERLAP
        self._leaves_a_gap = self._since is not None and self._since > since
        since = since if self._since is None else self._since
        self._look_at_what_happened(since, begun_at)
        for session in doors.processor.sessions(since):
            self._try("look", self._look, session)
        self._say_reconciled(begun_at)
        for session in self._not_at_rest(begun_at):
            self._try("look", self._look, session)
        self.report.is_finished = not self.report.failed

    def end_with(self, error: Exception) -> None:
        """A paper that takes no money has no key to ask with: that is no fault where nobody has ever ordered anything,
        and nobody is to be told of it each night."""
        try:
            ordered = (
                next(iter(self._doors.ledger.everything()), None) if isinstance(error, ProcessorRefused) else error
            )
        except StoreUnavailable:
            ordered = error
        if ordered is None:
            self.report.is_finished = True
        else:
            self.fail(error)

    def fail(self, error: Exception) -> None:
        self.report.failed += 1
        name = type(error).__name__
        self.report.causes[name] = self.report.causes.get(name, 0) + 1

    def _look_at_what_happened(self, since: int, begun_at: int) -> None:
        """The oldest first: where the time ends, the next run goes on from there."""
        come_to: int | None = None
        try:
            for event in self._doors.processor.happened(since):
                if event.livemode is self._doors.livemode:
                    session = self._try("resolve", self._behind, event.object)
                    if session is not None:
                        self._try("look", self._look, session)
                come_to = event.at
        except _Over:
            # The next run reaches back behind what is said here. What is older than that is listed by now, and would be
            # looked at again by every run that has no time for more than a day of it.
            if come_to is not None:
                self._say_reconciled(min(come_to + OVERLAP, begun_at))
            raise

    def _say_reconciled(self, until: int) -> None:
        if not self.report.failed and not self._leaves_a_gap:
            self._doors.ledger.say_reconciled(until)

    def _not_at_rest(self, now: int) -> list[str]:
        """The pages of all orders that something may still happen to, each day in another order: where the time is
        never enough for all, each has its turn. Campaigns' documents are mended on the way."""
        sessions: list[str] = []
        campaigns: set[str] = set()
        for order, _ in self._doors.ledger.everything():
            self._need_time()
            if order.campaign is not None:
                campaigns.add(order.campaign)
            if order.session is not None and (order.state not in AT_REST or order.notices):
                sessions.append(order.session)
        for campaign in sorted(campaigns):
            self._try("campaign", self._say_raised, campaign)
        day = now // DAY
        return sorted(sessions, key=lambda session: hashlib.sha256(f"{day}{session}".encode()).digest())

    def _behind(self, object: str) -> str | None:
        session = self._doors.processor.session_behind(object)
        self.report.foreign += session is None
        return session

    def _try(self, what: str, act: Callable[[str], T], id: str) -> T | None:
        """What fails holds up no other, unless everything does. Nothing is done twice."""
        self._need_time()
        if (what, id) in self._done:
            return None
        self._done.add((what, id))
        self._step()
        try:
            result = act(id)
        except Exception as error:
            self.fail(error)
            self._in_a_row[what] += 1
            if self._in_a_row[what] == MOST_FAILED:
                raise _Over from error
            return None
        self._in_a_row[what] = 0
        return result

    def _need_time(self) -> None:
        if self._seconds_left() < SECONDS_KEPT:
            raise _Over

    def _say_raised(self, campaign: str) -> None:
        say_raised(campaign, self._doors)

    def _look(self, session: str) -> None:
        looked = look(session, self._doors)
        report = self.report
        if looked.became is Became.FOREIGN:
            report.foreign += 1
            return
        report.looked += 1
        report.mismatched += looked.became is Became.MISMATCHED
        report.repaired += looked.became is Became.SETTLED
        report.entries += len(looked.entries)
        for entry in looked.entries:
            report.amounts[entry.currency] = report.amounts.get(entry.currency, 0) + entry.amount
        if looked.became is not Became.UNCHANGED and looked.order is not None and len(report.orders) < MOST_NAMED:
            report.orders = (*report.orders, looked.order)

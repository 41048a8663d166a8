"""Making our ledger agree with the processor, whatever was never heard of: everything that has happened, or was begun,
since the last time; and every order that something may still happen to.

It may end anywhere, and be run again, or twice at once: a look finds what is missing, and nothing twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct, field

from functions.payments.campaigns import say_raised
from functions.payments.doors import Doors
from functions.payments.look import Became, look
from shared.domain.orders import Order, OrderState
from shared.domain.settling import DAY

OVERLAP: Final = DAY
"""By how much each time reaches back behind the last: what happens is not listed at once, nor in order."""
FIRST: Final = 30 * DAY
"""How far back the first time reaches: the processor remembers no longer."""
SECONDS_KEPT: Final = 30
"""How many seconds before its end it stops: a look that has begun then has time to end."""
MOST_FAILED: Final = 20
"""After so many in a row something is out of reach, and the rest would fail too."""
_S = OrderState
AT_REST: Final = frozenset({_S.PAID, _S.ENDED, _S.EXPIRED, _S.FAILED})
"""Orders in these states are looked at again only where something has happened to them."""


class Report(Struct):
    """What came of it. `looked`: orders that were looked at; `repaired`: those of which something had been missed;
    `entries`: how many of the ledger's were missing, and by how much that changes its sums (`amounts`, minor units by
    currency); `mismatched`: orders that are not what was ordered; `foreign`: what came by no page of ours; `failed`:
    what could not be looked at. `is_finished`: whether all was gone through; `causes` count why not, by class."""

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
    """The ids of those that were repaired or are mismatched, the first hundred."""


class _Over(Exception):
    """It ends here: no time is left, or too much fails."""


def reconcile(doors: Doors, seconds_left: Callable[[], float]) -> Report:
    """Look at everything once, as far as the time goes. `seconds_left` says how much is left of it. Never raises for a
    door that does not answer: the report says so."""
    run = _Run(doors, seconds_left)
    try:
        run.go()
    except _Over:
        pass
    except Exception as error:  # noqa: BLE001 -- what was repaired until then is to be told, and this too
        run.fail(error)
    return run.report


class _Run:
    def __init__(self, doors: Doors, seconds_left: Callable[[], float]) -> None:
        self._doors, self._seconds_left = doors, seconds_left
        self._seen: set[str] = set()
        self._campaigns: set[str] = set()
        self._in_a_row = 0
        self._causes: Counter[str] = Counter()
        self.report = Report()

    def go(self) -> None:
        """All of it. That all which has happened was looked at is said only when it was."""
        doors, begun_at = self._doors, int(self._doors.clock())
        reached = doors.ledger.reconciled()
        since = begun_at - FIRST if reached is None else reached - OVERLAP
        for session in self._happened(since):
            self._look(session)
        for session in doors.processor.sessions(since):
            self._look(session)
        if not self.report.failed:
            doors.ledger.say_reconciled(begun_at)
        for session in self._not_at_rest():
            self._look(session)
        for campaign in sorted(self._campaigns):
            self._check_time()
            say_raised(campaign, doors)
        self.report.is_finished = not self.report.failed

    def fail(self, error: Exception) -> None:
        self.report.failed += 1
        self._causes[type(error).__name__] += 1
        self.report.causes = dict(self._causes)

    def _happened(self, since: int) -> Iterator[str]:
        """The pages by which everything came to be that something has happened to."""
        asked: set[str] = set()
        for event in self._doors.processor.happened(since):
            if event.livemode is not self._doors.livemode or event.object in asked:
                continue
            self._check_time()
            asked.add(event.object)
            session = self._doors.processor.session_behind(event.object)
            if session is None:
                self.report.foreign += 1
            else:
                yield session

    def _not_at_rest(self) -> Iterator[str]:
        for order, _ in self._doors.ledger.everything():
            if order.campaign is not None:
                self._campaigns.add(order.campaign)
            if order.session is not None and (order.state not in AT_REST or order.notices):
                yield order.session

    def _look(self, session: str) -> None:
        self._check_time()
        if session in self._seen:
            return
        self._seen.add(session)
        try:
            looked = look(session, self._doors)
        except Exception as error:  # noqa: BLE001 -- one that cannot be looked at holds up no other
            self.fail(error)
            self._in_a_row += 1
            if self._in_a_row == MOST_FAILED:
                raise _Over from error
            return
        self._in_a_row = 0
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
        if looked.became is not Became.UNCHANGED and looked.order is not None and len(report.orders) < 100:
            report.orders = (*report.orders, looked.order)

    def _check_time(self) -> None:
        if self._seconds_left() < SECONDS_KEPT:
            raise _Over

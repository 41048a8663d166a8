"""Whatever fails at a door: what is seen of it, and that nothing is lost."""

from __future__ import annotations

import pytest

from tests.faults.clocks import CLOCKS, Clock
from tests.faults.faulty import KILLED, Fault
from tests.faults.matrix import CUT_OFF, WORLDS, rows, rows_of
from tests.faults.told import PAGE, all_methods, page


@pytest.mark.parametrize("name", list(WORLDS))
def test_nothing_is_lost_whatever_fails_at_whichever_call(name: str) -> None:
    found = rows_of(name)
    assert found
    assert all((row.seen == CUT_OFF) is (row.fault in KILLED) for row in found)


def test_every_method_of_every_door_fails_in_every_way() -> None:
    failed = {(f"{row.port}.{row.method}", row.fault) for row in rows()}
    assert failed == {(name, fault) for name in all_methods() for fault in Fault}


@pytest.mark.parametrize("clock", CLOCKS, ids=lambda clock: clock.what)
def test_what_goes_by_a_time_while_our_clock_is_wrong_and_when_it_is_right_again(clock: Clock) -> None:
    assert {late: clock.see(late) for late in clock.wanted} == clock.wanted


def test_the_page_says_what_was_seen() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(text), "make reliability writes it anew"

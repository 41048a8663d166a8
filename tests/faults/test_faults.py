"""Whatever fails at a door: what is seen of it, and that nothing is lost."""

from __future__ import annotations

import datetime as dt

import pytest
from msgspec.structs import replace

from shared.domain.articles import readable
from shared.domain.passes import PassState
from shared.domain.refusals import UnknownArticle
from shared.domain.sessions import ABSOLUTE_SECONDS
from shared.domain.sign_in import LIFETIME_SECONDS
from shared.domain.tiers import Tier
from tests.faults.faulty import Fault
from tests.faults.matrix import CUT_OFF, rows_of
from tests.faults.told import ELSEWHERE, PAGE, all_methods, killed_say_nothing, page
from tests.faults.worlds import WORLDS
from tests.functions.paper import NOW, PASSES, article
from tests.functions.visitor import House, Visitor


@pytest.mark.parametrize("name", list(WORLDS))
def test_nothing_is_lost_whatever_fails_at_whichever_call(name: str) -> None:
    rows = list(rows_of(name))
    assert rows
    for row in rows:
        killed = row.fault in (Fault.KILLED_BEFORE, Fault.KILLED_AFTER)
        assert (row.seen == CUT_OFF) is killed, row


def test_every_door_has_its_row_or_is_tested_elsewhere() -> None:
    reached = {f"{row.port}.{row.method}" for name in WORLDS for row in rows_of(name)}
    assert reached | ELSEWHERE.keys() == all_methods()
    assert not reached & ELSEWHERE.keys()


def test_the_page_says_what_was_seen() -> None:
    assert killed_say_nothing()
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(text), "make reliability writes it anew"


# Clocks that jump ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("jump", "state"),
    [
        (0, PassState.VALID),
        (299, PassState.VALID),
        (301, PassState.EXPIRED),
        (86_400, PassState.EXPIRED),
        (-59, PassState.VALID),
        (-61, PassState.INVALID),
        (-86_400, PassState.INVALID),
    ],
)
def test_a_pass_is_no_good_where_the_clock_is_more_than_a_minute_early_or_five_late(
    jump: int, state: PassState
) -> None:
    assert PASSES.verify(PASSES.mint(Tier.MEMBER, NOW, 300), NOW + jump).state is state


@pytest.mark.parametrize(
    ("jump", "status"), [(0, 201), (LIFETIME_SECONDS - 1, 201), (LIFETIME_SECONDS, 410), (-3_600, 201)]
)
def test_a_link_ends_by_our_clock_and_one_that_goes_back_ends_nothing(jump: int, status: int) -> None:
    bob = Visitor(House())
    token, _ = bob.ask_for_mail()
    bob.house.now += jump
    assert bob.post("/api/members/sessions", {"token": token}).answer.status == status


@pytest.mark.parametrize(("jump", "status"), [(3_600, 200), (-3_600, 200), (ABSOLUTE_SECONDS, 401)])
def test_a_session_outlives_a_jump_of_hours_and_not_its_end(ada: Visitor, jump: int, status: int) -> None:
    ada.house.now += jump
    assert ada.post("/api/members/passes").answer.status == status
    if status == 200:
        ada.house.now -= jump
        assert ada.post("/api/members/passes").answer.status == 200


def test_an_article_that_is_due_goes_back_where_the_clock_does() -> None:
    due = replace(article(1), published_at=dt.datetime.fromtimestamp(NOW, dt.UTC))
    assert readable(due, NOW) == due
    with pytest.raises(UnknownArticle):
        readable(due, NOW - 1)

"""A pass for one article at the origin, whatever the edge has let through: it opens its two addresses and nothing else.
`tests/edge/test_passes.py` asks the same of the edge."""

from __future__ import annotations

import pytest
from hypothesis import given
from msgspec.structs import replace

from functions.articles import read as articles
from shared.domain.articles import Renamed
from shared.domain.passes import PassState
from shared.domain.tiers import Tier
from shared.http import NO_STORE, Request
from shared.reading import Outcome
from tests import strategies
from tests.functions import site
from tests.functions.paper import NOW, PAPER, PASSES, article, published
from tests.money_twins import MemoryCampaigns
from tests.token_cases import ITS_PATHS, OTHER_PATHS, SLUG
from tests.twins import MemoryArticles, MemoryLists, MemoryPapers

STORED = (
    replace(article(1), slug=SLUG),
    replace(article(2), slug="another"),
    replace(article(3), slug=f"{SLUG}-2"),
    Renamed(1, "before", SLUG),
    Renamed(1, "x", "another"),
)
LISTS = published(*STORED[:3])
ONLY = PASSES.mint(Tier.MEMBER, NOW, 300, SLUG)


def ask(path: str, token: str = ONLY, tier: Tier = Tier.MEMBER) -> Outcome:
    """As the edge never would: with the pass whatever the path is, and in the key of that tier."""
    if path.startswith("/api/"):
        headers = {"x-reader-tier": tier.value, "x-reader-pass": token}
        doors = articles.Doors(
            MemoryArticles(*STORED), PASSES, MemoryLists(LISTS), MemoryPapers(PAPER), MemoryCampaigns()
        )
        return articles.read(Request("GET", path, "", headers), doors, NOW)
    return site.ask(path, *STORED, documents=LISTS, x_reader_tier=tier.value, x_reader_pass=token)


def hold_closed(outcome: Outcome, path: str) -> None:
    assert "SECRET" not in outcome.answer.body, path
    assert outcome.answer.headers["x-rendered-for"] == "anonymous", path
    assert outcome.sight.tier is Tier.ANONYMOUS
    assert outcome.answer.headers.get("x-pass") != "valid"


@pytest.mark.parametrize("path", ITS_PATHS)
def test_it_opens_its_article(path: str) -> None:
    outcome = ask(path)
    assert "SECRET-MEMBER" in outcome.answer.body
    assert (outcome.sight.tier, outcome.sight.mismatch) == (Tier.MEMBER, False)
    assert outcome.answer.headers["cache-control"].startswith("public, s-maxage=86400")


def test_it_opens_nothing_else() -> None:
    for path in (*OTHER_PATHS, "/articles/before", "/api/articles/before", "/articles/x", "/api/articles/x"):
        hold_closed(ask(path), path)


@pytest.mark.parametrize("root", ["/articles/", "/api/articles/"])
def test_an_article_that_was_renamed_sends_on_without_opening_and_its_old_link_opens_nothing(root: str) -> None:
    moved = ask(f"{root}before", PASSES.mint(Tier.MEMBER, NOW, 300, "before"))
    assert (moved.answer.status, moved.answer.headers["location"]) == (301, f"{root}{SLUG}")
    assert "SECRET" not in moved.answer.body
    hold_closed(ask(f"{root}{SLUG}", PASSES.mint(Tier.MEMBER, NOW, 300, "before")), root)


@pytest.mark.parametrize("path", ITS_PATHS)
def test_past_its_time_it_opens_nothing_and_what_the_edge_took_for_a_member_is_not_kept(path: str) -> None:
    for seconds, state in ((1, PassState.VALID), (0, PassState.EXPIRED), (-1, PassState.EXPIRED)):
        outcome = ask(path, PASSES.mint(Tier.MEMBER, NOW - 60, 60 + seconds, SLUG))
        assert outcome.sight.state is state
        if state is PassState.EXPIRED:
            hold_closed(outcome, path)
            assert outcome.answer.headers["cache-control"] == NO_STORE


@pytest.mark.parametrize("path", ITS_PATHS)
def test_one_of_a_lower_tier_opens_no_more_than_that_in_a_higher_ones_place(path: str) -> None:
    outcome = ask(path, PASSES.mint(Tier.SUBSCRIBER, NOW, 300, SLUG))
    assert ("SECRET-SUBSCRIBER" in outcome.answer.body, "SECRET-MEMBER" in outcome.answer.body) == (True, False)
    assert outcome.answer.headers["cache-control"] == NO_STORE


@given(strategies.a_letter_away(ITS_PATHS))
def test_no_address_a_letter_away_is_the_article_s(path: str) -> None:
    hold_closed(ask(path), path)

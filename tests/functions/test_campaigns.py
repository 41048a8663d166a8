"""How a campaign stands, as programs and readers are told: exact, a minute old at most, alike for all tiers, and
strangers' words as words."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

import pytest
from msgspec.structs import replace

from functions.articles.read import Doors
from functions.articles.read import read as read_json
from functions.pages.read import read as read_page
from infra.ops.openapi import openapi
from shared.domain.campaigns import MAX_NAMED, Raised, Supporter
from shared.domain.paper import Campaign, Paper
from shared.domain.tiers import Tier
from shared.http import NO_STORE, Request
from shared.reading import Outcome
from shared.site.giving import NAMED
from tests.functions.described import hold_read
from tests.functions.paper import NOW, PASSES, article, doors, published
from tests.functions.site import FULL, classes, text, tree
from tests.money_twins import MemoryCampaigns
from tests.twins import MemoryArticles, MemoryLists, MemoryPapers

MINUTE = "public, s-maxage=60"
RIVER = Campaign("river", "Who owns the river?", "A year of asking.", 1_200_000, "EUR", dt.date(2026, 12, 10))
SPRING = Campaign("spring", "The spring", "Before.", 100, "EUR", dt.date(2026, 12, 9))
HARBOUR = Campaign("harbour", "The harbour", "After.", 500_00, "GBP")
PAPER = replace(FULL, campaigns=(SPRING, RIVER, HARBOUR))
LISTS = MemoryLists(published(article(1)))
MIDNIGHT = dt.datetime(2026, 12, 11, tzinfo=dt.UTC).timestamp()  # after RIVER's last day
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</bdi></b><h1>Pay here: evil.example</h1>",
    "{{ 7 * 7 }}{% for %}",
    "javascript:alert(1)",
    "&lt;script&gt;",
    "<!--",
    "]]></script>",
]


def standing(**raised: Raised) -> MemoryCampaigns:
    campaigns = MemoryCampaigns()
    campaigns.raised = dict(raised)
    return campaigns


def somebody(number: int, name: str = "Bo", message: str | None = None) -> Supporter:
    return Supporter(f"{number:032x}", int(NOW) - number, name, message)


def headers_of(tier: Tier, now: float) -> dict[str, str]:
    if tier is Tier.ANONYMOUS:
        return {}
    return {"x-reader-tier": tier.value, "x-reader-pass": PASSES.mint(tier, now, 300)}


def ask(
    path: str,
    campaigns: MemoryCampaigns | None = None,
    *,
    paper: Paper | None = PAPER,
    tier: Tier = Tier.ANONYMOUS,
    now: float = NOW,
    method: str = "GET",
    query: str = "",
    held: str = "",
) -> Outcome:
    """As the edge would, of the function that serves this path. `held`: what the asker has already."""
    campaigns = campaigns or MemoryCampaigns()
    request = Request(method, path, query, headers_of(tier, now) | ({"if-none-match": held} if held else {}))
    if path.startswith("/api/"):
        given = Doors(MemoryArticles(), PASSES, LISTS, MemoryPapers(paper), campaigns)
        outcome = read_json(request, given, now)
        hold_read(method, path, outcome)
        return outcome
    return read_page(request, doors(LISTS, paper, campaigns=campaigns), now)


def page(path: str, campaigns: MemoryCampaigns | None = None, **given: Any) -> str:
    answer = ask(path, campaigns, **given).answer
    assert answer.status == 200, answer.body
    tree(answer.body)
    return answer.body


# To programs ---------------------------------------------------------------------------------------------------------


def test_a_campaign_is_told_exactly_and_leads_to_nobody_s_order() -> None:
    raised = Raised({"GBP": 32_000, "EUR": 421_001}, 131, (somebody(5, "Ada", "Go on."), somebody(7)))
    answer = ask("/api/campaigns/river", standing(river=raised)).answer

    assert answer.status == 200
    assert json.loads(answer.body) == {
        "campaign": {
            "slug": "river",
            "title": "Who owns the river?",
            "text": "A year of asking.",
            "currency": "EUR",
            "goal": 1_200_000,
            "until": "2026-12-10",
            "is_over": False,
        },
        "raised": {"EUR": 421_001, "GBP": 32_000},
        "supporters": 131,
        "named": [
            {"name": "Ada", "message": "Go on.", "at": "2026-12-10T11:59:55Z"},
            {"name": "Bo", "message": None, "at": "2026-12-10T11:59:53Z"},
        ],
    }
    assert not re.search(r"[0-9a-f]{32}", answer.body)


def test_one_that_nobody_has_given_to_stands_at_nothing() -> None:
    told = json.loads(ask("/api/campaigns/harbour").answer.body)
    assert (told["raised"], told["supporters"], told["named"]) == ({"GBP": 0}, 0, [])
    assert (told["campaign"]["until"], told["campaign"]["is_over"]) == (None, False)


def test_a_campaign_is_over_when_its_last_day_is() -> None:
    for slug, now, is_over in (
        ("spring", NOW, True),
        ("river", MIDNIGHT - 1, False),
        ("river", MIDNIGHT, True),
        ("harbour", MIDNIGHT, False),
    ):
        assert json.loads(ask(f"/api/campaigns/{slug}", now=now).answer.body)["campaign"]["is_over"] is is_over


@pytest.mark.parametrize("path", ["/api/campaigns/river", "/contribute", "/contribute/river"])
@pytest.mark.parametrize("tier", Tier)
def test_it_may_be_kept_for_a_minute_and_is_purged_with_the_paper(path: str, tier: Tier) -> None:
    headers = ask(path, tier=tier).answer.headers

    assert headers["cache-control"] == MINUTE
    assert headers["cache-tag"] == "paper,campaign-river"
    assert "set-cookie" not in headers  # R5


def test_every_tier_is_told_the_same() -> None:
    campaigns = standing(river=Raised({"EUR": 5}, 1, (somebody(1),)))
    answers = [ask("/api/campaigns/river", campaigns, tier=tier).answer for tier in Tier]
    assert len({(one.status, one.body, one.headers["etag"], one.headers["x-rendered-for"]) for one in answers}) == 1
    mains = [page("/contribute", campaigns, tier=tier).partition("<main")[2].partition("</main>")[0] for tier in Tier]
    assert len(set(mains)) == 1


def test_who_has_it_already_is_told_so_until_somebody_gives() -> None:
    campaigns = standing(river=Raised({"EUR": 5}, 1))
    tag = ask("/api/campaigns/river", campaigns).answer.headers["etag"]
    assert ask("/api/campaigns/river", campaigns, held=tag).answer.status == 304
    campaigns.raised["river"] = Raised({"EUR": 6}, 1)
    assert ask("/api/campaigns/river", campaigns, held=tag).answer.status == 200


@pytest.mark.parametrize("slug", ["nowhere", "River", "river-", "..", "%2e%2e", "ri ver", "x" * 500])
def test_what_is_no_campaign_of_the_paper_s_is_404_and_nothing_is_looked_up(slug: str) -> None:
    """R9: no key is made of what was asked for."""
    campaigns = standing(nowhere=Raised({"EUR": 5}, 1, (somebody(1, "SECRET-NAME"),)))
    outcome = ask(f"/api/campaigns/{slug}", campaigns)
    assert (outcome.answer.status, json.loads(outcome.answer.body)["code"]) == (404, "unknown_campaign")
    assert outcome.answer.headers["cache-control"] == "public, s-maxage=30"
    assert outcome.answer.headers["cache-tag"] == "paper"
    shown = ask(f"/contribute/{slug}", campaigns).answer
    assert (shown.status, "SECRET-NAME" in shown.body) == (404, False)


def test_an_unknown_campaign_s_page_may_be_kept_until_the_paper_changes() -> None:
    headers = ask("/contribute/nowhere").answer.headers
    assert (headers["cache-control"], headers["cache-tag"]) == ("public, s-maxage=30", "paper")


@pytest.mark.parametrize("path", ["/api/campaigns", "/api/campaigns/", "/api/campaigns/river/named"])
def test_there_is_nothing_above_or_below_a_campaign(path: str) -> None:
    outcome = ask(path)
    assert (outcome.answer.status, json.loads(outcome.answer.body)["code"]) == (404, "unknown_route")


@pytest.mark.parametrize("path", ["/api/campaigns/river", "/contribute", "/contribute/river"])
def test_it_takes_no_parameters_and_nothing_but_reading(path: str) -> None:
    assert ask(path, query="currency=EUR").answer.status == 400
    assert ask(path, method="POST").answer.status == 405


def test_a_store_that_does_not_answer_is_said_and_kept_by_nobody() -> None:
    campaigns = MemoryCampaigns()
    campaigns.broken = True
    outcome = ask("/api/campaigns/river", campaigns)

    assert (outcome.answer.status, outcome.answer.headers["cache-control"]) == (503, NO_STORE)
    assert outcome.trouble is not None
    assert ask("/api/campaigns/river", paper=None).answer.status == 503


# To readers ----------------------------------------------------------------------------------------------------------


def bar(shown: str) -> tuple[float, float]:
    """How far it has come, and how far it goes. The words beside it say the same."""
    (progress,) = tree(shown).iter("progress")
    (line,) = [one for one in tree(shown).iter() if one.get("id") == progress.get("aria-labelledby")]
    assert len("".join(line.itertext())) > 20
    return float(progress.get("value", "")), float(progress.get("max", ""))


@pytest.mark.parametrize(
    ("raised", "line", "filled"),
    [
        (Raised(), "Nothing of €12,000 has been raised yet. You could be the first.", 0),
        (Raised({"EUR": 500}, 1), "€5 of €12,000 raised by one reader.", 500),
        (Raised({"EUR": 421_050}, 131), "€4,210.50 of €12,000 raised by 131 readers.", 421_050),
        (Raised({"EUR": 1_200_000}, 2_000), "€12,000 of €12,000 raised by 2,000 readers.", 1_200_000),
        (Raised({"EUR": 2_160_000}, 9), "€21,600 of €12,000 raised by 9 readers.", 1_200_000),
        (Raised({"EUR": -300}, 0), "Nothing of €12,000 has been raised yet.", 0),
        (
            Raised({"USD": 5_500, "GBP": 32_000, "CHF": 0}, 3),
            "€0 of €12,000 raised by 3 readers. And £320, $55 in other currencies.",
            0,
        ),
    ],
)
def test_the_page_says_how_it_stands_in_a_line_and_a_bar(raised: Raised, line: str, filled: int) -> None:
    shown = page("/contribute/river", standing(river=raised))
    assert line in text(shown)
    assert bar(shown) == (filled, 1_200_000)


def test_the_page_shows_the_first_campaign_that_is_not_over() -> None:
    for now, title, slug in ((NOW, "Who owns the river?", "river"), (MIDNIGHT, "The harbour", "harbour")):
        shown = page("/contribute", now=now)
        assert f'<h2 id="campaign">{title}</h2>' in shown
        assert f'name="campaign" value="{slug}"' in shown
    for paper in (FULL, replace(FULL, campaigns=(SPRING,))):
        shown = page("/contribute", paper=paper)
        assert 'class="campaign"' not in shown
        assert 'name="campaign"' not in shown
        assert ask("/contribute", paper=paper).answer.headers["cache-tag"] == "paper"


def test_one_that_is_over_is_shown_and_takes_nothing_more() -> None:
    shown = page("/contribute/spring", standing(spring=Raised({"EUR": 100}, 1)))
    assert "It ended on 9 December 2026." in text(shown)
    assert "€1 of €1 raised by one reader." in text(shown)
    assert 'name="campaign"' not in shown
    assert "Until 10 December 2026." in text(page("/contribute/river"))


def test_the_latest_who_are_named_are_shown_with_their_words() -> None:
    everybody = tuple(somebody(number, f"Reader {number}") for number in range(MAX_NAMED))
    shown = page("/contribute", standing(river=Raised({"EUR": 5}, 99, everybody[::-1])))
    (named,) = classes(shown, "supporters")

    names = ["".join(one.itertext()) for one in named.iter("bdi")]
    assert names == [f"Reader {number}" for number in range(NAMED)]
    assert page("/contribute", standing(river=Raised({"EUR": 5}, 99))).count("supporters") == 0


@pytest.mark.parametrize("words", HOSTILE)
def test_a_stranger_s_words_are_words_and_nothing_else(words: str) -> None:
    """R30."""
    honest = page("/contribute", standing(river=Raised({"EUR": 5}, 1, (somebody(1, "Bo", "Well done."),))))
    shown = page("/contribute", standing(river=Raised({"EUR": 5}, 1, (somebody(1, words, words),))))

    assert [one.tag for one in tree(shown).iter()] == [one.tag for one in tree(honest).iter()]
    (named,) = classes(shown, "supporters")
    assert ["".join(one.itertext()) for one in named.iter("bdi")] == [words]
    assert ["".join(one.itertext()) for one in classes(shown, "message")] == [words]
    answer = ask("/api/campaigns/river", standing(river=Raised({"EUR": 5}, 1, (somebody(1, words, words),)))).answer
    assert json.loads(answer.body)["named"][0]["name"] == words
    assert answer.headers["content-type"].startswith("application/json")


def test_one_can_give_while_it_cannot_be_read_how_the_campaign_stands_and_somebody_is_told() -> None:
    campaigns = MemoryCampaigns()
    campaigns.broken = True
    outcome = ask("/contribute", campaigns)
    shown = outcome.answer.body

    assert outcome.answer.status == 200
    assert outcome.trouble is not None
    assert outcome.answer.headers["cache-control"] == NO_STORE  # it is mended sooner than in a minute, one hopes
    assert 'name="campaign" value="river"' in shown
    assert "Who owns the river?" in shown
    assert "<progress" not in shown
    assert "raised" not in text(shown)


def test_what_is_answered_is_described() -> None:
    """So that `hold_read` above holds something."""
    described = openapi()["paths"]["/api/campaigns/{slug}"]["get"]
    assert sorted(described["responses"]) == ["200", "304", "400", "404", "405", "503"]

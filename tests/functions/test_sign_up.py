"""The newsletter's sign-up under an article's sources and on the front page: where it stands, and what it asks for."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import pytest
from msgspec.structs import replace

from shared.domain.paper import Newsletter
from shared.domain.tiers import Tier
from tests.functions.site import FULL, PLAIN, TOKEN, shown, text, tree

DAILY = Newsletter("daily", "The daily", "Each morning.")
RIVER = replace(DAILY, slug="river", name="Of the river", sections=("river",))
CITY = replace(DAILY, slug="city-only", name="Of the city", sections=("city",))
INSIDE = replace(DAILY, slug="inside", name="Inside", tier="member")
PLACES = ["/", "/articles/piece-1"]


def forms(path: str, *newsletters: Newsletter, tier: Tier = Tier.ANONYMOUS) -> list[Element]:
    page = shown(path, PLAIN, paper=replace(FULL, newsletters=newsletters), tier=tier)
    return [one for one in tree(page).iter("form") if one.get("action") == "/api/members/sign-in"]


@pytest.mark.parametrize("path", PLACES)
def test_a_newsletter_that_is_free_can_be_asked_for_by_an_address_alone(path: str) -> None:
    (form,) = forms(path, INSIDE, DAILY, replace(DAILY, slug="another"))

    assert form.get("method") == "post"
    asked = {one.get("name"): one for one in form.iter("input")}
    assert {name: one.get("value") for name, one in asked.items()} == {
        "newsletter": "daily",
        "next": path,
        "email": None,
    }
    assert asked["email"].get("type") == "email"
    assert next(form.iter("label")).get("for") == asked["email"].get("id")


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("newsletters", [(), (INSIDE,), (RIVER,)], ids=["none", "for members", "of another section"])
def test_one_that_would_not_come_or_not_bring_what_is_read_here_is_not_offered(
    path: str, newsletters: tuple[Newsletter, ...]
) -> None:
    assert forms(path, *newsletters) == []


def test_an_article_offers_the_newsletter_that_brings_its_section_and_the_front_page_the_one_that_brings_all() -> None:
    offered = [forms(path, RIVER, CITY, DAILY)[0].find("input") for path in PLACES]

    assert [one is not None and one.get("value") for one in offered] == ["daily", "city-only"]


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("tier", [Tier.SUBSCRIBER, Tier.MEMBER])
def test_who_has_an_address_here_is_not_asked_for_it(path: str, tier: Tier) -> None:
    assert forms(path, DAILY, tier=tier) == []


def test_without_a_newsletter_the_offer_is_a_link() -> None:
    page = shown("/articles/piece-1", PLAIN)

    assert "Get the free newsletter" in text(page)
    assert 'href="/sign-in?next=/articles/piece-1"' in page


def test_the_page_that_ends_a_newsletter_calls_it_by_its_name() -> None:
    known, gone = (f"/unsubscribe/{slug}/{TOKEN}" for slug in ("daily", "weekly"))
    paper = replace(FULL, newsletters=(DAILY,))

    assert "“The daily” is not mailed to you any more" in text(shown(known, paper=paper))
    assert "“weekly” is not mailed" in text(shown(gone, paper=paper))

"""Forms and other quiet pages: what they ask for, and what cannot be sent."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from functions.contributions.routes import ROUTES
from shared.domain.paper import Giving, Offer
from shared.domain.tiers import Tier
from tests.functions.site import (
    EVERY,
    FULL,
    PLAIN,
    SIMPLE,
    ask,
    shown,
    tree,
)

# Forms and words -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["/", "/articles/piece-1", "/account", "/sections/city"])
def test_signing_in_leads_back_to_a_page_of_this_site(to: str) -> None:
    assert f'name="next" value="{to}"' in shown("/sign-in", query=f"next={to}")


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example", "/\\evil.example", "https://evil.example", "%2F%2Fevil.example", "/%2Fevil", "", "articles",
        "/a//b", "/a/../b", "/a%0d%0ab", "/A", "/a?b", "/a#b", "javascript:alert(1)", "/" + "a" * 512,
        "/\tevil", "/a\n", "@evil.example", "/.evil",
    ],
)  # fmt: skip
def test_and_to_nowhere_else(to: str) -> None:
    """R14."""
    answer = ask("/sign-in", query=f"next={to}").answer

    assert answer.status == 400
    assert "evil" not in answer.body


@pytest.mark.parametrize("path", EVERY)
def test_every_form_is_sent_to_somebody_who_answers_it(path: str) -> None:
    for form in tree(shown(path, PLAIN)).iter("form"):
        assert form.get("method") == "post"
        action = form.get("action", "")
        assert action.startswith(("/api/members/", "/api/newsletters/")) or action in ROUTES


def test_whoever_gives_again_and_again_finds_on_the_page_of_thanks_where_it_is_changed_or_ended() -> None:
    login, words = "https://billing.example/p/login/1", "Giving again and again?"
    again = Giving((Offer("EUR", (500,)),))

    page = shown("/thanks", paper=replace(FULL, giving=again, manage_url=login))
    (way,) = [one for one in tree(page).iter("a") if one.get("href") == login]
    assert (words in page, way.text) == (True, "You can change or end it here.")
    for paper in (
        replace(FULL, giving=again),
        replace(FULL, giving=replace(again, intervals=("once",)), manage_url=login),
        replace(FULL, giving=None, manage_url=login),
    ):
        page = shown("/thanks", paper=paper)
        assert (words in page, login in page) == (False, False)


def test_every_field_has_a_label() -> None:
    for path in SIMPLE:
        root = tree(shown(path, PLAIN))
        named = {one.get("for") for one in root.iter("label")}
        inside = [field for label in root.iter("label") for field in label.iter("input")]
        for field in (*root.iter("input"), *root.iter("textarea")):
            assert field.get("type") == "hidden" or field.get("id") in named or field in inside


def test_prices_are_written_as_one_writes_them() -> None:
    page = shown("/join", PLAIN)
    assert "€8.50 a month" in page
    giving = shown("/contribute", PLAIN, paper=replace(FULL, giving=Giving((Offer("JPY", (500,), 100, 9000),))))
    assert "¥500" in giving


def test_a_member_is_not_asked_to_join() -> None:
    assert "Join for" not in shown("/join", PLAIN, tier=Tier.MEMBER)
    assert "Join for" in shown("/join", PLAIN, tier=Tier.SUBSCRIBER)

"""An article's page: its parts, its gates, what it says of itself, and what it never holds (R1, R2)."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.pages.structured import article_data
from shared.domain.articles import Article, Correction, Gate, Production
from shared.domain.blocks import Audio, Picture
from shared.domain.tiers import Tier
from tests import strategies
from tests.functions.paper import PAPER, URL, article
from tests.functions.site import (
    FERRY,
    FULL,
    PLAIN,
    SAMPLES,
    ask,
    classes,
    shown,
    text,
    tree,
)
from tests.samples import gate

# The article ---------------------------------------------------------------------------------------------------------

ANATOMY = [
    "skip",  # 1
    "label",
    "standfirst",  # 2
    "lead",  # 3
    "byline",  # 4
    "text",  # 5
    "gate",  # 6
    "sources",  # 7
    "author",  # 8
    "support",  # 9
    "production",  # 10
    "more",  # 11
]


@pytest.mark.parametrize("tier", Tier)
def test_an_article_has_its_parts_in_their_order(tier: Tier) -> None:
    page = shown(f"/articles/{FERRY.slug}", *SAMPLES, tier=tier)

    order = list(tree(page).iter())
    places = [next(i for i, one in enumerate(order) if part in (one.get("class") or "").split()) for part in ANATOMY]
    assert places == sorted(places)
    assert len([one for one in order if one.tag == "h1"]) == 1
    assert "Made with AI." in text(page)
    for words in ("More in City", "See all of City", "More by Tove Ransley", "Ruth Castellane, Ben Ottoway"):
        assert words in text(page)


@pytest.mark.parametrize(("tier", "closed"), [(Tier.ANONYMOUS, 6), (Tier.SUBSCRIBER, 4), (Tier.MEMBER, 0)])
def test_gates_open_by_tier_and_closed_ones_say_what_opens_them(tier: Tier, closed: int) -> None:
    page = shown(f"/articles/{FERRY.slug}", *SAMPLES, tier=tier)

    locked = classes(page, "locked")
    assert (len(locked), len(classes(page, "open"))) == (closed, 6 - closed)
    assert len(classes(page, "slim")) == max(0, closed - 1)
    for one in locked:
        assert [each for each in one.iter("a") if each.get("href", "").startswith("/")]
    assert page.count("<audio") == (tier is Tier.MEMBER)
    links = [one for one in tree(page).iter("a") if "Open the source" in (one.get("aria-label") or "")]
    assert len(links) == {Tier.ANONYMOUS: 0, Tier.SUBSCRIBER: 9, Tier.MEMBER: 10}[tier]
    assert ("Get the free newsletter" in page) is (tier is Tier.ANONYMOUS)
    assert ("Already one of our" in page) is (tier is Tier.ANONYMOUS)


def test_who_may_give_or_read_by_the_meter_is_offered_it_once_where_there_is_something_to_open() -> None:
    def offered(one: Article, tier: Tier, **given: Any) -> list[str]:
        return re.findall(
            r'action="/api/members/(gifts|reads)"', shown(f"/articles/{one.slug}", one, tier=tier, **given)
        )

    sounds = tuple(block for block in FERRY.body if not (isinstance(block, Gate) and block.kind != "audio"))
    assert len([block for block in sounds if isinstance(block, Gate)]) == 1
    assert [offered(FERRY, tier) for tier in Tier] == [[], ["reads"], ["gifts"]]
    ungated = replace(FERRY, body=tuple(block for block in FERRY.body if not isinstance(block, Gate)))
    assert [offered(ungated, tier) for tier in Tier] == [[], [], []]
    assert offered(replace(FERRY, body=sounds), Tier.SUBSCRIBER) == []
    for tier in Tier:
        assert offered(FERRY, tier, paper=replace(FULL, gifts=None, metering=None)) == []


def test_what_an_article_leaves_out_is_left_out_of_the_page() -> None:
    page = shown("/articles/piece-1", replace(PLAIN, sources=()), paper=PAPER)

    for absent in ("sources", "lead", "support", "production", "corrections", "more"):
        assert classes(page, absent) == []


def test_corrections_and_updates_are_told() -> None:
    at = PLAIN.published_at + dt.timedelta(days=1)
    page = shown("/articles/piece-1", replace(PLAIN, updated_at=at, corrections=(Correction(at, "It was two boats."),)))

    assert "It was two boats." in text(page)
    assert "Updated 2 December 2026, 01:00" in text(page).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("hours", "zone"), [(0, "UTC"), (1, "UTC+1"), (-5, "UTC−5"), (5.5, "UTC+5:30"), (-3.5, "UTC−3:30")]
)
def test_a_time_is_told_as_the_desk_wrote_it(hours: float, zone: str) -> None:
    at = dt.datetime(2026, 12, 1, 6, 5, tzinfo=dt.timezone(dt.timedelta(hours=hours)))
    page = shown("/articles/piece-1", replace(PLAIN, published_at=at))

    assert f"1 December 2026, 06:05\N{NO-BREAK SPACE}{zone}" in page


def test_a_picture_comes_in_the_width_that_fits_with_its_size_told() -> None:
    picture = Picture("/media/anonymous/a.png", "A boat", 1600, 900, "ai", credit="The desk", widths=(480, 960))
    page = shown("/articles/piece-1", replace(PLAIN, lead_picture=picture))

    image = next(tree(page).iter("img"))
    assert image.get("srcset") == (
        "/media/anonymous/a-480w.png 480w, /media/anonymous/a-960w.png 960w, /media/anonymous/a.png 1600w"
    )
    assert (image.get("width"), image.get("height"), image.get("alt")) == ("1600", "900", "A boat")
    assert image.get("loading") is None  # it is what the reader looks at first
    assert "Made with AI. Picture: The desk" in text(page)


def test_text_that_is_no_html_is_escaped_everywhere() -> None:
    evil = "<script>alert(1)</script>&\"'"
    odd = replace(
        PLAIN,
        title=evil,
        standfirst=evil,
        section=replace(PLAIN.section, name=evil),
        author=replace(PLAIN.author, name=evil, biography=evil),
        lead_picture=Picture("/media/anonymous/a.png", evil, 16, 9, "ai", evil, evil),
        production=Production(2, (evil,), "/process"),
    )
    paper = replace(FULL, name=evil, description=evil, texts={"published": evil})

    for path in ("/articles/piece-1", "/", "/sections/city", "/authors/ada-moor", "/nowhere"):
        page = ask(path, odd, article(2), paper=paper).answer.body
        assert "<script>alert" not in page
        tree(page)


@given(strategies.articles)
def test_every_page_of_any_article_is_valid_html(one: Article) -> None:
    for tier in Tier:
        for path in (f"/articles/{one.slug}", "/", f"/sections/{one.section.slug}", f"/authors/{one.author.slug}"):
            tree(shown(path, one, tier=tier, now=one.published_at.timestamp()))


# What a lower tier can learn (R1, R2) --------------------------------------------------------------------------------


def _paths(one: Article) -> list[str]:
    return [f"/articles/{one.slug}", "/", f"/sections/{one.section.slug}", f"/authors/{one.author.slug}", "/join"]


@given(strategies.gated_articles, st.sampled_from([Tier.ANONYMOUS, Tier.SUBSCRIBER]))
def test_no_gated_word_is_on_any_page_or_in_what_it_says_of_itself(one: Article, tier: Tier) -> None:
    planted = strategies.with_canaries(one, tier)

    for path in _paths(one):
        answer = ask(path, planted, tier=tier, now=one.published_at.timestamp()).answer
        assert answer.status == 200
        assert strategies.CANARY not in answer.body + repr(answer.headers)


@given(strategies.gated_articles, st.sampled_from([Tier.ANONYMOUS, Tier.SUBSCRIBER]), st.data())
def test_no_page_depends_on_what_is_gated(one: Article, tier: Tier, data: st.DataObject) -> None:
    other = data.draw(strategies.with_other_gated_content(one, tier))
    now = one.published_at.timestamp()

    for path in _paths(one):
        assert ask(path, one, tier=tier, now=now).answer == ask(path, other, tier=tier, now=now).answer


def test_gated_sounds_are_named_to_nobody_below_their_tier() -> None:
    sound = Audio("/media/member/a-sound.mp3", "On the water", 61)
    one = replace(PLAIN, body=(*PLAIN.body, replace(gate("sound", Tier.MEMBER, "x"), blocks=(sound,))))

    assert "a-sound" not in shown("/articles/piece-1", one, tier=Tier.SUBSCRIBER)
    page = shown("/articles/piece-1", one, tier=Tier.MEMBER)
    assert "1 min 01 s" in page
    assert '<source src="/media/member/a-sound.mp3" type="audio/mpeg">' in page


# What it says of itself ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tier", Tier)
@pytest.mark.parametrize("one", SAMPLES, ids=lambda one: one.slug)
def test_search_engines_find_each_gated_part_by_its_class(one: Article, tier: Tier) -> None:
    page = shown(f"/articles/{one.slug}", one, tier=tier)
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)

    assert found is not None
    assert found[1] == article_data(one.seen_by(tier), FULL)
    parts = json.loads(found[1])["@graph"][0].get("hasPart", [])
    assert len(parts) == len(classes(page, "gate"))
    assert [len(classes(page, part["cssSelector"][1:])) for part in parts] == [1] * len(parts)


def test_a_page_shared_elsewhere_has_a_title_a_sentence_and_a_picture() -> None:
    picture = Picture("/media/anonymous/a.png", "A boat", 1600, 900, "photograph")
    root = tree(shown("/articles/piece-1", replace(PLAIN, lead_picture=picture)))
    told = {one.get("property") or one.get("name"): one.get("content") for one in root.iter("meta")}

    assert told["og:title"] == "Piece 1"
    assert told["og:description"] == told["description"] == "It runs empty. It runs on time."
    assert told["og:url"] == f"{URL}/articles/piece-1"
    assert told["og:image"] == f"{URL}/media/anonymous/a.png"
    assert told["og:type"] == "article"
    assert told["twitter:card"] == "summary_large_image"
    links = [(one.get("rel"), one.get("href")) for one in root.iter("link")]
    assert ("canonical", f"{URL}/articles/piece-1") in links
    assert ("alternate", f"{URL}/feeds/rss.xml") in links

"""Every page: for whom, kept how long, in whose words, and what is answered where there is none."""

from __future__ import annotations

import re
from typing import Any

import pytest
from msgspec.structs import replace

from functions.pages.read import read
from shared.domain.articles import Renamed, Unpublished
from shared.domain.paper import Logo
from shared.domain.passes import PassState
from shared.domain.tiers import Tier
from shared.http import NO_STORE, Request
from shared.site.html import CONTENT_SECURITY_POLICY
from shared.site.texts import TEXTS
from tests.functions.paper import NOW, PASSES, article, doors, published
from tests.functions.site import (
    DAY,
    EVERY,
    FERRY,
    FULL,
    LISTS,
    PLAIN,
    SAMPLES,
    SECRET,
    TOKEN,
    ask,
    shown,
    text,
    tree,
)
from tests.samples import SAMPLE

# What is kept, for whom, for how long --------------------------------------------------------------------------------


@pytest.mark.parametrize("tier", Tier)
@pytest.mark.parametrize("path", EVERY)
def test_a_page_says_for_whom_it_is_and_lets_nothing_foreign_in(path: str, tier: Tier) -> None:
    answer = ask(path, PLAIN, tier=tier).answer

    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["x-rendered-for"] == tier.value
    assert answer.headers["x-pass"] == ("none" if tier is Tier.ANONYMOUS else "valid")
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "set-cookie" not in answer.headers  # R5
    assert "last-modified" not in answer.headers  # what is asked by time alone would be a 304 to another tier
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    tree(answer.body)


@pytest.mark.parametrize(
    ("path", "tags"),
    [
        ("/articles/piece-1", "paper,article-a-1,slug-piece-1,section-city,author-ada-moor,slug-piece-2"),
        ("/", "paper,list-latest,list-sections"),
        ("/sections/city", "paper,list-section-city"),
        ("/authors/ada-moor", "paper,list-author-ada-moor"),
        ("/join", "paper"),
    ],
)
def test_a_page_is_kept_for_a_day_and_forgotten_with_what_it_is_made_of(path: str, tags: str) -> None:
    answer = ask(path, PLAIN, article(2)).answer

    assert (answer.headers["cache-control"], answer.headers["cache-tag"]) == (DAY, tags)
    again = ask(path, PLAIN, article(2), if_none_match=answer.headers["etag"]).answer
    assert (again.status, again.body) == (304, "")


@pytest.mark.parametrize("path", SECRET)
def test_a_page_with_somebody_s_token_is_kept_nowhere_and_not_written_down(path: str) -> None:
    outcome = ask(path, PLAIN)

    assert outcome.answer.headers["cache-control"] == NO_STORE
    assert "cache-tag" not in outcome.answer.headers
    assert TOKEN in outcome.answer.body
    assert outcome.place is None


def test_a_pass_for_one_article_opens_its_page_and_no_other() -> None:
    only = PASSES.mint(Tier.MEMBER, NOW, 300, "piece-1")
    given: dict[str, Any] = {"x_reader_tier": "member", "x_reader_pass": only}

    assert "SECRET-MEMBER" in shown("/articles/piece-1", PLAIN, **given)
    other = ask("/articles/piece-2", PLAIN, article(2), **given)
    assert other.sight.state is PassState.ELSEWHERE
    assert "SECRET" not in other.answer.body
    assert other.answer.headers["cache-control"] == NO_STORE  # the edge has keyed it as a member's


def test_the_edge_s_word_alone_opens_nothing() -> None:
    outcome = ask("/articles/piece-1", PLAIN, x_reader_tier="member")

    assert outcome.sight.mismatch
    assert outcome.answer.headers["cache-control"] == NO_STORE
    assert "SECRET" not in outcome.answer.body


def test_a_paper_says_it_in_its_own_words_and_calls_readers_what_it_calls_them() -> None:
    names = replace(FULL.tiers, member=replace(FULL.tiers.member, one="Freundin", many="Freundinnen"))
    paper = replace(FULL, tiers=names, language="de", texts={"skip": "Zum Inhalt", "gate_label": "{kind} für {tier}"})
    page = shown("/articles/piece-1", PLAIN, paper=paper)

    assert '<html lang="de"' in page
    assert "Zum Inhalt" in page
    assert "analysis für Freundinnen" in page
    assert "members" not in text(page)


def test_every_word_that_pages_come_with_is_used() -> None:
    root = SAMPLE.parents[1]
    folders = [root / "shared/site", root / "functions/pages", root / "functions/members"]
    files = [path for folder in folders for path in [*folder.glob("templates/*.html"), *folder.glob("*.py")]]
    written = "".join(path.read_text() for path in files if path.name != "texts.py")
    made = {f"{name}{end}" for name in ("not_found", "withdrawn", "unavailable", "refused") for end in ("", "_title")}

    assert [
        name
        for name in TEXTS
        if name not in made and not re.search(rf"""words\.{name}\b|say\(\s*"{name}"|"{name}"\]""", written)
    ] == []


def test_a_logo_stands_for_the_name_and_says_it() -> None:
    logo = Logo("/media/anonymous/logo.png", 320, 64, "/media/anonymous/logo-dark.png")
    page = shown("/join", PLAIN, paper=replace(FULL, logo=logo))

    assert '<img src="/media/anonymous/logo.png" width="320" height="64" alt="The Quay">' in page
    tree(page)


# What cannot be shown ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "stored", "status", "caching", "tag"),
    [
        ("/articles/nobody-wrote-it", PLAIN, 404, "public, s-maxage=30", "slug-nobody-wrote-it"),
        ("/articles/gone", Unpublished(1, "gone", PLAIN.published_at), 410, "public, s-maxage=60", "slug-gone"),
        ("/articles/Not-A-Slug", PLAIN, 404, NO_STORE, None),
        ("/sections/river", PLAIN, 404, "public, s-maxage=30", "list-section-river"),
        ("/authors/nobody", PLAIN, 404, "public, s-maxage=30", "list-author-nobody"),
        ("/sections/a--b", PLAIN, 404, NO_STORE, None),
        ("/nowhere", PLAIN, 404, NO_STORE, None),
        ("/articles", PLAIN, 404, NO_STORE, None),
        ("/articles/piece-1/x", PLAIN, 404, NO_STORE, None),
        (f"/sign-in/link/{TOKEN}0", PLAIN, 404, NO_STORE, None),
        (f"/sign-in/link/{TOKEN[:-1]}G", PLAIN, 404, NO_STORE, None),
        (f"/unsubscribe/a--b/{TOKEN}", PLAIN, 404, NO_STORE, None),
    ],
)
def test_what_is_not_there_has_a_page_too(path: str, stored: Any, status: int, caching: str, tag: str | None) -> None:
    answer = ask(path, stored).answer

    assert (answer.status, answer.headers["cache-control"]) == (status, caching)
    assert answer.headers.get("cache-tag") == tag
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert '<meta name="robots" content="noindex">' in answer.body
    assert "The Quay" in answer.body
    tree(answer.body)


def test_a_renamed_article_leads_to_its_page() -> None:
    answer = ask("/articles/old", Renamed(1, "old", "piece-1"), PLAIN).answer

    assert (answer.status, answer.headers["location"], answer.body) == (301, "/articles/piece-1", "")
    assert answer.headers["cache-tag"] == "slug-old"


def test_before_its_time_an_article_has_no_page() -> None:
    coming = article(500)
    before = coming.published_at.timestamp() - 1

    never = ask("/articles/piece-500", PLAIN, now=before).answer
    assert ask("/articles/piece-500", PLAIN, coming, now=before).answer == never
    assert shown("/articles/piece-500", PLAIN, coming, now=before + 1)


@pytest.mark.parametrize("path", ["/articles/piece-1", *LISTS, "/join"])
def test_when_the_store_fails_a_page_says_so_and_holds_nothing_else(path: str) -> None:
    """R22."""
    broken = doors(published(PLAIN), FULL, PLAIN)
    broken.articles.broken = broken.lists.broken = True  # type: ignore[attr-defined]
    outcome = read(Request("GET", path, "", {}), broken, NOW)

    assert (outcome.answer.status, outcome.answer.headers["retry-after"]) == (503, "5")
    assert outcome.answer.headers["cache-control"] == NO_STORE
    assert "cannot be shown right now" in outcome.answer.body
    assert outcome.trouble is not None
    for word in ("Piece 1", "It runs empty", "Ada Moor"):
        assert word not in outcome.answer.body
    tree(outcome.answer.body)


def test_after_an_outage_the_page_still_knows_the_paper_s_name() -> None:
    all_well = doors(published(PLAIN), FULL, PLAIN)
    read(Request("GET", "/", "", {}), all_well, NOW)
    all_well.articles.broken = all_well.lists.broken = True  # type: ignore[attr-defined]

    assert "The Quay" in read(Request("GET", "/articles/piece-1", "", {}), all_well, NOW).answer.body


@pytest.mark.parametrize("path", EVERY)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "get"])
def test_pages_can_only_be_read(path: str, method: str) -> None:
    answer = ask(path, PLAIN, method=method).answer

    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", [path for path in EVERY if path not in ("/sign-in", *LISTS[1:])])
def test_a_page_takes_no_parameters(path: str) -> None:
    assert ask(path, PLAIN, query="utm_source=x").answer.status == 400


# Style and script ----------------------------------------------------------------------------------------------------


def test_style_script_and_icon_are_kept_for_a_year_under_names_that_change_with_them() -> None:
    for href in re.findall(r'(?:href|src)="(/assets/[^"]+)"', shown("/join", PLAIN)):
        answer = ask(href, PLAIN).answer
        assert answer.status == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        older = re.sub(r"-[0-9a-f]{8}\.", "-00000000.", href)
        stale = ask(older, PLAIN).answer
        assert (stale.body, stale.headers["cache-control"]) == (answer.body, "public, max-age=60")
    pink = replace(FULL, light=replace(FULL.light, accent="#aa0055"))
    assert set(re.findall(r"/assets/[^\"]+css", shown("/join", PLAIN))).isdisjoint(
        re.findall(r"/assets/[^\"]+css", shown("/join", PLAIN, paper=pink))
    )


def test_a_page_and_its_style_are_small() -> None:
    page = shown(f"/articles/{FERRY.slug}", *SAMPLES)
    css, js = (next(iter(re.findall(rf'"(/assets/[^"]+{end})"', page))) for end in (".css", ".js"))

    style, script = (ask(href, PLAIN).answer.body for href in (css, js))
    assert len(page.encode()) + len(style.encode()) <= 60_000
    assert len(script.encode()) <= 5_000


@pytest.mark.parametrize("path", EVERY)
def test_no_script_or_style_stands_in_a_page(path: str) -> None:
    page = shown(path, PLAIN)
    for script in tree(page).iter("script"):
        assert script.get("src") or script.get("type") == "application/ld+json"
    assert not [
        one for one in tree(page).iter() if one.get("style") or any(name.startswith("on") for name in one.attrib)
    ]
    assert "<style" not in page


@pytest.mark.parametrize("path", ["/nowhere", "/articles/a--b", "/articles/nobody-wrote-it"])
def test_a_member_stays_a_member_where_there_is_nothing(path: str) -> None:
    page = ask(path, PLAIN, tier=Tier.MEMBER).answer

    assert (page.status, page.headers["x-rendered-for"]) == (404, "member")
    assert 'href="/account"' in page.body
    assert "/sign-in" not in page.body

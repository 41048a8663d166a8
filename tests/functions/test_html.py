"""The pages for people, on in-memory doors: what they hold, for whom, how long, and what they never hold (R1, R2)."""

from __future__ import annotations

import datetime as dt
import json
import re
from html.parser import HTMLParser
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.pages.read import CONTENT_SECURITY_POLICY, read
from functions.pages.texts import TEXTS
from shared.domain.articles import (
    Article,
    Audio,
    Correction,
    Gate,
    Paragraph,
    Picture,
    Production,
    Renamed,
    Unpublished,
)
from shared.domain.lists import cursor_of, place_of
from shared.domain.paper import Giving, Logo, PageLink, Paper, Plan
from shared.domain.passes import PassState
from shared.domain.tiers import Tier
from shared.domain.validation import parse_article
from shared.http import NO_STORE, Request
from shared.reading import Outcome
from tests import strategies
from tests.functions.paper import NOW, PAPER, PASSES, URL, article, by, doors, published
from tests.samples import SAMPLE, gate
from tests.twins import MemoryDocuments

DAY = "public, s-maxage=86400, stale-while-revalidate=3600, stale-if-error=86400"
TOKEN = "0123456789abcdef" * 4
FULL = replace(
    PAPER,
    sections=("city",),
    links=(PageLink("How we work", "/process"),),
    plans=(Plan("monthly", "By the month", 850, "EUR", "month", "As long as you like."),),
    giving=Giving("EUR", (500, 1000, 2500)),
    process=(Paragraph("We <em>ask</em> first."),),
)
SIMPLE = ["/sign-in", "/sign-in/sent", "/account", "/join", "/contribute", "/thanks", "/process"]
SECRET = [f"/sign-in/link/{TOKEN}", f"/unsubscribe/weekly/{TOKEN}"]
PLAIN = article(1)
LISTS = ["/", "/sections/city", "/authors/ada-moor"]
EVERY = ["/articles/piece-1", *LISTS, *SIMPLE, *SECRET]
SAMPLES = [parse_article(path.read_bytes()) for path in sorted((SAMPLE / "articles").glob("*.json"))]


def ask(
    path: str,
    *stored: Any,
    tier: Tier = Tier.ANONYMOUS,
    query: str = "",
    paper: Paper | None = FULL,
    documents: MemoryDocuments | None = None,
    now: float = NOW,
    method: str = "GET",
    **headers: str,
) -> Outcome:
    """As somebody of that tier would, in a paper of these articles."""
    listed = documents or published(*[one for one in stored if isinstance(one, Article)], now=now)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if tier is not Tier.ANONYMOUS:
        named |= {"x-reader-tier": tier.value, "x-reader-pass": PASSES.mint(tier, now, 300)}
    return read(Request(method, path, query, named), doors(listed, paper, *stored), now)


def shown(path: str, *stored: Any, **given: Any) -> str:
    """The page; it must be there."""
    outcome = ask(path, *stored, **given)
    assert outcome.answer.status == 200, outcome.answer.body
    return outcome.answer.body


def tree(page: str) -> Element:
    """The page as a browser has it. Raises ParseError for what is not valid HTML."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    root: Element = parser.parse(page)
    return root


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text(page: str) -> str:
    reader = _Text()
    reader.feed(page)
    return re.sub(r"\s+", " ", " ".join(reader.parts))


def classes(page: str, name: str) -> list[Element]:
    return [one for one in tree(page).iter() if name in (one.get("class") or "").split()]


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
    ferry = next(one for one in SAMPLES if one.slug == "the-night-ferry-question")
    page = shown(f"/articles/{ferry.slug}", *SAMPLES, tier=tier)

    order = list(tree(page).iter())
    places = [next(i for i, one in enumerate(order) if part in (one.get("class") or "").split()) for part in ANATOMY]
    assert places == sorted(places)
    assert len([one for one in order if one.tag == "h1"]) == 1
    assert "Made with AI." in text(page)
    for words in ("More in City", "See all of City", "More by Tove Ransley", "Ruth Castellane, Ben Ottoway"):
        assert words in text(page)


@pytest.mark.parametrize(("tier", "closed"), [(Tier.ANONYMOUS, 6), (Tier.SUBSCRIBER, 4), (Tier.MEMBER, 0)])
def test_gates_open_by_tier_and_closed_ones_say_what_opens_them(tier: Tier, closed: int) -> None:
    ferry = next(one for one in SAMPLES if one.slug == "the-night-ferry-question")
    page = shown(f"/articles/{ferry.slug}", *SAMPLES, tier=tier)

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
    return [f"/articles/{one.slug}", "/", f"/sections/{one.section.slug}", f"/authors/{one.author.slug}", "/account"]


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


# Lists ---------------------------------------------------------------------------------------------------------------


def titles(page: str) -> list[str]:
    return re.findall(r'<h[2-4]><a href="/articles/[^"]+">([^<]+)</a>', page)


def test_the_front_page_begins_with_what_the_editors_put_there() -> None:
    pieces = [article(number) for number in range(6)]

    assert titles(shown("/", *pieces))[:3] == ["Piece 5", "Piece 4", "Piece 3"]
    chosen = replace(FULL, front=("piece-1", "gone", "piece-0"))
    page = shown("/", *pieces, paper=chosen)
    assert titles(page) == ["Piece 1", "Piece 0", "Piece 5", "Piece 4", "Piece 3", "Piece 2"]


def test_sections_stand_in_the_paper_s_order_and_others_behind() -> None:
    section = PLAIN.section
    pieces = [
        article(n, section=replace(section, slug=s, name=s.title())) for n, s in enumerate(["art", "city", "wit"])
    ]
    page = shown("/join", *pieces, paper=replace(FULL, sections=("wit", "city")))

    assert re.findall(r'<a href="/sections/([a-z]+)">', page) == ["wit", "city", "art"]


@pytest.mark.parametrize("path", ["/sections/city", "/authors/ada-moor"])
def test_a_long_list_goes_on_page_by_page_with_nothing_twice(path: str) -> None:
    pieces = [article(number) for number in range(45)]
    seen: list[str] = []
    query, pages = "", 0
    while True:
        page = shown(path, *pieces, query=query)
        seen += titles(page)
        pages += 1
        assert ("noindex" in page) is (pages > 1)
        found = re.search(rf'href="{path}\?(cursor=[^"]+)" rel="next"', page)
        if found is None:
            break
        query = found[1]
    assert pages == 3
    assert seen == [f"Piece {number}" for number in range(44, -1, -1)]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("cursor=x", 400),
        ("cursor=", 400),
        ("limit=3", 400),
        ("cursor=a&cursor=b", 400),
        (f"cursor={cursor_of(place_of(dt.datetime(1999, 1, 1, tzinfo=dt.UTC), 'a'))}", 404),
    ],
)
def test_an_odd_cursor_gets_a_page_that_says_so(query: str, status: int) -> None:
    answer = ask("/sections/city", PLAIN, query=query).answer

    assert answer.status == status
    assert answer.headers["content-type"].startswith("text/html")
    tree(answer.body)


def test_an_author_who_is_a_program_is_said_to_be_one() -> None:
    persona = replace(by("wren", "Wren"), kind="persona")
    for path in ("/authors/wren", "/articles/piece-1"):
        page = text(shown(path, replace(PLAIN, author=persona)))
        assert "AI persona" in page
        assert "Wren is an AI persona of The Quay, not a person." in page


def test_an_empty_paper_has_a_front_page() -> None:
    assert titles(shown("/")) == []


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
def test_a_form_that_nobody_answers_yet_cannot_be_sent(path: str) -> None:
    for form in tree(shown(path, PLAIN)).iter("form"):
        assert form.get("method") == "post"
        assert form[0].tag == "fieldset"
        assert form[0].get("disabled") is not None


def test_every_field_has_a_label() -> None:
    for path in SIMPLE:
        root = tree(shown(path, PLAIN))
        named = {one.get("for") for one in root.iter("label")}
        inside = [field for label in root.iter("label") for field in label.iter("input")]
        for field in root.iter("input"):
            assert field.get("type") == "hidden" or field.get("id") in named or field in inside


def test_prices_are_written_as_one_writes_them() -> None:
    page = shown("/join", PLAIN)
    assert "€8.50 a month" in page
    giving = shown("/contribute", PLAIN, paper=replace(FULL, giving=Giving("JPY", (500,), 100, 9000)))
    assert "¥500" in giving


def test_a_member_is_not_asked_to_join() -> None:
    assert "Join for" not in shown("/join", PLAIN, tier=Tier.MEMBER)
    assert "Join for" in shown("/join", PLAIN, tier=Tier.SUBSCRIBER)


def test_a_paper_says_it_in_its_own_words_and_calls_readers_what_it_calls_them() -> None:
    names = replace(FULL.tiers, member=replace(FULL.tiers.member, one="Freundin", many="Freundinnen"))
    paper = replace(FULL, tiers=names, language="de", texts={"skip": "Zum Inhalt", "gate_label": "{kind} für {tier}"})
    page = shown("/articles/piece-1", PLAIN, paper=paper)

    assert '<html lang="de"' in page
    assert "Zum Inhalt" in page
    assert "analysis für Freundinnen" in page
    assert "members" not in text(page)


def test_every_word_that_pages_come_with_is_used() -> None:
    folder = SAMPLE.parents[1] / "functions" / "pages"
    written = "".join(path.read_text() for path in [*folder.glob("templates/*.html"), *folder.glob("*.py")])
    written = written.replace((folder / "texts.py").read_text(), "")
    made = {f"{name}{end}" for name in ("not_found", "withdrawn", "unavailable", "refused") for end in ("", "_title")}

    assert [name for name in TEXTS if name not in made and not re.search(rf"[.\"']{name}\b", written)] == []


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
    ferry = next(one for one in SAMPLES if one.slug == "the-night-ferry-question")
    page = shown(f"/articles/{ferry.slug}", *SAMPLES)
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


# What a page says of itself ------------------------------------------------------------------------------------------

_URL = {"type": "string", "pattern": "^https://paper\\.example/"}
_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$"}
_IMAGE = {
    "type": "object",
    "required": ["@type", "url", "width", "height"],
    "properties": {"@type": {"const": "ImageObject"}, "url": _URL, "width": {"type": "integer"}},
}
_ARTICLE = {
    "type": "object",
    "required": [
        "@type", "url", "mainEntityOfPage", "headline", "datePublished", "dateModified", "author", "publisher",
        "isAccessibleForFree", "inLanguage", "articleSection",
    ],
    "properties": {
        "@type": {"anyOf": [
            {"const": "NewsArticle"},
            {"type": "array", "prefixItems": [{"const": "NewsArticle"}, {"pattern": "^[A-Z][a-z]+NewsArticle$"}]},
        ]},
        "url": _URL,
        "datePublished": _TIME,
        "dateModified": _TIME,
        "image": _IMAGE,
        "isAccessibleForFree": {"type": "boolean"},
        "author": {"type": "object", "required": ["@type", "name", "url"],
                   "properties": {"@type": {"enum": ["Person", "Organization"]}, "url": _URL}},
        "publisher": {"type": "object", "required": ["@type", "name", "url"],
                      "properties": {"@type": {"const": "NewsMediaOrganization"}}},
        "hasPart": {"type": "array", "minItems": 1, "items": {
            "type": "object", "additionalProperties": False,
            "required": ["@type", "isAccessibleForFree", "cssSelector"],
            "properties": {"@type": {"const": "WebPageElement"}, "isAccessibleForFree": {"const": False},
                           "cssSelector": {"pattern": r"^\.gate-[a-z0-9-]+$"}}}},
    },
    "if": {"properties": {"isAccessibleForFree": {"const": False}}},
    "then": {"required": ["hasPart"]},
    "else": {"not": {"required": ["hasPart"]}},
}  # fmt: skip


def structured(page: str) -> list[dict[str, Any]]:
    """What stands in the page's JSON-LD."""
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert found is not None
    assert "<" not in found[1]
    data = json.loads(found[1])
    assert data["@context"] == "https://schema.org"
    graph: list[dict[str, Any]] = data["@graph"]
    return graph


def holds(page: str, one: Article) -> dict[str, Any]:
    """Check the article's structured data; returns it."""
    data, crumbs = structured(page)
    jsonschema.validate(data, _ARTICLE)
    selectors = [part["cssSelector"][1:] for part in data.get("hasPart", [])]
    assert [len(classes(page, selector)) for selector in selectors] == [1] * len(selectors)
    assert crumbs["@type"] == "BreadcrumbList"
    assert [step["position"] for step in crumbs["itemListElement"]] == [1, 2, 3]
    is_ai = one.lead_picture is not None and one.lead_picture.origin == "ai"
    assert ("digitalSourceType" in data.get("image", {})) is is_ai
    assert (data["author"]["@type"] == "Person") is (one.author.kind == "person")
    return data


@pytest.mark.parametrize("tier", Tier)
@pytest.mark.parametrize("one", SAMPLES, ids=lambda one: one.slug)
def test_search_engines_are_told_what_is_free_and_what_is_not(one: Article, tier: Tier) -> None:
    data = holds(shown(f"/articles/{one.slug}", one, tier=tier), one)

    gates = [block.id for block in one.body if isinstance(block, Gate)]
    assert [part["cssSelector"] for part in data.get("hasPart", [])] == [f".gate-{name}" for name in gates]


@given(strategies.articles, st.sampled_from(Tier))
def test_and_of_any_article(one: Article, tier: Tier) -> None:
    holds(shown(f"/articles/{one.slug}", one, tier=tier, now=one.published_at.timestamp()), one)


@pytest.mark.parametrize(
    ("kind", "told"),
    [("news", "NewsArticle"), ("opinion", ["NewsArticle", "OpinionNewsArticle"]), ("interview", "NewsArticle")],
)
def test_opinion_is_said_to_be_opinion(kind: Any, told: Any) -> None:
    assert structured(shown("/articles/piece-1", replace(PLAIN, kind=kind)))[0]["@type"] == told


@pytest.mark.parametrize("path", LISTS)
def test_lists_say_what_they_are(path: str) -> None:
    first, second = structured(shown(path, PLAIN))
    assert {first["@type"], second["@type"]} <= {
        "WebSite", "NewsMediaOrganization", "CollectionPage", "ProfilePage", "BreadcrumbList",
    }  # fmt: skip


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


@pytest.mark.parametrize("path", LISTS)
def test_a_list_s_canonical_address_is_its_own(path: str) -> None:
    assert f'<link rel="canonical" href="{URL}{path}">' in shown(path, PLAIN)

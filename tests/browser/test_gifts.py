"""An article is given away, opened by a stranger, and read by the meter: with scripts and without."""

from __future__ import annotations

from typing import Any

from tests.browser.conftest import FERRY, Browser, Complaints
from tests.browser.test_members import SCRIPTS, gates, sign_in
from tests.journeys.conftest import Paper


def become_member(page: Any, paper: Paper, address: str) -> None:
    sign_in(page, paper, address)
    paper.frontline("members", "grant", address, "--tier", "member", "--reason", "a test")
    page.context.clear_cookies(name="__Host-pass")


@SCRIPTS
def test_a_member_gives_an_article_and_a_stranger_reads_it(browser: Browser, paper: Paper, javascript: bool) -> None:
    with browser.reader(javascript=javascript) as page:
        become_member(page, paper, f"giver-{javascript}@reader.example".lower())
        page.goto(FERRY)
        page.get_by_role("button", name="Give this article").click()
        page.wait_for_url("**/account/gifts#*")
        assert "4 more of 5" in page.locator("main").inner_text()
        link = page.get_by_label("Link to give away").input_value()
        assert page.get_by_role("button", name="Copy link").count() == javascript
        if javascript:
            page.context.grant_permissions(["clipboard-read", "clipboard-write"])
            page.get_by_role("button", name="Copy link").click()
            page.get_by_role("button", name="Copied").wait_for()
            assert page.evaluate("navigator.clipboard.readText()") == link

    with browser.reader(javascript=javascript, expects=(401, 403)) as stranger:
        stranger.goto(link)
        closed, opened = gates(stranger)
        assert (stranger.locator("html").get_attribute("data-tier"), closed) == ("member", 0)
        assert opened >= 3
        assert "gift=" not in (stranger.locator("link[rel=canonical]").get_attribute("href") or "gift=")
        if javascript:  # what can be heard stays closed, and says so when it is pressed
            note = stranger.locator(".sound [role=status]")
            assert not note.is_visible()
            stranger.locator("audio").evaluate("(sound) => { sound.preload = 'auto'; sound.load(); }")
            note.wait_for(state="visible")
        stranger.get_by_role("button", name="Give this article").click()
        assert "sign in" in stranger.locator("main").inner_text().lower()
        stranger.goto(FERRY)
        assert stranger.locator("html").get_attribute("data-tier") == "anonymous"


def test_a_reader_reads_by_the_meter_until_there_are_no_more(browser: Browser, paper: Paper) -> None:
    with browser.reader(javascript=False, expects=(403,)) as page:
        sign_in(page, paper, "metered@reader.example")
        page.goto(FERRY)
        assert gates(page)[0] > 0
        page.get_by_role("button", name="Read it now").click()
        page.wait_for_url(f"**{FERRY}?gift=*")
        assert (page.locator("html").get_attribute("data-tier"), gates(page)[0]) == ("member", 0)

        slugs = [one["slug"] for one in paper.get("/api/articles").json["articles"]]
        read = 1
        for slug in (one for one in slugs if not FERRY.endswith(one)):
            page.goto(f"/articles/{slug}")
            button = page.get_by_role("button", name="Read it now")
            if button.count():
                button.click()
                if read == 3:
                    break
                page.wait_for_url("**?gift=*")
                read += 1
        assert page.get_by_role("heading", level=1).inner_text() == "No free articles left"
        page.get_by_role("link", name="Back to the article").click()
        page.wait_for_url(f"**/articles/{slug}")
        assert gates(page)[0] > 0
        page.goto("/account")
        assert "You have read 3 of the 3" in page.locator("main").inner_text()


def test_axe_finds_nothing_where_articles_are_given_and_none_is_too_wide(
    browser: Browser, paper: Paper, axe: Complaints
) -> None:
    with browser.reader(expects=(403,)) as page:
        become_member(page, paper, "axe-giver@reader.example")
        page.goto(FERRY)
        assert axe(page) == []
        page.get_by_role("button", name="Give this article").click()
        page.wait_for_url("**/account/gifts#*")
        assert axe(page) == []
        page.set_viewport_size({"width": 320, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320

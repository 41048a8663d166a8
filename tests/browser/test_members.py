"""A reader in a browser signs in, reads, and is gone again: with scripts and without."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser.conftest import FERRY, SIGNED_IN, Browser, Complaints
from tests.journeys.conftest import Paper
from tests.journeys.walker import Walker

SCRIPTS = pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without"])


def ask_for_mail(page: Any, paper: Paper, address: str) -> tuple[str, str]:
    """Fill in the form at the place where the reader is; the link's address and the digits of the mail."""
    mailbox = Walker(paper)
    before = len(mailbox.mails_to(address))
    page.get_by_label("E-mail address").fill(address)
    page.get_by_role("button", name="Send me the link").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Check your mail"
    text = mailbox.mail_to(address, before)["text"]
    return re.findall(r"http\S+/sign-in/link/\S+", text)[0], re.findall(r"^ *([0-9]{6})$", text, re.MULTILINE)[0]


def sign_in(page: Any, paper: Paper, address: str, to: str = "/account") -> None:
    """By the link, in this very browser."""
    page.goto(f"/sign-in?next={to}")
    link, _ = ask_for_mail(page, paper, address)
    page.goto(link)
    page.get_by_role("button", name="Sign me in").click()
    page.wait_for_url(f"**{to}")


def gates(page: Any) -> tuple[int, int]:
    """How many gates are closed on this page, and open."""
    return page.locator(".gate.closed, .gate:not(.open)").count(), page.locator(".gate.open").count()


@SCRIPTS
def test_a_reader_signs_in_by_the_link_and_a_gate_is_open(browser: Browser, paper: Paper, javascript: bool) -> None:
    with browser.reader(javascript=javascript) as page:
        page.goto(FERRY)
        closed, opened = gates(page)
        page.get_by_role("link", name="Sign in", exact=True).first.click()
        link, _ = ask_for_mail(page, paper, f"link-{javascript}@reader.example".lower())

        page.goto(link)
        page.get_by_role("button", name="Sign me in").click()
        page.wait_for_url(f"**{FERRY}")
        assert (opened, page.locator("html").get_attribute("data-tier")) == (0, "subscriber")
        assert gates(page)[1] > 0
        assert gates(page)[0] < closed


@SCRIPTS
def test_a_reader_signs_in_by_six_digits_after_a_mistake(browser: Browser, paper: Paper, javascript: bool) -> None:
    with browser.reader(javascript=javascript, expects=(403,)) as page:
        page.goto("/sign-in")
        _, code = ask_for_mail(page, paper, f"code-{javascript}@reader.example".lower())
        page.get_by_label("Code of six digits").fill(f"{(int(code) + 1) % 1_000_000:06}")
        page.get_by_role("button", name="Sign me in").click()
        assert "not the digits" in page.locator(".fault").inner_text()

        page.get_by_label("Code of six digits").fill(code)
        page.get_by_role("button", name="Sign me in").click()
        page.goto("/account")
        assert page.get_by_role("heading", level=1).inner_text() == "Your account"


@SCRIPTS
def test_a_used_link_says_so_and_offers_another(browser: Browser, paper: Paper, javascript: bool) -> None:
    with browser.reader(javascript=javascript, expects=(410,)) as page:
        page.goto("/sign-in")
        link, code = ask_for_mail(page, paper, f"used-{javascript}@reader.example".lower())
        page.get_by_label("Code of six digits").fill(code)
        page.get_by_role("button", name="Sign me in").click()
        page.goto(link)
        page.get_by_role("button", name="Sign me in").click()
        assert "used already" in page.locator("main").inner_text()
        page.locator("main").get_by_role("link", name="Sign in again").click()
        assert page.get_by_role("heading", level=1).inner_text() == "Sign in"


@SCRIPTS
def test_signing_out_here_and_everywhere_with_a_second_device(browser: Browser, paper: Paper, javascript: bool) -> None:
    address = f"two-{javascript}@reader.example".lower()
    with (
        browser.reader(javascript=javascript) as desk,
        browser.reader(width=390, javascript=javascript) as phone,
    ):
        sign_in(desk, paper, address)
        sign_in(phone, paper, address)
        assert phone.locator(".devices li").count() == 2

        phone.get_by_role("button", name="Sign out here").click()
        phone.goto(FERRY)
        assert phone.locator("html").get_attribute("data-tier") == "anonymous"
        desk.goto("/account")
        assert desk.locator(".devices li").count() == 1

        sign_in(phone, paper, address)
        phone.get_by_role("button", name="Sign out everywhere").click()
        desk.goto("/account")
        assert desk.get_by_role("heading", level=1).inner_text() == "Sign in"


@SCRIPTS
def test_newsletters_are_chosen_and_an_account_is_erased(browser: Browser, paper: Paper, javascript: bool) -> None:
    address = f"gone-{javascript}@reader.example".lower()
    with browser.reader(javascript=javascript) as page:
        sign_in(page, paper, address)
        page.locator("input[name=newsletters]").first.check()
        page.get_by_role("button", name="Save").click()
        assert page.locator("input[name=newsletters]").first.is_checked()

        page.get_by_role("link", name="Erase the account").click()
        page.get_by_role("button", name="Erase everything").click()
        assert page.get_by_role("heading", level=1).inner_text() == "Your account is erased"
        page.goto("/account")
        assert page.get_by_role("heading", level=1).inner_text() == "Sign in"


@SCRIPTS
def test_a_page_whose_readers_pass_ran_out_comes_open_all_the_same(
    browser: Browser, paper: Paper, javascript: bool
) -> None:
    with browser.reader(javascript=javascript) as page:
        sign_in(page, paper, f"late-{javascript}@reader.example".lower())
        page.context.clear_cookies(name="__Host-pass")
        page.goto(FERRY)
        assert page.locator("html").get_attribute("data-tier") == "subscriber"


def test_axe_finds_nothing_on_pages_of_one_readers_and_none_is_too_wide(
    browser: Browser, paper: Paper, axe: Complaints
) -> None:
    with browser.reader(expects=(422,)) as page:
        sign_in(page, paper, "axe@reader.example")
        for path in SIGNED_IN:
            page.goto(path)
            assert axe(page) == []
            page.set_viewport_size({"width": 320, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.goto("/sign-in")
        page.get_by_label("E-mail address").evaluate("(field) => { field.type = 'text'; field.value = 'nobody'; }")
        page.get_by_role("button", name="Send me the link").click()
        assert page.locator(".fault").is_visible()
        assert axe(page) == []

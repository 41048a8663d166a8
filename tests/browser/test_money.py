"""A reader gives, and another joins, in a browser: on our pages and on the till's. What came of it is looked at in the
account, the ledger, the campaign and the mails."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.orders import OrderState
from tests.browser.conftest import FERRY, Browser
from tests.browser.test_members import SCRIPTS, gates, sign_in
from tests.journeys.at_the_till import AtTheTill
from tests.journeys.conftest import Paper
from tests.journeys.test_money import CAMPAIGN, payment_of, subscription_of, till
from tests.journeys.walker import Walker

__all__ = ["till"]  # a fixture


def begun(page: Any, till: AtTheTill) -> str:
    """The id of the order whose page of the till's this is."""
    session = page.url.rpartition("/")[2]
    return next(order.id for order, _ in till.book() if order.session == session)


def mailed(paper: Paper, address: str, subject: str) -> str:
    """The text of the mail of that subject, which is waited for."""
    walker, seen = Walker(paper), 0
    while True:
        mails = walker.mails_to(address)
        found = [one for one in mails if one["subject"].startswith(subject)]
        if found:
            return str(found[0]["text"])
        seen = len(mails)
        walker.mail_to(address, seen)


def to_payment(page: Any, till: AtTheTill, button: str = "Continue to payment") -> str:
    """Press the button, and be on the till's page. Returns the order's id."""
    page.get_by_role("button", name=button).first.click()
    page.wait_for_url("**/_local/till/pay/**")
    return begun(page, till)


@SCRIPTS
def test_somebody_gives_once_with_a_name_and_is_named(
    browser: Browser, paper: Paper, till: AtTheTill, javascript: bool
) -> None:
    address = f"once-{javascript}@reader.example".lower()
    with browser.reader(width=390, javascript=javascript, expects=(422,)) as page:
        page.goto("/contribute")
        page.get_by_label("Another amount, in EUR").fill("1.50")
        page.get_by_role("button", name="Continue to payment").first.click()
        own = page.get_by_label("Another amount, in EUR")
        fault = page.locator(f"#{(own.get_attribute('aria-describedby') or '').split()[-1]}")
        assert (own.input_value(), own.get_attribute("aria-invalid")) == ("1.50", "true")
        assert "€2" in fault.inner_text()

        own.fill("7,50")
        page.get_by_text("Leave a name or a message").first.click()
        page.get_by_label("Your name").first.fill("Ada <b>Reader</b>")
        page.get_by_role("checkbox").first.check()
        order = to_payment(page, till)
        assert "7.50 EUR once" in page.locator("body").inner_text()
        page.get_by_label("E-mail").fill(address)
        page.get_by_role("button", name="Give").click()
        page.wait_for_url("**/thanks")
        assert page.get_by_role("heading", level=1).inner_text()

    till.until(lambda: till.order(order).state is OrderState.PAID)
    till.settle()
    assert till.sums() == {"EUR": 750}
    raised = till.raised(CAMPAIGN)
    assert (raised.amounts, [one.name for one in raised.named]) == ({"EUR": 750}, ["Ada <b>Reader</b>"])
    text = mailed(paper, address, "Thank you for giving")
    assert "€7.50" in text
    assert order in text


@SCRIPTS
def test_somebody_leaves_without_paying_is_declined_and_gives_every_month(
    browser: Browser, paper: Paper, till: AtTheTill, javascript: bool
) -> None:
    address = f"month-{javascript}@reader.example".lower()
    with browser.reader(javascript=javascript, expects=(402,)) as page:
        page.goto("/contribute")
        order = to_payment(page, till)
        page.get_by_role("link", name="Back, without paying").click()
        page.wait_for_url("**/contribute")
        assert (till.order(order).state, till.sums()) == (OrderState.OPEN, {})

        page.get_by_label("Every month").first.check()
        order = to_payment(page, till)
        page.get_by_label("E-mail").fill(address)
        page.get_by_role("button", name="Pay with a card that is declined").click()
        assert "declined" in page.locator("body").inner_text()
        page.get_by_role("button", name="Subscribe for").click()
        page.wait_for_url("**/thanks")

    till.until(lambda: till.order(order).state is OrderState.RUNNING)
    till.settle()
    assert till.sums() == {"EUR": 1000}
    assert "every month until you stop it" in " ".join(mailed(paper, address, "Thank you for giving").split())


@SCRIPTS
def test_somebody_joins_and_reads_fails_to_pay_stays_a_while_cancels_and_is_given_back_what_they_paid(
    browser: Browser, paper: Paper, till: AtTheTill, javascript: bool
) -> None:
    address = f"joins-{javascript}@reader.example".lower()
    with browser.reader(javascript=javascript, expects=(401,)) as page:
        # Whoever joins has to be somebody.
        page.goto("/join")
        page.get_by_role("button", name="Join for €8 a month").click()
        assert page.get_by_role("heading", level=1).inner_text() == "Sign in"
        sign_in(page, paper, address, "/join")
        order = to_payment(page, till, "Join for €8 a month")
        assert page.get_by_label("E-mail").input_value() == address
        page.get_by_role("button", name="Subscribe for").click()
        page.wait_for_url("**/thanks/member")
        till.until(lambda: till.order(order).state is OrderState.RUNNING)

        # What is paid for is open.
        page.get_by_role("link", name="Open it in this browser").click()
        page.goto(FERRY)
        assert page.locator("html").get_attribute("data-tier") == "member"
        assert gates(page)[0] == 0
        assert "€8" in mailed(paper, address, "Welcome to")

        # A renewal fails.
        there = subscription_of(till, order)
        till.press(there, do="fail")
        till.press(there, do="renew")
        till.until(lambda: till.order(order).state is OrderState.PAST_DUE)
        till.settle()
        page.goto("/account")
        assert "a payment has failed" in page.locator("main").inner_text()
        assert "could not be collected" in " ".join(mailed(paper, address, "A payment").split())
        page.goto("/api/members/refresh?next=/")
        assert page.locator("html").get_attribute("data-tier") == "member"

        # It works again, and is cancelled where one pays.
        till.press("/clock", days="3")
        till.until(lambda: till.order(order).state is OrderState.RUNNING)
        page.goto("/account")
        page.get_by_role("button", name="Manage payment").click()
        page.wait_for_url("**/_local/till/portal/**")
        page.get_by_role("button", name="Cancel").first.click()
        page.get_by_role("link", name="Back").click()
        till.until(lambda: till.order(order).cancels)
        till.settle()
        page.goto("/account")
        assert page.get_by_role("heading", level=1).inner_text() == "Your account"
        assert "not renewed" in " ".join(mailed(paper, address, "Your membership at").split())

        # Both payments are given back, and what was open is closed.
        for entry in next(entries for one, entries in till.book() if one.id == order):
            till.press(f"/payments/{entry.payment}", do="refund")
        till.until(lambda: till.order(order).state is OrderState.REFUNDED)
        till.settle()
        page.goto("/api/members/refresh?next=/")
        assert page.locator("html").get_attribute("data-tier") == "subscriber"
        assert mailed(paper, address, "€8 is on its way back")
        page.goto("/account")
        assert page.locator(".payments li").count() == 2
    assert till.sums() == {}


def test_money_that_is_given_back_is_out_of_the_campaign_s_bar(browser: Browser, paper: Paper, till: AtTheTill) -> None:
    with browser.reader() as page:
        page.goto(f"/contribute/{CAMPAIGN}")
        order = to_payment(page, till)
        page.get_by_label("E-mail").fill("bar@reader.example")
        page.get_by_role("button", name="Give").click()
        page.wait_for_url("**/thanks")
        till.until(lambda: till.order(order).state is OrderState.PAID)
        till.settle()
        assert till.raised(CAMPAIGN).amounts == {"EUR": 1000}
        till.press(payment_of(till, order), do="refund")
        till.until(lambda: till.order(order).state is OrderState.REFUNDED)
        till.settle()
        raised = till.raised(CAMPAIGN)
        assert (raised.amounts.get("EUR", 0), raised.supporters) == (0, 0)


@pytest.mark.parametrize("path", ["/contribute", f"/contribute/{CAMPAIGN}", "/join"])
def test_where_one_pays_is_said_before_one_goes_there(browser: Browser, path: str) -> None:
    with browser.reader() as page:
        page.goto(path)
        assert "card numbers never reach us" in page.locator("main").inner_text()

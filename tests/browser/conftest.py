"""Chromium before the front door of a running stack. Where there is none, these walks are skipped, and say so."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.domain.tiers import Tier
from tests.journeys.conftest import Paper, paper, secrets, walked

__all__ = ["paper", "secrets"]  # fixtures
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WHY = "no walk in a browser: install Chromium (Debian: `apt install chromium`), and run `make test` again"
TOKEN = "0123456789abcdef" * 4
FERRY = "/articles/the-night-ferry-question"
PAGES = [
    "/",
    FERRY,
    "/articles/where-the-river-will-be",
    "/articles/in-praise-of-the-slow-lift",
    "/sections/city",
    "/authors/wren",
    "/sign-in",
    "/sign-in/sent",
    f"/sign-in/link/{TOKEN}",
    f"/account/email/{TOKEN}",
    "/account/email/asked",
    "/account/email/changed",
    "/unsubscribed",
    "/erased",
    "/join",
    "/contribute",
    "/thanks",
    "/thanks/member",
    "/process",
    f"/unsubscribe/weekly/{TOKEN}",
]
SIGNED_IN = ["/account", "/account/email", "/account/erase"]  # pages of one reader's
MISSING = ["/nowhere", "/articles/nobody-wrote-it"]


def pytest_runtest_setup() -> None:
    """Skipped at one place, so that it is told once for all walks."""
    if CHROMIUM is None or importlib.util.find_spec("playwright") is None:
        pytest.skip(WHY)


class Browser:
    """A browser, and readers who sit before it."""

    def __init__(self, chromium: Any, url: str, mint: Callable[[Tier], str]) -> None:
        self._chromium = chromium
        self._mint = mint
        self.url = url

    @contextlib.contextmanager
    def reader(
        self,
        tier: Tier = Tier.ANONYMOUS,
        *,
        width: int = 1280,
        scheme: str = "light",
        javascript: bool = True,
        expects: tuple[int, ...] = (),
    ) -> Iterator[Any]:
        """A page before somebody of that tier, with a pass in a cookie as signing in would leave it.

        At the end nothing may have been complained of: no error in the console, no request that failed but with a
        status that is expected.
        """
        context = self._chromium.new_context(
            base_url=self.url,
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=javascript,
        )
        self.let_in(context, tier)
        complaints: list[str] = []
        page = context.new_page()
        page.on("console", lambda message: complaints.extend(_complaint(message)))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(f"{request.url}: {request.failure}"))
        try:
            yield page
        finally:
            context.close()
        known = [f"status of {status} " for status in expects]
        known.append("net::ERR_ABORTED")  # by going on to the next page
        assert [one for one in complaints if not any(words in one for words in known)] == []

    def let_in(self, context: Any, tier: Tier) -> None:
        """Give the reader a pass of that tier; anonymous ones get none."""
        if tier is Tier.ANONYMOUS:
            return
        host = self.url.removeprefix("http://").partition(":")[0]
        cookie = {"name": "__Host-pass", "value": self._mint(tier), "domain": host, "path": "/"}
        context.add_cookies([{**cookie, "secure": True, "httpOnly": True, "sameSite": "Lax"}])


def _complaint(message: Any) -> list[str]:
    return [f"{message.text} {message.location}"] if message.type in ("error", "warning") else []


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """This machine's browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        # No sandbox: CI is root in a container, and what is shown is ours.
        launched = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    """A stack that the journeys have not walked through."""
    with walked(tmp_path_factory.mktemp("browsed") / "stack.json") as walk:
        yield walk


# No longer than these tests: while Playwright drives it, an event loop counts as running, and tests that want one of
# their own find that they may not.
@pytest.fixture(scope="package")
def browser(running: Paper) -> Iterator[Browser]:
    with chromium() as launched:
        yield Browser(launched, running.info["site_url"], running.mint)


Complaints = Callable[[Any], list[str]]


@pytest.fixture(scope="session")
def axe() -> Complaints:
    """What axe-core finds wrong with a page, by WCAG 2.2 A and AA and its own good practice, on a phone and on a desk,
    in light and dark."""
    from axe_playwright_python.base import AXE_SCRIPT

    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    # In the dark only colours differ.
    looks_at = {
        "light": {"type": "tag", "values": rules},
        "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    }

    def complaints(page: Any) -> list[str]:
        found = []
        page.evaluate(AXE_SCRIPT)
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            for scheme, run_only in looks_at.items():
                # No colour is looked at on its way to another.
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                options = {"runOnly": run_only, "resultTypes": ["violations"]}
                for one in page.evaluate("(options) => axe.run(options)", options)["violations"]:
                    for node in one["nodes"]:
                        found.append(f"{one['id']} {width} {scheme}: {node['target']} {node['failureSummary']}")
        return found

    return complaints

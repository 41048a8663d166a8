"""Pictures of the reader's pages: `python -m tests.browser.shots <folder>`.

Each page in full, as each tier, in light and dark, on a phone and on a desk; with `--readme` those of the README.
A stack is started for it; with `--url` it is the one that `make run` keeps up there.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import io
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from PIL import Image

from infra.ops.stack import Stack
from shared.domain.refusals import NoStack
from shared.domain.tiers import Tier
from tests.browser.conftest import CHROMIUM, FERRY, MISSING, PAGES, TOKEN, WHY, Browser, chromium
from tests.journeys.conftest import walked


class Shot(NamedTuple):
    """One screen: `at` is what is to be seen a good way down it, where that is not the beginning of the page."""

    path: str
    tier: Tier
    scheme: str
    size: tuple[int, int]
    at: str = "html"


GATE: Final = "#gate-the-crossing-in-sound"
README: Final = {
    "front": Shot("/", Tier.ANONYMOUS, "light", (1280, 900)),
    "closed-gate": Shot(FERRY, Tier.ANONYMOUS, "light", (1280, 800), GATE),
    "open-gate-dark": Shot(FERRY, Tier.MEMBER, "dark", (1280, 800), GATE),
    "contribute-phone": Shot("/contribute", Tier.ANONYMOUS, "light", (390, 844)),
}
# A picture that has not come near the screen has not been fetched.
_WITH_PICTURES: Final = """
() => Promise.all([...document.images].map((one) => { one.loading = 'eager'; return one.decode(); }))
"""
_SCROLL: Final = "(at) => scrollTo(0, document.querySelector(at).getBoundingClientRect().top - 495)"


def shoot_readme(browser: Browser, folder: Path) -> None:
    """The README's pictures, in few colours, so that the repository stays small."""
    for name, shot in README.items():
        width, height = shot.size
        with _opened(browser, shot.path, shot.tier) as page:
            page.emulate_media(color_scheme=shot.scheme)
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate(_SCROLL, shot.at)
            Image.open(io.BytesIO(page.screenshot())).quantize(64).save(folder / f"{name}.png", optimize=True)


def shoot(browser: Browser, folder: Path, paths: Sequence[str]) -> None:
    """Each of these pages in every way: `<page>-<tier>-<scheme>-<width>.png`."""
    for path in paths:
        name = path.replace(TOKEN, "").strip("/").replace("/", "-") or "front"
        for tier in Tier:
            with _opened(browser, path, tier) as page:
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme)
                    for width in (390, 1280):
                        page.set_viewport_size({"width": width, "height": 900})
                        to = folder / f"{name}-{tier.value}-{scheme}-{width}.png"
                        page.screenshot(path=to, full_page=True)


@contextlib.contextmanager
def _opened(browser: Browser, path: str, tier: Tier) -> Iterator[Any]:
    with browser.reader(tier, expects=(404, 410, 503)) as page:
        is_there = page.goto(path).status == 200
        shown = page.locator("html").get_attribute("data-tier")
        if is_there and shown != tier.value:
            raise SystemExit(
                f"{browser.url} shows {path} for {shown}, not for {tier.value}: is it what `make run` runs?"
            )
        page.emulate_media(reduced_motion="reduce")
        page.evaluate(_WITH_PICTURES)
        yield page


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.browser.shots", description="Pictures of the reader's pages."
    )
    parser.add_argument("folder", type=Path, help="where they are put")
    parser.add_argument("--readme", action="store_true", help="the README's, instead of all")
    parser.add_argument("--url", help="of a running stack; otherwise one is started")
    parser.add_argument("--paths", nargs="+", default=[*PAGES, *MISSING], help="of these pages only")
    given = parser.parse_args()
    if CHROMIUM is None:
        raise SystemExit(WHY)
    given.folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        if given.url:
            try:
                passes = Stack.local().passes()
            except NoStack as refusal:
                raise SystemExit(str(refusal)) from None
            url, mint = given.url, lambda tier: passes.mint(tier, time.time(), 300)
        else:
            walk = stack.enter_context(walked(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "stack.json"))
            url, mint = walk.info["site_url"], walk.mint
        browser = Browser(stack.enter_context(chromium()), url, mint)
        act = shoot_readme if given.readme else functools.partial(shoot, paths=given.paths)
        act(browser, given.folder)


if __name__ == "__main__":
    main()

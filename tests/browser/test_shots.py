"""The README's pictures can be made again, and are those that it shows."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

from tests.browser.conftest import Browser
from tests.browser.shots import shoot_readme
from tests.journeys.conftest import ROOT


def test_the_readme_s_pictures_can_be_made_again(browser: Browser, tmp_path: Path) -> None:
    shoot_readme(browser, tmp_path)
    made = {path.name: Image.open(path).size for path in tmp_path.iterdir()}
    kept = {path.name: Image.open(path).size for path in (ROOT / "docs" / "pictures").iterdir()}
    shown = re.findall(r"docs/pictures/([a-z-]+\.png)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert made == kept
    assert set(made) == set(shown)

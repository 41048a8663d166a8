"""A house of in-memory doors, and somebody who has signed in there."""

from __future__ import annotations

import pytest

from tests.functions.visitor import House, Visitor


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def ada(house: House) -> Visitor:
    """Signed in a moment ago, and gets one newsletter."""
    browser = Visitor(house)
    browser.sign_in(newsletter="weekly")
    return browser

"""The page for what cannot be shown. It holds the paper's own words and nothing of any article (R22)."""

from __future__ import annotations

from typing import Final

from functions.pages.page import opened, page
from functions.pages.route import Asked, Doors
from shared.domain.refusals import ContentUnavailable, Refusal
from shared.reading import Sight

_WORDS: Final = {404: "not_found", 410: "withdrawn", 503: "unavailable"}


def refused_page(refusal: Refusal, status: int, path: str, doors: Doors, sight: Sight) -> bytes:
    """The page of a refusal, as HTML."""
    try:
        site, _ = opened(Asked(path, doors, 0, sight))
    except ContentUnavailable:
        site = doors.frames.at_hand(sight.tier)
    name = _WORDS.get(status, "refused")
    title = getattr(site.words, f"{name}_title")
    text = getattr(site.words, name, refusal.detail)
    return page("refused.html", site, "/", status=status, title=title, text=text).body

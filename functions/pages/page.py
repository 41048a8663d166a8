"""A page of the paper, as what one of this function's routes makes."""

from __future__ import annotations

from typing import Any

from functions.pages.route import Asked, Made
from shared.site.html import HTML
from shared.site.site import Site


def opened(asked: Asked) -> tuple[Site, str]:
    """The site for whoever asks, and the edition that it is of: what is read under it later belongs to it."""
    return asked.doors.frames.opened(asked.sight.tier, asked.doors.lists, asked.doors.papers)


def page(template: str, site: Site, path: str, *, tags: tuple[str, ...] = (), **values: Any) -> Made:
    """The page of that template. `path` is its canonical one. It has no time of its last change: that of a list would
    say nothing of the paper, nor of the tier."""
    return Made(HTML, site.page(template, path, **values), tags=tags)

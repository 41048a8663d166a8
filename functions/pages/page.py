"""A page of the paper, made of a template."""

from __future__ import annotations

from typing import Any, Final

from functions.pages.html import render
from functions.pages.route import Asked, Made
from functions.pages.site import Site
from shared.domain.tiers import Tier

HTML: Final = "text/html; charset=utf-8"


def opened(asked: Asked) -> tuple[Site, str]:
    """The site for whoever asks, and the edition that it is of: what is read under it later belongs to it."""
    edition = asked.doors.lists.edition()
    asked.doors.frames.turn_to(edition)
    return asked.doors.frames.site(asked.sight.tier, asked.doors.lists, asked.doors.papers), edition


def page(template: str, site: Site, path: str, *, tags: tuple[str, ...] = (), **values: Any) -> Made:
    """The page of that template. `path` is its canonical one. It has no time of its last change: that of a list would
    say nothing of the paper, nor of the tier."""
    url = f"{site.paper.url}{path}"
    body = render(template, site=site, paper=site.paper, words=site.words, path=path, url=url, Tier=Tier, **values)
    return Made(HTML, body, tags=tags)

"""Putting the pictures and sounds that articles name where the CDN finds them, or where they wait for their time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Literal

from infra.ops.files import Problem, line_naming, media_of
from infra.ops.media import Media, UnusableMedia
from shared.domain.articles import Article
from shared.ports.publishing import MediaShelf, Purge

Report = Callable[[str, Literal["new", "changed", "waiting"]], None]
"""Hears of each file once it is there."""


def upload_media(
    articles: Iterable[tuple[Path, Article]], shelf: MediaShelf, purge: Purge, reference: str, report: Report
) -> list[Problem]:
    """Put the files that the articles name where the CDN finds them, those at hand that do not lie there already.

    What it returns keeps the articles from being published: each file that is neither at hand nor there (nothing is
    uploaded then), or that was changed since it was checked. Cut off at any moment, it is completed by running it
    again.
    """
    return upload_files(*media_of(articles), shelf, purge, reference, report)


def upload_files(
    named: Mapping[str, tuple[Path, Media | None]],
    problems: list[Problem],
    shelf: MediaShelf,
    purge: Purge,
    reference: str,
    report: Report,
) -> list[Problem]:
    """The same for files that are named elsewhere than in articles; `problems` are those that there are already."""
    there = {src: shelf.holds(src) for src in named}
    problems += _missing(named, lambda src: there[src] is not None)
    for src, (path, media) in named.items() if not problems else ():
        if media is None or there[src] == media.digest:
            continue
        try:
            content = media.read()
        except UnusableMedia as unusable:
            return [Problem(path, f"{src} {unusable}", line_naming(path, src))]
        if there[src] is not None:
            # Without its digest until the CDN has forgotten the old one: a run that is cut off before does it again.
            shelf.put(src, content, media.content_type, "")
            purge.paths((src,), reference)
        shelf.put(src, content, media.content_type, media.digest)
        report(src, "new" if there[src] is None else "changed")
    return problems


def hold_back_media(
    articles: Iterable[tuple[Path, Article]], shelf: MediaShelf, waiting: MediaShelf, report: Report
) -> list[Problem]:
    """Put the files at hand where they wait for their articles' time, but for those that readers have already.

    Publishing brings them out then. What it returns is as with `upload_media`.
    """
    named, problems = media_of(articles)
    there = {src: (shelf.holds(src), waiting.holds(src)) for src in named}
    problems += _missing(named, lambda src: there[src] != (None, None))
    for src, (path, media) in named.items() if not problems else ():
        if media is None or media.digest in there[src]:
            continue
        try:
            waiting.put(src, media.read(), media.content_type, media.digest)
        except UnusableMedia as unusable:
            return [Problem(path, f"{src} {unusable}", line_naming(path, src))]
        report(src, "waiting")
    return problems


def _missing(named: Mapping[str, tuple[Path, Media | None]], is_there: Callable[[str], bool]) -> list[Problem]:
    return [
        Problem(
            path,
            f"{src} is neither at hand nor in the media bucket; put the file at {src[1:]} beside this one",
            line_naming(path, src),
        )
        for src, (path, media) in named.items()
        if media is None and not is_there(src)
    ]

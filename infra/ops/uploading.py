"""Putting the pictures and sounds that articles name where the CDN finds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from infra.ops.files import Problem, line_naming, media_of
from infra.ops.media import UnusableMedia
from shared.domain.articles import Article
from shared.ports import MediaShelf, Purge


def upload_media(
    articles: Iterable[tuple[Path, Article]],
    shelf: MediaShelf,
    purge: Purge,
    reference: str,
    report: Callable[[str, Literal["new", "changed"]], None],
) -> list[Problem]:
    """Put the files that the articles name where the CDN finds them, those at hand that do not lie there already;
    `report` hears of each once it is there.

    What it returns keeps the articles from being published: each file that is neither at hand nor there (nothing is
    uploaded then), or that was changed since it was checked. Cut off at any moment, it is completed by running it
    again.
    """
    named, problems = media_of(articles)
    there = {src: shelf.holds(src) for src in named}
    for src, (path, media) in named.items():
        if media is None and there[src] is None:
            words = f"{src} is neither at hand nor in the media bucket; put the file at {src[1:]} beside this one"
            problems.append(Problem(path, words, line_naming(path, src)))
    if problems:
        return problems
    for src, (path, media) in named.items():
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
    return []

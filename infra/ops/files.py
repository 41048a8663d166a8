"""Articles' files, Markdown or JSON: read and checked, every problem with its place."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from infra.ops.markdown import read_markdown
from infra.ops.media import Media, UnusableMedia, fill_in, find_copy, find_media
from shared.domain.articles import Article, copies_of, files_of
from shared.domain.refusals import InvalidArticle
from shared.domain.validation import parse_article

Wanted: TypeAlias = tuple[Path, str, tuple[str, int] | None]
"""Who names a file, and which; of a copy, the picture and the width as well."""

_SKEW = dt.timedelta(minutes=5)


@dataclass(frozen=True)
class Problem:
    """What is wrong with a file, as an editor is told; Markdown's are told with their line."""

    path: Path
    words: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.words}" if self.line is None else f"{self.path}:{self.line}: {self.words}"


def check_files(
    paths: Iterable[Path], now: dt.datetime, step: Callable[[], None] = lambda: None
) -> tuple[list[tuple[Path, Article]], list[Problem]]:
    """The articles in these files, and every problem in them. A file that is named twice is read once. `step` is called
    after each.

    A file whose name ends in `.md` is Markdown (docs/writing.md), any other JSON.
    """
    articles: list[tuple[Path, Article]] = []
    problems: list[Problem] = []
    seen: dict[str, Path] = {}
    for path in dict.fromkeys(paths):
        step()
        try:
            raw = path.read_bytes()
        except OSError as error:
            problems.append(Problem(path, f"cannot be read: {error.strerror or error}"))
            continue
        article, faults, line_of = _read_file(path, raw)
        problems += faults
        if article is None:
            continue
        if article.slug in seen:
            problems.append(Problem(path, f"slug: {seen[article.slug]} has “{article.slug}” too", line_of("slug")))
        seen[article.slug] = path
        articles.append((path, article))
    return articles, problems + media_of(articles)[1]


def _read_file(path: Path, raw: bytes) -> tuple[Article | None, list[Problem], Callable[[str], int | None]]:
    if path.suffix.lower() == ".md":
        read = read_markdown(raw, partial(find_media, path))
        return read.article, [Problem(path, fault.words, fault.line) for fault in read.faults], read.line_of
    try:
        article = parse_article(raw)
    except InvalidArticle as invalid:
        return None, [Problem(path, words) for words in invalid.problems], lambda _: None
    if not files_of(article):
        return article, [], lambda _: None
    document = msgspec.json.decode(raw)
    wrong = fill_in(document, partial(find_media, path))
    problems = [Problem(path, f"{place}: {words}") for place, words in wrong]
    return None if problems else msgspec.convert(document, Article), problems, lambda _: None


def check_moments(articles: Iterable[tuple[Path, Article]], now: dt.datetime, *, is_ahead: bool) -> list[Problem]:
    """Whose time has not come and should have, or the other way round with `is_ahead`. Clocks may differ a little."""
    problems = []
    for path, article in articles:
        moment = f"published_at: {article.published_at.isoformat()}"
        if is_ahead and article.published_at <= now:
            words = f"{moment} is past: use `frontline publish`"
            problems.append(Problem(path, words, _line_of_moment(path)))
        if not is_ahead and article.published_at > now + _SKEW:
            words = f"{moment} is yet to come: use `frontline schedule`"
            problems.append(Problem(path, words, _line_of_moment(path)))
    return problems


def at_moment(
    articles: Iterable[tuple[Path, Article]], moment: dt.datetime
) -> tuple[list[tuple[Path, Article]], list[Problem]]:
    """The articles with another time of publication."""
    changed, problems = [], []
    for path, article in articles:
        try:
            changed.append((path, replace(article, published_at=moment)))
        except ValueError:  # the type's own rule
            problems.append(Problem(path, "updated_at: lies before the time it is scheduled for: take it out"))
    return changed, problems


def media_of(articles: Iterable[tuple[Path, Article]]) -> tuple[dict[str, tuple[Path, Media | None]], list[Problem]]:
    """Each file that the articles name, with one that names it, and what lies at hand of it.

    Two that are not the same, beside articles in two folders, are a problem: only one can be published under a name.
    """
    return at_hand(_wanted(articles))


def at_hand(wanted: Iterable[Wanted]) -> tuple[dict[str, tuple[Path, Media | None]], list[Problem]]:
    """The same for files that are named elsewhere than in articles."""
    named: dict[str, tuple[Path, Media | None]] = {}
    problems: list[Problem] = []
    for path, src, copied in wanted:
        try:
            media = find_copy(path, *copied) if copied else find_media(path, src)
        except UnusableMedia as unusable:
            problems.append(Problem(path, f"{src} {unusable}", line_naming(path, src)))
            continue
        first, known = named.setdefault(src, (path, media))
        if known is None:
            named[src] = (path, media) if media else (first, None)
        elif media is not None and media.digest != known.digest:
            words = f"{src} is another picture or sound beside {first}; give one of the two another name"
            problems.append(Problem(path, words, line_naming(path, src)))
    return named, problems


def _wanted(articles: Iterable[tuple[Path, Article]]) -> Iterator[Wanted]:
    for path, article in articles:
        copies = copies_of(article)
        yield from ((path, src, copies.get(src)) for src in files_of(article))


def line_naming(path: Path, src: str) -> int | None:
    """The line of the file that names this picture or sound; that of the picture, for a copy."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    said = (src, re.sub(r"-[0-9]+w\.", ".", src))
    return next((number for one in said for number, line in enumerate(lines, 1) if one in line), None)


def _line_of_moment(path: Path) -> int | None:
    return _read_file(path, path.read_bytes())[2]("published_at") if path.suffix.lower() == ".md" else None

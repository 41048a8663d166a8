"""Publishing from files, Markdown or JSON: check everything, then write and purge one article after the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from functions.articles.read import cache_tags
from infra.ops.markdown import read_markdown
from infra.ops.media import Media, UnusableMedia, fill_in, find_media, media_paths
from shared.domain.articles import Article
from shared.domain.refusals import InvalidArticle, SlugTaken
from shared.domain.validation import parse_article
from shared.ports import ArticleShelf, MediaShelf, Purge

PURGE_EVERY = 25  # articles; one invalidation takes many tags, and a crash leaves at most so many unpurged
_SKEW = dt.timedelta(minutes=5)


@dataclass(frozen=True)
class Published:
    """What became of one file."""

    path: Path
    slug: str
    what: Literal["new", "changed", "unchanged"]


@dataclass(frozen=True)
class Problem:
    """What is wrong with a file, as an editor is told; Markdown's are told with their line."""

    path: Path
    words: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.words}" if self.line is None else f"{self.path}:{self.line}: {self.words}"


def check_files(paths: Iterable[Path], now: dt.datetime) -> tuple[list[tuple[Path, Article]], list[Problem]]:
    """The articles in these files, and every problem in them. A file that is named twice is read once.

    A file whose name ends in `.md` is Markdown (docs/writing.md), any other JSON.
    """
    articles: list[tuple[Path, Article]] = []
    problems: list[Problem] = []
    seen: dict[str, Path] = {}
    for path in dict.fromkeys(paths):
        try:
            raw = path.read_bytes()
        except OSError as error:
            problems.append(Problem(path, f"cannot be read: {error.strerror or error}"))
            continue
        article, faults, line_of = _read_file(path, raw)
        problems += faults
        if article is None:
            continue
        if article.published_at > now + _SKEW:
            words = f"published_at: {article.published_at.isoformat()} is yet to come"
            problems.append(Problem(path, words, line_of("published_at")))
        if article.slug in seen:
            problems.append(Problem(path, f"slug: {seen[article.slug]} has “{article.slug}” too", line_of("slug")))
        seen[article.slug] = path
        articles.append((path, article))
    return articles, problems + _media_of(articles)[1]


def _read_file(path: Path, raw: bytes) -> tuple[Article | None, list[Problem], Callable[[str], int | None]]:
    if path.suffix.lower() == ".md":
        read = read_markdown(raw, partial(find_media, path))
        return read.article, [Problem(path, fault.words, fault.line) for fault in read.faults], read.line_of
    try:
        article = parse_article(raw)
    except InvalidArticle as invalid:
        return None, [Problem(path, words) for words in invalid.problems], lambda _: None
    wrong = fill_in(msgspec.to_builtins(article), partial(find_media, path))
    problems = [Problem(path, f"{place}: {words}") for place, words in wrong]
    return None if problems else article, problems, lambda _: None


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
    named, problems = _media_of(articles)
    there = {src: shelf.holds(src) for src in named}
    for src, (path, media) in named.items():
        if media is None and there[src] is None:
            words = f"{src} is neither at hand nor in the media bucket; put the file at {src[1:]} beside this one"
            problems.append(Problem(path, words, _line_naming(path, src)))
    if problems:
        return problems
    for src, (path, media) in named.items():
        if media is None or there[src] == media.digest:
            continue
        try:
            content = media.read()
        except UnusableMedia as unusable:
            return [Problem(path, f"{src} {unusable}", _line_naming(path, src))]
        if there[src] is not None:
            # Without its digest until the CDN has forgotten the old one: a run that is cut off before does it again.
            shelf.put(src, content, media.content_type, "")
            purge.paths((src,), reference)
        shelf.put(src, content, media.content_type, media.digest)
        report(src, "new" if there[src] is None else "changed")
    return []


def _media_of(articles: Iterable[tuple[Path, Article]]) -> tuple[dict[str, tuple[Path, Media | None]], list[Problem]]:
    """Each file that the articles name, with one that names it, and what lies at hand of it.

    Two that are not the same, beside articles in two folders, are a problem: only one can be published under a name.
    """
    named: dict[str, tuple[Path, Media | None]] = {}
    problems: list[Problem] = []
    for path, src in [(path, src) for path, article in articles for src in media_paths(article)]:
        try:
            media = find_media(path, src)
        except UnusableMedia as unusable:
            problems.append(Problem(path, f"{src} {unusable}", _line_naming(path, src)))
            continue
        first, known = named.setdefault(src, (path, media))
        if known is None:
            named[src] = (path, media) if media else (first, None)
        elif media is not None and media.digest != known.digest:
            words = f"{src} is another picture or sound beside {first}; give one of the two another name"
            problems.append(Problem(path, words, _line_naming(path, src)))
    return named, problems


def _line_naming(path: Path, src: str) -> int | None:
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return next((number for number, line in enumerate(lines, 1) if src in line), None)


def publish(
    articles: Iterable[tuple[Path, Article]],
    shelf: ArticleShelf,
    purge: Purge,
    reference: str,
    report: Callable[[Published], None],
) -> None:
    """Write each article and make the CDN forget what it had of it; `report` hears of each once it is written.

    Publishing the same file again changes nothing but purges again, so that a run that was cut off is completed by
    running
    it again. What was written is purged also when this ends by an error or by Ctrl-C. Raises ArticleChanged, SlugTaken.
    """
    unpurged: set[str] = set()
    count = 0
    try:
        for path, article in articles:
            what = _write(article, shelf)
            unpurged.update(cache_tags(article)[:2])
            count += 1
            if count % PURGE_EVERY == 0:
                purge.tags(tuple(unpurged), f"{reference}-{count}")
                unpurged.clear()
            report(Published(path, article.slug, what))
    finally:
        if unpurged:
            purge.tags(tuple(unpurged), f"{reference}-{count}")


def _write(article: Article, shelf: ArticleShelf) -> Literal["new", "changed", "unchanged"]:
    found = shelf.read_version(article.slug)
    if found is None:
        shelf.write(article, None)
        return "new"
    there, version = found
    if isinstance(there, Article) and there.id != article.id:
        raise SlugTaken(f"“{article.slug}” is the article {there.id}; this file is {article.id}: choose another slug.")
    if there == article:
        return "unchanged"
    shelf.write(article, version)
    return "changed"

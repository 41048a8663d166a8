"""Publishing from files, Markdown or JSON: check everything, then write and purge one article after the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from functions.articles.read import cache_tags
from infra.ops.markdown import read_markdown
from shared.domain.articles import Article
from shared.domain.refusals import InvalidArticle, SlugTaken
from shared.domain.validation import parse_article
from shared.ports import ArticleShelf, Purge

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
    return articles, problems


def _read_file(path: Path, raw: bytes) -> tuple[Article | None, list[Problem], Callable[[str], int | None]]:
    if path.suffix.lower() == ".md":
        read = read_markdown(raw)
        return read.article, [Problem(path, fault.words, fault.line) for fault in read.faults], read.line_of
    try:
        return parse_article(raw), [], lambda _: None
    except InvalidArticle as invalid:
        return None, [Problem(path, words) for words in invalid.problems], lambda _: None


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

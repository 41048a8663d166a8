"""Publishing: compare articles with what is there, then write.

An article is published by one conditional write; what is made of it (lists, the CDN's copies, announcements) follows
by itself. `settling` waits for that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Final, TypeVar

from infra.ops.settling import placed_version
from shared.domain.articles import Article, Renamed, Stored, Unpublished
from shared.domain.refusals import ArticleChanged, InvalidArticle, Refusal, SlugTaken, UnknownArticle
from shared.ports.publishing import ArticleShelf, Documents

AT_ONCE: Final = 8  # requests under way; boto3 keeps ten connections
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

Found = tuple[Stored | None, str] | None
"""What `ArticleShelf.read_version` says of a slug."""


@dataclass(frozen=True)
class Change:
    """What is to be done at one slug. `document` is None where it is to be deleted; `expected`: the version that was
    found there; `what` says it in a word, `unchanged` where the very document is there already."""

    slug: str
    document: Stored | None
    expected: str | None
    what: str


@dataclass(frozen=True)
class Written:
    """What became of a change: `version` is the tag of what lies there now, empty where nothing does."""

    slug: str
    document: Stored | None
    version: str
    what: str


def compare(
    articles: Iterable[Article],
    shelf: ArticleShelf,
    remembered: Mapping[str, str] | None,
    now: dt.datetime,
    step: Callable[[], None] = lambda: None,
) -> tuple[list[Change], list[Refusal]]:
    """What publishing these articles changes, and every no.

    `remembered`: the version of each slug that whoever publishes has seen last; None: they publish over what anybody
    else has done. `step` is called after each.
    """

    def one(article: Article) -> Change:
        return _change(article, shelf.read_version(article.slug), remembered, now)

    return decided(articles, one, step)


def publish(articles: Iterable[Article], shelf: ArticleShelf, documents: Documents) -> dict[str, str]:
    """Write the articles over whatever is there, all or none of them unless somebody else writes too; returns their
    versions by slug. Raises the first no."""
    changes, refusals = compare(articles, shelf, None, dt.datetime.now(dt.UTC))
    if refusals:
        raise refusals[0]
    versions: dict[str, str] = {}
    write(changes, shelf, documents, lambda one: versions.update({one.slug: one.version}))
    return versions


def decided(
    items: Iterable[_Item], decide: Callable[[_Item], _Result], step: Callable[[], None] = lambda: None
) -> tuple[list[_Result], list[Refusal]]:
    """Decide of each, several at once: the decisions in order, and the articles' noes."""
    made: list[_Result] = []
    refusals: list[Refusal] = []

    def one(item: _Item) -> _Result | Refusal:
        try:
            return decide(item)
        except (ArticleChanged, InvalidArticle, SlugTaken, UnknownArticle) as refusal:
            return refusal

    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            for found in pool.map(one, items):
                step()
                if isinstance(found, Refusal):
                    refusals.append(found)
                else:
                    made.append(found)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return made, refusals


def write(
    changes: Iterable[Change], shelf: ArticleShelf, documents: Documents, report: Callable[[Written], None]
) -> None:
    """Make these changes, several at once; `report` hears of each once it is made, in this thread.

    Ended by an error or by Ctrl-C, what is under way is brought to its end and reported, and nothing else is begun.
    What is unchanged and has not been followed up (an event was lost) is written once more, which makes a new event.
    Raises ArticleChanged where somebody was faster.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting: set[Future[Written]] = set()
        finished: SimpleQueue[Future[Written]] = SimpleQueue()  # `as_completed` does not bear a second Ctrl-C
        try:
            for change in changes:
                future = pool.submit(_write, change, shelf, documents)
                waiting.add(future)
                future.add_done_callback(finished.put)
            while waiting:
                future = finished.get()
                report(future.result())
                waiting.discard(future)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            for done in _successes(waiting):
                report(done)
            raise


def describe(document: Stored | None) -> str:
    """What lies at a slug, in a few words."""
    if isinstance(document, Article):
        moment = document.updated_at or document.published_at
        word = "updated" if document.updated_at else "published"
        return f"title “{document.title}”, {word} {moment.isoformat(' ', 'minutes')}"
    if isinstance(document, Unpublished):
        return f"withdrawn {document.at.isoformat(' ', 'minutes')}"
    if isinstance(document, Renamed):
        return f"renamed to “{document.to}”"
    return "not an article"


def _change(article: Article, found: Found, remembered: Mapping[str, str] | None, now: dt.datetime) -> Change:
    slug = article.slug
    there, version = found or (None, None)
    if version is not None and there == article:
        return Change(slug, article, version, "unchanged")
    if isinstance(there, Article) and there.id != article.id:
        raise SlugTaken(f"“{slug}” is the article {there.id}; this file is {article.id}: choose another slug.")
    if isinstance(there, Article) and there.published_at <= now < article.published_at:
        raise InvalidArticle(
            (f"“{slug}” is out already, and would be gone until then: `frontline unpublish {slug}` first.",)
        )
    if remembered is not None:
        if isinstance(there, Renamed):
            raise SlugTaken(
                f"“{slug}” leads readers on to “{there.to}”: write `slug: {there.to}` in the file, or give “{slug}” to "
                "another article with --over."
            )
        if slug in remembered and remembered[slug] != version:
            now_there = "deleted" if version is None else describe(there)
            raise ArticleChanged(
                f"“{slug}” has been changed since you last published or fetched it (now: {now_there}). See `frontline "
                f"history {slug}`; take the present text with `frontline fetch {slug} --to theirs`, or publish over it "
                "with --over."
            )
    return Change(slug, article, version, "new" if version is None else "changed")


def _write(change: Change, shelf: ArticleShelf, documents: Documents) -> Written:
    what = change.what
    if change.document is None:
        assert change.expected is not None
        shelf.delete(change.slug, change.expected)
        version = ""
    elif change.what != "unchanged" or change.expected is None:
        version = shelf.write(change.document, change.expected)
    elif placed_version(documents, change.slug) == change.expected:
        version = change.expected
    else:
        version, what = shelf.write(change.document, change.expected), "resumed"
    return Written(change.slug, change.document, version, what)


def _successes(futures: Iterable[Future[_Result]]) -> Iterator[_Result]:
    for future in futures:
        with suppress(CancelledError):
            if future.exception() is None:
                yield future.result()

"""Publishing from files: all or nothing at the check, one after the other at the writing, and always purged."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from infra.ops import publishing
from shared.domain.articles import Article, Unpublished
from shared.domain.refusals import SlugTaken
from tests.samples import NIGHT_FERRY, raw_article
from tests.twins import MemoryArticles, MemoryPurge

NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
HERE = Path("night-ferry.json")


def put(*articles: Article, shelf: MemoryArticles, purge: MemoryPurge) -> list[str]:
    reported: list[publishing.Published] = []
    publishing.publish([(HERE, article) for article in articles], shelf, purge, "test", reported.append)
    return [one.what for one in reported]


def files(folder: Path, **documents: Any) -> list[Path]:
    for name, document in documents.items():
        (folder / f"{name}.json").write_text(document if isinstance(document, str) else json.dumps(document))
    return [folder / f"{name}.json" for name in documents]


def test_an_article_is_new_then_unchanged_then_changed() -> None:
    shelf, purge = MemoryArticles(), MemoryPurge()

    assert put(NIGHT_FERRY, shelf=shelf, purge=purge) == ["new"]
    assert put(NIGHT_FERRY, shelf=shelf, purge=purge) == ["unchanged"]
    assert put(replace(NIGHT_FERRY, title="Other"), shelf=shelf, purge=purge) == ["changed"]
    assert shelf.read("night-ferry") == replace(NIGHT_FERRY, title="Other")


def test_what_the_cdn_had_of_an_article_is_forgotten_also_when_nothing_changed() -> None:
    shelf, purge = MemoryArticles(NIGHT_FERRY), MemoryPurge()

    put(NIGHT_FERRY, shelf=shelf, purge=purge)

    assert list(purge.asked.values()) == [("article-a-1", "slug-night-ferry")]


def test_what_was_written_is_purged_also_when_a_later_one_fails() -> None:
    shelf, purge = MemoryArticles(replace(NIGHT_FERRY, slug="taken", id="a-7")), MemoryPurge()

    with pytest.raises(SlugTaken, match="a-7"):
        put(NIGHT_FERRY, replace(NIGHT_FERRY, slug="taken"), shelf=shelf, purge=purge)

    assert list(purge.asked.values()) == [("article-a-1", "slug-night-ferry")]


def test_many_articles_are_purged_in_few_requests_and_none_is_left_out() -> None:
    shelf, purge = MemoryArticles(), MemoryPurge()
    many = [replace(NIGHT_FERRY, slug=f"piece-{i}", id=f"a-{i}") for i in range(60)]

    put(*many, shelf=shelf, purge=purge)

    assert len(purge.asked) == 3
    assert {tag for tags in purge.asked.values() for tag in tags} >= {f"article-a-{i}" for i in range(60)}


@pytest.mark.parametrize("there", [b"{", b'{"status":"gold"}'])
def test_publishing_mends_what_is_not_an_article(there: bytes) -> None:
    shelf = MemoryArticles()
    shelf.spoil("night-ferry", there)

    assert put(NIGHT_FERRY, shelf=shelf, purge=MemoryPurge()) == ["changed"]


def test_a_withdrawn_article_can_be_published_again() -> None:
    shelf = MemoryArticles(Unpublished(1, "night-ferry", NOW))

    assert put(NIGHT_FERRY, shelf=shelf, purge=MemoryPurge()) == ["changed"]


def test_every_problem_of_every_file_is_told_with_its_file(tmp_path: Path) -> None:
    paths = files(
        tmp_path,
        good=raw_article(),
        odd=raw_article(slug="No", title=1),
        not_json="{",
        twin=raw_article(id="a-3"),
        early=raw_article(slug="early", published_at="2027-01-01T00:00:00Z"),
    )

    articles, problems = publishing.check_files([*paths, tmp_path / "missing.json", tmp_path], NOW)

    assert {problem.path.stem for problem in problems} == {"odd", "not_json", "twin", "early", "missing", tmp_path.stem}
    assert [problem.words for problem in problems if problem.path.stem == "odd"][1].startswith("title:")
    assert "good" in {path.stem for path, _ in articles}

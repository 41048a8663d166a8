"""What a process keeps of pages: each for its tier, and no longer than what it was made of is the same."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from msgspec.structs import replace

from functions.pages.frames import KEPT
from functions.pages.read import read
from functions.publishing import catch_up as publishing
from shared.domain.articles import Article, Stored, Unpublished
from shared.domain.blocks import Paragraph
from shared.domain.paper import Paper
from shared.domain.tiers import Tier
from shared.http import Request
from tests.functions.paper import NOW, PASSES, article, by, doors
from tests.functions.site import FULL, PLAIN, shown
from tests.press import doors_on
from tests.twins import MemoryArticles, MemoryDocuments


class KnownArticles(MemoryArticles):
    """Gives the very document again while it has not been changed, as the real door does."""

    def __init__(self, *documents: Stored) -> None:
        super().__init__(*documents)
        self._known: dict[str, tuple[str, Stored]] = {}

    def read(self, slug: str) -> Stored:
        found = self.read_version(slug)
        if found is None or self._known.get(slug, ("",))[0] != found[1]:
            self._known[slug] = ("" if found is None else found[1], super().read(slug))
        return self._known[slug][1]


class Warm:
    """A process that goes on, and a press before it."""

    def __init__(self, *articles: Article) -> None:
        self.articles, self.documents = KnownArticles(*articles), MemoryDocuments()
        self.paper = FULL
        self.doors = replace(doors(self.documents, FULL), articles=self.articles, papers=self)
        self.catch_up(*articles)

    def read(self, edition: str | None = None) -> Paper:
        """As `Papers` does."""
        return self.paper

    def catch_up(self, *articles: Article) -> None:
        publishing.catch_up([one.slug for one in articles], doors_on(self.articles, self.documents), NOW)

    def publish(self, document: Article | Unpublished) -> None:
        found = self.articles.read_version(document.slug)
        self.articles.write(document, None if found is None else found[1])
        publishing.catch_up([document.slug], doors_on(self.articles, self.documents), NOW)

    def kept(self, slug: str = "piece-1") -> Any:
        """What is kept of that article for everybody."""
        document = self.articles.read(slug)
        assert isinstance(document, Article)
        return self.doors.frames.kept(document, Tier.ANONYMOUS)

    def shown(self, path: str = "/articles/piece-1", tier: Tier = Tier.ANONYMOUS) -> str:
        proof = {} if tier is Tier.ANONYMOUS else {"x-reader-pass": PASSES.mint(tier, NOW, 300)}
        answer = read(Request("GET", path, "", {"x-reader-tier": tier.value, **proof}), self.doors, NOW).answer
        assert answer.headers["x-rendered-for"] == tier.value
        return answer.body


@pytest.mark.parametrize("order", list(itertools.permutations(Tier)), ids=str)
def test_a_page_that_is_kept_is_kept_for_its_tier(order: tuple[Tier, ...]) -> None:
    warm = Warm(PLAIN, article(2))
    for _ in range(2):
        for tier in order:
            assert warm.shown(tier=tier) == shown("/articles/piece-1", PLAIN, article(2), tier=tier)


def test_a_page_that_is_kept_is_found_again() -> None:
    warm = Warm(PLAIN)
    first = warm.shown()

    assert warm.kept().body.decode() == first == warm.shown()


def test_a_page_that_is_kept_goes_with_what_it_shows() -> None:
    warm = Warm(PLAIN, article(2))
    assert "Piece 2" in warm.shown()

    warm.publish(article(2, title="Piece two, as it is called now"))
    assert "Piece two, as it is called now" in warm.shown()

    warm.publish(Unpublished(1, "piece-2", PLAIN.published_at))
    assert "Piece two" not in warm.shown()

    warm.publish(article(1, body=(Paragraph("Another beginning."),)))
    assert "Another beginning." in warm.shown()
    assert "SECRET-MEMBER" not in warm.shown(tier=Tier.MEMBER)


def test_no_more_than_a_few_pages_are_kept() -> None:
    pieces = [article(number) for number in range(KEPT + 5)]
    warm = Warm(*pieces)
    for one in pieces:
        warm.shown(f"/articles/{one.slug}")

    assert [warm.kept(one.slug) is not None for one in pieces] == [False] * 5 + [True] * KEPT


def test_where_no_edition_is_known_everything_is_read_each_time() -> None:
    warm = Warm()
    warm.articles.write(PLAIN, None)  # written, and publishing has not heard of it
    for name in ("The Quay", "The Quay and the Pier"):
        warm.paper = replace(FULL, name=name)
        assert warm.doors.lists.edition() == ""
        assert f"<title>Piece 1 – {name}</title>" in warm.shown()


def test_with_a_new_edition_the_paper_s_words_and_sections_are_new_too() -> None:
    persona = replace(by("wren", "Wren"), kind="persona")
    warm = Warm(PLAIN, article(2, author=persona))
    assert "AI persona" in warm.shown()

    warm.paper = replace(FULL, name="The Pier", texts={"persona": "machine"})
    warm.publish(article(3, section=replace(PLAIN.section, slug="river", name="River")))
    page = warm.shown()

    assert "The Pier" in page
    assert "AI persona" not in page  # neither around the page nor on its neighbours at the end
    assert ">machine<" in page
    assert 'href="/sections/river"' in page

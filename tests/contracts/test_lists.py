"""`Lists` and `Papers`: the twin and S3 keep the same promises, and S3's reader asks no more than it has to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace

from functions.publishing.catch_up import Doors as PublishingDoors
from functions.publishing.catch_up import catch_up
from shared.adapters.boto3_shelves import Boto3ArticleShelf, Boto3Documents
from shared.adapters.s3_lists import KEPT, S3Lists, S3Papers
from shared.adapters.s3_objects import Found, S3Objects
from shared.domain.articles import Unpublished
from shared.domain.list_parts import Index
from shared.domain.lists import Directory, Entry
from shared.domain.paper import PAPER_KEY, Paper
from shared.domain.refusals import ContentUnavailable, UnknownList
from shared.domain.tiers import Tier
from shared.ports.publishing import Documents
from shared.ports.reading import Lists, Papers
from tests.aws import REGION
from tests.press import NOW, Press, doors_on, piece
from tests.samples import gated
from tests.twins import MemoryLists, MemoryPapers

PAPER = Paper(1, "0d0b7f1c-5c1e-4a43-9d3e-0f6f5f1f2a11", "The Paper", "It is read.", "en", "https://paper.example")
DIRECTORIES: Final[tuple[Directory, ...]] = ("sections", "authors")


class Counted(S3Objects):
    """Objects of a bucket, counted as they are asked for and as they are sent."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.asked, self.sent = 0, 0

    def get(self, key: str, unless: str | None = None) -> Found | None:
        self.asked += 1
        found = super().get(key, unless)
        self.sent += found is not None
        return found


@dataclass
class Sides:
    """Publishing on one side, a reader on the other."""

    publishing: PublishingDoors
    documents: Documents
    lists: Lists
    gets: Callable[[], int]

    def publish(self, *documents: Any) -> None:
        for document in documents:
            found = self.publishing.articles.read_version(document.slug)
            self.publishing.articles.write(document, found[1] if found else None)
        catch_up((document.slug for document in documents), self.publishing, NOW.timestamp())

    def slugs(self, name: str = "latest", limit: int = 100, edition: str | None = None) -> list[str]:
        rows = self.lists.page(name, None, limit, edition).rows
        return [msgspec.json.decode(row.entry, type=Entry).slug for row in rows]


@pytest.fixture(params=["twin", "s3"])
def sides(request: pytest.FixtureRequest, aws: str, bucket: str, client: Any) -> Sides:
    if request.param == "twin":
        press = Press()
        return Sides(press.doors, press.documents, press.lists, lambda: press.lists.gets)
    return at_s3(aws, bucket, client("s3"))


def at_s3(aws: str, bucket: str, s3: Any) -> Sides:
    documents = Boto3Documents(s3, bucket)
    doors = doors_on(Boto3ArticleShelf(s3, bucket), documents)
    objects = Counted(bucket, REGION, aws)
    return Sides(doors, documents, S3Lists(objects), lambda: objects.asked)


def many_at_s3(bucket: str, s3: Any) -> Press:
    """250 articles' lists, put into a bucket as the twin has them."""
    press = Press(*(piece(number) for number in range(250)))
    for key, _ in press.documents.keys("lists/"):
        s3.put_object(Bucket=bucket, Key=key, Body=press.documents.raw[key])
    return press


def test_what_has_been_published_is_read_at_once_by_who_has_read_before(sides: Sides) -> None:
    sides.publish(piece(1), piece(2))
    assert sides.slugs() == ["piece-2", "piece-1"]

    sides.publish(piece(3), Unpublished(1, "piece-1", NOW))

    assert sides.slugs() == ["piece-3", "piece-2"]
    assert sides.slugs("section/city", 1) == ["piece-3"]
    page = sides.lists.page("author/ada-moor", None, 0)
    assert (page.rows, page.index.total, page.index.author and page.index.author.slug) == ((), 2, "ada-moor")
    assert page.changed_at > 1_700_000_000
    assert [bytes(facts)[:14] for facts in sides.lists.directory("sections")] == [b'{"slug":"city"']


def test_what_is_not_there_is_unknown_or_empty(sides: Sides) -> None:
    assert sides.lists.page("latest", None, 20).rows == ()
    assert sides.lists.directory("sections") == sides.lists.directory("authors") == ()
    for name in ("section/city", "tag/x", "author/nobody", "section/../latest", "section/", "LATEST", "articles"):
        with pytest.raises(UnknownList):
            sides.lists.page(name, None, 20)

    sides.publish(piece(1))
    sides.publish(Unpublished(1, "piece-1", NOW))
    with pytest.raises(UnknownList):
        sides.lists.page("section/city", None, 20)
    assert sides.lists.page("latest", None, 20).rows == ()


def test_who_reads_all_of_an_article_is_known_for_as_long_as_it_stands_in_lists(sides: Sides) -> None:
    def whole_for(*numbers: int) -> list[Tier | None]:
        return [sides.lists.whole_for(f"piece-{number}") for number in numbers]

    assert whole_for(1) == [None]
    s, m = Tier.SUBSCRIBER, Tier.MEMBER
    sides.publish(gated(piece(1), m), gated(piece(2), s), gated(piece(3)), gated(piece(4), m, s))
    assert whole_for(1, 2, 3, 4) == [m, s, Tier.ANONYMOUS, m]

    sides.publish(Unpublished(1, "piece-1", NOW), gated(piece(3), s), gated(piece(4)))  # the latter move no list

    assert whole_for(1, 2, 3, 4, 5) == [None, s, s, Tier.ANONYMOUS, None]


def test_an_article_whose_placement_says_nothing_of_gates_may_have_some(sides: Sides) -> None:
    sides.publish(piece(1))
    found = sides.documents.read("placements/piece-1.json")
    assert found is not None
    old = {name: value for name, value in json.loads(found[0]).items() if name != "whole_for"}
    sides.documents.write("placements/piece-1.json", json.dumps(old).encode(), found[1])
    assert sides.lists.whole_for("piece-1") is Tier.MEMBER


def test_what_was_read_under_an_edition_costs_nothing_while_it_is_out(sides: Sides) -> None:
    sides.publish(piece(1), piece(2))

    def read() -> tuple[object, ...]:
        edition = sides.lists.edition()
        pages = [sides.lists.page(name, None, 1, edition) for name in ("latest", "section/city", "author/ada-moor")]
        return (edition, *pages, sides.lists.directory("sections", edition), sides.lists.directory("authors", edition))

    first, cold = read(), sides.gets()
    again, warm = read(), sides.gets()

    assert again == first
    assert (cold, warm - cold) == (1 + 3 * 2 + 1, 1)  # the edition brings the authors with it


@pytest.mark.parametrize(
    "change", [piece(3), piece(1, title="Another"), Unpublished(1, "piece-1", NOW)], ids=["new", "changed", "withdrawn"]
)
def test_a_change_is_another_edition_and_is_read_under_it(sides: Sides, change: Any) -> None:
    sides.publish(piece(1), piece(2))
    before = sides.lists.edition()
    sides.slugs(edition=before)
    totals = [json.loads(facts)["articles"] for facts in sides.lists.directory("sections", before)]

    sides.publish(change)

    now = sides.lists.edition()
    assert now != before
    assert sides.lists.page("latest", None, 20, now) == sides.lists.page("latest", None, 20)
    for kind in DIRECTORIES:
        assert sides.lists.directory(kind, now) == sides.lists.directory(kind)
    assert totals == [2]


def test_another_word_in_the_body_is_the_same_edition(sides: Sides) -> None:
    sides.publish(piece(1))
    before = sides.lists.edition()

    sides.publish(piece(1, body=piece(1).body[:1]))

    assert sides.lists.edition() == before


def test_what_was_read_before_an_edition_or_under_none_is_asked_for_under_it(sides: Sides) -> None:
    sides.publish(piece(1))
    for before in (None, "", "another"):
        sides.slugs(edition=before)
        sides.lists.directory("sections", before)
        gets = sides.gets()
        sides.slugs(edition="this")
        sides.lists.directory("sections", "this")
        assert sides.gets() >= gets + 2


def test_no_edition_is_none_and_is_not_trusted(sides: Sides) -> None:
    assert sides.lists.edition() == ""
    assert sides.slugs(edition="") == []
    assert sides.lists.directory("authors", "") == ()
    sides.publish(piece(1))
    assert sides.slugs(edition="") == ["piece-1"]

    sides.publish(piece(2))

    assert sides.slugs(edition="") == ["piece-2", "piece-1"]
    assert [json.loads(facts)["articles"] for facts in sides.lists.directory("authors", "")] == [2]


def test_an_edition_is_told_although_its_directory_cannot_be_read(aws: str, bucket: str, client: Any) -> None:
    """One faulty document is no reason to answer nothing at all."""
    sides = at_s3(aws, bucket, client("s3"))
    sides.publish(piece(1))
    client("s3").put_object(Bucket=bucket, Key="lists/authors.json", Body=b"{")

    edition = sides.lists.edition()

    assert edition
    assert sides.slugs(edition=edition) == ["piece-1"]
    with pytest.raises(ContentUnavailable):
        sides.lists.directory("authors", edition)


def test_what_could_not_be_read_is_asked_for_again(aws: str, bucket: str, client: Any) -> None:
    s3, papers = client("s3"), S3Papers(S3Objects(bucket, REGION, aws))
    s3.put_object(Bucket=bucket, Key=PAPER_KEY, Body=b"{")
    with pytest.raises(ContentUnavailable):
        papers.read("this")

    s3.put_object(Bucket=bucket, Key=PAPER_KEY, Body=msgspec.json.encode(PAPER))

    assert papers.read("this") == PAPER


def test_a_list_that_is_kept_and_has_lost_its_parts_is_asked_for(aws: str, bucket: str, client: Any) -> None:
    """As when publishing is cut off before it has brought out the edition, and begins again."""
    sides = at_s3(aws, bucket, client("s3"))
    sides.publish(piece(1))
    edition = sides.lists.edition()
    sides.lists.page("latest", None, 0, edition)

    sides.publish(piece(2))
    sides.publish(piece(3))

    assert sides.slugs(edition=edition) == ["piece-3", "piece-2", "piece-1"]


def test_a_cold_page_costs_three_gets_and_a_warm_one_a_question(aws: str, bucket: str, client: Any) -> None:
    many_at_s3(bucket, client("s3"))
    objects = Counted(bucket, REGION, aws)
    lists = S3Lists(objects)

    first = lists.page("latest", None, 100)
    assert first.next is not None
    second = lists.page("latest", first.next, 100)

    assert len(first.rows) == len(second.rows) == 100
    assert objects.asked <= 2 + 2  # an index twice, two parts
    lists.page("latest", first.next, 100)
    assert (objects.asked, objects.sent) == (5, 3)


def test_a_reader_whose_part_has_gone_reads_the_list_as_it_is_now(aws: str, bucket: str, client: Any) -> None:
    sides = at_s3(aws, bucket, client("s3"))
    sides.publish(piece(1))

    class Slow(Counted):
        """Between the index and its part, the list changes twice."""

        def get(self, key: str, unless: str | None = None) -> Found | None:
            if not key.endswith("index.json") and self.asked == 1:
                sides.publish(piece(2))
                sides.publish(piece(3))
            return super().get(key, unless)

    page = S3Lists(Slow(bucket, REGION, aws)).page("latest", None, 20)

    assert [row.place[-7:] for row in page.rows] == ["piece-3", "piece-2", "piece-1"]


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"parts":[["gone","2026",1]]}', b'{"schema":2}', b"\xff"])
def test_a_list_that_cannot_be_read_is_our_own_fault(aws: str, bucket: str, client: Any, raw: bytes) -> None:
    for key in ("lists/latest/index.json", "lists/sections.json", PAPER_KEY):
        client("s3").put_object(Bucket=bucket, Key=key, Body=raw)
    objects = S3Objects(bucket, REGION, aws)

    with pytest.raises(ContentUnavailable):
        S3Lists(objects).page("latest", None, 20)
    if b"parts" not in raw:
        with pytest.raises(ContentUnavailable):
            S3Lists(objects).directory("sections")
    with pytest.raises(ContentUnavailable):
        S3Papers(objects).read()


def test_a_store_that_does_not_answer_is_unavailable() -> None:
    objects = S3Objects("nowhere", REGION, "http://127.0.0.1:9")

    for ask in (
        lambda: S3Lists(objects).page("latest", None, 20),
        lambda: S3Lists(objects).directory("authors"),
        lambda: S3Papers(objects).read(),
    ):
        with pytest.raises(ContentUnavailable, match="Try again"):
            ask()


def test_a_reader_keeps_no_more_than_some_lists(aws: str, bucket: str, client: Any) -> None:
    sides = at_s3(aws, bucket, client("s3"))
    names = [f"tag/t-{number}" for number in range(KEPT + 3)]
    for name in names:
        sides.documents.write(f"lists/{name}/index.json", msgspec.json.encode(Index()), None)
    lists = S3Lists(S3Objects(bucket, REGION, aws))
    for name in names:
        with pytest.raises(UnknownList):
            lists.page(name, None, 20)

    assert len(lists._indexes.kept) == KEPT


@pytest.mark.parametrize("which", ["twin", "s3"])
def test_a_paper_is_what_it_was_configured_to_be(which: str, aws: str, bucket: str, client: Any) -> None:
    def papers(paper: Paper | None) -> Papers:
        if which == "twin":
            return MemoryPapers(paper)
        if paper is not None:
            client("s3").put_object(Bucket=bucket, Key=PAPER_KEY, Body=msgspec.json.encode(paper))
        return S3Papers(S3Objects(bucket, REGION, aws))

    with pytest.raises(ContentUnavailable):
        papers(None).read()
    assert papers(PAPER).read() == PAPER


@pytest.mark.parametrize("which", ["twin", "s3"])
def test_a_paper_is_kept_while_the_edition_is_the_same(which: str, aws: str, bucket: str, client: Any) -> None:
    twin = MemoryPapers(None)
    papers: Papers = twin if which == "twin" else S3Papers(S3Objects(bucket, REGION, aws))

    def configure(paper: Paper) -> Paper:
        twin.paper = paper
        client("s3").put_object(Bucket=bucket, Key=PAPER_KEY, Body=msgspec.json.encode(paper))
        return paper

    configure(PAPER)
    assert papers.read("one") == PAPER
    second = configure(replace(PAPER, name="Another"))
    assert papers.read("one") == PAPER
    assert papers.read("two") == second
    assert papers.read("") == second
    third = configure(replace(PAPER, name="A third"))
    assert papers.read("") == papers.read() == third


def test_the_twin_counts_as_s3_does(aws: str, bucket: str, client: Any) -> None:
    """Tests that say what a page costs use the twin."""
    press = many_at_s3(bucket, client("s3"))
    for name, limit in (("latest", 100), ("section/city", 20), ("author/ada-moor", 0)):
        objects, twin = Counted(bucket, REGION, aws), MemoryLists(press.documents)
        S3Lists(objects).page(name, None, limit)
        twin.page(name, None, limit)
        assert objects.asked == twin.gets

"""`Lists` and `Papers`: the twin and S3 keep the same promises, and S3's reader asks no more than it has to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from functions.publishing.catch_up import Doors as PublishingDoors
from functions.publishing.catch_up import catch_up
from shared.adapters.boto3_shelves import Boto3ArticleShelf, Boto3Documents
from shared.adapters.s3_lists import KEPT, S3Lists, S3Papers
from shared.adapters.s3_objects import Found, S3Objects
from shared.domain.articles import Unpublished
from shared.domain.list_parts import Index
from shared.domain.lists import Entry
from shared.domain.paper import PAPER_KEY, Paper
from shared.domain.refusals import ContentUnavailable, UnknownList
from shared.ports import Documents, Lists, Papers
from tests.aws import REGION
from tests.press import NOW, Press, doors_on, piece
from tests.twins import MemoryLists, MemoryPapers

PAPER = Paper(1, "0d0b7f1c-5c1e-4a43-9d3e-0f6f5f1f2a11", "The Paper", "It is read.", "en", "https://paper.example")


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

    def publish(self, *documents: Any) -> None:
        for document in documents:
            found = self.publishing.articles.read_version(document.slug)
            self.publishing.articles.write(document, found[1] if found else None)
        catch_up((document.slug for document in documents), self.publishing, NOW.timestamp())

    def slugs(self, name: str = "latest", limit: int = 100) -> list[str]:
        return [msgspec.json.decode(row.entry, type=Entry).slug for row in self.lists.page(name, None, limit).rows]


@pytest.fixture(params=["twin", "s3"])
def sides(request: pytest.FixtureRequest, aws: str, bucket: str, client: Any) -> Sides:
    if request.param == "twin":
        press = Press()
        return Sides(press.doors, press.documents, press.lists)
    return at_s3(aws, bucket, client("s3"))


def at_s3(aws: str, bucket: str, s3: Any) -> Sides:
    documents = Boto3Documents(s3, bucket)
    doors = doors_on(Boto3ArticleShelf(s3, bucket), documents)
    return Sides(doors, documents, S3Lists(Counted(bucket, REGION, aws)))


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

    assert len(lists._indexes) == KEPT


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


def test_the_twin_counts_as_s3_does(aws: str, bucket: str, client: Any) -> None:
    """Tests that say what a page costs use the twin."""
    press = many_at_s3(bucket, client("s3"))
    for name, limit in (("latest", 100), ("section/city", 20), ("author/ada-moor", 0)):
        objects, twin = Counted(bucket, REGION, aws), MemoryLists(press.documents)
        S3Lists(objects).page(name, None, limit)
        twin.page(name, None, limit)
        assert objects.asked == twin.gets

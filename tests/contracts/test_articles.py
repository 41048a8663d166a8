"""`Articles` and `ArticleShelf`: the twin and S3 keep the same promises."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from shared.adapters.boto3_shelves import Boto3ArticleShelf
from shared.adapters.s3_articles import KEPT, S3Articles
from shared.adapters.s3_objects import S3Objects
from shared.domain.articles import Article, Renamed, Unpublished
from shared.domain.refusals import ArticleChanged, ContentUnavailable, UnknownArticle
from shared.ports.publishing import ArticleShelf, ArticleVersion
from shared.ports.reading import Articles
from tests.aws import REGION
from tests.samples import NIGHT_FERRY
from tests.twins import MemoryArticles


@dataclass
class Doors:
    """Both doors onto one store, and a way to put anything there."""

    articles: Articles
    shelf: ArticleShelf
    spoil: Any


@pytest.fixture(params=["twin", "s3"])
def doors(request: pytest.FixtureRequest) -> Doors:
    if request.param == "twin":
        twin = MemoryArticles()
        return Doors(twin, twin, twin.spoil)
    aws, bucket = request.getfixturevalue("aws"), request.getfixturevalue("bucket")
    s3 = request.getfixturevalue("client")("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})  # as template.yaml has it

    def spoil(slug: str, raw: bytes) -> None:
        s3.put_object(Bucket=bucket, Key=f"articles/{slug}.json", Body=raw)

    return Doors(S3Articles(S3Objects(bucket, REGION, aws)), Boto3ArticleShelf(s3, bucket), spoil)


@pytest.mark.parametrize(
    "document", [NIGHT_FERRY, Unpublished(1, "night-ferry", NIGHT_FERRY.published_at), Renamed(1, "night-ferry", "x")]
)
def test_what_is_written_is_read_at_once(doors: Doors, document: Any) -> None:
    version = doors.shelf.write(document, None)

    assert doors.articles.read("night-ferry") == document
    assert doors.shelf.read_version("night-ferry") == (document, version)


def test_what_is_changed_is_read_at_once_also_by_who_has_read_it_before(doors: Doors) -> None:
    version = doors.shelf.write(NIGHT_FERRY, None)
    for title in ("Second", "Third"):
        assert doors.articles.read("night-ferry") == doors.articles.read("night-ferry")
        version = doors.shelf.write(replace(NIGHT_FERRY, title=title), version)
        assert doors.articles.read("night-ferry") == replace(NIGHT_FERRY, title=title)

    doors.spoil("night-ferry", b"{")
    for _ in range(2):
        with pytest.raises(ContentUnavailable):
            doors.articles.read("night-ferry")


def test_a_reader_keeps_no_more_than_a_few_articles(aws: str, bucket: str, client: Any) -> None:
    articles = S3Articles(S3Objects(bucket, REGION, aws))
    shelf = Boto3ArticleShelf(client("s3"), bucket)
    for number in range(KEPT + 5):
        shelf.write(replace(NIGHT_FERRY, slug=f"piece-{number}"), None)
        articles.read(f"piece-{number}")

    assert len(articles._kept) == KEPT
    assert articles.read("piece-0").slug == "piece-0"


def test_what_is_not_there_is_unknown(doors: Doors) -> None:
    assert doors.shelf.read_version("night-ferry") is None
    with pytest.raises(UnknownArticle):
        doors.articles.read("night-ferry")


@pytest.mark.parametrize("raw", [b"", b"{}", b"\xff", b'{"status":"\xff"}', b'{"schema":9}'])
def test_what_is_not_an_article_is_unavailable_to_readers_and_can_be_mended(doors: Doors, raw: bytes) -> None:
    doors.spoil("night-ferry", raw)

    with pytest.raises(ContentUnavailable):
        doors.articles.read("night-ferry")
    found = doors.shelf.read_version("night-ferry")
    assert found is not None
    assert found[0] is None
    doors.shelf.write(NIGHT_FERRY, found[1])
    assert doors.articles.read("night-ferry") == NIGHT_FERRY


def test_an_article_under_another_s_name_is_not_shown(doors: Doors) -> None:
    doors.spoil("day-ferry", msgspec.json.encode(NIGHT_FERRY))

    with pytest.raises(ContentUnavailable):
        doors.articles.read("day-ferry")


def test_a_writer_who_expects_an_older_version_loses_and_has_written_nothing(doors: Doors) -> None:
    old = doors.shelf.write(NIGHT_FERRY, None)
    new = doors.shelf.write(replace(NIGHT_FERRY, title="Second"), old)

    for expected in (None, old):
        with pytest.raises(ArticleChanged):
            doors.shelf.write(replace(NIGHT_FERRY, title="Late"), expected)
    assert doors.shelf.read_version("night-ferry") == (replace(NIGHT_FERRY, title="Second"), new)


def test_of_several_first_writers_one_succeeds(doors: Doors) -> None:
    won: list[str] = []

    def write(title: str) -> None:
        try:
            doors.shelf.write(replace(NIGHT_FERRY, title=title), None)
        except ArticleChanged:
            return
        won.append(title)

    threads = [threading.Thread(target=write, args=(f"writer {i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = doors.articles.read("night-ferry")
    assert len(won) == 1
    assert found == replace(NIGHT_FERRY, title=won[0])


# Deleting, listing, history -----------------------------------------------------------------------------------------


def test_what_is_deleted_is_as_if_it_had_never_been_there_and_can_be_written_anew(doors: Doors) -> None:
    version = doors.shelf.write(NIGHT_FERRY, None)
    doors.shelf.delete("night-ferry", version)

    assert doors.shelf.read_version("night-ferry") is None
    assert list(doors.shelf.slugs()) == []
    with pytest.raises(UnknownArticle):
        doors.articles.read("night-ferry")
    doors.shelf.write(NIGHT_FERRY, None)
    assert doors.articles.read("night-ferry") == NIGHT_FERRY


def test_who_deletes_an_older_version_loses_and_has_deleted_nothing(doors: Doors) -> None:
    old = doors.shelf.write(NIGHT_FERRY, None)
    new = doors.shelf.write(replace(NIGHT_FERRY, title="Second"), old)

    with pytest.raises(ArticleChanged):
        doors.shelf.delete("night-ferry", old)
    assert doors.shelf.read_version("night-ferry") == (replace(NIGHT_FERRY, title="Second"), new)


def test_who_deletes_or_writes_over_what_is_gone_loses(doors: Doors) -> None:
    version = doors.shelf.write(NIGHT_FERRY, None)
    doors.shelf.delete("night-ferry", version)

    with pytest.raises(ArticleChanged):
        doors.shelf.delete("night-ferry", version)
    with pytest.raises(ArticleChanged):
        doors.shelf.write(NIGHT_FERRY, version)
    assert doors.shelf.read_version("night-ferry") is None


def test_the_slugs_are_all_there_are_in_order_with_their_versions(doors: Doors) -> None:
    assert list(doors.shelf.slugs()) == []
    written = {f"piece-{i:02}": doors.shelf.write(replace(NIGHT_FERRY, slug=f"piece-{i:02}"), None) for i in (2, 0, 1)}
    doors.spoil("torn", b"{")

    found = list(doors.shelf.slugs())

    assert [slug for slug, _ in found] == ["piece-00", "piece-01", "piece-02", "torn"]
    assert dict(found).items() >= written.items()


def test_the_history_is_newest_first_with_the_tags_that_writes_returned(doors: Doors) -> None:
    assert doors.shelf.versions("night-ferry") == ()
    tags: list[str] = []
    for title in ("First", "Second", "Third"):
        tags.append(doors.shelf.write(replace(NIGHT_FERRY, title=title), tags[-1] if tags else None))
    doors.shelf.write(replace(NIGHT_FERRY, slug="night-ferry-2"), None)

    history = doors.shelf.versions("night-ferry")

    assert [one.tag for one in history] == tags[::-1]
    assert [(one.is_present, one.is_deletion) for one in history] == [(True, False), (False, False), (False, False)]
    assert all(one.at.tzinfo for one in history)
    assert len({one.number for one in history}) == 3
    assert [_title(doors, one) for one in history] == ["Third", "Second", "First"]


def test_a_deletion_is_part_of_the_history_and_holds_nothing(doors: Doors) -> None:
    doors.shelf.delete("night-ferry", doors.shelf.write(NIGHT_FERRY, None))

    deletion, written = doors.shelf.versions("night-ferry")

    assert (deletion.is_deletion, deletion.is_present, written.is_present) == (True, True, False)
    assert doors.shelf.read_past("night-ferry", deletion.number) is None
    assert doors.shelf.read_past("night-ferry", written.number) == NIGHT_FERRY


def test_a_past_version_that_is_no_article_or_not_kept_is_none(doors: Doors) -> None:
    doors.spoil("night-ferry", b"{")
    torn = doors.shelf.versions("night-ferry")[0]

    assert doors.shelf.read_past("night-ferry", torn.number) is None
    assert doors.shelf.read_past("night-ferry", "no-such-version") is None
    assert doors.shelf.read_past("no-such-article", torn.number) is None


def _title(doors: Doors, version: ArticleVersion) -> str | None:
    document = doors.shelf.read_past("night-ferry", version.number)
    return document.title if isinstance(document, Article) else None

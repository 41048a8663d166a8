"""Publishing follows the articles: what stands where, what is purged, scheduled and announced."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.publishing.catch_up import NEWS_FOR
from shared.domain.articles import Article, Author, Renamed, Section, Stored, Unpublished
from shared.domain.blocks import Audio, Image, Paragraph, Picture
from shared.domain.tiers import Tier
from tests import strategies
from tests.press import NOW, Press, piece
from tests.samples import gate
from tests.steps import EDITION, Steps

OPINION = Section("opinion", "Opinion")
SOON = NOW + dt.timedelta(hours=1)


def test_a_published_article_stands_in_each_of_its_lists_and_in_no_other() -> None:
    press = Press(piece(1, tags=("ferry", "night")), piece(2, section=OPINION))

    assert press.slugs() == ["piece-2", "piece-1"]
    assert press.slugs("section/opinion") == ["piece-2"]
    assert press.slugs("section/city") == press.slugs("tag/ferry") == press.slugs("tag/night") == ["piece-1"]
    assert press.slugs("author/ada-moor") == ["piece-2", "piece-1"]
    assert [json.loads(facts)["slug"] for facts in press.lists.directory("sections")] == ["city", "opinion"]
    [author] = press.lists.directory("authors")
    assert json.loads(author)["articles"] == 2
    assert json.loads(author)["biography"] == "Writes about the river."


def test_an_article_that_changes_changes_where_it_stands() -> None:
    press = Press(piece(1, tags=("ferry",)), piece(2))

    press.publish(piece(1, section=OPINION, tags=("night",), standfirst="Other. Words."))

    assert press.slugs("section/city") == ["piece-2"]
    assert press.slugs("section/opinion") == press.slugs("tag/night") == ["piece-1"]
    assert press.slugs("tag/ferry") == []
    assert press.entries("section/opinion")[0].standfirst == "Other. Words."


def test_another_time_is_another_place_and_never_a_second_one() -> None:
    press = Press(piece(1), piece(2))

    press.publish(replace(piece(1), published_at=piece(3).published_at))

    assert press.slugs() == ["piece-1", "piece-2"]


ANOTHERS = b'{"schema":1,"status":"renamed","slug":"x","to":"y"}'


@pytest.mark.parametrize(
    "left", [Unpublished(1, "piece-1", NOW), Renamed(1, "piece-1", "piece-9"), None, b"{", ANOTHERS]
)
def test_what_readers_do_not_see_stands_nowhere(left: Stored | bytes | None) -> None:
    press = Press(piece(1, section=OPINION, tags=("ferry",)), piece(2))

    if left is None:
        found = press.articles.read_version("piece-1")
        press.articles.delete("piece-1", found[1] if found else "")
    elif isinstance(left, bytes):
        press.articles.spoil("piece-1", left)
    else:
        press.put(left)
    press.catch_up("piece-1")

    assert press.everything() == Press(piece(2)).everything()


def test_a_document_that_is_no_article_is_told() -> None:
    press = Press()
    press.articles.spoil("torn", b"{")

    assert press.catch_up("torn").unreadable == ("torn",)


def test_the_newest_article_says_who_the_author_is() -> None:
    press = Press(piece(1), piece(2, author=Author("ada-moor", "Ada Moor-Vance", "person", "Writes about money.")))

    assert json.loads(press.lists.directory("authors")[0])["name"] == "Ada Moor-Vance"
    press.withdraw("piece-2")
    assert json.loads(press.lists.directory("authors")[0])["name"] == "Ada Moor"
    press.publish(piece(1, author=Author("ada-moor", "Ada Moor", "person", "Has moved.")))
    assert json.loads(press.lists.directory("authors")[0])["biography"] == "Has moved."


# What the CDN is told -----------------------------------------------------------------------------------------------


def test_exactly_what_changed_is_purged() -> None:
    press = Press(piece(1, tags=("ferry",)), piece(2, section=OPINION, tags=("night",)))
    press.purged()

    press.publish(piece(1, tags=("ferry",), body=(Paragraph("Other words."),)))
    assert press.purged() == {"article-a-1", "slug-piece-1"}  # no list shows the body

    press.publish(piece(1, tags=("ferry",), kind="essay"))
    assert press.purged() == {
        *("article-a-1", "slug-piece-1", "list-latest", "list-section-city", "list-author-ada-moor", "list-tag-ferry"),
        *("list-sections", "list-authors"),
    }


@pytest.mark.parametrize("contested", [None, "lists/section/opinion/index.json", "lists/sections.json", EDITION])
def test_a_new_edition_is_out_behind_all_lists_and_before_their_purge(contested: str | None) -> None:
    """Also where somebody else writes one of these at the same time, and it is all done once more."""
    press = Press(piece(1), piece(2, section=OPINION))
    press.put(Unpublished(1, "piece-1", NOW))
    press.put(piece(2, section=OPINION, title="Again"))
    press.put(piece(3, tags=("night",)))
    steps = Steps(press.documents, press.purge)
    if contested is not None:
        steps.happens[contested] = lambda: press.documents.raw.update(
            {contested: press.documents.raw[contested].replace(b'"revision":', b'"revision":1')}
        )

    press.catch_up("piece-1", "piece-2", "piece-3")

    assert len(set(steps.taken)) > 6
    assert not steps.happens
    steps.hold_an_edition_before_each_purge()


def test_an_event_that_comes_again_purges_nothing() -> None:
    press = Press(piece(1))
    press.purged()

    press.catch_up("piece-1", "piece-1", "piece-1")

    assert press.purged() == set()


def test_coming_back_to_an_earlier_version_is_a_purge_of_its_own() -> None:
    """CloudFront takes a purge with a reference that it knows for the one that it has done."""
    press = Press(piece(1))
    for _ in range(3):
        press.withdraw("piece-1")
        press.publish(piece(1))

    assert len(press.purge.asked) == 7


# Time ---------------------------------------------------------------------------------------------------------------


def test_an_article_whose_time_has_not_come_stands_nowhere_and_is_looked_at_again_then() -> None:
    press = Press(piece(2))
    before = press.everything()

    press.publish(replace(piece(1), published_at=SOON))

    assert press.everything() == before
    assert press.schedules.at == {"piece-1": SOON}
    press.catch_up("piece-1", now=SOON - dt.timedelta(microseconds=1))
    assert press.everything() == before
    press.catch_up("piece-1", now=SOON)
    assert press.slugs() == ["piece-1", "piece-2"]


def test_a_new_time_replaces_the_old_one_and_an_old_call_does_no_harm() -> None:
    press = Press()
    press.publish(replace(piece(1), published_at=SOON))
    later = SOON + dt.timedelta(hours=1)

    press.publish(replace(piece(1), published_at=later))
    press.catch_up("piece-1", now=SOON)

    assert press.schedules.at == {"piece-1": later}
    assert press.slugs() == []


@pytest.mark.parametrize("early", [dt.timedelta(milliseconds=1), dt.timedelta(seconds=59)])
def test_a_call_that_comes_a_moment_early_is_asked_for_again(early: dt.timedelta) -> None:
    press = Press()
    press.publish(replace(piece(1), published_at=SOON))
    press.schedules.at.clear()

    press.catch_up("piece-1", now=SOON - early)

    assert press.slugs() == []
    assert press.schedules.at["piece-1"] == SOON


PICTURE = Picture("/media/anonymous/quay.png", "A quay", 8, 8, "photograph")
SOUND = Audio("/media/member/bells.mp3", "Bells", 9)


def with_files(number: int) -> Article:
    """A scheduled article that names a picture, and a sound inside a gate."""
    gated = replace(gate("sound", Tier.MEMBER, "Listen."), blocks=(SOUND,))
    return piece(number, published_at=SOON, lead_picture=PICTURE, body=(Image(PICTURE), gated))


def test_the_files_of_an_article_come_out_with_it_and_not_before() -> None:
    press = Press()
    for path in (PICTURE.src, SOUND.src, "/media/anonymous/another.png"):
        press.waiting.put(path, b"", "image/png", "a")

    press.publish(with_files(1))
    assert not press.media.files
    press.purged()
    press.catch_up("piece-1", now=SOON)

    assert press.media.files.keys() == {PICTURE.src, SOUND.src}
    assert {PICTURE.src, SOUND.src} <= press.purged()
    assert press.waiting.files.keys() == {"/media/anonymous/another.png"}


# Announcing ---------------------------------------------------------------------------------------------------------


def fresh(number: int, **changes: Any) -> Any:
    return replace(piece(number, **changes), published_at=NOW - dt.timedelta(minutes=5))


def test_an_article_is_announced_once_for_good() -> None:
    press = Press(fresh(1))
    assert press.announcements.sent == [("a-1", "piece-1")]

    press.publish(fresh(1, kind="essay"))
    press.withdraw("piece-1")
    press.publish(fresh(1))
    press.publish(Renamed(1, "piece-1", "piece-9"))
    press.publish(replace(fresh(1), slug="piece-9"))

    assert press.announcements.sent == [("a-1", "piece-1")]


def test_old_articles_are_not_announced_and_scheduled_ones_are_when_they_are_out() -> None:
    press = Press(replace(piece(1), published_at=NOW - NEWS_FOR))
    press.publish(replace(piece(2), published_at=SOON))
    assert press.announcements.sent == []

    press.catch_up("piece-2", now=SOON)

    assert press.announcements.sent == [("a-2", "piece-2")]


# What nobody may see ----------------------------------------------------------------------------------------------


@given(strategies.gated_articles, st.data())
def test_lists_and_all_beside_them_hold_nothing_gated(article: Any, data: st.DataObject) -> None:
    """R1, R2: of an article that only members may read whole, the lists are the same whatever stands in its gates."""
    tier = Tier.ANONYMOUS
    one, two = (
        Press(strategies.with_canaries(article, tier)),
        Press(data.draw(strategies.with_other_gated_content(article, tier))),
    )

    assert strategies.CANARY not in repr({**one.documents.raw, **one.purge.asked})
    assert one.everything() == two.everything()
    public = {key for key in one.documents.raw if key.startswith("lists/")}
    assert {key: one.documents.raw[key] for key in public} == {key: two.documents.raw.get(key) for key in public}

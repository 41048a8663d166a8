"""Lists: the order, cursors, and parts that split and join, against a plain list."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from shared.domain.list_parts import LARGEST, SMALLEST, Index, Part, Row, build, find_page, index_key, revise
from shared.domain.lists import (
    MAX_PAGE,
    cursor_of,
    directory_of,
    entry_of,
    lists_of,
    moment_at,
    place_in,
    place_of,
    related,
    slug_at,
)
from shared.domain.refusals import InvalidCursor, UnknownList
from tests import strategies
from tests.press import piece

MOMENT = dt.datetime(2026, 11, 5, 6, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
PLACE = "2026-11-05T05:30:00.000000Z/night-ferry"
SHORT = "2026-11-05T05:30:00.000000Z/a"


def test_a_place_is_a_moment_of_utc_and_a_slug() -> None:
    assert place_of(MOMENT, "night-ferry") == PLACE
    assert (moment_at(PLACE), slug_at(PLACE)) == (MOMENT, "night-ferry")


@given(st.lists(st.tuples(strategies.moments, strategies.slugs), min_size=2, unique=True))
def test_places_sort_as_moments_do(articles: list[tuple[dt.datetime, str]]) -> None:
    assert sorted(articles) == sorted(articles, key=lambda one: place_of(*one))


@given(strategies.moments, strategies.slugs)
def test_a_cursor_leads_back_to_its_place(moment: dt.datetime, slug: str) -> None:
    assert place_in(cursor_of(place_of(moment, slug))) == place_of(moment, slug)


@pytest.mark.parametrize(
    "cursor",
    [
        *(
            "",
            "x",
            "=",
            "é",
            "\x00",
            "null",
            "%",
            cursor_of(PLACE) + "=",
            cursor_of(PLACE)[:-1],
            f" {cursor_of(PLACE)}",
        ),
        *map(cursor_of, ["", "night-ferry", PLACE + "\n", PLACE.upper(), PLACE.replace("Z", "+01:00"), "../" + PLACE]),
        cursor_of(SHORT)[:-1] + chr(ord(cursor_of(SHORT)[-1]) + 1),  # other bits behind the last byte
        "A" * 5_000,
    ],
)
def test_what_is_no_cursor_of_ours_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursor, match="take the one in `next`"):
        place_in(cursor)


@pytest.mark.parametrize(
    "name", ["", "latest/", "section", "section/", "section/A", "tag/../x", "kind/news", "section/a/b"]
)
def test_what_is_no_list_never_becomes_a_key(name: str) -> None:
    with pytest.raises(UnknownList):
        index_key(name)


def test_an_article_stands_in_each_list_once() -> None:
    article = piece(1, tags=("ferry", "ferry"))

    assert lists_of(article) == ("latest", "section/city", "author/ada-moor", "tag/ferry")
    assert [directory_of(name) for name in lists_of(article)] == [None, "sections", "authors", None]


def test_related_articles_share_most_and_are_recent() -> None:
    mine = piece(9, tags=("ferry", "night"))
    others = [
        piece(1, tags=("ferry", "night")),
        piece(2, tags=("ferry",)),
        piece(3, tags=("ferry",)),
        piece(4),
        piece(5, section=piece(5).section.__class__("other", "Other")),
        mine,
    ]

    found = related(mine, [*map(entry_of, others), entry_of(others[0])], 4)

    assert [entry.slug for entry in found] == ["piece-1", "piece-3", "piece-2", "piece-4"]


# Parts --------------------------------------------------------------------------------------------------------------


class Shelf:
    """A list and its parts, beside a plain dict that says what ought to be in it."""

    def __init__(self) -> None:
        self.index, self.parts, self.wanted, self.reads = Index(), dict[str, bytes](), dict[str, Raw](), 0

    def read(self, name: str) -> Part:
        self.reads += 1
        return msgspec.json.decode(self.parts[name], type=Part)

    def change(self, version: str, puts: dict[str, Raw], removes: set[str]) -> None:
        revision = revise(self.index, version, self.read, puts, removes)
        for place in removes:
            self.wanted.pop(place, None)
        self.wanted |= puts
        if revision is not None:
            assert not revision.parts.keys() & self.parts.keys()  # a part is never written over
            gone = {part.name for part in self.index.parts} - {part.name for part in revision.index.parts}
            assert set(revision.index.replaced) == gone
            self.parts |= revision.parts
            self.index = revision.index

    def rows(self, size: int) -> list[Row]:
        rows: list[Row] = []
        after: str | None = None
        while True:
            self.reads = 0
            page, after = find_page(self.index, self.read, after, size)
            assert self.reads <= 2
            assert len(page) == size or after is None
            rows += page
            if after is None:
                return rows

    def check(self) -> None:
        assert {row.place: bytes(row.entry) for row in self.rows(37)} == {p: bytes(e) for p, e in self.wanted.items()}
        assert [row.place for row in self.rows(MAX_PAGE)] == sorted(self.wanted, reverse=True)
        counts = [part.count for part in self.index.parts]
        assert len(counts) < 2 or all(SMALLEST <= count <= LARGEST for count in counts)
        assert self.index.total == len(self.wanted)
        assert dict(self.index.months) == Counter(place[:7] for place in self.wanted)
        assert self.index.newest == max(self.wanted, default=None)


def place(number: int) -> str:
    return place_of(dt.datetime(2020, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=number), f"p-{number}")


@given(st.data(), st.integers(0, 450))
def test_a_list_is_what_was_put_into_it_whatever_parts_it_is_in(data: st.DataObject, size: int) -> None:
    shelf = Shelf()
    shelf.change("begin", {place(number * 3): Raw(b"0") for number in range(size)}, set())
    shelf.check()
    numbers = st.integers(0, 3 * size + 9)
    for step in range(data.draw(st.integers(1, 5))):
        first, count = data.draw(numbers), data.draw(st.sampled_from([0, 1, 5, 250]))
        removes = {place(number) for number in range(first, first + count)}
        new = data.draw(st.lists(numbers, max_size=4)) + list(
            range(first, first + data.draw(st.sampled_from([0, 1, 250])))
        )
        puts = {place(number): Raw(b"%d" % step) for number in new if place(number) not in removes}
        shelf.change(str(step), puts, removes)
        shelf.check()


def test_what_changes_nothing_is_no_revision() -> None:
    shelf = Shelf()
    shelf.change("a", {place(1): Raw(b"1")}, set())

    assert revise(shelf.index, "b", shelf.read, {place(1): Raw(b"1")}, {place(2)}) is None
    assert revise(Index(), "", shelf.read, {}, {place(2)}) is None


def test_a_part_s_name_never_comes_back_although_what_is_in_it_does() -> None:
    """Whoever deletes what was replaced must not take away what somebody has just written."""
    shelf = Shelf()
    for version in ("a", "b", "c", "d"):
        shelf.change(version, {place(1): Raw(b"1")}, {place(2)})  # `change` looks at the names
        shelf.change(f"{version} too", {place(2): Raw(b"2")}, set())

    again = revise(Index(), "a", shelf.read, {place(1): Raw(b"1")}, set())
    assert again is not None
    assert again.parts.keys() <= shelf.parts.keys()  # but a write that is tried again makes the same


def test_a_change_writes_one_part_of_a_long_list() -> None:
    shelf = Shelf()
    shelf.change("a", {place(number): Raw(b"0") for number in range(5_000)}, set())
    shelf.reads = 0

    revision = revise(shelf.index, "b", shelf.read, {place(2_500): Raw(b"1")}, set())

    assert revision is not None
    assert (len(revision.parts), len(revision.index.replaced)) == (1, 1)


def test_a_list_made_anew_is_the_same_list() -> None:
    shelf = Shelf()
    shelf.change("a", {place(number): Raw(b"0") for number in range(470)}, set())

    made = build(shelf.rows(MAX_PAGE), "b")
    rows = [row for part in made.index.parts for row in msgspec.json.decode(made.parts[part.name], type=Part).rows]

    assert rows == shelf.rows(MAX_PAGE)
    assert made.index.months == shelf.index.months
    assert build([], "b").index == Index()


def test_a_cursor_goes_on_where_it_was_although_articles_have_come_and_gone() -> None:
    shelf = Shelf()
    shelf.change("a", {place(number): Raw(b"0") for number in range(300)}, set())
    _, after = find_page(shelf.index, shelf.read, None, 20)
    assert after == place(280)

    shelf.change("b", {place(number): Raw(b"0") for number in range(300, 500)}, {place(280), place(279)})
    page, _ = find_page(shelf.index, shelf.read, after, 20)

    assert [row.place for row in page] == [place(number) for number in range(278, 258, -1)]

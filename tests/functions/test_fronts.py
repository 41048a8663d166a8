"""The front page, sections and authors: what stands first, and how one goes on."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from msgspec.structs import replace

from shared.domain.blocks import Picture
from shared.domain.lists import cursor_of, place_of
from tests.functions.paper import URL, article, by
from tests.functions.site import (
    FULL,
    LISTS,
    PLAIN,
    ask,
    shown,
    text,
    titles,
    tree,
)


def test_the_front_page_begins_with_what_the_editors_put_there() -> None:
    pieces = [article(number) for number in range(6)]

    assert titles(shown("/", *pieces))[:3] == ["Piece 5", "Piece 4", "Piece 3"]
    chosen = replace(FULL, front=("piece-1", "gone", "piece-0"))
    page = shown("/", *pieces, paper=chosen)
    assert titles(page) == ["Piece 1", "Piece 0", "Piece 5", "Piece 4", "Piece 3", "Piece 2"]


def test_sections_stand_in_the_paper_s_order_and_others_behind() -> None:
    section = PLAIN.section
    pieces = [
        article(n, section=replace(section, slug=s, name=s.title())) for n, s in enumerate(["art", "city", "wit"])
    ]
    page = shown("/join", *pieces, paper=replace(FULL, sections=("wit", "city")))

    assert re.findall(r'<a href="/sections/([a-z]+)">', page) == ["wit", "city", "art"]


@pytest.mark.parametrize("path", ["/sections/city", "/authors/ada-moor"])
def test_a_long_list_goes_on_page_by_page_with_nothing_twice(path: str) -> None:
    pieces = [article(number) for number in range(45)]
    seen: list[str] = []
    query, pages = "", 0
    while True:
        page = shown(path, *pieces, query=query)
        seen += titles(page)
        pages += 1
        assert ("noindex" in page) is (pages > 1)
        found = re.search(rf'href="{path}\?(cursor=[^"]+)" rel="next"', page)
        if found is None:
            break
        query = found[1]
    assert pages == 3
    assert seen == [f"Piece {number}" for number in range(44, -1, -1)]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("cursor=x", 400),
        ("cursor=", 400),
        ("limit=3", 400),
        ("cursor=a&cursor=b", 400),
        (f"cursor={cursor_of(place_of(dt.datetime(1999, 1, 1, tzinfo=dt.UTC), 'a'))}", 404),
    ],
)
def test_an_odd_cursor_gets_a_page_that_says_so(query: str, status: int) -> None:
    answer = ask("/sections/city", PLAIN, query=query).answer

    assert answer.status == status
    assert answer.headers["content-type"].startswith("text/html")
    tree(answer.body)


def test_an_author_who_is_a_program_is_said_to_be_one() -> None:
    persona = replace(by("wren", "Wren"), kind="persona")
    for path in ("/authors/wren", "/articles/piece-1"):
        page = text(shown(path, replace(PLAIN, author=persona)))
        assert "AI persona" in page
        assert "Wren is an AI persona of The Quay, not a person." in page


def test_a_list_brings_pictures_in_the_width_that_fits() -> None:
    picture = Picture("/media/anonymous/a.png", "A boat", 1600, 900, "photograph", widths=(480,))
    image = next(tree(shown("/sections/city", replace(PLAIN, lead_picture=picture))).iter("img"))

    assert image.get("srcset") == "/media/anonymous/a-480w.png 480w, /media/anonymous/a.png 1600w"
    assert (image.get("alt"), image.get("loading")) == ("", "lazy")  # its title says as much, and is a link


def test_an_empty_paper_has_a_front_page() -> None:
    assert titles(shown("/")) == []


@pytest.mark.parametrize("path", LISTS)
def test_a_list_s_canonical_address_is_its_own(path: str) -> None:
    assert f'<link rel="canonical" href="{URL}{path}">' in shown(path, PLAIN)

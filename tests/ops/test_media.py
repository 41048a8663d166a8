"""Pictures and sounds that articles name: looked into, filled in, or refused with a cure."""

from __future__ import annotations

import datetime as dt
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.ops import media
from infra.ops.files import check_files
from infra.ops.markdown_out import to_markdown
from infra.ops.media import Media, UnusableMedia, find_copy, find_media
from shared.domain.articles import Article, Gate
from shared.domain.blocks import Audio, Image
from tests.ops.markdown_cases import GOOD
from tests.ops.media_files import (
    BADS,
    BARE,
    BELLS,
    FLAT,
    GOODS,
    HERE,
    QUAY,
    drawing,
    exif,
    mp3,
    picture,
    put,
    wav,
)
from tests.samples import raw_article

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


def look(folder: Path, name: str, content: bytes) -> Media:
    put(folder, f"/media/member/{name}", content)
    found = find_media(folder / "x.md", f"/media/member/{name}")
    assert found is not None
    return found


@pytest.mark.parametrize("good", GOODS.values(), ids=GOODS.keys())
def test_a_good_file_tells_its_facts(tmp_path: Path, good: tuple[str, bytes, dict[str, int]]) -> None:
    name, content, facts = good

    found = look(tmp_path, name, content)

    assert (found.facts, found.content_type) == (facts, media.TYPES[name[2:]])
    assert found.read() == content


def test_every_ending_of_the_table_is_tried() -> None:
    assert {name[2:] for name, _, _ in GOODS.values()} == set(media.TYPES)


@pytest.mark.parametrize("bad", BADS.values(), ids=BADS.keys())
def test_a_bad_file_is_refused_with_its_cure(tmp_path: Path, bad: tuple[str, bytes, str]) -> None:
    name, content, words = bad

    with pytest.raises(UnusableMedia, match=words) as refused:
        look(tmp_path, name, content)

    assert "export it" in str(refused.value)


@given(st.sampled_from(sorted(GOODS)), st.lists(st.tuples(st.integers(0, 6_000), st.integers(0, 255)), max_size=6))
def test_whatever_is_damaged_is_refused_in_words_or_read(kind: str, changes: list[tuple[int, int]]) -> None:
    name, content, _ = GOODS[kind]
    damaged = bytearray(content)
    for at, byte in changes:
        damaged[at % len(damaged)] = byte
    content_type = media.TYPES[name[2:]]
    look_into = media._picture_facts if content_type.startswith("image/") else media._sound_facts

    try:
        facts = look_into(bytes(damaged), content_type)
    except UnusableMedia:
        return
    assert all(fact >= 1 for fact in facts.values())


@pytest.mark.parametrize(("name", "size"), [("a.png", 20_000_001), ("a.wav", 200_000_001)])
def test_a_file_that_is_too_large_is_not_even_opened(tmp_path: Path, name: str, size: int) -> None:
    with put(tmp_path, f"/media/member/{name}", b"").open("wb") as sparse:
        sparse.truncate(size)

    with pytest.raises(UnusableMedia, match=f"{size // 1_000_000} MB are the most: export it smaller"):
        find_media(tmp_path / "x.md", f"/media/member/{name}")


def test_a_file_lies_beside_the_article_or_in_the_folder_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    articles = tmp_path / "articles"
    articles.mkdir()
    above = put(tmp_path, QUAY, picture("PNG"))
    monkeypatch.chdir(articles)

    found = find_media(Path("x.md"), QUAY)
    assert found is not None
    assert found.path == above
    beside = put(articles, QUAY, picture("PNG", 32))
    found = find_media(Path("x.md"), QUAY)
    assert found is not None
    assert (found.path, found.facts["width"]) == (beside, 32)
    assert find_media(Path("x.md"), BELLS) is None


def test_a_link_is_not_followed_and_a_folder_is_no_file(tmp_path: Path) -> None:
    put(tmp_path, "/elsewhere/quay.png", picture("PNG"))
    shelf = tmp_path / "media" / "anonymous"
    shelf.mkdir(parents=True)
    (shelf / "quay.png").symlink_to(tmp_path / "elsewhere" / "quay.png")
    (shelf / "loop.png").symlink_to(shelf / "loop.png")
    (shelf / "nowhere.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "media" / "member").symlink_to(tmp_path / "elsewhere")
    (shelf / "folder.png").mkdir()

    for src in (QUAY, "/media/anonymous/loop.png", "/media/anonymous/nowhere.png", "/media/member/quay.png"):
        with pytest.raises(UnusableMedia, match="put the file itself there"):
            find_media(tmp_path / "x.md", src)
    with pytest.raises(UnusableMedia, match="is not a file"):
        find_media(tmp_path / "x.md", "/media/anonymous/folder.png")


def test_a_paper_that_lies_behind_a_link_is_fine(tmp_path: Path) -> None:
    put(tmp_path / "paper", QUAY, picture("PNG"))
    (tmp_path / "link").symlink_to(tmp_path / "paper")

    assert find_media(tmp_path / "link" / "x.md", QUAY) is not None


@pytest.mark.parametrize(
    "src",
    ["/media/anonymous/../../key.png", "/media/../key.png", "/etc/key.png", "media/anonymous/a.png", "/media/x/a.png"],
)
def test_what_is_no_media_path_leads_to_no_file(tmp_path: Path, src: str) -> None:
    looked: list[str] = []

    def remember(src: str) -> Media | None:
        looked.append(src)
        return None

    document = {"body": [{"type": "image", "picture": {"src": src}}, {"type": "audio", "src": src}]}
    list(media.fill_in(document, remember))

    assert not looked
    assert check(tmp_path, GOOD.replace(QUAY, src))[0] is None


def test_a_bomb_of_text_in_a_png_does_not_fill_the_memory() -> None:
    chunk = b"zTXtk\0\0" + zlib.compress(bytes(100_000_000), 9)
    packed = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    png = picture("PNG")

    with pytest.raises(UnusableMedia):
        media._picture_facts(png[:33] + packed + png[33:], "image/png")


# Articles -----------------------------------------------------------------------------------------------------------


def check(folder: Path, text: str, name: str = "x.md") -> tuple[Article | None, list[str]]:
    """The article, or what is said of it without the folder."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    articles, problems = check_files([path], NOW)
    return (articles[0][1] if articles else None), [str(one).replace(f"{path}:", "") for one in problems]


def test_size_and_length_come_from_the_files(tmp_path: Path) -> None:
    put(tmp_path, QUAY, picture("PNG"))
    put(tmp_path, BELLS, mp3(12))
    portrait = BARE.replace(
        "  biography", f"  picture: {{src: {QUAY}, alt: Zoë, origin: photograph}}\n  biography"
    ).replace("tags:", f"lead_picture: {{src: {QUAY}, alt: A quay, origin: ai}}\ntags:")

    article, problems = check(tmp_path, portrait)

    assert not problems
    assert article is not None
    _, image, gate, _ = article.body
    assert isinstance(image, Image)
    assert isinstance(gate, Gate)
    assert isinstance(gate.blocks[0], Audio)
    assert gate.blocks[0].seconds == 12
    for one in (image.picture, article.lead_picture, article.author.picture):
        assert one is not None
        assert (one.width, one.height) == (64, 48)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("width: 1600", "width: 65"), [f"17: the file {QUAY} says width 64, not 65; write 64"]),
        (("height: 900", "height: 1"), [f"18: the file {QUAY} says height 48, not 1; write 48"]),
        (("    height: 900\n", ""), []),
        (("seconds: 30", "seconds: 14"), [f"39: the file {BELLS} says seconds 12, not 14; write 12"]),
        (("seconds: 30", "seconds: 13"), []),
        (("seconds: 30", "seconds: 11"), []),
        (("    width: 1600\n", "    width: wide\n"), [f"17: pictures.{QUAY}.width: is a whole number"]),
    ],
)
def test_what_is_written_of_a_file_must_be_so(tmp_path: Path, change: tuple[str, str], told: list[str]) -> None:
    put(tmp_path, QUAY, picture("PNG"))
    put(tmp_path, BELLS, mp3(12))
    text = GOOD.replace(*change)
    for right in (("width: 1600", "width: 64"), ("height: 900", "height: 48"), ("seconds: 30", "seconds: 12")):
        text = text.replace(*right)

    _, problems = check(tmp_path, text)

    assert [words[: len(told[i])] for i, words in enumerate(problems)] == told


def test_every_fault_of_the_files_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    put(tmp_path, QUAY, b"<html>")
    put(tmp_path, BELLS, wav(3))
    text = BARE.replace("kind: report", "kind: story") + f"\n![Again]({QUAY})\n"

    _, problems = check(tmp_path, text)

    assert [words.partition(";")[0] for words in problems] == [
        "4: kind: there is no “story”",
        f"16: {QUAY} is not a picture, or damaged",
        f"35: {BELLS} is audio/wav inside",
    ]


def test_a_file_that_is_not_at_hand_is_fine_when_everything_is_said_of_it(tmp_path: Path) -> None:
    assert check(tmp_path, GOOD)[1] == []


def json_with(block: dict[str, Any]) -> str:
    return json.dumps(raw_article(body=[block]))


IMAGE: Any = {"type": "image", "picture": {"src": QUAY, "alt": "Quay", "width": 64, "height": 48, "origin": "ai"}}
SOUND: Any = {"type": "audio", "src": "/media/anonymous/a.wav", "title": "A", "seconds": 3, "media_type": "audio/wav"}


@pytest.mark.parametrize(
    ("block", "told"),
    [
        (IMAGE, None),
        (IMAGE | {"picture": IMAGE["picture"] | {"width": 1}}, "body[0].picture.width: the file "),
        (SOUND, None),
        (SOUND | {"seconds": 9}, "body[0].seconds: the file /media/anonymous/a.wav says seconds 3, not 9; write 3"),
        (SOUND | {"media_type": "audio/ogg"}, "body[0].media_type: /media/anonymous/a.wav is audio/wav, not audio/ogg"),
        (SOUND | {"src": "/media/anonymous/a.flac"}, "body[0].src: /media/anonymous/a.flac is no sound"),
        (IMAGE | {"picture": IMAGE["picture"] | {"src": "/media/anonymous/a.svg"}}, "body[0].picture.src: "),
    ],
)
def test_a_document_in_json_must_say_what_its_files_say(tmp_path: Path, block: Any, told: str | None) -> None:
    put(tmp_path, QUAY, picture("PNG"))
    put(tmp_path, "/media/anonymous/a.wav", wav(3))

    _, problems = check(tmp_path, json_with(block), "x.json")

    assert [(told or "") in words for words in problems] == ([True] if told else [])


def test_one_name_for_two_pictures_is_a_problem_and_for_the_same_one_twice_is_not(tmp_path: Path) -> None:
    paths = [tmp_path / name / "x.json" for name in ("one", "same", "other")]
    for i, path in enumerate(paths):
        put(path.parent, QUAY, picture("PNG", 64, 48, compress_level=9 if path.parent.name == "other" else 1))
        path.write_text(json.dumps(raw_article(slug=f"piece-{i}", id=f"a-{i}", body=[IMAGE]), indent=1))

    _, problems = check_files(paths, NOW)

    [told] = problems
    assert told.path == paths[2]
    assert told.line is not None
    assert f"is another picture or sound beside {paths[0]}" in told.words


# Copies -------------------------------------------------------------------------------------------------------------

WIDE = 1600


def lead(folder: Path, src: str, content: bytes, said: str = "") -> tuple[Article | None, list[str]]:
    """An article with this lead picture at hand, and what is said of it."""
    put(folder, src, content)
    return check(folder, GOOD.replace("tags:", f"lead_picture: {{src: {src}, alt: A, origin: ai{said}}}\ntags:"))


def widths(article: Article | None) -> tuple[int, ...] | None:
    return article.lead_picture.widths if article and article.lead_picture else None


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.png", picture("PNG", WIDE, 900, compress_level=0), (480, 960, 1440)),
        ("a.jpg", picture("JPEG", WIDE, 900, quality=95), (480, 960, 1440)),
        ("a.jpeg", picture("JPEG", 1440, 900, quality=95), (480, 960)),
        ("a.webp", picture("WEBP", 961, 900, quality=95), (480, 960)),
        ("a.png", picture("PNG", 641, 400, compress_level=0), (480,)),
        ("a.png", picture("PNG", 640, 400), ()),
        ("a.gif", picture("GIF", WIDE, 900), ()),
        ("a.avif", picture("AVIF", WIDE, 900), ()),
        ("a.jpg", picture("MPO", WIDE, 900, quality=95, save_all=True, append_images=[FLAT]), (480, 960, 1440)),
        ("a.png", picture("PNG", WIDE, 900, save_all=True, append_images=[FLAT]), ()),
        ("a.webp", picture("WEBP", WIDE, 900, save_all=True, append_images=[FLAT]), ()),
        ("a.png", drawing(WIDE, 900, "I;16"), ()),
        ("a.jpg", picture("JPEG", 900, WIDE, quality=95, exif=exif(orientation=6)), (480, 960, 1440)),
    ],
)
def test_a_wide_picture_gets_narrower_copies(
    tmp_path: Path, name: str, content: bytes, expected: tuple[int, ...]
) -> None:
    article, told = lead(tmp_path, f"/media/anonymous/{name}", content)

    assert (widths(article), told) == (expected, [])


def test_a_copy_that_would_be_no_smaller_is_not_named(tmp_path: Path) -> None:
    article, _ = lead(tmp_path, QUAY, picture("PNG", WIDE, 900))

    assert widths(article) == (480, 960)


def test_what_is_fetched_is_what_was_published_with_and_without_the_files(tmp_path: Path) -> None:
    article, _ = lead(tmp_path, QUAY, picture("PNG", WIDE, 900))
    assert article is not None

    text = to_markdown(article)

    assert text is not None
    assert "  widths: [480, 960]\n" in text
    assert check(tmp_path, text)[0] == article
    (tmp_path / QUAY[1:]).unlink()
    assert check(tmp_path, text)[0] == article


@pytest.mark.parametrize(
    ("said", "expected"), [(", widths: []", ()), (", widths: [300]", (300,)), (", widths: [300, 1500]", (300, 1500))]
)
def test_what_an_article_says_of_its_copies_is_left_as_it_is(
    tmp_path: Path, said: str, expected: tuple[int, ...]
) -> None:
    article, told = lead(tmp_path, "/media/anonymous/a.png", picture("PNG", WIDE, 900), said)

    assert (widths(article), told) == (expected, [])


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (", widths: [960, 480]", "lead_picture: `widths` go from the narrowest copy to the widest"),
        (", widths: [480, 1600]", "lead_picture: `widths` are those of narrower copies: take out what is not below"),
        (", widths: [wide]", "lead_picture.widths[0]: is a whole number, not “wide”"),
        (", widths: 480", "lead_picture.widths: is a list"),
    ],
)
def test_widths_that_cannot_be_are_told_once_with_their_line(tmp_path: Path, said: str, words: str) -> None:
    _, told = lead(tmp_path, "/media/anonymous/a.png", picture("PNG", WIDE, 900), said)

    assert [one.startswith(f"14: {words}") for one in told] == [True], told


def test_a_document_in_json_gets_its_copies_too_unless_it_says_them(tmp_path: Path) -> None:
    put(tmp_path, QUAY, picture("PNG", WIDE, 900, compress_level=0))
    wide = IMAGE["picture"] | {"width": WIDE, "height": 900}

    for said, expected in (({}, (480, 960, 1440)), ({"widths": []}, ()), ({"widths": [7]}, (7,))):
        article, told = check(tmp_path, json_with(IMAGE | {"picture": wide | said}), "x.json")
        assert not told
        assert article is not None
        assert isinstance(article.body[0], Image)
        assert article.body[0].picture.widths == expected


def test_a_copy_made_by_hand_wins_whatever_its_size(tmp_path: Path) -> None:
    by_hand = put(tmp_path, "/media/anonymous/quay-480w.png", picture("PNG", 480, 300, compress_level=0))
    heavy = put(tmp_path, "/media/anonymous/quay-1440w.png", picture("PNG", 1440, 810, compress_level=0))

    article, told = lead(tmp_path, QUAY, picture("PNG", WIDE, 900))

    assert (widths(article), told) == ((480, 960, 1440), [])
    for width, path in ((480, by_hand), (1440, heavy)):
        found = find_copy(tmp_path / "x.md", QUAY, width)
        assert found is not None
        assert found.read() == path.read_bytes()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (picture("PNG", 500, 300), "is 500 pixels wide, not 480; export it so, or delete it"),
        (b"<html>", "is not a picture, or damaged; export it again"),
        (picture("PNG", 480, 300, exif=exif(gps=HERE)), "says where it was taken"),
    ],
)
def test_a_bad_copy_made_by_hand_is_named_at_its_picture(tmp_path: Path, content: bytes, words: str) -> None:
    put(tmp_path, "/media/anonymous/quay-480w.png", content)

    _, told = lead(tmp_path, QUAY, picture("PNG", WIDE, 900))

    assert [one.startswith(f"14: /media/anonymous/quay-480w.png {words}") for one in told] == [True], told

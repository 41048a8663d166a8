"""The files that a paper is configured by: every fault with its line, and what they leave to the pictures at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.ops.files import at_hand
from infra.ops.paper_file import Sheet, read_sheet
from infra.ops.uploading import upload_files
from tests.ops.media_files import picture, put, wav
from tests.samples import SAMPLE
from tests.twins import MemoryMedia, MemoryPurge

LOGO, ICON, DARK = (f"/media/anonymous/{name}.png" for name in ("logo", "icon", "dark"))


def sheet_of(folder: Path, text: str | bytes | dict[str, Any], process: str | None = None) -> Sheet:
    file, page = folder / "paper.json", folder / "process.md"
    raw = json.dumps(text, indent=2) if isinstance(text, dict) else text
    file.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    if process is not None:
        page.write_text(process, encoding="utf-8")
    return read_sheet(file, page if process is not None else None)


def told(sheet: Sheet, folder: Path) -> list[str]:
    return [str(problem).removeprefix(f"{folder}/") for problem in sheet.problems]


def test_the_sample_paper_is_fine() -> None:
    assert read_sheet(SAMPLE / "paper.json", None).problems == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n "name": "A",\n "fron": []\n}', "paper.json:3: fron: there is no such field; write `front`"),
        ('{"links":[\n {"label": "a", "href": "/a"},\n {"label": "a",\n "href": "a"}]}', "paper.json:4: links[1].href"),
        ('{"texts": {\n "skipp": "a"}}', "paper.json:2: texts.skipp: there is no such text; write `skip`"),
        ('{\n\t"process": [\n\t\t{"type": "gate"}\n\t]}', "paper.json:3: process[0]: this page is for everyone"),
        ('{"name": "A"', "paper.json: Not JSON: Expecting ',' delimiter in line 1, column 13"),
        ('{"name": "A", "name": "B"}', "paper.json: The member “name” stands twice"),
        ("[]", "paper.json: The document is no JSON object"),
        (b'{"name": "\xff"}', "paper.json: Not UTF-8 from byte 10 on"),
        ('{"icon": "/media/anonymous/icon.svg"}', "paper.json:1: icon: /media/anonymous/icon.svg is no picture"),
        ('{"logo": 5}', "paper.json:1: logo: it has to be `src`"),
        ('{"logo": {"src": 5}}', "paper.json:1: logo.src: expected `str`, got `int`"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    (problem,) = told(sheet_of(tmp_path, text), tmp_path)

    assert problem.startswith(said)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    sheet = read_sheet(tmp_path / "paper.json", tmp_path / "process.md")

    assert told(sheet, tmp_path) == [
        "paper.json: cannot be read: No such file or directory",
        "process.md: cannot be read: No such file or directory",
    ]


def test_a_byte_order_mark_is_fine(tmp_path: Path) -> None:
    assert sheet_of(tmp_path, b'\xef\xbb\xbf{"name": "A"}').given == {"name": "A"}


def test_a_logo_s_size_comes_from_the_file_and_a_wrong_one_is_told(tmp_path: Path) -> None:
    put(tmp_path, LOGO, picture("PNG"))

    good = sheet_of(tmp_path, {"logo": {"src": LOGO, "height": 48}})
    bad = sheet_of(tmp_path, {"logo": {"src": LOGO, "width": 65}})

    assert (good.problems, good.given["logo"]) == ([], {"src": LOGO, "width": 64, "height": 48})
    assert told(bad, tmp_path) == [f"paper.json:4: logo.width: the file {LOGO} says 64, not 65; write 64"]


def test_a_logo_that_is_not_at_hand_has_to_say_its_size(tmp_path: Path) -> None:
    (problem,) = told(sheet_of(tmp_path, {"logo": {"src": LOGO}}), tmp_path)

    assert problem.startswith("paper.json:2: logo: it has to be `src`, `width` and `height` of a picture")


def test_a_file_that_is_no_picture_is_told(tmp_path: Path) -> None:
    put(tmp_path, ICON, b"<svg/>")

    assert "is not a picture" in told(sheet_of(tmp_path, {"icon": ICON}), tmp_path)[0]


def test_pictures_at_hand_are_uploaded_and_others_have_to_be_there(tmp_path: Path) -> None:
    for src in (LOGO, ICON):
        put(tmp_path, src, picture("PNG"))
    put(tmp_path, "/media/anonymous/bells.wav", wav(3))
    logo = {"src": LOGO, "dark": DARK}
    page = "::: audio /media/anonymous/bells.wav\ntitle: Bells\n:::\n"
    sheet = sheet_of(tmp_path, {"logo": logo, "icon": ICON}, page)
    shelf = MemoryMedia()

    problems = upload_files(*at_hand(sheet.files()), shelf, MemoryPurge(), "test", lambda *_: None)
    assert [problem.words for problem in problems] == [
        f"{DARK} is neither at hand nor in the media bucket; put the file at {DARK[1:]} beside this one"
    ]
    assert shelf.files == {}

    shelf.put(DARK, b"", "image/png", "")
    assert upload_files(*at_hand(sheet.files()), shelf, MemoryPurge(), "test", lambda *_: None) == []
    assert set(shelf.files) == {LOGO, ICON, DARK, "/media/anonymous/bells.wav"}
    assert sheet.given["process"][0]["seconds"] == 3


def test_the_process_page_is_markdown_and_goes_before_the_one_in_the_file(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, {"process": [{"type": "rule"}]}, "\ufeff## Who\r\n\r\nWe *ask*.\r\n\r\n- a\r\n- b\r\n")

    assert sheet.problems == []
    assert sheet.given["process"] == [
        {"type": "heading", "text": "Who", "level": 2},
        {"type": "paragraph", "html": "We <em>ask</em>."},
        {"type": "list", "items": ["a", "b"], "ordered": False},
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "process.md:1: there is no text; write it here"),
        ("A\n\n# B", "process.md:3: headings in a text have two levels"),
        ("A\n\n![Quay](/media/anonymous/quay.png)", "process.md:3: a picture has to say how it was made"),
        ("A\n\n<b>", "process.md:3: an article cannot hold HTML"),
        ("A\n\n::: gate member x\nteaser: a\naction: b -> /c\n---\nB\n:::", "process.md:3: this page is for everyone"),
        ("A\n\n[b](javascript:c)", "process.md:3: "),
        ("::: audio /media/member/a.mp3\ntitle: A\nseconds: 3\n:::", "process.md:1: /media/member/a.mp3 is seen by"),
    ],
)
def test_what_a_process_page_cannot_hold_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    (problem,) = told(sheet_of(tmp_path, "{}", text), tmp_path)

    assert problem.startswith(said)

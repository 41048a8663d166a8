"""The files that articles name are uploaded before them, each once; what one replaces is purged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.ops.files import check_files
from infra.ops.media import Media, UnusableMedia
from infra.ops.uploading import hold_back_media, upload_media
from tests.ops.markdown_cases import GOOD
from tests.ops.media_files import BARE, BELLS, HERE, QUAY, drawing, exif, mp3, picture, put
from tests.twins import MemoryMedia, MemoryPurge, MemoryWaitingMedia

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


@pytest.fixture
def piece(tmp_path: Path) -> Path:
    """An article with its picture and its sound at hand."""
    put(tmp_path, QUAY, picture("PNG"))
    put(tmp_path, BELLS, mp3(12))
    (tmp_path / "x.md").write_text(BARE, encoding="utf-8")
    return tmp_path / "x.md"


def upload(
    *paths: Path, shelf: MemoryMedia, purge: MemoryPurge, then: Callable[[], object] = lambda: None
) -> tuple[list[str], list[str]]:
    """What was reported, and what is wrong; `then` happens between the check and the upload."""
    articles, problems = check_files(paths, NOW)
    assert not problems
    reported: list[str] = []
    then()
    wrong = upload_media(articles, shelf, purge, "test", lambda src, what: reported.append(f"{what} {src}"))
    return reported, [str(one) for one in wrong]


def test_a_file_is_uploaded_once_and_again_when_it_has_changed(piece: Path) -> None:
    shelf, purge = MemoryMedia(), MemoryPurge()
    folder = piece.parent

    assert upload(piece, shelf=shelf, purge=purge)[0] == [f"new {QUAY}", f"new {BELLS}"]
    assert upload(piece, shelf=shelf, purge=purge)[0] == []
    assert not purge.asked
    other = put(folder, QUAY, picture("PNG", 32, 32)).read_bytes()
    assert upload(piece, shelf=shelf, purge=purge)[0] == [f"changed {QUAY}"]
    assert list(purge.asked.values()) == [(QUAY,)]
    assert upload(piece, shelf=shelf, purge=purge)[0] == []
    assert shelf.files[QUAY][:2] == (other, "image/png")
    assert shelf.files[BELLS][1] == "audio/mpeg"


def test_a_file_that_several_articles_name_is_uploaded_once(piece: Path) -> None:
    twin = piece.with_name("y.md")
    twin.write_text(BARE.replace("a-crossing", "another").replace("a-77", "a-78"), encoding="utf-8")
    shelf = MemoryMedia()

    upload(piece, twin, shelf=shelf, purge=MemoryPurge())

    assert [src for src, _ in shelf.puts] == [QUAY, BELLS]


def test_what_is_neither_at_hand_nor_there_is_named_and_nothing_is_uploaded(piece: Path) -> None:
    piece.write_text(GOOD.replace("    width: 1600\n    height: 900\n", ""), encoding="utf-8")
    (piece.parent / BELLS[1:]).unlink()
    shelf = MemoryMedia()

    _, wrong = upload(piece, shelf=shelf, purge=MemoryPurge())

    assert wrong == [
        f"{piece}:35: {BELLS} is neither at hand nor in the media bucket; put the file at {BELLS[1:]} beside this one"
    ]
    assert not shelf.puts
    shelf.put(BELLS, b"there", "audio/mpeg", "")
    assert upload(piece, shelf=shelf, purge=MemoryPurge()) == ([f"new {QUAY}"], [])


def test_a_file_that_changes_after_the_check_is_not_uploaded(piece: Path) -> None:
    shelf = MemoryMedia()

    def tamper() -> None:
        put(piece.parent, QUAY, picture("JPEG", exif=exif(gps=HERE)))

    reported, wrong = upload(piece, shelf=shelf, purge=MemoryPurge(), then=tamper)

    assert (reported, len(wrong), shelf.puts) == ([], 1, [])
    with pytest.raises(UnusableMedia, match="has been changed while it was published"):
        Media(piece, "image/png", "0" * 64, {}).read()


class Unplugged(MemoryPurge):
    def paths(self, paths: tuple[str, ...], reference: str) -> str:
        raise KeyboardInterrupt


def test_a_run_that_was_cut_off_before_the_purge_is_completed_by_the_next(piece: Path) -> None:
    shelf, purge = MemoryMedia(), MemoryPurge()
    upload(piece, shelf=shelf, purge=purge)
    put(piece.parent, QUAY, picture("PNG", 32, 32))

    with pytest.raises(KeyboardInterrupt):
        upload(piece, shelf=shelf, purge=Unplugged())
    again, _ = upload(piece, shelf=shelf, purge=purge)

    assert again == [f"changed {QUAY}"]
    assert list(purge.asked.values()) == [(QUAY,)]


def hold_back(path: Path, media: MemoryMedia, waiting: MemoryWaitingMedia) -> tuple[list[str], list[str]]:
    articles, problems = check_files([path], NOW)
    assert not problems
    reported: list[str] = []
    wrong = hold_back_media(articles, media, waiting, lambda src, what: reported.append(f"{what} {src}"))
    return reported, [str(one) for one in wrong]


def test_the_files_of_an_article_to_come_wait_where_nobody_can_fetch_them(piece: Path) -> None:
    media = MemoryMedia()
    waiting = MemoryWaitingMedia(media)

    assert hold_back(piece, media, waiting) == ([f"waiting {QUAY}", f"waiting {BELLS}"], [])

    assert not media.files
    assert waiting.files.keys() == {QUAY, BELLS}
    assert hold_back(piece, media, waiting) == ([], [])
    put(piece.parent, QUAY, picture("PNG", 32, 32))
    assert hold_back(piece, media, waiting) == ([f"waiting {QUAY}"], [])


def test_a_file_that_readers_have_already_does_not_wait(piece: Path) -> None:
    media = MemoryMedia()
    upload(piece, shelf=media, purge=MemoryPurge())
    waiting = MemoryWaitingMedia(media)

    assert hold_back(piece, media, waiting) == ([], [])

    assert not waiting.files


def test_what_is_neither_at_hand_nor_waits_nor_is_there_is_named(piece: Path) -> None:
    piece.write_text(GOOD.replace("    width: 1600\n    height: 900\n", ""), encoding="utf-8")
    (piece.parent / BELLS[1:]).unlink()
    media = MemoryMedia()
    waiting = MemoryWaitingMedia(media)

    _, wrong = hold_back(piece, media, waiting)

    assert len(wrong) == 1
    assert "neither at hand nor in the media bucket" in wrong[0]
    assert not waiting.puts
    waiting.put(BELLS, b"there", "audio/mpeg", "")
    assert hold_back(piece, media, waiting) == ([f"waiting {QUAY}"], [])


# Copies -------------------------------------------------------------------------------------------------------------

CHART = "/media/member/chart.png"
COPIES = ["/media/member/chart-480w.png", "/media/member/chart-960w.png", "/media/member/chart-1440w.png"]


@pytest.fixture
def charted(tmp_path: Path) -> Path:
    """An article with a wide picture behind its gate."""
    put(tmp_path, QUAY, picture("PNG"))
    put(tmp_path, CHART, drawing(1600, 900, "P"))
    text = BARE.replace("pictures:\n", f"pictures:\n  {CHART}: {{origin: chart}}\n")
    sound = text[text.index("::: audio") : text.index("Behind")]
    (tmp_path / "x.md").write_text(text.replace(sound, f"![Figures]({CHART})\n\n"), encoding="utf-8")
    return tmp_path / "x.md"


def test_copies_are_uploaded_beside_their_picture_and_once(charted: Path) -> None:
    shelf, purge = MemoryMedia(), MemoryPurge()

    assert upload(charted, shelf=shelf, purge=purge)[0] == [f"new {src}" for src in (QUAY, CHART, *COPIES)]
    assert upload(charted, shelf=shelf, purge=purge)[0] == []

    sizes = [len(shelf.files[src][0]) for src in (*COPIES, CHART)]
    assert sizes == sorted(sizes)
    assert {shelf.files[src][1] for src in COPIES} == {"image/png"}
    assert not purge.asked


def test_a_gated_picture_s_copies_lie_in_its_gated_folder_and_nowhere_else(charted: Path) -> None:
    shelf = MemoryMedia()

    upload(charted, shelf=shelf, purge=MemoryPurge())

    assert [src for src in shelf.files if not src.startswith("/media/member/")] == [QUAY]


def test_copies_of_a_picture_that_has_changed_are_replaced_and_purged(charted: Path) -> None:
    shelf, purge = MemoryMedia(), MemoryPurge()
    upload(charted, shelf=shelf, purge=purge)
    before = {src: shelf.files[src][0] for src in COPIES}
    put(charted.parent, CHART, drawing(1600, 800, "P"))

    assert upload(charted, shelf=shelf, purge=purge)[0] == [f"changed {src}" for src in (CHART, *COPIES)]

    assert all(shelf.files[src][0] != content for src, content in before.items())
    assert list(purge.asked.values()) == [(src,) for src in (CHART, *COPIES)]


def test_a_copy_made_by_hand_is_uploaded_as_it_is(charted: Path) -> None:
    shelf = MemoryMedia()
    upload(charted, shelf=shelf, purge=MemoryPurge())
    by_hand = put(charted.parent, COPIES[0], drawing(480, 270, "RGB")).read_bytes()

    assert upload(charted, shelf=shelf, purge=MemoryPurge())[0] == [f"changed {COPIES[0]}"]

    assert shelf.files[COPIES[0]][0] == by_hand


def test_copies_of_an_article_to_come_wait_with_their_picture(charted: Path) -> None:
    media = MemoryMedia()
    waiting = MemoryWaitingMedia(media)

    assert hold_back(charted, media, waiting) == ([f"waiting {src}" for src in (QUAY, CHART, *COPIES)], [])

    assert not media.files
    assert hold_back(charted, media, waiting) == ([], [])


def test_a_copy_that_is_nowhere_and_cannot_be_made_is_named_at_its_picture(charted: Path) -> None:
    facts = "{origin: chart, width: 1600, height: 900, widths: [480]}"
    charted.write_text(charted.read_text(encoding="utf-8").replace("{origin: chart}", facts), encoding="utf-8")
    (charted.parent / CHART[1:]).unlink()
    shelf = MemoryMedia()
    shelf.put(CHART, b"there", "image/png", "")

    _, wrong = upload(charted, shelf=shelf, purge=MemoryPurge())

    assert wrong == [
        f"{charted}:16: {COPIES[0]} is neither at hand nor in the media bucket; put the file at {COPIES[0][1:]} "
        f"beside this one"
    ]
    shelf.put(COPIES[0], b"there", "image/png", "")
    assert upload(charted, shelf=shelf, purge=MemoryPurge()) == ([f"new {QUAY}"], [])

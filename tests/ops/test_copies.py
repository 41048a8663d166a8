"""Narrower copies of pictures: the same picture, upright, and nothing that it says of itself but its colours."""

from __future__ import annotations

import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from infra.ops import media
from infra.ops.copies import make_copies
from infra.ops.media import UnusableMedia, find_copy
from tests.ops.media_files import QUAY, drawing, exif, is_red, picture, put, quarters

WIDE = 1600


def made(folder: Path, src: str, content: bytes, width: int = 480) -> tuple[bytes, Image.Image]:
    put(folder, src, content)
    copy = find_copy(folder / "x.md", src, width)
    assert copy is not None
    assert copy.content_type == media.TYPES[src.rpartition(".")[2]]
    bytes_of_it = copy.read()
    found = Image.open(io.BytesIO(bytes_of_it))
    found.load()
    return bytes_of_it, found


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_copy_is_the_picture_narrower_upright_and_says_nothing_but_its_colours(tmp_path: Path, form: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    told = {"exif": exif(orientation=6), "icc_profile": profile, "comment": b"by a person"}
    upright = quarters(900, 1600, form, **told)

    content, copy = made(tmp_path, f"/media/anonymous/a.{form.lower()}", upright)

    assert (copy.format, copy.size) == (form, (480, 270))
    assert copy.info["icc_profile"] == profile
    assert not dict(copy.getexif())
    assert "comment" not in copy.info
    assert b"by a person" not in content
    assert is_red(copy, 470, 10)  # what lay at the left above lies at the right above
    assert not is_red(copy, 10, 10)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_a_copy_can_be_made_of_every_kind_of_colours(tmp_path: Path, mode: str) -> None:
    form = "jpg" if mode == "CMYK" else "png"

    _, copy = made(tmp_path, f"/media/anonymous/a.{form}", drawing(WIDE, 900, mode))

    assert copy.mode == {"1": "L"}.get(mode, mode)
    assert copy.size == (480, 270)


def test_what_can_be_seen_through_can_be_seen_through_in_a_copy(tmp_path: Path) -> None:
    _, copy = made(tmp_path, QUAY, drawing(WIDE, 900, "P", transparency=0))

    assert copy.mode == "RGBA"
    assert copy.getchannel("A").getextrema() == (0, 255)


def test_a_copy_of_flat_shapes_has_the_colours_of_its_picture(tmp_path: Path) -> None:
    content, copy = made(tmp_path, QUAY, drawing(WIDE, 900, "P"))

    with Image.open(tmp_path / QUAY[1:]) as original:
        colours = original.convert("RGB").getcolors()
        assert {one for _, one in copy.convert("RGB").getcolors() or ()} <= {one for _, one in colours or ()}
    assert len(content) < (tmp_path / QUAY[1:]).stat().st_size


def test_a_line_keeps_its_height_in_a_copy(tmp_path: Path) -> None:
    assert made(tmp_path, QUAY, picture("PNG", WIDE, 1))[1].size == (480, 1)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
def test_a_copy_is_the_same_each_time_it_is_made(name: str) -> None:
    content = picture({"a.png": "PNG", "a.jpg": "JPEG", "a.webp": "WEBP"}[name], WIDE, 900)

    assert make_copies(content, (480, 960)) == make_copies(content, (480, 960))
    assert make_copies(content, (480, 960))[480] == make_copies(content, (480, 960, 1440))[480]


@given(
    st.sampled_from(["PNG", "JPEG", "WEBP"]),
    st.lists(st.tuples(st.integers(0, 6_000), st.integers(0, 255)), max_size=6),
)
def test_copies_of_a_damaged_picture_are_refused_in_words_or_made(form: str, changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(picture(form, exif=exif(orientation=3)))
    for at, byte in changes:
        damaged[at % len(damaged)] = byte
    with TemporaryDirectory() as folder:
        put(Path(folder), f"/media/anonymous/a.{form.lower()}", bytes(damaged))
        try:
            copy = find_copy(Path(folder) / "x.md", f"/media/anonymous/a.{form.lower()}", 20)
            assert copy is None or copy.read()
        except UnusableMedia:
            pass

"""Making narrower copies of pictures, for phones. The same picture gives the same bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from PIL import Image

RECIPE: Final = 1  # counted up when copies are made in another way, so that those that lie there are replaced

# Not GIF, which mostly moves, and not AVIF, which is slow to write and small as it is.
COPIED: Final = ("image/png", "image/jpeg", "image/webp")
_FORMATS: Final = ("PNG", "JPEG", "WEBP")
_SAVED: Final[dict[str, dict[str, Any]]] = {
    "PNG": {"format": "PNG"},
    "JPEG": {"format": "JPEG", "quality": 82, "optimize": True, "progressive": True},
    "WEBP": {"format": "WEBP", "quality": 82},
}
ORIENTATION: Final = 0x0112  # EXIF 2.32, 4.6.4
ON_ITS_SIDE: Final = (5, 6, 7, 8)
_SAVED["MPO"] = _SAVED["JPEG"]  # several photographs in a JPEG: the first is what browsers show
_MODES: Final = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK")


def has_copies(content: bytes) -> bool:
    """Whether copies can be made of this picture, a `COPIED` one that has been looked into. Not when it moves."""
    from PIL import Image

    with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
        is_moving = picture.format != "MPO" and getattr(picture, "is_animated", False)
        return picture.mode in _MODES and not is_moving


def make_copies(content: bytes, widths: Sequence[int]) -> dict[int, bytes]:
    """Copies of these widths (pixels) of a picture that `has_copies`, in its own format and upright.

    They keep its colour profile and nothing else that it says of itself.
    """
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
        saved = dict(_SAVED[str(picture.format)])
        if profile := picture.info.get("icc_profile"):
            saved["icc_profile"] = profile
        upright = ImageOps.exif_transpose(_decoded(picture, max(widths)))
    inks = upright if upright.mode == "P" and "transparency" not in upright.info else None
    smooth = _smooth(upright)
    smooth.info = {}  # of which a writer takes what it finds, comments too
    copies = {}
    for width in widths:
        height = max(1, round(upright.height * width / upright.width))
        made = smooth.resize((width, height), Image.Resampling.LANCZOS)
        if inks is not None:  # flat shapes: in more colours than they were made of, a copy outweighs them
            made = made.quantize(palette=inks, dither=Image.Dither.NONE)
        out = io.BytesIO()
        made.save(out, **saved)
        copies[width] = out.getvalue()
    return copies


def _decoded(picture: Image.Image, width: int) -> Image.Image:
    """The picture with its pixels; of a JPEG no more than are needed, twice the copy's at least."""
    is_on_its_side = picture.getexif().get(ORIENTATION) in ON_ITS_SIDE
    share = 2 * width / picture.size[is_on_its_side]
    picture.draft(None, (round(picture.width * share), round(picture.height * share)))
    picture.load()
    return picture


def _smooth(picture: Image.Image) -> Image.Image:
    """The picture in colours that can be mixed."""
    if "transparency" in picture.info:
        return picture.convert("RGBA")
    return picture.convert({"1": "L", "P": "RGB"}.get(picture.mode, picture.mode))

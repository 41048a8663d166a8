"""The pictures and sounds that articles name: what may be one, where its file lies, and what a look into it tells."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import struct
import warnings
import zlib
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from infra.ops.copies import COPIED, ON_ITS_SIDE, ORIENTATION, RECIPE, has_copies, make_copies
from shared.domain.blocks import copy_path
from shared.domain.text import MediaPath

# What may be uploaded, by its ending, and the type it is served as, whatever a file may say of itself. SVG is not among
# them: it can hold scripts.
TYPES: Final[Mapping[str, str]] = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "mp4": "audio/mp4",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
}
MAX_BYTES: Final = {"image": 20_000_000, "audio": 200_000_000}
MAX_PIXELS: Final = 64_000_000  # what the largest cameras make; a few bytes may claim a thousand times as many
COPIES: Final = (480, 960, 1440)  # pixels; the widths of the copies that a picture gets by itself
COPIED_ABOVE: Final = 640  # pixels; a narrower picture is small enough for a phone

_FACTS: Final = {"image": ("width", "height"), "audio": ("seconds",)}
_CALLED: Final = {"image": "picture", "audio": "sound"}
_CURES: Final = {"image": "export it as PNG or WebP", "audio": "export it as MP3"}
_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP", "AVIF")
_POSITION: Final = (2, 4, 20, 22)  # EXIF 2.32, 4.6.6: GPSLatitude, GPSLongitude, and the same of the destination
# What Pillow raises for bytes that are not what they ought to be: it has no class of its own for them.
_DAMAGED: Final = (
    *(OSError, EOFError, ValueError, LookupError, TypeError, ArithmeticError, SyntaxError),
    *(RuntimeError, AttributeError, AssertionError, struct.error, zlib.error),
)


class UnusableMedia(Exception):
    """A file that may not be published. It says what is wrong, and the cure."""


@dataclass(frozen=True)
class Media:
    """A file that was looked into; `facts` are what an article says of it: width and height in pixels, or seconds."""

    path: Path
    content_type: str
    digest: str
    facts: Mapping[str, int] = field(hash=False)

    def read(self) -> bytes:
        """Its bytes, the ones that were looked into. Raises UnusableMedia when they are others by now."""
        content = _bytes(self.path)
        if _digest(content) != self.digest:
            raise UnusableMedia("has been changed while it was published; run it again")
        return content


@dataclass(frozen=True)
class Copy(Media):
    """A narrower copy of a picture, made when it is wanted: its digest says of what and how it is made, so that it can
    be compared with what lies in the bucket before."""

    original: Media

    def read(self) -> bytes:
        return _made(self.original, self.facts["width"])


Look: TypeAlias = Callable[[str], Media | None]
"""What lies at hand of the file with this media path; None when nothing does. Raises UnusableMedia."""


def find_media(article: Path, src: str) -> Media | None:
    """What lies at hand of a file that the article in the file `article` names: in `media/<tier>/` beside that, or in
    the folder above. None when nothing does. Raises UnusableMedia."""
    here = article.absolute().parent
    for folder in (here, here.parent):
        path = folder / src.removeprefix("/")
        if not os.path.lexists(path):
            continue
        found = path.lstat()
        # A link could lead to any file of this machine, or a gated one's folder to what is for everyone.
        if stat.S_ISLNK(found.st_mode) or path.resolve() != folder.resolve() / src.removeprefix("/"):
            raise UnusableMedia("is a link, or lies in a folder that is one; put the file itself there")
        if not stat.S_ISREG(found.st_mode):
            raise UnusableMedia("is not a file; put the file itself there")
        return _look_into(path, found.st_size, found.st_mtime_ns)
    return None


def find_copy(article: Path, src: str, width: int) -> Media | None:
    """The copy of that width of the picture `src`: the file that somebody has made by hand, else one that is made of
    the picture at hand. None when there is neither. Raises UnusableMedia."""
    if (by_hand := find_media(article, copy_path(src, width))) is not None:
        if (wide := by_hand.facts["width"]) != width:
            raise UnusableMedia(f"is {wide} pixels wide, not {width}; export it so, or delete it and it is made")
        return by_hand
    original = find_media(article, src)
    if original is None or not _has_copies(original):
        return None
    digest = _digest(f"{original.digest} {width} {RECIPE}".encode())
    return Copy(original.path, original.content_type, digest, {"width": width}, original)


def fill_in(document: dict[str, Any], look: Look, written: Container[str] = ()) -> Iterator[tuple[str, str]]:
    """Write into the document what it leaves out of its pictures and sounds, from the files at hand.

    Gives what is wrong with them, each with its place. `written` are the places where something stood, if only
    something that could not be read and has been told. A fact that stays unknown becomes a 1, so that nothing which
    checks the document later tells it a second time. A picture at hand gets the widths of its copies, unless the
    document says them.
    """
    for place, named in _named(document):
        kind = "audio" if named.get("type") == "audio" else "image"
        src = named.get("src", "")
        media, problems = looked_at(src, kind, named, look)
        missing = [name for name in _FACTS[kind] if name not in named]
        is_told = bool(problems) or not _is_media_path(src) or any(f"{place}.{name}" in written for name in missing)
        if media is None and missing and not is_told:
            wanted = " and ".join(f"`{name}:`" for name in missing)
            problems.append((missing[0], f"put the file at {src[1:]} beside this one, or write {wanted}"))
        for name in _FACTS[kind]:
            fact = media.facts[name] if media else 1
            given = named.setdefault(name, fact)
            # How players round the length of a sound is their own matter.
            if media and abs(given - fact) > (1 if name == "seconds" else 0):
                problems.append((name, f"the file {src} says {name} {fact}, not {given}; write {fact}"))
        if kind == "image" and media and "widths" not in named and f"{place}.widths" not in written:
            try:
                named["widths"] = _worthwhile(src, media, look)
            except UnusableMedia as unusable:
                problems.append(("src", f"{src} {unusable}"))
        yield from ((f"{place}.{name}", words) for name, words in problems)


def looked_at(src: Any, kind: str, named: Mapping[str, Any], look: Look) -> tuple[Media | None, list[tuple[str, str]]]:
    """What is at hand of a file that is named as a picture or a sound, and what is wrong with it."""
    if not _is_media_path(src):
        return None, []  # which is told by whoever checks the document, and leads nowhere here
    content_type = TYPES.get(src.rpartition(".")[2], "")
    if not content_type.startswith(kind):
        endings = ", ".join(f".{ending}" for ending, of in TYPES.items() if of.startswith(kind))
        words = f"{src} is no {_CALLED[kind]} that can be published ({endings}); {_CURES[kind]}"
        return None, [("src", words)]
    if kind == "audio" and (said := named.get("media_type", "audio/mpeg")) != content_type:
        return None, [("media_type", f"{src} is {content_type}, not {said}; write {content_type}")]
    try:
        return look(src), []
    except UnusableMedia as unusable:
        return None, [("src", f"{src} {unusable}")]


def _worthwhile(src: str, media: Media, look: Look) -> list[int]:
    """The widths of the copies that this picture gets: those made by hand, and those smaller in bytes than it is.
    Raises UnusableMedia."""
    width = media.facts["width"]
    if width <= COPIED_ABOVE or not _is_media_path(copy_path(src, COPIES[-1])):
        return []
    usual = [one for one in COPIES if one < width]
    by_hand = {one for one in usual if _is_at_hand(copy_path(src, one), look)}
    if not _has_copies(media):
        return sorted(by_hand)
    size = len(media.read())
    return [one for one in usual if one in by_hand or len(_made(media, one)) < size]


def _is_at_hand(src: str, look: Look) -> bool:
    try:
        return look(src) is not None
    except UnusableMedia:
        return True  # and is told with its own name by whoever looks at it as a file of the article


def _is_media_path(src: str) -> bool:
    try:
        msgspec.convert(src, MediaPath)
    except msgspec.ValidationError:
        return False
    return True


def _named(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The place of each picture and sound, and what the document says of it."""
    author = document.get("author")
    portrait = author.get("picture") if isinstance(author, dict) else None
    for place, picture in (("lead_picture", document.get("lead_picture")), ("author.picture", portrait)):
        if isinstance(picture, dict):
            yield place, picture
    yield from _named_in(document["body"], "body")


def _named_in(blocks: Iterable[dict[str, Any]], place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for i, block in enumerate(blocks):
        match block["type"]:
            case "image":
                yield f"{place}[{i}].picture", block["picture"]
            case "audio":
                yield f"{place}[{i}]", block
            case "gate":
                yield from _named_in(block["blocks"], f"{place}[{i}].blocks")


# Looking into files -------------------------------------------------------------------------------------------------


@cache  # Several articles name one file. A file that changes is looked into again.
def _look_into(path: Path, size: int, _changed: int) -> Media:
    content_type = TYPES[path.suffix.removeprefix(".")]
    kind = content_type.partition("/")[0]
    if size > MAX_BYTES[kind]:
        words = f"has {size / 1_000_000:.0f} MB; {MAX_BYTES[kind] // 1_000_000} MB are the most: export it smaller"
        raise UnusableMedia(words)
    content = _bytes(path)
    look = _picture_facts if kind == "image" else _sound_facts
    return Media(path, content_type, _digest(content), look(content, content_type))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnusableMedia(f"cannot be read: {error.strerror or error}") from None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _picture_facts(content: bytes, content_type: str) -> dict[str, int]:
    """Width and height as they are shown. The picture is decoded once, its first frame if it moves."""
    from PIL import Image  # half the time of a command that looks into none

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is told below, or is a matter of taste
        try:
            with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
                found = "JPEG" if picture.format == "MPO" else str(picture.format)  # phones put several into one file
                width, height = picture.size
        except Image.DecompressionBombError:
            raise UnusableMedia(_TOO_MANY_PIXELS) from None
        except _DAMAGED:
            raise UnusableMedia("is not a picture, or damaged; export it again") from None
        if f"image/{found.lower()}" != content_type:
            raise UnusableMedia(f"is {found} inside; give it that ending, or {_CURES['image']}")
        if width * height > MAX_PIXELS:
            raise UnusableMedia(_TOO_MANY_PIXELS)
        try:
            with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
                picture.verify()  # PNG's checksums, which decoding passes over
            with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
                picture.draft(None, (1, 1))  # of a JPEG every byte is read, and few pixels are made
                picture.load()
                exif = picture.getexif()
                position = exif.get_ifd(0x8825)
                packets = [value for value in picture.info.values() if isinstance(value, (bytes, str))]
        except _DAMAGED:
            raise UnusableMedia("is damaged, or not whole; export it again") from None
    # XMP says it in words, of each picture in the file.
    told = [packet if isinstance(packet, bytes) else packet.encode("utf-8", "replace") for packet in packets]
    if any(tag in position for tag in _POSITION) or any(b"GPSLatitude" in one for one in (content, *told)):
        raise UnusableMedia("says where it was taken; export it without location data, so that nobody's home is told")
    if exif.get(ORIENTATION) in ON_ITS_SIDE:
        width, height = height, width
    return {"width": width, "height": height}


@cache
def _has_copies(media: Media) -> bool:
    if media.content_type not in COPIED:
        return False
    with warnings.catch_warnings(action="ignore"):
        return has_copies(media.read())


def _made(original: Media, width: int) -> bytes:
    usual = tuple(one for one in COPIES if one < original.facts["width"])
    return _made_at_once(original, usual if width in usual else (width,))[width]


@lru_cache(maxsize=16)  # pictures; checking an article makes what is uploaded a moment later
def _made_at_once(original: Media, widths: tuple[int, ...]) -> dict[int, bytes]:
    content = original.read()
    try:
        with warnings.catch_warnings(action="ignore"):
            return make_copies(content, widths)
    except _DAMAGED:
        words = "cannot be made narrower for phones; export it again, or say of it `widths: []`"
        raise UnusableMedia(words) from None


_TOO_MANY_PIXELS: Final = f"has more than {MAX_PIXELS // 1_000_000} million pixels; export it smaller"


def _sound_facts(content: bytes, content_type: str) -> dict[str, int]:
    """Its length in whole seconds, 1 at least."""
    from tinytag import TinyTag, TinyTagException

    try:
        tag = TinyTag.get(file_obj=io.BytesIO(content), tags=False)
    except TinyTagException:
        raise UnusableMedia("is not a sound, or damaged; export it again") from None
    found = (tag.mime_type or "").partition(";")[0]
    if found != content_type:
        raise UnusableMedia(f"is {found or 'something else'} inside; give it that ending, or {_CURES['audio']}")
    if not tag.duration:
        raise UnusableMedia("has nothing to be heard in it; export it again")
    if content_type == "audio/wav" and int.from_bytes(content[4:8], "little") + 8 > len(content):
        raise UnusableMedia("is not whole; export it again")
    return {"seconds": max(1, round(tag.duration))}

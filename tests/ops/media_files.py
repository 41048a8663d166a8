"""Pictures and sounds of every kind, made here: good ones with what they say, and bad ones with words of the cure."""

from __future__ import annotations

import io
import struct
import wave
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from tests.ops.markdown_cases import GOOD

QUAY, BELLS = "/media/anonymous/quay.png", "/media/member/bells.mp3"
# An article that leaves to the files what they say.
BARE = GOOD.replace("    width: 1600\n    height: 900\n", "").replace("seconds: 30\n", "")


def picture(form: str, width: int = 64, height: int = 48, **told: Any) -> bytes:
    made = io.BytesIO()
    # Not of one colour: a file has to have a middle that can be missing.
    Image.radial_gradient("L").resize((width, height)).convert("RGB").save(made, form, **told)
    return made.getvalue()


FLAT = Image.new("RGB", (1600, 900))


def drawing(width: int, height: int, mode: str, **told: Any) -> bytes:
    """Flat shapes in a kind of colours, as a PNG; a JPEG where PNG has not got it."""
    sheet = Image.new("RGB", (width, height), "white")
    for i in range(40):
        box = (i * width // 40, i * height // 40, i * width // 40 + width // 9, i * height // 40 + height // 7)
        ImageDraw.Draw(sheet).ellipse(box, ("red", "navy", "teal", "black")[i % 4])
    made = io.BytesIO()
    drawn = sheet.quantize(8) if mode == "P" else sheet.convert("I" if mode == "I;16" else mode).convert(mode)
    drawn.save(made, "JPEG" if mode == "CMYK" else "PNG", **told)
    return made.getvalue()


def quarters(width: int, height: int, form: str, **told: Any) -> bytes:
    """Red at the left above, blue elsewhere."""
    sheet = Image.new("RGB", (width, height), "blue")
    sheet.paste("red", (0, 0, width // 2, height // 2))
    made = io.BytesIO()
    sheet.save(made, form, **told)
    return made.getvalue()


def is_red(picture: Image.Image, x: int, y: int) -> bool:
    red, _, blue = picture.convert("RGB").getpixel((x, y))  # type: ignore[misc]
    return red > 200 > 50 > blue


def exif(*, gps: dict[int, Any] | None = None, orientation: int | None = None) -> bytes:
    said = Image.Exif()
    if orientation:
        said[0x0112] = orientation
    if gps:
        said[0x8825] = gps
    return said.tobytes()


def wav(seconds: float) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as tape:
        tape.setnchannels(1)
        tape.setsampwidth(2)
        tape.setframerate(8_000)
        tape.writeframes(bytes(int(16_000 * seconds)))
    return made.getvalue()


def mp3(seconds: float) -> bytes:
    """Silent frames of 128 kbit/s at 44.1 kHz, behind a tag."""
    return b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + (b"\xff\xfb\x90\x00" + bytes(413)) * round(seconds * 44_100 / 1_152)


def mp4(seconds: int) -> bytes:
    def atom(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content) + 8) + name + content

    return atom(b"ftyp", b"M4A \0\0\0\0") + atom(
        b"moov", atom(b"mvhd", struct.pack(">5I", 0, 0, 0, 1_000, seconds * 1_000) + bytes(80))
    )


def ogg(first: bytes, samples: int) -> bytes:
    """Pages of one packet each: the stream's head, its middle, its end after so many samples."""
    pages = [(0, 2, first), (0, 0, b"middle"), (samples, 4, b"end")]
    return b"".join(
        struct.pack("<4sBBqIIIBB", b"OggS", 0, kind, at, 7, i, 0, 1, len(packet)) + packet
        for i, (at, kind, packet) in enumerate(pages)
    )


VORBIS = b"\x01vorbis" + struct.pack("<IBiiiiBB", 0, 1, 8_000, 0, 64_000, 0, 0xB8, 1)
OPUS = b"OpusHead" + struct.pack("<BBHIHB", 1, 1, 312, 48_000, 0, 0)
BOMB = b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0x80, 0, 0) + bytes(6) + b"\x2c" + bytes(8) + b"\0;"
MANY_PIXELS = b"GIF89a" + struct.pack("<HHBBB", 9_000, 9_000, 0x80, 0, 0) + bytes(6)
MANY_PIXELS += b"\x2c" + struct.pack("<4HB", 0, 0, 9_000, 9_000, 0) + b"\x02\x01\x44\0;"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a exif:GPSLatitude="53,33N"/></x:xmpmeta>'
HERE = {2: (53.0, 33.0, 0.0), 4: (9.0, 59.0, 0.0)}
NOT_A_PLACE = {0: b"\2\3\0\0", 29: "2026:11:01"}

GOODS: dict[str, tuple[str, bytes, dict[str, int]]] = {
    "a PNG": ("a.png", picture("PNG"), {"width": 64, "height": 48}),
    "a JPEG": ("a.jpg", picture("JPEG"), {"width": 64, "height": 48}),
    "a JPEG by its longer ending": ("a.jpeg", picture("JPEG"), {"width": 64, "height": 48}),
    "a GIF": ("a.gif", picture("GIF"), {"width": 64, "height": 48}),
    "a WebP": ("a.webp", picture("WEBP"), {"width": 64, "height": 48}),
    "an AVIF": ("a.avif", picture("AVIF"), {"width": 64, "height": 48}),
    "a GIF that moves": (
        "a.gif",
        picture("GIF", save_all=True, append_images=[Image.new("RGB", (64, 48))]),
        {"width": 64, "height": 48},
    ),
    "a photograph held upright": ("a.jpg", picture("JPEG", exif=exif(orientation=6)), {"width": 48, "height": 64}),
    "two photographs in a file": (
        "a.jpg",
        picture("MPO", save_all=True, append_images=[Image.new("RGB", (64, 48))]),
        {"width": 64, "height": 48},
    ),
    "a day by satellite": ("a.jpg", picture("JPEG", exif=exif(gps=NOT_A_PLACE)), {"width": 64, "height": 48}),
    "an MP3": ("a.mp3", mp3(12), {"seconds": 12}),
    "an M4A": ("a.m4a", mp4(12), {"seconds": 12}),
    "an MP4": ("a.mp4", mp4(12), {"seconds": 12}),
    "an Ogg": ("a.ogg", ogg(VORBIS, 96_000), {"seconds": 12}),
    "an Opus": ("a.opus", ogg(OPUS, 12 * 48_000), {"seconds": 12}),
    "a WAV": ("a.wav", wav(11.6), {"seconds": 12}),
    "a moment": ("a.wav", wav(0.2), {"seconds": 1}),
}
BADS: dict[str, tuple[str, bytes, str]] = {
    "half a PNG": ("a.png", picture("PNG")[:-400], "is damaged, or not whole"),
    "a PNG without its end": ("a.png", picture("PNG")[:-12], "is damaged, or not whole"),
    "a PNG with a wrong byte": ("a.png", picture("PNG").replace(b"IDATx", b"IDATy"), "is damaged, or not whole"),
    "half a JPEG": ("a.jpg", picture("JPEG")[:-200], "is damaged, or not whole"),
    "half a GIF": ("a.gif", picture("GIF")[:-400], "is damaged, or not whole"),
    "half a WebP": ("a.webp", picture("WEBP")[:-40], "export it again"),
    "half an AVIF": ("a.avif", picture("AVIF")[:-40], "export it again"),
    "a page named PNG": ("a.png", b"<!doctype html><script>alert(1)</script>", "is not a picture"),
    "a drawing named PNG": ("a.png", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "is not a picture"),
    "nothing": ("a.png", b"", "is not a picture"),
    "a JPEG named PNG": ("a.png", picture("JPEG"), "is JPEG inside; give it that ending"),
    "a TIFF named JPEG": ("a.jpg", picture("TIFF"), "is not a picture"),
    "a bomb": ("a.gif", BOMB, "has more than 64 million pixels"),
    "a picture as large as a wall": ("a.gif", MANY_PIXELS, "has more than 64 million pixels"),
    "a photograph of a home": ("a.jpg", picture("JPEG", exif=exif(gps=HERE)), "export it without location data"),
    "a PNG of a home": ("a.png", picture("PNG", exif=exif(gps=HERE)), "export it without location data"),
    "a WebP of a home": ("a.webp", picture("WEBP", exif=exif(gps=HERE)), "export it without location data"),
    "an AVIF of a home": ("a.avif", picture("AVIF", exif=exif(gps=HERE)), "export it without location data"),
    "a home in XMP": ("a.jpg", picture("JPEG", xmp=XMP), "export it without location data"),
    "no seconds": ("a.wav", wav(0), "has nothing to be heard in it"),
    "half a WAV": ("a.wav", wav(3)[:-4_000], "is not whole"),
    "a page named MP3": ("a.mp3", b"<!doctype html>" * 9, "is not a sound"),
    "zeros named MP3": ("a.mp3", bytes(4_000), "is not a sound"),
    "nothing to hear": ("a.mp3", b"", "is not a sound"),
    "a WAV named MP3": ("a.mp3", wav(3), "is audio/wav inside; give it that ending, or export it as MP3"),
    "an Ogg without an end": ("a.ogg", ogg(VORBIS, 0), "has nothing to be heard in it"),
    "a picture named MP3": ("a.mp3", picture("PNG"), "is not a sound"),
}


def put(folder: Path, src: str, content: bytes) -> Path:
    path = folder / src.removeprefix("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path

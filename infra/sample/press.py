"""A small press: flat inks on a sheet of paper, smooth edges, a few shapes, PNG. Standard library only."""

from __future__ import annotations

import itertools
import math
import struct
import zlib
from collections.abc import Iterable, Sequence

Point = tuple[float, float]
Contour = Sequence[Point]
Colour = tuple[int, int, int]

WIDTH, HEIGHT = 1600, 900
PAPER: Colour = (244, 239, 228)
INK: Colour = (28, 41, 54)
BRICK: Colour = (201, 74, 48)
TEAL: Colour = (122, 167, 165)
OCHRE: Colour = (224, 170, 74)


class Sheet:
    """Paper that takes shapes of one ink at a time, with smooth edges; `over` lets what lies below shine through."""

    SUBLINES = 6
    SHADES = 8

    def __init__(self, ground: Colour = PAPER) -> None:
        self.rows: list[list[Colour]] = [[ground] * WIDTH for _ in range(HEIGHT)]
        self._mixed: dict[tuple[Colour, Colour, int, bool], Colour] = {}

    def print(self, ink: Colour, *shapes: Contour, over: bool = False) -> None:
        """Fill the union of these closed shapes (the non-zero rule; a shape the other way round cuts a hole)."""
        lines: dict[int, list[tuple[float, int]]] = {}
        for shape in shapes:
            for (x0, y0), (x1, y1) in zip(shape, [*shape[1:], shape[0]], strict=True):
                if y0 == y1:
                    continue
                turn = 1 if y1 > y0 else -1
                (xa, ya), (xb, yb) = ((x0, y0), (x1, y1)) if y1 > y0 else ((x1, y1), (x0, y0))
                first = max(0, math.ceil(ya * self.SUBLINES - 0.5))
                last = min(HEIGHT * self.SUBLINES - 1, math.ceil(yb * self.SUBLINES - 0.5) - 1)
                slope = (xb - xa) / (yb - ya)
                for line in range(first, last + 1):
                    lines.setdefault(line, []).append((xa + slope * ((line + 0.5) / self.SUBLINES - ya), turn))
        spans: dict[int, list[tuple[float, float]]] = {}
        for line, crossings in lines.items():
            winding, start = 0, 0.0
            for x, turn in sorted(crossings):
                if winding == 0:
                    start = x
                winding += turn
                if winding == 0 and x > start:
                    spans.setdefault(line // self.SUBLINES, []).append((max(0.0, start), min(float(WIDTH), x)))
        for y, row_spans in spans.items():
            self._print_row(self.rows[y], row_spans, ink, over)

    def _print_row(self, row: list[Colour], spans: Iterable[tuple[float, float]], ink: Colour, over: bool) -> None:
        # Coverage changes at few places: keep the changes, and fill what lies between them in one go.
        change: dict[int, float] = {}
        for left, right in spans:
            if right <= left:
                continue
            for x, sign in ((left, 1.0), (right, -1.0)):
                pixel = int(x)
                change[pixel] = change.get(pixel, 0.0) + sign * (pixel + 1 - x)
                change[pixel + 1] = change.get(pixel + 1, 0.0) + sign * (x - pixel)
        if not change:
            return
        cover, places = 0.0, sorted(change)
        for place, following in zip(places, [*places[1:], WIDTH], strict=True):
            cover += change[place]
            shade = min(self.SHADES, round(cover / self.SUBLINES * self.SHADES))
            if shade > 0:
                end = min(following, WIDTH)
                row[place:end] = [self._mix(below, ink, shade, over) for below in row[place:end]]

    def _mix(self, below: Colour, ink: Colour, shade: int, over: bool) -> Colour:
        key = (below, ink, shade, over)
        if key not in self._mixed:
            full = tuple(b * i // 250 if over else i for b, i in zip(below, ink, strict=True))
            r, g, b = (min(255, b + (f - b) * shade // self.SHADES) for b, f in zip(below, full, strict=True))
            self._mixed[key] = (r, g, b)
        return self._mixed[key]

    def png(self) -> bytes:
        """The sheet as a PNG with a palette; what does not fit into 256 colours takes the nearest of them."""
        counts: dict[Colour, int] = {}
        for row in self.rows:
            for colour in row:
                counts[colour] = counts.get(colour, 0) + 1
        palette = sorted(counts, key=lambda colour: (-counts[colour], colour))[:256]
        index = {colour: number for number, colour in enumerate(palette)}
        for colour in counts.keys() - index.keys():
            nearest = min(palette, key=lambda known: sum((a - b) ** 2 for a, b in zip(known, colour, strict=True)))
            index[colour] = index[nearest]
        lines = [bytes(map(index.__getitem__, row)) for row in self.rows]
        plain = b"".join(b"\0" + line for line in lines)
        up = b"".join(
            b"\2" + bytes((a - b) & 255 for a, b in zip(line, above, strict=True))
            for line, above in zip(lines, [bytes(WIDTH), *lines[:-1]], strict=True)
        )
        pixels = min((zlib.compress(plain, 9), zlib.compress(up, 9)), key=len)
        header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
        colours = bytes(part for colour in palette for part in colour)
        chunks = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", pixels), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
            for name, data in chunks
        )


# Shapes -----------------------------------------------------------------------------------------------------------


def box(x: float, y: float, width: float, height: float) -> Contour:
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


def disc(x: float, y: float, rx: float, ry: float | None = None, start: float = 0, end: float = 360) -> Contour:
    """An ellipse, or the part of it between two angles in degrees, clockwise from the right."""
    ry = rx if ry is None else ry
    steps = max(12, int(max(rx, ry) * (end - start) / 360))
    angles = (math.radians(start + (end - start) * step / steps) for step in range(steps + (end - start < 360)))
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles]


def hole(shape: Contour) -> Contour:
    return shape[::-1]


def line(points: Sequence[Point], width: float, round_ends: bool = True) -> list[Contour]:
    """A stroke along these points."""
    shapes: list[Contour] = []
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        nx, ny = (y1 - y0) / length * width / 2, (x0 - x1) / length * width / 2
        shapes.append([(x0 + nx, y0 + ny), (x0 - nx, y0 - ny), (x1 - nx, y1 - ny), (x1 + nx, y1 + ny)][::-1])
    joints = points if round_ends else points[1:-1]
    return shapes + [disc(x, y, width / 2) for x, y in joints]


def wave_line(x0: float, x1: float, y: float, height: float, length: float, shift: float = 0.0) -> list[Point]:
    return [(x, y + height * math.sin((x / length + shift) * math.tau)) for x in range(int(x0), int(x1) + 1, 8)]


_STROKES = {
    "0": "1 0 0 1 0 5 1 6 2 6 3 5 3 1 2 0 1 0",
    "1": "0 1 1.5 0 1.5 6",
    "2": "0 1 1 0 2 0 3 1 3 2 0 6 3 6",
    "3": "0 0 3 0 1.4 2.4 2 2.4 3 3.4 3 5 2 6 1 6 0 5",
    "4": "2.3 6 2.3 0 0 4 3.2 4",
    "5": "3 0 0 0 0 2.4 2 2.4 3 3.4 3 5 2 6 0 6",
    "6": "2.6 0 1.4 0 0 2.4 0 5 1 6 2 6 3 5 3 3.6 2 2.6 1 2.6 0 3.6",
    "7": "0 0 3 0 1 6",
    "8": "1 0 0 1 0 2 1 2.8 2 2.8 3 2 3 1 2 0 1 0 1 0 0 3.6 0 5 1 6 2 6 3 5 3 3.6 2 2.8",
    "9": "3 2.4 2 3.4 1 3.4 0 2.4 0 1 1 0 2 0 3 1 3 3.6 1.6 6 .4 6",
}


def digits(text: str, x: float, y: float, size: float, weight: float = 5) -> list[Contour]:
    """Figures for charts and gauges, `size` high, drawn with a pen; a full stop is the one other sign there is."""
    shapes: list[Contour] = []
    for sign in text:
        if sign == ".":
            shapes.append(disc(x + size * 0.05, y + size, weight * 0.8))
            x += size * 0.28
            continue
        path = [float(number) for number in _STROKES[sign].split()]
        points = [(x + a * size / 6, y + b * size / 6) for a, b in zip(path[::2], path[1::2], strict=True)]
        shapes += line(points, weight)
        x += size * (0.55 if sign == "1" else 0.8)
    return shapes

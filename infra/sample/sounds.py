"""The sample paper's sounds: bells, a hum and softened noise, and the four pieces made of them."""

from __future__ import annotations

import math
import wave
from collections.abc import Callable
from pathlib import Path

RATE = 11_025


# A bell: how high each partial is above the note, how loud, and how long it rings.
PARTIALS = ((0.5, 0.3, 1.3), (1.0, 0.5, 1.0), (1.19, 0.28, 0.8), (2.0, 0.25, 0.5), (2.74, 0.14, 0.3), (3.76, 0.08, 0.2))

HIGHEST_TIDES = (312, 305, 318, 309, 321, 315, 326, 334, 319, 330, 327, 341, 336, 372, 345, 339, 351, 348, 360, 366)
BURSTS_IN_TENS = (11, 12, 12, 14, 13, 15, 17, 18, 21, 22, 24)


class Tape:
    """Mono sound of a given length in seconds, from -1 to 1."""

    def __init__(self, seconds: int) -> None:
        self.samples = [0.0] * (seconds * RATE)

    def bell(self, at: float, pitch: float, loud: float = 0.3, ring: float = 3.0) -> None:
        """A struck bell: partials that are not quite harmonic, the high ones dying first."""
        for ratio, share, life in PARTIALS:
            self._tone(at, pitch * ratio, loud * share, ring * life)

    def _tone(self, at: float, pitch: float, loud: float, ring: float) -> None:
        start, turn = int(at * RATE), math.tau * pitch / RATE
        for n in range(min(len(self.samples) - start, int(ring * 3 * RATE))):
            self.samples[start + n] += loud * math.sin(turn * n) * math.exp(-n / RATE / ring * 2.3) * min(1.0, n / 40)

    def hum(self, pitch: float, loudness: Callable[[float], float]) -> None:
        """An engine: a low tone with overtones that beat slowly."""
        for n in range(len(self.samples)):
            t = n / RATE
            turn = math.tau * pitch * t
            tone = math.sin(turn) + 0.5 * math.sin(2.003 * turn) + 0.22 * math.sin(2.997 * turn + 1)
            self.samples[n] += 0.16 * loudness(t) * tone

    def water(self, loudness: Callable[[float], float], dull: float = 0.94) -> None:
        """Noise, softened; its chance comes from a counter, so that it is the same each time."""
        seed, low, lower = 20261105, 0.0, 0.0
        for n in range(len(self.samples)):
            seed = (seed * 1_103_515_245 + 12_345) & 0x7FFFFFFF
            low = dull * low + (1 - dull) * (seed / 0x3FFFFFFF - 1)
            lower = dull * lower + (1 - dull) * low
            self.samples[n] += 2.4 * loudness(n / RATE) * lower

    def write(self, path: Path) -> None:
        """Eight bits, mono, PCM: every browser plays it. The error of rounding is carried on: a hiss, and no buzz."""
        last, error, data = len(self.samples), 0.0, bytearray()
        for n, sample in enumerate(self.samples):
            fade = min(1.0, n / RATE, (last - n) / RATE / 2)
            wanted = 127.5 + 120 * math.tanh(sample * 1.4) * fade + error
            value = min(255, max(0, round(wanted)))
            error = (wanted - value) * 0.6
            data.append(value)
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 1, RATE, last, "NONE", "not compressed"))
            file.writeframes(bytes(data))


def night_crossing(tape: Tape) -> None:
    """Two quays, an engine, and the quiet in midstream."""

    def banks(t: float) -> float:
        return min(1.0, abs(t - 15.5) / 9)

    tape.hum(61, lambda t: 0.9 * min(1.0, max(0.0, t - 2.5) / 4, max(0.0, 27.5 - t) / 4))
    tape.water(lambda t: 0.5 + 0.3 * math.sin(t * 1.3) * math.sin(t * 0.37))
    tape.water(lambda t: 0.25 * banks(t), dull=0.7)
    for at in (0.6, 2.0):
        tape.bell(at, 392.0, 0.42)
    for at in (25.2, 26.6):
        tape.bell(at, 523.25, 0.42)
    tape.bell(15.0, 784.0, 0.07, 4)


def river_levels(tape: Tape) -> None:
    """The highest tide of each year from 2006 to 2025, one second a year: the higher the water, the higher the bell."""
    tape.water(lambda t: 0.35 + 0.012 * t + 0.15 * math.sin(t * 0.9))
    for year, level in enumerate(HIGHEST_TIDES):
        tape.bell(year + 0.2, 196 * 2 ** ((level - 300) / 36), 0.3, 1.6)


def burst_mains(tape: Tape) -> None:
    """Eleven years of burst mains, two seconds a year: as many drops as there were bursts, in tens."""
    tape.hum(55, lambda t: 0.5)
    for year, bursts in enumerate(BURSTS_IN_TENS):
        for drop in range(bursts):
            tape.bell(year * 2 + drop * 2 / bursts, 660 + 220 * (drop * 7 % 5) / 5 + year * 8, 0.3, 0.35)


def two_readers(tape: Tape) -> None:
    """One note checked against another: they start apart, and the beating slows until they agree."""
    for step in range(10):
        apart = 9.0 * (1 - step / 9) ** 2
        tape.bell(step * 2 + 0.3, 329.63, 0.4, 2.2)
        tape.bell(step * 2 + 0.3, 329.63 + apart, 0.4, 2.2)
    tape.water(lambda t: 0.12)


SOUNDS: dict[str, tuple[Callable[[Tape], None], int]] = {
    "member/night-crossing.wav": (night_crossing, 30),
    "member/river-levels.wav": (river_levels, 21),
    "member/burst-mains.wav": (burst_mains, 23),
    "member/two-readers.wav": (two_readers, 21),
}

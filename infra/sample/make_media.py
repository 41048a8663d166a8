"""Draws the sample paper's pictures and synthesises its sounds: `python -m infra.sample.make_media` writes media/ anew.

Standard library only, and no chance in it: the same Python and zlib give the same bytes.
"""

from __future__ import annotations

from pathlib import Path

from infra.sample.pictures import PICTURES
from infra.sample.press import Sheet
from infra.sample.sounds import SOUNDS, Tape

MEDIA = Path(__file__).parent / "media"


def main() -> None:
    for name, draw in PICTURES.items():
        page = Sheet()
        draw(page)
        (MEDIA / name).parent.mkdir(parents=True, exist_ok=True)
        (MEDIA / name).write_bytes(page.png())
    for name, (play, seconds) in SOUNDS.items():
        tape = Tape(seconds)
        play(tape)
        tape.write(MEDIA / name)


if __name__ == "__main__":
    main()

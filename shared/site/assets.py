"""Style, script and icon: in the zip of every function that makes pages, so that a page and what it looks like are
deployed in one step. The pages function serves them.

Their names hold a checksum, so they are kept for a year. A page that an older deployment made may ask for an older
name: it gets the present file, for a minute.
"""

from __future__ import annotations

import zlib
from functools import cache
from html import escape
from pathlib import Path
from typing import Final

from shared.domain.paper import Palette, Paper

YEAR: Final = 31_536_000
FOR_A_YEAR: Final = f"public, max-age={YEAR}, immutable"
FOR_A_MINUTE: Final = "public, max-age=60"
TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_FOLDER: Final = Path(__file__).parent / "assets"


def asset_hrefs(paper: Paper) -> dict[str, str]:
    """The address of each, by its ending."""
    return {
        ending: f"/assets/{'icon' if ending == 'svg' else 'site'}-{zlib.crc32(asset(ending, paper)):08x}.{ending}"
        for ending in TYPES
    }


def asset_caching(path: str, body: bytes) -> str:
    """For how long it may be kept under the name that it was asked for by."""
    return FOR_A_YEAR if f"-{zlib.crc32(body):08x}." in path else FOR_A_MINUTE


def asset(ending: str, paper: Paper) -> bytes:
    """One of them: `css`, `js` or `svg`."""
    if ending == "css":
        return _tokens(paper).encode() + _file("site.css")
    return _file("site.js") if ending == "js" else _icon(paper)


@cache
def _file(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()


def _tokens(paper: Paper) -> str:
    """The paper's colours. The rest of the style is the same for every paper."""
    return (
        f":root{{color-scheme:light dark;{_palette(paper.light)}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{{_palette(paper.dark)}}}}}\n"
        f"@media print{{:root{{{_palette(paper.light)}}}}}\n"
    )


def _palette(palette: Palette) -> str:
    return f"--paper:{palette.paper};--ink:{palette.ink};--accent:{palette.accent};--tint:{palette.tint}"


def _icon(paper: Paper) -> bytes:
    """The initial of the paper's name, without the article before it."""
    name = paper.name.removeprefix("The ").removeprefix("Die ").removeprefix("Der ").removeprefix("Das ")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" '
        f'fill="{paper.light.accent}"/><text x="32" y="47" text-anchor="middle" font-family="Georgia,serif" '
        f'font-size="44" font-weight="700" fill="{paper.light.paper}">{escape(name[:1].upper())}</text></svg>'
    ).encode()

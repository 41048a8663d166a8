"""The pictures and sounds that posts name: what each is called here, and whether it is in the zip or to be fetched."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from infra.ops.front_matter import slug_of
from infra.ops.ghost.export import Export
from infra.ops.ghost.site import GHOST_URL, Site, short
from infra.ops.media import TYPES, Media
from shared.domain.tiers import Tier

_MOST: Final = 180  # letters of a name; copies have longer ones, and 300 are the most
_name = re.compile(r"[a-z0-9][a-z0-9_-]*\Z")


@dataclass(frozen=True)
class Wanted:
    """A file that an article names: where it was, and the zip's entry where there is one."""

    address: str
    entry: zipfile.ZipInfo | None


@dataclass
class Files:
    """All of them, by the media path that they are going to have."""

    site: Site
    export: Export
    wanted: dict[str, Wanted] = field(default_factory=dict)

    def place(self, src: str, tier: Tier, kind: str, note: Callable[[str, str], None]) -> str | None:
        """The media path of the file `src` for that tier; None, with a note, for what cannot be published."""
        src = src.strip()
        at = self.site.media(src)
        if at is None:
            return self._elsewhere(src, tier, kind, note)
        stem, _, ending = at.rpartition(".")
        if not TYPES.get(ending.lower(), "").startswith(f"{kind}/"):
            note("media-type", at)
            return None
        path = _path(tier, stem.partition("/")[2], ending)
        inner = self.site.inner(src) or ""
        address = f"{self.site.address or GHOST_URL}{quote(inner, safe='/%?=&+,;:@!$()*~._-')}"
        self.wanted.setdefault(path, Wanted(address, self.export.find(at)))
        return path

    def _elsewhere(self, src: str, tier: Tier, kind: str, note: Callable[[str, str], None]) -> str | None:
        src = f"https:{src}" if src.startswith("//") else src
        try:
            parts = urlsplit(src)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.netloc:
            note("media-lost", src[:80])
            return None
        stem, _, ending = parts.path.rpartition(".")
        if not TYPES.get(ending.lower(), "").startswith(f"{kind}/"):
            if kind == "audio" or ending.lower() == "svg":
                note("media-type", src[:200])
                return None
            stem, ending = parts.path, "jpg"
        name = slug_of(stem.rpartition("/")[2])[:80].strip("-") or "file"
        path = _path(tier, f"{slug_of(parts.hostname or '')[:80] or 'site'}/{name}-{short(src)}", ending)
        self.wanted.setdefault(path, Wanted(quote(src, safe="/%?=&+,;:@!$()*~._-#[]"), None))
        note("media-elsewhere", parts.hostname or "")
        return path


def _path(tier: Tier, stem: str, ending: str) -> str:
    """The same for the same name every time, and never the same for two: a name that has to be changed gets a mark."""
    parts = stem.split("/")
    made = [slug_of(part) for part in parts]
    if not all(_name.match(part) for part in parts) or len(stem) > _MOST:
        made = [*(part[:40] for part in made[-4:-1] if part), f"{made[-1][:80].strip('-') or 'file'}-{short(stem)}"]
    else:
        made = parts
    return f"/media/{tier.value}/ghost/{'/'.join(made)}.{ending.lower()}"


def as_if_at_hand(src: str) -> Media | None:
    """A stand-in for each file while an article is written: what it tells, whoever publishes finds out."""
    content_type = TYPES.get(src.rpartition(".")[2], "")
    facts: Mapping[str, int] = {"seconds": 1} if content_type.startswith("audio/") else {"width": 1, "height": 1}
    return Media(Path(src), content_type, "", facts) if content_type else None

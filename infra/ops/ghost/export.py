"""A Ghost export as it lies on this machine: the JSON of its settings, or a zip that holds it beside `content/`.

Neither is trusted. No name in a zip becomes a path here, and what is read out of it is counted while it is read.
"""

from __future__ import annotations

import json
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import unquote

from infra.ops.terminal import plain
from shared.domain.refusals import Refusal

MAX_JSON: Final = 300_000_000  # bytes; a site with ten thousand long posts has a tenth
MAX_ENTRIES: Final = 200_000
FIRST, LAST = 2, 6
"""Ghost's versions that this was written for."""

Row: TypeAlias = dict[str, Any]
_media = re.compile(r"(?:\A|/)(?P<at>(?:images|media|files)/.+)\Z")
_version = re.compile(r"(\d{1,3})\.\d")
_CURE: Final = "In Ghost: Settings → Import/Export → Export."


class UnusableExport(Refusal):
    """The file is not what can be imported."""

    code, title = "unusable_export", "This cannot be imported"


@dataclass(frozen=True)
class Export:
    """What the JSON says, a table of rows for each of Ghost's, and what lies in the zip beside it, by its path below
    `content/`."""

    version: str
    exported_at: Any
    tables: dict[str, list[Row]]
    archive: Path | None = None
    beside: dict[str, zipfile.ZipInfo] = field(default_factory=dict)
    is_untried: bool = False
    _sorted: dict[tuple[str, str], dict[str, list[Row]]] = field(default_factory=dict, repr=False)

    def rows(self, table: str) -> list[Row]:
        return self.tables.get(table, [])

    def where(self, table: str, column: str, value: Any) -> list[Row]:
        """The rows of a table that have this in that column."""
        if (table, column) not in self._sorted:
            found: dict[str, list[Row]] = {}
            for row in self.rows(table):
                found.setdefault(str(row.get(column)), []).append(row)
            self._sorted[table, column] = found
        return self._sorted[table, column].get(str(value), [])

    def setting(self, *keys: str) -> str:
        """The first of these settings that says something."""
        said = {str(row.get("key")): row.get("value") for row in self.rows("settings")}
        return next((str(said[key]) for key in keys if said.get(key)), "")

    def find(self, path: str) -> zipfile.ZipInfo | None:
        """The entry of a file below `content/`, such as `images/2024/05/quay.jpg`."""
        return self.beside.get(path)


def read_export(path: Path) -> Export:
    """The export in this file. Raises UnusableExport, with what is wrong and where."""
    try:
        if not path.is_file():
            raise UnusableExport(f"{path} is not a file. {_CURE}")
        if zipfile.is_zipfile(path):
            return _from_zip(path)
        if path.stat().st_size > MAX_JSON:
            raise UnusableExport(_too_large(str(path)))
        return _from_json(path.read_bytes(), str(path))
    except OSError as error:
        raise UnusableExport(f"{path} cannot be read: {error.strerror or error}") from None


@contextmanager
def opened(export: Export) -> Iterator[zipfile.ZipFile | None]:
    """The zip, while files are taken out of it; None where the export is JSON alone."""
    if export.archive is None:
        yield None
        return
    with zipfile.ZipFile(export.archive) as archive:
        yield archive


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """Its bytes, whatever it says of their number. Raises UnusableExport for more than `most`, or damage."""
    name = plain(entry.filename)[:200]
    try:
        with archive.open(entry) as file:
            content = file.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError):
        raise UnusableExport(f"{name} in the zip is damaged, or has a password.") from None
    if len(content) > most:
        raise UnusableExport(_too_large(f"{name} in the zip", most))
    return content


def _from_zip(path: Path) -> Export:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise UnusableExport(f"{path} has {len(entries):,} entries; {MAX_ENTRIES:,} are the most.")
            beside, documents = _sorted(entries)
            if not documents:
                raise UnusableExport(f"{path} has no JSON file of an export in it. {_CURE}")
            if len(documents) > 1:
                names = ", ".join(plain(one.filename)[:80] for one in documents[:5])
                raise UnusableExport(f"{path} has several JSON files ({names}): leave one of them in it.")
            raw = read_entry(archive, documents[0], MAX_JSON)
    except (zipfile.BadZipFile, NotImplementedError):
        raise UnusableExport(f"{path} is a damaged zip.") from None
    found = _from_json(raw, f"{plain(documents[0].filename)[:200]} in {path}")
    return Export(found.version, found.exported_at, found.tables, path, beside, found.is_untried)


def _sorted(entries: list[zipfile.ZipInfo]) -> tuple[dict[str, zipfile.ZipInfo], list[zipfile.ZipInfo]]:
    """The files below `content/`, by their place there, and the JSON files elsewhere."""
    beside: dict[str, zipfile.ZipInfo] = {}
    documents = []
    for one in entries:
        name = one.filename.replace("\\", "/")
        parts = name.split("/")
        is_link = stat.S_ISLNK(one.external_attr >> 16)
        if one.is_dir() or is_link or "__MACOSX" in parts or ".." in parts or parts[-1].startswith("."):
            continue
        if found := _media.search(name):
            beside.setdefault(unquote(found["at"]), one)
        elif name.lower().endswith(".json") and "themes" not in parts:
            documents.append(one)
    named = [one for one in documents if ".ghost." in one.filename]
    return beside, named if len(named) == 1 else documents


def _from_json(raw: bytes, where: str) -> Export:
    try:
        document = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnusableExport(f"{where} is not UTF-8 from byte {error.start} on: take Ghost's file as it is.") from None
    except json.JSONDecodeError as error:
        words = f"not JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        raise UnusableExport(f"{where} is {words}. Is it whole? {_CURE}") from None
    except (RecursionError, ValueError):
        raise UnusableExport(f"{where} is JSON that nobody has exported. {_CURE}") from None
    if isinstance(document, dict) and isinstance(document.get("db"), list) and document["db"]:
        document = document["db"][0]
    tables = document.get("data") if isinstance(document, dict) else None
    about = document.get("meta") if isinstance(document, dict) else None
    if not isinstance(tables, dict) or not isinstance(tables.get("posts"), list):
        raise UnusableExport(f"{where} is JSON, but no Ghost export: it has no posts in `db[0].data`. {_CURE}")
    version = str(about.get("version", "")) if isinstance(about, dict) else ""
    found = _version.match(version)
    if found is None or int(found[1]) < FIRST:
        raise UnusableExport(
            f"{where} is by Ghost “{plain(version)[:20]}”; {FIRST} to {LAST} can be read. Import it into a newer "
            "Ghost, and export it there."
        )
    rows = {
        str(name): [row for row in of if isinstance(row, dict)] for name, of in tables.items() if isinstance(of, list)
    }
    return Export(
        version, about.get("exported_on") if isinstance(about, dict) else None, rows, is_untried=int(found[1]) > LAST
    )


def _too_large(what: str, most: int = MAX_JSON) -> str:
    return f"{what} is larger than {most // 1_000_000} MB, which is the most."

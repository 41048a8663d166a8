"""Which version of each article this person's machine has seen last, so that two editors cannot overwrite each other
silently.

It is a help and not a lock: without it publishing goes on, and what is written is conditional all the same.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from shared.domain.decoding import UNREADABLE

VARIABLE: Final = "FRONTLINE_VERSIONS"
STACKS_KEPT: Final = 20  # every `make run` is another one

_Versions = dict[str, dict[str, str]]  # stack → slug → version tag, the stack that was used last at the end


def versions_path() -> Path:
    if named := os.environ.get(VARIABLE):
        return Path(named)
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "frontline" / "versions.json"


class Remembered:
    """The versions seen of one stack's articles. `warn` hears when they cannot be read or kept, which is never a
    failure."""

    def __init__(self, path: Path, stack: str, warn: Callable[[str], None]) -> None:
        self._path, self._stack, self._warn = path, stack, warn

    def versions(self) -> dict[str, str]:
        """The version tag by slug."""
        return self._read(self._warn).get(self._stack, {})

    def note(self, seen: Mapping[str, str]) -> None:
        """Remember these; an empty tag forgets the slug."""
        if not seen:
            return
        everything = self._read(lambda _: None)  # anew: another command may have written meanwhile
        versions = {**everything.pop(self._stack, {}), **seen}
        everything[self._stack] = {slug: version for slug, version in versions.items() if version}
        kept = dict(list(everything.items())[-STACKS_KEPT:])
        try:
            write_whole(self._path, msgspec.json.encode(kept))
        except OSError as error:
            self._warn(f"{self._path} cannot be written ({error.strerror or error}): what you published is not noted.")

    def _read(self, warn: Callable[[str], None]) -> _Versions:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Versions)
        except FileNotFoundError:
            return {}
        except OSError as error:
            warn(f"{self._path} cannot be read ({error.strerror or error}): who changed what is not compared.")
        except UNREADABLE:
            warn(f"{self._path} is damaged and begun anew: who changed what is not compared this time.")
        return {}


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever finds half of it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    number, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
        Path(draft).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(draft).unlink()
        raise

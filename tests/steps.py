"""In which order lists, directories and the paper are written, and purged."""

from __future__ import annotations

from collections.abc import Callable

from shared.domain.list_parts import directory_key
from shared.domain.paper import PAPER_KEY
from tests.twins import MemoryDocuments, MemoryPurge

EDITION = directory_key("authors")
READ_BY_READERS = (EDITION, directory_key("sections"), PAPER_KEY)


class Steps:
    """What is done to these from now on: the keys of what is written or deleted, and “purge”.

    `happens` may hold, by key, what happens once just before that is written.
    """

    def __init__(self, documents: MemoryDocuments, purge: MemoryPurge) -> None:
        self.taken: list[str] = []
        self.happens: dict[str, Callable[[], None]] = {}
        self._forget = purge.paths
        documents.before = self._before  # type: ignore[method-assign]
        purge.paths = self._purge  # type: ignore[method-assign]

    def hold_an_edition_before_each_purge(self) -> None:
        """The edition is written behind everything else and before the purge; behind that, nothing is written."""
        purges = [at for at, step in enumerate(self.taken) if step == "purge"]
        assert [self.taken[at - 1] for at in purges] == [EDITION for _ in purges]
        assert self.taken[-1] == "purge"

    def _before(self, step: str, key: str) -> None:
        if step != "read" and (key.endswith("/index.json") or key in READ_BY_READERS):
            self.taken.append(key)
            self.happens.pop(key, lambda: None)()

    def _purge(self, paths: tuple[str, ...], reference: str) -> str:
        if any(path.startswith("list-") for path in paths):
            self.taken.append("purge")
        return self._forget(paths, reference)

"""The paper's configuration behind the door by which functions read it."""

from __future__ import annotations

import msgspec

from shared.domain.decoding import UNREADABLE
from shared.domain.paper import PAPER_KEY, Paper
from shared.domain.refusals import ContentUnavailable
from shared.ports.publishing import Documents


class StoredPaper:
    """`shared.ports.reading.Papers`, as it lies there now."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def read(self, edition: str | None = None) -> Paper:
        found = self._documents.read(PAPER_KEY)
        if found is None:
            raise ContentUnavailable("The paper has no name yet: `frontline paper --name … --description …` makes it.")
        try:
            return msgspec.json.decode(found[0], type=Paper)
        except UNREADABLE as error:
            raise ContentUnavailable("The paper cannot be read: `frontline doctor` says more.") from error

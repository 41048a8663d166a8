"""What a process keeps of the pages that it has made: all of it of one edition."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any, Final

from shared.domain.articles import Article
from shared.domain.tiers import Tier
from shared.site.html import Templates
from shared.site.site import Sites

KEPT: Final = 64  # pages, of some 40 KB each


class Frames(Sites):
    """Sites, and the last few pages of articles. `neighbours` are entries as they stand under articles, by their JSON:
    alike for all tiers."""

    def __init__(self) -> None:
        super().__init__(Templates(Path(__file__).parent))
        self._pages: OrderedDict[tuple[int, Tier], tuple[Article, Any]] = OrderedDict()
        self.neighbours: dict[bytes, Any] = {}

    def forget(self) -> None:
        super().forget()
        self._pages.clear()
        self.neighbours.clear()

    def kept(self, document: Article, tier: Tier) -> Any:
        """The page that was made of this very document for that tier; None where none was."""
        return self._pages.get((id(document), tier), (None, None))[1]

    def keep(self, document: Article, tier: Tier, page: Any) -> None:
        """A new article is asked for by every region within minutes: the last few pages are kept as they were made.
        Their documents are too, so that nothing else gets their ids."""
        self._pages[id(document), tier] = (document, page)
        if len(self._pages) > KEPT:
            self._pages.popitem(last=False)

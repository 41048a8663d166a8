"""What stands around every page: the paper, its sections, and who reads, as far as that is known."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

import msgspec

from functions.pages.assets import asset_hrefs
from functions.pages.entries import decoded
from functions.pages.html import macros
from functions.pages.words import Words
from shared.domain.articles import Article
from shared.domain.lists import SectionFacts
from shared.domain.paper import Paper, TierName
from shared.domain.tiers import Tier
from shared.ports import Lists, Papers

# Which forms have somebody behind them. Until they have, they are shown, and cannot be sent.
SIGN_IN_WORKS: Final = False
MONEY_WORKS: Final = False
KEPT: Final = 64  # pages, of some 40 KB each

_section: Final[msgspec.json.Decoder[SectionFacts]] = msgspec.json.Decoder(SectionFacts)


class Site:
    """What stands around every page for readers of a tier. `assets` are the addresses of style, script and icon;
    `sections` in the order in which they are named. What is the same on all pages is rendered once, here."""

    def __init__(
        self, paper: Paper, words: Words, tier: Tier, assets: dict[str, str], sections: tuple[SectionFacts, ...] = ()
    ) -> None:
        self.paper = paper
        self.words = words
        self.tier = tier
        self.assets = assets
        self.sections = sections
        made = macros("frame.html")
        self.head = made.head(self, paper)
        self.name = made.name(self, paper)
        self.footer = made.footer(self, paper, words)
        self.navigation = made.sections(self, words, "")

    def navigation_at(self, path: str) -> Any:
        """The sections, with the one at that path marked."""
        return macros("frame.html").sections(self, self.words, path)

    def called(self, tier: Tier) -> TierName:
        """What readers of a tier are called."""
        return self.paper.tiers.member if tier is Tier.MEMBER else self.paper.tiers.subscriber


class Frames:
    """What a process keeps of the present edition: most requests come while nothing has changed. `neighbours`
    are entries as they stand under articles, by their JSON: alike for all tiers."""

    def __init__(self) -> None:
        self._edition = ""
        self._sites: dict[Tier, Site] = {}
        self._pages: OrderedDict[tuple[int, Tier], tuple[Article, Any]] = OrderedDict()
        self.neighbours: dict[bytes, Any] = {}

    def turn_to(self, edition: str) -> None:
        """Forget what was of another edition. One that nobody knows is another each time."""
        if edition and edition == self._edition:
            return
        self._edition = edition
        self._sites.clear()
        self._pages.clear()
        self.neighbours.clear()

    def site(self, tier: Tier, lists: Lists, papers: Papers) -> Site:
        """What stands around pages for that tier. Raises ContentUnavailable."""
        if tier not in self._sites:
            paper = papers.read(self._edition)
            found = decoded(_section, lists.directory("sections", self._edition))
            order = {slug: number for number, slug in enumerate(paper.sections)}
            sections = tuple(sorted(found, key=lambda one: (order.get(one.slug, len(order)), one.name)))
            self._sites[tier] = Site(paper, Words(paper.texts), tier, asset_hrefs(paper), sections)
        return self._sites[tier]

    def kept(self, document: Article, tier: Tier) -> Any:
        """The page that was made of this very document for that tier; None where none was."""
        return self._pages.get((id(document), tier), (None, None))[1]

    def keep(self, document: Article, tier: Tier, page: Any) -> None:
        """A new article is asked for by every region within minutes: the last few pages are kept as they were made.
        Their documents are too, so that nothing else gets their ids."""
        self._pages[id(document), tier] = (document, page)
        if len(self._pages) > KEPT:
            self._pages.popitem(last=False)

    def last(self, tier: Tier) -> Site | None:
        """The site as it was when it could last be read, for pages that say what cannot be read now."""
        return self._sites.get(tier)

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
    """The sites of one edition, one for each tier: most requests come while nothing
    has changed. `cards` are rendered entries, by their JSON."""

    def __init__(self) -> None:
        self._edition = ""
        self._sites: dict[Tier, Site] = {}
        self._cards: dict[bytes, Any] = {}
        self._pages: OrderedDict[tuple[int, Tier], tuple[Article, Any]] = OrderedDict()  # by the document's id

    def kept(self, document: Article, tier: Tier, edition: str) -> Any:
        """The page that was made of this very document for that tier in that edition; None where none was."""
        if not edition or edition != self._edition:
            return None
        found = self._pages.get((id(document), tier))
        return found[1] if found is not None and found[0] is document else None

    def keep(self, document: Article, tier: Tier, edition: str, page: Any) -> None:
        """A new article is asked for by every region within minutes: the last few pages are kept as they were made."""
        if edition and edition == self._edition:
            self._pages[id(document), tier] = (document, page)
            if len(self._pages) > KEPT:
                self._pages.popitem(last=False)

    def cards(self, edition: str) -> dict[bytes, Any]:
        """Entries as they stand under articles, alike for all tiers. They hold for the present edition."""
        return self._cards if edition and edition == self._edition else {}

    def site(self, tier: Tier, edition: str, lists: Lists, papers: Papers) -> Site:
        """Raises ContentUnavailable."""
        if edition and edition == self._edition and (kept := self._sites.get(tier)) is not None:
            return kept
        paper = papers.read(edition)
        found = decoded(_section, lists.directory("sections", edition))
        order = {slug: number for number, slug in enumerate(paper.sections)}
        sections = tuple(sorted(found, key=lambda one: (order.get(one.slug, len(order)), one.name)))
        site = Site(paper, Words(paper.texts), tier, asset_hrefs(paper), sections)
        if edition != self._edition:
            self._edition, self._sites, self._cards = edition, {}, {}
            self._pages.clear()
        self._sites[tier] = site
        return site

    def last(self, tier: Tier) -> Site | None:
        """The site as it was when it could last be read, for pages that say what cannot be read now."""
        return self._sites.get(tier)

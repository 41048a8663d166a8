"""What stands around every page: the paper, its sections, and who reads, as far as that is known."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from shared.domain.decoding import decoded
from shared.domain.lists import SectionFacts
from shared.domain.paper import Newsletter, Paper, TierName
from shared.domain.tiers import Tier
from shared.ports.reading import Lists, Papers
from shared.site.assets import asset_hrefs
from shared.site.html import Templates
from shared.site.words import Words

# Where not even the paper's name can be had.
_NAMELESS: Final = Paper(1, "00000000-0000-0000-0000-000000000000", "—", "—", "en", "http://nowhere")

_section: Final[msgspec.json.Decoder[SectionFacts]] = msgspec.json.Decoder(SectionFacts)


class Site:
    """What stands around every page for readers of a tier. `assets` are the addresses of style, script and icon;
    `sections` in the order in which they are named. What is the same on all pages is rendered once, here."""

    def __init__(
        self,
        templates: Templates,
        paper: Paper,
        words: Words,
        tier: Tier,
        assets: dict[str, str],
        sections: tuple[SectionFacts, ...] = (),
    ) -> None:
        self.templates = templates
        self.paper = paper
        self.words = words
        self.tier = tier
        self.assets = assets
        self.sections = sections
        made = templates.macros("frame.html")
        self.head = made.head(self, paper)
        self.name = made.name(self, paper)
        self.footer = made.footer(self, paper, words)
        self.navigation = made.sections(self, words, "")

    def page(self, template: str, path: str, **values: Any) -> bytes:
        """The page of that template. `path` is its canonical one."""
        around = {"site": self, "paper": self.paper, "words": self.words, "path": path, "Tier": Tier}
        return self.templates.render(template, {**around, "url": f"{self.paper.url}{path}", **values})

    def navigation_at(self, path: str) -> Any:
        """The sections, with the one at that path marked."""
        return self.templates.macros("frame.html").sections(self, self.words, path)

    def newsletter(self, section: str | None = None) -> Newsletter | None:
        """The first that every subscriber may have and that brings what is in that section, or all there is: the one to
        offer there."""
        for one in self.paper.newsletters:
            if one.tier == Tier.SUBSCRIBER.value and (not one.sections or section in one.sections):
                return one
        return None

    def called(self, tier: Tier) -> TierName:
        """What readers of a tier are called."""
        return self.paper.tiers.member if tier is Tier.MEMBER else self.paper.tiers.subscriber


class Sites:
    """What a process keeps of the present edition: most requests come while nothing has changed."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._edition = ""
        self._sites: dict[Tier, Site] = {}

    def opened(self, tier: Tier, lists: Lists, papers: Papers) -> tuple[Site, str]:
        """The site for readers of that tier, and the edition that it is of: what is read under it later belongs to it.
        Raises ContentUnavailable."""
        edition = lists.edition()
        # One that nobody knows is another each time.
        if not edition or edition != self._edition:
            self._edition = edition
            self.forget()
        if tier not in self._sites:
            self._sites[tier] = self._made(tier, lists, papers)
        return self._sites[tier], edition

    def at_hand(self, tier: Tier) -> Site:
        """The site as it was when it could last be read, or one without a name, for pages that say what cannot be read
        now."""
        return self._sites.get(tier) or Site(self._templates, _NAMELESS, Words({}), tier, {})

    def forget(self) -> None:
        """What was of another edition."""
        self._sites.clear()

    def _made(self, tier: Tier, lists: Lists, papers: Papers) -> Site:
        paper = papers.read(self._edition)
        found = decoded(_section, lists.directory("sections", self._edition))
        order = {slug: number for number, slug in enumerate(paper.sections)}
        sections = tuple(sorted(found, key=lambda one: (order.get(one.slug, len(order)), one.name)))
        return Site(self._templates, paper, Words(paper.texts), tier, asset_hrefs(paper), sections)

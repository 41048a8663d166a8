"""The publication itself: what it is called, where it is, how it looks and what it offers. Configuration, kept in the
content bucket as one document, of which all but who it is may be left out."""

import datetime as dt
from typing import Annotated, Literal

from msgspec import Meta, field

from shared.domain.blocks import Pixels, PlainBlock, Value
from shared.domain.text import Line, Link, MediaPath, Passage, Slug

PAPER_KEY = "paper.json"
PAPER_TAG = "paper"
"""The cache tag of everything that shows what the paper is called, where it is or how it looks."""

Colour = Annotated[str, Meta(pattern=r"^#[0-9a-f]{6}\Z")]
Minor = Annotated[int, Meta(ge=1, le=100_000_000)]
"""An amount of money in the currency's minor unit (cents)."""
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
ManageUrl = Annotated[
    str,
    Meta(
        pattern=r"^(?:http://127\.0\.0\.1|https://[a-z0-9.-]+)(?::[0-9]{1,5})?/[A-Za-z0-9/._~-]*\Z",
        max_length=300,
    ),
]
"""An https address; on this machine the till's, too."""
TextName = Annotated[str, Meta(pattern=r"^[a-z]+(?:_[a-z0-9]+)*\Z", max_length=60)]


class Palette(Value, frozen=True):
    """The colours of pages in one light. `tint` lies under what is for members; all else is mixed from these."""

    paper: Colour
    ink: Colour
    accent: Colour
    tint: Colour


LIGHT = Palette("#fbfaf7", "#1c1b19", "#8f2d1d", "#f3ece0")
DARK = Palette("#161513", "#ebe7df", "#f0917c", "#24201b")


class TierName(Value, frozen=True):
    """What one reader of a tier is called, and several: “member”, “members”."""

    one: Line
    many: Line


class TierNames(Value, frozen=True):
    subscriber: TierName = TierName("subscriber", "subscribers")
    member: TierName = TierName("member", "members")


class Logo(Value, frozen=True):
    """The paper's name as a picture; its text is the name. `dark` is the one for dark pages."""

    src: MediaPath
    width: Pixels
    height: Pixels
    dark: MediaPath | None = None


class PageLink(Value, frozen=True):
    label: Line
    href: Link


class Plan(Value, frozen=True):
    """A paid membership that is offered: what it is called, what it costs and how often that is paid."""

    id: Slug
    label: Line
    amount: Minor
    currency: Currency
    interval: Literal["month", "year"]
    text: Passage | None = None


class Offer(Value, frozen=True):
    """What may be given in one currency: amounts to choose from, and the bounds of a free one."""

    currency: Currency
    amounts: Annotated[tuple[Minor, ...], Meta(min_length=1, max_length=6)]
    minimum: Minor = 200
    maximum: Minor = 100_000


class Giving(Value, frozen=True):
    """What a reader is asked for who just wants to give: in which currencies, the first for whoever does not choose,
    and how often."""

    offers: Annotated[tuple[Offer, ...], Meta(min_length=1, max_length=10)]
    intervals: Annotated[tuple[Literal["once", "month", "year"], ...], Meta(min_length=1, max_length=3)] = (
        "once",
        "month",
    )

    @property
    def repeats(self) -> bool:
        """Whether anything is given again and again."""
        return set(self.intervals) != {"once"}


class Gifts(Value, frozen=True):
    """How many articles a member may give away in a month, and for how many days each is open to whoever has the
    link."""

    a_month: Annotated[int, Meta(ge=1, le=100)]
    days: Annotated[int, Meta(ge=1, le=30)] = 14


class Metering(Value, frozen=True):
    """How many articles a signed-in reader who is no member may read in full in a month."""

    a_month: Annotated[int, Meta(ge=1, le=100)]


class Campaign(Value, frozen=True):
    """What money is raised for: how much of it (minor units of `currency`), and why. `slug` stays, since contributions
    name it. After the day `until` (in UTC) it takes nothing more."""

    slug: Slug
    title: Line
    text: Passage
    goal: Minor
    currency: Currency
    until: dt.date | None = None


class Newsletter(Value, frozen=True):
    """A newsletter: articles by mail. `slug` stays, since members' choices and the links in its mails name it; `tier`:
    the lowest that gets it; `sections`: whose articles, empty for all."""

    slug: Slug
    name: Line
    description: Passage
    tier: Literal["subscriber", "member"] = "subscriber"
    sections: Annotated[tuple[Slug, ...], Meta(max_length=20)] = ()


class Paper(Value, frozen=True):
    """`id` is made once and stays, so that what feeds call an article by stays too when the paper moves to another
    address. `url` is where the paper is read, without a slash at its end.

    `sections` and `front`: slugs in the order in which pages name the sections, and of the articles that the front page
    begins with; what is not named follows by itself. `texts` are the paper's own words in place of those that pages
    come with, by name. `process` is the page that says how the paper is made.
    `past_due_grace_days`: how long a member stays one whose renewal fails. `manage_url`: the payment service's page on
    which whoever has no account changes or ends what they give again and again; `frontline payments setup` writes it.
    `gifts` and `metering`: without them members give nothing away, and the meter is off.
    """

    schema: Literal[1]
    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]
    name: Line
    description: Passage
    language: Annotated[str, Meta(pattern=r"^[a-z]{2,3}(?:-[A-Z]{2})?\Z")]
    url: Annotated[str, Meta(pattern=r"^https?://[a-z0-9.:-]+\Z", max_length=300)]
    logo: Logo | None = None
    icon: MediaPath | None = None
    light: Palette = LIGHT
    dark: Palette = DARK
    tiers: TierNames = TierNames()
    sections: Annotated[tuple[Slug, ...], Meta(max_length=50)] = ()
    front: Annotated[tuple[Slug, ...], Meta(max_length=5)] = ()
    links: Annotated[tuple[PageLink, ...], Meta(max_length=20)] = ()
    plans: Annotated[tuple[Plan, ...], Meta(max_length=6)] = ()
    giving: Giving | None = None
    campaigns: Annotated[tuple[Campaign, ...], Meta(max_length=20)] = ()
    past_due_grace_days: Annotated[int, Meta(ge=0, le=60)] = 7
    manage_url: ManageUrl | None = None
    newsletters: Annotated[tuple[Newsletter, ...], Meta(max_length=20)] = ()
    gifts: Gifts | None = None
    metering: Metering | None = None
    process: Annotated[tuple[PlainBlock, ...], Meta(max_length=500)] = ()
    texts: Annotated[dict[TextName, Passage], Meta(max_length=300)] = field(default_factory=dict)

"""An article on its way to the readers of newsletters: who gets it by which newsletter, and how far it has come."""

from __future__ import annotations

import enum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from shared.domain.members import Member, tier_of
from shared.domain.paper import Newsletter, Paper
from shared.domain.tiers import Tier

NEWS_SECONDS: Final = 2 * 86_400
"""How long after its beginning a mailing is still gone on with: what comes later is no news."""


class MailingState(enum.Enum):
    SENDING = "sending"
    FINISHED = "finished"
    STOPPED = "stopped"  # the article was withdrawn, or it took too long


class Outcome(enum.Enum):
    """What became of an article for one address. BEGUN: it was being sent, and nobody has said what came of it."""

    BEGUN = "begun"
    SENT = "sent"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"


class Counts(Struct, frozen=True):
    """What became of an article, over all members. `skipped`: wanted none of its newsletters, or a tier has to be
    reached first; `uncertain`: may have been sent, and is not sent again."""

    sent: int = 0
    skipped: int = 0
    suppressed: int = 0
    refused: int = 0
    uncertain: int = 0

    def with_one(self, outcome: Outcome) -> Counts:
        match outcome:
            case Outcome.SENT:
                return replace(self, sent=self.sent + 1)
            case Outcome.REFUSED:
                return replace(self, refused=self.refused + 1)
            case Outcome.UNCERTAIN | Outcome.BEGUN:
                return replace(self, uncertain=self.uncertain + 1)


class Mailing(Struct, frozen=True):
    """How far an article (by its id) has come: `place` is where `Members.everyone` goes on, and everyone before it is
    in `counts`. Times are seconds since 1970."""

    article: str
    slug: str
    started_at: int
    state: MailingState = MailingState.SENDING
    place: str | None = None
    counts: Counts = Counts()
    changed_at: int = 0
    finished_at: int | None = None

    def is_news(self, now: float) -> bool:
        return now < self.started_at + NEWS_SECONDS

    def ended(self, state: MailingState, now: float) -> Mailing:
        return replace(self, state=state, place=None, changed_at=int(now), finished_at=int(now))


def carriers(paper: Paper, section: str) -> tuple[Newsletter, ...]:
    """The newsletters that carry articles of that section, in the paper's order."""
    return tuple(one for one in paper.newsletters if not one.sections or section in one.sections)


def carrier_for(member: Member, among: tuple[Newsletter, ...], now: float) -> tuple[Newsletter, Tier] | None:
    """By which of these newsletters a member gets an article, and as which tier; None: not at all. One mail brings it,
    however many newsletters do: the first of them."""
    tier = tier_of(member, now)
    wanted = (one for one in among if one.slug in member.newsletters and tier >= Tier(one.tier))
    first = next(wanted, None)
    return None if first is None else (first, tier)

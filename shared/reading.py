"""What the functions that serve readers share: for which tier a request is answered, and what answers say of that."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from shared.domain.articles import Published
from shared.domain.passes import PassState, Verdict
from shared.domain.refusals import ArticleMoved, ArticleWithdrawn, Refusal, UnknownArticle, UnknownCampaign
from shared.domain.tiers import Tier, parse_tier
from shared.http import NO_STORE, Answer, Request, for_everyone
from shared.ports.reading import Passes

# Publishing purges by tag within seconds, so the life may be long. A name that is not there yet has no tag but its
# slug's, and a short life.
ARTICLE_SECONDS: Final = 86_400
MISSING_SECONDS: Final = 30
GONE_SECONDS: Final = 60
# Nothing purges it when somebody gives, so no old copy is given while a new one is made.
CAMPAIGN_SECONDS: Final = 60


class Sight(Struct, frozen=True):
    """The tier a request is answered for, and how that came about."""

    tier: Tier = Tier.ANONYMOUS
    state: PassState = PassState.NONE
    mismatch: bool = False


ANYONES: Final = Sight()


class Outcome(Struct, frozen=True):
    """An answer, and what is worth counting of it. `place` is the path, or the slug in it, where one like it is served;
    `trouble` is what somebody has to look at."""

    answer: Answer
    sight: Sight = ANYONES
    place: str | None = None
    trouble: BaseException | None = None


def sight_of(request: Request, slug: str, passes: Passes, now: float) -> Sight:
    """The lower of two tiers: the one the edge names and keys its cache by, and the one the pass proves here. `slug` is
    the article that is asked for; an empty one is none.

    When the two differ somebody is wrong, or trying: the reader gets the lower, nobody else gets this answer, and it
    is counted.
    """
    claimed = parse_tier(request.header("x-reader-tier"))
    token = request.header("x-reader-pass")
    verdict = passes.verify(token, now) if token else Verdict(PassState.NONE)
    proven = verdict.reader.tier_for(slug)
    state = PassState.ELSEWHERE if verdict.state is PassState.VALID and proven is Tier.ANONYMOUS else verdict.state
    return Sight(min(claimed, proven), state, claimed is not proven)


def say_for_whom(answer: Answer, sight: Sight) -> None:
    """Every answer says for which tier it was made and what came of the pass; one made on a mismatch is nobody else's.

    A kept error says nothing of the pass: the edge, which puts in each viewer's own finding, does not touch errors.
    """
    answer.headers["x-rendered-for"] = sight.tier.value
    if answer.status < 400 or answer.headers["cache-control"] == NO_STORE:
        answer.headers["x-pass"] = sight.state.value
    if sight.mismatch:
        answer.headers["cache-control"] = NO_STORE
        answer.headers.pop("cache-tag", None)


def kept_refusal(refusal: Refusal, slug: str | None) -> dict[str, str]:
    """How long a refusal may be kept: of the article `slug`, if that can be one's, until something is published under
    it; of a campaign, until the paper has another configuration. Nothing for all other refusals."""
    tags = (f"slug-{slug}",)
    match refusal:
        case UnknownCampaign():
            from shared.domain.paper import PAPER_TAG  # no read of an article needs to know what a paper is

            return for_everyone(MISSING_SECONDS, (PAPER_TAG,), stale=False)
        case _ if slug is None:
            return {}
        case UnknownArticle():
            return for_everyone(MISSING_SECONDS, tags, stale=False)
        case ArticleWithdrawn():
            return for_everyone(GONE_SECONDS, tags, stale=False)
        case ArticleMoved():
            return for_everyone(ARTICLE_SECONDS, tags)
    return {}


def cache_tags(article: Published) -> tuple[str, ...]:
    """By which the CDN is told to forget what was made of this article."""
    return (
        f"article-{article.id}",
        f"slug-{article.slug}",
        f"section-{article.section.slug}",
        f"author-{article.author.slug}",
    )

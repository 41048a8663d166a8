"""An article for whoever asks, and the lists of them: the route, the tier, and what that tier may see."""

from __future__ import annotations

import re
from typing import Final

import msgspec
from msgspec import Struct

from shared.domain.articles import Article, readable
from shared.domain.passes import PassState, Verdict
from shared.domain.refusals import (
    ArticleMoved,
    ArticleWithdrawn,
    ContentUnavailable,
    Refusal,
    UnknownArticle,
)
from shared.domain.text import is_slug
from shared.domain.tiers import Tier, parse_tier
from shared.http import JSON, NO_STORE, Answer, Request, check_method, for_everyone, problem, shown
from shared.ports import Articles, Lists, Passes

# Publishing purges by tag within seconds, so the life may be long. A name that is not there yet has no tag but its
# slug's, and a short life.
ARTICLE_SECONDS: Final = 86_400
MISSING_SECONDS: Final = 30
GONE_SECONDS: Final = 60

_article_path = re.compile(r"/api/articles/([^/]+)(/related)?\Z")
_encoder = msgspec.json.Encoder()


class Doors(Struct, frozen=True):
    """What this function leans on. `passes` and `lists` are opened only when a request needs them: an anonymous read
    of an article needs neither."""

    articles: Articles
    passes: Passes
    lists: Lists


class Outcome(Struct, frozen=True):
    """An answer, and what is worth counting of it."""

    answer: Answer
    tier: Tier
    pass_state: PassState
    mismatch: bool = False
    slug: str | None = None
    trouble: BaseException | None = None


class _Sight(Struct, frozen=True):
    """The tier a request is answered for, and how that came about."""

    tier: Tier
    state: PassState
    mismatch: bool


_ANYONES: Final = _Sight(Tier.ANONYMOUS, PassState.NONE, mismatch=False)


def read(request: Request, doors: Doors, now: float) -> Outcome:
    """Answer one request at `now` (seconds since 1970). Every expected no is an answer; anything else raises."""
    sight, slug, trouble, suffix = _ANYONES, None, None, ""
    try:
        check_method(request)
        found = _article_path.match(request.path)
        if found is None:
            from functions.articles.lists import answer_list

            answer = answer_list(request, doors.lists)
        else:
            request.parameters()
            slug, suffix = _slug(found[1]), found[2] or ""
            if suffix:
                from functions.articles.lists import list_related

                answer = list_related(request, readable(doors.articles.read(slug), now), doors.lists)
            else:
                sight = _sight(request, slug, doors, now)
                answer = _shown(request, readable(doors.articles.read(slug), now), sight)
    except Refusal as refusal:
        answer = _refused(refusal, slug, suffix)
        trouble = refusal.__cause__ or refusal if isinstance(refusal, ContentUnavailable) else None
    return _outcome(answer, sight, slug, trouble)


def _slug(name: str) -> str:
    """The slug that is asked for. Raises UnknownArticle."""
    if not is_slug(name):
        raise UnknownArticle(
            "No article can have this name: it has other signs in it than a–z, 0–9 and single hyphens."
        )
    return name


def _sight(request: Request, slug: str, doors: Doors, now: float) -> _Sight:
    """The lower of two tiers: the one the edge names and keys its cache by, and the one the pass proves here.

    When the two differ somebody is wrong, or trying: the reader gets the lower, nobody else gets this answer, and it
    is counted.
    """
    claimed = parse_tier(request.header("x-reader-tier"))
    token = request.header("x-reader-pass")
    verdict = doors.passes.verify(token, now) if token else Verdict(PassState.NONE)
    proven = verdict.reader.tier_for(slug)
    state = PassState.ELSEWHERE if verdict.state is PassState.VALID and proven is Tier.ANONYMOUS else verdict.state
    return _Sight(min(claimed, proven), state, claimed is not proven)


def _shown(request: Request, article: Article, sight: _Sight) -> Answer:
    """What this reader sees of an article."""
    body = _encoder.encode(article.seen_by(sight.tier))
    return shown(request, JSON, body, for_everyone(ARTICLE_SECONDS, cache_tags(article)))


def cache_tags(article: Article) -> tuple[str, ...]:
    """By which the CDN is told to forget what was made of this article."""
    return (
        f"article-{article.id}",
        f"slug-{article.slug}",
        f"section-{article.section.slug}",
        f"author-{article.author.slug}",
    )


def _refused(refusal: Refusal, slug: str | None, suffix: str) -> Answer:
    """The refusal as an answer; what is true for everyone until something is published under that slug may be kept
    until then."""
    answer = problem(refusal)
    if slug is not None and isinstance(refusal, UnknownArticle):
        answer.headers.update(for_everyone(MISSING_SECONDS, (f"slug-{slug}",), stale=False))
    if slug is not None and isinstance(refusal, ArticleWithdrawn):
        answer.headers.update(for_everyone(GONE_SECONDS, (f"slug-{slug}",), stale=False))
    if slug is not None and isinstance(refusal, ArticleMoved):
        answer.headers.update(for_everyone(ARTICLE_SECONDS, (f"slug-{slug}",)))
    if isinstance(refusal, ArticleMoved):
        answer.headers["location"] = f"/api/articles/{refusal.slug}{suffix}"
    return answer


def _outcome(answer: Answer, sight: _Sight, slug: str | None, trouble: BaseException | None) -> Outcome:
    """Every answer says for which tier it was made and what came of the pass; one made on a mismatch is nobody else's.

    A kept error says nothing of the pass: the edge, which puts in each viewer's own finding, does not touch errors.
    """
    answer.headers["x-rendered-for"] = sight.tier.value
    if answer.status < 400 or answer.headers["cache-control"] == NO_STORE:
        answer.headers["x-pass"] = sight.state.value
    if sight.mismatch:
        answer.headers["cache-control"] = NO_STORE
        answer.headers.pop("cache-tag", None)
    return Outcome(answer, sight.tier, sight.state, sight.mismatch, slug, trouble)

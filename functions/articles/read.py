"""An article for whoever asks: the route, the tier, and what that tier may see."""

from __future__ import annotations

import re
from typing import Final

import msgspec
from msgspec import Struct

from shared.domain.articles import Article, Renamed, Stored, Unpublished
from shared.domain.passes import PassState, Verdict
from shared.domain.refusals import (
    ArticleMoved,
    ArticleWithdrawn,
    ContentUnavailable,
    MethodNotAllowed,
    Refusal,
    UnknownArticle,
    UnknownParameter,
    UnknownRoute,
)
from shared.domain.text import is_slug
from shared.domain.tiers import Tier, parse_tier
from shared.http import NO_STORE, Answer, Request, entity_tag, for_everyone, none_match, problem
from shared.ports import Articles, Passes

# Publishing purges by tag within seconds, so the life may be long. A name that is not there yet has no tag but its
# slug's, and a short life.
ARTICLE_SECONDS: Final = 86_400
MISSING_SECONDS: Final = 30
GONE_SECONDS: Final = 60

_article_path = re.compile(r"/api/articles/([^/]+)\Z")
_encoder = msgspec.json.Encoder()


class Doors(Struct, frozen=True):
    """What this function leans on. `passes` is opened only when a request carries a pass: an anonymous read needs no
    keys."""

    articles: Articles
    passes: Passes


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


def read(request: Request, doors: Doors, now: float) -> Outcome:
    """Answer one request at `now` (seconds since 1970). Every expected no is an answer; anything else raises."""
    sight, slug = _Sight(Tier.ANONYMOUS, PassState.NONE, mismatch=False), None
    try:
        slug = _route(request)
        sight = _sight(request, slug, doors, now)
        answer = _shown(request, doors.articles.read(slug), sight)
    except Refusal as refusal:
        answer = _refused(refusal, slug)
        trouble = refusal.__cause__ or refusal if isinstance(refusal, ContentUnavailable) else None
        return _outcome(answer, sight, slug, trouble)
    return _outcome(answer, sight, slug, None)


def _route(request: Request) -> str:
    """The slug that is asked for. Raises the refusal that fits."""
    found = _article_path.match(request.path)
    if found is None:
        raise UnknownRoute("Nothing is served here. An article is at /api/articles/ and its name.")
    if request.method not in ("GET", "HEAD"):
        raise MethodNotAllowed("An article can be read (GET, HEAD) and nothing else.")
    if names := request.parameter_names():
        raise UnknownParameter(f"An article takes no parameter “{names[0][:80]}”: take it out of the address.")
    if not is_slug(found[1]):
        raise UnknownArticle(
            "No article can have this name: it has other signs in it than a–z, 0–9 and single hyphens."
        )
    return found[1]


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


def _shown(request: Request, document: Stored, sight: _Sight) -> Answer:
    """What this reader sees of what is stored."""
    if isinstance(document, Renamed):
        raise ArticleMoved(document.to)
    if isinstance(document, Unpublished):
        raise ArticleWithdrawn("This article has been taken back by the editors.")
    body = _encoder.encode(document.seen_by(sight.tier))
    tag = entity_tag(body)
    headers = {
        "content-type": "application/json; charset=utf-8",
        "etag": tag,
        **for_everyone(ARTICLE_SECONDS, cache_tags(document)),
    }
    if not none_match(request, tag):
        del headers["content-type"]
        return Answer(304, headers)
    return Answer(200, headers, body.decode())


def cache_tags(article: Article) -> tuple[str, ...]:
    """By which the CDN is told to forget what was made of this article."""
    return (
        f"article-{article.id}",
        f"slug-{article.slug}",
        f"section-{article.section.slug}",
        f"author-{article.author.slug}",
    )


def _refused(refusal: Refusal, slug: str | None) -> Answer:
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
        answer.headers["location"] = f"/api/articles/{refusal.slug}"
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

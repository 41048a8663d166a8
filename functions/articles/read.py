"""An article for whoever asks, lists of them, and campaigns: the route, the tier, and what that tier may see."""

from __future__ import annotations

import re

import msgspec
from msgspec import Struct

from shared.domain.articles import Article, readable
from shared.domain.refusals import (
    ArticleMoved,
    ContentUnavailable,
    Refusal,
    UnknownArticle,
)
from shared.domain.text import is_slug
from shared.http import JSON, Answer, Request, check_method, for_everyone, problem, shown
from shared.ports.reading import Articles, Campaigns, Lists, Papers, Passes
from shared.reading import (
    ANYONES,
    ARTICLE_SECONDS,
    Outcome,
    Sight,
    cache_tags,
    kept_refusal,
    say_for_whom,
    sight_of,
)

_article_path = re.compile(r"/api/articles/([^/]+)(/related)?\Z")
_encoder = msgspec.json.Encoder()


class Doors(Struct, frozen=True):
    """What this function leans on. All but `articles` are opened only when a request needs them: an anonymous read of
    an article needs none."""

    articles: Articles
    passes: Passes
    lists: Lists
    papers: Papers
    campaigns: Campaigns


def read(request: Request, doors: Doors, now: float) -> Outcome:
    """Answer one request at `now` (seconds since 1970). Every expected no is an answer; anything else raises."""
    sight, slug, trouble, suffix = ANYONES, None, None, ""
    try:
        check_method(request)
        found = _article_path.match(request.path)
        if found is None and request.path.startswith("/api/campaigns/"):
            from functions.articles.campaigns import read_campaign

            answer = read_campaign(request, doors.papers, doors.campaigns, now)
        elif found is None:
            from functions.articles.lists import answer_list

            answer = answer_list(request, doors.lists)
        else:
            request.parameters()
            slug, suffix = _slug(found[1]), found[2] or ""
            if suffix:
                from functions.articles.lists import list_related

                answer = list_related(request, readable(doors.articles.read(slug), now), doors.lists)
            else:
                sight = sight_of(request, slug, doors.passes, now)
                answer = _shown(request, readable(doors.articles.read(slug), now), sight)
    except Refusal as refusal:
        answer = _refused(refusal, slug, suffix)
        trouble = refusal.__cause__ or refusal if isinstance(refusal, ContentUnavailable) else None
    say_for_whom(answer, sight)
    return Outcome(answer, sight, slug, trouble)


def _slug(name: str) -> str:
    """The slug that is asked for. Raises UnknownArticle."""
    if not is_slug(name):
        raise UnknownArticle(
            "No article can have this name: it has other signs in it than a–z, 0–9 and single hyphens."
        )
    return name


def _shown(request: Request, article: Article, sight: Sight) -> Answer:
    """What this reader sees of an article."""
    body = _encoder.encode(article.seen_by(sight.tier))
    return shown(request, JSON, body, for_everyone(ARTICLE_SECONDS, cache_tags(article)))


def _refused(refusal: Refusal, slug: str | None, suffix: str) -> Answer:
    answer = problem(refusal)
    answer.headers.update(kept_refusal(refusal, slug))
    if isinstance(refusal, ArticleMoved):
        answer.headers["location"] = f"/api/articles/{refusal.slug}{suffix}"
    return answer

"""CloudFront's rules of caching as pure functions: what a copy is stored under, and how long it counts.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html
"""

import re
from dataclasses import dataclass
from typing import Final

from infra.local.messages import Answer, Pairs, Request, directives, http_date, query_text, seconds
from infra.local.policies import Behaviour, BucketOrigin, CachePolicy, Distribution

TAGS_AN_OBJECT: Final = 50
TAG: Final = re.compile(r"[\x21-\x2b\x2d-\x7e]{1,256}")  # visible ASCII without the comma
# Kept whatever the origin says of them, for at least the error caching minimum TTL...
ERRORS_KEPT: Final = frozenset({404, 410, 414, 500, 501, 502, 503, 504})
# ...though on these four CloudFront listens to no-store, no-cache and private...
ERRORS_THAT_MAY_FORBID: Final = frozenset({404, 410, 414, 501})
# ...and these are kept only if the origin says for how long.
ERRORS_KEPT_ON_REQUEST: Final = frozenset({400, 403, 405, 412, 415})
KEPT_ON_REQUEST: Final = frozenset({307, 308})

Key = tuple[str, Pairs, Pairs, Pairs, str]


@dataclass(frozen=True, slots=True)
class Lifetime:
    """For how many seconds from now a copy counts: as fresh, while it is fetched anew, in place of an error."""

    fresh: float
    stale_while_revalidate: float
    stale_if_error: float
    revalidates: bool = True  # whether the origin may be asked "still this one?"


def cache_key(request: Request, policy: CachePolicy) -> Key:
    """What a request's answer is stored under: the path and what the policy lists, nothing else of the request.

    Query members keep the viewer's order: to CloudFront `a=1&b=2` and `b=2&a=1` are two objects.
    """
    return (
        request.path,
        policy.query.of(request.query),
        tuple(sorted(policy.headers.of(request.headers))),
        policy.cookies.of(request.cookies),
        accepted_encodings(request, policy),
    )


def accepted_encodings(request: Request, policy: CachePolicy) -> str:
    """Accept-Encoding as CloudFront normalises it, for key and origin: `br,gzip`, `br`, `gzip` or nothing."""
    offered = set()
    for part in (request.header("accept-encoding") or "").lower().split(","):
        name, *parameters = [word.strip() for word in part.split(";")]
        if not any(re.fullmatch(r"q=0(\.0*)?", parameter) for parameter in parameters):
            offered.add(name)
    wanted = (("br", policy.brotli), ("gzip", policy.gzip))
    return ",".join(name for name, enabled in wanted if enabled and name in offered)


def lifetime(answer: Answer, policy: CachePolicy, now: float) -> Lifetime | None:
    """How long an answer below 400 is kept for; None for not at all.

    MinTTL above 0 beats no-store, no-cache and private. With MinTTL 0 such an answer is never fresh, but CloudFront
    still holds it against the day when the origin cannot be reached, unless it says `stale-if-error=0`. Nothing is
    served that is older than MaxTTL.
    """
    told = directives(answer.header("cache-control"))
    asked: float | None = seconds(told, "s-maxage", "max-age")
    if asked is None and (expires := answer.header("expires")) is not None:
        asked = max((http_date(expires) or 0) - now, 0)
    if answer.status in {206, 304} or (answer.status in KEPT_ON_REQUEST and not told):
        return None
    forbidden = not told.keys().isdisjoint({"no-store", "no-cache", "private"})
    unrepeatable = answer.header("vary") == "*" and policy.min_ttl == 0
    if forbidden or unrepeatable:
        fresh = policy.min_ttl
    elif asked is None:
        fresh = max(policy.min_ttl, policy.default_ttl)
    else:
        fresh = max(min(asked, policy.max_ttl), policy.min_ttl)
    ceiling = max(policy.max_ttl, policy.min_ttl)
    if ceiling <= 0:
        return None
    behind = 0 if forbidden or unrepeatable else seconds(told, "stale-while-revalidate") or 0
    instead = seconds(told, "stale-if-error")
    return Lifetime(
        fresh=fresh,
        stale_while_revalidate=min(fresh + behind, ceiling),
        stale_if_error=ceiling if instead is None else min(fresh + instead, ceiling),
        revalidates=not unrepeatable and told.keys().isdisjoint({"no-store", "private"}),
    )


def error_lifetime(answer: Answer, behaviour: Behaviour, distribution: Distribution, now: float) -> float:
    """For how many seconds an answer of 400 and above is kept; 0 for not at all."""
    if not behaviour.keeps:
        return 0
    told = directives(answer.header("cache-control"))
    asked: float | None = seconds(told, "s-maxage", "max-age")
    floor = distribution.error_ttl(answer.status)
    forbidden = not told.keys().isdisjoint({"no-store", "no-cache", "private"})
    if (
        answer.status not in ERRORS_KEPT | ERRORS_KEPT_ON_REQUEST
        or (answer.status in ERRORS_KEPT_ON_REQUEST and asked is None)
        or (answer.status in ERRORS_THAT_MAY_FORBID and forbidden)
    ):
        return 0
    if asked is None and (expires := http_date(answer.header("expires"))) is not None:
        asked = expires - now
    if isinstance(behaviour.origin, BucketOrigin):
        floor = max(floor, 1)  # "to protect your origin", even where the template says 0
    return max(floor, min(asked or 0, behaviour.cache.max_ttl))


def tags_of(answer: Answer, header: str | None) -> frozenset[str]:
    """The cache tags of an origin's answer, case-folded: the first fifty that are well-formed."""
    text = (answer.header(header) if header else None) or ""
    tags = [tag for part in text.split(",") if (tag := part.strip().lower()) and TAG.fullmatch(tag)]
    return frozenset(tags[:TAGS_AN_OBJECT])


def is_named(item: str, key: Key, tags: frozenset[str]) -> bool:
    """Whether an item of an invalidation names this copy: `#tag`, `/path?query` to the letter, or ending in `*`."""
    if item.startswith("#"):
        return item[1:].lower() in tags
    path, query = key[0], query_text(key[1])
    url, wanted = f"{path}?{query}" if query else path, "/" + item.removeprefix("/")
    return url.startswith(wanted[:-1]) if wanted.endswith("*") else url == wanted

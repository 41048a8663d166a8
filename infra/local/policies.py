"""The distribution's rules as values: what CloudFront's policies and behaviours say, without CloudFormation's words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from infra.local.api_routes import Route
from infra.local.messages import Pairs

DEFAULT_ERROR_TTL = 10.0  # seconds that CloudFront keeps an error for when no CustomErrorResponses names its status


@dataclass(frozen=True)
class Selection:
    """Which names of a kind (headers, query members, cookies) a policy lets through."""

    kind: Literal["none", "whitelist", "allExcept", "all"] = "none"
    names: frozenset[str] = frozenset()

    def picks(self, name: str) -> bool:
        """Whether this name is let through."""
        match self.kind:
            case "none":
                return False
            case "all":
                return True
            case "whitelist":
                return name in self.names
            case "allExcept":
                return name not in self.names

    def of(self, pairs: Pairs) -> Pairs:
        """Those of the pairs that are let through, in the order they came."""
        return tuple(pair for pair in pairs if self.picks(pair[0]))


@dataclass(frozen=True)
class CachePolicy:
    """What an object is stored under, and how long it may be kept (seconds)."""

    min_ttl: float = 0
    default_ttl: float = 86400
    max_ttl: float = 31536000
    headers: Selection = Selection()
    query: Selection = Selection()
    cookies: Selection = Selection()
    gzip: bool = False
    brotli: bool = False


@dataclass(frozen=True)
class OriginRequestPolicy:
    """What the origin is told beside the cache key."""

    headers: Selection = Selection()
    query: Selection = Selection()
    cookies: Selection = Selection()


@dataclass(frozen=True)
class ResponseHeadersPolicy:
    """What every answer of a behaviour is given: (name, value, whether it replaces the origin's), and what it loses."""

    sets: tuple[tuple[str, str, bool], ...] = ()
    removes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class EdgeSource:
    """A CloudFront function of the template: its very source, and the logical id of the key-value store it may read."""

    logical_id: str
    source: str
    store: str | None = None


@dataclass(frozen=True)
class FunctionOrigin:
    """A Lambda function's URL."""

    origin_id: str
    domain: str
    function: str
    read_timeout: float = 30
    attempts: int = 3
    headers: Pairs = ()  # that CloudFront puts on every request to it


@dataclass(frozen=True)
class ApiOrigin:
    """An HTTP API of API Gateway."""

    origin_id: str
    domain: str
    routes: tuple[Route, ...]
    read_timeout: float = 30
    attempts: int = 3
    headers: Pairs = ()


@dataclass(frozen=True)
class BucketOrigin:
    """An S3 bucket behind an origin access control."""

    origin_id: str
    domain: str
    bucket: str
    path: str = ""
    headers: Pairs = ()


OriginShape = FunctionOrigin | ApiOrigin | BucketOrigin


@dataclass(frozen=True)
class Behaviour:
    """What the distribution does with the paths of one pattern."""

    pattern: str
    origin: OriginShape
    methods: frozenset[str]
    cached_methods: frozenset[str]
    compress: bool
    cache: CachePolicy
    forwards: OriginRequestPolicy = OriginRequestPolicy()
    response_headers: ResponseHeadersPolicy = ResponseHeadersPolicy()
    viewer_request: EdgeSource | None = None
    viewer_response: EdgeSource | None = None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in "/" + self.pattern.removeprefix("/"))
        return re.compile("".join(parts), re.DOTALL)

    def takes(self, path: str) -> bool:
        """Whether a path (as sent, undecoded) falls under the pattern: `*` is any text, `?` one character."""
        return self._pattern.fullmatch(path) is not None

    @property
    def keeps(self) -> bool:
        """Whether this behaviour caches at all (CachingDisabled sets all three to 0)."""
        return self.cache.max_ttl > 0 or self.cache.min_ttl > 0

    @property
    def collapses(self) -> bool:
        """Whether simultaneous misses become one request to the origin; forwarding cookies turns that off."""
        return self.keeps and self.cache.cookies.kind == self.forwards.cookies.kind == "none"


@dataclass(frozen=True)
class ErrorPage:
    """What stands in for an origin's error: the object at a path of this distribution, under a status."""

    path: str
    status: int


@dataclass(frozen=True)
class Distribution:
    """The whole edge: behaviours in the order they are tried (the default, `*`, last) and what holds for all."""

    behaviours: tuple[Behaviour, ...]
    error_ttls: Mapping[int, float] = field(default_factory=dict)
    tag_header: str | None = None
    error_pages: Mapping[int, ErrorPage] = field(default_factory=dict)

    def behaviour_for(self, path: str) -> Behaviour:
        """The first behaviour whose pattern takes the path without its `.` and `..`, as CloudFront matches it.

        https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html
        """
        plain = _without_dots(path)
        return next(behaviour for behaviour in self.behaviours if behaviour.takes(plain))

    def error_ttl(self, status: int) -> float:
        """The error caching minimum TTL of a status (seconds)."""
        return self.error_ttls.get(status, DEFAULT_ERROR_TTL)


def _without_dots(path: str) -> str:
    """RFC 3986, section 5.2.4. Percent signs stay: only unreserved characters could be decoded."""
    kept: list[str] = []
    *folders, last = path.split("/")
    for segment in [*folders, last] if last in {".", ".."} else folders:
        if segment == "..":
            kept = kept[:-1] or [""]  # the root has nothing above it
        elif segment != ".":
            kept.append(segment)
    return "/".join([*kept, "" if last in {".", ".."} else last])

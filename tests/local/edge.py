"""A cache to test: with a clock that is moved by hand and an origin that answers what it is told to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from infra.local.edge_cache import EdgeCache
from infra.local.messages import Answer, OriginUnreachableError, Pairs, Request
from infra.local.policies import (
    Behaviour,
    BucketOrigin,
    CachePolicy,
    Distribution,
    FunctionOrigin,
    OriginRequestPolicy,
    Selection,
)

POLICY = CachePolicy(
    min_ttl=0,
    default_ttl=0,
    max_ttl=604_800,
    headers=Selection("whitelist", frozenset({"x-reader-tier"})),
    query=Selection("whitelist", frozenset({"section", "cursor"})),
    gzip=True,
    brotli=True,
)
FUNCTION = FunctionOrigin("function", "function.example", "Function")
BUCKET = BucketOrigin("bucket", "bucket.example", "Bucket")
KEPT = "public, s-maxage=100, stale-while-revalidate=50, stale-if-error=1000"


def behaviour(policy: CachePolicy = POLICY, origin: FunctionOrigin | BucketOrigin = FUNCTION) -> Behaviour:
    methods = frozenset({"GET", "HEAD", "POST"})
    return Behaviour("*", origin, methods, frozenset({"GET", "HEAD"}), compress=True, cache=policy)


def said(body: bytes = b"hello", cache_control: str | None = KEPT, status: int = 200, **headers: str) -> Answer:
    """An origin's answer; `a_b` names the header `a-b`."""
    named = {"content-type": "text/plain", "content-length": str(len(body)), "etag": '"1"'}
    named |= {"cache-control": cache_control} if cache_control is not None else {}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, tuple(named.items()), body)


@dataclass
class Rig:
    """`rig.get()` reads through the cache; `rig.says` is what the origin answers; `rig.asked` is what it was asked."""

    says: Answer | Callable[[Request], Answer] = field(default_factory=said)
    rules: Behaviour = field(default_factory=behaviour)
    error_ttls: dict[int, float] = field(default_factory=dict)
    capacity: int = 1 << 20
    now: float = 1_000_000.0
    asked: list[tuple[Request, Pairs]] = field(default_factory=list)
    later: list[Callable[[], None]] = field(default_factory=list)
    unreachable: bool = False

    def __post_init__(self) -> None:
        shape = Distribution((self.rules,), self.error_ttls, "cache-tag")
        self.cache = EdgeCache(shape, lambda: self.now, self.later.append, self.capacity)

    def get(self, url: str = "/a", tier: str = "anonymous", method: str = "GET", **headers: str) -> Answer:
        path, _, query = url.partition("?")
        pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        members = tuple((name, value) for name, _, value in (part.partition("=") for part in query.split("&") if part))
        return self.ask(Request(method, path, members, (("x-reader-tier", tier), *pairs)))

    def ask(self, request: Request) -> Answer:
        def fetch(conditions: Pairs) -> Answer:
            self.asked.append((request, conditions))
            if self.unreachable:
                raise OriginUnreachableError(504, "gone")
            return self.says if isinstance(self.says, Answer) else self.says(request)

        return self.cache.answer(request, self.rules, fetch)

    def finish_later_work(self) -> None:
        work, self.later[:] = list(self.later), []
        for each in work:
            each()

    @property
    def calls(self) -> int:
        return len(self.asked)


def outcome(answer: Answer) -> str:
    """`Hit`, `Miss`, …: the first word of x-cache."""
    return (answer.header("x-cache") or "").partition(" ")[0]


def outcomes(answers: Iterable[Answer]) -> list[str]:
    return [outcome(answer) for answer in answers]


FORWARDS_COOKIES = OriginRequestPolicy(cookies=Selection("all"))

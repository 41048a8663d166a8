"""How a stack does, in figures: what was counted of it since some time, and how it is now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

from msgspec import Struct, field

from infra.ops.facilities import Alarm, Queue

DAY: Final = 86_400
SHORT_STEP, LONG_STEP = 300, 3600
"""Seconds that are counted together, for up to a day, and for more."""
_EDGE: Final = "AWS/CloudFront"
_LAMBDA: Final = "AWS/Lambda"
_SES: Final = "AWS/SES"
_OF_FUNCTIONS: Final = (
    *(("Invocations", "Sum"), ("Errors", "Sum"), ("Throttles", "Sum"), ("Duration", "p99"), ("Duration", "Maximum")),
    ("ConcurrentExecutions", "Maximum"),
)
Values = Mapping[int, float]  # of each step that has any, by its beginning (seconds since 1970)


class Wanted(Struct, frozen=True):
    """A metric, and which statistic of it. `dimensions` are in the order of their names."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()
    statistic: str = "Sum"

    def of(self, dimension: str) -> str:
        """The value of a dimension; empty where it has none of that name."""
        return dict(self.dimensions).get(dimension, "")


class Metrics(Protocol):
    """What was counted. Raises StoreUnavailable."""

    def there(self, namespace: str) -> tuple[Wanted, ...]:
        """What there is to ask for: everything of which something was counted within two weeks, as sums."""

    def values(self, wanted: tuple[Wanted, ...], start: int, end: int, step: int) -> tuple[Values, ...]:
        """What was counted of each between `start` and `end` (seconds since 1970), in steps of so many seconds."""


class Running(Struct, frozen=True):
    """A function: how often it was called, has failed and was turned away; what the slowest in a hundred took in the
    worst step, and the slowest of all (milliseconds; None: it was not called); how many ran at once, at most."""

    name: str
    calls: int
    errors: int
    turned_away: int
    p99_ms: float | None
    slowest_ms: float | None
    at_once: int | None


class Figures(Struct, frozen=True):
    """From `start` to `end`, seconds since 1970. Percentages are None where nothing was counted."""

    stack: str
    start: int
    end: int
    requests: int
    hit_percent: float | None
    error_percent: float | None
    reads: dict[str, int]  # by tier
    outcomes: dict[str, int]  # of reads, by status
    passes_refused: dict[str, int]  # by reason
    tier_mismatches: int
    functions: tuple[Running, ...]
    faults: int
    unavailable: int
    sign_ins_asked: int
    sign_ins: int
    mails: dict[str, int]  # by what became of them
    newsletters_sent: int
    feedback: dict[str, int]  # by what it was
    bounce_percent: float | None
    complaint_percent: float | None
    published: dict[str, int]  # by what became of articles
    payments: dict[str, int]  # by how it ended
    movements: int
    webhooks: dict[str, int]  # by outcome
    reconciled: dict[str, int] = field(default_factory=dict)
    queues: dict[str, int] = field(default_factory=dict)  # how many wait in each now
    ringing: dict[str, str] = field(default_factory=dict)  # alarms that are off now, and why
    alarms: int = 0


class Where(Struct, frozen=True):
    """What figures are asked of: `ours` in the stack's region, `edge` where CloudFront counts."""

    stack: str
    namespace: str
    distribution: str
    functions: Mapping[str, str]  # at AWS, by what we call them
    ours: Metrics
    edge: Metrics


def step_for(seconds: int) -> int:
    """How many seconds are counted together."""
    return SHORT_STEP if seconds <= DAY else LONG_STEP


def gather(where: Where, seconds: int, now: float, queues: tuple[Queue, ...], alarms: tuple[Alarm, ...]) -> Figures:
    """The figures of the last so many seconds, and a step at most before. Raises StoreUnavailable."""
    step = step_for(seconds)
    start, end = int(now - seconds) // step * step, int(now) + 1
    counted = where.ours.there(where.namespace)
    asked = (*counted, *_of_functions(where.functions), *_rates())
    found = dict(zip(asked, where.ours.values(asked, start, end, step), strict=True))
    edge = _edge(where.distribution)
    seen = dict(zip((one.name for one in edge), where.edge.values(edge, start, end, step), strict=True))

    def count(name: str, **given: str) -> int:
        return round(
            sum(
                sum(found[one].values())
                for one in counted
                if one.name == name and all(one.of(key) == value for key, value in given.items())
            )
        )

    def by(name: str, dimension: str) -> dict[str, int]:
        told: Counter[str] = Counter()
        for one in counted:
            if one.name == name:
                told[one.of(dimension)] += round(sum(found[one].values()))
        return {key: value for key, value in sorted(told.items()) if value}

    requests = seen["Requests"]
    reconciled = ("Looked", "Repaired", "Mismatched", "Failed", "Unfinished")
    return Figures(
        stack=where.stack,
        start=start,
        end=end,
        requests=round(sum(requests.values())),
        hit_percent=_weighed(seen["CacheHitRate"], requests),
        error_percent=_weighed(seen["5xxErrorRate"], requests),
        reads=by("Reads", "Tier"),
        outcomes=by("Reads", "Outcome"),
        passes_refused=by("PassFailures", "Reason"),
        tier_mismatches=count("TierMismatches"),
        functions=tuple(_running(name, at, found) for name, at in where.functions.items()),
        faults=count("Faults"),
        unavailable=count("Unavailable"),
        sign_ins_asked=count("MemberRequests", Route="POST /api/members/sign-in"),
        sign_ins=count("MemberRequests", Route="POST /api/members/sessions"),
        mails=by("Mails", "Outcome"),
        newsletters_sent=count("NewslettersSent"),
        feedback=by("MailFeedback", "What"),
        bounce_percent=_latest_percent(found[_rates()[0]]),
        complaint_percent=_latest_percent(found[_rates()[1]]),
        published={
            name.lower(): count(name) for name in ("Listed", "Unlisted", "Announced", "Unreadable") if count(name)
        },
        payments=by("Payments", "Outcome"),
        movements=count("LedgerEntries"),
        webhooks=by("Webhooks", "Outcome"),
        reconciled={name.lower(): count(f"Reconcile{name}") for name in reconciled if count(f"Reconcile{name}")},
        queues={one.name: one.waiting for one in queues if one.is_there},
        ringing={one.name: one.why for one in alarms if one.rings_since is not None},
        alarms=sum(one.is_there for one in alarms),
    )


def _of_functions(functions: Mapping[str, str]) -> tuple[Wanted, ...]:
    return tuple(_of(at, name, statistic) for at in functions.values() for name, statistic in _OF_FUNCTIONS)


def _of(function: str, name: str, statistic: str) -> Wanted:
    return Wanted(_LAMBDA, name, (("FunctionName", function),), statistic)


def _rates() -> tuple[Wanted, Wanted]:
    return (
        Wanted(_SES, "Reputation.BounceRate", (), "Maximum"),
        Wanted(_SES, "Reputation.ComplaintRate", (), "Maximum"),
    )


def _edge(distribution: str) -> tuple[Wanted, ...]:
    of = (("DistributionId", distribution), ("Region", "Global"))
    return (
        Wanted(_EDGE, "Requests", of),
        Wanted(_EDGE, "CacheHitRate", of, "Average"),
        Wanted(_EDGE, "5xxErrorRate", of, "Average"),
    )


def _running(name: str, at: str, found: Mapping[Wanted, Values]) -> Running:
    def total(metric: str) -> int:
        return round(sum(found[_of(at, metric, "Sum")].values()))

    def most(metric: str, statistic: str = "Maximum") -> float | None:
        return max(found[_of(at, metric, statistic)].values(), default=None)

    at_once = most("ConcurrentExecutions")
    return Running(
        name,
        total("Invocations"),
        total("Errors"),
        total("Throttles"),
        most("Duration", "p99"),
        most("Duration"),
        None if at_once is None else round(at_once),
    )


def _weighed(rates: Values, requests: Values) -> float | None:
    """The rate of all, from that of each step."""
    weight = sum(requests.get(at, 0) for at in rates)
    return sum(rate * requests.get(at, 0) for at, rate in rates.items()) / weight if weight else None


def _latest_percent(values: Values) -> float | None:
    return values[max(values)] * 100 if values else None


# In words -----------------------------------------------------------------------------------------------------------

_TIERS: Final = {"anonymous": "anonymous", "subscriber": "subscribers", "member": "members"}
_OF_RECONCILING: Final = {"looked": "looked at", "unfinished": "not got through"}


def told(figures: Figures) -> Iterator[tuple[str, str]]:
    """Lines, each with what it is about. No figure is without its unit; what never happened is not told."""
    yield "requests", _requests(figures)
    tiers = {_TIERS.get(tier, tier): count for tier, count in figures.reads.items()}
    yield "reads without a copy", _listed(figures.reads, "read", tiers)
    if figures.outcomes:
        yield "their answers", _parts(figures.outcomes, lambda status: f"with {status}")
    if figures.passes_refused or figures.tier_mismatches:
        differ = {"seen otherwise at the edge": figures.tier_mismatches} if figures.tier_mismatches else {}
        yield "passes not taken", _parts({**figures.passes_refused, **differ})
    for one in figures.functions:
        if one.calls or one.turned_away:
            yield f"{one.name} function", _function(one)
    if figures.faults or figures.unavailable:
        yield (
            "of ours or others'",
            f"{_count(figures.faults, 'fault')}, {_count(figures.unavailable, 'time')} unavailable",
        )
    yield "signing in", f"{_count(figures.sign_ins_asked, 'mail')} asked for, {_count(figures.sign_ins, 'sign-in')}"
    yield "mails", _listed(figures.mails, "mail", figures.mails)
    if figures.newsletters_sent:
        yield "newsletters", f"{_count(figures.newsletters_sent, 'mail')} sent"
    yield "that came back", _feedback(figures)
    if figures.published:
        yield "articles", _parts(figures.published)
    yield (
        "payments",
        f"{_listed(figures.payments, 'message', figures.payments)}; {_count(figures.movements, 'movement')} of money",
    )
    yield "webhooks", _listed(figures.webhooks, "webhook", figures.webhooks)
    if figures.reconciled:
        yield "reconciled", _parts(figures.reconciled, lambda one: f"orders {_OF_RECONCILING.get(one, one)}")
    waiting = {name: count for name, count in figures.queues.items() if count}
    yield "queues now", _listed(waiting, "message", waiting, lambda name: f"in {name}") if waiting else "all empty"
    yield "alarms now", _alarms(figures)


def _requests(figures: Figures) -> str:
    parts = [_count(figures.requests, "request")]
    if figures.hit_percent is not None:
        parts.append(f"{figures.hit_percent:.0f} % answered with the edge's copy")
    if figures.error_percent is not None:
        parts.append(f"{figures.error_percent:.1f} % with an error of ours")
    return ", ".join(parts)


def _function(one: Running) -> str:
    parts = [_count(one.calls, "call"), f"{_count(one.errors, 'error')}"]
    if one.turned_away:
        parts.append(f"{_count(one.turned_away, 'call')} turned away")
    if one.p99_ms is not None:
        parts.append(f"p99 {_time(one.p99_ms)}")
    if one.slowest_ms is not None:
        parts.append(f"slowest {_time(one.slowest_ms)}")
    if one.at_once is not None:
        parts.append(f"{one.at_once:,} at once")
    return ", ".join(parts)


def _feedback(figures: Figures) -> str:
    back = _listed(figures.feedback, "mail", figures.feedback)
    rates = [
        f"{value:.2f} % {what} (SES)"
        for value, what in ((figures.bounce_percent, "bounces"), (figures.complaint_percent, "complaints"))
        if value is not None
    ]
    return ", ".join([back, *rates])


def _alarms(figures: Figures) -> str:
    if not figures.alarms:
        return "there are none"
    if not figures.ringing:
        return f"none of {_count(figures.alarms, 'alarm')} rings"
    ring = "rings" if len(figures.ringing) == 1 else "ring"
    return f"{len(figures.ringing)} of {_count(figures.alarms, 'alarm')} {ring}: {', '.join(figures.ringing)}"


def _listed(
    all_of: Mapping[str, int], unit: str, parts: Mapping[str, int], word: Callable[[str], str] = lambda one: one
) -> str:
    total = sum(all_of.values())
    return _count(total, unit) + (f": {_parts(parts, word)}" if total else "")


def _parts(parts: Mapping[str, int], word: Callable[[str], str] = lambda one: one) -> str:
    return ", ".join(f"{count:,} {word(name.replace('_', ' '))}" for name, count in parts.items())


def _count(number: int, unit: str) -> str:
    return f"{number:,} {unit}{'s' * (number != 1)}" if number else f"no {unit}s"


def _time(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"

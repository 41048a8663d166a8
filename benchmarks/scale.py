"""`make scale`: reckons with papers of three sizes, and writes docs/scale.md's tables between their marks.

What was reckoned lies in scale.json, with a digest of what it was reckoned from: a test sees whether both still hold.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

from benchmarks import bill, prices
from benchmarks.bill import GROUPS, MAILING, MONTH, PERSONS, READING, SIZES, STANDING, WATCHING, Assumed, Size, Use
from benchmarks.readers import Mix
from benchmarks.simulation import DAY, Cdn, Day, after_purge, day, forgetting, keys
from shared.domain.tiers import Tier

PAGE: Final = Path(__file__).parents[1] / "docs" / "scale.md"
RESULTS: Final = Path(__file__).with_name("scale.json")
SOURCES: Final = tuple(
    Path(__file__).with_name(f"{name}.py") for name in ("scale", "bill", "prices", "simulation", "readers")
)
SEED, SAMPLED = 7, 200
NOBODY: Final[frozenset[Tier]] = frozenset()
SIGNED_IN: Final = frozenset({Tier.SUBSCRIBER, Tier.MEMBER})
# What CloudFront, Lambda, … take without being asked for more; docs.aws.amazon.com, stored copies of 2025 and 2026.
EDGE_RATE, CONCURRENCY, NEW_A_10_S = 250_000, 1_000, 1_000
PARTITION_WRITES, PERSONAL_RATE = 1_000, 200  # the latter is template.yaml's own (PersonalStage)
GHOST_RATE: Final = 30.0
"""Pages a second that one Ghost server renders for members: assumed, not measured."""

Table = list[list[str]]


def days_of(size: Size) -> float:
    """How many days are played: a small paper's are few reads, and more to chance."""
    return {SIZES[0].name: 30.0, SIZES[1].name: 4.0}.get(size.name, 1.0)


def played(size: Size, assumed: Assumed, cdn: Cdn, bypass: frozenset[Tier] = NOBODY, days: float | None = None) -> Day:
    """An average day of that paper behind that CDN."""
    everything = keys(size.paper, size.mix, size.reads, SAMPLED, bypass, assumed.zipf)
    return day(everything, cdn, SEED, days or days_of(size))


def reckon() -> dict[str, Any]:
    """All figures of the page."""
    assumed = Assumed()
    found: dict[str, Any] = {"digest": digest(), "sizes": {}, "sensitivity": []}
    base: dict[str, Day] = {}
    for size in SIZES:
        print(f"# {size.name}", file=sys.stderr)
        base[size.name] = ours = played(size, assumed, size.cdn)
        used = bill.use(size, ours, assumed)
        found["sizes"][size.name] = {
            **_cached(size, assumed, ours),
            **_served(size, assumed, ours, used),
            **_paid(size, assumed, used),
        }
    for label, low, high in _doubts():
        print(f"# {label}", file=sys.stderr)
        row: dict[str, Any] = {"label": label}
        for size in SIZES:
            row[size.name] = [_total(change(size), base[size.name]) for change in (low, high)]
        found["sensitivity"].append(row)
    rounded: dict[str, Any] = _rounded(found)
    return rounded


def _cached(size: Size, assumed: Assumed, ours: Day) -> dict[str, Any]:
    """The same readers behind other caches."""
    short = 30.0 if size.reads < 1e5 else 0.5
    ways = {
        "day": ours,
        "minute": played(size, assumed, forgetting(size.cdn, 60.0), days=short),
        "members_bypass": played(size, assumed, size.cdn, frozenset({Tier.MEMBER})),
        "signed_in_bypass": played(size, assumed, size.cdn, SIGNED_IN),
    }
    return {"caches": {name: [way.hit_share, way.origin_share, way.asked / DAY] for name, way in ways.items()}}


def _served(size: Size, assumed: Assumed, ours: Day, used: Use) -> dict[str, Any]:
    everything = keys(size.paper, size.mix, size.reads, SAMPLED, NOBODY, assumed.zipf)
    rate, personal = ours.asked / DAY, used.personal / MONTH / DAY
    purged = [after_purge(everything, size.cdn, seconds, assumed.peak) for seconds in (1.0, 10.0)]
    signed_in = size.reads * (size.mix.subscriber + size.mix.member)
    renewals = signed_in / assumed.reads_a_visit * assumed.renewals_a_visit / DAY
    sign_ins = size.persons * assumed.sign_ins / MONTH / DAY
    per_mailing = size.persons * assumed.mails_a_day / size.mailed
    return {
        "reads_peak": size.reads / DAY * assumed.peak,
        "edge_peak": used.edge_requests / MONTH / DAY * assumed.peak,
        "origin_peak": rate * assumed.peak,
        "busy_ms": used.busy * 1e3,
        "concurrency_peak": rate * assumed.peak * used.busy,
        "cold_share": used.starts.cold_share,
        "purge_first_second": purged[0],
        "purge_ten_seconds": purged[1],
        "purge_concurrency": purged[0] * (used.busy + bill.MEASURED["pages_init"] / bill.VCPU),
        "personal_peak": personal * assumed.peak,
        "read_units_peak": (renewals * 2 + sign_ins * 7) * assumed.peak,
        "write_units_peak": (renewals * 1 + sign_ins * 8) * assumed.peak,
        "mail_hours": per_mailing * bill.send_seconds(assumed) / 3_600,
        "mail_room": 2 * DAY / bill.send_seconds(assumed) / (size.persons * assumed.mails_a_day),
        "mails_in_an_hour": per_mailing / 3_600,
        "purged_tags": used.amounts[READING, "PURGED_TAG"],
    }


def _paid(size: Size, assumed: Assumed, used: Use) -> dict[str, Any]:
    to_pay, listed = used.cost(free=True), used.cost(free=False)
    plan = prices.flat_rate(used.edge_requests, used.edge_gb)
    transfer = prices.edge_transfer(used.edge_gb)
    edge = {name: used.paid(name) for name in ("EDGE_REQUEST", "EDGE_FUNCTION", "EDGE_KEY")}
    origin = sum(used.amounts[READING, name] * prices.named()[name].usd for name in ("CALL", "GB_S", "S3_GET"))
    theirs = bill.guidance(size, used)
    waf = prices.WAF.usd + 2 * prices.WAF_RULE.usd + used.edge_requests * prices.WAF_REQUEST.usd
    bypassing = played(size, assumed, size.cdn, SIGNED_IN).asked / DAY * assumed.peak
    mailgun, ghost = prices.mailgun(used.mails), prices.ghost_plan(size.persons)
    watching = used.lines(
        {"METRIC": "metrics", "TRACE": "traces", "LOG_GB": "logs", "ALARM": "alarms"},
    )
    reading = used.amounts
    our_edge = used.reads * 2 * prices.EDGE_FUNCTION.usd + reading[READING, "EDGE_KEY"] * prices.EDGE_KEY.usd
    return {
        "to_pay": to_pay,
        "listed": listed,
        "reading_lines": {
            "requests": reading[READING, "EDGE_REQUEST"] * prices.EDGE_REQUEST.usd,
            "transfer": prices.edge_transfer(used.edge_gb + prices.EDGE_GB_FREE),
            "edge functions": reading[READING, "EDGE_FUNCTION"] * prices.EDGE_FUNCTION.usd
            + reading[READING, "EDGE_KEY"] * prices.EDGE_KEY.usd,
            "functions and S3": origin,
            "purges": reading[READING, "PURGED_TAG"] * prices.PURGED_TAG.usd,
        },
        "watching_lines": watching,
        "reads": used.reads,
        "calls": used.origin,
        "edge_requests": used.edge_requests,
        "edge_gb": used.edge_gb,
        "plan": None if plan is None else [plan[0], plan[1], sum(edge.values()) + transfer],
        "waf": waf,
        "per_decision": [our_edge / used.reads * 1e6, theirs["edge"] / used.reads * 1e6],
        "per_miss": [
            origin / used.origin * 1e6,
            (origin + theirs["gateway"]) / used.origin * 1e6,
        ],
        "guidance": [our_edge + origin, theirs["edge"] + theirs["gateway"] + origin, theirs["cognito"]],
        "ghost": {
            "plan": ghost,
            "persons": size.persons,
            "servers": bypassing / GHOST_RATE,
            "cdn": edge["EDGE_REQUEST"] + transfer,
            "mailgun": mailgun,
        },
    }


Change = Callable[[Size], tuple[Size, Assumed, Cdn | None]]


def _doubts() -> Iterator[tuple[str, Change, Change]]:
    """What may be otherwise, and how far: each alone. A Cdn where other copies have to be reckoned with."""

    usual = Assumed()

    def assuming(name: str, value: float) -> Change:
        others: Any = {name: value}
        return lambda size: (size, replace(usual, **others), size.cdn if name == "zipf" else None)

    for name, label in (
        ("file_bytes", "bytes of a picture: 25 or 100 KB"),
        ("files_a_page", "files a page: 0.75 or 3"),
        ("page_bytes", "bytes of a page: 5 or 20 KB"),
        ("mails_a_day", "newsletters to each person: one every other day, or two a day"),
        ("renewals_a_visit", "new passes a visit: 1 or 4"),
        ("sign_ins", "sign-ins of a person: 0.15 or 0.6 a month"),
        ("s3_get", "S3's answer: 12 or 50 ms"),
        ("log_bytes", "what a call logs: 600 or 2,400 bytes"),
        ("refused", "answers that are no plain yes: 1 or 4 %"),
    ):
        value = getattr(usual, name)
        yield label, assuming(name, value / 2), assuming(name, value * 2)
    yield "popularity: Zipf's exponent 1.1 or 0.9", assuming("zipf", 1.1), assuming("zipf", 0.9)

    def idle(hours: float) -> Change:
        return lambda size: (size, usual, replace(size.cdn, idle=hours * 3_600))

    yield "a copy that nobody asks for stays 24 hours, or 2", idle(24), idle(2)

    def changing(times: float) -> Change:
        def change(size: Size) -> tuple[Size, Assumed, Cdn | None]:
            paper = replace(size.paper, published=size.paper.published * times, changed=size.paper.changed * times)
            return replace(size, paper=paper), usual, size.cdn

        return change

    yield "articles published and changed: half or twice as many", changing(0.5), changing(2)

    def signing(times: float) -> Change:
        def change(size: Size) -> tuple[Size, Assumed, Cdn | None]:
            mix = Mix(subscriber=size.mix.subscriber * times, member=size.mix.member * times)
            return replace(size, mix=mix), usual, size.cdn

        return change

    yield "reads by who is signed in: 7.5 or 30 %", signing(0.5), signing(2)


def _total(changed: tuple[Size, Assumed, Cdn | None], base: Day) -> tuple[float, float]:
    """The bill, and the calls of functions for reads in a month."""
    size, assumed, cdn = changed
    used = bill.use(size, base if cdn is None else played(size, assumed, cdn), assumed)
    return sum(used.cost(free=True).values()), used.origin


def digest() -> str:
    """Of all that the figures follow from."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in SOURCES)).hexdigest()


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return float(f"{value:.5g}")
        case dict():
            return {name: _rounded(one) for name, one in value.items()}
        case list() | tuple():
            return [_rounded(one) for one in value]
    return value


# The page -------------------------------------------------------------------------------------------------------------


def written(page: str, found: Mapping[str, Any]) -> str:
    """The page with all of its tables as these figures have them. Raises KeyError for a mark that no table is for."""
    tables = _tables(found)
    left = set(tables)

    def put(match: re.Match[str]) -> str:
        left.discard(match[1])
        return f"<!-- scale: {match[1]} -->\n{_as_markdown(tables[match[1]])}\n<!-- end -->"

    made = re.sub(r"<!-- scale: (\S+) -->\n.*?<!-- end -->", put, page, flags=re.DOTALL)
    if left:
        raise KeyError(f"the page has no place for {sorted(left)}")
    return made


def _as_markdown(table: Table) -> str:
    head, *rows = table
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows))


def _tables(found: Mapping[str, Any]) -> dict[str, Table]:
    sizes = found["sizes"]
    head = [size.name for size in SIZES]

    def row(label: str, of: Callable[..., str], *more: Any) -> list[str]:
        return [label, *(of(sizes[name], *more) for name in head)]

    def of_size(label: str, of: Callable[[Size], str]) -> list[str]:
        return [label, *(of(size) for size in SIZES)]

    def number(label: str, name: str) -> list[str]:
        return row(label, lambda one: _count(one[name]))

    return {
        "sizes": [
            ["a paper of size", *head],
            of_size("reads a day", lambda size: _count(size.reads)),
            of_size("articles; published, changed a day", _articles),
            of_size("subscribers, members", lambda size: f"{_count(size.subscribers)}, {_count(size.members)}"),
            of_size("edge locations, regional caches", lambda s: f"{sum(s.locations)}, {len(s.locations)}"),
            number("requests at the edge a month", "edge_requests"),
            number("GB to readers a month", "edge_gb"),
        ],
        "caches": [
            ["hits at the edge, reads that reach the origin", *head],
            row("**a day, keyed by tier, purged by tag**", _cache, "day"),
            row("the same, members pass by", _cache, "members_bypass"),
            row("the same, all who are signed in pass by", _cache, "signed_in_bypass"),
            row("60 seconds, nothing purged", _cache, "minute"),
        ],
        "serving": [
            ["", *head],
            number("reads a second at the peak", "reads_peak"),
            number("of these, to the functions", "origin_peak"),
            number("a call takes, ms", "busy_ms"),
            number("calls at once at the peak", "concurrency_peak"),
            row("calls that start a process", lambda one: _share(one["cold_share"])),
            row(
                "everything purged at the peak: calls in the first second",
                lambda one: _count(one["purge_first_second"]),
            ),
            number("… and at once, for most of them start a process", "purge_concurrency"),
            number("personal requests a second at the peak", "personal_peak"),
            row("DynamoDB's units a second at the peak: read, write", _units),
            number("mails a second, to bring a newsletter out in an hour", "mails_in_an_hour"),
            number("hours until the last reader has it", "mail_hours"),
            number("tags purged a month", "purged_tags"),
        ],
        "bill": [
            ["USD a month", *head],
            *(row(label, _member, "to_pay", group) for group, label in _GROUP_LABELS.items()),
            row("**together**", lambda one: f"**{_usd(sum(one['to_pay'].values()))}**"),
            row("AWS WAF, if it is on", lambda one: _usd(one["waf"])),
            row("the edge by a flat-rate plan instead", _plan),
        ],
        "units": [
            ["USD, nothing free", *head],
            row("a million reads, whole", lambda one: _usd(one["listed"][READING] / one["reads"] * 1e6)),
            *(row(f"… {line}", _of_a_million, line) for line in sizes[head[0]]["reading_lines"]),
            row("a thousand persons a month: passes, sign-ins, payments", _per_thousand, PERSONS),
            row("a thousand persons a month: mail", _per_thousand, MAILING),
        ],
        "watching": [
            ["USD a month, nothing free", *head],
            *(row(label, _member, "watching_lines", line) for line, label in _WATCHING_LABELS.items()),
            row("beside it: functions and S3 for all reads", _member, "reading_lines", "functions and S3"),
            row("of the whole bill", lambda one: _share(one["to_pay"][WATCHING] / sum(one["to_pay"].values()))),
        ],
        "guidance": [
            ["USD", *head],
            row("a million decisions at the edge: here, guidance", lambda one: _pair(one["per_decision"])),
            row("a million misses: here, guidance", lambda one: _pair(one["per_miss"])),
            row("both, a month: here, guidance", lambda one: _pair(one["guidance"])),
            row("Cognito, if everyone is there once a month", lambda one: _usd(one["guidance"][2])),
        ],
        "ghost": [
            ["USD a month", *head],
            row("Frontline, all of it", lambda one: _usd(sum(one["to_pay"].values()))),
            row("Ghost(Pro), billed yearly", lambda one: _ghost_plan(one["ghost"])),
            row("Ghost on a server of one's own: mail by Mailgun", _member, "ghost", "mailgun"),
            row("… requests and bytes, by the same CDN", _member, "ghost", "cdn"),
            row("… servers, where who is signed in passes by the cache", lambda one: _ghost_servers(one["ghost"])),
        ],
        "limits": _limits(sizes[head[-1]]),
        "sensitivity": _sensitivity(found, 0),
        "calls": _sensitivity(found, 1),
        "assumptions": [
            ["assumption", "value"],
            *([f"`{one.name}`", _plain(getattr(Assumed(), one.name))] for one in fields(Assumed)),
            *([f"`{name}` (measured)", f"{value * 1e3:g} ms CPU"] for name, value in bill.MEASURED.items()),
        ],
        "prices": [
            ["one", "USD", "free a month", "whose", "seen in"],
            *(
                [
                    price.one,
                    _price(price.usd),
                    _plain(price.free) if price.free else "–",
                    _link(price.source),
                    price.seen,
                ]
                for price in prices.named().values()
            ),
        ],
    }


_GROUP_LABELS: Final = {
    READING: "reading: requests, bytes, edge functions, functions, purges",
    PERSONS: "persons: passes, sign-ins, payments",
    MAILING: "mail",
    WATCHING: "watching: logs, metrics, alarms, traces",
    STANDING: "what stands there: secrets, keys, storage, queues",
}
_WATCHING_LABELS: Final = {
    "metrics": "our own metrics, each combination of dimensions one",
    "traces": "X-Ray's traces",
    "logs": "logs",
    "alarms": "alarms",
}
assert set(_GROUP_LABELS) == set(GROUPS)


def _limits(largest: Mapping[str, Any]) -> Table:
    """What comes first at the largest size, and how much room there is: below 1 there is none."""
    rows = [
        ("Lambda, calls at once: 1,000 in a new account", largest["concurrency_peak"], CONCURRENCY),
        ("… after everything was purged at the peak", largest["purge_concurrency"], CONCURRENCY),
        ("CloudFront, requests a second: 250,000", largest["edge_peak"], EDGE_RATE),
        ("the HTTP API's own throttle: 200 a second", largest["personal_peak"], PERSONAL_RATE),
        ("DynamoDB, writes to one partition: 1,000 a second", largest["mails_in_an_hour"] * 2, PARTITION_WRITES),
    ]
    found = [[label, _count(needed), f"{most / needed:.3g}×"] for label, needed, most in rows]
    sending = ["newsletters, two runs one after the other: mails a day", _count(SIZES[-1].persons)]
    return [["limit", "needed", "room"], *found, [*sending, f"{largest['mail_room']:.3g}×"]]


def _sensitivity(found: Mapping[str, Any], place: int) -> Table:
    """Of the bill (place 0), or of the functions' calls for reads (1): those that move it, most at any size first."""
    sizes = found["sizes"]
    bases = {name: (sum(one["to_pay"].values()), one["calls"])[place] for name, one in sizes.items()}

    def moved(row: Mapping[str, Any], name: str) -> list[float]:
        return [one[place] / bases[name] - 1 for one in row[name]]

    def most(row: Mapping[str, Any]) -> float:
        return max(abs(one) for name in bases for one in moved(row, name))

    rows = sorted((row for row in found["sensitivity"] if most(row) >= 0.01), key=most, reverse=True)
    cells = ([" … ".join(f"{one:+.0%}" for one in moved(row, name)) for name in bases] for row in rows)
    return [["lower, higher", *bases], *([row["label"], *values] for row, values in zip(rows, cells, strict=True))]


def _articles(size: Size) -> str:
    return f"{_count(size.paper.articles)}; {_count(size.paper.published)}, {_count(size.paper.changed)}"


def _units(one: Mapping[str, Any]) -> str:
    return f"{_count(one['read_units_peak'])}, {_count(one['write_units_peak'])}"


def _plan(one: Mapping[str, Any]) -> str:
    if one["plan"] is None:
        return "above all plans: an offer"
    name, usd, instead = one["plan"]
    return f"{name}, {_usd(usd)} for {_usd(instead)}"


def _cache(one: Mapping[str, Any], way: str) -> str:
    return f"{_share(one['caches'][way][0])}, {_share(one['caches'][way][1])}"


def _member(one: Mapping[str, Any], group: str, name: str) -> str:
    return _usd(one[group][name])


def _of_a_million(one: Mapping[str, Any], line: str) -> str:
    return _usd(one["reading_lines"][line] / one["reads"] * 1e6)


def _per_thousand(one: Mapping[str, Any], group: str) -> str:
    return _usd(one["listed"][group] / one["ghost"]["persons"] * 1e3)


def _ghost_plan(one: Mapping[str, Any]) -> str:
    return "above all plans: an offer" if one["plan"] is None else f"{one['plan'][0]}, {_usd(one['plan'][1])}"


def _ghost_servers(one: Mapping[str, Any]) -> str:
    needed = one["servers"]
    if needed <= 1:
        return f"1, {_usd(prices.SERVER.usd)}"
    return f"{_count(needed)} times what one can do"


def _pair(values: Sequence[float]) -> str:
    return f"{_usd(values[0])}, {_usd(values[1])}"


def _usd(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or not value else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def _share(value: float) -> str:
    return f"{value:.1%}" if value >= 0.01 else f"{value:.2%}"


def _count(value: float) -> str:
    """Three digits of it."""
    if value >= 1e9:
        return f"{float(f'{value / 1e9:.3g}'):g} billion"
    if value >= 1e6:
        return f"{float(f'{value / 1e6:.3g}'):g} million"
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 100 else f"{float(f'{value:.2g}'):g}"


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 else f"{value:g}"


def _price(usd: float) -> str:
    return f"{usd:g}" if usd >= 0.001 else f"{usd * 1e6:g} a million"


def _link(url: str) -> str:
    return f"[{url.removeprefix('https://')}]({url})"


def main() -> int:
    """Reckon, keep the figures, write the page; returns the exit code."""
    try:
        found = reckon()
    except KeyboardInterrupt:
        print("# ended; nothing is written", file=sys.stderr)
        return 130
    RESULTS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

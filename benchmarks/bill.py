"""What a paper of some size uses of AWS in a month, and what that costs: the assumptions, and the sums.

Every assumption is a field here, with its reason; docs/scale.md shows which of them matter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from benchmarks import prices
from benchmarks.prices import Price
from benchmarks.readers import ZIPF, Mix
from benchmarks.simulation import DAY, Cdn, Day, Paper, Starts, environments

MONTH: Final = 30  # days
HOURS: Final = MONTH * 24
VCPU: Final = 512 / 1_769
"""The share of a processor that a function of 512 MB has (Lambda gives one for 1,769 MB)."""
GB: Final = 1e9

MEASURED: Final = {
    # CPU seconds by `make bench`, under the names that they have there; a test holds the two together, roughly.
    "page_render_first_member": 1.43e-3,
    "article_json_first_member": 0.61e-3,
    "list_first_cold_10000": 0.82e-3,
    "pages_init": 0.111,
    "articles_init": 0.075,
    "members_init": 0.385,
}


@dataclass(frozen=True)
class Assumed:
    """What could not be measured here. Times in seconds, sizes in bytes, counts a month where nothing else is said."""

    s3_get: float = 0.025
    """Until S3 has answered a GET of some KB in its own region: 10 to 30 ms are usual, AWS promises less."""
    dynamo_call: float = 0.006
    """The same of DynamoDB, with what boto3 takes to send and read it."""
    page_bytes: float = 10_000
    """A page of the sample paper with headers, compressed: 9 to 11 KB for articles, 3 for the front."""
    other_bytes: float = 7_000
    """The same of JSON and feeds."""
    files_a_page: float = 1.5
    """Pictures, style and script that a page's reader has not got yet. Sounds are not in it."""
    file_bytes: float = 50_000
    reads_a_visit: float = 3.0
    renewals_a_visit: float = 2.0
    """A visit begins with a pass that has run out, and the script asks for another after four minutes."""
    sign_ins: float = 0.3
    """Of each person: a session holds for months, but people have more than one browser, and clear them."""
    payments: float = 1.1
    """Of each member: the month's, and now and then a contribution or a change."""
    mails_a_day: float = 1.0
    """Newsletters to each person."""
    zipf: float = ZIPF
    peak: float = 2.5
    """The busiest minutes, as times of the average."""
    log_bytes: float = 1_200
    """What a call leaves in CloudWatch: our own line is 260 bytes, Lambda's two with the trace's ids the rest."""
    refused: float = 0.02
    """The share of answers that are no plain yes: each status and code is a metric of its own."""
    alarms: int = 54
    person_bytes: float = 1_650
    """A member's record, their sessions and their address, as DynamoDB reckons them."""


@dataclass(frozen=True)
class Size:
    """A paper: reads a day, what there is to read, and people. `locations`: edge locations of each regional cache."""

    name: str
    reads: float
    paper: Paper
    subscribers: float
    members: float
    mailed: float
    locations: tuple[int, ...]
    mix: Mix = field(default_factory=Mix)

    @property
    def persons(self) -> float:
        return self.subscribers + self.members

    @property
    def cdn(self) -> Cdn:
        return Cdn(self.locations)


def _lists(sections: int, authors: int) -> tuple[tuple[float, float], ...]:
    """Lists by what is asked of them and what enters them: the front and feeds get everything, a section its part."""
    front = ((0.5, 1.0), (0.1, 1.0), (0.1, 1.0))
    of_sections = tuple((0.25 / sections, 1 / sections) for _ in range(sections))
    return (*front, *of_sections, *((0.05 / authors, 1 / authors) for _ in range(authors)))


SIZES: Final = (
    Size("1×", 1e4, Paper(2_000, 3, 2, _lists(4, 6)), 500, 100, 1, (5, 3)),
    Size("100×", 1e6, Paper(10_000, 15, 10, _lists(8, 30)), 50_000, 10_000, 5, (10, 10, 10)),
    Size("10,000×", 1e8, Paper(100_000, 200, 150, _lists(20, 300)), 5e6, 1e6, 20, (20, 20, 20, 20, 20, 10, 10)),
)

READING, PERSONS, MAILING, WATCHING, STANDING = GROUPS = ("reading", "persons", "mail", "watching", "standing")
_CALLS_OF: Final = {"page": 2, "json": 1, "list": 3}  # GETs of S3 for an answer
_CPU_OF: Final = {
    "page": "page_render_first_member",
    "json": "article_json_first_member",
    "list": "list_first_cold_10000",
}
# DynamoDB's units for one: (read, write). Counted in functions/members, mail, payments and newsletters; a write that is
# part of a transaction is two.
_RENEWAL, _SIGN_IN, _PAYMENT, _NEWSLETTER = (2, 1), (7, 8), (8, 14), (1, 2)
_TAGS_PUBLISHED, _TAGS_CHANGED = 8, 2  # of a purge: the article's own, and its lists' and directories'
_SECRETS, _KEYS = 3, 2
_POLLS: Final = 4 * 5 * 3 * 60 * HOURS  # four queues, five pollers each, three times a minute: Lambda's, nobody asks
_HTML_LISTS: Final = 0.75  # of lists: fronts, sections, authors


@dataclass(frozen=True)
class Use:
    """What a month takes: by group and price, how many; and figures that are no price."""

    amounts: Mapping[tuple[str, str], float]
    reads: float
    edge_requests: float
    edge_gb: float
    origin: float
    personal: float
    mails: float
    busy: float
    starts: Starts

    def cost(self, *, free: bool) -> dict[str, float]:
        """USD a month by group. `free`: less what is free for everyone, which is shared out among groups."""
        known = prices.named()
        totals: dict[str, float] = {}
        for (_, name), amount in self.amounts.items():
            totals[name] = totals.get(name, 0.0) + amount
        found = dict.fromkeys(GROUPS, 0.0)
        for (group, name), amount in self.amounts.items():
            price = known[name]
            paid = max(1 - price.free / totals[name], 0.0) if free and totals[name] else 1.0
            found[group] += amount * paid * price.usd
        found[READING] += prices.edge_transfer(self.edge_gb + (0.0 if free else prices.EDGE_GB_FREE))
        return found

    def paid(self, name: str) -> float:
        """USD a month for all of one price, less what is free."""
        price = prices.named()[name]
        total = sum(amount for (_, each), amount in self.amounts.items() if each == name)
        return max(total - price.free, 0.0) * price.usd

    def lines(self, names: Mapping[str, str]) -> dict[str, float]:
        """USD a month, with nothing free, by a name for some prices together."""
        known, found = prices.named(), dict.fromkeys(names.values(), 0.0)
        for (_, name), amount in self.amounts.items():
            if name in names:
                found[names[name]] += amount * known[name].usd
        return found


def traces(rate: float) -> float:
    """How many traces Lambda has X-Ray keep in a month of that many calls a second: the first of each second, and one
    in twenty of the others. Neither can be changed for a function.
    https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html"""
    first = -math.expm1(-rate)
    return (first + 0.05 * max(rate - first, 0.0)) * MONTH * DAY


def busy_metrics(series: float, events: float) -> float:
    """How many metrics one pays for: of so many series that get so many events a month together, in the hours in which
    there is one."""
    return series * -math.expm1(-events / series / HOURS)


def use(size: Size, day: Day, assumed: Assumed) -> Use:
    """A month of a paper whose days are like this one."""
    amounts: dict[tuple[str, str], float] = {}

    def add(group: str, price: Price, amount: float) -> None:
        name = next(name for name, value in prices.named().items() if value is price)
        amounts[group, name] = amounts.get((group, name), 0.0) + amount

    # Reading
    mix, reads = size.mix, size.reads * MONTH
    pages = reads * ((1 - mix.lists) * (1 - mix.json) + mix.lists * _HTML_LISTS)
    files = pages * assumed.files_a_page
    signed_in = reads * (mix.subscriber + mix.member)
    visits = signed_in / assumed.reads_a_visit
    renewals = visits * assumed.renewals_a_visit
    sign_ins = size.persons * assumed.sign_ins
    payments = size.members * assumed.payments
    personal = renewals + 5 * sign_ins + 4 * payments
    edge_requests = reads + visits + files + personal  # whoever's pass has run out is sent round once
    add(READING, prices.EDGE_REQUEST, reads + files)
    add(PERSONS, prices.EDGE_REQUEST, visits + personal)
    add(READING, prices.EDGE_FUNCTION, 2 * (reads + files))
    add(PERSONS, prices.EDGE_FUNCTION, visits + personal)
    add(READING, prices.EDGE_KEY, signed_in + visits)
    edge_gb = (pages * assumed.page_bytes + (reads - pages) * assumed.other_bytes + files * assumed.file_bytes) / GB
    add(
        READING,
        prices.PURGED_TAG,
        MONTH * (size.paper.published * _TAGS_PUBLISHED + size.paper.changed * _TAGS_CHANGED),
    )
    seconds, gets = 0.0, 0.0
    for (kind, _), count in day.origin.items():
        seconds += count * MONTH * (MEASURED[_CPU_OF[kind]] / VCPU + _CALLS_OF[kind] * assumed.s3_get)
        gets += count * MONTH * _CALLS_OF[kind]
    origin = day.asked * MONTH
    busy = seconds / origin
    init = MEASURED["pages_init"] / VCPU
    starts = environments(origin / MONTH / DAY, busy, init, seed=1)
    add(READING, prices.CALL, origin)
    add(READING, prices.GB_S, (seconds + origin * starts.cold_share * init) * 0.5)
    add(READING, prices.S3_GET, gets)

    # Persons
    warm = 0.017 + 3 * assumed.dynamo_call
    cold = environments(personal / MONTH / DAY, warm, MEASURED["members_init"] / VCPU, seed=2).cold_share
    add(PERSONS, prices.HTTP_API, personal)
    add(PERSONS, prices.CALL, personal + sign_ins + 3 * payments)
    add(PERSONS, prices.GB_S, personal * (warm + cold * MEASURED["members_init"] / VCPU) * 0.5 + payments * 1.5)
    for price, place in ((prices.DYNAMO_READ, 0), (prices.DYNAMO_WRITE, 1)):
        add(PERSONS, price, renewals * _RENEWAL[place] + sign_ins * _SIGN_IN[place] + payments * _PAYMENT[place])
    add(PERSONS, prices.QUEUE, 3 * (sign_ins + 2 * payments))

    # Mail
    newsletters = size.persons * assumed.mails_a_day * MONTH
    mails = newsletters + sign_ins + payments
    add(MAILING, prices.MAIL, mails)
    add(MAILING, prices.DYNAMO_WRITE, newsletters * _NEWSLETTER[1])
    # Each mailing looks at the whole table of members, a read unit for every 4 KB.
    scanned = size.mailed * MONTH * size.persons * assumed.person_bytes / 4_096
    add(MAILING, prices.DYNAMO_READ, newsletters * _NEWSLETTER[0] + scanned)
    add(MAILING, prices.GB_S, newsletters * send_seconds(assumed) * 0.5)

    # Watching
    calls = origin + personal + mails / 50 + 3 * payments
    add(WATCHING, prices.LOG_GB, calls * assumed.log_bytes / GB)
    add(WATCHING, prices.ALARM, assumed.alarms)
    for rate in (origin * 0.8, origin * 0.2, personal):  # pages, articles, members
        add(WATCHING, prices.TRACE, traces(rate / MONTH / DAY))
    for series, events in (
        (6, origin),  # Reads: service × tier, status 200
        (30, origin * assumed.refused),  # the same, other statuses
        (4, origin * (mix.subscriber + mix.member) * assumed.refused),  # PassFailures
        (1, renewals),  # MemberRequests: the route that nearly all of them take
        (29, personal - renewals),  # the others
        (25, personal * assumed.refused),  # MemberRefusals, MoneyRefusals: codes
        (8, sign_ins + payments),  # Mails
        (8, newsletters / 500 + sign_ins * assumed.refused),  # NewsletterRuns, MailFeedback
        (5, MONTH * (size.paper.published + size.paper.changed)),
        (12, 3 * payments),
        (5, MONTH),  # reconciling
    ):
        add(WATCHING, prices.METRIC, busy_metrics(series, events))

    # Standing
    add(STANDING, prices.SECRET, _SECRETS)
    add(STANDING, prices.KEY, _KEYS)
    add(STANDING, prices.KEY_USED, 60 * HOURS * min(starts.most, 50) * 0.05 + sign_ins)
    add(STANDING, prices.QUEUE, _POLLS)
    add(STANDING, prices.S3_GB, size.paper.articles * 1.5e6 / GB)
    stored = size.persons * assumed.person_bytes * 1.2 / GB
    add(STANDING, prices.DYNAMO_GB, stored)
    add(STANDING, prices.DYNAMO_BACKUP_GB, stored)
    return Use(amounts, reads, edge_requests, edge_gb, origin, personal, mails, busy, starts)


def send_seconds(assumed: Assumed) -> float:
    """What a newsletter's run takes for one mail: read the address, mark, SES, settle, one after the other."""
    return 0.030 + 3 * assumed.dynamo_call


def guidance(size: Size, ours: Use) -> dict[str, float]:
    """USD a month for the same reads as AWS's guidance has them, behind the same cache: Lambda@Edge looks at each
    reader, a REST API stands before the function, and Cognito knows the persons.
    https://aws.amazon.com/solutions/guidance/moving-your-paywall-to-the-edge-on-aws/"""
    edge_gb_s = 0.125 * 0.005  # 128 MB, five milliseconds for a JWT
    edge = ours.reads * (prices.EDGE_LAMBDA.usd + edge_gb_s * prices.EDGE_LAMBDA_GB_S.usd)
    return {
        "edge": edge,
        "gateway": ours.origin * prices.REST_API.usd,
        "cognito": max(size.persons - prices.COGNITO.free, 0.0) * prices.COGNITO.usd,
    }

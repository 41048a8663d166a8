"""Every price that docs/scale.md is reckoned with: what, whose, seen where and when. Change one, then `make scale`.

US dollars, before tax, without discounts; AWS's of us-east-1, CloudFront's of North America. They were looked up on
2026-11-25 in stored copies of public pages, not on the vendors' own: `seen` says in what, and of when that is. Those
that are REMEMBERED were found nowhere; look at the source before you count on one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MILLION: Final = 1e6
REMEMBERED: Final = "remembered"


@dataclass(frozen=True)
class Price:
    """What one costs. `free`: how many a month cost nothing, for every account and without an end. `source`: the
    vendor's page. `seen`: where the price was read, and of when that is."""

    usd: float
    one: str
    source: str
    seen: str
    free: float = 0.0


_AWS: Final = "https://aws.amazon.com"
_CLOUDFRONT: Final = f"{_AWS}/cloudfront/pricing/"
_CLOUDWATCH: Final = f"{_AWS}/cloudwatch/pricing/"
_LAMBDA: Final = f"{_AWS}/lambda/pricing/"

_GATEWAY: Final = f"{_AWS}/api-gateway/pricing/"
_S3: Final = f"{_AWS}/s3/pricing/"
_DYNAMO: Final = f"{_AWS}/dynamodb/pricing/"
_WAF: Final = f"{_AWS}/waf/pricing/"
_QUOTED: Final = "the page, quoted in a public repository"
_GUIDES: Final = "guides of 2026"

EDGE_REQUEST: Final = Price(0.0100 / 1e4, "HTTPS request", _CLOUDFRONT, "a guide of 2026-06", free=1e7)
EDGE_FUNCTION: Final = Price(0.10 / MILLION, "run of a CloudFront Function", _CLOUDFRONT, _QUOTED, free=2e6)
EDGE_KEY: Final = Price(0.03 / MILLION, "read of a KeyValueStore", _CLOUDFRONT, _QUOTED, free=2e6)
PURGED_TAG: Final = Price(0.005, "tag or path that is purged", _CLOUDFRONT, "AWS's paper on its prices", free=1_000)
EDGE_LAMBDA: Final = Price(0.60 / MILLION, "run of Lambda@Edge", _CLOUDFRONT, _QUOTED)
EDGE_LAMBDA_GB_S: Final = Price(5.001e-5, "GB-second of Lambda@Edge", _CLOUDFRONT, _QUOTED)
CALL: Final = Price(0.20 / MILLION, "call of a Lambda function", _LAMBDA, "a guide of 2024", free=1e6)
GB_S: Final = Price(1.33334e-5, "GB-second of Lambda, arm64", _LAMBDA, "a guide of 2024", free=4e5)
HTTP_API: Final = Price(1.00 / MILLION, "request to an HTTP API", _GATEWAY, _GUIDES)
REST_API: Final = Price(3.50 / MILLION, "request to a REST API", _GATEWAY, _GUIDES)
S3_GET: Final = Price(0.0004 / 1e3, "GET of S3", _S3, "a guide, undated")
S3_GB: Final = Price(0.023, "GB in S3, a month", _S3, REMEMBERED)
DYNAMO_READ: Final = Price(0.125 / MILLION, "read unit of DynamoDB", _DYNAMO, "a guide of 2025 or later")
DYNAMO_WRITE: Final = Price(0.625 / MILLION, "write unit of DynamoDB", _DYNAMO, "a guide of 2025 or later")
DYNAMO_GB: Final = Price(0.25, "GB in DynamoDB, a month", _DYNAMO, "the page, undated", free=25)
DYNAMO_BACKUP_GB: Final = Price(0.20, "GB of DynamoDB's point-in-time recovery", _DYNAMO, REMEMBERED)
MAIL: Final = Price(0.10 / 1e3, "mail by SES, à la carte", f"{_AWS}/ses/pricing/", "AWS's list of 2026-07-22, quoted")
QUEUE: Final = Price(0.40 / MILLION, "request to SQS", f"{_AWS}/sqs/pricing/", "a guide of 2026-03", free=1e6)
SECRET: Final = Price(0.40, "secret in Secrets Manager, a month", f"{_AWS}/secrets-manager/pricing/", REMEMBERED)
KEY: Final = Price(1.00, "key in KMS, a month", f"{_AWS}/kms/pricing/", "a guide of 2026-03")
KEY_USED: Final = Price(0.03 / 1e4, "request to KMS", f"{_AWS}/kms/pricing/", "a guide of 2026-03", free=2e4)
LOG_GB: Final = Price(0.50, "GB of logs written", _CLOUDWATCH, "a guide of 2026-06", free=5)
METRIC: Final = Price(0.30, "custom metric, a month, by the hour", _CLOUDWATCH, "a guide of 2026-02", free=10)
ALARM: Final = Price(0.10, "metric that an alarm watches, a month", _CLOUDWATCH, "a guide of 2026-02", free=10)
TRACE: Final = Price(5.00 / MILLION, "trace that X-Ray keeps", f"{_AWS}/xray/pricing/", "the page, undated", free=1e5)
WAF: Final = Price(5.00, "web ACL, a month", _WAF, _GUIDES)
WAF_RULE: Final = Price(1.00, "rule of a web ACL, a month", _WAF, _GUIDES)
WAF_REQUEST: Final = Price(0.60 / MILLION, "request that WAF looks at", _WAF, _GUIDES)
COGNITO: Final = Price(
    0.015, "active member in Cognito Essentials", f"{_AWS}/cognito/pricing/", REMEMBERED, free=10_000
)
SERVER: Final = Price(24.0, "server of 2 vCPU and 4 GB, a month", "https://www.digitalocean.com/pricing", "early 2026")

EDGE_GB: Final = (
    # Up to so many GB a month, USD each; the first TB is free for ever. A copy of CloudFront's page, undated.
    (10e3, 0.085),
    (50e3, 0.080),
    (150e3, 0.060),
    (500e3, 0.040),
    (1_024e3, 0.030),
    (5_024e3, 0.025),
    (float("inf"), 0.020),
)
EDGE_GB_FREE: Final = 1e3

FLAT_RATES: Final = (
    # Up to so many requests and GB a month, USD; WAF, logs and edge functions are in it. CloudFront's page and
    # developer guide, as quoted on 2026-09-05.
    ("Free", 1e6, 100.0, 0.0),
    ("Pro", 1e7, 50e3, 15.0),
    ("Business", 125e6, 50e3, 200.0),
    ("Premium", 500e6, 50e3, 1_000.0),
    ("Premium", 750e6, 75e3, 1_450.0),
    ("Premium", 1.25e9, 125e3, 2_250.0),
    ("Premium", 2e9, 200e3, 3_500.0),
    ("Premium", 3.5e9, 350e3, 6_000.0),
    ("Premium", 6e9, 600e3, 10_000.0),
)

GHOST_PLANS: Final = (
    # Billed yearly: up to so many members (paying or not), USD a month. ghost.org/pricing, as quoted on 2026-08-13. The
    # plan below them has no paid memberships; above 10,000 members they make an offer.
    ("Publisher", 1_000, 29.0),
    ("Business", 10_000, 199.0),
)

MAILGUN: Final = (
    # What Ghost sends newsletters through: up to so many mails a month, USD a month with so many in it, USD for each
    # thousand more. A guide of 2026; the last line's thousand is of Mailgun's own table, undated.
    (10_000, 15.0, 10_000, 0.0),
    (90_000, 35.0, 50_000, 1.30),
    (1e6, 90.0, 100_000, 0.60),
    (float("inf"), 90.0, 100_000, 0.35),
)


def edge_transfer(gb: float) -> float:
    """What CloudFront takes for so many GB to readers in a month."""
    cost, begin, left = 0.0, 0.0, max(gb - EDGE_GB_FREE, 0.0)
    for end, usd in EDGE_GB:
        here = min(left, end - begin)
        cost += here * usd
        left -= here
        begin = end
    return cost


def flat_rate(requests: float, gb: float) -> tuple[str, float] | None:
    """The smallest of CloudFront's flat-rate plans that has room for that much, and its price; None where none has."""
    return next(((name, usd) for name, most, most_gb, usd in FLAT_RATES if requests <= most and gb <= most_gb), None)


def ghost_plan(members: float) -> tuple[str, float] | None:
    """The smallest of Ghost(Pro)'s plans for that many; None where they make an offer."""
    return next(((name, usd) for name, most, usd in GHOST_PLANS if members <= most), None)


def mailgun(mails: float) -> float:
    """What Mailgun takes for so many mails in a month."""
    _, base, within, more = next(line for line in MAILGUN if mails <= line[0])
    return base + max(mails - within, 0.0) / 1e3 * more


def named() -> dict[str, Price]:
    """Every price by its name here."""
    return {name: value for name, value in globals().items() if isinstance(value, Price)}

"""HTTP as every function speaks it: requests and answers of function URLs (payload 2.0), refusals as problem+json (RFC
9457), entity tags."""

from __future__ import annotations

import re
import time
import zlib
from typing import Any, Final

import msgspec
from msgspec import Struct

from shared.domain import refusals
from shared.domain.refusals import (
    ExpiredToken,
    InvalidField,
    InvalidToken,
    MethodNotAllowed,
    NotSignedIn,
    Refusal,
    RepeatedParameter,
    TooMany,
    UnknownIssuer,
    UnknownParameter,
)

# The one place where a refusal becomes a status. A refusal that is missing here is a fault of ours, and a house test
# finds it.
STATUS: Final[dict[type[Refusal], int]] = {
    refusals.UnknownArticle: 404,
    refusals.UnknownRoute: 404,
    refusals.UnknownList: 404,
    refusals.ArticleWithdrawn: 410,
    refusals.ArticleMoved: 301,
    refusals.MethodNotAllowed: 405,
    refusals.UnknownParameter: 400,
    refusals.RepeatedParameter: 400,
    refusals.InvalidParameter: 400,
    refusals.InvalidCursor: 400,
    refusals.UnservedCombination: 400,
    refusals.ContentUnavailable: 503,
    refusals.UnusableKeyring: 503,
    refusals.InvalidArticle: 422,
    refusals.InvalidPassRequest: 400,
    refusals.InvalidPaper: 422,
    refusals.ArticleChanged: 412,
    refusals.DocumentChanged: 412,
    refusals.SlugTaken: 409,
    refusals.KeyringChanged: 412,
    refusals.InvalidTrust: 422,
    refusals.UnusableTrust: 503,
    refusals.InvalidToken: 401,
    refusals.ExpiredToken: 401,
    refusals.UnknownIssuer: 401,
    refusals.IssuerUnavailable: 503,
    refusals.NoTier: 403,
    refusals.UnknownAudience: 400,
    refusals.IdentityUnavailable: 503,
    refusals.NoStack: 503,
    refusals.NotAdopted: 409,
    refusals.FolderTaken: 409,
    refusals.UnusableBackup: 422,
    refusals.InvalidAddress: 422,
    refusals.InvalidRequest: 400,
    refusals.TooLarge: 413,
    refusals.UnsupportedType: 415,
    refusals.NotFromTheEdge: 403,
    refusals.ForeignOrigin: 403,
    refusals.TooMany: 429,
    refusals.SignInDead: 410,
    refusals.WrongCode: 403,
    refusals.NotSignedIn: 401,
    refusals.SessionReused: 401,
    refusals.ProofNeeded: 403,
    refusals.UnknownSession: 404,
    refusals.UnknownNewsletter: 404,
    refusals.UnknownGrant: 404,
    refusals.UnknownMember: 404,
    refusals.AddressTaken: 409,
    refusals.RecordChanged: 409,
    refusals.StoreUnavailable: 503,
    refusals.InvalidField: 422,
    refusals.UnknownPlan: 404,
    refusals.PlanUnavailable: 503,
    refusals.UnknownCampaign: 404,
    refusals.UnknownOrder: 404,
    refusals.AlreadyMember: 409,
    refusals.NothingToManage: 404,
    refusals.KeyReused: 422,
    refusals.StillRunning: 409,
    refusals.ProcessorUnavailable: 503,
    refusals.ProcessorRefused: 502,
    refusals.WebhooksClosed: 403,
    refusals.InvalidSignature: 400,
    refusals.WrongMode: 400,
    refusals.PaymentMismatch: 409,
    refusals.ImpossibleTransition: 409,
    refusals.NotOffered: 404,
    refusals.MembersOnly: 403,
    refusals.AlreadyOpen: 409,
    refusals.GiftsUsedUp: 403,
    refusals.MeterUsedUp: 403,
    refusals.MailRefused: 502,
    refusals.MailUncertain: 503,
}
RETRY_AFTER_SECONDS: Final = 5
JSON: Final = "application/json; charset=utf-8"

# `stale-if-error=0`: CloudFront gives even a no-store answer to others while the origin cannot be reached, unless it is
# told not to ("Manage how long content stays in the cache", on no-store).
NO_STORE: Final = "private, no-store, stale-if-error=0"
_entity_tag = re.compile(r'(?:W/)?("[^"]*")')


class Request(Struct, frozen=True):
    """What a function needs of a request. Header names are lower-case; `query` is as it came, undecoded."""

    method: str
    path: str
    query: str
    headers: dict[str, str]

    def header(self, name: str) -> str:
        return self.headers.get(name, "")

    def parameters(self, *known: str) -> dict[str, str]:
        """The query string's members, decoded. Raises UnknownParameter for one that is not known here, and
        RepeatedParameter."""
        if not self.query:
            return {}
        from urllib.parse import unquote_plus

        found: dict[str, str] = {}
        for member in self.query.split("&"):
            name, _, value = member.partition("=")
            name = unquote_plus(name)
            if name not in known:
                there_is = f"There is {', '.join(known)}" if known else "It takes none"
                raise UnknownParameter(f"No parameter “{name[:80]}” is known here. {there_is}: leave the others out.")
            if name in found:
                raise RepeatedParameter(f"“{name}” stands in the address twice: give it once.")
            found[name] = unquote_plus(value)
        return found


def check_method(request: Request) -> None:
    """Raises MethodNotAllowed for whatever is no reading."""
    if request.method not in ("GET", "HEAD"):
        raise MethodNotAllowed("This can be read (GET, HEAD) and nothing else.")


def request_of(event: dict[str, Any]) -> Request:
    """The request in an event of a function URL or an HTTP API, payload format 2.0."""
    http = event["requestContext"]["http"]
    return Request(http["method"], event["rawPath"], event.get("rawQueryString") or "", event.get("headers") or {})


class Answer(Struct, frozen=True):
    """An answer. It is for this reader alone unless `for_everyone` says otherwise."""

    status: int
    headers: dict[str, str]
    body: str = ""
    cookies: tuple[str, ...] = ()  # only ever on what is kept nowhere (R5)

    def to_event(self, *, head: bool = False) -> dict[str, Any]:
        """As the Lambda runtime wants it; without the body for HEAD."""
        event = {
            "statusCode": self.status,
            "headers": self.headers,
            "body": "" if head else self.body,
            "isBase64Encoded": False,
        }
        return {**event, "cookies": list(self.cookies)} if self.cookies else event


def for_everyone(seconds: int, tags: tuple[str, ...], *, stale: bool = True) -> dict[str, str]:
    """The headers of an answer that the CDN may keep for `seconds` and give to everyone whose tier it was made for.

    It forgets it at once when one of `tags` is purged. `stale`: whether an old copy may serve while, or because, the
    origin cannot.
    """
    grace = ", stale-while-revalidate=3600, stale-if-error=86400" if stale else ""
    return {"cache-control": f"public, s-maxage={seconds}{grace}", "cache-tag": ",".join(tags)}


def entity_tag(body: bytes) -> str:
    """A tag of exactly what is shown (RFC 9110, section 8.8.3), so that it cannot tell of anything that is not.

    It tells versions of one address apart and protects nothing, so a checksum and the length do: hashlib would load
    OpenSSL, 3 ms of a cold start.
    """
    return f'"{zlib.crc32(body):08x}-{len(body):x}"'


def shown(request: Request, content_type: str, body: bytes, caching: dict[str, str], changed_at: int = 0) -> Answer:
    """The answer with this body, or a 304 to whoever has it already.

    `caching` is what `for_everyone` made; `changed_at`: when what is shown last changed (seconds since 1970), 0 where
    that is not known.
    """
    tag = entity_tag(body)
    headers = {"etag": tag, **caching}
    if changed_at:
        headers["last-modified"] = http_date(changed_at)
    if is_held(request, tag, changed_at):
        return Answer(304, headers)
    return Answer(200, {"content-type": content_type, **headers}, body.decode())


def is_held(request: Request, tag: str, changed_at: int = 0) -> bool:
    """Whether the asker has this already. `If-Modified-Since` counts only where there is no `If-None-Match` (RFC 9110,
    section 13.1.3), and only for what says when it changed."""
    if "if-none-match" in request.headers:
        return not none_match(request, tag)
    since = request.header("if-modified-since")
    if not (since and changed_at):
        return False
    import datetime as dt
    from email.utils import parsedate_to_datetime

    try:
        at = parsedate_to_datetime(since)
    except (ValueError, OverflowError):  # no date, or no such day: then the condition does not count
        return False
    return changed_at <= (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp()


def http_date(seconds: float) -> str:
    """A time (seconds since 1970) as HTTP writes it (RFC 9110, section 5.6.7). RSS takes it too."""
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(seconds))


def none_match(request: Request, tag: str) -> bool:
    """Whether `If-None-Match` leaves the answer to be sent: weak comparison, as RFC 9110, section 13.1.2 has it for
    GET."""
    condition = request.header("if-none-match").strip()
    return condition != "*" and tag not in _entity_tag.findall(condition)


def status_of(refusal: Refusal) -> int:
    """The status that the refusal becomes. An adapter's own kind of one becomes what it is a kind of."""
    return next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)


def problem(refusal: Refusal) -> Answer:
    """The refusal as an answer. It holds the refusal's own words and nothing of any article. Where one field was wrong
    it is named."""
    status = status_of(refusal)
    body: dict[str, object] = {
        "type": "about:blank",
        "title": refusal.title,
        "status": status,
        "code": refusal.code,
        "detail": refusal.detail,
    }
    headers = {"content-type": "application/problem+json", "cache-control": NO_STORE}
    match refusal:
        case MethodNotAllowed(allow=allow):
            headers["allow"] = allow
        case InvalidToken() | ExpiredToken() | UnknownIssuer():
            headers["www-authenticate"] = 'Bearer error="invalid_token"'  # RFC 6750, section 3
        case NotSignedIn():
            headers["www-authenticate"] = "Bearer"
        case InvalidField(field=field):
            body["field"] = field
        case TooMany(seconds=seconds):
            headers["retry-after"] = str(seconds)
    if status == 503:
        headers["retry-after"] = str(RETRY_AFTER_SECONDS)
    return Answer(status, headers, msgspec.json.encode(body).decode())

"""Whether readers get what they should at the paper's address, and nobody gets past the edge."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from typing import Final, Protocol
from urllib.parse import urlsplit

from msgspec import Struct, field

from infra.ops.facilities import BACK, Problem

SECONDS: Final = 15.0  # a page that the edge has no copy of takes a few
MOST_READ: Final = 2_000_000
TRIES: Final = 4  # CloudFront has many machines in one place, and each asks once
HEADERS: Final = ("strict-transport-security", "x-content-type-options", "referrer-policy", "content-security-policy")
_LOG: Final = "look at the function's log, or at the alarms that ring"


class Unreachable(Exception):
    """Nobody answers there. It says why, in a line."""


class Reply(Struct, frozen=True):
    """What came back. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Web(Protocol):
    """Asking for what is public, as a stranger."""

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Reply:
        """The answer, whatever its status; no redirect is followed. Raises Unreachable."""


class HttpWeb:
    """`Web` by Python's own client."""

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Reply:
        at = urlsplit(url)
        kind = http.client.HTTPSConnection if at.scheme == "https" else http.client.HTTPConnection
        connection = kind(at.netloc, timeout=SECONDS)
        try:
            target = f"{at.path or '/'}{'?' * bool(at.query)}{at.query}"
            connection.request("GET", target, headers={"user-agent": "frontline doctor", **(headers or {})})
            answer = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read(MOST_READ))
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{type(error).__name__}: {error}".rstrip(": ")) from error
        finally:
            connection.close()


class Address(Struct, frozen=True):
    """Where a paper is: for readers, for the edge alone (`personal`, None where nobody can go there), and `points_at`,
    where the name has to lead."""

    site: str
    points_at: str
    personal: str | None


def problems_of_site(web: Web, address: Address) -> Iterator[Problem]:
    """What readers do not get as they should. Asks a dozen times, and changes nothing."""
    try:
        front = web.get(f"{address.site}/")
    except Unreachable as silence:
        cure = f"does the name lead to {address.points_at}, and is its certificate good? Is the distribution there?"
        yield address.site, f"nobody answers ({silence})", cure
        return
    if "x-cache" not in front.headers:
        yield address.site, "it is not the edge that answers there", f"have the name lead to {address.points_at}"
        return
    yield from _page(front)
    yield from _articles(web, address.site)
    yield from _doors(web, address.site)


def problems_past_the_edge(web: Web, address: Address, functions: Mapping[str, str]) -> Iterator[Problem]:
    """Whoever answers strangers past the edge (R9). `functions`: their addresses, by name."""
    for name, url in functions.items():
        status = _status(web, url)
        if status is not None and status != 403:
            cure = f"{BACK}; then `frontline keys rotate --emergency`"
            yield name, f"the function answers strangers at its own address ({status})", cure
    if address.personal is not None:
        status = _status(web, f"{address.personal}/api/members/me")
        if status is not None and status != 403:
            yield "PersonalApi", f"the API answers strangers past the edge ({status})", BACK


def _page(front: Reply) -> Iterator[Problem]:
    if front.status != 200:
        yield "the front page", f"readers get {front.status}{_code(front)}", _LOG
    elif not front.headers.get("content-type", "").startswith("text/html"):
        yield "the front page", f"it comes as {front.headers.get('content-type', 'nothing')}, and not as a page", _LOG
    if missing := [name for name in HEADERS if name not in front.headers]:
        yield "the front page", f"it comes without {', '.join(missing)}", BACK


def _articles(web: Web, site: str) -> Iterator[Problem]:
    latest = _get(web, f"{site}/api/articles?limit=1")
    try:
        slugs = [one["slug"] for one in json.loads(latest.body)["articles"]] if latest.status == 200 else None
    except (ValueError, TypeError, KeyError):
        slugs = None
    if slugs is None:
        yield "/api/articles", f"readers get {latest.status}{_code(latest)}, and no list", _LOG
    for slug in slugs or ():
        path = f"/api/articles/{slug}"
        one = _get(web, site + path)
        if one.status != 200 or not one.headers.get("content-type", "").startswith("application/json"):
            yield path, f"readers get {one.status}{_code(one)}", _LOG
            continue
        for claimed in ("member", "subscriber"):
            told = _get(web, site + path, {"x-reader-tier": claimed}).headers.get("x-rendered-for")
            if told != "anonymous":
                words = f"a stranger who says “{claimed}” gets what is made for {told or 'nobody knows whom'}"
                yield path, words, f"the function at the edge is not there or another: {BACK}"
        if not any(_outcome(_get(web, site + path)) in ("Hit", "RefreshHit") for _ in range(TRIES)):
            yield (
                path,
                "the edge keeps no copy: every read reaches a function",
                f"see FewHits in docs/operations.md; {BACK}",
            )


def _doors(web: Web, site: str) -> Iterator[Problem]:
    closed = _get(web, f"{site}/media/member/nothing.mp3")
    if closed.status != 403 or "tier_too_low" not in _code(closed):
        yield "/media/member/", f"strangers get {closed.status}, and not the word that it is for members", BACK
    account = _get(web, f"{site}/api/members/me")
    if account.status != 401:
        yield "/api/members/me", f"who is not signed in gets {account.status}{_code(account)}", _LOG


def _get(web: Web, url: str, headers: Mapping[str, str] | None = None) -> Reply:
    """The answer; none is status 0."""
    try:
        return web.get(url, headers)
    except Unreachable:
        return Reply(0)


def _status(web: Web, url: str) -> int | None:
    try:
        return web.get(url).status
    except Unreachable:
        return None


def _outcome(reply: Reply) -> str:
    return reply.headers.get("x-cache", "").partition(" ")[0]


def _code(reply: Reply) -> str:
    """The code of a problem document, in brackets."""
    try:
        code = json.loads(reply.body)["code"]
    except (ValueError, TypeError, KeyError):
        return ""
    return f" ({code})" if isinstance(code, str) and code.isidentifier() else ""

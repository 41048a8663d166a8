"""`/_local/`: what exists only on this machine, answered before the edge looks at a request."""

import html
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote

from infra.local.messages import Answer, Request
from infra.local.outbox import shown

KEPT: Final = 1_000  # purges and mails remembered
DAY: Final = 86_400
READERS: Final = {
    "/_local/as/member": "as a member, for a day",
    "/_local/as/subscriber": "as a subscriber",
    "/_local/as/anonymous": "as everybody does",
}
# What can become of a mail: path → the kind of SES's event.
FEEDBACK: Final = {"/_local/bounce": "Bounce", "/_local/complaint": "Complaint"}
LISTS: Final = {
    "Pages": {
        "/": "the front page",
        "/sections/city": "a section",
        "/authors/wren": "an author",
        "/process": "how the paper is made",
        "/join": "membership",
        "/contribute": "giving",
        "/sign-in": "signing in",
    },
    "Lists": {
        "/api/articles?limit=5": "the newest five; also with section=, author= or tag=",
        "/api/sections": "sections",
        "/api/authors": "authors; one of them at /api/authors/NAME",
    },
    "Feeds": {
        "/feeds/rss.xml": "RSS; of a section or author at /feeds/sections/NAME/… and /feeds/authors/NAME/…",
        "/feeds/atom.xml": "Atom",
        "/feeds/feed.json": "JSON Feed",
    },
    "Maps": {
        "/sitemap.xml": "all there is to read",
        "/news-sitemap.xml": "what came out in the last two days",
        "/robots.txt": "where robots may go",
    },
}
STYLE: Final = (
    ":root{color-scheme:light dark;--ink:#1c1b19;--paper:#fbfaf7;--quiet:#6a665f;--line:#d9d5cb;--accent:#8a2b1d}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e9e6df;--paper:#171614;--quiet:#a19c92;--line:#37342f;--accent:#e08a78}}"
    "body{font:1.0625rem/1.55 system-ui,sans-serif;color:var(--ink);background:var(--paper);"
    "max-width:44rem;margin:3rem auto;padding:0 1rem}"
    "h1,h2{font-family:Charter,'Iowan Old Style',Palatino,'Source Serif 4',Georgia,serif;"
    "line-height:1.2;margin:0 0 1rem}"
    "h2{border-top:1px solid var(--line);margin-top:2rem;padding-top:1rem;font-size:1.25rem}"
    "pre{font-size:.875rem;white-space:pre-wrap;overflow-wrap:anywhere;border-left:2px solid var(--accent);"
    "margin:0 0 1rem;padding-left:.875rem}"
    "table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;padding:.25rem 1.5rem .25rem 0;"
    "overflow-wrap:anywhere}th{font-weight:400;color:var(--quiet);white-space:nowrap}"
    "@media(max-width:34rem){td,th{display:block;padding:0}td{padding-bottom:.5rem}}"
    "iframe{width:100%;height:24rem;border:1px solid var(--line);background:#fff}"
    "form{display:inline-block;margin:.5rem .5rem 0 0}"
    "ul{list-style:none;padding:0}li{padding:.125rem 0}a{color:var(--accent);text-underline-offset:.15em}"
)


class LocalPages:
    """The pages, and the lists that they show."""

    def __init__(
        self,
        site_url: str,
        facts: Sequence[tuple[str, str]],
        queues: Callable[[], list[dict[str, Any]]],
        mint: Callable[[str], str],
        play: Callable[[str, str, str], int],
        till: Callable[[Request], Answer],
    ) -> None:
        self._site_url = site_url
        self._facts = tuple(facts)  # what runs here: (what, where)
        self._queues = queues  # their depths
        self._mint = mint  # a pass of the tier of that name
        self._play = play  # (event, address, kind of bounce) → how many topics were told
        self._till = till  # answers what is under /_local/till
        self._lock = threading.Lock()
        self._purges: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._mails: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._articles: tuple[str, ...] = ()

    def note_purge(self, items: Sequence[str], forgotten: int) -> None:
        """An invalidation came, and this many copies went."""
        with self._lock:
            self._purges.append({"at": time.time(), "items": list(items), "forgotten": forgotten})

    def note_mail(self, mail: dict[str, Any]) -> None:
        """A mail was sent."""
        with self._lock:
            self._mails.append(mail)

    def note_articles(self, paths: Sequence[str]) -> None:
        """What there is to read: paths of the site."""
        self._articles = tuple(paths)

    def answer(self, request: Request) -> Answer:
        """One of the pages; 404 tells which there are."""
        if request.path.startswith(("/_local/till/", "/_local/till.json")) or request.path == "/_local/till":
            return self._till(request)
        if request.method == "POST" and request.path in FEEDBACK:
            return self._feedback(request)
        if request.path in FEEDBACK:
            return _text(405, "Only POST here.", {"allow": "POST"}, request)
        if request.method not in {"GET", "HEAD"}:
            return _text(405, "Only GET and HEAD here.", {"allow": "GET, HEAD"}, request)
        with self._lock:
            purges, mails = list(self._purges), list(self._mails)
        match request.path:
            case "/_local" | "/_local/":
                return _page("This machine's Frontline", self._start_page(), request)
            case "/_local/outbox":
                return _page("Outbox", "".join(map(shown, reversed(mails))) or "<p>No mail has been sent.</p>", request)
            case "/_local/outbox.json":
                return _json(mails[::-1], request)  # the newest first
            case "/_local/purge.json":
                return _json(purges, request)
            case "/_local/queues.json":
                return _json(self._queues(), request)
            case "/_local/as/anonymous" | "/_local/as/subscriber" | "/_local/as/member":
                return self._read_as(request.path.rpartition("/")[2])
        there = (
            "/_local/, /_local/as/member, /_local/outbox, /_local/outbox.json, /_local/purge.json, "
            "/_local/queues.json, /_local/till, /_local/till.json, "
            "and to POST to: /_local/bounce?to=ADDRESS, /_local/complaint?to=ADDRESS"
        )
        return _text(404, f"Nothing is here. There is: {there}", {}, request)

    def _feedback(self, request: Request) -> Answer:
        """Play that the last mail to `to` has bounced (`type`: permanent or transient), or that somebody complains."""
        query = {name: unquote(value) for name, value in request.query}
        event, to, kind = FEEDBACK[request.path], query.get("to"), query.get("type", "permanent")
        if not to or kind not in {"permanent", "transient"}:
            return _text(400, "Say for whom: ?to=ADDRESS, and for a bounce &type=permanent or transient.", {}, request)
        return _json({"event": event, "to": to, "told": self._play(event, to, kind.capitalize())}, request)

    def _read_as(self, tier: str) -> Answer:
        """Go on as a reader of that tier: with a pass in a cookie, as signing in leaves one, but for a day."""
        token = "" if tier == "anonymous" else self._mint(tier)
        seconds = DAY if token else 0
        cookie = f"__Host-pass={token}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax"
        headers = (("location", "/"), ("set-cookie", cookie), ("cache-control", "no-store"), ("content-length", "0"))
        return Answer(303, headers)

    def _start_page(self) -> str:
        facts = "".join(f"<tr><th>{html.escape(what)}<td>{html.escape(where)}" for what, where in self._facts)
        articles = "".join(f'<li><a href="{html.escape(path)}">{html.escape(path)}</a>' for path in self._articles)
        lists = "".join(f"<h2>{title}</h2><ul>{_links(links)}</ul>" for title, links in LISTS.items())
        lines = "".join(f"<pre>{html.escape(line)}</pre>" for line in tries(self._site_url, self._articles))
        return (
            f"<table>{facts}</table>"
            f"<h2>Read in this browser</h2><ul>{_links(READERS)}</ul>"
            f"<h2>The same article, three readers</h2>{lines}"
            f"<h2>Articles</h2><ul>{articles or '<li>none yet: frontline --local publish FILE'}</ul>"
            f"{lists}"
            "<h2>Seen here only</h2><ul>"
            '<li><a href="/_local/outbox">outbox</a> (<a href="/_local/outbox.json">JSON</a>): mails; each can bounce'
            '<li><a href="/_local/till">till</a> (<a href="/_local/till.json">JSON</a>): a stand-in for Stripe, where '
            "payments are made, fail, renew and go back"
            '<li><a href="/_local/purge.json">purges</a>: what the cache was told to forget'
            '<li><a href="/_local/queues.json">queues</a>: messages that wait, and that are being worked on</ul>'
        )


def tries(site_url: str, articles: Sequence[str]) -> list[str]:
    """Commands to begin with: one article as each tier."""
    url = f"{site_url}{articles[0] if articles else '/api/articles/SLUG'}"
    member = '-H "Authorization: Bearer $(.frontline/bin/frontline --local pass --tier {})"'
    return [
        f"curl -i {url}",
        f"curl -i {member.format('subscriber')} {url}",
        f"curl -i {member.format('member')} {url}",
    ]


def _links(links: Mapping[str, str]) -> str:
    return "".join(f'<li><a href="{html.escape(path)}">{html.escape(path)}</a>: {what}' for path, what in links.items())


def _page(title: str, body: str, request: Request) -> Answer:
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{STYLE}</style><h1>{title}</h1>{body}"
    )
    return _answer(200, "text/html; charset=utf-8", text, request)


def _json(value: Any, request: Request) -> Answer:
    return _answer(200, "application/json", json.dumps(value), request)


def _text(status: int, text: str, headers: dict[str, str], request: Request) -> Answer:
    return _answer(status, "text/plain; charset=utf-8", text + "\n", request).having(headers)


def _answer(status: int, kind: str, text: str, request: Request) -> Answer:
    body = text.encode()
    headers = (("content-type", kind), ("content-length", str(len(body))), ("cache-control", "no-store"))
    return Answer(status, headers, b"" if request.method == "HEAD" else body)

"""A paper that readers get as they should, until a test changes an answer."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from msgspec.structs import replace

from infra.ops.site import HEADERS, Address, Reply, Unreachable

SITE = "https://paper.example"
API = "https://api.execute-api.example"
FUNCTION = "https://articles.lambda-url.example/"
AT = Address(SITE, "d1.cloudfront.net", API)
ARTICLE = "/api/articles/the-night-ferry"
KEPT = {"x-cache": "Hit from cloudfront"}


class WellRead:
    """`Web` with a paper that is well. `replies` by path, as a stranger gets them; one that is None is out of reach.
    `trusting`: it believes what a stranger says of their tier."""

    def __init__(self) -> None:
        secured = dict.fromkeys(HEADERS, "as it should be")
        listed = json.dumps({"articles": [{"slug": "the-night-ferry"}], "next": None}).encode()
        article = {"content-type": "application/json", "x-rendered-for": "anonymous", **KEPT}
        self.replies: dict[str, Reply | None] = {
            f"{SITE}/": Reply(200, {"content-type": "text/html; charset=utf-8", **secured, **KEPT}),
            f"{SITE}/api/articles?limit=1": Reply(200, {"content-type": "application/json", **KEPT}, listed),
            SITE + ARTICLE: Reply(200, article, b"{}"),
            f"{SITE}/media/member/nothing.mp3": Reply(403, {}, b'{"code":"tier_too_low"}'),
            f"{SITE}/api/members/me": Reply(401, {}, b'{"code":"not_signed_in"}'),
            FUNCTION: Reply(403),
            f"{API}/api/members/me": Reply(403, {}, b'{"code":"not_from_the_edge"}'),
        }
        self.trusting = False

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Reply:
        reply = self.replies[url]
        if reply is None:
            raise Unreachable("gaierror: no such name")
        if self.trusting and headers and "x-reader-tier" in headers:
            return replace(reply, headers={**reply.headers, "x-rendered-for": headers["x-reader-tier"]})
        return reply

    def change(self, url: str, **changes: Any) -> None:
        before = self.replies[url]
        assert before is not None
        self.replies[url] = replace(before, **changes)


@contextmanager
def served(paper: WellRead) -> Iterator[str]:
    """The paper at an address of this machine."""

    class Answering(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply = paper.get(SITE + self.path, {k.lower(): v for k, v in self.headers.items()})
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()

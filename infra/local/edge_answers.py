"""What a viewer gets of a stored object: 304, a range, a compressed form, or its headers alone. Pure functions."""

import gzip
import re
from typing import Final

import brotli

from infra.local.messages import Answer, Request, http_date

SMALLEST: Final = 1_000  # bytes; CloudFront leaves alone what is smaller or larger than these two
LARGEST: Final = 10_000_000
STATUSES: Final = frozenset({200, 403, 404})
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html#compressed-content-cloudfront-file-types
# Problem documents (application/problem+json) and JSON feeds (application/feed+json) are not among them.
APPLICATION_TYPES: Final = """
    dash+xml eot font font-sfnt javascript json opentype otf pdf pkcs7-mime protobuf rss+xml truetype ttf
    vnd.apple.mpegurl vnd.mapbox-vector-tile vnd.ms-fontobject wasm xhtml+xml xml x-font-opentype x-font-truetype
    x-font-ttf x-httpd-cgi x-javascript x-mpegurl x-opentype x-otf x-perl x-ttf
"""
TEXT_TYPES: Final = """
    css csv html javascript js plain richtext tab-separated-values xml x-component x-java-source x-script
"""
TYPES: Final = frozenset(
    {f"application/{name}" for name in APPLICATION_TYPES.split()}
    | {f"text/{name}" for name in TEXT_TYPES.split()}
    | {"font/eot", "font/opentype", "font/otf", "font/ttf", "image/svg+xml", "vnd.apple.mpegurl"}
)
RANGE: Final = re.compile(r"bytes=(?:(?P<first>\d{1,18})-(?P<last>\d{0,18})|-(?P<suffix>\d{1,18}))")


def compressed(answer: Answer, encodings: str) -> Answer:
    """The answer in the best of these encodings where CloudFront would compress it, else as it is.

    A strong ETag becomes a weak one, an invalid one goes: the compressed form is the same only in meaning.
    """
    kind = (answer.header("content-type") or "").split(";")[0].strip().lower()
    if (
        not encodings
        or answer.status not in STATUSES
        or kind not in TYPES
        or answer.header("content-encoding") is not None
        or answer.header("content-length") is None
        or not SMALLEST <= len(answer.body) <= LARGEST
    ):
        return answer
    encoding = encodings.split(",")[0]
    # Levels fit for the fly; CloudFront does not say which it takes.
    body = brotli.compress(answer.body, quality=5) if encoding == "br" else gzip.compress(answer.body, 6, mtime=0)
    headers = {"content-encoding": encoding, "content-length": str(len(body)), "vary": _vary(answer)}
    etag = answer.header("etag")
    if etag is not None and etag.startswith('"'):
        headers["etag"] = f"W/{etag}"
    elif etag is not None and not etag.startswith("W/"):
        answer = answer.without("etag")
    return Answer(answer.status, answer.headers, body).having(headers)


def _vary(answer: Answer) -> str:
    vary = answer.header("vary") or ""
    return vary if "accept-encoding" in vary.lower() else f"{vary}, Accept-Encoding".removeprefix(", ")


def for_viewer(answer: Answer, request: Request) -> Answer:
    """What this viewer gets of a whole answer: 304 if it holds it already, the range it asked for, no body for HEAD."""
    if request.method not in {"GET", "HEAD"} or answer.status != 200:
        return _without_body(answer) if request.method == "HEAD" else answer
    if _holds_it(answer, request):
        return Answer(304, answer.without("content-length", "content-type", "content-encoding").headers)
    if request.method == "GET":
        return _ranged(answer, request)
    return _without_body(answer)


def _without_body(answer: Answer) -> Answer:
    return Answer(answer.status, answer.headers)


def _holds_it(answer: Answer, request: Request) -> bool:
    """RFC 9110, 13.2.2: If-None-Match is compared weakly; If-Modified-Since counts only without it."""
    if (wanted := request.header("if-none-match")) is not None:
        held = (answer.header("etag") or "").removeprefix("W/")
        known = {tag.strip().removeprefix("W/") for tag in wanted.split(",")}
        return bool(held) and (held in known or wanted.strip() == "*")
    since = http_date(request.header("if-modified-since"))
    changed = http_date(answer.header("last-modified"))
    return since is not None and changed is not None and changed <= since


def _ranged(answer: Answer, request: Request) -> Answer:
    """RFC 9110, 14: one range of bytes. Several, or nonsense, and the whole is answered, as CloudFront may."""
    asked = RANGE.fullmatch((request.header("range") or "").strip().lower().replace(" ", ""))
    if asked is None or not _is_range_of_this(answer, request):
        return answer
    size = len(answer.body)
    if (suffix := asked["suffix"]) is not None:
        first, last = max(size - int(suffix), 0), size - 1
        satisfiable = int(suffix) > 0 and size > 0
    else:
        first, last = int(asked["first"]), min(int(asked["last"] or size - 1), size - 1)
        if asked["last"] and int(asked["last"]) < first:
            return answer
        satisfiable = first < size
    if not satisfiable:
        refused = answer.without("content-type", "content-encoding", "etag", "last-modified")
        return Answer(416, refused.headers).having({"content-range": f"bytes */{size}", "content-length": "0"})
    part = answer.body[first : last + 1]
    return Answer(206, answer.headers, part).having(
        {"content-range": f"bytes {first}-{last}/{size}", "content-length": str(len(part))}
    )


def _is_range_of_this(answer: Answer, request: Request) -> bool:
    """If-Range: the range counts only if the viewer's other parts are of this very object (strong comparison)."""
    held = request.header("if-range")
    if held is None:
        return True
    if held.startswith('"'):
        return held == answer.header("etag")
    return not held.startswith("W/") and held == answer.header("last-modified")

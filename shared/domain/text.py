"""The constrained texts an article is made of: slugs, plain lines, links, inline HTML, media paths.

The constraint is in the type, so that one thing decides at publishing and again at every read, and the JSON Schema
says the same.
"""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Meta

from shared.domain.refusals import InvalidParameter

MAX_SLUG = 120
MAX_MEDIA_PATH = 300
SLUG_PATTERN = r"^[a-z0-9]+(?:-[a-z0-9]+)*\Z"

# The allow-list of inline HTML: these tags without attributes, <br>, and <a> with an href to https, mailto, this site
# or this page.
INLINE_TAGS = ("em", "strong", "code", "s", "sub", "sup", "q", "cite", "mark")
_URL_CHARACTER = r"(?:[A-Za-z0-9._~:/?#\[\]@!$()*+,;=%-]|&amp;)"
_HREF = rf"(?:https://{_URL_CHARACTER}+|mailto:{_URL_CHARACTER}+|/(?!/){_URL_CHARACTER}*|#{_URL_CHARACTER}+)"
_TAG = rf'(?:/?(?:{"|".join(INLINE_TAGS)})>|br>|/a>|a href="{_HREF}">)'
_ENTITY = r"&(?:amp|lt|gt|quot|nbsp|shy|#39);"
_TIDY_HTML = rf"^[^<>&\x00-\x1f]*(?:(?:{_ENTITY}|<{_TAG})[^<>&\x00-\x1f]*)*\Z"

MARKUP_RULE = (
    f"the tags {', '.join(INLINE_TAGS)} and br are, without attributes, "
    "and a with an href to https:, mailto:, # or a path of this site"
)

Slug = Annotated[str, Meta(pattern=SLUG_PATTERN, max_length=MAX_SLUG)]
Line = Annotated[str, Meta(min_length=1, max_length=500)]
"""One line of plain text. It is not HTML: whoever renders it escapes it."""
Passage = Annotated[str, Meta(min_length=1, max_length=5_000)]
"""Plain text that may hold line breaks."""
# The pattern stands in the schema, for those who write articles. Reading asks the cheaper question that is enough to
# be safe,
# `forbidden_markup`: a whole-text pattern costs twenty times the decoding of the article (docs/performance.md).
InlineHtml = Annotated[str, Meta(min_length=1, max_length=20_000, extra_json_schema={"pattern": _TIDY_HTML})]
"""Text with inline HTML from the allow-list."""
Link = Annotated[
    str, Meta(pattern=r"^(?:https://[^\x00-\x20<>\"'\\]+|/(?![/\\])[^\x00-\x20<>\"'\\]*)\Z", max_length=2_000)
]
"""An https address or a path of this site."""
MediaPath = Annotated[
    str,
    Meta(
        pattern=r"^/media/(?:anonymous|subscriber|member)/(?:[a-z0-9][a-z0-9_-]*/)*[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9]+)+\Z",
        max_length=MAX_MEDIA_PATH,
    ),
]
"""A file in the media bucket; the tier in its path is the lowest that may fetch it."""

_slug = re.compile(SLUG_PATTERN)
# A path of this site as the edge spells it. Nothing that a browser could take for another host: no second slash, no
# backslash, no scheme (R14).
_site_path = re.compile(r"/(?:[a-z0-9_-][a-z0-9._-]*(?:/[a-z0-9_-][a-z0-9._-]*)*)?\Z")
# A "<" that does not begin an allowed tag. Links stand first, they are the most; white space is spelled out: `\s` in a
# set costs a call for each character.
_forbidden = re.compile(
    rf"""<(?!a href="(?:https://|mailto:|/(?![/\\])|#)[^"<>\x00-\x20\\]*">|/?(?:a|br|{"|".join(INLINE_TAGS)})>).{{0,40}}""",
    re.DOTALL,
)


def is_slug(text: str) -> bool:
    """Whether this may stand in an address and in a storage key."""
    return len(text) <= MAX_SLUG and _slug.match(text) is not None


def is_site_path(text: str) -> bool:
    """Whether a browser that is sent there stays on this site."""
    return len(text) <= 512 and _site_path.match(text) is not None


def next_path(text: str) -> str:
    """Where to go on to, as somebody's address or form says it. Raises InvalidParameter for what leads elsewhere."""
    if not is_site_path(text):
        raise InvalidParameter("“next” is the path of a page of this paper, such as /articles/and-its-name.")
    return text


def forbidden_markup(html: str) -> str | None:
    """The beginning of the first piece of markup outside the allow-list; None when a browser would see none."""
    found = _forbidden.search(html)
    return found.group() if found else None


def is_tidy(html: str) -> bool:
    """Whether this is well-formed beyond being safe: no bare `&` or `>`, no control characters."""
    return re.match(_TIDY_HTML, html) is not None


def unbalanced_tag(html: str) -> str | None:
    """The first tag of an `InlineHtml` that is closed without being open, or left open; None when all is well
    nested."""
    still_open: list[str] = []
    for closing, name in re.findall(r"<(/?)([a-z]+)", html):
        if name == "br":
            continue
        if not closing:
            if name == "a" and name in still_open:  # HTML knows no link inside a link
                return "a"
            still_open.append(name)
        elif not still_open or still_open.pop() != name:
            return str(name)
    return still_open[-1] if still_open else None

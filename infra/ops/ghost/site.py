"""The site that an export was made of: which address each thing has here, and where a link in a post leads."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from infra.ops.front_matter import slug_of
from shared.domain.text import MAX_SLUG, is_slug, is_tidy

GHOST_URL: Final = "__GHOST_URL__"
_SAFE: Final = "/:?#[]@!$()*+,;=%-._~&"
_PORTAL: Final = {
    "signup": "/join",
    "signin": "/sign-in",
    "account": "/account",
    "support": "/contribute",
    "offers": "/join",
    "upgrade": "/join",
}
_scheme = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_sized = re.compile(r"(?:size/[^/]+/)?(?:format/[^/]+/)?")


def short(text: str, length: int = 8) -> str:
    """What tells this text from others, the same every time."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]


def our_slug(theirs: str, name: str = "") -> str:
    """Ghost's slug where it can be ours, else the nearest that can; of two that would meet, who calls sees to it."""
    if is_slug(theirs):
        return theirs
    made = slug_of(unquote(theirs)) or slug_of(name)
    if not made:
        return f"x-{short(theirs or name)}"
    return made if len(made) <= MAX_SLUG else f"{made[: MAX_SLUG - 9].rstrip('-')}-{short(theirs)}"


@dataclass(frozen=True)
class Site:
    """`address` is where it was, such as https://paper.example, empty where nobody has said so. `paths` has the path
    here of each path that it had, without slashes around."""

    address: str
    paths: Mapping[str, str]

    def inner(self, href: str) -> str | None:
        """The path on that site, with what stands behind it; None for an address elsewhere."""
        if href.startswith(GHOST_URL):
            return href.removeprefix(GHOST_URL) or "/"
        if self.address:
            for begin in (self.address, self.address.replace("https://", "http://", 1)):
                if href == begin or href.startswith((f"{begin}/", f"{begin}#", f"{begin}?")):
                    return href.removeprefix(begin) or "/"
        return href if href.startswith("/") and not href.startswith(("//", "/\\")) else None

    def media(self, src: str) -> str | None:
        """Where a file lay below `content/` of that site, such as `images/2024/05/quay.jpg`; None for one elsewhere."""
        inner = self.inner(src)
        if inner is None:
            return None
        path = unquote(inner.partition("#")[0].partition("?")[0])
        kind, _, rest = path.partition("/content/")[2].partition("/")
        if kind not in ("images", "media", "files") or not rest or ".." in rest.split("/"):
            return None
        return f"{kind}/{_sized.sub('', rest, count=1)}"

    def link(self, href: str) -> tuple[str | None, str]:
        """Where this leads from our pages, and what was done to it, in a word of the report, empty for nothing.

        None is no link: to what we do not have, or to what is no address at all, such as `javascript:`.
        """
        href = re.sub(r"[\x00-\x20\x7f]+", "", href) if _scheme.match(href.strip()) else "".join(href.split())
        if not href:
            return None, "link-empty"
        if "#/portal" in href:
            wanted = href.partition("#/portal")[2].strip("/").split("/")[0]
            return _PORTAL.get(wanted, "/account" if wanted else "/join"), ""
        if href.startswith("#"):
            return _tidy(href), ""
        inner = self.inner(href)
        if inner is not None:
            return self._here(inner)
        scheme = _scheme.match(href)
        said = ""
        if href.startswith("//"):
            href = f"https:{href}"
        elif scheme is None:
            href, said = f"https://{href}", "link-guessed"
            if "." not in href.split("/")[2]:
                return None, "link-lost"
        elif scheme.group().lower() == "http:":
            href, said = f"https:{href[5:]}", "link-http"
        elif scheme.group().lower() == "mailto:":
            return _tidy(f"mailto:{href[7:]}"), ""
        elif scheme.group().lower() != "https:":
            is_code = scheme.group().lower() in ("javascript:", "vbscript:", "data:")
            return None, "html" if is_code else "link-lost"
        made = _tidy(_plain_host(href))
        return made, said if made else "link-lost"

    def _here(self, inner: str) -> tuple[str | None, str]:
        path, _, place = inner.partition("#")
        path = unquote(path.partition("?")[0]).strip("/")
        if not path:
            return "/", ""
        first, _, last = path.rpartition("/")
        ours = self.paths.get(path) or (None if first in ("tag", "author") else self.paths.get(last))
        if ours is None:
            return None, "link-inner"
        return _tidy(f"{ours}{f'#{place}' if place else ''}"), ""


def _plain_host(href: str) -> str:
    """The address with a host in plain letters."""
    try:
        host = urlsplit(href).hostname or ""
        return (
            href if host.isascii() else re.sub(re.escape(host), host.encode("idna").decode(), href, count=1, flags=re.I)
        )
    except (UnicodeError, ValueError):
        return ""


def _tidy(href: str) -> str | None:
    """The address in the letters that a link of ours may have; None where it is none even then."""
    made = quote(href, safe=_SAFE, errors="ignore").replace("'", "%27")
    return made if len(made) <= 2_000 and is_tidy(f'<a href="{made.replace("&", "&amp;")}">') else None

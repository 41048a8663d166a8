"""Pages with little in them but words and a form."""

from __future__ import annotations

import re

from functions.pages.article import shown_blocks
from functions.pages.page import opened, page
from functions.pages.route import Asked, Made
from shared.domain.refusals import InvalidParameter
from shared.site.site import MONEY_WORKS, SIGN_IN_WORKS

# A path of this site as the edge spells it. Nothing that a browser could take for another host: no second slash, no
# backslash, no scheme (R14).
_path = re.compile(r"/(?:[a-z0-9_-][a-z0-9._-]*(?:/[a-z0-9_-][a-z0-9._-]*)*)?\Z")


def plain(name: str, asked: Asked) -> Made:
    """A page without anything of its own to ask for."""
    site, _ = opened(asked)
    return page(f"{name}.html", site, asked.path, sign_in_works=SIGN_IN_WORKS, money_works=MONEY_WORKS)


def sign_in(asked: Asked) -> Made:
    """`GET /sign-in?next=`: where the reader comes back to afterwards. Raises InvalidParameter for what is no path of
    this site."""
    to = asked.parameters.get("next", "/")
    if len(to) > 512 or _path.match(to) is None:
        raise InvalidParameter("“next” is the path of a page of this paper, such as /articles/and-its-name.")
    site, _ = opened(asked)
    return page("sign_in.html", site, asked.path, next=to, sign_in_works=SIGN_IN_WORKS)


def link(token: str, asked: Asked) -> Made:
    """`GET /sign-in/link/<token>`: changes nothing (R13). The button does, by a POST."""
    site, _ = opened(asked)
    return page("link.html", site, "/sign-in", token=token, sign_in_works=SIGN_IN_WORKS)


def unsubscribe(newsletter: str, token: str, asked: Asked) -> Made:
    """`GET /unsubscribe/<newsletter>/<token>`: changes nothing either."""
    site, _ = opened(asked)
    return page("unsubscribe.html", site, "/", newsletter=newsletter, token=token, sign_in_works=SIGN_IN_WORKS)


def process(asked: Asked) -> Made:
    """`GET /process`: how the paper is made, in its own words."""
    site, _ = opened(asked)
    return page("process.html", site, asked.path, blocks_of=shown_blocks(site.paper.process))

"""Pages with little in them but words and a form."""

from __future__ import annotations

from functions.pages.article import shown_blocks
from functions.pages.page import opened, page
from functions.pages.route import Asked, Made
from shared.domain.text import next_path


def plain(name: str, asked: Asked) -> Made:
    """A page without anything of its own to ask for."""
    site, _ = opened(asked)
    return page(f"{name}.html", site, asked.path)


def join(asked: Asked) -> Made:
    """`GET /join`: what members pay, and how often."""
    site, _ = opened(asked)
    return page("join.html", site, asked.path, problem=None, is_member=False)


def sign_in(asked: Asked) -> Made:
    """`GET /sign-in?next=`: where the reader comes back to afterwards. Raises InvalidParameter for what is no path of
    this site."""
    to = next_path(asked.parameters.get("next", "/"))
    site, _ = opened(asked)
    return page("sign_in.html", site, asked.path, next=to, email="", newsletter=None, problem=None)


def sent(asked: Asked) -> Made:
    """`GET /sign-in/sent`: a mail is on its way, if it can be."""
    site, _ = opened(asked)
    return page("sent.html", site, asked.path, problem=None)


def link(token: str, asked: Asked) -> Made:
    """`GET /sign-in/link/<token>`: changes nothing (R13). The button does, by a POST."""
    site, _ = opened(asked)
    return page("link.html", site, "/sign-in", token=token)


def unsubscribe(newsletter: str, token: str, asked: Asked) -> Made:
    """`GET /unsubscribe/<newsletter>/<token>`: changes nothing either. One that the paper has no more can be ended all
    the same."""
    site, _ = opened(asked)
    name = next((one.name for one in site.paper.newsletters if one.slug == newsletter), newsletter)
    return page("unsubscribe.html", site, "/", newsletter=newsletter, name=name, token=token)


def process(asked: Asked) -> Made:
    """`GET /process`: how the paper is made, in its own words."""
    site, _ = opened(asked)
    return page("process.html", site, asked.path, blocks_of=shown_blocks(site.paper.process))

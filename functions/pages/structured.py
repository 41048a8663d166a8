"""What pages say to machines: schema.org's words as JSON-LD, ready to stand in `<script type="application/ld+json">`.

Of an article it is made from what a reader sees, and says the same to every tier: which parts are gated, never what is
in them.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import msgspec

from functions.pages.entries import timestamp
from shared.domain.articles import Author, LockedGate, OpenGate, Production, SeenArticle
from shared.domain.blocks import Picture
from shared.domain.lists import AuthorFacts
from shared.domain.paper import Paper

_Node: TypeAlias = dict[str, Any]

_NEWS: Final = "NewsArticle"
# Both types: Google asks for one that it knows, others read the narrower one. A review stays news alone, because
# `ReviewNewsArticle` has to say what was reviewed, which articles do not.
_TYPES: Final[dict[str, str | list[str]]] = {
    "opinion": [_NEWS, "OpinionNewsArticle"],
    "analysis": [_NEWS, "AnalysisNewsArticle"],
    "report": [_NEWS, "ReportageNewsArticle"],
}
_MADE_BY_AI: Final = "https://schema.org/TrainedAlgorithmicMediaDigitalSource"
# What could end the element or a line of script. In JSON these stand in strings alone, where an escape means the same.
_ESCAPES: Final = (
    ("&", "\\u0026"),
    ("<", "\\u003c"),
    (">", "\\u003e"),
    ("\u2028", "\\u2028"),
    ("\u2029", "\\u2029"),
)


def article_data(article: SeenArticle, paper: Paper) -> str:
    """An article, and the way to it from the front page.

    As Google has it for articles and for what is not free
    (https://developers.google.com/search/docs/appearance/structured-data/article and …/paywalled-content): a part that
    is gated is named by the class of its element, `gate-<id>`, whether it is open to this reader or not.
    """
    section_url, url = _section_url(paper, article.section.slug), f"{paper.url}/articles/{article.slug}"
    gates = [block.id for block in article.body if type(block) is LockedGate or type(block) is OpenGate]
    node: _Node = {
        "@type": _TYPES.get(article.kind, _NEWS),
        "@id": f"{url}#article",
        "headline": article.title,
        "description": article.standfirst,
        "url": url,
        "mainEntityOfPage": url,
        "datePublished": timestamp(article.published_at),
        "dateModified": timestamp(article.updated_at or article.published_at),
        "inLanguage": article.language,
        "articleSection": article.section.name,
        "author": _author(article.author, paper),
        "publisher": _publisher(paper),
        "isAccessibleForFree": not gates,
    }
    if article.tags:
        node["keywords"] = article.tags
    if article.lead_picture is not None:
        node["image"] = _picture(article.lead_picture, paper)
    if gates:
        node["hasPart"] = [
            {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": f".gate-{gate}"} for gate in gates
        ]
    if article.corrections:
        node["correction"] = [
            {"@type": "CorrectionComment", "datePublished": timestamp(correction.at), "text": correction.note}
            for correction in article.corrections
        ]
    if article.production is not None:
        node |= _production(article.production, paper)
    return _graph(node, _way(paper, (article.section.name, section_url), (article.title, url)))


def front_data(paper: Paper) -> str:
    """The paper's site, and the paper."""
    publisher = _publisher(paper)
    publisher["description"] = paper.description
    if paper.process:
        publisher["publishingPrinciples"] = f"{paper.url}/process"
    site = {
        "@type": "WebSite",
        "@id": f"{paper.url}/#site",
        "name": paper.name,
        "description": paper.description,
        "url": f"{paper.url}/",
        "inLanguage": paper.language,
        "publisher": {"@id": publisher["@id"]},
    }
    return _graph(site, publisher)


def section_data(paper: Paper, slug: str, name: str) -> str:
    """A section's page, and the way to it."""
    url = _section_url(paper, slug)
    return _graph(_page("CollectionPage", url, name, paper), _way(paper, (name, url)))


def author_data(paper: Paper, author: AuthorFacts) -> str:
    """An author's page, who that is, and the way to it."""
    url = _author_url(paper, author.slug)
    who = _author(author, paper)
    # A persona has said first what it is.
    who["description"] = f"{who['description']} {author.biography}" if "description" in who else author.biography
    if author.picture is not None:
        who["image"] = _picture(author.picture, paper)
    page = _page("ProfilePage", url, author.name, paper)
    page["mainEntity"] = who
    return _graph(page, _way(paper, (author.name, url)))


# Who ----------------------------------------------------------------------------------------------------------------


def _author(author: Author | AuthorFacts, paper: Paper) -> _Node:
    """A person as one. A persona never: schema.org and Google let an article be written by persons and organizations
    alone, so it is an organization, which is part of the paper and says what it is."""
    url = _author_url(paper, author.slug)
    if author.kind == "person":
        return {"@type": "Person", "@id": f"{url}#author", "name": author.name, "url": url}
    return {
        "@type": "Organization",
        "@id": f"{url}#author",
        "name": author.name,
        "url": url,
        "description": f"An AI persona of {paper.name}, not a person.",
        "parentOrganization": {"@id": _publisher_id(paper)},
    }


def _production(production: Production, paper: Paper) -> _Node:
    """Who else had a hand in it. How many personas did is all that is known of them."""
    href = production.process_href
    made: _Node = {"publishingPrinciples": f"{paper.url}{href}" if href.startswith("/") else href}
    if production.editors:
        made["editor"] = [{"@type": "Person", "name": name} for name in production.editors]
    if production.personas:
        took_part = "1 AI persona" if production.personas == 1 else f"{production.personas} AI personas"
        made["contributor"] = {
            "@type": "Organization",
            "name": f"AI personas of {paper.name}",
            "description": f"{took_part} took part in making this.",
            "parentOrganization": {"@id": _publisher_id(paper)},
        }
    return made


def _publisher(paper: Paper) -> _Node:
    made: _Node = {
        "@type": "NewsMediaOrganization",
        "@id": _publisher_id(paper),
        "name": paper.name,
        "url": f"{paper.url}/",
    }
    if paper.logo is not None:
        made["logo"] = _image(paper.logo.src, paper) | {"width": paper.logo.width, "height": paper.logo.height}
    elif paper.icon is not None:
        made["logo"] = _image(paper.icon, paper)
    return made


# What and where -----------------------------------------------------------------------------------------------------


def _page(kind: str, url: str, name: str, paper: Paper) -> _Node:
    return {
        "@type": kind,
        "@id": url,
        "name": name,
        "url": url,
        "inLanguage": paper.language,
        "isPartOf": {"@type": "WebSite", "@id": f"{paper.url}/#site", "name": paper.name, "url": f"{paper.url}/"},
        "publisher": _publisher(paper),
    }


def _way(paper: Paper, *steps: tuple[str, str]) -> _Node:
    """The way from the front page, as names and addresses."""
    way = ((paper.name, f"{paper.url}/"), *steps)
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": url}
            for position, (name, url) in enumerate(way, 1)
        ],
    }


def _picture(picture: Picture, paper: Paper) -> _Node:
    """A picture, and that it was made by AI, in the words of the IPTC
    (https://schema.org/IPTCDigitalSourceEnumeration)."""
    made = _image(picture.src, paper)
    made["width"], made["height"] = picture.width, picture.height
    if picture.caption is not None:
        made["caption"] = picture.caption
    if picture.credit is not None:
        made["creditText"] = picture.credit
    if picture.origin == "ai":
        made["digitalSourceType"] = _MADE_BY_AI
    return made


def _image(src: str, paper: Paper) -> _Node:
    """Google asks for `url` in an article's picture, and for `contentUrl` where it shows credits."""
    url = f"{paper.url}{src}"
    return {"@type": "ImageObject", "url": url, "contentUrl": url}


def _section_url(paper: Paper, slug: str) -> str:
    return f"{paper.url}/sections/{slug}"


def _author_url(paper: Paper, slug: str) -> str:
    return f"{paper.url}/authors/{slug}"


def _publisher_id(paper: Paper) -> str:
    return f"{paper.url}/#publisher"


def _graph(*nodes: _Node) -> str:
    text = msgspec.json.encode({"@context": "https://schema.org", "@graph": nodes}).decode()
    for character, escape in _ESCAPES:
        text = text.replace(character, escape)
    return text

"""What a page says of itself to machines: JSON-LD in schema.org's words, made of what the page shows, of nothing else.

Each function returns JSON that may stand inside a `script` element as it is.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from functions.pages.entries import timestamp
from shared.domain.articles import Author, LockedGate, OpenGate, Picture, SeenArticle
from shared.domain.lists import AuthorFacts
from shared.domain.paper import Paper

# https://schema.org/NewsArticle and its subtypes; what has none of its own is one of these all the same.
_TYPES: Final = {
    "opinion": "OpinionNewsArticle",
    "essay": "OpinionNewsArticle",
    "analysis": "AnalysisNewsArticle",
    "review": "ReviewNewsArticle",
    "report": "ReportageNewsArticle",
}
# Inside `script` a browser looks for `</` and `<!--`, whatever the quotes; the other signs are unsafe in older parsers.
_UNSAFE: Final = tuple((sign, f"\\u{ord(sign):04x}") for sign in "<>&\u2028\u2029")


def article_data(article: SeenArticle, paper: Paper) -> str:
    """An article and its place in the paper (https://schema.org/NewsArticle). What is behind gates is declared as
    Google's page on paywalled content asks for it: a class of its own for each."""
    url = f"{paper.url}/articles/{article.slug}"
    gates = [block for block in article.body if type(block) is LockedGate or type(block) is OpenGate]
    data: dict[str, Any] = {
        "@type": ["NewsArticle", _TYPES[article.kind]] if article.kind in _TYPES else "NewsArticle",
        "@id": url,
        "url": url,
        "mainEntityOfPage": url,
        "headline": article.title,
        "description": article.standfirst,
        "datePublished": timestamp(article.published_at),
        "dateModified": timestamp(article.updated_at or article.published_at),
        "inLanguage": article.language,
        "articleSection": article.section.name,
        "keywords": article.tags,
        "author": _author(article.author, paper),
        "publisher": _publisher(paper),
        "isAccessibleForFree": not gates,
    }
    if gates:
        data["hasPart"] = [
            {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": f".gate-{gate.id}"}
            for gate in gates
        ]
    if article.lead_picture is not None:
        data["image"] = _picture(article.lead_picture, paper)
    if article.production is not None:
        data["publishingPrinciples"] = _absolute(article.production.process_href, paper)
        data["editor"] = [{"@type": "Person", "name": name} for name in article.production.editors]
    if article.corrections:
        data["correction"] = [
            {"@type": "CorrectionComment", "text": correction.note, "datePublished": timestamp(correction.at)}
            for correction in article.corrections
        ]
    section = (article.section.name, f"{paper.url}/sections/{article.section.slug}")
    return _graph(data, _breadcrumbs(paper, section, (article.title, url)))


def front_data(paper: Paper) -> str:
    """The paper."""
    site = {"@type": "WebSite", "url": f"{paper.url}/", "name": paper.name, "inLanguage": paper.language}
    return _graph(site, {**_publisher(paper), "description": paper.description})


def section_data(paper: Paper, slug: str, name: str) -> str:
    """A section's page."""
    url = f"{paper.url}/sections/{slug}"
    page = {"@type": "CollectionPage", "@id": url, "url": url, "name": name, "isPartOf": f"{paper.url}/"}
    return _graph(page, _breadcrumbs(paper, (name, url)))


def author_data(paper: Paper, author: AuthorFacts) -> str:
    """An author's page."""
    url = f"{paper.url}/authors/{author.slug}"
    page = {"@type": "ProfilePage", "@id": url, "url": url, "mainEntity": _author(author, paper)}
    return _graph(page, _breadcrumbs(paper, (author.name, url)))


def _author(author: Author | AuthorFacts, paper: Paper) -> dict[str, Any]:
    """Whose work it is. An AI persona is no person and never said to be one: schema.org has no word for it but
    SoftwareApplication, which may not be an author, so it is a thing of the paper's, described as what it is."""
    data: dict[str, Any] = {
        "@type": "Person" if author.kind == "person" else "Organization",
        "name": author.name,
        "url": f"{paper.url}/authors/{author.slug}",
        "description": author.biography,
    }
    if author.kind == "persona":
        data["disambiguatingDescription"] = f"An AI persona of {paper.name}, not a person."
        data["parentOrganization"] = {"@type": "NewsMediaOrganization", "name": paper.name, "url": f"{paper.url}/"}
    if author.picture is not None:
        data["image"] = _picture(author.picture, paper)
    return data


def _publisher(paper: Paper) -> dict[str, Any]:
    data: dict[str, Any] = {"@type": "NewsMediaOrganization", "name": paper.name, "url": f"{paper.url}/"}
    if paper.logo is not None:
        data["logo"] = {
            "@type": "ImageObject",
            "url": f"{paper.url}{paper.logo.src}",
            "width": paper.logo.width,
            "height": paper.logo.height,
        }
    return data


def _picture(picture: Picture, paper: Paper) -> dict[str, Any]:
    data: dict[str, Any] = {
        "@type": "ImageObject",
        "url": f"{paper.url}{picture.src}",
        "width": picture.width,
        "height": picture.height,
    }
    if picture.caption is not None:
        data["caption"] = picture.caption
    if picture.credit is not None:
        data["creditText"] = picture.credit
    if picture.origin == "ai":  # https://schema.org/digitalSourceType, IPTC's code trainedAlgorithmicMedia
        data["digitalSourceType"] = "https://schema.org/TrainedAlgorithmicMediaDigitalSource"
    return data


def _breadcrumbs(paper: Paper, *steps: tuple[str, str]) -> dict[str, Any]:
    """The way from the front page (https://schema.org/BreadcrumbList)."""
    named = [(paper.name, f"{paper.url}/"), *steps]
    items = [
        {"@type": "ListItem", "position": position, "name": name, "item": url}
        for position, (name, url) in enumerate(named, 1)
    ]
    return {"@type": "BreadcrumbList", "itemListElement": items}


def _absolute(href: str, paper: Paper) -> str:
    return f"{paper.url}{href}" if href.startswith("/") else href


def _graph(*things: dict[str, Any]) -> str:
    graph = {"@context": "https://schema.org", "@graph": things}
    data = msgspec.json.encode(graph).decode()
    for sign, escaped in _UNSAFE:  # one after the other: `translate` takes a hundred times as long
        data = data.replace(sign, escaped)
    return data

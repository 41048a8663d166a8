"""What pages say to machines, held to what Google asks of articles, profiles, ways and what is not free."""

from __future__ import annotations

import datetime as dt
import json
from html.parser import HTMLParser
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.pages.structured import article_data, author_data, front_data, section_data
from shared.domain.articles import Article, Author, Correction, Gate, Production, Section
from shared.domain.blocks import Paragraph, Picture
from shared.domain.lists import AuthorFacts, author_facts
from shared.domain.paper import Logo
from shared.domain.tiers import Tier
from shared.domain.validation import parse_article
from tests import strategies
from tests.functions.paper import FIRST, PAPER, URL, article
from tests.samples import NIGHT_FERRY, SAMPLE

ARTICLES = [parse_article(path.read_bytes()) for path in sorted((SAMPLE / "articles").glob("*.json"))]
LOWER = [Tier.ANONYMOUS, Tier.SUBSCRIBER]
AI = "https://schema.org/TrainedAlgorithmicMediaDigitalSource"
PERSONA = Author("otto-lund", "Otto Lund", "persona", "Counts things.")
DRAWN = Picture("/media/anonymous/lock.png", "A lock", 1200, 800, "illustration", "The lock.", "Ada Moor")

# Google's pages and schema.org in a schema of our own: what they require, and nothing in it that it does not know.
_ADDRESS = {"type": "string", "pattern": r"^https?://[a-z0-9.:-]+(/[^\s]*)?$"}
_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$"}
_TEXT = {"type": "string", "minLength": 1}


def node(types: Any, required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["@type", *required],
        "additionalProperties": False,
        "properties": {"@type": types, **required, **optional},
    }


def some(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": of}


def a(name: str) -> dict[str, Any]:
    return {"const": name}


_REFERENCE = {"type": "object", "required": ["@id"], "additionalProperties": False, "properties": {"@id": _ADDRESS}}
_IMAGE = node(
    a("ImageObject"),
    {"url": _ADDRESS, "contentUrl": _ADDRESS},
    width={"type": "integer"},
    height={"type": "integer"},
    caption=_TEXT,
    creditText=_TEXT,
    digitalSourceType={"const": AI},
)
_PUBLISHER = node(
    a("NewsMediaOrganization"),
    {"@id": _ADDRESS, "name": _TEXT, "url": _ADDRESS},
    logo=_IMAGE,
    description=_TEXT,
    publishingPrinciples=_ADDRESS,
)
_NAMED = {"@id": _ADDRESS, "name": _TEXT, "url": _ADDRESS}
_AUTHOR = {
    "oneOf": [
        node(a("Person"), _NAMED, description=_TEXT, image=_IMAGE),
        node(a("Organization"), {**_NAMED, "description": _TEXT, "parentOrganization": _REFERENCE}, image=_IMAGE),
    ]
}
_SITE = node(a("WebSite"), _NAMED, description=_TEXT, inLanguage=_TEXT, publisher=_REFERENCE)
_WAY = node(
    a("BreadcrumbList"),
    {
        "itemListElement": {
            **some(node(a("ListItem"), {"position": {"type": "integer"}, "name": _TEXT, "item": _ADDRESS})),
            "minItems": 2,
        }
    },
)
_ARTICLE = node(
    {
        "enum": [
            "NewsArticle",
            *(["NewsArticle", f"{kind}NewsArticle"] for kind in ("Opinion", "Analysis", "Reportage")),
        ]
    },
    {
        "@id": _ADDRESS,
        "headline": _TEXT,
        "description": _TEXT,
        "url": _ADDRESS,
        "mainEntityOfPage": _ADDRESS,
        "datePublished": _TIME,
        "dateModified": _TIME,
        "inLanguage": _TEXT,
        "articleSection": _TEXT,
        "author": _AUTHOR,
        "publisher": _PUBLISHER,
        "isAccessibleForFree": {"type": "boolean"},
    },
    keywords=some(_TEXT),
    image=_IMAGE,
    hasPart=some(
        node(
            a("WebPageElement"),
            {
                "isAccessibleForFree": {"const": False},
                "cssSelector": {"type": "string", "pattern": r"^\.gate-[a-z0-9]+(-[a-z0-9]+)*$"},
            },
        )
    ),
    correction=some(node(a("CorrectionComment"), {"datePublished": _TIME, "text": _TEXT})),
    publishingPrinciples=_ADDRESS,
    editor=some(node(a("Person"), {"name": _TEXT})),
    contributor=node(a("Organization"), {"name": _TEXT, "description": _TEXT, "parentOrganization": _REFERENCE}),
)
_ARTICLE |= {
    "if": {"required": ["hasPart"]},
    "then": {"properties": {"isAccessibleForFree": {"const": False}}},
    "else": {"properties": {"isAccessibleForFree": {"const": True}}},
}
_PAGE = {**_NAMED, "inLanguage": _TEXT, "isPartOf": _SITE, "publisher": _PUBLISHER}


def graph(*nodes: dict[str, Any]) -> jsonschema.Draft202012Validator:
    schema = {
        "type": "object",
        "required": ["@context", "@graph"],
        "additionalProperties": False,
        "properties": {
            "@context": {"const": "https://schema.org"},
            "@graph": {"type": "array", "prefixItems": list(nodes), "minItems": len(nodes), "items": False},
        },
    }
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


OF_ARTICLE = graph(_ARTICLE, _WAY)
OF_FRONT = graph(_SITE, _PUBLISHER)
OF_SECTION = graph(node(a("CollectionPage"), _PAGE), _WAY)
OF_AUTHOR = graph(node(a("ProfilePage"), {**_PAGE, "mainEntity": _AUTHOR}), _WAY)


class _Scripts(HTMLParser):
    """What a browser's parser takes for the text of scripts, and how many elements it sees at all."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.elements = "", 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.elements += 1

    def handle_data(self, data: str) -> None:
        self.text += data


def hold(by: jsonschema.Draft202012Validator, text: str) -> list[Any]:
    """It is described, and stands whole in its element; returns the graph's nodes."""
    assert not set(text) & set("<>&\u2028\u2029")
    page = _Scripts()
    page.feed(f'<script type="application/ld+json">{text}</script>')
    page.close()
    assert (page.text, page.elements) == (text, 1)
    said = json.loads(text)
    by.validate(said)
    nodes: list[Any] = said["@graph"]
    return nodes


def said_of(one: Article, tier: Tier = Tier.ANONYMOUS) -> Any:
    return hold(OF_ARTICLE, article_data(one.seen_by(tier), PAPER))[0]


def hold_gates(one: Article, said: Any) -> None:
    """Each gate is named once, in its place, and nothing else is."""
    gates = [f".gate-{block.id}" for block in one.body if isinstance(block, Gate)]
    assert [part["cssSelector"] for part in said.get("hasPart", ())] == gates
    assert said["isAccessibleForFree"] is not bool(gates)


# Articles -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", ARTICLES, ids=lambda one: one.slug)
@pytest.mark.parametrize("tier", Tier)
def test_every_article_of_the_sample_paper_is_said_as_google_asks(one: Article, tier: Tier) -> None:
    said = said_of(one, tier)
    hold_gates(one, said)
    assert said["headline"] == one.title
    assert said["image"]["url"].startswith(f"{URL}/media/anonymous/")


@given(strategies.articles, strategies.tiers)
def test_any_article_is_said_as_google_asks(one: Article, tier: Tier) -> None:
    said = said_of(one, tier)
    hold_gates(one, said)
    assert (said["author"]["@type"] == "Person") == (one.author.kind == "person")
    lead = one.lead_picture
    assert said.get("image", {}).get("digitalSourceType") == (AI if lead and lead.origin == "ai" else None)


def test_an_article_is_said_whole() -> None:
    at = dt.datetime(2026, 12, 1, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    one = article(
        1,
        kind="opinion",
        tags=("harbour", "locks"),
        updated_at=at,
        lead_picture=DRAWN,
        corrections=(Correction(at, "It was two."),),
        production=Production(2, ("Ruth Castellane",), "/process"),
    )
    publisher = {
        "@type": "NewsMediaOrganization",
        "@id": f"{URL}/#publisher",
        "name": "The Quay",
        "url": f"{URL}/",
        "logo": {
            "@type": "ImageObject",
            "url": f"{URL}/media/anonymous/logo.svg",
            "contentUrl": f"{URL}/media/anonymous/logo.svg",
            "width": 300,
            "height": 40,
        },
    }
    paper = replace(PAPER, logo=Logo("/media/anonymous/logo.svg", 300, 40), icon="/media/anonymous/icon.svg")
    said, way = hold(OF_ARTICLE, article_data(one.seen_by(Tier.ANONYMOUS), paper))
    assert said == {
        "@type": ["NewsArticle", "OpinionNewsArticle"],
        "@id": f"{URL}/articles/piece-1#article",
        "headline": "Piece 1",
        "description": "It runs empty. It runs on time.",
        "url": f"{URL}/articles/piece-1",
        "mainEntityOfPage": f"{URL}/articles/piece-1",
        "datePublished": "2026-12-01T01:00:00+00:00",
        "dateModified": "2026-12-01T08:30:00+00:00",
        "inLanguage": "en",
        "articleSection": "City",
        "author": {
            "@type": "Person",
            "@id": f"{URL}/authors/ada-moor#author",
            "name": "Ada Moor",
            "url": f"{URL}/authors/ada-moor",
        },
        "publisher": publisher,
        "isAccessibleForFree": False,
        "keywords": ["harbour", "locks"],
        "image": {
            "@type": "ImageObject",
            "url": f"{URL}/media/anonymous/lock.png",
            "contentUrl": f"{URL}/media/anonymous/lock.png",
            "width": 1200,
            "height": 800,
            "caption": "The lock.",
            "creditText": "Ada Moor",
        },
        "hasPart": [
            {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": f".gate-{name}"}
            for name in ("figures", "analysis")
        ],
        "correction": [
            {"@type": "CorrectionComment", "datePublished": "2026-12-01T08:30:00+00:00", "text": "It was two."}
        ],
        "publishingPrinciples": f"{URL}/process",
        "editor": [{"@type": "Person", "name": "Ruth Castellane"}],
        "contributor": {
            "@type": "Organization",
            "name": "AI personas of The Quay",
            "description": "2 AI personas took part in making this.",
            "parentOrganization": {"@id": f"{URL}/#publisher"},
        },
    }
    assert [(step["position"], step["name"], step["item"]) for step in way["itemListElement"]] == [
        (1, "The Quay", f"{URL}/"),
        (2, "City", f"{URL}/sections/city"),
        (3, "Piece 1", f"{URL}/articles/piece-1"),
    ]


def test_an_article_without_gates_is_free() -> None:
    said = said_of(replace(NIGHT_FERRY, body=(Paragraph("One."),)))
    assert said["isAccessibleForFree"] is True
    assert "hasPart" not in said


def test_a_gate_that_is_open_is_still_not_free() -> None:
    assert len(said_of(NIGHT_FERRY, Tier.MEMBER)["hasPart"]) == 2


@pytest.mark.parametrize(
    ("kind", "narrower"), [("analysis", "Analysis"), ("opinion", "Opinion"), ("report", "Reportage")]
)
def test_a_kind_that_schema_org_knows_is_news_and_that(kind: str, narrower: str) -> None:
    assert said_of(article(1, kind=kind))["@type"] == ["NewsArticle", f"{narrower}NewsArticle"]


@pytest.mark.parametrize("kind", ["news", "interview", "essay", "review", "guide"])
def test_other_kinds_are_news(kind: str) -> None:
    assert said_of(article(1, kind=kind))["@type"] == "NewsArticle"


def test_a_persona_is_no_person_and_says_what_it_is() -> None:
    said = said_of(article(1, author=PERSONA))["author"]
    assert said["@type"] == "Organization"
    assert said["name"] == "Otto Lund"
    assert said["description"] == "An AI persona of The Quay, not a person."


def test_where_no_persona_took_part_none_is_named() -> None:
    said = said_of(article(1, production=Production(0, (), "https://example.org/how")))
    assert said["publishingPrinciples"] == "https://example.org/how"
    assert not {"contributor", "editor"} & set(said)


# What is gated ------------------------------------------------------------------------------------------------------

# Left to chance, forty random articles may have no gate among them that is closed to the reader.


@given(strategies.gated_articles, st.sampled_from(LOWER))
def test_nothing_gated_is_said(one: Article, reader: Tier) -> None:
    marked = strategies.with_canaries(one, reader)
    assert strategies.CANARY not in article_data(marked.seen_by(reader), PAPER)


@given(st.data(), strategies.gated_articles, st.sampled_from(LOWER))
def test_what_is_said_does_not_depend_on_what_is_gated(data: st.DataObject, one: Article, reader: Tier) -> None:
    other = data.draw(strategies.with_other_gated_content(one, reader))
    assert article_data(other.seen_by(reader), PAPER) == article_data(one.seen_by(reader), PAPER)


@given(strategies.gated_articles)
def test_every_tier_is_told_the_same(one: Article) -> None:
    assert len({article_data(one.seen_by(tier), PAPER) for tier in Tier}) == 1


@pytest.mark.parametrize("tier", Tier)
def test_no_text_of_the_body_is_said_even_where_it_is_open(tier: Tier) -> None:
    text = article_data(NIGHT_FERRY.seen_by(tier), PAPER)
    assert not [word for word in ("SECRET", "first boat", "Inside:", "/join") if word in text]


# Where it stands ----------------------------------------------------------------------------------------------------


@given(
    st.sampled_from(["</script>", "<!--<script>", "]]>", "&lt;/script&gt;", "\u2028", '"}</SCRIPT ', "\\u003c/script>"])
    | st.text(min_size=1)
)
def test_no_text_ends_the_element_or_is_changed(text: str) -> None:
    author = Author("a", text, "persona", text, replace(DRAWN, caption=text, credit=text))
    one = article(
        1,
        title=text,
        standfirst=text,
        section=Section("s", text),
        author=author,
        lead_picture=author.picture,
        production=Production(1, (text,), "/how?a=1&b=2"),
        corrections=(Correction(FIRST, text),),
    )
    paper = replace(PAPER, name=text, description=text)
    said, way = hold(OF_ARTICLE, article_data(one.seen_by(Tier.ANONYMOUS), paper))
    texts = (said["headline"], said["description"], said["author"]["name"], said["editor"][0]["name"])
    assert set(texts) == {text, said["image"]["caption"], said["correction"][0]["text"]}
    assert said["publishingPrinciples"] == f"{URL}/how?a=1&b=2"
    assert way["itemListElement"][0]["name"] == text
    assert hold(OF_FRONT, front_data(paper))[0]["name"] == text
    assert hold(OF_SECTION, section_data(paper, "s", text))[0]["name"] == text
    assert hold(OF_AUTHOR, author_data(paper, author_facts(author, 1, FIRST)))[0]["name"] == text


# Other pages --------------------------------------------------------------------------------------------------------


def facts(**changes: Any) -> AuthorFacts:
    return replace(author_facts(NIGHT_FERRY.author, 3, FIRST), **changes)


def test_the_front_page_names_the_site_and_the_paper() -> None:
    site, publisher = hold(OF_FRONT, front_data(PAPER))
    assert (site["name"], site["url"], site["inLanguage"]) == ("The Quay", f"{URL}/", "en-GB")
    assert site["publisher"]["@id"] == publisher["@id"]
    assert publisher["description"] == "News of the river."
    assert not {"logo", "publishingPrinciples"} & set(publisher)


def test_a_paper_is_shown_by_its_icon_where_it_has_no_logo_and_says_how_it_is_made() -> None:
    paper = replace(PAPER, icon="/media/anonymous/icon.svg", process=(Paragraph("By hand."),))
    publisher = hold(OF_FRONT, front_data(paper))[1]
    assert publisher["logo"]["url"] == f"{URL}/media/anonymous/icon.svg"
    assert publisher["publishingPrinciples"] == f"{URL}/process"


def test_a_section_is_a_collection_one_step_from_the_front_page() -> None:
    page, way = hold(OF_SECTION, section_data(PAPER, "city", "City"))
    assert (page["name"], page["url"]) == ("City", f"{URL}/sections/city")
    assert [step["item"] for step in way["itemListElement"]] == [f"{URL}/", page["url"]]


def test_an_author_who_is_a_person_has_a_profile() -> None:
    page, way = hold(OF_AUTHOR, author_data(PAPER, facts(picture=replace(DRAWN, origin="ai"))))
    who = page["mainEntity"]
    assert (who["@type"], who["description"]) == ("Person", "Writes about the river.")
    assert who["image"]["digitalSourceType"] == AI
    assert who["@id"] == said_of(NIGHT_FERRY)["author"]["@id"]
    assert [step["item"] for step in way["itemListElement"]] == [f"{URL}/", f"{URL}/authors/ada-moor"]


def test_a_persona_has_a_profile_that_says_what_it_is() -> None:
    who = hold(OF_AUTHOR, author_data(PAPER, facts(kind="persona")))[0]["mainEntity"]
    assert who["@type"] == "Organization"
    assert who["description"] == "An AI persona of The Quay, not a person. Writes about the river."

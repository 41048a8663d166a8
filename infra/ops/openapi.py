"""Writes docs/openapi.yaml: what the API answers, from the types and the table of refusals, so that it cannot say
otherwise."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import msgspec
import yaml

from functions.articles.campaigns import CampaignStanding
from functions.articles.lists import PAGE
from infra.ops.openapi_members import OPERATIONS, SECURITY, paths_of, schemas_of
from infra.ops.openapi_money import MONEY
from infra.ops.schema import tidy
from shared.domain import articles, refusals
from shared.domain.lists import MAX_PAGE, AuthorFacts, Entry, SectionFacts
from shared.domain.passes import PassState
from shared.domain.refusals import Refusal
from shared.domain.tiers import Tier
from shared.http import STATUS

OPENAPI_PATH = Path(__file__).parents[2] / "docs" / "openapi.yaml"


@dataclass(frozen=True)
class Route:
    """What is read at a path: what comes, and what it may be refused with."""

    path: str
    operation: str
    summary: str
    schema: str
    refused: tuple[type[Refusal], ...]
    parameters: tuple[str, ...] = ()


EVERYTHING = (*OPERATIONS, *MONEY)
_ALWAYS = (refusals.UnknownParameter, refusals.MethodNotAllowed, refusals.ContentUnavailable)
_OF_AN_ARTICLE = (*_ALWAYS, refusals.ArticleMoved, refusals.UnknownArticle, refusals.ArticleWithdrawn)
ROUTES: tuple[Route, ...] = (
    Route(
        "/api/articles",
        "listArticles",
        "List articles, the newest first: all, or those of a section, an author or a tag",
        "ArticleList",
        (
            *_ALWAYS,
            *(refusals.RepeatedParameter, refusals.InvalidParameter, refusals.InvalidCursor),
            *(refusals.UnservedCombination, refusals.UnknownList),
        ),
        ("section", "author", "tag", "limit", "cursor"),
    ),
    Route("/api/articles/{slug}", "readArticle", "Read an article", "SeenArticle", _OF_AN_ARTICLE),
    Route(
        "/api/articles/{slug}/related",
        "listRelated",
        "List the articles that have most in common with one; may be a day old",
        "RelatedList",
        _OF_AN_ARTICLE,
    ),
    Route("/api/sections", "listSections", "List the sections", "SectionList", _ALWAYS),
    Route("/api/authors", "listAuthors", "List the authors", "AuthorList", _ALWAYS),
    Route(
        "/api/authors/{slug}", "readAuthor", "Read who an author is", "AuthorFacts", (*_ALWAYS, refusals.UnknownList)
    ),
    Route(
        "/api/campaigns/{slug}",
        "readCampaign",
        "Read how much a campaign has raised, a minute ago at most; the same for every tier",
        "CampaignStanding",
        (*_ALWAYS, refusals.UnknownCampaign),
    ),
)
_REF = "#/components/schemas/{name}"
_ANSWER_HEADERS = {
    "x-rendered-for": ("the tier that the answer was made for", [tier.value for tier in Tier]),
    "x-pass": (
        "what came of the reader's pass; not on errors that the edge keeps",
        [state.value for state in PassState],
    ),
    "etag": ("of exactly what is shown", None),
}


def openapi() -> dict[str, Any]:
    """The document (OpenAPI 3.1)."""
    schemas = _schemas()
    slug = schemas["Published"]["properties"]["slug"]
    del schemas["Published"]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Frontline", "version": "0.1.0", "description": "One address for an article, whoever asks."},
        "paths": {route.path: {"get": _operation(route, slug)} for route in ROUTES} | paths_of(EVERYTHING, slug),
        "components": {
            "schemas": dict(sorted({**schemas, **schemas_of(EVERYTHING)}.items())),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A pass"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "__Host-pass", "description": "A pass"},
                "gift": {"type": "apiKey", "in": "query", "name": "gift", "description": "A pass for one article"},
                **SECURITY,
            },
        },
    }


def _operation(route: Route, slug: dict[str, Any]) -> dict[str, Any]:
    headers = {
        name: {"description": says, "schema": {"type": "string", **({"enum": values} if values else {})}}
        for name, (says, values) in _ANSWER_HEADERS.items()
    }
    responses: dict[str, Any] = {
        "200": {
            "description": "What was asked for",
            "headers": headers,
            "content": {"application/json": {"schema": {"$ref": _REF.format(name=route.schema)}}},
        },
        "304": {"description": "Still what the entity tag in If-None-Match stands for", "headers": headers},
    }
    for status in sorted({STATUS[refusal] for refusal in route.refused}):
        of = [refusal for refusal in route.refused if STATUS[refusal] == status]
        responses[str(status)] = {
            "description": "; ".join(f"{refusal.title} (`{refusal.code}`)" for refusal in of),
            "content": {"application/problem+json": {"schema": {"$ref": _REF.format(name="Problem")}}},
        }
    described: dict[str, dict[str, Any]] = {
        "limit": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": PAGE},
        "cursor": {"type": "string", "description": "The `next` of the page before"},
    }
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "query", "schema": described.get(name, slug)} for name in route.parameters
    ]
    if "{slug}" in route.path:
        parameters.append({"name": "slug", "in": "path", "required": True, "schema": slug})
    return {
        "summary": route.summary,
        "operationId": route.operation,
        **({"parameters": parameters} if parameters else {}),
        "security": [{}, {"bearer": []}, {"cookie": []}, {"gift": []}],
        "responses": dict(sorted(responses.items())),
    }


def _schemas() -> dict[str, Any]:
    """The answer's types. `SeenArticle` is put together here: an open and a locked gate share a tag, which a decoder
    could
    not tell apart and a reader can, by `locked`."""
    blocks = get_args(articles.SeenBlock)
    _, components = msgspec.json.schema_components(
        [
            articles.Published,
            articles.SeenSource,
            articles.Access,
            Entry,
            SectionFacts,
            AuthorFacts,
            CampaignStanding,
            *blocks,
        ],
        ref_template=_REF,
    )
    schemas: dict[str, Any] = json.loads(json.dumps(components).replace("\\\\Z", "$"), object_hook=tidy)
    refs = [{"$ref": _REF.format(name=block.__name__)} for block in blocks]
    published = schemas["Published"]
    schemas["SeenArticle"] = {
        **published,
        "title": "SeenArticle",
        "description": articles.SeenArticle.__doc__,
        "properties": {
            **published["properties"],
            "access": {"$ref": _REF.format(name="Access")},
            "body": {"type": "array", "items": {"oneOf": refs}},
            "sources": {"type": "array", "items": {"$ref": _REF.format(name="SeenSource")}},
        },
        "required": [*published["required"], "access", "body"],
    }
    for name, member, item in (
        ("ArticleList", "articles", "Entry"),
        ("RelatedList", "articles", "Entry"),
        ("SectionList", "sections", "SectionFacts"),
        ("AuthorList", "authors", "AuthorFacts"),
    ):
        listed = {"type": "array", "items": {"$ref": _REF.format(name=item)}}
        schemas[name] = {
            "title": name,
            "type": "object",
            "properties": {member: listed},
            "required": [member],
            "additionalProperties": False,
        }
    schemas["ArticleList"]["properties"]["next"] = {
        "anyOf": [{"type": "string"}, {"type": "null"}],
        "description": "The cursor of the next page; null at the end",
    }
    schemas["ArticleList"]["required"].append("next")
    schemas["Problem"] = {
        "title": "Problem",
        "description": "RFC 9457. `code` stays; `detail` is a sentence that a person can act on, "
        "and `field` what of a body it is about, where it is about one.",
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("type", "title", "code", "detail")}
        | {"status": {"type": "integer"}, "field": {"type": "string"}},
        "required": ["type", "title", "status", "code", "detail"],
    }
    return dict(sorted(schemas.items()))


def as_yaml(document: dict[str, Any]) -> str:
    """The text of docs/openapi.yaml."""
    head = "# Written by `make schema` from the types and refusals; edit those.\n"
    plain = json.loads(json.dumps(document))  # without Python's shared parts, which YAML would write as anchors
    return head + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120)


if __name__ == "__main__":
    OPENAPI_PATH.write_text(as_yaml(openapi()), encoding="utf-8")
    print(f"wrote {OPENAPI_PATH.name}", file=sys.stderr)

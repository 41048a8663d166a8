"""Writes docs/openapi.yaml: what the API answers, from the types and the table of refusals, so that it cannot say
otherwise."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, get_args

import msgspec
import yaml

from infra.ops.schema import tidy
from shared.domain import articles, refusals
from shared.domain.passes import PassState
from shared.domain.refusals import Refusal
from shared.domain.tiers import Tier
from shared.http import STATUS

OPENAPI_PATH = Path(__file__).parents[2] / "docs" / "openapi.yaml"

# What a read of an article may be refused with.
REFUSED: tuple[type[Refusal], ...] = (
    refusals.ArticleMoved,
    refusals.UnknownParameter,
    refusals.UnknownArticle,
    refusals.MethodNotAllowed,
    refusals.ArticleWithdrawn,
    refusals.ContentUnavailable,
)
_SEEN = "#/components/schemas/{name}"
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
    headers = {
        name: {"description": says, "schema": {"type": "string", **({"enum": values} if values else {})}}
        for name, (says, values) in _ANSWER_HEADERS.items()
    }
    responses: dict[str, Any] = {
        "200": {
            "description": "The article as the reader's tier may see it",
            "headers": headers,
            "content": {"application/json": {"schema": {"$ref": _SEEN.format(name="SeenArticle")}}},
        },
        "304": {"description": "Still what the entity tag in If-None-Match stands for", "headers": headers},
    }
    for refusal in REFUSED:
        responses[str(STATUS[refusal])] = {
            "description": f"{refusal.title} (`{refusal.code}`)",
            "content": {"application/problem+json": {"schema": {"$ref": _SEEN.format(name="Problem")}}},
        }
    read = {
        "parameters": [
            {"name": "slug", "in": "path", "required": True, "schema": schemas["Published"]["properties"]["slug"]}
        ],
        "security": [{}, {"bearer": []}, {"cookie": []}, {"gift": []}],
        "responses": dict(sorted(responses.items())),
    }
    del schemas["Published"]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Frontline", "version": "0.1.0", "description": "One address for an article, whoever asks."},
        "paths": {
            "/api/articles/{slug}": {"get": {"summary": "Read an article", "operationId": "readArticle", **read}}
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A pass"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "__Host-pass", "description": "A pass"},
                "gift": {"type": "apiKey", "in": "query", "name": "gift", "description": "A pass for one article"},
            },
        },
    }


def _schemas() -> dict[str, Any]:
    """The answer's types. `SeenArticle` is put together here: an open and a locked gate share a tag, which a decoder
    could
    not tell apart and a reader can, by `locked`."""
    blocks = get_args(articles.SeenBlock)
    _, components = msgspec.json.schema_components(
        [articles.Published, articles.SeenSource, articles.Access, *blocks], ref_template=_SEEN
    )
    schemas: dict[str, Any] = json.loads(json.dumps(components).replace("\\\\Z", "$"), object_hook=tidy)
    refs = [{"$ref": _SEEN.format(name=block.__name__)} for block in blocks]
    published = schemas["Published"]
    schemas["SeenArticle"] = {
        **published,
        "title": "SeenArticle",
        "description": articles.SeenArticle.__doc__,
        "properties": {
            **published["properties"],
            "access": {"$ref": _SEEN.format(name="Access")},
            "body": {"type": "array", "items": {"oneOf": refs}},
            "sources": {"type": "array", "items": {"$ref": _SEEN.format(name="SeenSource")}},
        },
        "required": [*published["required"], "access", "body"],
    }
    schemas["Problem"] = {
        "title": "Problem",
        "description": "RFC 9457. `code` stays; `detail` is a sentence that a person can act on.",
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("type", "title", "code", "detail")}
        | {"status": {"type": "integer"}},
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

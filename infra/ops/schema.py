"""Writes docs/article.schema.json from the types, so that editors' tools and our decoder ask for the same thing."""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from shared.domain.articles import Article

SCHEMA_PATH = Path(__file__).parents[2] / "docs" / "article.schema.json"


def article_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of an article as it is published."""
    schema = msgspec.json.schema(Article)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Frontline article"
    # Python spells “only at the very end” \Z; JSON Schema speaks ECMAScript, where $ means that.
    text = json.dumps(schema, ensure_ascii=False).replace("\\\\Z", "$")
    parsed: dict[str, Any] = json.loads(text, object_hook=tidy)
    return parsed


def tidy(part: dict[str, Any]) -> dict[str, Any]:
    """Descriptions come from docstrings, whose indentation Python strips only from 3.13 on."""
    if isinstance(part.get("description"), str):
        part["description"] = inspect.cleandoc(part["description"])
    return part


if __name__ == "__main__":
    SCHEMA_PATH.write_text(json.dumps(article_schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"wrote {SCHEMA_PATH.name}", file=sys.stderr)

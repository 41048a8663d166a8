"""docs/openapi.yaml and the function say the same: every answer it gives is one that is described."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from functions.articles.read import Outcome
from infra.ops.openapi import openapi
from shared.domain.articles import Renamed, Unpublished
from shared.domain.tiers import Tier
from shared.domain.validation import parse_article
from tests.functions.test_articles import as_tier, ask
from tests.samples import NIGHT_FERRY, SAMPLE
from tests.twins import MemoryArticles

DOCUMENT = openapi()
RESPONSES: dict[str, Any] = DOCUMENT["paths"]["/api/articles/{slug}"]["get"]["responses"]


def hold(outcome: Outcome) -> str:
    """Check the answer against its description; returns its status."""
    answer = outcome.answer
    described = RESPONSES[str(answer.status)]
    if answer.body:
        kind = answer.headers["content-type"].partition(";")[0]
        schema = {**described["content"][kind]["schema"], "components": DOCUMENT["components"]}
        jsonschema.Draft202012Validator(schema).validate(json.loads(answer.body))
    assert set(described.get("headers", {})) <= set(answer.headers)
    return str(answer.status)


@pytest.mark.parametrize("path", sorted((SAMPLE / "articles").glob("*.json")), ids=lambda path: path.stem)
@pytest.mark.parametrize("tier", Tier)
def test_every_article_of_the_sample_paper_is_answered_as_described(path: Any, tier: Tier) -> None:
    article = parse_article(path.read_bytes())

    assert hold(ask(f"/api/articles/{article.slug}", article, **as_tier(tier))) == "200"


def test_every_answer_that_is_described_is_given_and_no_other() -> None:
    broken = MemoryArticles()
    broken.broken = True
    given = {
        hold(ask()),
        hold(ask(if_none_match="*")),
        hold(ask("/api/articles/nowhere")),
        hold(ask(query="x=1")),
        hold(ask(method="POST")),
        hold(ask("/api/articles/old", Unpublished(1, "old", NIGHT_FERRY.published_at))),
        hold(ask("/api/articles/old", Renamed(1, "old", "new"))),
        hold(ask(articles=broken)),
    }

    assert given == set(RESPONSES)


def test_the_description_refuses_a_locked_gate_with_something_in_it() -> None:
    shown = json.loads(ask().answer.body)
    gate = next(block for block in shown["body"] if block["type"] == "gate")
    gate["blocks"] = [{"type": "paragraph", "html": "leak"}]

    schema = {"$ref": "#/components/schemas/SeenArticle", "components": DOCUMENT["components"]}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(shown)

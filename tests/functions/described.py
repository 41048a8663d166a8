"""Answers of the articles function, held to docs/openapi.yaml."""

from __future__ import annotations

import json
import re

import jsonschema

from infra.ops.openapi import openapi
from shared.reading import Outcome

DOCUMENT = openapi()


def hold_read(method: str, path: str, outcome: Outcome) -> None:
    """What is answered at a path that is described is one of the answers that are."""
    at = re.sub(r"^/api/campaigns/[^/]+\Z", "/api/campaigns/{slug}", path)
    if at not in DOCUMENT["paths"]:
        assert outcome.answer.status == 404
        return
    answer = DOCUMENT["paths"][at]["get"]["responses"][str(outcome.answer.status)]
    if outcome.answer.status >= 400:
        assert f"`{json.loads(outcome.answer.body)['code']}`" in answer["description"]
    elif "content" in answer:
        schema = {**answer["content"]["application/json"]["schema"], "components": DOCUMENT["components"]}
        jsonschema.Draft202012Validator(schema).validate(json.loads(outcome.answer.body))

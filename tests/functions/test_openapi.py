"""docs/openapi.yaml and the function say the same: every answer it gives is one that is described."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from functions.contributions import routes as contributions_routes
from functions.members import pages
from functions.members import routes as members_routes
from infra.ops.openapi import ROUTES, Route, openapi
from infra.ops.openapi_members import OPERATIONS
from infra.ops.openapi_money import MONEY
from shared.domain.articles import Renamed, Unpublished
from shared.domain.tiers import Tier
from shared.domain.validation import parse_article
from shared.reading import Outcome
from tests.functions.test_articles import as_tier
from tests.functions.test_lists import ask
from tests.press import NOW, Press, piece
from tests.samples import SAMPLE

DOCUMENT = openapi()
ARTICLES = [parse_article(path.read_bytes()) for path in sorted((SAMPLE / "articles").glob("*.json"))]
PRESS = Press(*ARTICLES, piece(1), Unpublished(1, "gone", NOW), Renamed(1, "old", "new"))
BROKEN = Press(piece(1))
BROKEN.articles.broken = BROKEN.lists.broken = True


def hold(path: str, outcome: Outcome) -> str:
    """Check the answer against its description; returns its status."""
    answer = outcome.answer
    described = DOCUMENT["paths"][path]["get"]["responses"][str(answer.status)]
    if answer.body:
        kind = answer.headers["content-type"].partition(";")[0]
        schema = {**described["content"][kind]["schema"], "components": DOCUMENT["components"]}
        said = json.loads(answer.body)
        jsonschema.Draft202012Validator(schema).validate(said)
        if answer.status >= 300:
            assert f"`{said['code']}`" in described["description"]
    assert set(described.get("headers", {})) <= set(answer.headers)
    return str(answer.status)


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.slug)
@pytest.mark.parametrize("tier", Tier)
def test_every_article_of_the_sample_paper_is_answered_as_described(article: Any, tier: Tier) -> None:
    assert hold("/api/articles/{slug}", ask(PRESS, f"/api/articles/{article.slug}", **as_tier(tier))) == "200"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_every_answer_that_is_described_is_given_and_no_other(route: Route) -> None:
    def at(slug: str, query: str = "", **more: Any) -> str:
        return hold(route.path, ask(PRESS, route.path.replace("{slug}", slug), query, **more))

    slug = {"readAuthor": "ada-moor", "readCampaign": "river"}.get(route.operation, "piece-1")
    given = {at(slug), at(slug, if_none_match="*"), at(slug, "x=1"), at(slug, method="POST")}
    given.add(hold(route.path, ask(BROKEN, route.path.replace("{slug}", slug))))
    if "{slug}" in route.path:
        given.add(at("nowhere"))
    if route.path.startswith("/api/articles/"):
        given |= {at("gone"), at("old")}
    if route.operation == "listArticles":
        refused = ("section=nowhere", "limit=0", "cursor=x", "limit=1&limit=1", "section=city&tag=x")
        given |= {at("", query) for query in refused}

    assert given == set(DOCUMENT["paths"][route.path]["get"]["responses"])


def test_the_description_refuses_a_locked_gate_with_something_in_it() -> None:
    shown = json.loads(ask(PRESS, "/api/articles/piece-1").answer.body)
    gate = next(block for block in shown["body"] if block["type"] == "gate")
    gate["blocks"] = [{"type": "paragraph", "html": "leak"}]

    schema = {"$ref": "#/components/schemas/SeenArticle", "components": DOCUMENT["components"]}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(shown)


def test_everything_that_can_be_asked_of_the_members_function_is_described() -> None:
    described = {(one.method, one.path) for one in OPERATIONS}
    exact = members_routes._EXACT.items()
    there = {(method, path) for path, methods in exact if not pages.is_page(path) for method in methods}
    # What a form sends in place of a method that forms do not know.
    forms = {("POST", "/api/members/me"), ("POST", "/api/members/me/erase")}

    assert there - forms == {one for one in described if "{" not in one[1]}
    for method, path in described:
        members_routes.route_of(method, path.replace("{id}", "a" * 32).replace("{slug}", "weekly"))


def test_everything_that_can_be_asked_about_money_is_described() -> None:
    there = {(method, path) for path, methods in contributions_routes.ROUTES.items() for method in methods}
    assert there | {("POST", "/api/webhooks/stripe")} == {(one.method, one.path) for one in MONEY}

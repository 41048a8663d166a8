"""Small articles that tests can read at a glance, and the sample paper's files."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from shared.domain.articles import Article, Author, CallToAction, Gate, Section, Source
from shared.domain.blocks import Heading, Paragraph
from shared.domain.tiers import Tier

SAMPLE = Path(__file__).parents[1] / "infra" / "sample"


def closed_sentences(slug: str) -> dict[Tier, list[str]]:
    """Sentences of an article of the sample paper that open for a tier and for none below it, as its JSON has them."""
    document = json.loads((SAMPLE / "articles" / f"{slug}.json").read_text(encoding="utf-8"))
    found: dict[Tier, list[str]] = {Tier.SUBSCRIBER: [], Tier.MEMBER: []}
    for source in document["sources"]:
        found[Tier(source.get("tier", "subscriber"))].append(source["href"])
    for block in document["body"]:
        if block["type"] == "gate":
            texts = [inner["html"] for inner in block["blocks"] if inner["type"] == "paragraph"]
            found[Tier(block["tier"])] += [json.dumps(text, ensure_ascii=False)[1:-1] for text in texts]
    assert all(found.values()), slug
    return found


def gate(name: str, tier: Tier, *texts: str) -> Gate:
    return Gate(
        name,
        tier,
        "analysis",
        f"Inside: {name}",
        CallToAction("Open it", "/join"),
        tuple(Paragraph(text) for text in texts),
    )


NIGHT_FERRY = Article(
    schema=1,
    id="a-1",
    slug="night-ferry",
    kind="analysis",
    title="The night ferry",
    standfirst="It runs empty. It runs on time.",
    section=Section("city", "City"),
    author=Author("ada-moor", "Ada Moor", "person", "Writes about the river."),
    language="en",
    published_at=dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC),
    body=(
        Paragraph("The first boat leaves at <em>four</em>."),
        gate("figures", Tier.SUBSCRIBER, "SECRET-SUBSCRIBER one"),
        Heading("Ashore"),
        gate("analysis", Tier.MEMBER, "SECRET-MEMBER two", "SECRET-MEMBER three"),
        Paragraph("The last one comes back at two."),
    ),
    sources=(
        Source("Harbour board", "Timetables", "https://example.org/SECRET-LINK"),
        Source("Interview", "On the quay"),
    ),
)


def gated(article: Article, *tiers: Tier) -> Article:
    """That article with one gate for each of these tiers, and no other."""
    body = (block for block in article.body if not isinstance(block, Gate))
    return replace(article, body=(*body, *(gate(f"gate-{place}", tier, "Inside.") for place, tier in enumerate(tiers))))


def raw_article(**changes: Any) -> dict[str, Any]:
    """A document as an editor's tool would write it, with these members changed; a member set to `...` is left out."""
    document: dict[str, Any] = json.loads(_RAW)
    document.update(changes)
    return {name: value for name, value in document.items() if value is not ...}


_RAW = json.dumps(
    {
        "schema": 1,
        "id": "a-2",
        "slug": "a-small-piece",
        "kind": "news",
        "title": "A small piece",
        "standfirst": "Small. Whole.",
        "section": {"slug": "city", "name": "City"},
        "author": {"slug": "ada-moor", "name": "Ada Moor", "kind": "person", "biography": "Writes."},
        "language": "en",
        "published_at": "2026-11-01T08:00:00Z",
        "body": [
            {"type": "paragraph", "html": "One."},
            {
                "type": "gate",
                "id": "inside",
                "tier": "member",
                "kind": "analysis",
                "teaser": "Inside: why",
                "call_to_action": {"label": "Join", "href": "/join"},
                "blocks": [{"type": "paragraph", "html": "Two."}],
            },
        ],
        "sources": [{"publisher": "P", "used": "U", "href": "https://example.org/"}],
    }
)

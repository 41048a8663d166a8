"""The articles that are read: a real one, and others of a given size and number of gates, written by a seeded dice."""

from __future__ import annotations

import json
import random
from pathlib import Path

import msgspec

from shared.domain.validation import parse_article

_WORDS = [
    "the",
    "river",
    "night",
    "ferry",
    "city",
    "council",
    "paper",
    "money",
    "work",
    "slow",
    "bridge",
    "question",
    "answer",
    "open",
    "closed",
]


FLAGSHIP = "the-night-ferry-question"


def flagship() -> bytes:
    """A real article as it is stored: the sample paper's longest, 3,300 words, 25 KB, six gates, ten sources."""
    path = Path(__file__).parents[1] / "infra" / "sample" / "articles" / f"{FLAGSHIP}.json"
    return msgspec.json.encode(parse_article(path.read_bytes()))


def article(slug: str, size: int = 25_000, gates: int = 6, seed: int = 1) -> bytes:
    """The stored JSON of an article of about `size` bytes with that many gates, half of them for members."""
    dice = random.Random(seed)  # noqa: S311 -- reproducible, not secret

    def paragraph() -> dict[str, object]:
        words = [dice.choice(_WORDS) for _ in range(80)]
        if dice.random() < 1 / 3:  # about as many links as the real one has
            words[40] = f'<a href="/articles/an-earlier-piece">{words[40]}</a>'
        return {"type": "paragraph", "html": " ".join(words)}

    length = len(json.dumps(paragraph())) + 1
    count = max(2 * gates, (size - 1_500) // length)
    inside = max(1, count // (2 * gates)) if gates else 0
    body: list[dict[str, object]] = []
    for number in range(gates):
        body.append(
            {
                "type": "gate",
                "id": f"gate-{number}",
                "tier": ("member", "subscriber")[number % 2],
                "kind": "analysis",
                "teaser": "Members are reading: why the timetable was changed",
                "call_to_action": {"label": "Join", "href": "/join"},
                "blocks": [paragraph() for _ in range(inside)],
            }
        )
    step = len(body) + 1
    for number in range(count - gates * inside):
        body.insert((number * step) % (len(body) + 1), paragraph())
    document = {
        "status": "published",
        "id": f"id-{slug}",
        "slug": slug,
        "kind": "analysis",
        "title": "The ferry that runs at night",
        "standfirst": "It runs empty. It runs on time.",
        "section": {"slug": "city", "name": "City"},
        "author": {"slug": "ada-moor", "name": "Ada Moor", "kind": "person", "biography": "Writes about the river."},
        "language": "en",
        "published_at": "2026-11-01T08:00:00Z",
        "tags": ["ferry", "budget"],
        "production": {"personas": 2, "editors": ["A. Moor"], "process_href": "/process"},
        "schema": 1,
        "body": body,
        "sources": [
            {"publisher": f"Board {i}", "used": "Minutes", "href": f"https://example.org/{i}"} for i in range(10)
        ],
    }
    return json.dumps(document, separators=(",", ":")).encode()

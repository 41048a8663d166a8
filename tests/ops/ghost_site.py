"""A small paper as Ghost exports it: written for these tests, in the structure of Ghost's own exports."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from PIL import Image

from infra.ops.ghost.articles import Choices, Made
from infra.ops.ghost.export import Export
from infra.ops.ghost.report import Report
from infra.ops.ghost.writing import read_posts

CLOSED: Final = "Canary-7f3a sings behind the wall."
"""Stands in what is closed, and in what Ghost makes of that (`plaintext`, `excerpt`, `html`)."""
PAID: Final = "Canary-91bc sings for those who pay."
GHOST: Final = "__GHOST_URL__"


def text(words: str, formats: int = 0) -> dict[str, Any]:
    return {"type": "extended-text", "version": 1, "text": words, "format": formats, "mode": "normal"}


def block(kind: str, *children: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": kind, "version": 1, "children": list(children), **more}


def card(kind: str, **properties: Any) -> dict[str, Any]:
    return {"type": kind, "version": 1, **properties}


def lexical(*nodes: Mapping[str, Any]) -> str:
    return json.dumps({"root": {"type": "root", "version": 1, "children": list(nodes)}})


def link(words: str, href: str) -> dict[str, Any]:
    return block("link", text(words), url=href)


def open_part() -> list[dict[str, Any]]:
    """What everyone reads of the long post: each thing that a text of ours can hold."""
    return [
        block(
            "paragraph",
            text("The boat leaves at ten. "),
            text("Nobody", 3),
            text(" waits, as in "),
            link("our first report", f"{GHOST}/the-first-ferry/"),
            text("."),
        ),
        block("extended-heading", text("On the quay"), tag="h2"),
        block(
            "list",
            block("listitem", text("a lamp")),
            block("listitem", block("list", block("listitem", text("a rope")), listType="bullet", tag="ul")),
            listType="bullet",
            tag="ul",
        ),
        block("extended-quote", text("It was never late.")),
        card("horizontalrule"),
        card(
            "image",
            src=f"{GHOST}/content/images/2024/05/quay.png",
            alt="A quay at night",
            caption="<span>The quay</span>",
        ),
        card(
            "bookmark",
            url="https://harbour.example/tides",
            metadata={"title": "Tide tables", "publisher": "Harbour board"},
        ),
        card(
            "embed",
            url="https://www.youtube.com/watch?v=abc123",
            html="<iframe src='https://x.example'></iframe>",
            metadata={"title": "The crossing", "provider_name": "YouTube"},
        ),
        card("button", buttonText="All crossings", buttonUrl=f"{GHOST}/tag/harbour/"),
        card("toggle", heading="<span>When?</span>", content="<p>At ten.</p>"),
        card("callout", calloutText="<p>Mind the <b>gap</b>.</p>", calloutEmoji="⚓"),
        card("codeblock", code="while tide:\n    wait()"),
        card("html", html="<table><tr><th>Boat</th><th>Fare</th></tr><tr><td>Plover</td><td>14</td></tr></table>"),
    ]


def closed_part() -> list[dict[str, Any]]:
    return [
        block("paragraph", text(CLOSED)),
        card("image", src=f"{GHOST}/content/images/size/w600/2024/05/Costs @2x.png", alt="Costs"),
        card("audio", src=f"{GHOST}/content/media/2024/05/crossing.mp3", title="The crossing", duration=30.4),
    ]


def post(id: str, slug: str, title: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "uuid": f"aaaaaaaa-0000-4000-8000-{id:0>12}",
        "title": title,
        "slug": slug,
        "type": "post",
        "status": "published",
        "visibility": "public",
        "created_at": "2024-05-01T08:00:00.000Z",
        "published_at": "2024-05-02T06:30:00.000Z",
        "updated_at": "2024-05-02T06:30:10.000Z",
        "plaintext": f"The boat leaves. {CLOSED} {PAID}",
        "excerpt": f"{CLOSED} {PAID}",
        **more,
    }


def paper() -> dict[str, list[dict[str, Any]]]:
    """The tables of an export."""
    mobiledoc = {
        "version": "0.3.1",
        "atoms": [["soft-return", "", {}]],
        "cards": [["paywall", {}], ["hr", {}]],
        "markups": [["strong"], ["a", ["href", "http://old.example/a?b=1&c=2"]]],
        "sections": [
            [
                1,
                "p",
                [
                    [0, [0], 1, "First"],
                    [0, [], 0, " came the "],
                    [0, [1], 1, "barge"],
                    [1, [], 0, 0],
                    [0, [], 0, "and so on."],
                ],
            ],
            [3, "ul", [[[0, [], 0, "oars"]], [[0, [], 0, "a sail"]]]],
            [10, 0],
            [1, "p", [[0, [], 0, CLOSED]]],
        ],
    }
    posts = [
        post(
            "1",
            "the-last-ferry",
            "The last ferry: who pays?",
            visibility="paid",
            custom_excerpt="A boat, and its last night.",
            lexical=lexical(*open_part(), card("paywall"), *closed_part()),
            html=f"<p>The boat leaves.</p><!--members-only--><p>{CLOSED}</p>",
            feature_image=f"{GHOST}/content/images/2024/05/ferry.png",
            updated_at="2024-06-01T10:00:00.000Z",
        ),
        post(
            "2",
            "the-first-ferry",
            "The first ferry",
            visibility="members",
            mobiledoc=json.dumps(mobiledoc),
            published_at="2023-05-02 06:30:00",
        ),
        post(
            "3",
            "the-only-ferry",
            "The only ferry",
            visibility="members",
            html=f"<ul><li>a lamp</li><li>a rope<!--members-only--></li><li>{CLOSED}</li></ul><p>{CLOSED}</p>",
        ),
        post("4", "all-for-members", "All for members", visibility="tiers", html=f"<p>{PAID}</p>"),
        post("5", "a-draft", "A draft", status="draft", published_at=None, html="<p>Not yet.</p>"),
        post(
            "6",
            "tomorrow",
            "Tomorrow",
            status="scheduled",
            published_at="2099-01-01T00:00:00.000Z",
            html="<p>Soon.</p>",
        ),
        post("7", "sent-only", "Sent only", status="sent", html="<p>By mail.</p>"),
        post("8", "about", "About us", type="page", html="<p>Us.</p>"),
        post("9", "Über_Fähren", "Über Fähren", html="<p>On ferries.</p>"),
        post("10", "Uber_Fahren", "Uber", html="<p>Driving.</p>"),
        post(
            "11",
            "for-some",
            "For some",
            lexical=lexical(
                block("paragraph", text("For all.")),
                card(
                    "html",
                    html=f"<p>{CLOSED}</p>",
                    visibility={
                        "web": {"nonMember": False, "memberSegment": "status:free,status:-free"},
                        "email": {"memberSegment": ""},
                    },
                ),
                card(
                    "html",
                    html=f"<p>{PAID}</p>",
                    visibility={
                        "web": {"nonMember": False, "memberSegment": "status:-free"},
                        "email": {"memberSegment": ""},
                    },
                ),
                card(
                    "call-to-action",
                    textValue="<p>Join!</p>",
                    visibility={
                        "web": {"nonMember": True, "memberSegment": "status:free"},
                        "email": {"memberSegment": ""},
                    },
                ),
            ),
        ),
    ]
    return {
        "posts": posts,
        "users": [
            {
                "id": "u1",
                "name": "Ada Moor",
                "slug": "ada",
                "bio": "Ada writes of the river.",
                "email": "ada@secret.example",
                "profile_image": f"{GHOST}/content/images/ada.png",
                "password": "$2a$10$hash",
            },
            {"id": "u2", "name": "Ben Oak", "slug": "ben", "bio": None},
        ],
        "posts_authors": [{"post_id": p["id"], "author_id": "u1", "sort_order": 0} for p in posts]
        + [{"post_id": "1", "author_id": "u2", "sort_order": 1}],
        "tags": [
            {"id": "t1", "name": "Harbour", "slug": "harbour", "visibility": "public"},
            {"id": "t2", "name": "Night work", "slug": "night-work", "visibility": "public"},
            {"id": "t3", "name": "#wide", "slug": "hash-wide", "visibility": "internal"},
        ],
        "posts_tags": [{"post_id": "1", "tag_id": tag, "sort_order": i} for i, tag in enumerate(("t3", "t1", "t2"))],
        "posts_meta": [],
        "products": [{"id": "p1", "name": "Gold", "slug": "gold", "type": "paid"}],
        "posts_products": [{"post_id": "4", "product_id": "p1"}],
        "newsletters": [{"id": "n1", "name": "Weekly", "slug": "weekly"}],
        "snippets": [{"id": "s1", "name": "Signature"}],
        "settings": [{"key": "title", "value": "The Quay"}, {"key": "locale", "value": "en"}],
    }


def export(tables: Mapping[str, Any] | None = None, version: str = "5.130.2") -> bytes:
    data = paper() if tables is None else tables
    return json.dumps({"db": [{"meta": {"exported_on": 1_717_200_000_000, "version": version}, "data": data}]}).encode()


def one_post(**said: Any) -> dict[str, list[dict[str, Any]]]:
    """An export of one post."""
    return {"posts": [{**post("1", "one", "One"), **said}]}


def picture(width: int = 8) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, 6), "teal").save(out, "PNG")
    return out.getvalue()


def pack(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def whole(folder: Path, sound: bytes) -> Path:
    """The paper with all its files, as a zip."""
    return pack(
        folder / "quay.zip",
        {
            "the-quay.ghost.2024-06-01.json": export(),
            "content/images/2024/05/quay.png": picture(),
            "content/images/2024/05/ferry.png": picture(),
            "content/images/2024/05/Costs @2x.png": picture(),
            "content/images/ada.png": picture(),
            "content/media/2024/05/crossing.mp3": sound,
        },
    )


def made_of(tables: Mapping[str, Any], address: str = "") -> tuple[dict[str, Made], Report]:
    """The articles of an export with these tables, by their slugs, and the report."""
    export = Export("5.0.0", 1_717_200_000_000, {name: list(rows) for name, rows in tables.items()})
    report = Report()
    made, _ = read_posts(export, address, Choices(), report, lambda: None)
    return {one.slug: one for one in made}, report

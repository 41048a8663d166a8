"""What publishing refuses: each fault with its place, and all faults at once."""

from __future__ import annotations

import copy
import json
import re
from html.parser import HTMLParser
from typing import Any

import msgspec
import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.articles import Article
from shared.domain.refusals import InvalidArticle
from shared.domain.text import INLINE_TAGS, forbidden_markup, is_tidy, unbalanced_tag
from shared.domain.validation import MAX_DOCUMENT_BYTES, parse_article
from tests import strategies
from tests.samples import raw_article


def problems(document: dict[str, Any] | bytes) -> list[str]:
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(InvalidArticle) as refused:
        parse_article(raw)
    return list(refused.value.problems)


def with_block(block: Any) -> dict[str, Any]:
    document = raw_article()
    document["body"].append(block)
    return document


def with_picture(**changes: Any) -> dict[str, Any]:
    return with_block({"type": "image", "picture": {**PICTURE, **changes}})


def with_gate(**changes: Any) -> dict[str, Any]:
    document = raw_article()
    document["body"][1].update(changes)
    return document


def test_a_valid_document_becomes_the_article_it_says() -> None:
    article = parse_article(json.dumps(raw_article()).encode())

    assert (article.slug, article.kind, len(article.body)) == ("a-small-piece", "news", 2)


@given(strategies.articles)
def test_what_our_types_can_say_can_be_published(article: Article) -> None:
    assert parse_article(msgspec.json.encode(article)) == article


PICTURE = {"src": "/media/anonymous/a.png", "alt": "A", "width": 1600, "height": 900, "origin": "chart"}
PARAGRAPH = {"type": "paragraph", "html": "x"}
NESTED = copy.deepcopy(raw_article()["body"][1])


@pytest.mark.parametrize(
    ("document", "place", "says"),
    [
        (raw_article(colour="red"), "colour", "no such field"),
        (raw_article(title=...), "title", "is missing"),
        (raw_article(title=""), "title", "length >= 1"),
        (raw_article(title=7), "title", "expected `str`"),
        (raw_article(schema=2), "schema", "2"),
        (raw_article(status="unpublished"), "status", "published"),
        (raw_article(kind="poem"), "kind", "an article is news, opinion"),
        (raw_article(slug="A Slug"), "slug", "lower-case letters"),
        (raw_article(slug="../../keyring"), "slug", "lower-case letters"),
        (raw_article(slug="a" * 121), "slug", "length <= 120"),
        (raw_article(slug="a-\n"), "slug", "lower-case letters"),
        (raw_article(language="English"), "language", "such as `en`"),
        (raw_article(published_at="yesterday"), "published_at", "datetime"),
        (raw_article(published_at="2026-11-01T08:00:00"), "published_at", "timezone"),
        (raw_article(updated_at="2026-10-01T08:00:00Z"), "document", "before"),
        (raw_article(published_at="0001-01-01T00:00:00+14:00"), "document", "no year from 1000"),
        (raw_article(published_at="9999-12-31T23:59:59-14:00"), "document", "no year from 1000"),
        (raw_article(body=[]), "body", "length >= 1"),
        (raw_article(body="text"), "body", "expected `array`"),
        (
            raw_article(author={"slug": "a", "name": "A", "kind": "robot", "biography": "x"}),
            "author.kind",
            "a person or a persona",
        ),
        (raw_article(tags=["ok", "Not ok"]), "tags[1]", "lower-case letters"),
        (
            raw_article(sources=[{"publisher": "P", "used": "U", "href": "javascript:alert(1)"}]),
            "sources[0].href",
            "https://",
        ),
        (
            raw_article(sources=[{"publisher": "P", "used": "U", "href": "//evil.example"}]),
            "sources[0].href",
            "https://",
        ),
        (
            raw_article(sources=[{"publisher": "P", "used": "U", "tier": "gold"}]),
            "sources[0].tier",
            "anonymous, subscriber, member",
        ),
        (with_block({"type": "poem"}), "body[2].type", "paragraph, heading"),
        (with_block({"html": "x"}), "body[2]", "type"),
        (with_block("x"), "body[2]", "expected `object`"),
        (with_block({**PARAGRAPH, "style": "x"}), "body[2]", "unknown field `style`"),
        (with_block({"type": "heading", "text": "x", "level": 1}), "body[2].level", "1"),
        (
            with_block({"type": "embed", "provider": "P", "href": "http://p.example", "title": "T"}),
            "body[2].href",
            "https://",
        ),
        (with_block({"type": "list", "items": ["ok", "<b>x</b>"]}), "body[2]", "<b>"),
        (with_gate(tier="gold"), "body[1].tier", "anonymous, subscriber, member"),
        (with_gate(tier="anonymous"), "body[1]", "closes nothing"),
        (with_gate(blocks=[NESTED]), "body[1].blocks[0].type", "inside a gate"),
        (with_gate(blocks=[PARAGRAPH, {"type": "paragraph"}]), "body[1].blocks[1]", "html"),
        (with_gate(blocks=[]), "body[1].blocks", "length >= 1"),
        (with_gate(id="Not a slug"), "body[1].id", "lower-case letters"),
        (with_gate(teaser=...), "body[1].teaser", "str"),
        (with_gate(call_to_action={"label": "x", "href": "javascript:1"}), "body[1].call_to_action.href", "https://"),
        (with_picture(widths=[960, 480]), "body[2].picture", "from the narrowest copy to the widest"),
        (with_picture(widths=[480, 480]), "body[2].picture", "each once"),
        (with_picture(widths=[480, 1600]), "body[2].picture", "take out what is not below 1600"),
        (with_picture(widths=[0]), "body[2].picture.widths[0]", ">= 1"),
        (with_picture(widths=["480"]), "body[2].picture.widths[0]", "expected `int`"),
        (with_picture(widths=480), "body[2].picture.widths", "expected `array`"),
        (with_picture(widths=[1, 2, 3, 4, 5, 6, 7]), "body[2].picture.widths", "length <= 6"),
        (with_picture(widths=[480], src=f"/media/anonymous/{'a' * 277}.png"), "body[2].picture", "make it shorter"),
        (raw_article(lead_picture={**PICTURE, "widths": [2, 1]}), "lead_picture", "from the narrowest"),
        (with_block(NESTED), "document", "Two gates have the id `inside`".lower()),
    ],
)
def test_each_fault_is_named_at_its_place(document: dict[str, Any], place: str, says: str) -> None:
    document = json.loads(json.dumps(document, default=lambda _: 0))

    (problem,) = problems(document)

    assert problem.startswith(f"{place}:")
    assert says in problem


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<SCRIPT>x</SCRIPT>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="JaVaScRiPt:alert(1)">x</a>',
        '<a href="data:text/html,x">x</a>',
        '<a href="//evil.example">x</a>',
        '<a href="/\\evil.example">x</a>',
        '<a href="http://plain.example">x</a>',
        '<a href="/x" onclick="alert(1)">x</a>',
        "<a href='/x'>x</a>",
        "<em class=x>x</em>",
        "<em onmouseover=alert(1)>x</em>",
        "<em/onmouseover=alert(1)>x</em>",
        "<!-- x -->",
        "<![CDATA[x]]>",
        "<?php x ?>",
        "<br/>",
        "<p>x</p>",
        "<svg><a>x</a></svg>",
        "<style>x</style>",
        "<iframe>",
        "1 < 2",
        "a & b",
        "a > b",
        "&nosuch;",
        "&#x3c;script>",
        "<em>x",
        "x</em>",
        "<em><strong>x</em></strong>",
        "<em\n>x</em>",
        "x\x00y",
    ],
)
def test_inline_html_outside_the_allow_list_is_refused(html: str) -> None:
    assert problems(with_block({"type": "paragraph", "html": html}))[0].startswith("body[2]")


@pytest.mark.parametrize(
    "html",
    [
        "Plain.",
        "<em>so</em> and <strong>so</strong>, line<br>break",
        '<a href="/articles/x#part">here</a>, <a href="https://p.example/?a=1&amp;b=2">there</a>',
        '<a href="mailto:a@b.example">mail</a>',
        "H<sub>2</sub>O &amp; 2 &gt; 1 &lt; 3 &quot;q&quot;&nbsp;x",
    ],
)
def test_inline_html_of_the_allow_list_is_kept(html: str) -> None:
    assert parse_article(json.dumps(with_block({"type": "paragraph", "html": html})).encode())


_pieces = [
    "<em>",
    "</em>",
    "<br>",
    "</a>",
    "<",
    ">",
    "&",
    "&amp;",
    '"',
    "'",
    "/",
    "\\",
    "x",
    "<script>",
    "javascript:",
    "<!--",
    "-->",
    '">',
    "<em",
    "<A>",
]
_links = ['<a href="/x">', '<a href="https://x.example/?a&amp;b">', '<a href="']
_markup = st.lists(st.sampled_from([*_pieces, *_links, " ", " onclick=x", "\u2028"]), max_size=9).map("".join)


@given(_markup)
def test_a_well_kept_sanitiser_finds_nothing_to_take_from_what_we_accept(html: str) -> None:
    if forbidden_markup(html) is None and is_tidy(html) and unbalanced_tag(html) is None:
        attributes = {"a": {"href"}}
        cleaned = nh3.clean(
            html, tags={*INLINE_TAGS, "a", "br"}, attributes=attributes, link_rel=None, url_schemes={"https", "mailto"}
        )
        assert cleaned.replace("&quot;", '"') == html.replace("&quot;", '"')


class _Markup(HTMLParser):
    """What a parser that is not ours takes for markup."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(tag, None), *((f"{tag}@{name}", value) for name, value in attrs)]

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment", data))

    def handle_decl(self, decl: str) -> None:
        self.found.append(("declaration", decl))


@given(_markup)
def test_what_reading_lets_through_holds_no_markup_but_ours(html: str) -> None:
    parser = _Markup()
    parser.feed(html)
    parser.close()

    if forbidden_markup(html) is None:
        for name, value in parser.found:
            assert name in {*INLINE_TAGS, "a", "br", "a@href"}
            assert value is None or re.match(r"https://|mailto:|/(?![/\\])|#", value)


@pytest.mark.parametrize(
    ("src", "fault"),
    [
        ("/media/member/talk.mp3", False),
        ("/media/anonymous/talk.mp3", True),
        ("/media/subscriber/talk.mp3", True),
    ],
)
def test_gated_media_lie_where_only_the_gate_s_readers_may_fetch_them(src: str, *, fault: bool) -> None:
    document = with_gate(blocks=[{"type": "audio", "src": src, "title": "Talk", "seconds": 9}])

    if fault:
        assert problems(document)[0].startswith("body[1].blocks[0]: ")
    else:
        parse_article(json.dumps(document).encode())


def test_a_picture_for_everyone_does_not_lie_behind_a_gate() -> None:
    picture = {"src": "/media/member/a.png", "alt": "A", "width": 1, "height": 1, "origin": "ai"}

    assert problems(raw_article(lead_picture=picture))[0].startswith("lead_picture: ")
    assert problems(with_block({"type": "image", "picture": picture}))[0].startswith("body[2]: ")


def test_all_faults_are_told_at_once() -> None:
    document = with_block({"type": "paragraph", "html": "<b>"})
    document.update(slug="No", title=9, colour="red")

    assert [problem.split(":")[0] for problem in problems(document)] == ["colour", "slug", "title", "body[2]"]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "Not JSON"),
        (b"{", "line 1"),
        (b"[]", "JSON object"),
        (b"null", "JSON object"),
        (b'{"a":1,"a":2}', "stands twice"),
        (b"\xff\xfe{}", "UTF-8"),
        (b"[" * 200_000, "deeply"),
        (b" " * (MAX_DOCUMENT_BYTES + 1), "the most"),
        (json.dumps(raw_article(title="\ud800")).encode(), "character"),
        (json.dumps(raw_article(title="bell\x07")).encode(), "control character"),
        (json.dumps(raw_article(published_at=float("nan"))).encode(), "published_at"),
    ],
)
def test_what_is_not_a_document_at_all_is_told_apart(raw: bytes, says: str) -> None:
    assert says in problems(raw)[0]


_members = st.sampled_from(["body", "sources", "author", "slug", "x"])
_json = st.recursive(
    st.none() | st.text(max_size=5) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_members, inner, max_size=4),
    max_leaves=8,
)


@given(st.binary(max_size=200) | _json.map(lambda value: json.dumps(value).encode()))
def test_no_input_makes_the_check_itself_fail(raw: bytes) -> None:
    with pytest.raises(InvalidArticle):
        parse_article(raw)

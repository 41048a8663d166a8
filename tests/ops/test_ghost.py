"""A Ghost export made into articles: what stands where, and what is raw or closed comes through nowhere."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.ops.ghost.articles import read_moment
from infra.ops.ghost.report import NOTES
from infra.ops.ghost.site import Site, our_slug
from infra.ops.markdown import read_markdown
from infra.ops.markdown_out import to_markdown
from shared.domain.articles import Article, Gate
from shared.domain.text import is_slug
from shared.domain.tiers import Tier
from tests.ops import ghost_site as ghost
from tests.ops.ghost_site import CLOSED, PAID, made_of

NOW = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)


def article(**said: Any) -> Article:
    made, report = made_of(ghost.one_post(**said))
    assert not report.has_failed, report.to_builtins()
    return made["one"].article


def seen(of: Article, tier: Tier) -> str:
    """Everything that a tier gets of it."""
    return repr(of.seen_by(tier))


# Text -----------------------------------------------------------------------------------------------------------------


def test_every_kind_of_card_becomes_what_our_blocks_can_hold() -> None:
    made, _ = made_of(ghost.paper())

    body = [type(block).__name__ for block in made["the-last-ferry"].article.body]

    assert body == [
        *("Paragraph", "Heading", "List", "Quote", "Rule", "Image", "Embed", "Embed", "Paragraph", "Heading"),
        *("Paragraph", "Paragraph", "Paragraph", "List", "Gate", "Paragraph"),
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>a <b>b</b><i> c </i>d</p>", ["a <strong>b</strong> <em>c</em> d"]),
        ("<p>a<br><br>b</p>", ["a<br><br>b"]),
        ("<p>H<sub>2</sub>O, x<sup>2</sup></p>", ["H₂O, x²"]),
        ("<p>1 &lt; 2 &amp; <code>a&lt;b</code></p>", ["1 &lt; 2 &amp; <code>a&lt;b</code>"]),
        ("<p><strong><strong>a</strong></strong></p>", ["<strong>a</strong>"]),
        ("<p>  </p><p>\u00a0</p><p>a</p>", ["a"]),
        ("<div><p>a</p>b<p>c</p></div>", ["a", "b", "c"]),
        ("<p>a <q>b</q></p>", ["a “b”"]),
        ("<p>a<strong> <br>b<br></strong>c</p>", ["a<br><strong>b</strong><br>c"]),
        ("loose <em>words</em>", ["loose <em>words</em>"]),
        ("<h5>a</h5><p>* b</p><p># c</p><p>1. d</p><p>::: e</p>", ["* b", "# c", "1. d", "::: e"]),
    ],
)
def test_text_says_the_same_in_our_markup(source: str, expected: list[str]) -> None:
    found = [block.html for block in article(html=source).body if hasattr(block, "html")]

    assert found == expected


def test_an_older_text_is_read_where_the_newest_is_damaged_and_that_is_told() -> None:
    made, report = made_of(ghost.one_post(lexical='{"root":', html="<p>As it was.</p>"))

    assert "As it was." in made["one"].text
    assert report.notes["damaged"] == [("one", "lexical")]


def test_links_to_the_old_site_lead_to_where_things_are_now() -> None:
    site = Site("https://quay.example", {"first": "/articles/the-first", "tag/harbour": "/sections/harbour"})

    led = {
        href: site.link(href)[0]
        for href in (
            *(
                "__GHOST_URL__/first/",
                "https://quay.example/first/#where",
                "http://quay.example/first",
                "/2024/05/first/",
            ),
            *("__GHOST_URL__/tag/harbour/", "#/portal/signup", "__GHOST_URL__/#/portal/account", "__GHOST_URL__/"),
            *("/tag/first/", "/about/", "mailto:ada@quay.example", "//cdn.example/x", "http://a.example/ü?q=ä&b"),
            *("https://quay.example.evil.example/first/", "tel:+123", "example.org/a", "https://bücher.example/"),
        )
    }

    assert list(led.values()) == [
        *("/articles/the-first", "/articles/the-first#where", "/articles/the-first", "/articles/the-first"),
        *("/sections/harbour", "/join", "/account", "/"),
        *(None, None, "mailto:ada@quay.example", "https://cdn.example/x", "https://a.example/%C3%BC?q=%C3%A4&b"),
        *("https://quay.example.evil.example/first/", None, "https://example.org/a", "https://xn--bcher-kva.example/"),
    ]


# What is raw (R30) ----------------------------------------------------------------------------------------------------

RAW = [
    "<script>alert(1)</script>",
    '<p onclick="alert(1)">a</p>',
    '<img src="x" onerror="alert(1)">',
    '<a href="javascript:alert(1)">a</a>',
    '<a href=" jav\tascript:alert(1)">a</a>',
    '<a href="JaVaScRiPt:alert(1)"><b>a</b></a>',
    '<a href="data:text/html,<script>alert(1)</script>">a</a>',
    '<iframe src="javascript:alert(1)"></iframe>',
    '<svg onload="alert(1)"><script>alert(1)</script></svg>',
    "<style>p{background:url(javascript:alert(1))}</style>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>",
    '<form action="https://evil.example"><input value="alert(1)"></form>',
    "<p><a href='https://a.example/\"onmouseover=\"alert(1)'>a</a></p>",
    '<object data="x"></object><embed src="x"><base href="https://evil.example/">',
]

SWALLOWING = RAW[10:12]  # what is not closed, or not where it seems, has what follows in it; browsers see it so too


@pytest.mark.parametrize("raw", RAW)
@pytest.mark.parametrize("form", ["html", "card"])
def test_nothing_raw_passes(raw: str, form: str) -> None:
    source = f"<p>Before.</p>{raw}<p>After.</p>"
    said = {"html": source} if form == "html" else {"lexical": ghost.lexical(ghost.card("html", html=source))}

    found = article(**said)

    texts = [html for block in found.body for html in [getattr(block, "html", "")]]
    assert not any("<script" in html or "javascript:" in html or "onerror" in html.split(">")[0] for html in texts)
    assert {"Before.", *(() if raw in SWALLOWING else ("After.",))} <= set(texts)
    assert read_markdown(ghost_text(found).encode()).faults == ()


def ghost_text(found: Article) -> str:
    text = to_markdown(found)
    assert text is not None
    return text


def test_what_is_raw_is_told() -> None:
    _, report = made_of(ghost.one_post(html="".join(one for one in RAW if one not in SWALLOWING)))

    told = {detail for _, detail in report.notes["html"]}

    assert {"script", "onclick=", "style", "form", "object", "embed", "base"} <= told
    assert any("javascript:" in detail.lower() for detail in told)


_pieces = st.sampled_from(
    [
        *("<p>", "</p>", "<div>", "</div>", "<ul>", "<li>", "</li>", "</ul>", "<blockquote>", "</blockquote>", "<em>"),
        *("</em>", "<strong>", "</strong>", "<a href='/x'>", "<a href='https://a.example/?a=1&amp;b'>", "</a>", "<br>"),
        *("<h2>", "</h2>", "<pre>", "</pre>", "<code>", "</code>", "<table><tr><td>", "</table>", "<hr>", "<sup>"),
        *(
            "<img src='__GHOST_URL__/content/images/a.png'>",
            "<figure>",
            "<figcaption>",
            "</figure>",
            "<script>x</script>",
        ),
        *('<!--kg-gated-block:begin nonMember:false memberSegment:"status:-free"-->', "<!--kg-gated-block:end-->"),
        *(
            "word",
            " ",
            "*",
            "_",
            "`",
            "[",
            "]",
            "(",
            "#",
            "- ",
            "1. ",
            "&amp;",
            "&lt;",
            "\\",
            "!",
            "~~",
            "\n",
            "> ",
            ":::",
        ),
        *("---", "é", "\u2028", "\x00", "|", "&#x202e;", "=", "🛥", "teaser: x", "https://a.example"),
    ]
)


@given(before=st.lists(_pieces, max_size=14).map("".join), behind=st.lists(_pieces, max_size=14).map("".join))
def test_whatever_the_html_it_becomes_an_article_that_closes_where_ghost_closed(before: str, behind: str) -> None:
    made, report = made_of(ghost.one_post(visibility="paid", html=f"{before}<!--members-only-->{behind}{CLOSED}"))

    assert not report.has_failed
    found = made["one"].article
    assert CLOSED not in seen(found, Tier.SUBSCRIBER)
    assert CLOSED in seen(found, Tier.MEMBER)


# What is closed (R1) --------------------------------------------------------------------------------------------------


def test_nothing_closed_comes_into_what_a_lower_tier_gets() -> None:
    made, _ = made_of(ghost.paper())

    for one in made.values():
        assert CLOSED not in seen(one.article, Tier.ANONYMOUS), one.slug
        assert PAID not in seen(one.article, Tier.SUBSCRIBER), one.slug
    for slug, tier in (
        ("the-last-ferry", Tier.MEMBER),
        ("the-first-ferry", Tier.SUBSCRIBER),
        ("the-only-ferry", Tier.SUBSCRIBER),
    ):
        assert CLOSED in seen(made[slug].article, tier)
        assert made[slug].article.seen_by(Tier.ANONYMOUS).access.locked == 1
    assert PAID in seen(made["all-for-members"].article, Tier.MEMBER)


def test_the_report_and_the_lists_tell_nothing_closed() -> None:
    _, report = made_of(ghost.paper())

    said = json.dumps(report.to_builtins()) + "\n".join(report.lines())

    assert CLOSED not in said
    assert PAID not in said


@pytest.mark.parametrize(
    ("visibility", "tier"),
    [
        ("members", Tier.SUBSCRIBER),
        ("paid", Tier.MEMBER),
        ("tiers", Tier.MEMBER),
        ("status:-free+label:vip", Tier.MEMBER),
        (7, Tier.MEMBER),
    ],
)
def test_what_is_not_public_is_closed_from_the_marker_on_and_without_one_altogether(
    visibility: Any, tier: Tier
) -> None:
    cut = article(visibility=visibility, html=f"<p>Open.</p><!--members-only--><p>{CLOSED}</p>")
    whole = article(visibility=visibility, html=f"<p>{CLOSED}</p>")

    assert [type(block).__name__ for block in cut.body] == ["Paragraph", "Gate"]
    assert [block.tier for found in (cut, whole) for block in found.body if isinstance(block, Gate)] == [tier, tier]
    assert CLOSED not in f"{whole.standfirst}{whole.title}{seen(whole, Tier.ANONYMOUS)}"


def test_a_tier_that_costs_nothing_is_for_subscribers() -> None:
    tables = {
        **ghost.one_post(visibility="tiers", html=f"<p>{CLOSED}</p>"),
        "products": [{"id": "p", "type": "free"}],
        "posts_products": [{"post_id": "1", "product_id": "p"}],
    }

    made, _ = made_of(tables)

    assert CLOSED in seen(made["one"].article, Tier.SUBSCRIBER)


def test_a_public_post_has_no_gate_whatever_stands_in_it() -> None:
    assert not any(isinstance(block, Gate) for block in article(html="<p>a</p><!--members-only--><p>b</p>").body)


@pytest.mark.parametrize(
    "source",
    [
        f"<p>Open <!--members-only-->{CLOSED}</p>",
        f"<ul><li>Open</li><li>x<!--members-only-->{CLOSED}</li></ul>",
        f"<blockquote><p>Open</p><!-- members-only --><p>{CLOSED}</p></blockquote>",
        f"<h2>Open <!--MEMBERS-ONLY--> {CLOSED}</h2>",
        f"<figure><img src='/content/images/a.png'><figcaption>a<!--members-only-->{CLOSED}</figcaption></figure>",
        f"<table><tr><td>Open</td><td><!--members-only-->{CLOSED}</td></tr></table>",
        f"<p>Open</p><textarea><!--members-only--></textarea><p>{CLOSED}</p>",
        f"<p title='<!--members-only-->'>Open</p><p>{CLOSED}</p>",
        f"<h2>Open</h2><!--members-only--><!--members-only--><p>{CLOSED}</p>",
    ],
)
@pytest.mark.parametrize("form", ["html", "card", "caption"])
def test_the_marker_closes_wherever_it_stands(source: str, form: str) -> None:
    said: dict[str, Any] = {"html": source}
    if form == "card":
        said = {"lexical": ghost.lexical(ghost.card("html", html=source))}
    if form == "caption":
        image = ghost.card("image", src="__GHOST_URL__/content/images/a.png", alt="a", caption=source)
        last = (ghost.card("paywall"), ghost.block("paragraph", ghost.text(PAID)))
        said = {"lexical": ghost.lexical(image, *last)}

    found = article(visibility="paid", **said)

    assert CLOSED not in seen(found, Tier.SUBSCRIBER)
    assert PAID not in seen(found, Tier.SUBSCRIBER)


@pytest.mark.parametrize(
    "card",
    [
        ghost.card("toggle", heading="When?", content=f"<p>Open</p><!--members-only--><p>{CLOSED}</p>"),
        ghost.card("product", productTitle=f"Open<!--members-only-->{CLOSED}", productImageSrc="/content/images/a.png"),
        ghost.card("header", header=f"Open<!--members-only-->{CLOSED}", subheader=CLOSED),
        ghost.card("callout", calloutText=f"Open<!--members-only-->{CLOSED}"),
        ghost.card("markdown", markdown=f"Open\n\n<!--members-only-->\n\n{CLOSED}"),
        ghost.block("list", ghost.block("listitem", ghost.text("Open"), ghost.card("paywall"), ghost.text(CLOSED))),
    ],
    ids=lambda card: str(card["type"]),
)
def test_of_several_markers_the_first_closes_in_whatever_card_it_stands(card: dict[str, Any]) -> None:
    found = article(
        visibility="paid", lexical=ghost.lexical(card, ghost.card("paywall"), ghost.card("html", html=PAID))
    )

    assert "Open" in seen(found, Tier.ANONYMOUS)
    assert CLOSED not in seen(found, Tier.SUBSCRIBER)
    assert PAID not in seen(found, Tier.SUBSCRIBER)


@pytest.mark.parametrize("inner", [CLOSED, f"<p>{CLOSED}</p>"])
@pytest.mark.parametrize(
    "facts", ['nonMember:false memberSegment:"status:-free"', 'nonMember:false note:"a>b" memberSegment:""', "x"]
)
@pytest.mark.parametrize("within", ["{}", "<h2>Open {}</h2>", "<ul><li>Open {}</li></ul>", "<pre>{}</pre>"])
def test_a_part_for_some_is_closed_in_a_public_post_wherever_it_stands(inner: str, facts: str, within: str) -> None:
    source = within.format(f"<!--kg-gated-block:begin {facts} -->{inner}<!--kg-gated-block:end-->")
    for name in ("header", "subheader"):
        card = ghost.card("header", **{name: source})
        for said in ({"html": f"<p>a</p>{source}"}, {"lexical": ghost.lexical(ghost.card("html", html="a"), card)}):
            assert CLOSED not in seen(article(**said), Tier.SUBSCRIBER)


def test_a_card_for_some_is_a_gate_of_their_tier_and_one_for_nobody_is_left_out() -> None:
    made, report = made_of(ghost.paper())

    found = made["for-some"].article

    assert [(block.tier if isinstance(block, Gate) else None) for block in found.body] == [
        None,
        Tier.SUBSCRIBER,
        Tier.MEMBER,
    ]
    assert "Join!" not in repr(found)
    assert report.notes["only"] == [("for-some", "")]


def test_a_long_closed_part_is_several_gates() -> None:
    found = article(visibility="paid", html="".join(f"<p>{n}</p>" for n in range(1_201)))

    assert [len(block.blocks) for block in found.body if isinstance(block, Gate)] == [500, 500, 201]


# What stands around the text ------------------------------------------------------------------------------------------


def test_authors_tags_and_addresses_come_along() -> None:
    made, report = made_of(ghost.paper())

    found = made["the-last-ferry"].article

    assert (found.section.slug, found.tags, found.author.slug, found.author.biography) == (
        *("harbour", ("night-work",), "ada"),
        "Ada writes of the river.",
    )
    assert "Ada Moor · Ben Oak" in made["the-last-ferry"].text
    assert found.id == "ghost-aaaaaaaa-0000-4000-8000-000000000001"
    assert found.updated_at is not None
    assert report.notes["internal-tag"] == [("the-last-ferry", "#wide")]
    assert {one.folder for one in made.values()} == {"articles", "scheduled", "drafts"}
    assert "secret.example" not in "".join(one.text for one in made.values())


def test_addresses_that_we_cannot_have_or_that_would_meet_are_told() -> None:
    made, report = made_of(ghost.paper())

    assert {"uber-fahren", "uber-fahren-60ec2fa9"} <= set(made)
    assert report.notes["slug-twice"] == [("Über_Fähren", "uber-fahren-60ec2fa9")]


@pytest.mark.parametrize(
    "theirs", ["", "A", "ü", "日本語", "a--b", "-a-", "a/b", "../etc/passwd", "x" * 400, "%E3%81%82"]
)
def test_whatever_a_slug_was_it_is_one_of_ours_and_the_same_every_time(theirs: str) -> None:
    assert is_slug(our_slug(theirs))
    assert our_slug(theirs) == our_slug(theirs)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("2024-05-02T06:30:00.000Z", "2024-05-02T06:30:00+00:00"),
        ("2024-05-02 06:30:00", "2024-05-02T06:30:00+00:00"),
        ("2024-05-02T06:30:00+02:00", "2024-05-02T06:30:00+02:00"),
        (1_714_631_400_000, "2024-05-02T06:30:00+00:00"),
        ("0000-00-00 00:00:00", None),
        ("next week", None),
        (10**20, None),
        (None, None),
        (True, None),
    ],
)
def test_moments_are_read_as_ghost_writes_them(said: Any, expected: str | None) -> None:
    found = read_moment(said)

    assert (None if found is None else found.isoformat()) == expected


def test_an_odd_date_a_missing_author_and_a_missing_title_do_not_lose_the_post() -> None:
    made, report = made_of(ghost.one_post(published_at="0000-00-00", created_at=None, title=" ", html="<p>a</p>"))

    (one,) = made.values()
    assert one.article.title == "Untitled"
    assert {"date", "no-author", "untitled"} <= set(report.notes)


def test_every_note_has_words_and_a_cure() -> None:
    assert all(part and words and cure for part, words, cure in NOTES.values())

"""A Ghost export made into articles: what stands where, and what is raw or closed comes through nowhere."""

from __future__ import annotations

import datetime as dt
import json
import stat
import zipfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from infra.ops.cli import app
from infra.ops.files import check_files
from infra.ops.ghost import export as export_module
from infra.ops.ghost.articles import Choices, Made, read_moment
from infra.ops.ghost.export import UnusableExport, read_entry, read_export
from infra.ops.ghost.files import Files
from infra.ops.ghost.report import NOTES, Report
from infra.ops.ghost.site import Site, our_slug
from infra.ops.ghost.writing import read_posts, write_folder
from infra.ops.markdown import read_markdown
from infra.ops.markdown_out import to_markdown
from shared.domain.articles import Article, Gate
from shared.domain.blocks import Audio, Image
from shared.domain.text import is_slug
from shared.domain.tiers import Tier
from tests.ops import ghost_site as ghost
from tests.ops.ghost_site import CLOSED, PAID
from tests.ops.media_files import mp3
from tests.ops.twin_stack import TwinStack

NOW = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)


def made_of(tables: Mapping[str, Any], address: str = "") -> tuple[dict[str, Made], Report]:
    """The articles of an export with these tables, by their slugs, and the report."""
    export = export_module.Export("5.0.0", 1_717_200_000_000, {name: list(rows) for name, rows in tables.items()})
    report = Report()
    made, _ = read_posts(export, address, Choices(), report, lambda: None)
    return {one.slug: one for one in made}, report


def article(**said: Any) -> Article:
    made, report = made_of(ghost.one_post(**said))
    assert not report.has_failed, report.to_builtins()
    return made["one"].article


def seen(of: Article, tier: Tier) -> str:
    """Everything that a tier gets of it."""
    return repr(of.seen_by(tier))


def run(*arguments: str, stack: TwinStack | None = None) -> Result:
    return CliRunner().invoke(app, ["import", "ghost", *arguments], obj=stack)


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


# Files ----------------------------------------------------------------------------------------------------------------


def test_the_zip_becomes_a_folder_that_can_be_published(tmp_path: Path) -> None:
    archive, to = ghost.whole(tmp_path, mp3(30)), tmp_path / "out"

    done = run(str(archive), "--write", "--to", str(to), "--site", "https://quay.example", "--json")

    assert done.exit_code == 0, done.output
    articles, problems = check_files(sorted(to.glob("*/*.md")), NOW)
    assert problems == []
    long = next(one for _, one in articles if one.slug == "the-last-ferry")
    (gate,) = (block for block in long.body if isinstance(block, Gate))
    shown = [
        block.picture.src if isinstance(block, Image) else block.src
        for block in gate.blocks
        if isinstance(block, (Image, Audio))
    ]
    assert shown == ["/media/member/ghost/2024/05/costs-2x-4ded729e.png", "/media/member/ghost/2024/05/crossing.mp3"]
    assert all((to / src[1:]).is_file() for src in shown)
    assert (to / "fetch.txt").read_text() == ""
    assert "/the-first-ferry/,/articles/the-first-ferry\n" in (to / "redirects.csv").read_text()
    assert json.loads((to / "report.json").read_text())["carried_over"]["articles"] == 7


def test_twice_makes_no_difference_and_what_an_editor_changed_stays(tmp_path: Path) -> None:
    archive, to = ghost.whole(tmp_path, mp3(2)), tmp_path / "out"
    run(str(archive), "--write", "--to", str(to))
    path = to / "articles" / "the-first-ferry.md"
    first = {one: one.read_bytes() for one in to.rglob("*") if one.is_file() and one.name != "report.json"}

    run(str(archive), "--write", "--to", str(to))
    again = {one: one.read_bytes() for one in to.rglob("*") if one.is_file() and one.name != "report.json"}
    path.write_text("mine")
    told = run(str(archive), "--write", "--to", str(to), "--json")
    kept = path.read_text()
    run(str(archive), "--write", "--to", str(to), "--over")

    assert again == first
    assert kept == "mine"
    assert [one["code"] for one in json.loads(told.stdout)["to_look_at"]].count("kept") == 1
    assert path.read_bytes() == first[path]


def stop_at(steps: Iterator[int]) -> None:
    if next(steps) == 0:
        raise KeyboardInterrupt


def test_stopped_anywhere_the_same_again_writes_the_rest(tmp_path: Path) -> None:
    found, report = read_export(ghost.whole(tmp_path, mp3(1))), Report()
    made, files = read_posts(found, "", Choices(), report, lambda: None)
    write_folder(tmp_path / "whole", made, files, report, over=False, step=lambda: None)

    for left in range(len(made) + len(files.wanted)):
        with pytest.raises(KeyboardInterrupt):
            write_folder(
                tmp_path / "cut", made, files, report, over=False, step=partial(stop_at, iter(range(left, -1, -1)))
            )
    write_folder(tmp_path / "cut", made, files, report, over=False, step=lambda: None)

    whole, cut = (
        {one.relative_to(to): one.read_bytes() for one in to.rglob("*.*")}
        for to in (tmp_path / "whole", tmp_path / "cut")
    )
    assert whole == cut


def test_at_first_nothing_is_written(tmp_path: Path) -> None:
    archive, to = ghost.whole(tmp_path, mp3(2)), tmp_path / "out"

    done = run(str(archive), "--to", str(to))

    assert (done.exit_code, to.exists()) == (0, False)
    assert "Nothing is written yet" in done.output


def test_files_that_are_not_at_hand_are_listed_for_curl(tmp_path: Path) -> None:
    source, to = tmp_path / "quay.json", tmp_path / "out"
    source.write_bytes(ghost.export())

    run(str(source), "--write", "--to", str(to), "--site", "https://quay.example")

    listed = (to / "fetch.txt").read_text()
    assert 'url = "https://quay.example/content/images/2024/05/quay.png"\n' in listed
    assert 'output = "media/anonymous/ghost/2024/05/quay.png"\n' in listed
    assert 'output = "media/member/ghost/2024/05/crossing.mp3"\n' in listed


def test_no_name_of_a_file_leads_out_of_the_folder_or_into_the_list() -> None:
    files = Files(Site("https://quay.example", {}), export_module.Export("5.0", None, {}))

    def ignore(_code: str, _detail: str) -> None:
        pass

    for src in (
        *("__GHOST_URL__/content/images/../../../etc/passwd.png", "__GHOST_URL__/content/images/a%2f..%2f..%2fb.png"),
        *(
            'https://a.example/x"\nurl = "file:///etc/passwd".png',
            "file://etc/passwd.png",
            "https://a.example/../../x.png",
        ),
        *("__GHOST_URL__/content/images/a\\b.png", "data:image/png;base64,AAAA", "__GHOST_URL__/content/images/.png"),
    ):
        files.place(src, Tier.ANONYMOUS, "image", ignore)

    assert len(files.wanted) == 4
    assert all(".." not in path and path.startswith("/media/anonymous/ghost/") for path in files.wanted)
    assert not any('"' in one.address or "\n" in one.address for one in files.wanted.values())
    assert all(one.address.startswith("https://") for one in files.wanted.values())


def test_publishing_at_once_is_the_same_as_publishing_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTLINE_VERSIONS", str(tmp_path / "versions.json"))
    archive, to, stack = ghost.whole(tmp_path, mp3(2)), tmp_path / "out", TwinStack()

    done = run(str(archive), "--write", "--to", str(to), "--publish", stack=stack)

    assert done.exit_code == 0, done.output
    assert sorted(set(stack.shelf.writes)) == sorted(
        one.stem for folder in ("articles", "scheduled") for one in (to / folder).glob("*.md")
    )


# What is no export ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not JSON"),
        (b'{"db": [{"meta"', "not JSON: "),
        (b"\xff\xfe{}", "not UTF-8 from byte 0"),
        (b"[" * 100_000, "nobody has exported"),
        (b"[]", "no Ghost export"),
        (b'{"db":[{"meta":{"version":"5.0.0"},"data":{}}]}', "no Ghost export"),
        (b'{"db":[{"meta":{"version":"1.20.0"},"data":{"posts":[]}}]}', "by Ghost “1.20.0”; 2 to 6"),
        (b'{"db":[{"meta":{"version":"003"},"data":{"posts":[]}}]}', "by Ghost “003”"),
        (b'{"db":[{"meta":{},"data":{"posts":[]}}]}', "by Ghost “”"),
        (b"PK\x03\x04 nonsense", "not JSON"),
    ],
)
def test_what_is_no_export_is_refused_in_a_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(content)

    done = run(str(path))

    assert done.exit_code == 1
    assert "unusable_export" in done.output
    assert words in done.output
    assert "Traceback" not in done.output


def test_rows_that_are_no_rows_are_passed_over(tmp_path: Path) -> None:
    tables = {
        "posts": [
            None,
            7,
            {},
            {"id": None, "html": 5, "lexical": 7, "title": {}, "slug": []},
            *ghost.one_post(html="<p>a</p>")["posts"],
        ],
        "posts_tags": [{"post_id": "1", "tag_id": "none", "sort_order": "x"}],
        "tags": "none",
        "users": [{}],
        "settings": [{"key": ["a"], "value": {}}],
    }
    path = tmp_path / "export.json"
    path.write_bytes(ghost.export(tables))

    done = run(str(path), "--json")

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["carried_over"]["articles"] == 1


@pytest.mark.parametrize("source", ["lexical", "mobiledoc", "html"])
def test_a_text_that_lies_too_deep_in_itself_is_told_with_its_post(source: str) -> None:
    deep: dict[str, str] = {
        "lexical": '{"root":{"children":[' + '{"type":"quote","children":[' * 400 + "]}" * 400 + "]}}",
        "mobiledoc": "[" * 50_000,
        "html": "<div>" * 5_000 + "a",
    }
    made, report = made_of(ghost.one_post(**{source: deep[source]}))

    assert made == {} or "one" in made
    assert {"failed", "damaged", "empty"} & set(report.notes) or made


def test_a_zip_is_not_believed(tmp_path: Path) -> None:
    outside = tmp_path / "out.zip"
    with zipfile.ZipFile(outside, "w") as archive:
        archive.writestr("quay.ghost.json", ghost.export())
        archive.writestr("../../content/images/2024/05/quay.png", b"out")
        link = zipfile.ZipInfo("content/images/2024/05/ferry.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")

    found = read_export(outside)

    assert found.beside == {}


def test_a_zip_that_unpacks_to_more_than_it_says_is_refused(tmp_path: Path) -> None:
    path = ghost.pack(tmp_path / "bomb.zip", {"a.json": b"0" * 5_000_000})

    with zipfile.ZipFile(path) as archive, pytest.raises(UnusableExport, match="larger than"):
        read_entry(archive, archive.infolist()[0], 1_000_000)


def test_a_picture_in_the_zip_that_is_too_large_is_told_and_not_written(tmp_path: Path) -> None:
    archive = ghost.pack(
        tmp_path / "quay.zip",
        {
            "quay.json": ghost.export(ghost.one_post(html='<p>a</p><img src="/content/images/big.png" alt="b">')),
            "content/images/big.png": bytes(20_000_001),
        },
    )

    done = run(str(archive), "--write", "--to", str(tmp_path / "out"), "--json")

    assert [one["code"] for one in json.loads(done.stdout)["not_carried_over"]] == ["media-damaged", "routes"]
    assert not (tmp_path / "out" / "media").exists()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"readme.txt": b"a"}, "no JSON file"),
        ({"a.json": b"{}", "b.json": b"{}"}, "several JSON files (a.json, b.json)"),
        ({"a.json": b"{"}, "a.json in "),
    ],
)
def test_a_zip_without_one_export_is_refused_in_a_sentence(tmp_path: Path, files: dict[str, bytes], words: str) -> None:
    done = run(str(ghost.pack(tmp_path / "a.zip", files)))

    assert (done.exit_code, words in done.output) == (1, True), done.output


def test_a_damaged_entry_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = ghost.pack(tmp_path / "a.zip", {"a.json": ghost.export()})
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(30)
    path.write_bytes(bytes(content))

    done = run(str(path))

    assert (done.exit_code, "damaged" in done.output) == (1, True), done.output


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("x.json", "--publish"),
        ("x.json", "--kind", "poem"),
        ("x.json", "--origin", "dream"),
        ("x.json", "--site", "quay"),
        ("x.json", "--paid-until", "soon"),
        ("x.json", "--paid-until", "2001-01-01"),
        ("x.json", "--paid-until", "2026-13-01"),
    ],
)
def test_what_is_mistyped_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2

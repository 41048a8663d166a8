"""What is published becomes the Markdown that it would be published from again, or nothing."""

from __future__ import annotations

import datetime as dt
import html
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from infra.ops.markdown import new_article, read_markdown
from infra.ops.markdown_out import to_markdown
from shared.domain.articles import Article, Author, Block, CallToAction, Correction, Gate, Production, Section, Source
from shared.domain.blocks import Audio, Embed, Heading, Image, List, Paragraph, Picture, PlainBlock, Quote, Rule
from shared.domain.text import is_tidy
from shared.domain.tiers import Tier
from shared.domain.validation import parse_article
from tests.ops.markdown_cases import GOOD
from tests.samples import NIGHT_FERRY
from tests.strategies import articles, gate_tiers, links, moments, slugs

ROOT = Path(__file__).parents[2]
SAMPLE = sorted((ROOT / "infra/sample/articles").glob("*.json"))
NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


def read(text: str | None) -> Article:
    assert text is not None
    found = read_markdown(text.encode())
    assert found.article, found.faults
    return found.article


def written(*body: Block) -> str:
    """The text of an article with these blocks, without its fields."""
    text = to_markdown(replace(NIGHT_FERRY, body=body))
    assert text is not None
    return text.split("\n---\n", 1)[1].strip("\n")


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.stem)
def test_every_article_of_the_sample_is_markdown(path: Path) -> None:
    article = parse_article(path.read_bytes())

    assert read(to_markdown(article)) == article


def test_what_an_editor_begins_with_and_reads_of_comes_back() -> None:
    example = re.search(r"````markdown\n(.*?)````", (ROOT / "docs/writing.md").read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    for text in (example.group(1), new_article("a-piece", "a-1", NOW), GOOD):
        article = read(text)
        assert read(to_markdown(article)) == article


def test_it_reads_as_one_writes_it() -> None:
    assert to_markdown(read(GOOD)) == (
        GOOD.replace("01 08:00 +01:00", "01T08:00:00+01:00").replace("---\nIt", "---\n\nIt")
    )


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        (
            "A snake_case word, 5 &lt; 6, Q&amp;A, a - b, 3. May, #1!",
            "A snake_case word, 5 < 6, Q&A, a - b, 3. May, #1!",
        ),
        ("&lt;b&gt; &amp;amp; *a* [b] `c` ~d~ _e_ \\", r"\<b> \&amp; \*a\* \[b\] \`c\` \~d\~ \_e\_ \\"),
        ("<strong>a <em>b</em></strong> <s>c</s>", "**a _b_** ~~c~~"),
        ("<em>“No”</em>s", "*“No”*&#115;"),
        ("no<em>“No”</em>", "n&#111;*“No”*"),
        ("<em>a</em><em>b</em>", "*a*_b_"),
        ("<em> a </em>", "*&#32;a&#32;*"),
        ("<code>a`b</code>, <code>`</code>", "``a`b``, `` ` ``"),
        ('No!<a href="/a?b=1&amp;c=2">d [e]</a>', r"No\![d \[e\]](/a?b=1&c=2)"),
        ('<a href="/a_(b)">c</a>', "[c](</a_(b)>)"),
        ("one<br># two", "one\\\n\\# two"),
        *((f"{mark} a", f"\\{mark} a") for mark in ("#", "-", "+", "=", ":::", "---", "|")),
        ("1. a", "1\\. a"),
        ("1984) a", "1984\\) a"),
        ("&gt; a", "\\> a"),
    ],
)
def test_what_markdown_would_take_for_markup_is_escaped_and_nothing_else(markup: str, text: str) -> None:
    assert written(Paragraph(markup)) == text


@pytest.mark.parametrize(
    ("title", "text"),
    [
        *(
            (one, one)
            for one in ("Ferry, or not", "It’s 9:30", "C# [b] {c}", "1984", "No", "2026-11-05", "/join", "a'b\"")
        ),
        *(
            (one, f'"{one}"')
            for one in ("null", "~", "a: b", "a:", "a #b", "- a", "#a", "[a]", "@a", "“a”", "🛥", "a\xa0:")
        ),
        ('"a"', r'"\"a\""'),
        ("a\\: b", r'"a\\: b"'),
        ("a\u2028b", r'"a\u2028b"'),
        ("a\nb", r'"a\nb"'),
    ],
)
def test_a_text_stands_in_quotes_where_yaml_wants_them(title: str, text: str) -> None:
    article = replace(NIGHT_FERRY, title=title, production=Production(0, (title, "B, C"), "/p"))
    front = to_markdown(article)

    assert front is not None
    assert f"\ntitle: {text}\n" in front
    assert '"B, C"]\n' in front


def test_a_heading_keeps_its_last_hashes() -> None:
    assert written(Heading("A #"), Heading("##", 3), Heading("In C#")) == "## A \\#\n\n### \\##\n\n## In C#"


def test_lists_that_follow_each_other_stay_apart() -> None:
    assert written(List(("a", "b<br>c")), List(("d",)), List(("e",), True), List(("f",), True), List(("g",), True)) == (
        "- a\n- b\\\n  c\n\n* d\n\n1. e\n\n1) f\n\n1. g"
    )


def test_a_quote_has_paragraphs_and_whoever_is_quoted() -> None:
    assert (
        written(Quote("a<br><br>b", "N", "https://n.example/"), Quote("— c"), Quote("<em>d<br><br>e</em>"))
        == "> a\n>\n> b\n> — [N](https://n.example/)\n\n> &#8212; c\n\n> *d\\\n> \\\n> e*"
    )


def test_a_gate_has_an_id_only_where_counting_would_not_give_it() -> None:
    call = CallToAction("A", "/a")
    gates = [Gate(name, Tier.MEMBER, "data", "T", call, (Rule(),)) for name in ("data-1", "x", "data-3", "data-2")]

    opened = [line for line in written(*gates).split("\n") if line.startswith("::: ")]

    assert opened == [f"::: gate member data{end}" for end in ("", " x", "", " data-2")]


@pytest.mark.parametrize(
    "block",
    [
        *(Paragraph(f"<{tag}>a</{tag}>") for tag in ("sub", "sup", "q", "cite", "mark")),
        Paragraph("a&nbsp;b"),
        Paragraph("&#1;"),  # which stands for nothing
        Paragraph("<code>&#1;</code>"),
        Paragraph("<a>b</a>"),
        Paragraph("a > b & c"),
        Paragraph("a<br>"),
        Paragraph("<em></em>"),
        Paragraph("<em>a"),
        Paragraph("a</em>"),
        Paragraph("<code>a<em>b</em></code>"),
        List(("a", " <mark>b</mark>")),
        Quote("a", None, "https://a.example/"),
        Heading(" a"),
        Image(Picture("/media/anonymous/a.png", "", 1, 1, "ai")),
        Audio("/media/anonymous/a.mp3", "A", 1, "audio/ogg"),
        Gate("a", Tier.MEMBER, "a", "One\n\nTwo", CallToAction("A", "/a"), (Rule(),)),
    ],
)
def test_what_markdown_cannot_say_is_nothing(block: Block) -> None:
    assert to_markdown(replace(NIGHT_FERRY, body=(block,))) is None


def test_one_picture_of_which_two_things_are_said_is_nothing() -> None:
    picture = Picture("/media/anonymous/a.png", "A", 1, 1, "ai")

    assert to_markdown(replace(NIGHT_FERRY, body=(Image(picture), Image(replace(picture, alt="B"))))) is not None
    assert to_markdown(replace(NIGHT_FERRY, body=(Image(picture), Image(replace(picture, width=2))))) is None


@given(articles)
def test_whatever_comes_out_is_that_very_article(article: Article) -> None:
    text = to_markdown(article)

    assert text is None or read(text) == article


# Plain articles: words, however odd, with the markup that Markdown has. -----------------------------------------------

# Three spaces or a line end stand between them.
_ODD = r"""
# a   #   ## a #   1. a   7) a   1984   - a   -   --   ---   - - -   ***   * a   + a   > a   ===   :::
::: gate member a   :   :-- | :--   | a | b |   |---|   ```   ~~~   ~~a~~   a\   \   \*   _a_   a_b_c   __   *a*
**   a*b   [a](b)   [a]: /b   ![a](/b)   [a][b]   ]   [   !   ](   `a`   &amp;   &   &copy;   &#35;   &nbsp   <b>
<   >   <https://a.example>   <!-- a -->   a < b > c   'a'   "a"   a"   “a”   — A   -- A   – A   a: b   key: value
a:   a #b   #b   {a: b}   @a   %a   null   ~   true   No   2026-11-05   2026-11-05T06:30:00Z   0x1F   1e3   =   <<
? a   ! a   !!str a   🛥   a 🛥 b   é   夜   a  b   a, [b]   https://a.example/_b_   a->b   a -> b
"""
_odd = st.sampled_from([*re.split(r" {3}|\n", _ODD.strip()), "a\u2028b", "a\ufeffb"])
_any = st.text("ab *_`~[]()<>#&;!\\-+.:|1'\"—“🛥", min_size=1, max_size=12).map(str.strip).filter(bool)


@st.composite  # which has a short name, where Hypothesis names what a strategy is made of
def _lines(draw: st.DrawFn) -> str:
    return draw(_odd | _any)


def _needs_entities(text: str) -> bool:
    """Whether only an entity can say it; there are none in code and in a container's settings."""
    return re.search("[\u2028\ufeff]", text) is not None


_line = _lines()
_said = _line.filter(lambda text: not _needs_entities(text))


def _inline() -> st.SearchStrategy[str]:
    text = _line.map(lambda said: html.escape(said, quote=False))
    code = _said.map(lambda said: html.escape(said, quote=False))
    piece = st.one_of(
        text,
        st.builds("{} ".format, text),
        st.integers(1, 500).map(lambda times: "very long, " * times),
        st.builds(" {}".format, text),
        st.builds(" <em>{}</em> ".format, text),
        st.builds("<em>{}</em>x".format, text),
        st.builds("x<strong>{}</strong>".format, text),
        st.builds("<strong>{}<em>{}</em></strong>, ".format, text, text),
        st.builds(" <s>{}</s>, ".format, text),
        st.builds(" <code>{}</code>, ".format, code),
        st.builds('<a href="/a?b=1&amp;c=(d)">{}</a>'.format, text),
        st.builds("{}<br>{}".format, text, text),
    )
    return st.lists(piece, min_size=1, max_size=4).map("".join).filter(is_tidy)


_html = _inline()


def _pictures(tier: Tier) -> st.SearchStrategy[Picture]:
    src = slugs.map(lambda name: f"/media/{tier.value}/{name}.png")
    # A function of the name: Markdown says of each picture one thing.
    return src.flatmap(
        lambda at: st.builds(
            Picture,
            st.just(at),
            _line,
            st.just(len(at)),
            st.just(2),
            st.just("ai"),
            st.just(f"{at}: c"),
            st.none(),
            st.just(((), (7,), (7, 11))[len(at) % 3]),
        )
    )


def _blocks(tier: Tier) -> st.SearchStrategy[PlainBlock]:
    quoted = st.builds(Quote, _html, _line, st.none() | links)
    return st.one_of(
        st.builds(Paragraph, _html),
        st.builds(Heading, _line, st.sampled_from([2, 3])),
        st.builds(List, st.lists(_html, min_size=1, max_size=12).map(tuple), st.booleans()),
        st.builds(Quote, _html),
        quoted,
        st.builds(Image, _pictures(tier)),
        st.builds(Audio, slugs.map(f"/media/{tier.value}/{{}}.mp3".format), _said, st.integers(1, 9999)),
        st.just(Rule()),
        st.builds(Embed, _said, links, _said),
    )


def _gate(tier: Tier) -> st.SearchStrategy[Gate]:
    blocks = st.lists(_blocks(tier), min_size=1, max_size=3).map(tuple)
    return st.builds(Gate, slugs, st.just(tier), slugs, _said, st.builds(CallToAction, _said, links), blocks)


_plain_articles: st.SearchStrategy[Article] = st.builds(
    Article,
    schema=st.just(1),
    id=slugs,
    slug=slugs,
    kind=st.just("news"),
    title=_line,
    standfirst=_line | st.builds("{}\n\n{}".format, _line, _line),
    section=st.builds(Section, slugs, _line),
    author=st.builds(Author, slugs, _line, st.just("person"), _line, st.none() | _pictures(Tier.ANONYMOUS)),
    language=st.just("de-AT"),
    published_at=moments,
    tags=st.lists(slugs, max_size=3).map(tuple),
    lead_picture=st.none() | _pictures(Tier.ANONYMOUS),
    production=st.none() | st.builds(Production, st.integers(0, 9), st.lists(_line, max_size=3).map(tuple), links),
    corrections=st.lists(st.builds(Correction, moments, _line), max_size=2).map(tuple),
    body=st.lists(st.one_of(_blocks(Tier.ANONYMOUS), gate_tiers.flatmap(_gate)), min_size=1, max_size=4)
    .map(tuple)
    .filter(
        lambda body: (
            len({one.id for one in body if isinstance(one, Gate)}) == sum(isinstance(one, Gate) for one in body)
        )
    ),
    sources=st.lists(st.builds(Source, _line, _line, st.none() | links, st.sampled_from(Tier)), max_size=3).map(tuple),
)


@given(_plain_articles)
def test_a_plain_article_is_always_markdown(article: Article) -> None:
    assert read(to_markdown(article)) == article

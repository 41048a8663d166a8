"""Random articles for properties: any blocks, any gates, and gated content that can be exchanged for other. Addresses
that are nearly right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from shared.domain.articles import Article, Author, Block, CallToAction, Correction, Gate, Production, Section, Source
from shared.domain.blocks import Audio, Embed, Heading, Image, List, Paragraph, Picture, PlainBlock, Quote, Rule
from shared.domain.tiers import Tier

# Plain and cheap on purpose: what matters is where the text stands. Odd characters have one strategy's worth of place.
_words = st.sampled_from(
    ["one", "two words", "Ünïcode — “quoted”", 'a "quote"', "\u2028line", "🛥", "back\\slash"]
) | st.text("abc é\"'/", min_size=1, max_size=12)
slugs = st.text("abcdef0123456789", min_size=1, max_size=8)
links = slugs.map("https://{}.example/".format)
moments = st.integers(0, 60_000).map(lambda hours: dt.datetime(2020, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=hours))
html = st.one_of(_words, _words.map("<em>{}</em> &amp; so".format))
tiers = st.sampled_from(Tier)
gate_tiers = st.sampled_from([Tier.SUBSCRIBER, Tier.MEMBER])


def _media(tier: Tier) -> st.SearchStrategy[str]:
    return st.builds("/media/{}/{}.{}".format, st.just(tier.value), slugs, st.sampled_from(["png", "mp3"]))


def pictures(tier: Tier = Tier.ANONYMOUS) -> st.SearchStrategy[Picture]:
    height = st.integers(1, 4000)
    sizes = st.sampled_from([(1, ()), (700, ()), (800, (480,)), (4000, (480, 960, 1440))])
    origin: st.SearchStrategy[Any] = st.sampled_from(["photograph", "illustration", "chart", "ai"])
    words = st.none() | _words
    return sizes.flatmap(
        lambda size: st.builds(
            Picture, _media(tier), _words, st.just(size[0]), height, origin, words, words, st.just(size[1])
        )
    )


def blocks(tier: Tier = Tier.ANONYMOUS) -> st.SearchStrategy[PlainBlock]:
    """Blocks for readers of a tier."""
    return st.one_of(
        st.builds(Paragraph, html),
        st.builds(Heading, _words, st.sampled_from([2, 3])),
        st.builds(List, st.lists(html, min_size=1, max_size=4).map(tuple), st.booleans()),
        st.builds(Quote, html, st.none() | _words, st.none() | links),
        st.builds(Image, pictures(tier)),
        st.builds(Audio, _media(tier), _words, st.integers(1, 9999)),
        st.just(Rule()),
        st.builds(Embed, _words, links, _words),
    )


def gated_blocks(tier: Tier) -> st.SearchStrategy[tuple[PlainBlock, ...]]:
    return st.lists(blocks(tier), min_size=1, max_size=4).map(tuple)


@st.composite
def gates(draw: st.DrawFn) -> Gate:
    tier = draw(gate_tiers)
    return Gate(
        draw(slugs), tier, draw(slugs), draw(_words), CallToAction(draw(_words), draw(links)), draw(gated_blocks(tier))
    )


def _distinct_gates(body: tuple[Block, ...]) -> bool:
    ids = [block.id for block in body if isinstance(block, Gate)]
    return len(ids) == len(set(ids))


articles: st.SearchStrategy[Article] = st.builds(
    Article,
    schema=st.just(1),
    id=slugs,
    slug=slugs,
    kind=st.sampled_from(["news", "opinion", "essay"]),
    title=_words,
    standfirst=_words,
    section=st.builds(Section, slugs, _words),
    author=st.builds(Author, slugs, _words, st.sampled_from(["person", "persona"]), _words, st.none() | pictures()),
    language=st.just("en"),
    published_at=moments,
    tags=st.lists(slugs, max_size=3).map(tuple),
    lead_picture=st.none() | pictures(),
    production=st.none() | st.builds(Production, st.integers(0, 9), st.lists(_words, max_size=3).map(tuple), links),
    corrections=st.lists(st.builds(Correction, moments, _words), max_size=2).map(tuple),
    body=st.lists(st.one_of(blocks(), gates()), min_size=1, max_size=7).map(tuple).filter(_distinct_gates),
    sources=st.lists(st.builds(Source, _words, _words, st.none() | links, gate_tiers), max_size=4).map(tuple),
)


def _with_a_closed_gate(article: Article) -> Article:
    closed = Gate("always-closed", Tier.MEMBER, "data", "T", CallToAction("Join", "/join"), (Paragraph("Closed."),))
    return replace(article, body=(*article.body, closed))


gated_articles = articles.map(_with_a_closed_gate)
"""Articles with a gate that only members open. By chance alone most of those above have none that is closed to
somebody, and a leak would not show."""


@st.composite
def with_other_gated_content(draw: st.DrawFn, article: Article, reader: Tier) -> Article:
    """The same article to a reader of that tier: everything that stays closed to it is exchanged for something else."""
    body = tuple(
        replace(block, blocks=draw(gated_blocks(block.tier)))
        if isinstance(block, Gate) and not block.admits(reader)
        else block
        for block in article.body
    )
    sources = tuple(
        replace(source, href=draw(links)) if source.href is not None and not source.admits(reader) else source
        for source in article.sources
    )
    return replace(article, body=body, sources=sources)


CANARY = "canary-7f3a9c"


def with_canaries(article: Article, reader: Tier) -> Article:
    """The article with a word in every gate and behind every link that stays closed to that tier."""
    body = tuple(
        replace(block, blocks=(*block.blocks, Paragraph(CANARY)))
        if isinstance(block, Gate) and not block.admits(reader)
        else block
        for block in article.body
    )
    sources = tuple(
        replace(source, href=f"https://{CANARY}/") if not source.admits(reader) else source
        for source in article.sources
    )
    return replace(article, body=body, sources=sources)


def a_letter_away(paths: Sequence[str]) -> st.SearchStrategy[str]:
    """One of these with a sign put in, taken out or exchanged, and never one of them."""
    signs = st.sampled_from([*"abzAZ09-_./%;?#\\ \n\0é", ""])
    one = st.sampled_from(paths).flatmap(
        lambda path: st.builds(
            lambda at, sign, over: path[:at] + sign + path[at + over :],
            st.integers(0, len(path)),
            signs,
            st.integers(0, 1),
        )
    )
    return one.filter(lambda path: path not in paths)

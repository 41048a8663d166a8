"""The paper with all of its pages, on in-memory doors: a way to ask for one, and ways to look at it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from msgspec.structs import replace

from functions.pages.read import read
from shared.domain.articles import Article
from shared.domain.blocks import Paragraph
from shared.domain.paper import Gifts, Giving, Metering, Offer, PageLink, Paper, Plan
from shared.domain.tiers import Tier
from shared.domain.validation import parse_article
from shared.http import Request
from shared.reading import Outcome
from tests.functions.paper import NOW, PAPER, PASSES, article, doors, published
from tests.samples import SAMPLE
from tests.twins import MemoryDocuments

DAY = "public, s-maxage=86400, stale-while-revalidate=3600, stale-if-error=86400"
TOKEN = "0123456789abcdef" * 4
FULL = replace(
    PAPER,
    sections=("city",),
    links=(PageLink("How we work", "/process"),),
    plans=(Plan("monthly", "By the month", 850, "EUR", "month", "As long as you like."),),
    giving=Giving((Offer("EUR", (500, 1000, 2500)),)),
    gifts=Gifts(5),
    metering=Metering(3),
    process=(Paragraph("We <em>ask</em> first."),),
)
SIMPLE = [
    "/sign-in", "/sign-in/sent", "/join", "/contribute", "/thanks", "/thanks/member", "/process", "/unsubscribed",
    "/erased",
]  # fmt: skip
SECRET = [f"/sign-in/link/{TOKEN}", f"/unsubscribe/weekly/{TOKEN}"]
PLAIN = article(1)
LISTS = ["/", "/sections/city", "/authors/ada-moor"]
EVERY = ["/articles/piece-1", *LISTS, *SIMPLE, *SECRET]
SAMPLES = [parse_article(path.read_bytes()) for path in sorted((SAMPLE / "articles").glob("*.json"))]
FERRY = next(one for one in SAMPLES if one.slug == "the-night-ferry-question")


def ask(
    path: str,
    *stored: Any,
    tier: Tier = Tier.ANONYMOUS,
    query: str = "",
    paper: Paper | None = FULL,
    documents: MemoryDocuments | None = None,
    now: float = NOW,
    method: str = "GET",
    **headers: str,
) -> Outcome:
    """As somebody of that tier would, in a paper of these articles."""
    listed = documents or published(*[one for one in stored if isinstance(one, Article)], now=now)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if tier is not Tier.ANONYMOUS:
        named |= {"x-reader-tier": tier.value, "x-reader-pass": PASSES.mint(tier, now, 300)}
    return read(Request(method, path, query, named), doors(listed, paper, *stored), now)


def shown(path: str, *stored: Any, **given: Any) -> str:
    """The page; it must be there."""
    outcome = ask(path, *stored, **given)
    assert outcome.answer.status == 200, outcome.answer.body
    return outcome.answer.body


def tree(page: str) -> Element:
    """The page as a browser has it. Raises ParseError for what is not valid HTML."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    root: Element = parser.parse(page)
    return root


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text(page: str) -> str:
    reader = _Text()
    reader.feed(page)
    return re.sub(r"\s+", " ", " ".join(reader.parts))


def classes(page: str, name: str) -> list[Element]:
    return [one for one in tree(page).iter() if name in (one.get("class") or "").split()]


def titles(page: str) -> list[str]:
    return re.findall(r'<h[2-4]><a href="/articles/[^"]+">([^<]+)</a>', page)

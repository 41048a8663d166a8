"""A paper on in-memory doors for the tests of the pages function, and a way to ask it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from xml.etree.ElementTree import Element, fromstring

from msgspec.structs import replace

from functions.pages.read import read
from functions.pages.route import Doors
from functions.publishing import catch_up as publishing
from shared.adapters.pyjwt_passes import PyJwtPasses
from shared.domain.articles import Article, Author, Stored
from shared.domain.paper import Paper
from shared.http import Request
from shared.ports.reading import Lists
from shared.reading import Outcome
from tests.money_twins import MemoryCampaigns
from tests.press import doors_on
from tests.samples import NIGHT_FERRY
from tests.twins import RING, MemoryArticles, MemoryDocuments, MemoryKeyring, MemoryLists, MemoryPapers

NOW = dt.datetime(2026, 12, 10, 12, tzinfo=dt.UTC).timestamp()
URL = "https://paper.example"
PAPER = Paper(1, "4fa3c1de-5b7a-4c39-9a5e-0d2f6b1c8e77", "The Quay", "News of the river.", "en-GB", URL)
PASSES = PyJwtPasses(MemoryKeyring(RING))
FIRST = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)


def article(number: int, **changes: Any) -> Article:
    """The `number`th article, one an hour; those before FIRST are `early`."""
    at = FIRST + dt.timedelta(hours=number)
    slug = f"piece-{number}" if number >= 0 else f"early-{-number}"
    given = {"id": slug.replace("piece", "a"), "slug": slug, "title": f"Piece {number}", "published_at": at}
    return replace(NIGHT_FERRY, **{**given, **changes})


def by(slug: str, name: str) -> Author:
    return Author(slug, name, "person", "Writes.")


def published(*articles: Article, now: float = NOW) -> MemoryDocuments:
    """The documents that publishing makes of these articles at that time."""
    documents = MemoryDocuments()
    doors = doors_on(MemoryArticles(*articles), documents)
    publishing.catch_up([one.slug for one in articles], doors, now)
    return documents


def ask(
    path: str,
    documents: MemoryDocuments,
    *,
    method: str = "GET",
    query: str = "",
    now: float = NOW,
    paper: Paper | None = PAPER,
    **headers: Any,
) -> Outcome:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return read(Request(method, path, query, named), doors(documents, paper), now)


def doors(
    documents: MemoryDocuments | Lists,
    paper: Paper | None = PAPER,
    *articles: Stored,
    campaigns: MemoryCampaigns | None = None,
) -> Doors:
    """The doors of the pages function onto these."""
    lists = MemoryLists(documents) if isinstance(documents, MemoryDocuments) else documents
    return Doors(
        articles=MemoryArticles(*articles),
        lists=lists,
        papers=MemoryPapers(paper),
        campaigns=campaigns or MemoryCampaigns(),
        passes=PASSES,
    )


def body(path: str, documents: MemoryDocuments, now: float = NOW, paper: Paper = PAPER) -> str:
    """What a reader gets of it. It must be there."""
    answer = ask(path, documents, now=now, paper=paper).answer
    assert answer.status == 200, answer.body
    return answer.body


def tree(path: str, documents: MemoryDocuments, now: float = NOW, paper: Paper = PAPER) -> Element:
    """The same, as a parser of XML has it."""
    return fromstring(body(path, documents, now, paper))  # noqa: S314  # made here

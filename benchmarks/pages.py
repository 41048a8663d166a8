"""What an article's page costs beside its JSON: starting, the first of an article, and the next ones."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks import bundles
from benchmarks.articles import FLAGSHIP
from benchmarks.processes import ColdStart, Loop, environment
from benchmarks.reading import HANDLER, STARTS, TURNS, asking, event, objects, ratio
from benchmarks.results import Figure
from benchmarks.s3_server import s3_server
from functions.publishing.catch_up import catch_up
from shared.domain.paper import PAPER_KEY, Paper
from shared.domain.tiers import Tier
from shared.domain.validation import parse_article
from tests.press import doors_on
from tests.twins import MemoryArticles, MemoryDocuments

PAGES = "functions.pages.handler"
_SAMPLE = Path(__file__).parents[1] / "infra" / "sample"


def rendering(made: bundles.Bundles) -> Iterator[Figure]:
    """The page of a real article beside its JSON, whole answers both, taking turns.

    `first`: by a process that knows the paper and has not read the article, which renders it; `warm`: by one that has,
    and has kept the page. `init` and `cold`: starting, and starting with a first answer, to the articles function's.
    """
    path = f"/articles/{FLAGSHIP}"
    kinds = {"anonymous": Tier.ANONYMOUS, "member": Tier.MEMBER}
    took: dict[tuple[str, str, bool], list[float]] = {}
    starts: dict[str, list[tuple[float, float]]] = {"articles": [], "pages": []}
    with s3_server(paper_objects()) as endpoint:
        variables = {"articles": environment([made.articles], endpoint), "pages": environment([made.pages], endpoint)}
        asked = (
            [(event(tier=tier), 200) for tier in kinds.values()],
            [(asking(path, "", tier), 200) for tier in kinds.values()],
        )
        with Loop(HANDLER, asked[0], variables["articles"]) as json, Loop(PAGES, asked[1], variables["pages"]) as html:
            for _ in range(TURNS):
                for number, kind in enumerate(kinds):
                    for forget in (False, True):
                        for name, loop in (("json", json), ("page", html)):
                            took.setdefault((name, kind, forget), []).append(loop.call(number, forget=forget))
        for _ in range(STARTS):
            for name, handler, bundle in (("articles", HANDLER, made.articles), ("pages", PAGES, made.pages)):
                one = ColdStart(asking(path) if name == "pages" else event())
                starts[name].append(one.run(f"{handler}.handler", environment([bundle, made.runtime], endpoint)))
    for kind in kinds:
        for forget, known in ((False, "warm"), (True, "first")):
            page, answer = took["page", kind, forget], took["json", kind, forget]
            yield f"page_render_{known}_{kind}", statistics.median(page) * 1e6, "µs CPU"
            yield f"article_json_{known}_{kind}", statistics.median(answer) * 1e6, "µs CPU"
            yield f"page_render_{known}_{kind}_ratio", ratio(page, answer), "ratio"
    for number, name in enumerate(("init", "cold")):
        ours, others = ([one[number] for one in starts[which]] for which in ("pages", "articles"))
        yield f"pages_{name}", statistics.median(ours) * 1e3, "ms CPU"
        yield f"pages_{name}_ratio", ratio(ours, others), "ratio"


def paper_objects() -> dict[str, bytes]:
    """The sample paper as its bucket holds it once publishing has been at it."""
    articles = [parse_article(path.read_bytes()) for path in sorted((_SAMPLE / "articles").glob("*.json"))]
    documents = MemoryDocuments()
    catch_up([one.slug for one in articles], doors_on(MemoryArticles(*articles), documents), 2_000_000_000)
    given = msgspec.json.decode((_SAMPLE / PAPER_KEY).read_bytes())
    paper = msgspec.convert({**given, "url": "https://paper.example"}, Paper)
    stored = {f"/content/{key}": body for key, body in documents.raw.items()}
    stored[f"/content/{PAPER_KEY}"] = msgspec.json.encode(paper)
    return stored | objects(*[(one.slug, msgspec.json.encode(one)) for one in articles])

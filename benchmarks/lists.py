"""What a page of a list costs, in CPU and in GETs, of papers of 100, 10,000 and 100,000 articles."""

from __future__ import annotations

import datetime as dt
import statistics
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack

import msgspec
from msgspec import Raw

from benchmarks import bundles
from benchmarks.articles import FLAGSHIP, flagship
from benchmarks.processes import Loop, environment
from benchmarks.reading import HANDLER, TURNS, asking
from benchmarks.results import Figure
from benchmarks.s3_server import ASKED, s3_server
from shared.domain.articles import Article
from shared.domain.list_parts import Row, build, index_key, part_key
from shared.domain.lists import LATEST, MAX_PAGE, cursor_of, entry_of, place_of

SIZES = (100, 10_000, 100_000)
PAGES = ("first", "middle", "largest")
# Where the lists' adapter, which opens when somebody needs it, keeps what it has read.
_KEPT = ("lists.page.__self__._indexes.kept", "lists.page.__self__._parts")


def listing(made: bundles.Bundles) -> Iterator[Figure]:
    """Pages of the list of all articles, by a process that has read no list before and by one that has.

    `first`: 20 entries from the top; `middle`: 20 from the middle of the archive; `largest`: 100 from there.
    """
    took: dict[tuple[int, str, bool], list[float]] = {}
    gets: dict[tuple[int, str], int] = {}
    with ExitStack() as stack:
        loops: dict[int, Loop] = {}
        for size in SIZES:
            objects, middle = _paper(size)
            endpoint = stack.enter_context(s3_server(objects))
            cursor = f"cursor={cursor_of(middle)}"
            asked = [asking("/api/articles", query) for query in ("", cursor, f"{cursor}&limit={MAX_PAGE}")]
            events = [(one, 200) for one in asked]
            loop = Loop(HANDLER, events, environment([made.articles], endpoint), calls=20, keeps=_KEPT)
            loops[size] = stack.enter_context(loop)
            for number, page in enumerate(PAGES):
                before = _gets(endpoint)
                loop.call(number, forget=True)
                gets[size, page] = (_gets(endpoint) - before) // 20
                if gets[size, page] < 2:  # an index and a part
                    raise RuntimeError(f"a process that had read no list asked S3 {gets[size, page]} times for one")
        for _ in range(TURNS):
            for number, page in enumerate(PAGES):
                for forget in (True, False):
                    for size, loop in loops.items():
                        took.setdefault((size, page, forget), []).append(loop.call(number, forget=forget))
    for (size, page, forget), seconds in took.items():
        known = "cold" if forget else "warm"
        yield f"list_{page}_{known}_{size}", statistics.median(seconds) * 1e6, "µs CPU"
    yield "list_gets_most", max(gets.values()), "GETs"
    few, many = SIZES[0], SIZES[-1]
    for forget, name in ((True, "list_growth_ratio"), (False, "list_growth_warm_ratio")):
        pairs = zip(took[many, "first", forget], took[few, "first", forget], strict=True)
        yield name, statistics.median(large / small for large, small in pairs), "ratio"


def _paper(size: int) -> tuple[dict[str, bytes], str]:
    """The list of all articles of a paper of that many, as its bucket holds it, and the place in its middle."""
    article = msgspec.json.decode(flagship(), type=Article)
    entry = msgspec.json.encode(entry_of(article))
    begin = dt.datetime(2006, 1, 1, tzinfo=dt.UTC)
    step = dt.timedelta(days=20 * 365) / size  # twenty years, however many there are
    rows = []
    for number in range(size):
        slug = f"{FLAGSHIP}-{number}"
        rows.append(Row(place_of(begin + number * step, slug), Raw(entry.replace(FLAGSHIP.encode(), slug.encode()))))
    made = build(rows, "")
    objects = {f"/content/{part_key(LATEST, name)}": body for name, body in made.parts.items()}
    objects[f"/content/{index_key(LATEST)}"] = msgspec.json.encode(made.index)
    return objects, rows[size // 2].place


def _gets(endpoint: str) -> int:
    with urllib.request.urlopen(f"{endpoint}{ASKED}") as answer:  # noqa: S310 -- our own server
        return int(answer.read())

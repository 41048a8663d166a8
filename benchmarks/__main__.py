"""`make bench`: every figure as `name value unit`, and all of them in benchmarks/results.json."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from benchmarks import bundles, edge, lists, load, members, pages, reading, webhooks
from benchmarks.results import Figure, keep


def figures() -> Iterator[Figure]:
    """All figures, one group after the other."""
    made = bundles.make()
    yield "articles_bundle", bundles.size(made.articles) / 1e6, "MB unpacked"
    yield "pages_bundle", bundles.size(made.pages) / 1e6, "MB unpacked"
    yield "members_bundle", bundles.size(made.members) / 1e6, "MB unpacked"
    yield "webhooks_bundle", bundles.size(made.webhooks) / 1e6, "MB unpacked"
    of_reading = (reading.starting, reading.running, reading.growing, lists.listing, pages.rendering)
    for group in (*of_reading, members.waking, webhooks.waking):
        print(f"# {(group.__doc__ or '').splitlines()[0]}", file=sys.stderr)
        yield from group(made)
    for group_at_the_edge in (edge.function, edge.replay):
        print(f"# {(group_at_the_edge.__doc__ or '').splitlines()[0]}", file=sys.stderr)
        yield from group_at_the_edge()


if __name__ == "__main__":
    keep(figures(), replaces=lambda name: not name.startswith(load.PREFIX))

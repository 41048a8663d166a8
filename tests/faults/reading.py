"""What readers' functions do, with doors that fail."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from functions.articles import read as articles
from functions.pages import read as pages
from shared.adapters.pyjwt_passes import PyJwtPasses
from shared.domain.campaigns import Raised
from shared.domain.tiers import Tier
from shared.http import Answer, Request
from shared.ports.reading import Keyrings
from tests.faults.faulty import Plan, door, faulty
from tests.faults.world import World
from tests.functions.paper import NOW, PAPER, PASSES, article, doors, published
from tests.functions.test_campaigns import PAPER as GIVING_PAPER
from tests.functions.test_campaigns import standing
from tests.twins import RING, MemoryKeyring

GATED: Final = next(
    block["html"][3:40] if block["html"].startswith("<p>") else block["html"][:40]
    for gate in msgspec.to_builtins(article(1))["body"]
    if gate["type"] == "gate" and gate["tier"] == "member"
    for block in gate["blocks"]
    if block["type"] == "paragraph"
)
"""The beginning of a paragraph that is for members."""


class Reading(World):
    """A member reads something, with a pass that is verified by a keyring which is read now; whatever fails, no word of
    a gate is in what is not made for members, and nothing that failed is kept for the next one."""

    def __init__(self, read: Callable[[Request, Any, float], Any], path: str) -> None:
        self._read, self._path = read, path
        self._ring = MemoryKeyring(RING)
        raised = standing(river=Raised({"EUR": 50_000}, 7))
        of = doors(published(article(1), article(2)), PAPER, article(1), article(2), campaigns=raised)
        if "campaigns" in path or "contribute" in path:
            of.papers.paper = GIVING_PAPER  # type: ignore[attr-defined]
        self.doors = of
        if read is articles.read:
            self.doors = articles.Doors(
                articles=of.articles, passes=of.passes, lists=of.lists, papers=of.papers, campaigns=of.campaigns
            )
        self._open = read(Request("GET", path, "", {}), self.doors, NOW).answer.body  # of what is alike for all

    def through(self, plan: Plan) -> Any:
        passes = PyJwtPasses(door(self._ring, Keyrings, plan))
        return faulty(replace(self.doors, passes=passes), plan)

    def act(self, doors: Any) -> str:
        tokens = {"x-reader-tier": "member", "x-reader-pass": PASSES.mint(Tier.MEMBER, NOW, 300)}
        answer: Answer = self._read(Request("GET", self._path, "", tokens), doors, NOW).answer
        rendered = answer.headers.get("x-rendered-for", "anonymous")
        if rendered != "member":
            assert GATED not in answer.body, "gated words in what is for anyone"
        if answer.status >= 500:
            _check_failure(answer)
            return f"{answer.status}, and when to try again"
        assert answer.status == 200
        state, keeping = answer.headers.get("x-pass", "none"), answer.headers["cache-control"]
        if state not in ("valid", "none") or (rendered != "member" and answer.body != self._open):
            assert "no-store" in keeping, "kept under the key of members"
            return f"200, as anyone, `x-pass: {state}`"
        if "s-maxage=60" not in keeping:
            assert "stale-if-error=" in keeping, "a copy is shown while nothing answers"
        return "200"

    def kept(self) -> Any:
        return self.act(self.doors)  # nothing is written: what is kept is that it reads as before


def _check_failure(answer: Answer) -> None:
    """A page for people or a problem for programs, that nobody keeps, with no word of what went wrong in it."""
    assert answer.status == 503
    assert "no-store" in answer.headers["cache-control"]
    assert int(answer.headers["retry-after"]) > 0
    kind = answer.headers["content-type"]
    assert kind.startswith(("text/html", "application/problem+json")), kind
    if kind.startswith("application"):
        assert json.loads(answer.body)["code"] == "content_unavailable"
    assert "Traceback" not in answer.body


WORLDS: Final[Mapping[str, Callable[[], World]]] = {
    "a member reads an article's JSON": lambda: Reading(articles.read, "/api/articles/piece-1"),
    "a member reads a list": lambda: Reading(articles.read, "/api/articles"),
    "a member reads related articles": lambda: Reading(articles.read, "/api/articles/piece-1/related"),
    "a member reads how a campaign stands": lambda: Reading(articles.read, "/api/campaigns/river"),
    "a member reads an article's page": lambda: Reading(pages.read, "/articles/piece-1"),
    "a member reads the front page": lambda: Reading(pages.read, "/"),
    "a member reads where to contribute": lambda: Reading(pages.read, "/contribute"),
    "a member reads a feed": lambda: Reading(pages.read, "/feeds/rss.xml"),
}

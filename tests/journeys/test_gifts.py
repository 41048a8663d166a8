"""Articles that are given away, or read by the meter: opened by a link, from the copy that members read."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from shared.domain.tiers import Tier
from tests.journeys.conftest import PATH, SLUG, Paper, Reply
from tests.journeys.test_members import rows
from tests.journeys.walker import Walker

PAGE = f"/articles/{SLUG}"


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def walk_a_link(paper: Paper, link: str, secrets: dict[Tier, list[str]]) -> None:
    """A stranger opens it: from the cache, whole; and nothing else with it."""
    gift = link.partition("?")[2]
    for path, address in ((link, PAGE), (f"{PATH}?{gift}", PATH)):
        paper.get(address, tier=Tier.MEMBER)  # a member has read it before
        opened = paper.get(path)
        assert (opened.status, opened.outcome, opened.headers["x-rendered-for"]) == (200, "Hit", "member")
        assert all(sentence in opened.body.decode() for sentence in secrets[Tier.MEMBER])
        assert opened.headers["x-pass"] == "valid"
        closed = paper.get(address)
        assert closed.headers["x-rendered-for"] == "anonymous"
    other = next(one["slug"] for one in paper.get("/api/articles").json["articles"] if one["slug"] != SLUG)
    for path in (f"/articles/{other}", f"/api/articles/{other}", f"/api/articles/{SLUG}/related", "/", "/api/articles"):
        elsewhere = paper.get(f"{path}?{gift}")
        assert elsewhere.headers["x-rendered-for"] == "anonymous", path
        assert elsewhere.headers["x-pass"] == "elsewhere"
    assert paper.get(f"/media/member/none.mp3?{gift}").status == 403
    hold_back(paper, gift)


def hold_back(paper: Paper, gift: str) -> None:
    """No log holds the link, nor what somebody opened; no table the link."""
    logs = {file.stem: file.read_text() for file in (paper.state.parent / "log").glob("*.jsonl")}
    members = next(text for text in logs.values() if "MemberRequests" in text)
    signature = gift.rpartition(".")[2]
    assert [name for name, text in logs.items() if signature in text] == []
    assert "/api/members/" in members
    assert SLUG not in members
    held = rows(paper.stack, "MembersTable")
    assert (SLUG in held, signature in held) == (True, False)


def refused(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.json["code"]


def test_a_member_gives_an_article_and_a_stranger_reads_it_from_the_cache(
    paper: Paper, secrets: dict[Tier, list[str]]
) -> None:
    giver = Walker(paper)
    giver.sign_in("giver@reader.example")
    assert refused(giver.post("/api/members/gifts", {"slug": SLUG})) == (403, "members_only")
    paper.frontline("members", "grant", "giver@reader.example", "--tier", "member", "--reason", "a test")

    reply = giver.post("/api/members/gifts", {"slug": SLUG})

    assert (reply.status, reply.json["left"]) == (201, 4)
    walk_a_link(paper, path_of(reply.json["gift"]["url"]), secrets)
    assert refused(giver.post("/api/members/gifts", {"slug": "no-such-article"})) == (404, "unknown_article")


def test_a_subscriber_reads_three_articles_a_month(paper: Paper, secrets: dict[Tier, list[str]]) -> None:
    reader = Walker(paper)
    reader.sign_in("reader@reader.example")
    assert b'action="/api/members/reads"' in reader.get(PAGE).body

    sent = reader.post("/api/members/reads", {"slug": SLUG}, form=True)

    assert sent.status == 303
    assert reader.get(sent.headers["location"]).headers["x-rendered-for"] == "member"
    walk_a_link(paper, sent.headers["location"], secrets)
    others = [one["slug"] for one in paper.get("/api/articles").json["articles"] if one["slug"] != SLUG]
    closed = {slug: reader.get(f"/api/articles/{slug}").json["access"]["locked"] for slug in others}
    whole = next(slug for slug in others if not closed[slug])
    assert refused(reader.post("/api/members/reads", {"slug": whole})) == (409, "already_open")
    replies = [reader.post("/api/members/reads", {"slug": slug}) for slug in others if closed[slug]][:3]
    assert [reply.status for reply in replies] == [200, 200, 403]
    assert replies[2].json["code"] == "meter_used_up"


def test_a_link_ends_at_its_time(paper: Paper) -> None:
    for path in (PATH, PAGE):
        gift = paper.stack.passes().mint(Tier.MEMBER, time.time() - 60, 60, SLUG)
        ended = paper.get(f"{path}?gift={gift}")
        assert (ended.headers["x-rendered-for"], ended.headers["x-pass"]) == ("anonymous", "expired")

"""A paper that comes from Ghost: imported by the command, read through the front door by each tier."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.ops.members import find_member
from shared.domain.addresses import parse_address
from shared.domain.members import tier_of
from shared.domain.tiers import Tier
from tests.journeys.conftest import Paper
from tests.ops import ghost_site as ghost
from tests.ops.media_files import mp3

SLUGS = (
    *("the-last-ferry", "the-first-ferry", "the-only-ferry", "all-for-members", "for-some", "uber-fahren"),
    *("uber-fahren-60ec2fa9", "tomorrow"),
)
READERS = ("free@ghost.example", "given@ghost.example")
PICTURE = "/media/member/ghost/2024/05/costs-2x-4ded729e.png"
SOUND = "/media/member/ghost/2024/05/crossing.mp3"


@pytest.fixture
def folder(paper: Paper, tmp_path: Path) -> Iterator[Path]:
    """Where the files lie after the import. What it has brought into the stack goes away again."""
    csv, to, members = tmp_path / "members.csv", tmp_path / "out", paper.stack.members()
    rows = [f"{READERS[0]},true,false,", f"{READERS[1]},false,true,Gold"]
    csv.write_text("\n".join(("email,subscribed_to_emails,complimentary_plan,tiers", *rows, "")))
    source = ghost.whole(tmp_path, mp3(2))
    options = ("--members", str(csv), "--newsletter", "the-day", "--site", "https://quay.example", "--publish")
    try:
        done = paper.frontline("import", "ghost", str(source), "--write", "--to", str(to), *options)
        assert done.returncode == 0, done.stderr
        yield to
    finally:
        paper.frontline("unpublish", *SLUGS, "--no-wait")
        for reader in map(parse_address, READERS):
            known = members.contact(reader.digest)
            if known is not None and known[0].member is not None:
                members.erase(known[0].member)
                members.write_contact(reader.digest, None, known[1])


def test_an_imported_paper_opens_for_whom_it_opened_in_ghost_and_its_readers_are_here(
    paper: Paper, folder: Path
) -> None:
    for slug, closed, tier in (
        ("the-last-ferry", ghost.CLOSED, Tier.MEMBER),
        ("the-first-ferry", ghost.CLOSED, Tier.SUBSCRIBER),
        ("all-for-members", ghost.PAID, Tier.MEMBER),
    ):
        for reader in Tier:
            for path in (f"/api/articles/{slug}", f"/articles/{slug}"):
                answer = paper.get(path, reader)
                assert answer.status == 200
                assert (closed in answer.body.decode()) == (reader >= tier), (path, reader)
    for path in (PICTURE, SOUND):
        assert [paper.get(path, reader).status for reader in Tier] == [403, 403, 200]
    for surface in ("/feeds/rss.xml", "/feeds/feed.json", "/sections/harbour", "/authors/ada", "/sitemap.xml"):
        text = paper.get(surface).body.decode()
        assert ghost.CLOSED not in text
        assert ghost.PAID not in text
    assert [paper.get(f"/articles/{slug}").status for slug in ("tomorrow", "a-draft")] == [404, 404]

    for address, has in zip(READERS, (Tier.SUBSCRIBER, Tier.MEMBER), strict=True):
        member, _ = find_member(parse_address(address), paper.stack.members())
        wanted = ("the-day",) if has < Tier.MEMBER else ()
        assert (tier_of(member, time.time()), member.newsletters) == (has, wanted)

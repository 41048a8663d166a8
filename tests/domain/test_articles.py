"""What a tier sees of an article, and that it sees nothing else (R1, R2)."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.domain.articles import Article, Gate, LockedGate, OpenGate, Renamed, Stored, copies_of, files_of
from shared.domain.blocks import Image, Picture
from shared.domain.text import MediaPath
from shared.domain.tiers import Tier
from tests import strategies
from tests.samples import NIGHT_FERRY, gate


@pytest.mark.parametrize(
    ("tier", "opened", "locked"),
    [(Tier.ANONYMOUS, [], 2), (Tier.SUBSCRIBER, ["figures"], 1), (Tier.MEMBER, ["figures", "analysis"], 0)],
)
def test_each_tier_opens_the_gates_up_to_its_own(tier: Tier, opened: list[str], locked: int) -> None:
    seen = NIGHT_FERRY.seen_by(tier)

    assert [block.id for block in seen.body if isinstance(block, OpenGate)] == opened
    assert seen.access.tier is tier
    assert seen.access.locked == locked == sum(isinstance(block, LockedGate) for block in seen.body)


@pytest.mark.parametrize("tier", Tier)
def test_a_locked_gate_keeps_its_place_its_teaser_and_its_way_in(tier: Tier) -> None:
    seen = NIGHT_FERRY.seen_by(tier)

    assert len(seen.body) == len(NIGHT_FERRY.body)
    for stored, shown in zip(NIGHT_FERRY.body, seen.body, strict=True):
        if isinstance(stored, Gate):
            assert isinstance(shown, (LockedGate, OpenGate))
            assert (shown.id, shown.tier, shown.kind) == (stored.id, stored.tier, stored.kind)
            assert (shown.teaser, shown.call_to_action) == (stored.teaser, stored.call_to_action)
        else:
            assert shown == stored


def test_a_source_is_for_everyone_and_its_link_from_subscriber_on() -> None:
    anonymous, subscriber = NIGHT_FERRY.seen_by(Tier.ANONYMOUS), NIGHT_FERRY.seen_by(Tier.SUBSCRIBER)

    assert [(s.publisher, s.locked, s.href) for s in anonymous.sources] == [
        ("Harbour board", True, None),
        ("Interview", False, None),
    ]
    assert subscriber.sources[0].href == "https://example.org/SECRET-LINK"


def test_the_json_says_what_is_locked() -> None:
    shown = msgspec.json.decode(msgspec.json.encode(NIGHT_FERRY.seen_by(Tier.SUBSCRIBER)))

    assert shown["access"] == {"tier": "subscriber", "locked": 1}
    opened, closed = (block for block in shown["body"] if block["type"] == "gate")
    assert opened["locked"] is False
    assert opened["blocks"] == [{"type": "paragraph", "html": "SECRET-SUBSCRIBER one"}]
    assert closed == {
        "type": "gate",
        "id": "analysis",
        "tier": "member",
        "kind": "analysis",
        "teaser": "Inside: analysis",
        "call_to_action": {"label": "Open it", "href": "/join"},
        "locked": True,
    }


@given(strategies.gated_articles, strategies.tiers, st.data())
def test_what_stays_closed_does_not_show_in_anything(article: Article, reader: Tier, data: st.DataObject) -> None:
    other = data.draw(strategies.with_other_gated_content(article, reader))

    assert msgspec.json.encode(article.seen_by(reader)) == msgspec.json.encode(other.seen_by(reader))


@given(strategies.gated_articles, strategies.tiers)
def test_no_gated_text_reaches_a_lower_tier(article: Article, reader: Tier) -> None:
    seen = strategies.with_canaries(article, reader).seen_by(reader)

    assert strategies.CANARY.encode() not in msgspec.json.encode(seen)


@given(strategies.articles)
def test_a_member_sees_every_block_there_is(article: Article) -> None:
    seen = article.seen_by(Tier.MEMBER)

    for stored, shown in zip(article.body, seen.body, strict=True):
        assert (shown.blocks if isinstance(shown, OpenGate) else shown) == (
            stored.blocks if isinstance(stored, Gate) else stored
        )
    assert [s.href for s in seen.sources] == [s.href for s in article.sources]


@given(strategies.articles)
def test_an_article_survives_being_stored(article: Article) -> None:
    assert msgspec.json.decode(msgspec.json.encode(article), type=Stored) == article


def test_reading_refuses_two_gates_of_one_id() -> None:
    twice = msgspec.json.encode(NIGHT_FERRY).replace(b'"id":"analysis"', b'"id":"figures"')

    with pytest.raises(msgspec.ValidationError, match="Two gates have the id `figures`"):
        msgspec.json.decode(twice, type=Stored)


@pytest.mark.parametrize(
    ("found", "put"),
    [
        ('"tier":"member"', '"tier":"gold"'),
        ('"tier":"member"', '"tier":"anonymous"'),
        ('"schema":1', '"schema":2'),
        ("The last one", "<script>alert(1)</script>"),
        ("The last one", '<a href=\\"javascript:alert(1)\\">x</a>'),
        ('"slug":"night-ferry"', '"slug":"../keyring"'),
        ('"kind":"analysis","title"', '"kind":"analysis","colour":"red","title"'),
        ("https://example.org", "javascript:"),
    ],
)
def test_reading_accepts_only_what_validates(found: str, put: str) -> None:
    raw = msgspec.json.encode(NIGHT_FERRY).decode()
    assert found in raw

    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(raw.replace(found, put).encode(), type=Stored)


def test_an_article_is_not_renamed_to_itself() -> None:
    with pytest.raises(ValueError, match="the slug it has"):
        Renamed(1, "a", "a")


# Pictures -----------------------------------------------------------------------------------------------------------


def test_copies_lie_beside_their_picture_under_its_name() -> None:
    picture = Picture("/media/member/a/quay.tar.png", "Quay", 1600, 900, "chart", widths=(480, 960))

    assert picture.copies == (
        ("/media/member/a/quay-480w.tar.png", 480),
        ("/media/member/a/quay-960w.tar.png", 960),
    )
    assert replace(picture, widths=()).copies == ()


@given(strategies.articles)
def test_copies_are_files_of_the_article_in_the_folder_of_their_picture(article: Article) -> None:
    """So they wait, come out and are refused below their tier as it does (R24)."""
    files = files_of(article)

    for copy, (src, _) in copies_of(article).items():
        assert {copy, src} <= set(files)
        assert copy.rpartition("/")[0] == src.rpartition("/")[0]
        assert msgspec.convert(copy, MediaPath) == copy
    assert len(files) == len(set(files))


def test_every_copy_is_found_wherever_its_picture_stands() -> None:
    names = ("lead", "author", "body", "gated")
    lead, face, shown, gated = (
        Picture(f"/media/{'member' if name == 'gated' else 'anonymous'}/{name}.png", "", 800, 1, "ai", widths=(480,))
        for name in names
    )
    behind = replace(gate("chart", Tier.MEMBER), blocks=(Image(gated),))
    author = replace(NIGHT_FERRY.author, picture=face)
    article = replace(NIGHT_FERRY, lead_picture=lead, author=author, body=(Image(shown), behind))

    assert files_of(article) == tuple(
        path for one in (lead, face, shown, gated) for path in (one.src, one.copies[0][0])
    )
    assert copies_of(article)["/media/member/gated-480w.png"] == (gated.src, 480)
